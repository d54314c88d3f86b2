"""Flags and choices that nothing in the query asks for, or that it denies."""

import re
from collections.abc import Iterator
from functools import lru_cache

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import akin
from apigen_assets.verification.grounding.english import content_stems, fold, lemma, stem, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query

_DENIES = re.compile(
    r"(?:\b(?:not|never|can't stand|can't bear|hates?|dislikes?|isn't|aren't|wasn't|won't|can't|cannot)|n't)\s+"
    r"(?:(?:be|been|a|an|the|very|so)\s+)?$"
)
_EXCLUDES = re.compile(
    r"\b(?:no|without|except(?:ing)?(?: for)?|excluding|exclude|avoid(?:ing)?|but not|and not|, not|free of|"
    r"(?:don't|do not|doesn't|does not|can't|cannot) (?:want|need|like|eat|use|include|stand|bear)|allergic to|hates?|"
    r"dislikes?|other than|anything but)\s+"
    r"(?:(?:any|the|a|an|in|with)\s+)?(?:\w+\s+(?:or|nor)\s+)?$"
)
_EXCLUDED_NAME = re.compile(r"\b(?:but not|except(?: for)?|without|other than|not to|leave out|excluding)\s+(\w{2,})\b")
_EXCLUSION = re.compile(
    r"\b(?:exclu\w*|without|except\w*|avoid\w*|allerg\w*|block\w*|ban\w*|ignor\w*|skip\w*|remov\w*|den(?:y|ied)|"
    r"not|no|forbid\w*|negat\w*|intoleran\w*|dislik\w*|delet\w*|unwanted|stop|reject\w*|omit\w*|filter out)\b"
)
"""Words by which a parameter or function is about what is not wanted."""
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
_DENYING_SYLLABLE = re.compile(r"\b(?:un|non[\s-]?|in|de|dis)-?(?P<rest>[a-z]{4,})\b")
_ON = re.compile(r"\b(?:turn|switch|power)(?:ed|ing)?\s+(?:[\w'-]+\s+){0,5}?on\b|\benabl\w+|\bactivat\w+|\bunmute\w*")
_OFF = re.compile(
    r"\b(?:turn|switch|power)(?:ed|ing)?\s+(?:[\w'-]+\s+){0,5}?off\b|\bdisabl\w+|\bdeactivat\w+|\bshut(?:ting)?\s+"
    r"(?:[\w'-]+\s+){0,5}?(?:off|down)\b"
)
_SENSES = {
    **dict.fromkeys(["on", "enabled", "enable", "is_enabled", "active", "is_active", "turned_on"], (_ON, _OFF)),
    **dict.fromkeys(["off", "disabled", "disable", "is_disabled", "turned_off"], (_OFF, _ON)),
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
        elif isinstance(leaf.value, str) and (members := leaf.slot.choices):
            yield from _choice(leaf, members, query)
        elif isinstance(leaf.value, str) and leaf.matched and leaf.spans:
            yield from _excluded(leaf, query)


def _flag(leaf: Leaf, query: Query) -> Iterator[Finding]:
    senses = _SENSES.get(leaf.argument.folded)
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
    """The last word of a flag's name with a syllable that denies it (`unfurnished`, `non-refundable`, `unlock`)."""
    word = leaf.argument.folded.split("_")[-1]
    if len(word) <= 4:
        return None
    plain = stem(word)
    return next(
        (
            match
            for match in _DENYING_SYLLABLE.finditer(query.text)
            if match["rest"] == word or (len(plain) >= 4 and stem(match["rest"]) == plain)
        ),
        None,
    )


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


def _excluded(leaf: Leaf, query: Query) -> Iterator[Finding]:
    """A text that the query only names as what is not wanted, for a parameter that is not about such things."""
    if _is_of_unwanted(leaf.parameter, str(leaf.schema.get("description") or ""), leaf.tool.name):
        return
    if any(a <= start < b for a, b in query.quoted for start, _ in leaf.spans):
        return
    parts = re.split(r"[\W_]+", fold(leaf.value)) if leaf.in_list else []
    named = any(match[1] in parts for match in _EXCLUDED_NAME.finditer(query.text))
    if named or all(_EXCLUDES.search(query.text[max(0, start - 40) : start]) for start, _ in leaf.spans):
        yield Finding(Rule.DENIED_CHOICE, leaf.place, f"{leaf.value!r}, which the query does not want")


@lru_cache(maxsize=8192)
def _is_of_unwanted(parameter: str, description: str, function: str) -> bool:
    """Whether a parameter or its function is about what is not wanted."""
    return _EXCLUSION.search(fold(f"{parameter} {description} {function}").replace("_", " ")) is not None


def _may_be_meant(leaf: Leaf, members: list[str], query: Query) -> bool:
    """Whether a word of the query looks like the value, or the value is the only one that is left."""
    own = content_stems(str(leaf.value).replace("_", " "))
    if len(members) == 1 or any(stem == said or akin(stem, said) for stem in own for said in query.stems):
        return True
    words = {lemma(word.text) for word in words_in(fold(str(leaf.value)))}
    return any(lemma(word.text) in words for word in query.words)
