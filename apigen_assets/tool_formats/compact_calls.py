"""The compact form of calls: `name(argument=value,...)`, several joined by `;`.

Values are JSON, and plain words need no quotes: for models of a few million parameters, for which every token costs.
"""

import json
import math
import re
from collections.abc import Sequence

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue

NO_CALL = "[]"
"""What is written where no call is to be made."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}(?=\()")
_ARGUMENT = re.compile(r"[^\s=(),;\"\[\]{}]+(?==)")
_BARE = re.compile(r"[^\W\d_](?:[^\s,;()\[\]{}\"\\]| (?=[^\s,;()\[\]{}\"\\]))*")
"""A text that is written without quotes: it begins with a letter and holds nothing that ends a value."""
_DECODER = json.JSONDecoder()
_LITERALS = {"true": True, "false": False, "null": None}
_NOT_NUMBERS = frozenset({"NaN", "Infinity"})
"""Words that Python's reader of JSON takes for numbers: as texts they keep their quotes."""


def compact_calls(calls: Sequence[JsonMapping], query: str = "") -> str:
    """The calls in the compact form.

    Args:
        calls: `{name, arguments}` each.
        query: what they answer: a text is spelled as the query has it, so that its tokens can be copied.

    Raises:
        ValueError: a value is not JSON (NaN, infinity).
    """
    return ";".join(_compact_call(call, query) for call in calls) or NO_CALL


def parse_compact_calls(text: str) -> list[JsonObject] | None:
    """The calls, `{name, arguments}` each, of a text in the compact form; null where it is in another."""
    calls: list[JsonObject] = []
    position = 0
    try:
        while True:
            name = _NAME.match(text, position)
            if name is None:
                return None
            arguments, position = _read_arguments(text, name.end() + 1)
            calls.append({"name": name.group(), "arguments": arguments})
            if position == len(text):
                return calls
            position = _expect(text, ";", position)
    except (ValueError, RecursionError):
        return None


def _read_arguments(text: str, position: int) -> tuple[JsonObject, int]:
    out: JsonObject = {}
    while not text.startswith(")", position):
        if out:
            position = _expect(text, ",", position)
        argument = _ARGUMENT.match(text, position)
        if argument is None or argument.group() in out:
            raise ValueError("no new argument")
        out[argument.group()], position = _read_value(text, argument.end() + 1)
    return out, position + 1


def _read_value(text: str, position: int) -> tuple[JsonValue, int]:
    """The value that begins at `position`, and where it ends; nested lists and objects recurse.

    Raises:
        ValueError: no value begins there.
    """
    position += text.startswith(" ", position)
    first = text[position : position + 1]
    if first == "[":
        items: list[JsonValue] = []
        position += 1
        while not text.startswith("]", position):
            if items:
                position = _expect(text, ",", position)
            item, position = _read_value(text, position)
            items.append(item)
        return items, position + 1
    if first == "{":
        fields: JsonObject = {}
        position += 1
        while not text.startswith("}", position):
            if fields:
                position = _expect(text, ",", position)
            key, position = _DECODER.raw_decode(text, position)
            if not isinstance(key, str) or key in fields:
                raise ValueError("no new key")
            fields[key], position = _read_value(text, _expect(text, ":", position))
        return fields, position + 1
    bare = _BARE.match(text, position)
    if bare is not None and bare.group() not in _NOT_NUMBERS:
        word = bare.group()
        return _LITERALS.get(word, word), bare.end()
    value, end = _DECODER.raw_decode(text, position)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no JSON number")
    return value, end


def _expect(text: str, mark: str, position: int) -> int:
    if not text.startswith(mark, position):
        raise ValueError(f"no {mark}")
    return position + len(mark)


def _compact_call(call: JsonMapping, query: str) -> str:
    listed = ",".join(f"{name}={_compact_value(value, query)}" for name, value in call["arguments"].items())
    return f"{call['name']}({listed})"


def _compact_value(value: object, query: str) -> str:
    if isinstance(value, str) and value not in _LITERALS and value not in _NOT_NUMBERS and _BARE.fullmatch(value):
        # Tokenizers spell a word otherwise behind a space than inside quotes: as the query has it, it can be copied
        return _dumps(value) if f" {value}" not in query and value in query else f" {value}"
    if isinstance(value, list):
        return f"[{','.join(_compact_value(item, query) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_dumps(str(key))}:{_compact_value(item, query)}" for key, item in value.items()) + "}"
    return _dumps(value)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
