"""From chosen candidates to rows in the released format."""

import hashlib
import json
from collections.abc import Mapping

import polars as pl

from apigen_assets.dataset.facts import called_apis
from apigen_assets.dataset.splits import split_of
from apigen_assets.domain.dataset_row import DatasetRow
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.xlam_tool import flat_tool

_CHUNK = 10_000


def dataset_rows(
    chosen: pl.DataFrame, categories: Mapping[str, str], first_id: int = 0, heldout_share: float = 0.0
) -> pl.DataFrame:
    """Rows of `DatasetRow.SCHEMA`, numbered from `first_id` in the order given.

    Args:
        chosen: candidates with `candidate_id, query, tools, answers, style, generator, batch, execution` and,
            for relevance rows, `kind`, `source_apis` and `refusal`; `thought` where there is one.
        categories: category by API id.
        first_id: id of the first row.
        heldout_share: share of the APIs that are held out.
    """
    parts = [
        pl.DataFrame(
            [
                _row(i, row, categories, heldout_share)
                for i, row in enumerate(part.iter_rows(named=True), first_id + start)
            ],
            schema=DatasetRow.SCHEMA,
            orient="row",
        )
        for start, part in ((start, chosen[start : start + _CHUNK]) for start in range(0, chosen.height, _CHUNK))
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=DatasetRow.SCHEMA)


def dumps(value: object) -> str:
    """JSON as in the released rows: keys in their own order, UTF-8 kept."""
    return json.dumps(value, ensure_ascii=False)


def _row(number: int, row: JsonMapping, categories: Mapping[str, str], heldout_share: float) -> JsonObject:
    tools: list[JsonObject] = json.loads(row["tools"])
    calls: list[JsonObject] = json.loads(row["answers"])
    called = called_apis(tools, calls)
    source: list[str] = json.loads(row["source_apis"]) if row.get("source_apis") else called
    return {
        "id": number,
        "query": row["query"],
        "answers": dumps([{"name": call["name"], "arguments": call["arguments"]} for call in calls]),
        "tools": dumps([flat_tool(tool) for tool in tools]),
        "style": row["style"],
        "kind": row.get("kind") or "call",
        "generator": row["generator"],
        "batch": row["batch"],
        "category": categories.get(source[0], "Other") if source else "Other",
        "api_ids": dumps(called),
        "candidate_id": row["candidate_id"],
        "execution": row["execution"] or "[]",
        "split": split_of(source, heldout_share),
        "refusal": row.get("refusal"),
        "tool_schemas": dumps([{key: tool[key] for key in ("name", "description", "parameters")} for tool in tools]),
        "thought": row.get("thought"),
    }


def mixed(calls: pl.DataFrame, relevance: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Both kinds of rows in one seeded order, numbered from 0."""
    # A table of an earlier version lacks the newest columns: they are null.
    both = pl.concat([calls, relevance], how="diagonal").with_columns(
        pl.concat_str(pl.lit(str(seed)), pl.col("kind"), pl.col("candidate_id")).alias("_key")
    )
    order = both["_key"].map_elements(lambda key: hashlib.sha256(key.encode()).hexdigest(), return_dtype=pl.String)
    ordered = both.with_columns(order.alias("_key")).sort("_key").drop("_key")
    return ordered.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("id")).select(list(DatasetRow.SCHEMA))
