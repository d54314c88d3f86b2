"""Enumerations of which a call has a part, in the languages of `LANGUAGES`; the words between are the CLDR's.

English ones are read by `omitted_elements`, which knows what else may follow a name there.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import left_numbers
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.language import LANGUAGES
from apigen_assets.verification.grounding.phrases import alternatives
from apigen_assets.verification.grounding.query import Query

_ARTICLE = r"(?:\w{1,3}\s|\w'|['\"«„“「])?"


def find_enumerations_cut(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence that a list goes on in the query, or that a call for one of several numbers is missing."""
    if query.english:
        return
    lists: dict[tuple[int, str], list[Leaf]] = {}
    for leaf in leaves:
        if leaf.in_list and re.fullmatch(r"\[\d+\]", leaf.path):
            lists.setdefault((leaf.call, leaf.parameter), []).append(leaf)
    for (call, parameter), members in lists.items():
        if len(members) > 1 and all(isinstance(leaf.value, str) and leaf.why == "stated" for leaf in members):
            end = max(leaf.spans[0][1] for leaf in members)
            further = _further().match(query.text, end)
            if further and not query.is_used(*further.span(1)):
                says = f"ends before {further[1]!r}, with which the query goes on"
                yield Finding(Rule.ENUMERATION_CUT, f"{call}.{parameter}", says)
    yield from _numbers(leaves, query)


def _numbers(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A number in digits that an enumeration joins with one that an argument takes."""
    taken = {span: leaf for leaf in leaves for span in leaf.spans[:1] if isinstance(leaf.value, int | float)}
    numbers = [number for number in query.numbers if number.digits and not number.weak] if taken else []
    left = set(left_numbers(query)) if len(numbers) > 1 else set()
    for one, two in pairwise(numbers):
        if not _joint().fullmatch(query.text[one.end : two.start]):
            continue
        for number, fellow in ((one, two), (two, one)):
            leaf = taken.get((fellow.start, fellow.end))
            if leaf is not None and number in left:
                says = f"no argument takes {number.digits}, which the query joins with {fellow.digits}"
                yield Finding(Rule.ENUMERATION_CUT, leaf.place, says)
                return


@cache
def _joins() -> str:
    """The words and signs before the last element of an enumeration."""
    from babel import Locale

    joins = set()
    for language in LANGUAGES:
        for patterns in Locale.parse(language).list_patterns.values():
            for pattern in patterns.values():
                joins.add(pattern.replace("{0}", "").replace("{1}", "").strip(" ,、，").casefold())
    words, signs = alternatives(joins - {"", "and", "or", "&"})
    return rf"(?:(?:{words})\s+|(?:{signs}|[、，])\s*)"


@cache
def _joint() -> re.Pattern[str]:
    """What stands between two numbers of an enumeration."""
    return re.compile(rf"\s*,\s*|\s*(?:,\s*)?{_joins()}")


@cache
def _further() -> re.Pattern[str]:
    """What stands behind the last element but one of an enumeration, and the last one."""
    return re.compile(rf"['\"»”“」]?\s*(?:,\s*)?{_joins()}{_ARTICLE}([^\W\d_][\w-]+)")
