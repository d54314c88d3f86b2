"""Whether a query is English, so that rules which read words apply.

Detected by lingua among the languages that queries are written in. Most English queries are known by their function
words alone, which costs nothing; the detector's models (about 200 MB) are loaded by the first query that is not.
"""

import re
from functools import cache, lru_cache
from typing import Any

LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh")
"""ISO 639-1 codes of the languages told apart."""

_SURE = 2
"""So many words that only English has make a text English."""
_ENOUGH = 0.15
"""Confidence in English from which a short text counts as English: terse requests look like many languages, but a
sentence of another language leaves English less than this (117 short sentences of nine others: at most 0.15)."""

_ENGLISH_ONLY = frozenset(
    [
        "the",
        "of",
        "what",
        "what's",
        "how",
        "with",
        "which",
        "from",
        "my",
        "your",
        "and",
        "that",
        "this",
        "have",
        "for",
        "please",
        "is",
        "are",
        "i'm",
        "i'd",
        "me",
        "it",
        "you",
        "between",
        "into",
        "much",
        "many",
        "where",
        "would",
        "could",
        "should",
        "let's",
        "it's",
        "of",
        "to",
        "a",
        "between",
        "find",
        "show",
        "give",
        "set",
        "convert",
        "translate",
    ]
) - frozenset({"me", "a", "is", "are", "to", "for", "set", "show"})
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LETTERS = re.compile(r"[^\W\d_]")
_QUOTATION = re.compile(r"'[^'\n]{2,}'(?!\w)|\"[^\"\n]{2,}\"|`[^`\n]+`|[“„«‘「『][^”»’」』\n]+[”»’“」』]")
_CODE = re.compile(r"\S*[\d@_/\\#]\S*")


@lru_cache(maxsize=4096)
def is_english(text: str) -> bool:
    """Whether the words of a query are English; what it quotes does not count.

    A text without words is taken for English: there is nothing to misread.
    """
    prose = _CODE.sub(" ", _QUOTATION.sub(" ", text))
    if not _LETTERS.search(prose):
        return not _LETTERS.search(text) or text.isascii()
    if prose.isascii() and sum(word in _ENGLISH_ONLY for word in set(_WORD.findall(prose.casefold()))) >= _SURE:
        return True
    values = _detector().compute_language_confidence_values(prose)
    english = next(value.value for value in values if value.language.iso_code_639_1.name == "EN")
    return bool(values[0].language.iso_code_639_1.name == "EN" or english >= _ENOUGH)


@cache
def _detector() -> Any:
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
