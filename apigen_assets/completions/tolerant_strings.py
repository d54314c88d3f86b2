"""Texts in quotes as language models write them: raw line breaks, quotes not escaped, odd escapes, joined parts."""

import json
import re

from apigen_assets.completions.characters import (
    BRACKETS,
    CLOSERS,
    COLON,
    COMMAS,
    JOINED,
    KEY_AHEAD,
    KEYWORD_AHEAD,
    SPACE,
    VALUE_AHEAD,
)
from apigen_assets.completions.repair import Repair
from apigen_assets.files.canonical import StrictJsonError

_PLAIN_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_STRUCTURE = re.compile(r"""["'”]\s*[:：]|["'”]\s*,?\s*[\[{]|[\]}]\s*,?\s*["'“]|["'”]\s*[,，;]\s*["'“]""")
_UNICODE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MARKDOWN = "_*#~>&!`"


class UnfinishedError(StrictJsonError):
    """The text ends before the value does."""

    def __init__(self) -> None:
        super().__init__("not_json", "the text ends before the JSON does")


class StringReader:
    """What a reader of values needs of texts in quotes.

    Args:
        text: the text.
        effort: characters that may be looked at in all; a text made to take long is given up.
    """

    def __init__(self, text: str, effort: int | None = None) -> None:
        self.text = text
        self.repairs: list[tuple[int, Repair]] = []
        """Where, and what."""
        self._left = effort if effort is not None else 60 * len(text) + 100_000
        self._stack: list[str] = []
        """The brackets around the place that is read: `{`, `[` or `(`."""

    def _note(self, at: int, repair: Repair) -> None:
        self.repairs.append((at, repair))

    def _skip(self, at: int) -> int:
        while True:
            blank = SPACE.match(self.text, at)
            if blank is not None and blank.end() > at:
                if "<" in blank[0] or "&" in blank[0]:
                    self._note(at, Repair.HTML_ENTITIES)
                at = blank.end()
            comment = _COMMENT.match(self.text, at) if self.text[at : at + 1] in ("/", "#") else None
            if comment is None:
                return at
            self._note(at, Repair.COMMENT)
            at = comment.end()

    def _skip_blank(self, at: int) -> int:
        return SPACE.match(self.text, at).end()  # type: ignore[union-attr]

    def _string(self, start: int, key: bool) -> tuple[str, int]:
        text = self.text
        plain = _PLAIN_STRING.match(text, start)
        self._left -= (plain.end() - start) if plain else 0
        if self._left <= 0:
            raise StrictJsonError("not_json", "reading it takes too long")
        if plain is not None and self._ends(plain.end(), key):
            inner = plain[1]
            return (json.loads(plain[0]) if "\\" in inner else inner), plain.end()
        closers = CLOSERS[text[start]] + ("”" if key else "")
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
                following = self._continues(at)
                if following is not None:
                    self._note(start, Repair.CONCATENATED)
                    at = following
                    continue
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

    def _continues(self, at: int) -> int | None:
        """Where a text goes on that code joins to the one ending here; null where the quote is part of the text.

        Raises:
            StrictJsonError: one text, or two, or a quote within it: that can be read in more than one way.
        """
        joined = JOINED.match(self.text, at)
        inside = self._stack[-1] if self._stack else ""
        if joined is not None and (inside != "[" or "+" in joined[0]):
            return joined.end() + 1
        apart = re.compile(r"""(["'])\s*\1""").match(self.text, at) if inside == "(" else None
        if apart is not None:
            return apart.end()
        if joined is not None or self.text[at : at + 3] in ('"+"', "'+'"):
            raise StrictJsonError("ambiguous", f"one text or two at character {at}: {self.text[at : at + 20]!r}")
        return None

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
        after = self._skip_blank(at)
        following = BRACKETS.get(text[after : after + 1], text[after : after + 1])
        if key:
            return COLON.match(text, after + 2 if text.startswith("**", after) else after) is not None
        if following in ("]", "}", ""):
            return True
        inside = self._stack[-1] if self._stack else ""
        if following == ")":
            return inside in ("(", "call")
        ahead = KEYWORD_AHEAD if inside == "call" else KEY_AHEAD
        if following in COMMAS:
            rest = self._skip_blank(after + 1)
            if text[rest : rest + 1] in ("]", "}", ")", ""):
                return True
            if inside in ("{", "call"):
                return text[rest : rest + 1] in (",", "/", "#") or ahead.match(text, rest) is not None
            return VALUE_AHEAD.match(text, after + 1) is not None
        if following in ("/", "#"):
            return _COMMENT.match(text, after) is not None
        if following == "\\":
            return text[after + 1 : after + 2] in ("]", "}")
        # A comma may be missing before the next key.
        return inside == "{" and "\n" in text[at:after] and ahead.match(text, after) is not None
