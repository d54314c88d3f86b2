"""What digits tell without knowing a word: a thousand read as one, a number that only its fellows are said of."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import left_numbers
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_GROUPED = re.compile(r"\d{1,3}\.\d{3}")
_LATIN = re.compile(r"(?<!\w)[a-z\u00c0-\u024f]{2,}")
_SENTENCE = 5
"""Words that make a text one of a language; fewer may be abbreviations."""
_LEAST_FELLOWS = 2
_DAYS = 31
_A_YEAR = 4
"""Digits of what is often said of a date beside it."""
_IN_WORDS = re.compile(r"[-/.:]\d+$")
"""Parts of dates, times and addresses."""


def find_digits_misread(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against numbers, from the digits of a query that is not English."""
    if query.english:
        return
    numbers = [leaf for leaf in leaves if leaf.is_number]
    for leaf in numbers:
        if leaf.matched:
            yield from _thousand_as_one(leaf, query)
        elif isinstance(leaf.value, int) and not leaf.is_default:
            yield from _unlike_fellows(leaf, numbers)
    yield from _left_over(leaves, query)


def _thousand_as_one(leaf: Leaf, query: Query) -> Iterator[Finding]:
    """`1.500 €` as 1.5: most languages in Latin letters but English group thousands with a point."""
    said = [query.text[start:end].strip() for start, end in leaf.spans]
    if said and len(_LATIN.findall(query.text)) >= _SENTENCE and all(_GROUPED.fullmatch(text) for text in said):
        meant = said[0].replace(".", "")
        if leaf.value == float(said[0]) != float(meant):
            yield Finding(
                Rule.THOUSAND_AS_ONE, leaf.place, f"{leaf.value!r}, and {said[0]} is {meant} in most languages"
            )


def _unlike_fellows(leaf: Leaf, numbers: list[Leaf]) -> Iterator[Finding]:
    """A number that the query does not have in digits, as it has those of the other calls."""
    fellows = [
        fellow
        for fellow in numbers
        if fellow.call != leaf.call
        and (fellow.tool.name, fellow.parameter, fellow.path) == (leaf.tool.name, leaf.parameter, leaf.path)
    ]
    if len(fellows) >= _LEAST_FELLOWS and all(fellow.why == "stated" for fellow in fellows):
        said = ", ".join(str(fellow.value) for fellow in fellows[:3])
        yield Finding(
            Rule.UNLIKE_FELLOWS, leaf.place, f"{leaf.value} is not in the query, which says {said} for the others"
        )


def _left_over(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A number in digits that no argument has, where every number of the calls is said."""
    dated = any(moment.dates for moment in query.moments)
    if not leaves or any(isinstance(leaf.value, int | float | str) and not leaf.matched for leaf in leaves):
        return  # it may be said in another way there
    for number in left_numbers(query):
        if dated and number.amount <= _DAYS:
            continue  # `vom 3. bis 6. April`
        if number.digits and len(number.digits) < _A_YEAR and not _IN_WORDS.search(query.text[: number.end]):
            yield Finding(Rule.DIGITS_LEFT_OVER, leaves[-1].place, f"no argument of any call takes {number.digits}")
            return
