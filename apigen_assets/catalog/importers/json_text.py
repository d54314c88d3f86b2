"""JSON documents of any size: keys that stand twice are told, and the paths of a large one are not held as objects."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from json.decoder import scanstring  # type: ignore[attr-defined]  # public by use: the library reads objects with it
from typing import Any

from apigen_assets.catalog.importers.documents import Document, decode
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.files.json_types import JsonObject, JsonValue

LARGE = 1_000_000
"""Characters of a document from which on its paths are packed."""

_SPACE = re.compile(r"[ \t\n\r]*")


def parse_json(document: Document, warnings: list[str] | None = None) -> JsonValue:
    """The JSON value of a document.

    Args:
        document: the file.
        warnings: takes a sentence where keys stand twice in one object; the last one counts.

    Raises:
        SourceError: `wrong_encoding`, `not_json` or `too_deep`.
    """
    return json_value(decode(document), document.name, warnings)


def json_value(text: str, name: str, warnings: list[str] | None = None) -> JsonValue:
    """Likewise, of a document's text.

    Args:
        text: what stands in the document.
        name: its name, for messages.
        warnings: as in `parse_json`.
    """
    twice: list[str] = []
    try:
        value = _read(text, twice) if warnings is not None else json.loads(text)
    except RecursionError:
        raise SourceError("too_deep", f"{name} is nested too deeply to be read") from None
    except ValueError as error:
        raise SourceError("not_json", f"{name}: {error}") from None
    if twice and warnings is not None:
        shown = ", ".join(map(repr, twice[:5])) + (f" and {len(twice) - 5} more" if len(twice) > 5 else "")
        warnings.append(f"{name}: keys that stand twice in one object, of which the last counts: {shown}")
    return value


class PackedObject(dict[str, JsonValue]):
    """A JSON object whose values are held as compressed text, and made anew whenever one is asked for.

    It is only read. A large description's paths are most of it, and each is needed once or twice.
    """

    def pack(self, name: str, text: str) -> None:
        """Takes a value as its JSON text."""
        super().__setitem__(name, zlib.compress(text.encode("utf-8", "surrogatepass"), 6))

    def __getitem__(self, name: str) -> JsonValue:
        return _unpacked(super().__getitem__(name))

    def get(self, name: str, default: JsonValue = None) -> JsonValue:
        """The value of that name, or the default."""
        return self[name] if name in self else default  # noqa: SIM401

    def values(self) -> Any:
        """The values, one at a time."""
        return map(_unpacked, super().values())

    def items(self) -> Any:
        """Names and values, one pair at a time."""
        return ((name, _unpacked(packed)) for name, packed in super().items())

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as of every dict

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # a dict that says how it is iterated is not copied past `__getitem__`


def _unpacked(packed: bytes) -> JsonValue:
    return json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))


def _read(text: str, twice: list[str]) -> JsonValue:
    decoder = json.JSONDecoder(object_pairs_hook=partial(_object, twice=twice))
    if len(text) >= LARGE:
        try:
            return _Document(text, decoder, twice).value()
        except (ValueError, IndexError):  # not an object, or damaged: the decoder says where
            twice.clear()
    return decoder.decode(text)


def _object(pairs: list[tuple[str, JsonValue]], twice: list[str]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                twice.append(key[:60])
            seen.add(key)
    return value


class _Document:
    """Reads a large document member by member.

    Args:
        text: of the document.
        decoder: of the values in it.
        twice: takes keys that stand twice in one object.
    """

    def __init__(self, text: str, decoder: json.JSONDecoder, twice: list[str]) -> None:
        self._text = text
        self._decoder = decoder
        self._twice = twice

    def value(self) -> JsonObject:
        """The document, with its paths packed.

        Raises:
            ValueError: it is not a JSON object, or damaged; or `IndexError`, where it ends too early.
        """
        pairs, end = self._members(self._after_space(0), self._part)
        if self._after_space(end) != len(self._text):
            raise ValueError("text after the value")
        return _object(pairs, self._twice)

    def _part(self, name: str, at: int) -> tuple[JsonValue, int]:
        if name != "paths" or self._text[at] != "{":
            return self._decoder.raw_decode(self._text, at)
        spans, end = self._members(at, self._span)
        paths = PackedObject()
        for path, (start, stop) in _object(spans, self._twice).items():
            paths.pack(path, self._text[start:stop])
        return paths, end

    def _span(self, _: str, at: int) -> tuple[JsonValue, int]:
        """Where a value stands, once it has been read for what is wrong with it."""
        end = self._decoder.raw_decode(self._text, at)[1]
        return (at, end), end

    def _members(
        self, at: int, read: Callable[[str, int], tuple[JsonValue, int]]
    ) -> tuple[list[tuple[str, JsonValue]], int]:
        """Names and values of the object that starts at a position, and where it ends.

        Args:
            at: position of its brace.
            read: gives the value of a name that starts at a position, and where it ends.
        """
        pairs: list[tuple[str, JsonValue]] = []
        at = self._past("{", at)
        while self._text[at] != "}":
            if pairs:
                at = self._past(",", at)
            self._expect('"', at)
            name, at = scanstring(self._text, at + 1, True)
            at = self._past(":", self._after_space(at))
            value, at = read(name, at)
            pairs.append((name, value))
            at = self._after_space(at)
        return pairs, at + 1

    def _past(self, sign: str, at: int) -> int:
        self._expect(sign, at)
        return self._after_space(at + 1)

    def _expect(self, sign: str, at: int) -> None:
        if self._text[at] != sign:
            raise ValueError(f"no {sign} at {at}")

    def _after_space(self, at: int) -> int:
        end: int = _SPACE.match(self._text, at).end()  # type: ignore[union-attr]  # it matches nothing too
        return end
