"""Every text that the platform keeps, with the place where it stands: tables, segments, logs, databases."""

import io
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from apigen_assets.files.canonical import dumps

_ROWS = 5_000
_BLOCK = 8_000_000
"""Bytes of lines that are looked at together."""
_LONGEST_LINE = 50_000_000
_PARQUET = ".parquet"
_DATABASES = {".db", ".sqlite", ".sqlite3"}
_NOT_TEXT = {".idx", ".safetensors", ".pt", ".bin", ".png", ".so", ".pyc", ".lock", ".db-wal", ".db-shm", ".db-journal"}


class Batch(NamedTuple):
    """Texts of one file, side by side with where each stands in it."""

    file: str
    texts: pl.Series
    place: Callable[[int], str]
    """From the number of a text to where it stands."""


def batches(path: Path | UPath, name: str) -> Iterator[Batch]:
    """The texts of a file or folder, in an order that does not change.

    A Parquet file gives its values, a SQLite database too, anything else its lines, also a table that is damaged.
    Files that hold no text (indexes, weights, pictures) are passed over, and those that are gone meanwhile.

    Args:
        path: the file or folder.
        name: what places call it.
    """
    if path.is_dir():
        children: list[Any] = sorted(path.iterdir(), key=str)
        for child in children:
            # a link may lead anywhere, also back here
            if not (isinstance(child, Path) and child.is_symlink()):
                yield from batches(child, f"{name}/{child.name}")
    elif path.suffix not in _NOT_TEXT and path.exists():
        reader = _of_parquet if path.suffix == _PARQUET else _of_database if path.suffix in _DATABASES else _of_lines
        try:
            yield from reader(path, name)
        except FileNotFoundError:
            return
        except (pa.ArrowException, sqlite3.Error):
            yield from _of_lines(path, name)


def _opened(path: Path | UPath) -> BinaryIO:
    """The file; one that is not on this disk as it is now, since its own kind of file can less."""
    return path.open("rb") if isinstance(path, Path) else io.BytesIO(path.read_bytes())


def _of_parquet(path: Path | UPath, name: str) -> Iterator[Batch]:
    with _opened(path) as file:
        start = 0
        for batch in pq.ParquetFile(file).iter_batches(_ROWS):
            for column, values in zip(batch.schema.names, batch.columns, strict=True):
                texts = _texts(values)
                if texts is not None:
                    yield Batch(name, texts, partial(_cell_place, start, column))
            start += batch.num_rows


def _texts(values: pa.Array) -> pl.Series | None:
    """One text per row; nested values as JSON. Null where the column has no text."""
    if _is_text(values.type):
        return pl.Series(pl.from_arrow(values)).cast(pl.String)
    if not _holds_text(values.type):
        return None
    return pl.Series([None if value is None else _json(value) for value in values.to_pylist()], dtype=pl.String)


def _json(value: Any) -> str:
    try:
        return dumps(value)
    except (TypeError, ValueError):
        return str(value)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _holds_text(kind: pa.DataType) -> bool:
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or isinstance(kind, pa.BaseExtensionType):
        return True
    return _is_text(kind) or any(_holds_text(kind.field(number).type) for number in range(kind.num_fields))


def _of_lines(path: Path | UPath, name: str) -> Iterator[Batch]:
    number = 1
    with _opened(path) as file:
        while lines := file.readlines(_BLOCK):
            texts = pl.Series([line[:_LONGEST_LINE].decode("utf-8", "replace") for line in lines], dtype=pl.String)
            yield Batch(name, texts, partial(_line_place, number))
            number += len(lines)


def _of_database(path: Path | UPath, name: str) -> Iterator[Batch]:
    with closing(sqlite3.connect(f"{Path(str(path)).resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in tables:
            quoted = table.replace('"', '""')
            cursor = connection.execute(f'SELECT rowid, * FROM "{quoted}"')
            while rows := cursor.fetchmany(_ROWS):
                texts = [" ".join(_cell(cell) for cell in row[1:] if isinstance(cell, str | bytes)) for row in rows]
                yield Batch(name, pl.Series(texts, dtype=pl.String), partial(_record_place, table, rows))


def _cell_place(start: int, column: str, index: int) -> str:
    return f"row {start + index}, column {column}"


def _line_place(start: int, index: int) -> str:
    return f"line {start + index}"


def _record_place(table: str, rows: Sequence[Sequence[object]], index: int) -> str:
    return f"table {table}, row {rows[index][0]}"


def _cell(cell: str | bytes) -> str:
    return cell if isinstance(cell, str) else cell.decode("utf-8", "replace")
