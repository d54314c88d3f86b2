"""Values that no word of the query could mean: a text, a second argument of one mention."""

import re
from collections.abc import Iterator

from apigen_assets.files.excerpt import cut
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.english import STOP, fold, same_word, stem, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import is_relative

_ALIASES = ("a code", "may be an abbreviation")
"""What is said of values that some word of the query may stand for."""
_A_MOMENT = "a date or time that the query does not spell out"
_SHARES = re.compile(
    r"\b(?:both|each|either|every|same|equal(?:ly)?|identical|squared?|cubed?|cubic|sides?|sided|twice|double|again|"
    r"itself|unchanged|constant|respectively|regular|equilateral)\b"
)
"""Words by which one mention may state two arguments."""


_IDENTIFIES = re.compile(
    r"(?:^|_)(?:ids?|number|no|lot|ref|reference|serial|sku|account|session|booking|order|invoice|ticket|tracking|token)$"
    r"|[a-z]id$"
)
"""Ends of names of what identifies one thing among many."""


def find_unnamed(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Evidence against values for which the query has no word left."""
    yield from _texts(leaves, query)
    yield from _codes(leaves, query)
    yield from _shared(leaves, query)


def _texts(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    for leaf in leaves:
        if leaf.matched or leaf.optional or leaf.findings or leaf.status is not Status.UNDECIDED:
            continue
        if leaf.why == "in part stated" and _is_mostly_unsaid(str(leaf.value), query):
            yield Finding(Rule.UNSTATED_TEXT, leaf.place, f"most of {cut(str(leaf.value), 60)!r} is not in the query")
        elif not _has_name(query) and (
            (leaf.why in _ALIASES and not _free_words(leaf, query))
            or (leaf.why == _A_MOMENT and not _may_be_a_day(query))
        ):
            yield Finding(Rule.UNSTATED_TEXT, leaf.place, f"no word of the query could mean {leaf.value!r}")


def _codes(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """An identifier, for which no words could stand."""
    for leaf in leaves:
        if leaf.matched or leaf.findings or leaf.why != "a code" or leaf.is_default:
            continue
        if _IDENTIFIES.search(leaf.slot.folded) and len(re.findall(r"\d", str(leaf.value))) >= 3:
            yield Finding(Rule.UNSTATED_TEXT, leaf.place, f"{leaf.value!r} identifies something, and is not said")


def _free_words(leaf: Leaf, query: Query) -> list[str]:
    """Words that no argument uses and that the function does not say of itself."""
    spoken_of = leaf.tool.whole_vocabulary
    return [
        word.text
        for word in query.words
        if word.text not in STOP and not query.is_used(word.start, word.end) and stem(word.text) not in spoken_of
    ]


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def _may_be_a_day(query: Query) -> bool:
    """Whether the query describes a day, says a year or part of a date."""
    return is_relative(query.text) or bool(query.moments) or _YEAR.search(query.text) is not None


def _has_name(query: Query) -> bool:
    """Whether a name stands free, such as that of a country or a feast."""
    return any(not query.is_used(*span) for span in query.names)


def _is_mostly_unsaid(value: str, query: Query) -> bool:
    """Whether the query has no more than a third of a longer text's words."""
    words = [word.text for word in words_in(fold(value)) if word.text not in STOP]
    said = sum(any(same_word(word, other.text) for other in query.words) for word in words)
    return len(words) >= 4 and said * 3 <= len(words)


def _shared(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Numbers of one call that stand in the query once, where nothing says that it is said of both."""
    numeric = [leaf for leaf in leaves if leaf.is_number and leaf.why == "stated" and not leaf.is_default]
    if len({leaf.value for leaf in numeric}) == len(numeric):
        return
    for leaf in numeric:
        fellows = [fellow for fellow in numeric if fellow.call == leaf.call and fellow.value == leaf.value]
        # Within one list a number may stand for several things alike (`three 8-ohm speakers`).
        if len(fellows) > len(set(leaf.spans)) and len({fellow.parameter for fellow in fellows}) > 1:
            # From one date to another is a number that is said of neither.
            if _SHARES.search(query.text) or len(query.moments) > 1:
                return
            places = " and ".join(fellow.place for fellow in fellows)
            says = f"{leaf.value!r} stands in {places}, and is said fewer times"
            yield Finding(Rule.SAID_ONCE, leaf.place, says)
            return
