"""JSON as language models write it: read where it can be read in exactly one way, with the repairs named.

Types are never changed and nothing is made up: what is not there is an error, as is every text that two readers could
read differently (a number with leading zeros, one key with two values, a string without an end). `json_repair` reads
more, by guessing; it is used by `documents` as a last resort and under a guard.
"""

import json
import re

from apigen_assets.completions.characters import BRACKETS, CLOSERS, COLON, COMMAS, KEY_AHEAD, KEYWORD_AHEAD, PAIR_AHEAD
from apigen_assets.completions.repair import Repair
from apigen_assets.completions.tolerant_strings import StringReader, UnfinishedError
from apigen_assets.files.canonical import StrictJsonError
from apigen_assets.files.json_types import JsonValue

__all__ = ["Reader", "UnfinishedError"]

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])")
_LOOSE_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*(?:_\d+)*)\.?(?:\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.+-])")
_WORDS: dict[str, tuple[JsonValue, bool]] = {
    "true": (True, False),
    "false": (False, False),
    "null": (None, False),
    "True": (True, True),
    "False": (False, True),
    "None": (None, True),
    "TRUE": (True, True),
    "FALSE": (False, True),
    "NULL": (None, True),
}
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_DEPTH = 200


_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*(?=[({（])")
_COPIES = ("dict", "OrderedDict", "list", "tuple")
"""Constructors that say no more than the value they are given."""


class Reader(StringReader):
    """Reads one value after another out of one text.

    Args:
        text: the text.
        open_end: a value may be closed by the end of the text, where only brackets are missing.
        effort: characters that may be looked at in all; a text made to take long is given up.
    """

    def __init__(self, text: str, open_end: bool = False, effort: int | None = None) -> None:
        super().__init__(text, effort)
        self.open_end = open_end
        self.spans: dict[int, tuple[int, int]] = {}
        """Of every object read, by its `id`: where it stands."""
        self.deepest = 0
        self._keep: list[object] = []

    @property
    def exhausted(self) -> bool:
        """Whether the effort is used up."""
        return self._left <= 0

    def read(self, position: int) -> tuple[JsonValue, int]:
        """The value that begins at a position, and where it ends.

        Raises:
            StrictJsonError: there is none that can be read in exactly one way.
        """
        mark = len(self.repairs)
        self._stack.clear()
        self.deepest = 0
        try:
            value, end = self._value(position)
        except (StrictJsonError, RecursionError) as error:
            del self.repairs[mark:]
            if isinstance(error, RecursionError):
                raise StrictJsonError("too_deep", "nested too deeply to be read") from None
            raise
        return value, end

    def repairs_within(self, start: int, end: int) -> tuple[Repair, ...]:
        """The repairs made in a part of the text, each once, in the order of their names."""
        return tuple(sorted({repair for at, repair in self.repairs if start <= at < end}))

    def _value(self, at: int) -> tuple[JsonValue, int]:
        at = self._skip(at)
        if at >= len(self.text):
            raise UnfinishedError
        at, character = self._character(at, "[{")
        if character == "{":
            return self._object(at, at + 1)
        if character == "[":
            return self._array(at)
        if character == "(":
            return self._tuple(at)
        if character in CLOSERS:
            return self._string(at, key=False)
        return self._scalar(at)

    def _character(self, at: int, escaped: str) -> tuple[int, str]:
        """The character at a place as JSON would have it, behind a backslash where one of these follows."""
        character = self.text[at]
        if character == "\\" and self.text[at + 1 : at + 2] and self.text[at + 1] in escaped:
            self._note(at, Repair.MARKDOWN_ESCAPE)
            at += 1
            character = self.text[at]
        if character in BRACKETS:
            self._note(at, Repair.PUNCTUATION)
            return at, BRACKETS[character]
        if character in COMMAS:
            if character != ",":
                self._note(at, Repair.PUNCTUATION)
            return at, ","
        return at, character

    def _scalar(self, at: int) -> tuple[JsonValue, int]:
        number = _NUMBER.match(self.text, at)
        if number is not None:
            if number.end() == len(self.text):
                raise UnfinishedError
            return json.loads(number[0]), number.end()
        loose = _LOOSE_NUMBER.match(self.text, at)
        if loose is not None and loose[0].strip("+-"):
            digits = loose[0].replace("_", "").lstrip("+")
            try:
                value: JsonValue = int(digits)
            except ValueError:
                value = float(digits)
            self._note(at, Repair.NUMBER)
            return value, loose.end()
        word = _WORD.match(self.text, at)
        call = _CALL.match(self.text, at)
        if call is not None:
            return self._call(at, call[1], call.end())
        if word is not None and word[0] in _WORDS:
            value, python = _WORDS[word[0]]
            if python:
                self._note(at, Repair.PYTHON_LITERAL)
            return value, word.end()
        name = self.text[at : at + 9].lstrip("-+").lower()
        if name.startswith(("nan", "inf")):
            raise StrictJsonError(
                "non_finite_number", f"{self.text[at : at + 9].split(',')[0].strip()} is not a JSON number"
            )
        raise StrictJsonError("not_json", f"no JSON value at character {at}: {self.text[at : at + 20]!r}")

    def _enter(self, kind: str) -> None:
        self._stack.append(kind)
        self.deepest = max(self.deepest, len(self._stack))
        if len(self._stack) > _DEPTH:
            raise StrictJsonError("too_deep", f"nested more than {_DEPTH} levels")

    def _call(self, start: int, name: str, bracket: int) -> tuple[JsonValue, int]:
        """A call as code has it: `dict(a=1)` is the object, `Pair {"a": 1}` too, and `f(a=1)` a call with its name."""
        at, character = self._character(bracket, "")
        self._note(start, Repair.CODE)
        if character == "{":
            if not name[0].isupper():
                raise StrictJsonError("not_json", f"no JSON value at character {start}: {name[:20]!r}")
            return self._object(start, at + 1)
        inside = self._skip(at + 1)
        if name in _COPIES and not KEYWORD_AHEAD.match(self.text, inside) and self.text[inside : inside + 1] != ")":
            value, end = self._tuple(at)
            if name in ("dict", "OrderedDict") and isinstance(value, list):
                value = self._of_items(start, value)
                self.spans[id(value)] = (start, end)
            return value, end
        if name not in _COPIES and self._stack and self._stack[-1] in ("{", "call"):
            # `"day": today()`: what that gives would have to be computed.
            raise StrictJsonError("not_json", f"a call instead of a value at character {start}: {name[:20]!r}")
        arguments, end = self._object(start, at + 1, "call")
        if name in ("dict", "OrderedDict"):
            return arguments, end
        made: JsonValue = {"name": name, "arguments": arguments}
        self._keep.append(made)
        self.spans[id(made)] = (start, end)
        return made, end

    def _of_items(self, start: int, items: list[JsonValue]) -> JsonValue:
        """The object of `dict([("a", 1), ...])`."""
        made: dict[str, JsonValue] = {}
        for item in items:
            if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], str) or item[0] in made:
                raise StrictJsonError("not_json", f"no key with its value at character {start}")
            made[item[0]] = item[1]
        self._keep.append(made)
        return made

    def _object(self, start: int, at: int, kind: str = "{") -> tuple[JsonValue, int]:
        """An object in braces, or the keywords of a call.

        Args:
            start: where it begins.
            at: behind its bracket.
            kind: `{`, or `call`.
        """
        self._enter(kind)
        text = self.text
        closer, ahead = ("}", KEY_AHEAD) if kind == "{" else (")", KEYWORD_AHEAD)
        out: dict[str, JsonValue] = {}
        comma = True
        while True:
            at = self._skip(at)
            if at >= len(text):
                if self.open_end and out and not comma and kind == "{":
                    self._note(start, Repair.MISSING_BRACKET)
                    break
                raise UnfinishedError
            at, character = self._character(at, "}]")
            if character == closer:
                if comma and out:
                    self._note(at, Repair.TRAILING_COMMA)
                at += 1
                break
            if character == ",":
                if comma:
                    self._note(at, Repair.TRAILING_COMMA)
                comma = True
                at += 1
                continue
            if character == "]" and "[" in self._stack[:-1] and out and kind == "{":
                # The list around it closes first: this object's own bracket is missing.
                self._note(start, Repair.MISSING_BRACKET)
                break
            if not comma:
                if kind != "{" or not ahead.match(text, at):
                    raise StrictJsonError("not_json", f"no comma or bracket at character {at}: {text[at : at + 20]!r}")
                self._note(at, Repair.MISSING_COMMA)
            key_at = at
            key, at = self._key(at)
            at = self._skip(at)
            colon = COLON.match(text, at)
            if colon is None:
                if at >= len(text):
                    raise UnfinishedError
                raise StrictJsonError("not_json", f"no colon after the key {key[:40]!r} at character {at}")
            if colon[0] != ":" and kind == "{":
                self._note(at, Repair.PUNCTUATION)
            value, at = self._value(colon.end())
            if key in out:
                if out[key] != value or type(out[key]) is not type(value):
                    raise StrictJsonError("duplicate_key", f"the key {key[:80]!r} appears twice in one object")
                self._note(key_at, Repair.REPEATED_KEY)
            out[key] = value
            comma = False
        self._stack.pop()
        self._keep.append(out)
        self.spans[id(out)] = (start, at)
        return out, at

    def _key(self, at: int) -> tuple[str, int]:
        bold = self.text.startswith("**", at)
        if bold:
            self._note(at, Repair.MARKDOWN_ESCAPE)
            at += 2
        if self.text[at : at + 1] in CLOSERS:
            key, at = self._string(at, key=True)
        else:
            word = _WORD.match(self.text, at)
            if word is None:
                raise StrictJsonError("not_json", f"no key at character {at}: {self.text[at : at + 20]!r}")
            if self._stack[-1] != "call":
                self._note(at, Repair.UNQUOTED_KEY)
            key, at = word[0], word.end()
        return key, at + 2 if bold and self.text.startswith("**", at) else at

    def _tuple(self, start: int) -> tuple[JsonValue, int]:
        """What stands in round brackets: one value, or a list."""
        self._enter("(")
        self._note(start, Repair.CODE)
        out: list[JsonValue] = []
        commas = 0
        at = start + 1
        while True:
            at = self._skip(at)
            if at >= len(self.text):
                raise UnfinishedError
            at, character = self._character(at, "")
            if character == ")":
                break
            if character == "," and commas == len(out) - 1:
                commas += 1
                at += 1
                continue
            if commas < len(out):
                raise StrictJsonError("not_json", f"no comma or bracket at character {at}: {self.text[at : at + 20]!r}")
            value, at = self._value(at)
            out.append(value)
        self._stack.pop()
        return (out[0] if len(out) == 1 and not commas else out), at + 1

    def _array(self, start: int) -> tuple[JsonValue, int]:
        self._enter("[")
        text = self.text
        out: list[JsonValue] = []
        at = start + 1
        comma = True
        while True:
            at = self._skip(at)
            if at >= len(text):
                if self.open_end and out and not comma:
                    self._note(start, Repair.MISSING_BRACKET)
                    break
                raise UnfinishedError
            at, character = self._character(at, "]}")
            if character == "]":
                if comma and out:
                    self._note(at, Repair.TRAILING_COMMA)
                at += 1
                break
            if character == ",":
                if comma:
                    self._note(at, Repair.TRAILING_COMMA)
                comma = True
                at += 1
                continue
            if character == "}":
                if self._closes_parent(at):
                    self._note(start, Repair.MISSING_BRACKET)
                    break
                self._note(at, Repair.EXTRA_BRACKET)
                at += 1
                continue
            if text.startswith(("...", "…"), at):
                if not out or not all(isinstance(item, dict) and "query" in item for item in out):
                    raise StrictJsonError("not_json", f"an ellipsis stands for values at character {at}")
                self._note(at, Repair.ELLIPSIS)
                at += 3 if text[at] == "." else 1
                comma = False
                continue
            if not comma:
                if character not in "{[" or not isinstance(out[-1], dict | list):
                    raise StrictJsonError("not_json", f"no comma or bracket at character {at}: {text[at : at + 20]!r}")
                self._note(at, Repair.MISSING_COMMA)
            value, at = self._value(at)
            out.append(value)
            comma = False
        self._stack.pop()
        return out, at

    def _closes_parent(self, at: int) -> bool:
        """Whether a `}` met in a list closes the object around it, so that the list's own bracket is missing."""
        if len(self._stack) < 2 or self._stack[-2] != "{":
            return False
        after = self._skip_blank(at + 1)
        following = self.text[after : after + 1]
        if following == "]":
            beyond = self._skip_blank(after + 1)
            return self.text[beyond : beyond + 1] != "}"
        return following == "" or (following == "," and PAIR_AHEAD.match(self.text, after) is not None)
