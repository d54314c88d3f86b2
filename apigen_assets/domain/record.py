"""The base of every record, and the way between records and Polars frames."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import ClassVar, Self, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject

_FRAME_ROWS = 1_000
"""Rows that are held as Python objects at once."""

_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)


def in_schema(frame: _Frame, schema: pl.Schema) -> _Frame:
    """The columns of a schema, in its order; null for one that the version that wrote the table did not know yet."""
    present = frame.collect_schema().names()
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in present]
    return frame.with_columns(missing).select(schema.names())


class Record(BaseModel):
    """An immutable record with one explicit table schema.

    A column holds the field as it is, or its canonical JSON text where the field is a structure.
    `SCHEMA` names every field of the record, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    SCHEMA: ClassVar[pl.Schema]

    def row(self) -> JsonObject:
        """The record as one table row; structures become canonical JSON text."""
        return _row(self.model_dump(mode="json"))

    @classmethod
    def from_row(cls, row: JsonObject) -> Self:
        """The record of one table row, as `row` made it; columns that are not a field of the record are ignored.

        Raises:
            pydantic.ValidationError: the row is not one of this table.
        """
        values: JsonObject = {}
        for name in cls.SCHEMA:
            value = row.get(name)
            if isinstance(value, str) and name in cls._structured():
                value = json.loads(value)
            values[name] = value
        return cls.model_validate(values)

    @classmethod
    def frame(cls, records: Iterable[Self]) -> pl.DataFrame:
        """A frame with exactly `SCHEMA`, also for no records at all."""
        return cls.frame_of(record.model_dump(mode="json") for record in records)

    @classmethod
    def frame_of(cls, objects: Iterable[JsonObject]) -> pl.DataFrame:
        """Likewise, of records as the JSON objects that `model_dump(mode="json")` makes of them."""
        left = iter(objects)
        frames = []
        while rows := [_row(values) for values in islice(left, _FRAME_ROWS)]:
            frames.append(pl.DataFrame(rows, schema=cls.SCHEMA, orient="row"))
        return pl.concat(frames) if frames else pl.DataFrame(schema=cls.SCHEMA)

    @classmethod
    def _structured(cls) -> frozenset[str]:
        cached: frozenset[str] | None = cls.__dict__.get("_structured_fields")
        if cached is None:
            cached = frozenset(
                name
                for name, kind in cls.model_json_schema(mode="serialization")["properties"].items()
                if not _is_scalar(kind, cls.model_json_schema(mode="serialization").get("$defs", {}))
            )
            cls._structured_fields = cached
        return cached

    _structured_fields: ClassVar[frozenset[str] | None] = None


def _row(values: JsonObject) -> JsonObject:
    return {name: dumps(value) if isinstance(value, list | dict) else value for name, value in values.items()}


def _is_scalar(kind: JsonObject, defs: JsonObject) -> bool:
    if "$ref" in kind:
        return _is_scalar(defs[kind["$ref"].rsplit("/", 1)[-1]], defs)
    if "anyOf" in kind:
        return all(_is_scalar(member, defs) for member in kind["anyOf"])
    return kind.get("type") in {"string", "integer", "number", "boolean", "null"}
