"""Rows of existing data sets, in the formats they come in, as candidates."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import polars as pl

from apigen_assets.domain.style import style_of
from apigen_assets.files.canonical import StrictJsonError, content_hash, loads_strict
from apigen_assets.files.json_types import JsonMapping, JsonValue
from apigen_assets.tool_formats.foreign_rows import UnreadableRowError, read_foreign_row, tool_schemas
from apigen_assets.verification.audit.tool_findings import Finding, tool_findings


class UnusableInputError(ValueError):
    """The file cannot be read as rows; the message says what and where."""


class AuditRow(NamedTuple):
    """One row of a data set, ready for the format check."""

    id: object
    """The row's own id, else its number from 0."""
    query: str | None
    tools: str | None
    """JSON text of the tools with JSON Schema, or of what was there instead."""
    answers: str | None
    """JSON text of the calls, as strict or not as it came."""
    problem: str | None = None
    """`kind: detail` where the row cannot be read; the kind is a reason of the format stage."""
    tool_findings: tuple[Finding, ...] = ()
    """Defects of the tool definitions, which need not cost the row."""
    language: str | None = None
    """ISO 639-1 code of the query's language, where the row states it."""

    @property
    def style(self) -> str:
        """The style by its counts: a row of another data set was asked for none."""
        return style_of(_length(self.tools), _length(self.answers)).value


def _length(text: str | None) -> int:
    try:
        value = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return 1
    return len(value) if isinstance(value, list) else 1


def read_rows(file: Path) -> Iterator[AuditRow]:
    """The rows of a JSON, JSON Lines, Parquet or Arrow file, text gzipped or not, one after another.

    Raises:
        UnusableInputError: there is no such file, it is none of these, or it is cut.
    """
    if not file.is_file():
        raise UnusableInputError(f"{file}: no such file")
    if file.stat().st_size == 0:
        raise UnusableInputError(f"{file}: the file is empty")
    with file.open("rb") as raw:
        head = raw.read(4)
    if head == b"PAR1":
        yield from _parquet(file)
        return
    if head in (b"ARRO", b"\xff\xff\xff\xff"):
        yield from _arrow(file, is_stream=head != b"ARRO")
        return
    opener = gzip.open if head[:2] == b"\x1f\x8b" else open
    try:
        with opener(file, "rt", encoding="utf-8-sig") as text:
            yield from _text(file, text)
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise UnusableInputError(f"{file}: not UTF-8 text, or cut: {error}") from None
    except OSError as error:
        raise UnusableInputError(f"{file}: cannot be read: {error.strerror or error}") from None


def _text(file: Path, text: TextIO) -> Iterator[AuditRow]:
    first = ""
    while not first.strip():
        line = text.readline()
        if not line:
            raise UnusableInputError(f"{file}: the file holds no rows")
        first += line
    stripped = first.lstrip()
    if stripped.startswith("["):
        yield from _array(file, first + text.read())
        return
    if not stripped.startswith("{"):
        raise UnusableInputError(
            f"{file}: neither JSON, JSON Lines, Parquet nor Arrow; it begins with {stripped[:20]!r}"
        )
    try:
        loads_strict(stripped)
    except StrictJsonError as error:
        if error.kind == "not_json":
            # One pretty-printed object, such as {"data": [...]}, or a first line that is broken.
            rest = text.read()
            try:
                whole = loads_strict(first + rest)
            except StrictJsonError:
                yield from _lines([first, *rest.splitlines(keepends=True)])
                return
            yield from _object(file, whole)
            return
    yield from _lines(_chain(first, text))


def _chain(first: str, rest: TextIO) -> Iterator[str]:
    yield first
    yield from rest


def _object(file: Path, whole: object) -> Iterator[AuditRow]:
    lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, dict) else []
    if isinstance(whole, dict) and {"query", "tools"} & whole.keys():
        yield row_of(whole, 0)
    elif len(lists) == 1:
        for number, value in enumerate(lists[0]):
            yield row_of(value, number)
    else:
        raise UnusableInputError(f"{file}: one JSON object that is neither a row nor holds one list of rows")


def _array(file: Path, text: str) -> Iterator[AuditRow]:
    try:
        values = loads_strict(text)
    except StrictJsonError as error:
        raise UnusableInputError(
            f"{file}: the JSON array cannot be read: {error}. In JSON Lines a broken row costs only itself."
        ) from None
    for number, value in enumerate(values):
        yield row_of(value, number)


def _lines(lines: JsonValue) -> Iterator[AuditRow]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            value = loads_strict(line)
        except StrictJsonError as error:
            yield AuditRow(_id_in(line, number), None, None, None, f"{error.kind}: {error}")
        else:
            yield row_of(value, number)
        number += 1


def _id_in(line: str, number: int) -> JsonValue:
    """The id of a line that is not strict JSON, where a lax reader finds one."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return number
    return value.get("id", number) if isinstance(value, dict) else number


def _parquet(file: Path) -> Iterator[AuditRow]:
    number = 0
    try:
        for part in pl.scan_parquet(file).collect_batches(chunk_size=2048, maintain_order=True):
            for value in part.iter_rows(named=True):
                yield row_of(value, number, filled=True)
                number += 1
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnusableInputError(f"{file}: not a readable Parquet file: {str(error)[:200]}") from None


def _arrow(file: Path, is_stream: bool) -> Iterator[AuditRow]:
    """An Arrow file, or the stream of batches that `datasets` keeps on disk."""
    import pyarrow as pa

    number = 0
    try:
        with pa.memory_map(str(file)) as source:
            opened = pa.ipc.open_stream(source) if is_stream else pa.ipc.open_file(source)
            parts = opened if is_stream else map(opened.get_batch, range(opened.num_record_batches))
            for part in parts:
                for value in part.to_pylist():
                    yield row_of(value, number, filled=True)
                    number += 1
    except (pa.ArrowException, OSError) as error:
        raise UnusableInputError(f"{file}: not a readable Arrow file: {str(error)[:200]}") from None


def row_of(value: object, number: int, filled: bool = False) -> AuditRow:
    """A row in any of the shapes of `tool_formats.foreign_rows`.

    Args:
        value: the row.
        number: its place in the file, for an id where it has none.
        filled: it comes from Arrow structs, in which null means absent.
    """
    if not isinstance(value, dict):
        return AuditRow(number, None, None, None, "missing_field: the row is not an object")
    identity = value.get("id")
    identity = number if identity is None else identity
    findings: tuple[Finding, ...] = ()
    try:
        row = read_foreign_row(value, filled=filled)
        findings = tool_findings(row.tools)
        tools = json.dumps(tool_schemas(row.tools), default=str)
    except UnreadableRowError as error:
        return AuditRow(identity, None, None, None, str(error), findings)
    except (RecursionError, ValueError) as error:
        return AuditRow(identity, None, None, None, f"not_json: {error}", findings)
    return AuditRow(identity, row.query, tools, row.answers, None, findings, _language_of(value))


def _language_of(row: JsonMapping) -> str | None:
    """The code in a row's `language` or `lang` (`de`, `pt-BR`); null for anything else."""
    said = next((row[key] for key in ("language", "lang") if isinstance(row.get(key), str)), "")
    match = re.fullmatch(r"([a-z]{2})(?:[-_][a-z]{2,4})?", said.strip().lower())
    return match[1] if match else None


def row_key(row: AuditRow, number: int) -> str:
    """A candidate id for a row: distinct for every row of a file."""
    return content_hash([number, str(row.id)])
