"""Values at the wrong parameter, and values of the query that no argument took."""

import re
from dataclasses import dataclass
from itertools import combinations, pairwise

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.verification.grounding.arguments import Leaf, Status, enum_of, parameter_cues
from apigen_assets.verification.grounding.english import STOP, content_stems, fold, stem, word_set, words_in
from apigen_assets.verification.grounding.matching import mentions, near_cues, unused_numbers
from apigen_assets.verification.grounding.query import Query, Span
from apigen_assets.verification.grounding.times import RELATIVE

Tools = dict[str, JsonObject]
Calls = list[JsonObject]

_ORIGINS = frozenset({"from", "source", "origin", "old", "initial"})
_GOALS = frozenset({"to", "target", "destination", "new", "final"})
_ORDERED = (
    ("numerator", "denominator"), ("real", "imaginary"), ("systolic", "diastolic"), ("x", "y"), ("lat", "lon"),
    ("latitude", "longitude"), ("base", "exponent"), ("first", "second"), ("length", "width"), ("start", "end"),
    ("text1", "text2"), ("a", "b"), ("left", "right"), ("dividend", "divisor"), ("numbers1", "numbers2"),
)  # fmt: skip
"""Pairs of names that texts give in this order where nothing beside the values says otherwise."""
_JOINT = re.compile(r"[\s\"'()\[\],:;/+*^-]*(?:\w+)?[\s\"'()\[\],:;/+*^-]*")
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
                out.setdefault(call, []).append(
                    _Placed(first, (min(starts), max(ends)), f"list of {_shape(first.value)}")
                )
    return out


def find_misplaced(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> str | None:
    """Two values of one call that the words beside them assign the other way round."""
    placed = _placed(leaves)
    for own in placed.values():
        for one, two in combinations(own, 2):
            if one.shape != two.shape or one.leaf.value == two.leaf.value or isinstance(one.leaf.value, bool):
                continue
            if one.span[0] < two.span[1] and two.span[0] < one.span[1]:
                continue
            if not (_takes(one.leaf, two.leaf.value) and _takes(two.leaf, one.leaf.value)):
                continue
            straight = _fit(one.leaf, one.span, query) + _fit(two.leaf, two.span, query)
            crossed = _fit(one.leaf, two.span, query) + _fit(two.leaf, one.span, query)
            wrong = crossed >= straight + 2 or (crossed > straight == 0) or _turned_range(one, two)
            if wrong or (crossed >= straight and _against_order(one, two, query)):
                return (
                    f"{one.leaf.place} = {one.leaf.value!r} and {two.leaf.place} = {two.leaf.value!r} "
                    "are swapped by the words beside them"
                )
    return _order_differs(placed, leaves, query)


def _takes(leaf: Leaf, value: JsonValue) -> bool:
    """Whether a parameter could have a value, as far as it lists what it allows."""
    allowed = enum_of(leaf.schema)
    return not allowed or value in allowed


def _against_order(one: _Placed, two: _Placed, query: Query) -> bool:
    """A pair such as numerator and denominator, close together in the query the other way round."""
    for first_name, second_name in _ORDERED:
        for first, second in ((one, two), (two, one)):
            own, other = fold(first.leaf.parameter).split("_"), fold(second.leaf.parameter).split("_")
            rest = [part for part in own if part != first_name], [part for part in other if part != second_name]
            if first_name not in own or second_name not in other or rest[0] != rest[1]:
                continue
            between = query.text[second.span[1] : first.span[0]]
            if second.span < first.span and _JOINT.fullmatch(between) and not re.search(r"\b(?:into|below)\b", between):
                return True
    return False


def _turned_range(one: _Placed, two: _Placed) -> bool:
    """A range whose ends are turned round, though the query names the lower one first."""
    for low, high in ((one, two), (two, one)):
        low_names = set(fold(low.leaf.parameter).split("_"))
        high_names = set(fold(high.leaf.parameter).split("_"))
        if low_names & _LOWS and high_names & _HIGHS and low_names - _LOWS == high_names - _HIGHS:
            a, b = low.leaf.value, high.leaf.value
            dates = isinstance(a, str) and all(re.match(r"\d{4}-\d\d-\d\d", str(each)) for each in (a, b))
            numbers = isinstance(a, int | float) and isinstance(b, int | float)
            if (dates or numbers) and a > b and high.span < low.span:
                return True
    return False


def _order_differs(placed: dict[int, list[_Placed]], leaves: list[Leaf], query: Query) -> str | None:
    """Two calls of one function that read a pair of neighbouring values in opposite orders."""
    names = {leaf.call: leaf.tool["name"] for leaf in leaves}
    for (i, own), (j, other) in combinations(placed.items(), 2):
        if names[i] != names[j]:
            continue
        theirs = {one.leaf.parameter: one for one in other}
        for one, two in combinations(own, 2):
            a, b = theirs.get(one.leaf.parameter), theirs.get(two.leaf.parameter)
            if a is None or b is None or one.shape != two.shape or one.leaf.value == two.leaf.value:
                continue
            spans = {one.span, two.span, a.span, b.span}
            if len(spans) < 4 or not _neighbours(one.span, two.span, query) or not _neighbours(a.span, b.span, query):
                continue
            if (one.span < two.span) != (a.span < b.span):
                names_ = f"{one.leaf.parameter} and {two.leaf.parameter}"
                return f"{names_} come in one order in call {i}, in the other in call {j}"
    return None


def _neighbours(one: Span, two: Span, query: Query) -> bool:
    """Whether no other number stands between two places."""
    start, end = min(one[1], two[1]), max(one[0], two[0])
    return end - start < 60 and not any(start <= number.start < end for number in query.numbers if not number.weak)


def _shape(value: JsonValue) -> str:
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
        or _taken_twice(leaves, query)
        or _omitted_element(leaves, query)
        or _confused_choice(leaves, query)
    )


