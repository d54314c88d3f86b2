"""What a query mentions, read once per row, with a note of what an argument has used."""

import re
from bisect import bisect_left
from functools import cached_property
from itertools import pairwise

from apigen_assets.verification.grounding.english import HUMP, Word, content_stems, fold, same_word, stems_of, words_in
from apigen_assets.verification.grounding.language import is_english
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.number_words import ORDINALS
from apigen_assets.verification.grounding.numbers import numbers_in
from apigen_assets.verification.grounding.times import Moment, moments_in

Span = tuple[int, int]

_QUOTED = re.compile(
    r"(?<!\w)'([^'\n]{1,2000}?)'(?!\w)|\"([^\"\n]{1,4000}?)\"|`([^`\n]{1,2000}?)`|\[\[(.+?)\]\]"
    r"|[「『]([^」』\n]{1,2000}?)[」』]",
    re.DOTALL,
)
_CODE = re.compile(
    r"(?<![^\s\"'(\[{,;:=])[^\s\"'()\[\]{},;]*(?:[@_/\\#]|\d[^\s\"'()\[\]{},;]*[a-z]|[a-z][^\s\"'()\[\]{},;]*\d|"
    r"\w\.\w)[^\s\"'()\[\]{},;]*"
)
_QUANTITY = re.compile(r"\d+(?:\.\d+)?-[a-z]{3,}(?:-[a-z]{3,})?")
"""`40-litre`, `30-minute`: a number with its unit, not a code."""
_DIGIT_CODE = re.compile(r"(?<![\w.])\d+(?:[-.:/]\d+){2,}(?!\w)|(?<![\w.])\d{3,4}(?: \d{3,4}){2,}(?!\w)")
_ESCAPED = re.compile(r"(?<!\\)\\[nrt]")
"""A line break or tab that somebody escaped once too often."""
_NAME = re.compile(r"[A-Z][\w'&.-]*(?:\s+(?:of|de|the|and|&)?\s?[A-Z][\w'&.-]*)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[\"'(]\s*|\n\s*|[-*]\s+)$")


class Query:
    """A query with its numbers, moments, quoted texts, names and codes; spans are of the folded text."""

    def __init__(self, query: str, names: frozenset[str] = frozenset(), language: str | None = None) -> None:
        """Read a query.

        Args:
            query: the query.
            names: folded words of its tools' names, which belong to no language.
            language: ISO 639-1 code of its language; null: it is detected.
        """
        query = _ESCAPED.sub("  ", query) if "\\" in query else query
        self.raw = query
        if language is not None:
            self.english = language == "en"
        else:
            self.english = is_english(query, names)
        self.text = fold(query)
        self.used: list[Span] = []
        self.blamed: list[Span] = []
        """Numbers that an argument was found to stand wrongly for; none of them is left over any more."""
        self.beside: dict[Span, frozenset[str]] = {}
        """Stems of the words around a span, once they were asked for."""

    @cached_property
    def words(self) -> list[Word]:
        """The words in order."""
        return words_in(self.text)

    @cached_property
    def word_starts(self) -> list[int]:
        """Where the words begin."""
        return [word.start for word in self.words]

    @cached_property
    def counted_words(self) -> list[tuple[Word, Word]]:
        """The ordinals in words, each with the word that follows it."""
        return [(word, follower) for word, follower in pairwise(self.words) if word.text in ORDINALS]

    @cached_property
    def numbers(self) -> list[Number]:
        """The numbers in order."""
        return numbers_in(self.text, self.english, self.raw, self.words)

    @cached_property
    def numbers_at(self) -> dict[Span, list[Number]]:
        """The numbers by where they stand."""
        out: dict[Span, list[Number]] = {}
        for number in self.numbers:
            out.setdefault((number.start, number.end), []).append(number)
        return out

    @cached_property
    def moments(self) -> list[Moment]:
        """The dates and times in order."""
        return moments_in(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the words that say something."""
        if HUMP.search(self.raw):
            return content_stems.__wrapped__(self.raw)  # no query comes twice
        return stems_of(self.words)

    @cached_property
    def quoted(self) -> list[Span]:
        """Insides of quotation marks."""
        out: list[Span] = []
        for match in _QUOTED.finditer(self.text):
            group = next(i for i in range(1, 6) if match[i] is not None)
            out.append(match.span(group))
        return out

    @cached_property
    def codes(self) -> list[Span]:
        """Tokens that no sentence needs: with digits and letters, an underscore, a dot or an @ inside."""
        return [
            match.span()
            for match in [*_CODE.finditer(self.text), *_DIGIT_CODE.finditer(self.text)]
            if not any(
                number.start <= match.start() and match.end() <= number.end + 2
                for number in self.numbers
                if not number.weak
            )
            and not _QUANTITY.fullmatch(match.group())
        ]

    @cached_property
    def names(self) -> list[Span]:
        """Capitalised words inside a sentence; empty where folding moved the text."""
        if len(self.raw) != len(self.text):
            return []
        return [
            match.span() for match in _NAME.finditer(self.raw) if not _SENTENCE_START.search(self.raw[: match.start()])
        ]

    def word_behind(self, place: int) -> Word | None:
        """The first word that begins at a place or behind it; null where none does."""
        at = bisect_left(self.word_starts, place)
        return self.words[at] if at < len(self.words) else None

    def is_used(self, start: int, end: int) -> bool:
        """Whether an argument has used a part of this span."""
        return bool([1 for a, b in self.used if a < end and start < b])  # `any` takes thrice the time

    def use(self, span: Span) -> None:
        """Note that an argument stands here."""
        self.used.append(span)

    def find_text(self, value: str) -> list[Span]:
        """Where a folded value stands word for word."""
        if not value:
            return []
        out: list[Span] = []
        at = self.text.find(value)
        while at >= 0 and len(out) < 50:
            end = at + len(value)
            starts = at == 0 or not _one_word(self.text[at - 1], value[0])
            ends = end == len(self.text) or not _one_word(value[-1], self.text[end]) or self._is_plural(at, end)
            if starts and ends:
                out.append((at, end))
            at = self.text.find(value, at + 1)
        return out

    def _is_plural(self, start: int, end: int) -> bool:
        """Whether a code stands in the plural behind a number: `two TR-12s`."""
        if not self.text[end - 1].isdigit() or self.text[start:end].isdigit() or not _PLURAL.match(self.text, end):
            return False
        return _SEVERAL.search(self.text[max(0, start - 40) : start]) is not None

    def find_joined(self, value: str) -> list[Span]:
        """Where several words, written together, are the value (`iso8601` for `ISO 8601`)."""
        out = []
        for i, first in enumerate(self.words):
            joined, j = first.text, i
            while len(joined) < len(value) and j + 1 < len(self.words):
                j += 1
                joined += self.words[j].text
            if joined == value:
                out.append((first.start, self.words[j].end))
        return out

    def find_words(self, value: list[Word]) -> list[Span]:
        """Where the words of a value stand in order, in any form and with anything but words between them."""
        out = []
        for i in range(len(self.words) - len(value) + 1):
            if all(same_word(one.text, self.words[i + j].text) for j, one in enumerate(value)):
                out.append((self.words[i].start, self.words[i + len(value) - 1].end))
        return out


_PLURAL = re.compile(r"'?s(?!\w)")
_SEVERAL = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|both|several|some|all|any|many|few|more|"
    r"pairs?\s+of|couple\s+of|dozens?(?:\s+of)?|(?:of|all)\s+(?:the|our|my|your|these|those))\s+(?:\w+\s+)?$"
)


def _one_word(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word; Chinese and Japanese have no spaces between words."""
    return left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"
