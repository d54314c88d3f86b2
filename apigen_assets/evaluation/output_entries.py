"""The entries of one file of stored outputs: JSON lines, a JSON list, or objects written over several lines."""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from apigen_assets.files.excerpt import excerpt
from apigen_assets.files.json_types import JsonObject

_OBJECT = re.compile(r"\s*\{")


class OutputsError(ValueError):
    """The outputs cannot be scored; the message lists what is wrong, where, and what to do."""


def entries(file: Path) -> Iterator[tuple[str, JsonObject]]:
    """The entries of a file, each with its place for messages.

    Raises:
        OutputsError: text that is not JSON, an entry that is not an object, or none at all.
    """
    text = _text(file)
    if not text.strip():
        raise OutputsError(_empty(file))
    lines = _json_list(file, text) if text.lstrip().startswith("[") else _json_lines(file, text)
    if not lines:
        raise OutputsError(_empty(file))
    for place, entry in lines:
        if not isinstance(entry, dict):
            raise OutputsError(f"{place}: an entry is a JSON object with id and result, not {excerpt(entry)}")
        yield place, entry


def _text(file: Path) -> str:
    """The text of a file, compressed or not; UTF-8, or UTF-16 as a Windows shell writes it."""
    try:
        content = file.read_bytes()
        if file.suffix == ".gz":
            content = gzip.decompress(content)
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise OutputsError(
            f"{file} is not text in UTF-8 ({error}): save it as such; an archive has to be unpacked first"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise OutputsError(f"cannot read {file}: {error}") from None


def _empty(file: Path) -> str:
    return (
        f"{file} is empty: the run that should have filled it did not. Generate its answers again, or move the file "
        "away to score the rest."
    )


def _json_list(file: Path, text: str) -> list[tuple[str, object]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OutputsError(f"{file} is a JSON list that does not end well ({error}); is it half-written?") from None
    return [(f"{file.name}, entry {number}", entry) for number, entry in enumerate(whole, 1)]


def _json_lines(file: Path, text: str) -> list[tuple[str, object]]:
    # JSON lines end at \n alone: the other ends that Python knows (U+2028, form feed) may stand inside a text
    parts = text.split("\n")
    lines: list[tuple[str, object]] = []
    for number, line in enumerate(parts, 1):
        if not line.strip():
            continue
        try:
            lines.append((f"{file.name}, line {number}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            if not lines and (indented := _indented(file, text)):
                return indented
            hint = "; the file seems to be half-written" if number == len(parts) else ""
            raise OutputsError(f"{file}, line {number} is not valid JSON ({error}){hint}") from None
    return lines


def _indented(file: Path, text: str) -> list[tuple[str, object]]:
    """Objects that follow each other, each over several lines; none where the text is anything else."""
    decoder = json.JSONDecoder()
    found: list[tuple[str, object]] = []
    place = 0
    try:
        while start := _OBJECT.match(text, place):
            line = text.count("\n", 0, start.end()) + 1
            value, place = decoder.raw_decode(text, start.end() - 1)
            found.append((f"{file.name}, line {line}", value))
    except (ValueError, RecursionError):
        return []
    return [] if text[place:].strip() else found