def _omitted_choice_or_number(leaves: list[Leaf], query: Query, tools: Tools, calls: Calls) -> str | None:
    unused = unused_numbers(query)
    # Words that any of the called tools uses of itself say nothing about a choice.
    of_tools = frozenset().union(*(_vocabulary(tools[call["name"]]) for call in calls if call["name"] in tools))
    for i, call in enumerate(calls):
        tool = tools.get(call["name"])
        if tool is None:
            continue
        properties = (tool.get("parameters") or {}).get("properties") or {}
        for name, schema in properties.items():
            if not isinstance(schema, dict) or (name in call["arguments"] and not _at_default(leaves, i, name)):
                continue
            elsewhere = any(name in other["arguments"] for other in calls if other is not call)
            flag = schema.get("type") == "boolean" and schema.get("default") is False and not elsewhere
            if flag and _asked_for(name, tools, calls, query):
                return f"{i}.{name}: false, though the query asks for it by name"
            if unused and _is_numeric(schema):
                # The other parameters have their values: a word of the name is enough, even a shared one.
                cues = parameter_cues(tool, name) | content_stems(name.replace("_", " "))
                for one in unused:
                    if schema.get("default") in one.values:
                        continue
                    if near_cues(query, (one.start, one.end)) & cues:
                        return f"{i}.{name}: left out, though the query says {query.text[one.start : one.end].strip()}"
            shared = _shared_by_siblings(leaves, i, call["name"], name, query)
            if shared is not None and not content_stems(str(shared.value)) & of_tools:
                return f"{i}.{name}: left out, though the query says {shared.value!r} for all calls ({shared.place})"
            default = schema.get("default")
            for member in enum_of(schema):
                if member == default or content_stems(member) & of_tools:
                    continue
                if any(not query.is_used(*span) for span in mentions(str(default), query)):
                    continue
                if any(not query.is_used(*span) for span in mentions(member, query)):
                    return f"{i}.{name}: left out, though the query says {member!r}"
    return None


_DENIED = re.compile(r"(?:\b(?:no|not|without|never|don't|do not|non|anti|counter)[\s-]+(?:\w+\s+){0,2}|\w-)$")


def _asked_for(flag: str, tools: Tools, calls: Calls, query: Query) -> bool:
    """Whether the query has the words of a flag's name, undenied, where no called tool uses them otherwise."""
    words = words_in(fold(flag.replace("_", " ")))
    if not words or any(word.text in STOP for word in words):
        return False
    for call in calls:
        tool = tools.get(call["name"], {})
        rest = {name for name in (tool.get("parameters") or {}).get("properties") or {} if name != flag}
        used = content_stems(
            f"{tool.get('name', '')} {tool.get('description') or ''} {' '.join(rest)}".replace("_", " ")
        )
        if used & {stem(word.text) for word in words}:
            return False
    return any(
        not query.is_used(*span)
        and not any(a <= span[0] and span[1] <= b for a, b in query.quoted)
        and not _DENIED.search(query.text[: span[0]])
        and not re.match(r"\s*(?:=|is|set to|:)?\s*(?:false|no|off)\b", query.text[span[1] :])
        for span in query.find_words(words)
    )


