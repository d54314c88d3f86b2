"""The configs of a data set release: which columns, of which types, with which splits."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.release import trainers
from apigen_assets.tool_formats.json_columns import UnwritableNumberError, json_column_text
from apigen_assets.tool_formats.openai_row import openai_row, openai_single_row, openai_text_row, prompt_completion_row
from apigen_assets.tool_formats.trainer_rows import (
    finetuning_row,
    grpo_row,
    nemo_gym_row,
    sharegpt_row,
    verl_row,
)

BATCH_ROWS = 5_000
"""Rows held in memory at once."""

DEFAULT = ("xlam", "openai", "heldout")
"""What a release has at least, where nothing else is asked for."""

XLAM = pa.schema(
    [("id", pa.int64()), ("query", pa.string()), ("answers", pa.string()), ("tools", pa.string())],
)
"""The columns and types of Salesforce/xlam-function-calling-60k, in its order."""

_OBJECTS = pa.list_(pa.json_())
"""Objects whose fields differ from row to row: as structs, Arrow would give each the fields of all."""
_TEXT_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

OPENAI = pa.schema([("id", pa.int64()), ("messages", _OBJECTS), ("tools", _OBJECTS)])
PROMPT_COMPLETION = pa.schema([("id", pa.int64()), ("prompt", _OBJECTS), ("completion", _OBJECTS), ("tools", _OBJECTS)])
SHAREGPT = pa.schema(
    [
        ("id", pa.int64()),
        ("conversations", pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))),
        ("tools", pa.string()),
    ]
)
GRPO = pa.schema(
    [("id", pa.int64()), ("prompt", _TEXT_MESSAGES), ("ground_truth", pa.string()), ("tools", pa.string())]
)
VERL = pa.schema(
    [
        ("data_source", pa.string()),
        ("prompt", _TEXT_MESSAGES),
        ("ability", pa.string()),
        ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
        ("extra_info", pa.struct([("index", pa.int64()), ("split", pa.string()), ("tools", pa.string())])),
    ]
)

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

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows in parts of at most `BATCH_ROWS`; `columns`: which of those there are."""
        rows = self.rows
        if columns is not None and self.where is None:
            there = set(rows.collect_schema().names())
            rows = rows.select([name for name in columns if name in there])
        start = 0
        while True:
            frame = rows.slice(start, BATCH_ROWS).collect()
            chosen = frame if self.where is None else frame.filter(self.where)
            if chosen.height:
                yield chosen
            if frame.height < BATCH_ROWS:
                return
            start += BATCH_ROWS


_SOURCE = (*XLAM.names, "tool_schemas", "refusal", "thought", "split")
"""Columns that the shapes below are made from."""


class Config(NamedTuple):
    """One config: a name, a sentence for the card, one schema for every shard, and its splits."""

    name: str
    about: str
    schema: pa.Schema
    splits: tuple[Split, ...]
    convert: Callable[[JsonMapping], JsonObject] | None = None
    """From a row of the source table to a row of `schema`; without it columns are taken as they are."""

    def batches(self, split: Split, left_out: list[int] | None = None) -> Iterator[pa.Table]:
        """The rows of a split as tables of `schema`, of at most `BATCH_ROWS` rows each.

        Args:
            split: one of `splits`.
            left_out: gets the id of every row that this config cannot hold unchanged.
        """
        if self.convert is None:
            for frame in split.frames():
                yield frame.select(self.schema.names).to_arrow().cast(self.schema)
            return
        for frame in split.frames(_SOURCE):
            rows = []
            for row in frame.iter_rows(named=True):
                try:
                    rows.append(self._stored(self.convert(row)))
                except UnwritableNumberError:
                    (left_out if left_out is not None else []).append(row["id"])
            if rows:
                yield pa.Table.from_pylist(rows, schema=_as_text(self.schema)).cast(self.schema)

    def _stored(self, row: JsonObject) -> JsonObject:
        """The row with objects as text, where the column is one of objects."""
        return {
            field.name: [json_column_text(item) for item in row[field.name]]
            if field.type == _OBJECTS
            else row[field.name]
            for field in self.schema
        }


