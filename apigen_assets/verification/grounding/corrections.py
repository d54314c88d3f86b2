"""Values that a query takes back: `make it 5, no, 6`."""

import re
from collections.abc import Iterator
from itertools import product

from apigen_assets.verification.grounding.absent_numbers import numbers_that_fit
from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query, Span

_REACH = 40
"""Characters between a value and what it is corrected to."""

_INTERJECTION = re.compile(r"[,;.!?\u2013\u2014-]\s*(?:oh\s+)?(?:no|nope|sorry|wait|oops|hang on|hold on|correction)\b")
_REWORDED = re.compile(r"\b(?:actually|or rather|i mean[t]?|scratch that|make that|change that to|not \w+ but)\b")


def _takes_back(text: str) -> bool:
    """Whether a text takes something back that stands before it."""
    return _INTERJECTION.search(text) is not None or _REWORDED.search(text) is not None


def find_corrections(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Stated values after which the query corrects itself, where no argument takes the later one."""
    if not _takes_back(query.text):
        return
    for leaf in leaves:
        if isinstance(leaf.value, bool) or not leaf.matched or not leaf.spans:
            continue
        for (start, end), taken in product(_later(leaf, query), sorted(set(leaf.spans))):
            between = query.text[taken[1] : start]
            if 0 < len(between) <= _REACH and _takes_back(between):
                said, meant = query.text[slice(*taken)].strip(), query.text[start:end].strip()
                yield Finding(Rule.CORRECTED, leaf.place, f"the query says {said!r}, then corrects it to {meant!r}")
                break


def _later(leaf: Leaf, query: Query) -> list[Span]:
    """Places of values of the same kind that no argument takes, after the one that the leaf takes."""
    end = min(end for _, end in leaf.spans)
    if isinstance(leaf.value, int | float):
        spans = [(number.start, number.end) for number in numbers_that_fit(leaf, query)]
    elif leaf.why == "stated as a date or time":
        own = next((moment for moment in query.moments if (moment.start, moment.end) == leaf.spans[0]), None)
        spans = [
            (moment.start, moment.end)
            for moment in query.moments
            if own is not None
            and bool(moment.dates) == bool(own.dates)
            and (moment.dates, moment.times) != (own.dates, own.times)
            and not query.is_used(moment.start, moment.end)
        ]
    else:
        return []
    return sorted(span for span in spans if span[0] >= end)
