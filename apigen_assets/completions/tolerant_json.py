"""JSON as language models write it: read where it can be read in exactly one way, with the repairs named.

Types are never changed and nothing is made up: what is not there is an error, as is every text that two readers could
read differently (a number with leading zeros, one key with two values, a string without an end). `json_repair` reads
more, by guessing; it is used by `documents` as a last resort and under a guard.
"""

import json
import re

from apigen_assets.completions.repair import Repair
from apigen_assets.files.canonical import StrictJsonError
from apigen_assets.files.json_types import JsonValue

_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u200b\u200c\u200d\u2028\u2029\ufeff]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_PLAIN_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
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
_KEY_AHEAD = re.compile(r"""\s*(?:["'“”„‘’][^"'“”„‘’\n]{0,200}["'“”„‘’]|[A-Za-z_$][\w$]*)\s*:""")
_VALUE_AHEAD = re.compile(r"""\s*(?:["'“„‘\[{\d+.-]|true|false|null|True|False|None)""")
_PAIR_AHEAD = re.compile(r"""\s*,?\s*\{\s*["'“]?(?:query|question|answers|thought)\b""", re.IGNORECASE)
_CLOSERS = {'"': '"', "'": "'", "“": '”"“', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'"}
_STRUCTURE = re.compile(r"""["'”]\s*:|["'”]\s*,?\s*[\[{]|[\]}]\s*,?\s*["'“]|["'”]\s*,\s*["'“]""")
_UNICODE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MARKDOWN = "_*#~>&!`"
_DEPTH = 200


class UnfinishedError(StrictJsonError):
    """The text ends before the value does."""

    def __init__(self) -> None:
        super().__init__("not_json", "the text ends before the JSON does")


class Reader:
    """Reads one value after another out of one text.

    Args:
        text: the text.
        open_end: a value may be closed by the end of the text, where only brackets are missing.
        effort: characters that may be looked at in all; a text made to take long is given up.
    """

    def __init__(self, text: str, open_end: bool = False, effort: int | None = None) -> None:
        self.text = text
        self.open_end = open_end
        self.repairs: list[tuple[int, Repair]] = []
        """Where, and what."""
        self.spans: dict[int, tuple[int, int]] = {}
        """Of every object read, by its `id`: where it stands."""
        self.deepest = 0
        self._keep: list[object] = []
        self._left = effort if effort is not None else 60 * len(text) + 100_000
        self._stack: list[str] = []

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

    def _note(self, at: int, repair: Repair) -> None:
        self.repairs.append((at, repair))

    def _skip(self, at: int) -> int:
        while True:
            at = _SPACE.match(self.text, at).end()  # type: ignore[union-attr]
            comment = _COMMENT.match(self.text, at) if self.text[at : at + 1] in ("/", "#") else None
            if comment is None:
                return at
            self._note(at, Repair.COMMENT)
            at = comment.end()

    def _value(self, at: int) -> tuple[JsonValue, int]:
        at = self._skip(at)
        text = self.text
        if at >= len(text):
            raise UnfinishedError
        character = text[at]
        if character == "\\" and text[at + 1 : at + 2] in ("[", "{"):
            self._note(at, Repair.MARKDOWN_ESCAPE)
            at += 1
            character = text[at]
        if character == "{":
            return self._object(at)
        if character == "[":
            return self._array(at)
        if character in _CLOSERS:
            return self._string(at, key=False)
        return self._scalar(at)

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

    def _object(self, start: int) -> tuple[JsonValue, int]:
        self._enter("{")
        text = self.text
        out: dict[str, JsonValue] = {}
        at = start + 1
        comma = True
        while True:
            at = self._skip(at)
            if at >= len(text):
                if self.open_end and out and not comma:
                    self._note(start, Repair.MISSING_BRACKET)
                    break
                raise UnfinishedError
            character = text[at]
            if character == "\\" and text[at + 1 : at + 2] in ("}", "]"):
                self._note(at, Repair.MARKDOWN_ESCAPE)
                at += 1
                character = text[at]
            if character == "}":
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
            if character == "]" and "[" in self._stack[:-1] and out:
                # The list around it closes first: this object's own bracket is missing.
                self._note(start, Repair.MISSING_BRACKET)
                break
            if not comma:
                if not _KEY_AHEAD.match(text, at):
                    raise StrictJsonError("not_json", f"no comma or bracket at character {at}: {text[at : at + 20]!r}")
                self._note(at, Repair.MISSING_COMMA)
            key_at = at
            key, at = self._key(at)
            at = self._skip(at)
            if text[at : at + 1] != ":":
                if at >= len(text):
                    raise UnfinishedError
                raise StrictJsonError("not_json", f"no colon after the key {key[:40]!r} at character {at}")
            value, at = self._value(at + 1)
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
        if self.text[at] in _CLOSERS:
            return self._string(at, key=True)
        word = _WORD.match(self.text, at)
        if word is None:
            raise StrictJsonError("not_json", f"no key at character {at}: {self.text[at : at + 20]!r}")
        self._note(at, Repair.UNQUOTED_KEY)
        return word[0], word.end()

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
            character = text[at]
            if character == "\\" and text[at + 1 : at + 2] in ("]", "}"):
                self._note(at, Repair.MARKDOWN_ESCAPE)
                at += 1
                character = text[at]
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
        return following == "" or (following == "," and _PAIR_AHEAD.match(self.text, after) is not None)

    def _skip_blank(self, at: int) -> int:
        return _SPACE.match(self.text, at).end()  # type: ignore[union-attr]

    def _string(self, start: int, key: bool) -> tuple[str, int]:
        text = self.text
        plain = _PLAIN_STRING.match(text, start)
        self._left -= (plain.end() - start) if plain else 0
        if self._left <= 0:
            raise StrictJsonError("not_json", "reading it takes too long")
        if plain is not None and self._ends(plain.end(), key):
            inner = plain[1]
            return (json.loads(plain[0]) if "\\" in inner else inner), plain.end()
        closers = _CLOSERS[text[start]] + ("”" if key else "")
        if text[start] != '"':
            self._note(start, Repair.QUOTES)
        parts: list[str] = []
        unescaped = False
        at = start + 1
        while True:
            if at >= len(text):
                raise UnfinishedError
            character = text[at]
            self._left -= 1
            if character == "\\":
                piece, at = self._escape(at)
                parts.append(piece)
                continue
            if character in closers:
                if self._ends(at + 1, key):
                    said = "".join(parts)
                    if unescaped and _STRUCTURE.search(said):
                        # What reads like keys and brackets within a string is not a string.
                        raise StrictJsonError("not_json", f"a string has no end at character {start}")
                    return said, at + 1
                if character == text[start] and character == '"':
                    unescaped = True
                    self._note(at, Repair.UNESCAPED_QUOTE)
                parts.append(character)
            else:
                if character < " ":
                    self._note(at, Repair.CONTROL_CHARACTER)
                parts.append(character)
            at += 1
            if self._left <= 0:
                raise StrictJsonError("not_json", "reading it takes too long")

    def _escape(self, at: int) -> tuple[str, int]:
        """The characters that an escape stands for, and where it ends."""
        text = self.text
        following = text[at + 1 : at + 2]
        if not following:
            raise UnfinishedError
        if following in _ESCAPES:
            return _ESCAPES[following], at + 2
        if following == "u":
            match = _UNICODE.match(text, at)
            if match is None:
                self._note(at, Repair.INVALID_ESCAPE)
                return "\\", at + 1
            return json.loads(f'"{match[0]}"'), match.end()
        if following in "'‘’“”":
            self._note(at, Repair.INVALID_ESCAPE)
            return following, at + 2
        if following in _MARKDOWN:
            self._note(at, Repair.MARKDOWN_ESCAPE)
            return following, at + 2
        if following == "\n":
            self._note(at, Repair.CONTROL_CHARACTER)
            return "", at + 2
        # `\d`, `\.`: a backslash that was meant, as in a pattern or a path.
        self._note(at, Repair.INVALID_ESCAPE)
        return "\\", at + 1

    def _ends(self, at: int, key: bool) -> bool:
        """Whether a string may end before `at`, by what follows."""
        text = self.text
        after = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        following = text[after : after + 1]
        if key:
            return following == ":"
        if following in ("]", "}"):
            return True
        if following == "":
            return True
        inside = self._stack[-1] if self._stack else ""
        if following == ",":
            if inside == "{":
                rest = _SPACE.match(text, after + 1).end()  # type: ignore[union-attr]
                return text[rest : rest + 1] in ("}", ",", "", "/", "#") or _KEY_AHEAD.match(text, rest) is not None
            return _VALUE_AHEAD.match(text, after + 1) is not None or text[self._skip_blank(after + 1) :][:1] in (
                "]",
                "",
            )
        if following in ("/", "#"):
            return _COMMENT.match(text, after) is not None
        if following == "\\":
            return text[after + 1 : after + 2] in ("]", "}")
        # A comma may be missing before the next key.
        return inside == "{" and "\n" in text[at:after] and _KEY_AHEAD.match(text, after) is not None
