"""From the tables of an earlier schema version to those of today, by command and never by guess."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl
from upath import UPath

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.dataset_row import DatasetRow
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from resources.lake.lake import Lake

SCHEMAS: Mapping[str, pl.Schema] = {
    "raw_candidates": Candidate.SCHEMA,
    **{
        f"{stage}_{fate}": CHECKED_SCHEMA
        for stage in ("format", "execution", "semantic")
        for fate in ("verified", "rejected")
    },
    **{
        name: DatasetRow.SCHEMA
        for name in ("function_calling_dataset", "plus_fail_semantic_dataset", "plus_fail_execution_dataset")
    },
}
"""The tables whose columns have grown, with the columns of today."""


class Change(NamedTuple):
    """What a table's file lacks."""

    file: str
    added: tuple[str, ...]
    kept: tuple[str, ...]
    """Columns that today's tables do not have: they stay."""


def pending(lake: Lake) -> list[tuple[Change, UPath]]:
    """The files that an earlier version wrote, with the columns that they get; values in them are null."""
    changes = []
    for name, schema in SCHEMAS.items():
        for path in lake.paths(name):
            columns = lake.scan_paths([path]).collect_schema().names()
            added = tuple(column for column in schema.names() if column not in columns)
            if added:
                kept = tuple(column for column in columns if column not in schema.names())
                changes.append((Change(str(path), added, kept), path))
    return changes


def migrate(lake: Lake, changes: Sequence[tuple[Change, UPath]]) -> None:
    """Write each file anew with the columns of today, whole or not at all; a stopped migration is run again."""
    for change, path in changes:
        schema = SCHEMAS[str(path)[len(str(lake.root)) :].strip("/").split("/")[0]]
        frame = lake.scan_paths([path]).collect()
        new = [pl.lit(None, schema[column]).alias(column) for column in change.added]
        lake.write(frame.with_columns(new).select([*schema.names(), *change.kept]), path)
