"""A number that the query says of another measure than the parameter is: a diameter given as the radius."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_MEASURES = (
    (("radius", "radii"), ("diameter", "across", "circumference")),
    (("diameter",), ("radius", "circumference")),
    (("monthly", "month"), ("yearly", "annual", "annually", "a year", "per year", "per annum")),
    (("yearly", "annual", "year"), ("monthly", "a month", "per month")),
    (("weekly", "week"), ("monthly", "a month", "per month", "a day", "per day", "daily")),
    (("daily", "day"), ("weekly", "a week", "per week", "monthly", "a month", "per month")),
    (("net",), ("gross",)),
    (("gross",), ("net",)),
    (("width",), ("tall", "high", "height")),
    (("height",), ("wide", "width")),
)  # fmt: skip
"""Words in a parameter's name, and what a number beside which these words stand is instead."""
_BEHIND = r"\s?(?!compound|paid|payable)[^\s\d,.;:!?]{{0,12}}\s?(?:in\s|of\s|is\s)?(?:{words})\b"
_BEFORE = r"\b(?:{words})\s(?:of|is|was|=|:)?\s?(?:about\s|only\s)?[$€£]?$"
_PATTERNS = [
    (
        frozenset(own),
        frozenset(others),
        re.compile(_BEHIND.format(words="|".join(others))),
        re.compile(_BEFORE.format(words="|".join(others))),
    )
    for own, others in _MEASURES
]
"""Names, words that speak of another measure, and where these stand: behind a number, before one."""


def find_other_measures(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against numbers that stand as they are said, where the word beside them names another measure."""
    if not query.english:
        return
    for leaf in leaves:
        if not leaf.is_number or leaf.why != "stated" or len(set(leaf.spans)) != 1:
            continue
        start, end = leaf.spans[0]
        for own, others, behind, before in _PATTERNS:
            if leaf.slot.parts.isdisjoint(own) or not leaf.slot.parts.isdisjoint(others):
                continue
            said = behind.match(query.text, end) or before.search(query.text, max(0, start - 40), start)
            if said and own.isdisjoint(said[0].split()):
                says = f"{leaf.value!r}, of which the query says {query.text[start:end].strip()!r} {said[0].strip()!r}"
                yield Finding(Rule.OTHER_MEASURE, leaf.place, says)
                break
