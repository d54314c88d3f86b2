"""FunctionGemma's calls: `<start_function_call>call:f{key:<escape>text<escape>,other:1}<end_function_call>`."""

import re

from .json_types import JsonObject, JsonValue

_CALL = re.compile(r"<start_function_call>(.*?)<end_function_call>", re.DOTALL)
_ESCAPE = "<escape>"


def function_gemma(answer: JsonValue) -> JsonValue:
    """The calls; a block that does not begin with `call:` is left out, as that handler does."""
    calls = []
    for block in _CALL.findall(answer):
        text = block.strip()
        if not text.startswith("call:"):
            continue
        name, brace, rest = text.removeprefix("call:").partition("{")
        calls.append({name.strip(): _Arguments().read(brace + rest) if brace else {}})
    return calls


class _Arguments:
    """Reads one argument block, as leniently as the leaderboard's own state machine does."""

    def __init__(self) -> None:
        self._root: list[JsonValue] = []
        self._stack: list[JsonValue] = [self._root]
        self._keys: list[str | None] = []
        self._pending: JsonValue = None
        self._buffer: list[str] = []

    def read(self, text: str) -> JsonObject:
        place = 0
        while place < len(text):
            if text.startswith(_ESCAPE, place):
                start = place + len(_ESCAPE)
                end = text.find(_ESCAPE, start)
                value, place = (text[place:], len(text)) if end < 0 else (text[start:end], end + len(_ESCAPE))
                self._commit()
                self._add(value)
                continue
            character = text[place]
            if character in "{[:]},":
                self._structure(character)
            else:
                self._buffer.append(character)
            place += 1
        self._commit()
        return self._root[0] if self._root and isinstance(self._root[0], dict) else {}

    def _structure(self, character: str) -> None:
        self._commit()
        if character == "{":
            opened: JsonObject = {}
            self._add(opened)
            self._stack.append(opened)
            self._keys.append(None)
        elif character == "[":
            items: list[JsonValue] = []
            self._add(items)
            self._stack.append(items)
        elif character in "}]":
            if len(self._stack) > 1:
                self._stack.pop()
                if character == "}" and self._keys:
                    self._keys.pop()
        elif character == ":" and self._pending is not None and isinstance(self._stack[-1], dict) and self._keys:
            self._keys[-1] = str(self._pending)
        self._pending = None

    def _commit(self) -> None:
        raw = "".join(self._buffer).strip()
        self._buffer.clear()
        if raw:
            self._add(_primitive(raw))

    def _add(self, value: JsonValue) -> None:
        container = self._stack[-1]
        if isinstance(container, list):
            container.append(value)
        elif self._keys and self._keys[-1] is not None:
            container[self._keys[-1]] = value
            self._keys[-1] = None
        else:
            self._pending = value


def _primitive(text: str) -> JsonValue:
    fixed = {"null": None, "true": True, "false": False}
    if text in fixed:
        return fixed[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
