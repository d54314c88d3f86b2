"""What the query lists and a list of a call lacks."""

import re
from collections.abc import Iterator
from itertools import pairwise

from apigen_assets.verification.grounding.arguments import Leaf, Status
from apigen_assets.verification.grounding.beside import left_numbers, mentions
from apigen_assets.verification.grounding.english import STOP
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import Moment

_BETWEEN = re.compile(
    r"['\"]?\s*,\s*(?:(?:an?|the)\s)?['\"]?([^,.;?!]{2,30}?)['\"]?\s*(?:,|,?\s+(?:and|or)(?:\s(?:an?|the))?)\s*['\"]?"
)
"""What stands between two elements of an enumeration in which there is one more."""


def find_omitted_elements(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A number or name of an enumeration all of whose other members are in a list."""
    if not any(leaf.path for leaf in leaves):
        return
    lists: dict[tuple[int, str], list[Leaf]] = {}
    objects: dict[tuple[int, str], list[Span]] = {}
    for leaf in leaves:
        if leaf.in_list and leaf.matched and leaf.spans and "." in leaf.path:
            objects.setdefault((leaf.call, leaf.parameter), []).append(leaf.spans[0])
        if re.fullmatch(r"\[\d+\]", leaf.path):
            lists.setdefault((leaf.call, leaf.parameter), []).append(leaf)
    for (call, parameter), places in objects.items():
        if len(set(places)) >= 3:
            yield from _stands_among(call, parameter, sorted(set(places)), query)
    if not lists:
        return
    contradicted = {(leaf.call, leaf.parameter) for leaf in leaves if leaf.status is Status.UNGROUNDED}
    runs = {(number.start, number.end): number.run for number in query.numbers if not number.weak}
    for (call, parameter), members in lists.items():
        stated = [leaf for leaf in members if leaf.matched and leaf.spans]
        spans = sorted({leaf.spans[0] for leaf in stated})
        if len(spans) < 2 or len(stated) < len(members) or contradicted - {(call, parameter)}:
            continue
        own_runs = {runs[span] for span in spans if span in runs}
        others = [leaf for key, group in lists.items() if key != (call, parameter) for leaf in group if leaf.spans]
        if own_runs & {runs.get(leaf.spans[0], -1) for leaf in others}:
            yield from _stands_among(call, parameter, spans, query)
            continue
        several = any(key != (call, parameter) and key[1] == parameter for key in lists)
        unit = {number.unit for number in query.numbers if (number.start, number.end) in spans}
        for number in left_numbers(query):
            if not number.digits and re.match(r"\s\w+s\b", query.text[number.end :]):
                continue  # `three twos` says how often
            if any(leaf.value in number.values for leaf in members if not isinstance(leaf.value, str)):
                # The element took another place where the query says the same, or stands there once too seldom.
                if number.run in own_runs and not several:
                    yield from _once_too_seldom(call, parameter, members, number, query)
                continue
            between = spans[0][0] < number.start < spans[-1][1]
            listed = number.run in own_runs and (between or _touches(number, spans, query))
            alike = bool(number.unit) and unit == {number.unit} and between
            if listed or alike:
                said = query.text[number.start : number.end].strip()
                # With several calls it may be another one's.
                rule = Rule.STANDS_AMONG if several else Rule.ELEMENT_MISSING
                yield Finding(rule, f"{call}.{parameter}", f"without {said}, which the query lists")
                break
        yield from _omitted_moment(call, parameter, spans, several, query)
        yield from _omitted_member(call, parameter, members, query)
        if all(isinstance(leaf.value, str) for leaf in members) and not several:
            yield from _omitted_name(call, parameter, spans, query)


def _once_too_seldom(call: int, parameter: str, members: list[Leaf], number: Number, query: Query) -> Iterator[Finding]:
    """A number that a series has more often than the list, which has each of its other numbers."""
    described = f"{parameter} {members[0].tool.description} {members[0].schema.get('description') or ''}".casefold()
    series = [each for each in query.numbers if each.run == number.run and not each.weak]
    if re.search(r"\b(?:unique|distinct|different|set|dedup\w*)\b", described) or len(series) != len(members) + 1:
        return
    said = query.text[number.start : number.end].strip()
    yield Finding(Rule.STANDS_AMONG, f"{call}.{parameter}", f"has {said} less often than the query")


def _stands_among(call: int, parameter: str, spans: list[Span], query: Query) -> Iterator[Finding]:
    """A number that stands between the elements of a list, in one sentence, and that nobody takes."""
    start, end = spans[0][0], spans[-1][1]
    if re.search(r"[.;?!]\s", query.text[start:end]):
        return
    for number in left_numbers(query):
        if number.digits and start - 12 < number.start < end + 12:
            said = query.text[number.start : number.end].strip()
            yield Finding(
                Rule.STANDS_AMONG, f"{call}.{parameter}", f"no argument takes {said}, which stands among its values"
            )
            return


def _omitted_moment(call: int, parameter: str, spans: list[Span], several: bool, query: Query) -> Iterator[Finding]:
    """A date or time of an enumeration of which a list has the others."""
    taken = [moment for moment in query.moments if (moment.start, moment.end) in spans]
    if len(taken) < len(spans):
        return
    for moment in query.moments:
        if query.is_used(moment.start, moment.end) or bool(moment.dates) != bool(taken[0].dates):
            continue
        if _touches(moment, spans, query):
            said = query.text[moment.start : moment.end].strip()
            rule = Rule.STANDS_AMONG if several else Rule.ELEMENT_MISSING
            yield Finding(rule, f"{call}.{parameter}", f"without {said}, which the query lists")
            return


def _touches(number: Number | Moment, spans: list[Span], query: Query) -> bool:
    """Whether something stands directly before or behind an enumeration, with a comma or a conjunction between."""
    for start, end in (spans[0], spans[-1]):
        gap = query.text[end : number.start] if number.start >= end else query.text[number.end : start]
        if len(gap) < 12 and re.fullmatch(r"\s*(?:,|,?\s*(?:and|or|und|oder|y|o|et|ou|e|en|of|i|lub))\s*", gap):
            return True
    return False


def _omitted_member(call: int, parameter: str, members: list[Leaf], query: Query) -> Iterator[Finding]:
    """An allowed value that the query names and a list of such values does not have."""
    taken = {leaf.value for leaf in members}
    for member in members[0].slot.choices:
        if member not in taken and any(not query.is_used(*span) for span in mentions(member, query)):
            says = f"without {member!r}, which the query names"
            yield Finding(Rule.MAY_BE_OMITTED, f"{call}.{parameter}", says)
            return


def _omitted_name(call: int, parameter: str, spans: list[Span], query: Query) -> Iterator[Finding]:
    for before, after in pairwise(spans):
        gap = query.text[before[1] : after[0]]
        between = _BETWEEN.fullmatch(gap)
        if between and between.group(1) not in STOP and not query.is_used(before[1] + 2, after[0] - 2):
            says = f"without {between.group(1)!r}, which the query lists"
            yield Finding(Rule.ELEMENT_MISSING, f"{call}.{parameter}", says)
