"""From chosen candidates to rows in the released format."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from apigen_assets.dataset.row import DatasetRow
from apigen_assets.dataset.xlam import flat_tool


def dataset_rows(chosen: pl.DataFrame, categories: Mapping[str, str], first_id: int = 0) -> pl.DataFrame:
    """Rows of `DatasetRow.SCHEMA`, numbered from `first_id` in the order given.

    Args:
        chosen: candidates with `candidate_id, query, tools, answers, style, generator, batch, execution` and,
            for relevance rows, `kind`.
        categories: category by API id.
        first_id: id of the first row.
    """
    rows = [_row(i, row, categories) for i, row in enumerate(chosen.iter_rows(named=True), first_id)]
    return pl.DataFrame(rows, schema=DatasetRow.SCHEMA, orient="row")


def dumps(value: Any) -> str:
    """JSON as in the released rows: keys in their own order, UTF-8 kept."""
    return json.dumps(value, ensure_ascii=False)


def _row(number: int, row: Mapping[str, Any], categories: Mapping[str, str]) -> dict[str, Any]:
    tools: list[dict[str, Any]] = json.loads(row["tools"])
    calls: list[dict[str, Any]] = json.loads(row["answers"])
    ids = {tool["name"]: tool["api_id"] for tool in tools}
    called = list(dict.fromkeys(ids[call["name"]] for call in calls))
    first = called[0] if called else tools[0]["api_id"]
    return {
        "id": number,
        "query": row["query"],
        "answers": dumps([{"name": call["name"], "arguments": call["arguments"]} for call in calls]),
        "tools": dumps([flat_tool(tool) for tool in tools]),
        "style": row["style"],
        "kind": row.get("kind") or "call",
        "generator": row["generator"],
        "batch": row["batch"],
        "category": categories.get(first, "Other"),
        "api_ids": dumps(called),
        "candidate_id": row["candidate_id"],
        "execution": row["execution"] or "[]",
    }
