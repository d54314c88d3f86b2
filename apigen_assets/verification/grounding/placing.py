"""Values at the wrong parameter, and values of the query that no argument took."""

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from apigen_assets.verification.grounding.arguments import Leaf, Status, enum_of, parameter_cues
from apigen_assets.verification.grounding.matching import mentions, near_cues, unused_numbers
from apigen_assets.verification.grounding.text import Query, Span
from apigen_assets.verification.grounding.words import STOP, content_stems, fold

Tools = dict[str, dict[str, Any]]
Calls = list[dict[str, Any]]

_ORIGINS = frozenset({"from", "source", "origin"})
_GOALS = frozenset({"to", "target", "destination"})
_LOWS = frozenset({"start", "begin", "from", "min", "minimum", "low", "lower"})
_HIGHS = frozenset({"end", "finish", "stop", "to", "until", "max", "maximum", "high", "upper"})


@dataclass(frozen=True)
class _Placed:
    """A parameter of a call and the one place in the query where its value stands."""

    leaf: Leaf
    span: Span
    shape: str


def _placed(leaves: list[Leaf]) -> dict[int, list[_Placed]]:
    """Per call the parameters whose value stands in exactly one place; a list stands where its elements do."""
    groups: dict[tuple[int, str], list[Leaf]] = {}
    for leaf in leaves:
        groups.setdefault((leaf.call, leaf.parameter), []).append(leaf)
    out: dict[int, list[_Placed]] = {}
    for (call, _), group in groups.items():
        first = group[0]
        if not all(leaf.matched and leaf.spans for leaf in group):
            continue
        if len(group) == 1 and not first.in_list:
            if len(set(first.spans)) == 1 and not first.path:
                out.setdefault(call, []).append(_Placed(first, first.spans[0], _shape(first.value)))
        elif all(leaf.in_list and re.fullmatch(r"\[\d+\]", leaf.path) for leaf in group):
            starts, ends = zip(*(leaf.spans[0] for leaf in group), strict=True)
            if max(ends) - min(starts) < 40 * len(group):
                out.setdefault(call, []).append(_Placed(first, (min(starts), max(ends)), f"list of {_shape(first.value)}"))
    return out


