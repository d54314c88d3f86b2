"""The configs of a data set release: which columns, of which types, with which splits."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.openai_row import openai_row

BATCH_ROWS = 5_000
"""Rows held in memory at once."""

XLAM = pa.schema(
    [("id", pa.int64()), ("query", pa.string()), ("answers", pa.string()), ("tools", pa.string())],
)
"""The columns and types of Salesforce/xlam-function-calling-60k, in its order."""

_CALL = pa.struct(
    [
        ("id", pa.string()),
        ("type", pa.string()),
        ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
    ]
)
OPENAI = pa.schema(
    [
        ("id", pa.int64()),
        (
            "messages",
            pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("tool_calls", pa.list_(_CALL))])),
        ),
        ("tools", pa.string()),
    ]
)
"""Messages as a list of records; arguments and tools are JSON text, since their fields differ from row to row."""

REJECTS = pa.schema(
    [
        (name, pa.string())
        for name in (
            "candidate_id",
            "generator",
            "style",
            "stage",
            "reason",
            "detail",
            "query",
            "answers",
            "tools",
            "raw_text",
            "execution",
        )
    ]
)
"""A rejected candidate, the stage that rejected it and why; `answers` is null where nothing could be parsed."""


class Split(NamedTuple):
    """Rows of one split, in the order of the release."""

    name: str
    rows: pl.LazyFrame
    where: pl.Expr | None = None
    """Which of the rows; all without it. Applied batch by batch, so that a file is read once, front to back."""


class Config(NamedTuple):
    """One config: a name, a sentence for the card, one schema for every shard, and its splits."""

    name: str
    about: str
    schema: pa.Schema
    splits: tuple[Split, ...]
    convert: Callable[[pl.DataFrame], list[JsonObject]] | None = None
    """From rows of the source table to rows of `schema`; without it columns are taken as they are."""

    def batches(self, split: Split) -> Iterator[pa.Table]:
        """The rows of a split as tables of `schema`, of at most `BATCH_ROWS` rows each."""
        start = 0
        while True:
            frame = split.rows.slice(start, BATCH_ROWS).collect()
            chosen = frame if split.where is None else frame.filter(split.where)
            if chosen.height:
                yield self._table(chosen)
            if frame.height < BATCH_ROWS:
                return
            start += BATCH_ROWS

    def _table(self, frame: pl.DataFrame) -> pa.Table:
        if self.convert is not None:
            return pa.Table.from_pylist(self.convert(frame), schema=self.schema)
        return frame.select(self.schema.names).to_arrow().cast(self.schema)


def configs(dataset: pl.LazyFrame, rejects: Sequence[pl.LazyFrame] = ()) -> list[Config]:
    """The configs of rows of `DatasetRow.SCHEMA`, the default one first.

    Args:
        dataset: the rows, ids ascending; an optional column `split` with `train` and `heldout` tells which rows
            are of APIs held out, and gives a config `heldout` with the splits `train` and `test`. Rows of any other
            value (`mixed`: they call APIs of both sides) are in neither.
        rejects: tables of rejected candidates, for a config `rejects`; none: no such config.
    """
    names = dataset.collect_schema().names()
    made = [
        Config("xlam", "every row, in the columns of xlam-function-calling-60k", XLAM, (Split("train", dataset),)),
        Config(
            "openai",
            "the same rows as messages and tools of the OpenAI chat-completions API, as TRL's SFTTrainer takes them",
            OPENAI,
            (Split("train", dataset),),
            _openai,
        ),
    ]
    if "split" in names and dataset.filter(pl.col("split") == "heldout").head(1).collect().height:
        made.append(
            Config(
                "heldout",
                "the rows of `xlam`, split by API: no API called in `test` is called in `train`; rows that call APIs "
                "of both sides are left out",
                XLAM,
                (
                    Split("train", dataset, pl.col("split") == "train"),
                    Split("test", dataset, pl.col("split") == "heldout"),
                ),
            )
        )
    if rejects:
        tables = [table.select(pl.col(name).cast(pl.String) for name in REJECTS.names) for table in rejects]
        about = "candidates that a check rejected, with the reason"
        made.append(Config("rejects", about, REJECTS, (Split("train", pl.concat(tables)),)))
    return made


def _openai(frame: pl.DataFrame) -> list[JsonObject]:
    columns = [name for name in (*XLAM.names, "refusal") if name in frame.columns]
    return [openai_row(row) for row in frame.select(columns).iter_rows(named=True)]


def features(schema: pa.Schema) -> list[JsonObject]:
    """The `features` of `dataset_info` for a schema of strings, integers, lists and structs."""
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> JsonObject:
    if pa.types.is_list(kind):
        return {"list": _inner(kind.value_type)}
    if pa.types.is_struct(kind):
        return {"struct": _inner(kind)}
    return {"dtype": str(kind)}


def _inner(kind: pa.DataType) -> Any:
    if pa.types.is_struct(kind):
        return [{"name": field.name, **_feature(field.type)} for field in kind]
    return str(kind)
