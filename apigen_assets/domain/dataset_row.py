"""The released row, in the shape that readers of Salesforce/xlam-function-calling-60k already read."""

from typing import ClassVar

import polars as pl

from apigen_assets.domain.record import Record


class DatasetRow(Record):
    """One row of `function_calling_dataset`: the released columns first, then its lineage."""

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "id": pl.Int64,
            "query": pl.String,
            "answers": pl.String,
            "tools": pl.String,
            "style": pl.String,
            "kind": pl.String,
            "generator": pl.String,
            "batch": pl.String,
            "category": pl.String,
            "api_ids": pl.String,
            "candidate_id": pl.String,
            "execution": pl.String,
            "split": pl.String,
            "refusal": pl.String,
            "tool_schemas": pl.String,
            "thought": pl.String,
        }
    )

    id: int
    query: str
    answers: str
    """JSON list of `{name, arguments}`; `[]` in a relevance row."""
    tools: str
    """JSON list of `{name, description, parameters}` with flat xLAM parameters (`type`, `description`, `default`,
    `required`)."""
    style: str
    kind: str
    """`call`, or the kind of relevance row: `tool_removed`, `argument_missing`, `other_domain`."""
    generator: str
    batch: str
    category: str
    """Category of the first API called; of the removed one in a relevance row."""
    api_ids: str
    """JSON list: the APIs called."""
    candidate_id: str
    execution: str
    """JSON list of call results, `[]` in a relevance row."""
    split: str
    """`train`, or `heldout` where every API called is held out, or `mixed` where only some are. A relevance row is
    where the row is that it was made from."""
    refusal: str | None = None
    """What an assistant could say instead of calling, in relevance rows where the settings ask for it."""
    tool_schemas: str | None = None
    """JSON list of `{name, description, parameters}` of the same tools in the same order, with the catalog's JSON
    Schemas whole: allowed values, ranges and fields of records have no place in `tools`. Null in tables of versions
    before it."""
    thought: str | None = None
    """The generator's reasoning before the calls, where it gave one."""