def find_misplaced(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> str | None:
    """Two values of one call that the words beside them assign the other way round."""
    for own in _placed(leaves).values():
        for one, two in combinations(own, 2):
            if one.shape != two.shape or one.leaf.value == two.leaf.value or isinstance(one.leaf.value, bool):
                continue
            if one.span[0] < two.span[1] and two.span[0] < one.span[1]:
                continue
            if enum_of(one.leaf.schema) != enum_of(two.leaf.schema):
                continue
            straight = _fit(one.leaf, one.span, query) + _fit(two.leaf, two.span, query)
            crossed = _fit(one.leaf, two.span, query) + _fit(two.leaf, one.span, query)
            if crossed >= straight + 2 or (crossed > straight == 0) or _turned_range(one, two):
                return (
                    f"{one.leaf.place} = {one.leaf.value!r} and {two.leaf.place} = {two.leaf.value!r} "
                    "are swapped by the words beside them"
                )
    return None


def _turned_range(one: _Placed, two: _Placed) -> bool:
    """A range whose ends are turned round, though the query names the lower one first."""
    names = set(fold(one.leaf.parameter).split("_")), set(fold(two.leaf.parameter).split("_"))
    for low, high, low_names, high_names in ((one, two, *names), (two, one, *reversed(names))):
        if low_names & _LOWS and high_names & _HIGHS and low_names - _LOWS == high_names - _HIGHS:
            a, b = low.leaf.value, high.leaf.value
            dates = isinstance(a, str) and all(re.match(r"\d{4}-\d\d-\d\d", str(each)) for each in (a, b))
            numbers = isinstance(a, int | float) and isinstance(b, int | float)
            if (dates or numbers) and a > b and high.span < low.span:
                return True
    return False


def _shape(value: Any) -> str:
    """Kind of a value as far as two parameters could exchange theirs."""
    if not isinstance(value, str):
        return "number"
    if re.search(r"\d", value):
        return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", value))
    return "text"


def _fit(leaf: Leaf, span: Span, query: Query) -> int:
    """How many things beside a place in the query speak for a parameter."""
    score = len(near_cues(query, span) & leaf.cues)
    names = set(fold(leaf.parameter).split("_"))
    leader = re.search(r"([a-z]+)\s*[\"'$€£]?$", query.text[: span[0]])
    word = leader.group(1) if leader else ""
    follows_number = re.search(r"\d[\s-]?$", query.text[: span[0]]) is not None
    if names & _ORIGINS and (word == "from" or (follows_number and enum_of(leaf.schema))):
        score += 1
    if names & _GOALS and word in {"to", "into", "until", "till", "in", "many", "as"}:
        score += 1
    return score


def find_omitted(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> str | None:
    """A value of the query that belongs to an argument, and that the calls leave out."""
    return (
        _omitted_choice_or_number(leaves, query, tools, calls)
        or _omitted_element(leaves, query)
        or _confused_choice(leaves, query)
    )


def _omitted_choice_or_number(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> str | None:
    unused = unused_numbers(query)
    for i, call in enumerate(calls):
        tool = tools.get(call["name"])
        if tool is None:
            continue
        properties = (tool.get("parameters") or {}).get("properties") or {}
        of_tool = content_stems(f"{tool.get('name', '')} {tool.get('description') or ''}".replace("_", " "))
        for name, schema in properties.items():
            if not isinstance(schema, dict) or name in call["arguments"]:
                continue
            if unused and _is_numeric(schema):
                cues = parameter_cues(tool, name)
                for one in unused:
                    if near_cues(query, (one.start, one.end)) & cues:
                        return f"{i}.{name}: left out, though the query says {query.text[one.start : one.end].strip()}"
            default = schema.get("default")
            for member in enum_of(schema):
                if member == default or content_stems(member) & of_tool or mentions(str(default), query):
                    continue
                if any(not query.is_used(*span) for span in mentions(member, query)):
                    return f"{i}.{name}: left out, though the query says {member!r}"
    return None


def _is_numeric(schema: dict[str, Any]) -> bool:
    branches = [schema, *(one for one in schema.get("anyOf", ()) if isinstance(one, dict))]
    kinds: set[str] = set()
    for branch in branches:
        own = branch.get("type")
        kinds |= set(own) if isinstance(own, list) else {str(own)}
    return not kinds.isdisjoint({"integer", "number"})


def _omitted_element(leaves: list[Leaf], query: Query) -> str | None:
    """A number or name of an enumeration all of whose other members are in a list."""
    in_lists = [leaf for leaf in leaves if leaf.in_list and leaf.matched and leaf.spans]
    if not in_lists:
        return None
    runs = {one.run: [] for one in query.numbers}  # type: dict[int, list[Leaf]]
    by_span = {(one.start, one.end): one.run for one in query.numbers if not one.weak}
    for leaf in in_lists:
        run = by_span.get(leaf.spans[0])
        if run is not None:
            runs[run].append(leaf)
    for one in unused_numbers(query):
        fellows = runs.get(one.run, [])
        if len({fellow.spans[0] for fellow in fellows}) >= 2:
            said = query.text[one.start : one.end].strip()
            return f"{fellows[0].call}.{fellows[0].parameter}: without {said}, which the query lists"
    texts: dict[tuple[int, str], list[Span]] = {}
    for leaf in in_lists:
        if isinstance(leaf.value, str) and re.fullmatch(r"\[\d+\]", leaf.path):
            texts.setdefault((leaf.call, leaf.parameter), []).append(leaf.spans[0])
    for (call, parameter), spans in texts.items():
        spans.sort()
        for before, after in zip(spans, spans[1:], strict=False):
            gap = query.text[before[1] : after[0]]
            between = re.fullmatch(r"['\"]?\s*,\s*['\"]?([^,.;?!]{2,30}?)['\"]?\s*(?:,|,?\s+and)\s*['\"]?", gap)
            if between and between.group(1) not in STOP and not query.is_used(before[1] + 2, after[0] - 2):
                return f"{call}.{parameter}: without {between.group(1)!r}, which the query lists"
    return None


def _confused_choice(leaves: list[Leaf], query: Query) -> str | None:
    """Two arguments that take one mention of a choice, while the query names another that nobody takes."""
    chosen = [leaf for leaf in leaves if leaf.matched and isinstance(leaf.value, str) and enum_of(leaf.schema)]
    for leaf in chosen:
        rivals = [
            other
            for other in chosen
            if other is not leaf and other.value == leaf.value and enum_of(other.schema) == enum_of(leaf.schema)
        ]
        goal = bool(set(fold(leaf.parameter).split("_")) & (_GOALS | {"per", "output", "result"}))
        of_number = bool(leaf.spans) and re.search(r"\d[\s-]?$", query.text[: leaf.spans[0][0]]) is not None
        if not (rivals and len(set(leaf.spans)) == 1) and not (goal and of_number):
            continue
        for member in enum_of(leaf.schema):
            free = [span for span in mentions(member, query) if not query.is_used(*span)]
            if member != leaf.value and free:
                return f"{leaf.place}: {leaf.value!r}, though the query also says {member!r}"
    return None


_FUNCTION_WORDS = frozenset(
    {"of", "the", "and", "to", "for", "with", "a", "an", "in", "at", "from", "is", "or", "by", "on", "are", "my", "as", "than", "that", "into"}
)


def find_broken_query(leaves: list[Leaf], query: Query) -> str | None:
    """Arguments that are not stated, and a query that breaks off or says none of them."""
    missing = [
        leaf
        for leaf in leaves
        if not leaf.matched
        and leaf.status is Status.UNDECIDED
        and not leaf.is_default
        and not isinstance(leaf.value, bool)
        and leaf.why.endswith("not stated")
    ]
    if not missing:
        return None
    end = query.text.rstrip()
    if query.words and query.words[-1].end == len(end) and (query.words[-1].text in _FUNCTION_WORDS or end.endswith(",")):
        return f"{missing[0].place}: {missing[0].value!r} is not in the query, which breaks off"
    if len(missing) >= 2 and not any(leaf.matched for leaf in leaves) and not query.moments:
        return f"{missing[0].place}: {missing[0].value!r} is not in the query, nor is any other argument"
    return None


def find_wrong_tool(query: Query, tools: Tools, calls: Calls) -> str | None:
    """A tool that nothing in the query speaks of, where another one offered is spoken of by name."""
    if len(tools) < 2:
        return None
    words = {
        name: content_stems(f"{name} {tool.get('description') or ''}".replace("_", " ")) for name, tool in tools.items()
    }
    called = {call["name"] for call in calls}
    for name in called:
        others = frozenset().union(*(words[other] for other in words if other != name))
        if (words[name] - others) & query.stems:
            continue
        for other in sorted(set(tools) - called):
            rest = frozenset().union(*(words[third] for third in words if third != other))
            own = words[other] - rest
            named = content_stems(other.replace("_", " ")) & own & query.stems
            if len(own & query.stems) >= 2 and named:
                return f"{name}: nothing in the query speaks of it, but of {other}"
    return None
