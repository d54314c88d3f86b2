"""YAML read as JSON would be: no dates, no `NO` that becomes false, no foreign tags, no bombs, keys as text.

Values are built from the parser's events: libyaml does the reading, and neither nodes nor their tags are made in
Python, which costs a third of what `yaml.load` takes.
"""

import math
import re
import sys
from typing import Any

import yaml

from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.files.json_types import JsonValue

MAX_NODES = 3_000_000
"""Values in one document after its aliases are followed: a "billion laughs" file stops here."""
MAX_LEVELS = 400
_MAX_REPORTED = 5

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,400}")
_TABBED_LINE = re.compile(r"^[ ]*\t[ \t]*(?:#.*)?$", re.MULTILINE)
"""A line that says nothing and holds a tab, which YAML 1.2 allows and libyaml does not."""
_PREFIX = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", *(_PREFIX + kind for kind in ("str", "timestamp", "binary"))}
_PLAIN_TAGS = {_PREFIX + kind for kind in ("int", "float", "bool", "null", "map", "seq", "omap", "set")}


def parse_yaml(text: str, name: str, warnings: list[str] | None = None) -> JsonValue:
    """The value of a YAML document, with keys as text.

    Args:
        text: of the document.
        name: of the document, for messages.
        warnings: takes a sentence where a key stands twice in one mapping; the last one counts.

    Raises:
        SourceError: `not_yaml`, `too_deep` or `too_large`.
    """
    try:
        return _parsed(text, name, warnings)
    except SourceError as error:
        untabbed = _TABBED_LINE.sub("", text) if error.reason == "not_yaml" else text
        if untabbed == text:
            raise
    return _parsed(untabbed, name, warnings)


def _parsed(text: str, name: str, warnings: list[str] | None) -> JsonValue:
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except RecursionError:
        raise SourceError("too_deep", f"{name} is nested too deeply to be read") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError("not_yaml", f"{name}: {' '.join(str(error).split())[:300]}") from None
    if builder.aliases:
        _count(builder.root, name)
    if warnings is not None:
        warnings += builder.repeated()
    return builder.root


class WrittenNumber(float):
    """A number with the text that stood in the document: `1.10` is a version where a text is wanted."""

    text: str

    def __new__(cls, number: float, text: str) -> "WrittenNumber":
        """The number, remembering its text."""
        value = super().__new__(cls, number)
        value.text = text
        return value

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """Copied as a plain number."""
        return float, (float(self),)


class _Builder:
    """Values from events, without recursion."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.root: JsonValue = None
        self.aliases = 0
        self._documents = 0
        self._nodes = 0
        self._anchors: dict[str, JsonValue] = {}
        self._stack: list[dict[str, JsonValue] | list[JsonValue]] = []
        self._keys: list[str | None] = []
        """The key whose value comes next, for each open mapping; null where a key comes next."""
        self._merges: list[list[JsonValue]] = []
        self._twice: list[tuple[str, int]] = []

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._check_tag(event.tag)
            value: JsonValue = {} if kind is yaml.MappingStartEvent else []
            if event.anchor:
                self._anchors[event.anchor] = value
            self._put(value, event)
            self._stack.append(value)
            self._keys.append(None)
            self._merges.append([])
            if len(self._stack) > MAX_LEVELS:
                raise SourceError("too_deep", f"{self._name} is nested more than {MAX_LEVELS} levels deep")
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value = self._stack.pop()
            self._keys.pop()
            merges = self._merges.pop()
            if merges and isinstance(value, dict):
                self._merge(value, merges)
        elif kind is yaml.AliasEvent:
            self.aliases += 1
            if event.anchor not in self._anchors:
                raise SourceError("not_yaml", f"{self._name}: the alias *{event.anchor} has no anchor")
            self._put(self._anchors[event.anchor], event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                raise SourceError("not_yaml", f"{self._name} holds several documents; give each a file of its own")

    def repeated(self) -> list[str]:
        """A sentence about keys that stand twice in one mapping."""
        if not self._twice:
            return []
        shown = ", ".join(f"{key!r} (line {line})" for key, line in self._twice[:_MAX_REPORTED])
        more = f" and {len(self._twice) - _MAX_REPORTED} more" if len(self._twice) > _MAX_REPORTED else ""
        return [f"{self._name}: keys that stand twice in one object, of which the last counts: {shown}{more}"]

    def _scalar(self, event: Any) -> None:
        if self._stack and isinstance(self._stack[-1], dict) and self._keys[-1] is None:
            if event.value == "<<" and event.implicit[0]:
                self._keys[-1] = "<<"
                return
            key = sys.intern(event.value)
            if key in self._stack[-1]:
                self._twice.append((key[:60], event.start_mark.line + 1))
            self._keys[-1] = key
            self._nodes += 1
            return
        text: str = event.value
        tag = event.tag
        if tag is None:
            value = _plain(text) if event.implicit[0] else text
        elif tag in _TEXT_TAGS:
            value = text
        else:
            self._check_tag(tag)
            value = _plain(text)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _put(self, value: JsonValue, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise SourceError("too_large", f"{self._name} has more than {MAX_NODES} values")
        if not self._stack:
            self.root = value
            return
        top = self._stack[-1]
        if isinstance(top, list):
            top.append(value)
            return
        key = self._keys[-1]
        if key is None:
            line = event.start_mark.line + 1
            raise SourceError("not_yaml", f"{self._name}: line {line}: a key is a list or an object, not text")
        self._keys[-1] = None
        if key == "<<" and isinstance(value, dict | list) and "<<" not in top:
            self._merges[-1].append(value)
        else:
            top[key] = value

    def _merge(self, value: dict[str, JsonValue], merges: list[JsonValue]) -> None:
        for merge in merges:
            for source in merge if isinstance(merge, list) else [merge]:
                if isinstance(source, dict):
                    for key, item in source.items():
                        value.setdefault(key, item)

    def _check_tag(self, tag: str | None) -> None:
        if tag is not None and tag not in _PLAIN_TAGS and tag not in _TEXT_TAGS:
            raise SourceError("not_yaml", f"{self._name}: the tag {tag[:60]} has no meaning in JSON")


def _plain(text: str) -> JsonValue:
    """The value of text without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789" and _NUMBER.fullmatch(text):
        if _WHOLE.fullmatch(text):
            return int(text)
        number = float(text)
        if not math.isfinite(number):
            return text
        return number if repr(number) == text else WrittenNumber(number, text)
    return text


def _count(value: object, name: str) -> None:
    nodes, stack = 0, [value]
    while stack:
        node = stack.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise SourceError("too_large", f"{name} has more than {MAX_NODES} values when its aliases are followed")
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
