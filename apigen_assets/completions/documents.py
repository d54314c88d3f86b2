"""The JSON documents in a completion's text, whatever stands around and between them."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apigen_assets.completions.reasoning import Split, split_reasoning
from apigen_assets.completions.repair import Repair
from apigen_assets.completions.tolerant_json import Reader, UnfinishedError
from apigen_assets.completions.wrapping import undo_wrapping
from apigen_assets.files.canonical import StrictJsonError, loads_strict, read_strict_at
from apigen_assets.files.json_types import JsonObject, JsonValue

FindStart = Callable[[str, int], int | None]
"""Where, from a position on, the next object begins that is worth reading for itself; null where none does."""

_OPENER = re.compile(r"[\[［]|[{｛](?!\s*+[\[{])|\b(?:dict|[A-Z]\w*)\((?=\s*(?:query|question)\s*=)")
"""Where a document may begin: an object begins with a key, and a constructor of a pair with its query."""
_FENCE_END = re.compile(r"[\s`]*\Z")
_TOKENS = re.compile(r"""\w+|[^\w\s,:}\]]""")


@dataclass(frozen=True)
class Document:
    """One value and where it stood."""

    value: JsonValue
    start: int
    end: int
    reader: Reader | None = None
    """Who read it, where repairs were needed."""

    def repairs(self, part: object | None = None) -> tuple[Repair, ...]:
        """The repairs of the whole, or of one object in it."""
        if self.reader is None:
            return ()
        start, end = self.reader.spans.get(id(part), (self.start, self.end)) if part is not None else (0, 1 << 60)
        return self.reader.repairs_within(start, end)

    def repairs_between(self, parts: Sequence[object]) -> list[tuple[Repair, ...]]:
        """The repairs made outside of every part, such as a comment between two, each for the part that follows it.

        Args:
            parts: objects of the document in their order; what stands behind the last one counts for that.
        """
        between: list[set[Repair]] = [set() for _ in parts]
        spans: list[tuple[int, int]] = []
        for part in parts:
            last = spans[-1][1] if spans else self.start
            spans.append(self.reader.spans.get(id(part), (last, last)) if self.reader else (last, last))
        ends = [end for _, end in spans]
        for at, repair in self.reader.repairs if self.reader and parts else ():
            following = min(bisect_right(ends, at), len(parts) - 1)
            start, end = spans[following]
            if self.start <= at < self.end and not start <= at < end:
                between[following].add(repair)
        return [tuple(sorted(repairs)) for repairs in between]


@dataclass(frozen=True)
class Failure:
    """A piece of text that begins like what was looked for and cannot be read."""

    start: int
    end: int
    kind: str
    """As `StrictJsonError.kind`."""
    message: str
    unfinished: bool
    """The text ends within it."""


@dataclass
class Documents:
    """What a text holds, in its order."""

    text: str
    """The text that was read: without what had to be undone as a whole."""
    items: list[Document | Failure] = field(default_factory=list)
    repairs: tuple[Repair, ...] = ()
    """Repairs of the text as a whole."""

    @property
    def alone(self) -> bool:
        """One document is the whole text."""
        if len(self.items) != 1:
            return False
        return not (self.text[: self.items[0].start].strip() or self.text[self.items[0].end :].strip())


def read_documents(text: str, find_start: FindStart | None = None, cut: bool = False) -> Documents:
    """Every JSON list and object in a text that stands for itself.

    Args:
        text: a completion's answer, without reasoning.
        find_start: finds the objects at which reading is taken up again after something broken.
        cut: the text was cut at its end, so that nothing may be closed there.
    """
    text, repairs = undo_wrapping(text)
    found = Documents(text, repairs=repairs)
    reader = Reader(text)
    position = 0
    while (opener := _OPENER.search(text, position)) is not None:
        at = opener.start()
        try:
            document = _read_at(text, at, reader)
        except StrictJsonError as error:
            if find_start is None or find_start(text, at) != at:
                position = at + (max(1, reader.deepest) if error.kind == "too_deep" else 1)
                continue
            stop = find_start(text, at + 1)
            item = _read_alone(text, at, stop, error, cut)
            found.items.append(item)
            position = max(at + 1, stop if stop is not None else item.end)
            continue
        if text[at] not in "[［{｛" and not _holds_a_pair(document.value):
            position = at + 1
            continue
        found.items.append(document)
        position = document.end
    return found


def _holds_a_pair(value: JsonValue) -> bool:
    """Whether a constructor was given answers beside its query, which no call of a function that takes a query is."""
    keywords = value.get("arguments", value) if isinstance(value, dict) else value
    return isinstance(keywords, dict) and any(re.match("answer|.*calls?$", key) for key in keywords)


def objects_in(text: str) -> list[JsonObject]:
    """The JSON objects of an answer, outermost first, in order: for readers that look for one object.

    Args:
        text: a completion's text; its reasoning is set apart first and never looked at.
    """
    objects: list[JsonObject] = []
    for item in read_documents(split_reasoning(text).answer).items:
        if isinstance(item, Document):
            values = item.value if isinstance(item.value, list) else [item.value]
            objects += [value for value in values if isinstance(value, dict)]
    return objects


def json_text(text: str, repairs: set[Repair] | None = None) -> JsonValue:
    """The list or object that a string holds as JSON text.

    Args:
        text: the string.
        repairs: takes what had to be forgiven in it.

    Raises:
        StrictJsonError: it holds none, or more than that.
    """
    stripped = text.strip()
    try:
        value = loads_strict(stripped)
    except StrictJsonError as error:
        if error.kind not in ("not_json", "duplicate_key"):
            raise
        reader = Reader(stripped)
        value, end = reader.read(0)
        if stripped[end:].strip():
            raise StrictJsonError("not_json", "more than one JSON value") from None
        if repairs is not None:
            repairs.update(repair for _, repair in reader.repairs)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and len(value) < len(stripped):
        # Written as text twice over.
        return json_text(value, repairs)
    if not isinstance(value, list | dict):
        raise StrictJsonError("not_json", "neither a list nor an object")
    return value


def is_answer(text: str) -> bool:
    """Whether a text is an answer in JSON rather than thoughts about one: it begins with it, and ends with it.

    Some servers put the whole answer where the reasoning belongs (vllm #17349).
    """
    split: Split = split_reasoning(text)
    body = re.sub(r"\A(?:[^\[{`]{0,80}:\s*)?(?:```\w*\s*)?", "", split.answer)
    if body[:1] not in ("[", "{"):
        return False
    return bool(read_documents(split.answer).items) and len(body) - max(body.rfind("]"), body.rfind("}")) < 200


def _read_at(text: str, at: int, reader: Reader) -> Document:
    try:
        value, end = read_strict_at(text, at)
        return Document(value, at, end)
    except StrictJsonError as error:
        if error.kind not in ("not_json", "duplicate_key"):
            reader.deepest = 200 if error.kind == "too_deep" else 0
            if error.kind == "too_deep":
                raise
    value, end = reader.read(at)
    return Document(value, at, end, reader)


def _read_alone(text: str, at: int, stop: int | None, error: StrictJsonError, cut: bool) -> Document | Failure:
    """An object that cannot be read where it stands, read as far as the next one begins."""
    end = stop if stop is not None else len(text)
    chunk = text[at:end].rstrip(" \t\r\n,")
    if stop is None:
        chunk = _FENCE_END.sub("", chunk)
    unfinished = isinstance(error, UnfinishedError) and stop is None
    # What is followed by the next object was not cut: where only brackets are missing, they are implied.
    whole = stop is not None or (not cut and chunk[-1:] in ("}", "]"))
    if whole and error.kind in ("not_json",):
        reader = Reader(chunk, open_end=True)
        try:
            value, _ = reader.read(0)
            return Document(value, at, end, _Moved(reader))
        except StrictJsonError as second:
            error = second if not isinstance(second, UnfinishedError) else error
        value = _by_library(chunk)
        if value is not None:
            reader = Reader(chunk)
            reader.repairs.append((0, Repair.LIBRARY))
            return Document(value, at, end, _Moved(reader))
    return Failure(at, end, error.kind, str(error), unfinished)


class _Moved(Reader):
    """A reader of a part: its repairs count for the whole part, wherever that stood."""

    def __init__(self, reader: Reader) -> None:
        super().__init__("")
        self.repairs = [(0, repair) for _, repair in reader.repairs]

    def repairs_within(self, start: int, end: int) -> tuple[Repair, ...]:
        return tuple(sorted({repair for _, repair in self.repairs}))


def _by_library(chunk: str) -> JsonValue:
    """What `json_repair` makes of an object, if it changed only commas, colons and closing brackets; else null."""
    import json_repair

    if len(chunk) > 50_000 or chunk.count('"') % 2:
        return None
    try:
        value: object = json_repair.loads(chunk, skip_json_loads=True)
        if not isinstance(value, dict) or _tokens(json.dumps(value, ensure_ascii=False)) != _tokens(chunk):
            return None
    except (ValueError, RecursionError, IndexError, TypeError):
        return None
    return value


def _tokens(text: str) -> list[str]:
    return _TOKENS.findall(text.replace("\\n", " "))
