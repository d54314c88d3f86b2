"""Parquet shards: one schema, small row groups with a page index, the same bytes for the same rows."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_BYTES = 64_000_000
"""In memory. The Hub's viewer refuses row groups of more than some 286 MiB and wants at most 100 MB."""

SHARD_BYTES = 500_000_000
"""In memory; a shard is closed after the row group that reaches it."""


class WrittenSplit(NamedTuple):
    """What was written of one split."""

    rows: int
    num_bytes: int
    """Size of the rows as Arrow arrays, as `dataset_info` counts it."""
    files: tuple[Path, ...]


def write_split(folder: Path, split: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> WrittenSplit:
    """Write tables as `<split>-00000-of-0000N.parquet`; an empty split is one file without rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = num_bytes = in_shard = 0
    drafts: list[Path] = []
    writer: pq.ParquetWriter | None = None
    try:
        for group in _groups(tables):
            if writer is None:
                writer = _writer(folder, len(drafts), schema, drafts)
            writer.write_table(group, row_group_size=max(1, group.num_rows))
            rows, num_bytes, in_shard = rows + group.num_rows, num_bytes + group.nbytes, in_shard + group.nbytes
            if in_shard >= SHARD_BYTES:
                writer.close()
                writer, in_shard = None, 0
        if not drafts:
            writer = _writer(folder, 0, schema, drafts)
            writer.write_table(schema.empty_table())
    finally:
        if writer is not None:
            writer.close()
    files = []
    for number, draft in enumerate(drafts):
        files.append(folder / f"{split}-{number:05d}-of-{len(drafts):05d}.parquet")
        os.replace(draft, files[-1])
    return WrittenSplit(rows, num_bytes, tuple(files))


def _writer(folder: Path, number: int, schema: pa.Schema, drafts: list[Path]) -> pq.ParquetWriter:
    drafts.append(folder / f".{number:05d}.part")
    # Boundaries that follow the content let the Hub store only what changed between two releases.
    return pq.ParquetWriter(
        drafts[-1], schema, compression="zstd", write_page_index=True, use_content_defined_chunking=True
    )


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        for part in _small(table):
            if waiting and size + part.nbytes > ROW_GROUP_BYTES:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting, size = [], 0
            waiting.append(part)
            size += part.nbytes
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _small(table: pa.Table) -> Iterator[pa.Table]:
    if table.nbytes <= ROW_GROUP_BYTES or table.num_rows == 1:
        yield table
        return
    half = table.num_rows // 2
    yield from _small(table.slice(0, half))
    yield from _small(table.slice(half))


def columns(schema: pa.Schema) -> list[list[str]]:
    """Name and type of every column."""
    return [[field.name, str(field.type)] for field in schema]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as the Hub names large files."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
