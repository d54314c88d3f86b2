"""Texts that a call passes on, changed: the work of the function done already, or an accent lost."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from apigen_assets.files.excerpt import cut
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_LONG = 5
"""Words of a text that is passed on; shorter ones may be composed."""
_ALIKE = 0.5
_WORD = re.compile(r"[\w'-]+")


def find_altered_texts(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against texts that are nearly what the query quotes or says behind a colon."""
    for leaf in leaves:
        if not isinstance(leaf.value, str) or leaf.findings or leaf.is_default:
            continue
        if leaf.matched and leaf.why == "stated" and leaf.spans and len(query.raw) == len(query.text):
            yield from _accents(leaf, leaf.value, query)
        elif leaf.status is Status.UNDECIDED and len(leaf.value.split()) >= _LONG:
            yield from _words(leaf, leaf.value, query)


def _accents(leaf: Leaf, value: str, query: Query) -> Iterator[Finding]:
    start, end = leaf.spans[0]
    said = query.raw[start:end]
    if said.isascii() or len(said) != len(value) or said.casefold() == value.casefold():
        return
    if any(a <= start and end <= b for a, b in query.quoted):
        yield Finding(Rule.TEXT_ALTERED, leaf.place, f"{cut(value, 40)!r} where the query quotes {cut(said, 40)!r}")


def _words(leaf: Leaf, value: str, query: Query) -> Iterator[Finding]:
    own = _WORD.findall(value.casefold())
    for text in _passed_on(query):
        said = _WORD.findall(text.casefold())
        if len(said) < _LONG or own == said or abs(len(own) - len(said)) > len(said) // 2:
            continue
        alike = SequenceMatcher(None, own, said, autojunk=False).ratio()
        if alike >= _ALIKE:
            yield Finding(
                Rule.TEXT_ALTERED, leaf.place, f"{cut(value, 40)!r} where the query says {cut(text.strip(), 40)!r}"
            )
            return


def _passed_on(query: Query) -> Iterator[str]:
    """What the query quotes, and what stands behind its last colon."""
    if len(query.raw) == len(query.text):
        yield from (query.raw[start:end] for start, end in query.quoted)
    _, colon, rest = query.raw.rpartition(": ")
    if colon:
        yield rest
