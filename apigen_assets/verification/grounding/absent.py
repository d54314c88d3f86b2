"""What speaks against a value that the query does not contain."""

import re

from apigen_assets.verification.grounding.absent_numbers import judge_number, numbers_that_fit
from apigen_assets.verification.grounding.absent_text import judge_text
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import has_cue, mentions
from apigen_assets.verification.grounding.english import fold, stem, word_set, words_in
from apigen_assets.verification.grounding.finding import Rule
from apigen_assets.verification.grounding.query import Query

__all__ = ["judge_absent", "numbers_that_fit"]

_POSITIVE = frozenset({"include", "with", "use", "allow", "show", "keep", "add", "enable", "has"})
_NEGATIVE = frozenset({"exclude", "ignore", "skip", "remove", "strip", "drop", "without", "no", "omit", "disable"})
_NO = re.compile(
    r"\b(?:no|not|without|exclude|excluding|except|skip|don't|do not|omit|leave out|leaving out|never|"
    r"disable)\s+(?:\w+\s+){0,3}$"
)


def judge_absent(leaf: Leaf, query: Query, leaves: list[Leaf]) -> None:
    """Judge a value that was not found in the query."""
    value = leaf.value
    if isinstance(value, bool):
        _judge_flag(leaf, query)
    elif isinstance(value, int | float):
        judge_number(leaf, query, leaves)
    elif members := leaf.slot.choices:
        _judge_choice(leaf, query, members)
    else:
        judge_text(leaf, query, str(value), leaves)


def _judge_flag(leaf: Leaf, query: Query) -> None:
    name = stem(leaf.parameter.split("_")[0])
    told = [
        _NO.search(query.text[: word.start]) is not None
        for word in query.words
        if stem(word.text) in leaf.cues and len(word.text) > 3 and stem(word.text) != name
    ]
    if told and (name in {stem(word) for word in _POSITIVE} or name in {stem(word) for word in _NEGATIVE}):
        wanted = not any(told) if name in {stem(word) for word in _POSITIVE} else any(told)
        if any(told) and leaf.value is not wanted:
            leaf.against(Rule.FLAG_OPPOSITE, f"{leaf.value} where the query says the opposite".lower())
            return
    if leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    else:
        # People ask for a flag in too many ways ("mugs without lids") for its absence to be sure.
        leaf.say(Status.UNDECIDED, "a flag")


def _judge_choice(leaf: Leaf, query: Query, members: list[str]) -> None:
    rivals = [
        member
        for member in members
        if member != leaf.value
        and fold(member) not in fold(str(leaf.value))
        and any(not query.is_used(*span) and not _NO.search(query.text[: span[0]]) for span in mentions(member, query))
    ]
    if len(rivals) > 1 and not mentions(str(leaf.value), query):
        leaf.against(Rule.CONFUSED_CHOICE, f"{leaf.value!r} where the query says {', '.join(map(repr, rivals))}")
    elif len(rivals) == 1 and not mentions(str(leaf.value), query):
        says = f"{leaf.value!r} where the query says {rivals[0]!r}"
        if _is_said_for_much(rivals[0], query):
            leaf.ask(Rule.MAY_BE_OTHER_CHOICE, says)
        else:
            leaf.against(Rule.OTHER_CHOICE, says)
    elif leaf.is_default:
        leaf.say(Status.GROUNDED, "default")
    elif leaf.optional and leaf.has_default and not has_cue(leaf, query) and not _is_hinted(str(leaf.value), query):
        leaf.against(Rule.INVENTED_CHOICE, f"nothing in the query asks for {leaf.parameter} = {leaf.value!r}")
    else:
        leaf.say(Status.UNDECIDED, "a choice that the query does not name")


_SAID_FOR_MUCH = word_set(
    """
    first last next previous latest recent new newest old oldest current past final initial second third
    open close closed high higher highest low lower lowest long longest short shortest top bottom best worst most
    least more less min max mean average middle full half quarter whole total all any each every both either none
    neither other another one single double day days week weeks month months year years hour hours minute minutes
    daily weekly monthly yearly hourly once twice always never now today on off in out up down over under left right
    front back ahead forward like may can will standard normal regular simple plain common usual basic general
    large small medium big little great good better fine fair clear light heavy hot cold warm cool dark bright hard
    easy soft fast slow quick early late free public private local home work business personal family live real
    true false yes no ok need want set get put show list read write count number name type kind way time date
    place point line part side end start beginning level
    """
)
"""Words of order, time, amount and quality: where one is also the name of a choice, it was seldom meant."""
_CONTRAST = re.compile(r"\b(?:instead of|rather than|other than|as opposed to|anything but|unlike|from)\s+(?:\w+\s+)?$")


def _is_said_for_much(member: str, query: Query) -> bool:
    """Whether a choice is named by an everyday word alone, or as what is not wanted."""
    words = words_in(fold(member))
    if len(words) == 1 and words[0].text in _SAID_FOR_MUCH:
        return True
    return any(_CONTRAST.search(query.text[:start]) for start, _ in mentions(member, query))


def _is_hinted(member: str, query: Query) -> bool:
    """Whether the beginning of a word of an allowed value stands in the query (`major7` in `Cmaj7`)."""
    return any(word.text[:3] in query.text for word in words_in(fold(member)) if len(word.text) > 3)
