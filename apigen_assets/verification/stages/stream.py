"""Large tables through a check in chunks, so that memory stays bounded."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.files.atomic import whole_path

Check = Callable[[pl.DataFrame], pl.DataFrame]
"""From a frame of candidates to the same rows with `CHECKED_SCHEMA`."""

CHUNK_ROWS = 4096
_ROW_GROUP = 16_384
"""Rows per row group of what is written: a row group is in memory as a whole, on writing and on reading."""


def checked_by_chunk(frame: pl.DataFrame | pl.LazyFrame, check: Check, chunk_rows: int = CHUNK_ROWS) -> pl.DataFrame:
    """The checked rows of a table that fits in memory, in its order; the check sees `chunk_rows` at a time."""
    whole = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    parts = [check(part) for part in whole.iter_slices(chunk_rows)] if whole.height else []
    return pl.concat(parts) if parts else pl.DataFrame(schema=CHECKED_SCHEMA)


def check_file(source: Path | pl.LazyFrame, check: Check, target: Path, chunk_rows: int = CHUNK_ROWS) -> dict[str, int]:
    """Check a table of any size into a Parquet file, row group by row group.

    Args:
        source: a Parquet file of candidates, or a lazy frame of them.
        check: the check.
        target: the Parquet file to write; replaced whole or not at all.
        chunk_rows: rows that are in memory at once, more or less.

    Returns:
        Counts of `verified` rows and of each reason.
    """
    from polars.io.plugins import register_io_source

    counts: dict[str, int] = {"verified": 0}
    whole = source if isinstance(source, pl.LazyFrame) else pl.scan_parquet(source)

    def parts(with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None):  # type: ignore[no-untyped-def]
        for part in whole.collect_batches(chunk_size=chunk_rows, maintain_order=True):
            checked = check(part)
            counts["verified"] += int(checked["passed"].sum())
            for reason, count in checked["reason"].drop_nulls().value_counts().iter_rows():
                counts[reason] = counts.get(reason, 0) + count
            yield checked.select(with_columns) if with_columns else checked

    with whole_path(target) as temporary:
        register_io_source(parts, schema=CHECKED_SCHEMA).sink_parquet(temporary, row_group_size=_ROW_GROUP)
    return counts
