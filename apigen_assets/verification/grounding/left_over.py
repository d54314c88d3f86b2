"""What the query names beside the values of a call, and no call is about: a date, a thing of an enumeration."""

import re
from collections.abc import Iterator, Sequence

from apigen_assets.domain.call import Call
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonValue
from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.english import STOP, fold
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import only_moments
from apigen_assets.verification.grounding.tool_view import ToolView, takes_date

_NEXT = re.compile(r"['\"]?(?:,\s*|\s)(?:and|&|as well as)\s+(?:the\s+|for\s+|in\s+)?['\"]?([^\s,;?!'\"]+)")
"""A comma alone often stands before the country or state of a place."""
_NEXT_CODE = re.compile(r"['\"]?,\s*(?:(?:and|&)\s+)?['\"]?([^\s,;?!'\"]*\d[^\s,;?!'\"]*)")
_NEXT_NAME = re.compile(r"(?:,\s*|\s)(?:and|&)\s+((?:[A-Z][\w'-]+)(?:\s[A-Z][\w'-]+)+)")
_NO_TEXT = re.compile(r"\s*(?:[.!?;]|['\")]|\b(?:in|into|to|from|as|with)\b)")
"""What speaks of a text and is no part of it."""
_SAID = frozenset({"stated", "stated in other words"})
_COLON = re.compile(r":\s+$")
"""What is behind it at the end of a query is a text to work on."""


def find_left_over(
    leaves: list[Leaf], query: Query, tools: dict[str, ToolView], calls: Sequence[Call]
) -> Iterator[Finding]:
    """Dates that an optional argument would take, things beside a value for which a call is missing, cut texts."""
    yield from _dates(leaves, query, tools, calls)
    yield from _cut_texts(leaves, query)
    yield from _things(leaves, query, calls)


def _dates(leaves: list[Leaf], query: Query, tools: dict[str, ToolView], calls: Sequence[Call]) -> Iterator[Finding]:
    if not any(tool.takes_dates for tool in tools.values()):
        return
    left = [
        moment
        for moment in query.moments
        if any(date[2] is not None for date in moment.dates) and not query.is_used(moment.start, moment.end)
    ]
    # A date that no argument says may be what the one left over is about.
    if not left or any(not leaf.matched and takes_date(leaf.argument.folded, leaf.slot) for leaf in leaves):
        return
    omitted = [
        (i, name)
        for i, call in enumerate(calls)
        if (tool := tools.get(call.name)) is not None
        for name, parameter in tool.parameters.items()
        if name not in call.arguments and parameter.is_dated
    ]
    if not omitted and (better := _dated_tool(leaves, tools, calls)) is not None:
        said = query.text[left[0].start : left[0].end].strip()
        yield Finding(Rule.WRONG_TOOL, calls[0].name, f"no argument takes {said!r}, for which {better} has one")
        return
    for i, name in omitted:
        if not any(name in other.arguments for other in calls):
            said = query.text[left[0].start : left[0].end].strip()
            says = f"left out, and no argument takes {said!r}, which the query says"
            yield Finding(Rule.MOMENT_LEFT_OVER, f"{i}.{name}", says)
            return


def _dated_tool(leaves: list[Leaf], tools: dict[str, ToolView], calls: Sequence[Call]) -> str | None:
    """A tool that is offered and not called, and that needs a date, where no argument of a call is one."""
    called = {call.name for call in calls}
    if len(called) != 1:
        return None
    if any(takes_date(leaf.argument.folded, leaf.slot) or _is_moment(leaf.value) for leaf in leaves):
        return None
    for name, tool in tools.items():
        for wanted in tool.required if name not in called else ():
            parameter = tool.parameters.get(wanted)
            if parameter is not None and parameter.is_dated:
                return name
    return None


def _is_moment(value: JsonValue) -> bool:
    return isinstance(value, str) and only_moments(fold(value)) is not None


def _cut_texts(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A text that ends in the middle of what the query quotes, or says behind a colon, where nothing takes the rest."""
    for leaf in leaves:
        if not isinstance(leaf.value, str) or leaf.in_list or not leaf.spans or not leaf.why.startswith("stated"):
            continue
        start, end = leaf.spans[0]
        if len(leaf.value.split()) < 3:
            continue
        ends = [b for a, b in query.quoted if a == start]
        if not ends and _COLON.search(query.text[:start]):
            ends = [len(query.text)]
        rest = query.text[end : ends[0]] if ends else ""
        if len(rest.split()) < 2 or _NO_TEXT.match(rest):
            continue
        if not any(a < ends[0] and end < b for a, b in query.used):
            yield Finding(
                Rule.CUT_SHORT, leaf.place, f"ends before {cut(rest.strip(), 40)!r}, which the query goes on with"
            )


def _things(leaves: list[Leaf], query: Query, calls: Sequence[Call]) -> Iterator[Finding]:
    """A value that the query joins with another of its kind, which no argument takes."""
    if len(query.raw) != len(query.text) or any(isinstance(leaf.value, str) and not leaf.matched for leaf in leaves):
        return
    for leaf in leaves:
        if not isinstance(leaf.value, str) or leaf.in_list or leaf.path or not leaf.spans or leaf.why not in _SAID:
            continue
        own = query.raw[slice(*leaf.spans[0])]
        follower = _NEXT.match(query.text, leaf.spans[0][1])
        if re.search(r"\d", own):
            follower = _NEXT_CODE.match(query.text, leaf.spans[0][1]) or follower
        elif re.fullmatch(r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)+", own):
            follower = _NEXT_NAME.match(query.raw, leaf.spans[0][1]) or follower
        if follower is None:
            continue
        start, end = follower.span(1)
        word = query.raw[start:end].rstrip(".:")
        if query.is_used(start, end) or word.casefold() in STOP or not _are_alike(leaf.value, word, query, leaf, start):
            continue
        if sum(fellow.parameter == leaf.parameter and fellow.call != leaf.call for fellow in leaves) >= len(calls) > 1:
            continue
        says = f"no call takes {word!r}, which the query joins with {own!r}"
        yield Finding(Rule.CALL_LEFT_OUT, leaf.place, says)
        return


def _are_alike(value: str, word: str, query: Query, leaf: Leaf, start: int) -> bool:
    """Whether two neighbours are names of one kind: both codes built alike, both quoted, or both one name."""
    own = query.raw[slice(*leaf.spans[0])]
    quoted = [any(a <= place < b for a, b in query.quoted) for place in (leaf.spans[0][0], start)]
    if any(quoted):
        return all(quoted)
    marks = [set(re.findall(r"[-_@/#.]|\d", text)) for text in (own, word)]
    if marks[0] or marks[1]:
        return bool(marks[0] & marks[1])
    return len(word) > 2 and own[:1].isupper() and word[:1].isupper() and len(own.split()) == len(word.split())
