"""Flags and choices that nothing in the query asks for, or that it denies."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf, enum_of
from apigen_assets.verification.grounding.beside import akin
from apigen_assets.verification.grounding.english import content_stems, fold, lemma, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_DENIES = re.compile(
    r"(?:\b(?:not|never|isn't|aren't|wasn't|won't|can't|cannot)|n't)\s+(?:(?:be|been|a|an|the|very|so)\s+)?$"
)
_SMALL_FIRST = (
    r"(?:cheapest|lowest|smallest|oldest|shortest|earliest|fewest|slowest|youngest|lightest)(?:\s\w+)?\sfirst"
)
_LARGE_FIRST = (
    r"(?:best|top|priciest|most expensive|highest|largest|biggest|newest|latest|longest|fastest|heaviest)"
    r"(?:\s\w+)?\sfirst"
)
_ASCENDS = re.compile(rf"\bascending\b|\b{_SMALL_FIRST}")
_DESCENDS = re.compile(rf"\bdescending\b|\b{_LARGE_FIRST}")
_GOES = re.compile(r"\bone[\s-]way\b")
_RETURNS = re.compile(
    r"\bround[\s-]trip\b|\breturn (?:ticket|flight|trip)\b|\bthere and back\b|\band back\b|\beach way\b"
)
_PUBLIC, _PRIVATE = re.compile(r"\bpublic\b"), re.compile(r"\bprivate\b")
_SENSES = {
    "descending": (_DESCENDS, _ASCENDS), "desc": (_DESCENDS, _ASCENDS), "reverse": (_DESCENDS, _ASCENDS),
    "ascending": (_ASCENDS, _DESCENDS), "asc": (_ASCENDS, _DESCENDS),
    "round_trip": (_RETURNS, _GOES), "return_trip": (_RETURNS, _GOES), "one_way": (_GOES, _RETURNS),
    "automatic": (re.compile(r"\bautomatic\b"), re.compile(r"\bmanual\b")),
    "manual": (re.compile(r"\bmanual\b"), re.compile(r"\bautomatic\b")),
    "public": (_PUBLIC, _PRIVATE), "is_public": (_PUBLIC, _PRIVATE),
    "private": (_PRIVATE, _PUBLIC), "is_private": (_PRIVATE, _PUBLIC),
}  # fmt: skip
"""Names of flags, what a query says that wants them, and what it says that wants the opposite."""


def find_unasked(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against flags and choices that are stated nowhere."""
    for leaf in leaves:
        if isinstance(leaf.value, bool):
            yield from _flag(leaf, query)
        elif isinstance(leaf.value, str) and (members := enum_of(leaf.schema)):
            yield from _choice(leaf, members, query)


def _flag(leaf: Leaf, query: Query) -> Iterator[Finding]:
    senses = _SENSES.get(fold(leaf.parameter))
    meant, opposite = (sense.search(query.text) for sense in senses) if senses else (None, None)
    if senses is None:
        opposite = _denied(leaf, query)
    if leaf.value is False:
        meant, opposite = opposite, meant
    if meant:
        return
    if opposite:
        says = f"{str(leaf.value).lower()}, though the query says {opposite[0]!r}"
        yield Finding(Rule.FLAG_OPPOSITE, leaf.place, says)
    elif leaf.optional and not leaf.is_default and not _is_spoken_of(leaf, query):
        says = f"nothing in the query asks for {leaf.parameter} = {str(leaf.value).lower()}"
        yield Finding(Rule.INVENTED_FLAG, leaf.place, says)


def _denied(leaf: Leaf, query: Query) -> "re.Match[str] | None":
    """The last word of a flag's name with a syllable that denies it (`unfurnished`, `non-refundable`)."""
    word = fold(leaf.parameter).split("_")[-1]
    return re.search(rf"\b(?:un|non[\s-]?|in|de)-?{re.escape(word)}\b", query.text) if len(word) > 4 else None


def _is_spoken_of(leaf: Leaf, query: Query) -> bool:
    """Whether the query has a word of a flag's name or description, or one of the kind that denies (`without`)."""
    own = f"{leaf.parameter} {leaf.schema.get('description') or ''}".replace("_", " ")
    stems = content_stems(own)
    if any(stem == said or akin(stem, said) for stem in stems for said in query.stems):
        return True
    return leaf.value is False and re.search(r"\b(?:no|not|without|don't|except|un\w+|in\w+)\b", query.text) is not None


def _choice(leaf: Leaf, members: list[str], query: Query) -> Iterator[Finding]:
    places = leaf.spans
    if places and all(_DENIES.search(query.text[max(0, start - 30) : start]) for start, _ in places):
        yield Finding(Rule.DENIED_CHOICE, leaf.place, f"{leaf.value!r}, which the query denies")
    elif not leaf.matched and not leaf.is_default and not leaf.findings and not _may_be_meant(leaf, members, query):
        says = f"nothing in the query names {leaf.parameter} = {leaf.value!r}"
        yield Finding(Rule.UNSTATED_CHOICE, leaf.place, says)


def _may_be_meant(leaf: Leaf, members: list[str], query: Query) -> bool:
    """Whether a word of the query looks like the value, or the value is the only one that is left."""
    own = content_stems(str(leaf.value).replace("_", " "))
    if len(members) == 1 or any(stem == said or akin(stem, said) for stem in own for said in query.stems):
        return True
    words = {lemma(word.text) for word in words_in(fold(str(leaf.value)))}
    return any(lemma(word.text) in words for word in query.words)