def _vocabulary(tool: JsonObject) -> frozenset[str]:
    """Stems of a tool's name and description and of its parameters' names."""
    names = " ".join((tool.get("parameters") or {}).get("properties") or {})
    return content_stems(f"{tool.get('name', '')} {tool.get('description') or ''} {names}".replace("_", " "))


def _shared_by_siblings(leaves: list[Leaf], call: int, function: str, parameter: str, query: Query) -> Leaf | None:
    """A sibling's value that the query states in a sentence of its own, before anything else of either call."""
    own = [leaf.spans[0] for leaf in leaves if leaf.call == call and leaf.matched and leaf.spans]
    if not own:
        return None
    for leaf in leaves:
        if leaf.call == call or leaf.tool["name"] != function or leaf.parameter != parameter or leaf.is_default:
            continue
        others = [
            one.spans[0] for one in leaves if one.call == leaf.call and one is not leaf and one.matched and one.spans
        ]
        stated = leaf.matched and leaf.why == "stated" and leaf.spans and not isinstance(leaf.value, bool)
        if not (stated and others and leaf.spans[0] < min(own) and leaf.spans[0] < min(others)):
            continue
        if re.search(r"[.:;?!]\s", query.text[leaf.spans[0][1] : min(*own, *others)[0]]):
            return leaf
    return None


def _at_default(leaves: list[Leaf], call: int, parameter: str) -> bool:
    """Whether a call spells a parameter's default out without the query saying it."""
    return any(
        leaf.call == call and leaf.parameter == parameter and leaf.is_default and not leaf.matched for leaf in leaves
    )


def _taken_twice(leaves: list[Leaf], query: Query) -> str | None:
    """A number of the query that nobody takes, while an argument shares another's or rests on an implied one."""
    unused = unused_numbers(query)
    if not unused:
        return None
    said = query.text[unused[0].start : unused[0].end].strip()
    numeric = [
        leaf
        for leaf in leaves
        if leaf.matched and leaf.spans and isinstance(leaf.value, int | float) and not isinstance(leaf.value, bool)
    ]
    beside = frozenset().union(*(near_cues(query, (one.start, one.end)) for one in unused))
    for leaf in numeric:
        if leaf.why == "implied" and leaf.cues & beside:
            return f"{leaf.place} = {leaf.value!r} is not stated, though the query says {said}"
        fellows = [other for other in numeric if other.call == leaf.call and other.value == leaf.value]
        if len(fellows) > len(set(leaf.spans)) and leaf.why == "stated" and not leaf.in_list:
            return f"{leaf.place} = {leaf.value!r} stands for two arguments, though the query says {said}"
    return None


def _is_numeric(schema: JsonObject) -> bool:
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
    hulls: dict[tuple[int, str], list[Span]] = {}
    for leaf in in_lists:
        hulls.setdefault((leaf.call, leaf.parameter), []).append(leaf.spans[0])
    for (call, parameter), spans in hulls.items():
        if len(set(spans)) < 2:
            continue
        start, end = min(spans)[0], max(span[1] for span in spans)
        for one in unused_numbers(query):
            if start < one.start < end and not re.search(r"[.;?!]\s", query.text[start:end]):
                said = query.text[one.start : one.end].strip()
                return f"{call}.{parameter}: without {said}, which stands among its values in the query"
    units = {(one.start, one.end): one.unit for one in query.numbers}
    for (call, parameter), spans in hulls.items():
        of_list = [units.get(span, "") for span in set(spans)]
        for one in unused_numbers(query):
            if one.unit and len(of_list) >= 2 and all(unit == one.unit for unit in of_list):
                return f"{call}.{parameter}: without {query.text[one.start : one.end].strip()} {one.unit}"
    texts: dict[tuple[int, str], list[Span]] = {}
    for leaf in in_lists:
        if isinstance(leaf.value, str) and re.fullmatch(r"\[\d+\]", leaf.path):
            texts.setdefault((leaf.call, leaf.parameter), []).append(leaf.spans[0])
    for (call, parameter), spans in texts.items():
        spans.sort()
        for before, after in pairwise(spans):
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


_FUNCTION_WORDS = word_set(
    """
    a an and are as at by for from in into is my of on or than that the to with
    """
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
    if (
        query.words
        and query.words[-1].end == len(end)
        and (query.words[-1].text in _FUNCTION_WORDS or end.endswith(","))
    ):
        return f"{missing[0].place}: {missing[0].value!r} is not in the query, which breaks off"
    if len(missing) >= 2 and not any(leaf.matched for leaf in leaves) and not RELATIVE.search(query.text):
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
