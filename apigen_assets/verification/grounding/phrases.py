"""Patterns of phrases in scripts with and without spaces between words."""

import re
from collections.abc import Iterable

_SIGNS = "\u2e80"
"""From here on are the scripts that put no spaces between words: Chinese, Japanese."""


def is_of_signs(phrase: str) -> bool:
    """Whether a folded phrase is in a script without spaces."""
    return phrase > _SIGNS


def alternatives(phrases: Iterable[str]) -> tuple[str, str]:
    """The alternatives of a regular expression, the longest first: of phrases in words, and of those in signs."""
    longest = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    words, signs = ([each for each in longest if is_of_signs(each) is own] for own in (False, True))
    return "|".join(map(re.escape, words)), "|".join(map(re.escape, signs))


def any_phrase(phrases: Iterable[str], behind_signs: str = "") -> re.Pattern[str]:
    """What finds any of several folded phrases, words as whole words.

    Args:
        phrases: the phrases.
        behind_signs: a pattern that has to follow a phrase in signs.
    """
    words, signs = alternatives(phrases)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)|(?:{signs}){behind_signs}")
