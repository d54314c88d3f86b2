"""Calls that the query does not ask for: of a function it does not speak of, or of one that does the opposite."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import dumps
from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import akin
from apigen_assets.verification.grounding.english import HUMP, fold, lemma, words_in
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.tool_view import ToolView

_VERBS = {
    "makes": "add create insert make new open register",
    "takes away": "cancel clear delete destroy discard drop erase forget purge remove revoke rid trash uninstall wipe",
    "shows": "display find get list look read search see show view what when where which who",
}
"""Words for what can be done to a record."""
_PARTLY = ("in part stated", "its words", "put together", "may be the beginning")
"""What is said of values that the query has a part of."""
_DENIED_VERB = re.compile(r"\b(?:don't|do not|never|not to|mustn't|shouldn't)\s+([a-z]+)\s+([^,.;:!?]{1,40})")
_LEFT_ALONE = re.compile(
    r"\b(leave|keep)\s+([^,.;:!?]{1,40}?)\s+"
    r"(?:alone|untouched|running|as (?:it|they) (?:is|are|was|were)|the way \w+)\b"
)
_NO_LONGER = re.compile(r"\b(?:no longer|not? (?:\w+ ){0,2}any\s?more|don't (?:want|need)|take \w+ off|out of)\b")


def find_unasked_calls(
    leaves: list[Leaf], query: Query, tools: dict[str, ToolView], calls: Sequence[Call]
) -> Iterator[Finding]:
    """Evidence against whole calls."""
    yield from _denied(leaves, query)
    for index, call in enumerate(calls):
        tool = tools.get(call.name)
        if tool is None:
            continue
        contradicted = any(leaf.call == index and leaf.status is Status.UNGROUNDED for leaf in leaves)
        if not contradicted and not _brings_a_value(index, call, leaves, calls) and not _is_spoken_of(tool, query):
            yield Finding(Rule.UNASKED_CALL, str(index), f"nothing in the query asks for {call.name}")
        elif (verb := _opposite(tool, query)) is not None:
            yield Finding(Rule.OPPOSITE_CALL, str(index), f"the query says {verb!r}, which {call.name} does not do")


def _denied(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """`don't delete EV-77` or `leave EV-77 alone` before a call that does that to it."""
    denials = []
    if "n't" in query.text or "not" in query.text or "never" in query.text:
        denials += [(match, _DENIED_VERB) for match in _DENIED_VERB.finditer(query.text)]
    if "leave" in query.text or "keep" in query.text:
        denials += [(match, _LEFT_ALONE) for match in _LEFT_ALONE.finditer(query.text)]
    for match, kind in denials:
        for leaf in leaves:
            if not isinstance(leaf.value, str | int) or not leaf.matched or not leaf.spans:
                continue
            does = {lemma(word.text) for word in words_in(fold(HUMP.sub(" ", leaf.tool.name)).replace("_", " "))}
            if kind is _DENIED_VERB and lemma(match[1]) not in does:
                continue
            if any(match.start(2) <= start and end <= match.end(2) for start, end in leaf.spans):
                says = f"{leaf.value!r}, and the query says {match[0].strip()!r}"
                yield Finding(Rule.DENIED_CALL, leaf.place, says)


def _brings_a_value(index: int, call: Call, leaves: list[Leaf], calls: Sequence[Call]) -> bool:
    """Whether the query states a value of the call that no call of another function has."""
    taken = {dumps(value) for other in calls if other.name != call.name for value in other.arguments.values()}
    own = [leaf for leaf in leaves if leaf.call == index and not isinstance(leaf.value, bool)]
    said = (leaf for leaf in own if leaf.matched or _is_partly_said(leaf))
    return any(not taken or dumps(leaf.value) not in taken for leaf in said)


def _is_partly_said(leaf: Leaf) -> bool:
    return leaf.status is Status.UNDECIDED and not leaf.findings and leaf.why.startswith(_PARTLY)


def _is_spoken_of(tool: ToolView, query: Query) -> bool:
    # Of functions akin (prices of two clouds) one word may ask for all: what they share counts.
    stems = tool.split_stems
    return not stems.isdisjoint(query.stems) or any(akin(own, said) for own in stems for said in query.stems)


def _opposite(tool: ToolView, query: Query) -> str | None:
    """The word of the query that asks for the opposite of what a function does; null where none does."""
    does = _does(tool)
    if does.keys() not in ({"takes away"}, {"makes"}):
        return None
    said = _done(query.raw)
    if does.keys() == {"takes away"}:
        against = {} if "takes away" in said or _NO_LONGER.search(query.text) else said
    else:
        against = said if does.keys() == {"makes"} and said.keys() == {"takes away"} else {}
    return next(iter(against.values()), None)


@lru_cache(maxsize=1024)
def _does(tool: ToolView) -> dict[str, str]:
    """What a tool does to a record, as `_done`, by its name or else by its first sentence."""
    return _done(HUMP.sub(" ", tool.name)) or _done(tool.description.split(".")[0])


@lru_cache(maxsize=8192)
def _done(text: str) -> dict[str, str]:
    """What a text says is done to a record: the kinds of verbs in it, each with the first word of its kind."""
    kinds: dict[str, str] = {}
    for word in words_in(fold(text)):
        kind = _kinds().get(lemma(word.text))
        if kind is not None:
            kinds.setdefault(kind, word.text)
    return kinds


@cache
def _kinds() -> dict[str, str]:
    return {lemma(verb): kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