class JsonLines(NamedTuple):
    """A file of JSON lines for a trainer that reads no Parquet; no config of `load_dataset`."""

    name: str
    about: str
    split: Split
    convert: Callable[[JsonMapping], JsonObject]

    def lines(self) -> Iterator[str]:
        """The rows' lines, each with its line break."""
        for frame in self.split.frames(_SOURCE):
            for row in frame.iter_rows(named=True):
                yield json.dumps(self.convert(row), ensure_ascii=False, allow_nan=False) + "\n"


def configs(
    dataset: pl.LazyFrame,
    rejects: Sequence[pl.LazyFrame] = (),
    names: Sequence[str] = DEFAULT,
    thoughts: bool = False,
) -> list[Config]:
    """The configs of rows of `DatasetRow.SCHEMA`, the default one first.

    Args:
        dataset: the rows, ids ascending; an optional column `split` with `train` and `heldout` tells which rows
            are of APIs held out, and gives a config `heldout` with the splits `train` and `test`. Rows of any other
            value (`mixed`: they call APIs of both sides) are in neither.
        rejects: tables of rejected candidates, for a config `rejects`; none: no such config.
        names: which configs; `xlam` is always one.
        thoughts: whether the generator's reasoning before the calls is released, where there is one.
    """
    check_names(names)
    whole = (Split("train", dataset),)
    chosen = [Config("xlam", trainers.ABOUT["xlam"], XLAM, whole)]
    shapes: dict[str, tuple[pa.Schema, Callable[[JsonMapping], JsonObject]]] = {
        "openai": (OPENAI, partial(openai_row, thoughts=thoughts)),
        "openai_text": (OPENAI, partial(openai_text_row, thoughts=thoughts)),
        "openai_single": (OPENAI, partial(openai_single_row, thoughts=thoughts)),
        "prompt_completion": (PROMPT_COMPLETION, partial(prompt_completion_row, thoughts=thoughts)),
        "sharegpt": (SHAREGPT, partial(sharegpt_row, thoughts=thoughts)),
        "grpo": (GRPO, grpo_row),
        "verl": (VERL, verl_row),
    }
    chosen += [
        Config(name, trainers.ABOUT[name], schema, whole, convert)
        for name, (schema, convert) in shapes.items()
        if name in names
    ]
    if "heldout" in names and _has_heldout(dataset):
        splits = (
            Split("train", dataset, pl.col("split") == "train"),
            Split("test", dataset, pl.col("split") == "heldout"),
        )
        chosen.append(Config("heldout", trainers.ABOUT["heldout"], XLAM, splits))
    if rejects:
        tables = [table.select(pl.col(name).cast(pl.String) for name in REJECTS.names) for table in rejects]
        chosen.append(Config("rejects", trainers.ABOUT["rejects"], REJECTS, (Split("train", pl.concat(tables)),)))
    return chosen


def json_lines(dataset: pl.LazyFrame, names: Sequence[str]) -> list[JsonLines]:
    """The files of JSON lines among the named configs."""
    check_names(names)
    shapes = {"nemo_gym": nemo_gym_row, "openai_finetuning": finetuning_row}
    return [
        JsonLines(name, trainers.ABOUT[name], Split("train", dataset), convert)
        for name, convert in shapes.items()
        if name in names
    ]


def check_names(names: Sequence[str]) -> None:
    """Raises ValueError where a name is not one of a config."""
    unknown = [name for name in names if name not in trainers.ABOUT or name == "rejects"]
    if unknown:
        known = ", ".join(name for name in trainers.ABOUT if name != "rejects")
        raise ValueError(f"{unknown[0]!r} is not a config of a release: choose from {known}")


def features(schema: pa.Schema) -> list[JsonObject] | None:
    """The `features` of `dataset_info` for a schema of strings, integers, lists and structs; null where it has JSON.

    A reader parses the features of all configs whichever it is asked for, and `datasets` before 4.7 fails on the type
    `json`: declared for one config, it would close the whole release to them. Later ones take it from the Parquet file.
    """
    if any(field.type == _OBJECTS for field in schema):
        return None
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _has_heldout(dataset: pl.LazyFrame) -> bool:
    if "split" not in dataset.collect_schema().names():
        return False
    return dataset.filter(pl.col("split") == "heldout").head(1).collect().height > 0


def _as_text(schema: pa.Schema) -> pa.Schema:
    """The schema with text in place of JSON: pyarrow makes JSON columns only from text columns."""
    return pa.schema(
        [(field.name, pa.list_(pa.string()) if field.type == _OBJECTS else field.type) for field in schema]
    )


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
