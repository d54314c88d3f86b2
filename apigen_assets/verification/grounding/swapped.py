"""Values at the wrong parameter or in the wrong call."""

import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

from apigen_assets.files.json_types import JsonValue
from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import near_cues, near_words
from apigen_assets.verification.grounding.english import fold, kind_of
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.query import Query, Span

_ORIGINS = frozenset({"from", "source", "origin", "old", "initial"})
_GOALS = frozenset({"to", "target", "destination", "new", "final"})
_ORDERED = (
    ("numerator", "denominator"), ("real", "imaginary"), ("systolic", "diastolic"), ("x", "y"), ("lat", "lon"),
    ("latitude", "longitude"), ("base", "exponent"), ("first", "second"), ("length", "width"), ("start", "end"),
    ("width", "height"), ("left", "right"), ("dividend", "divisor"), ("numbers1", "numbers2"),
)  # fmt: skip
"""Pairs of names that texts give in this order where nothing beside the values says otherwise."""
_JOINT = re.compile(r"[\s\"'()\[\],:;/+*^-]*(?:\w+)?[\s\"'()\[\],:;/+*^-]*")
_GLOSSED = re.compile(r"\b(from|to|into|until|till)\s+(?:[^\s(),.;]+\s+){1,4}\($")
"""A name before its code in brackets: `from Lisbon (LIS)`."""
_LOWS = frozenset({"start", "begin", "from", "min", "minimum", "low", "lower", "in"})
_HIGHS = frozenset({"end", "finish", "stop", "to", "until", "max", "maximum", "high", "upper", "out"})


class _Placed(NamedTuple):
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
        if len(group) == 1 and not first.in_list:
            if first.matched and len(set(first.spans)) == 1 and not first.path and _is_said(first):
                out.setdefault(call, []).append(_Placed(first, first.spans[0], _shape(first.value)))
        elif all(leaf.matched and leaf.spans for leaf in group) and all(
            leaf.in_list and re.fullmatch(r"\[\d+\]", leaf.path) for leaf in group
        ):
            starts, ends = zip(*(leaf.spans[0] for leaf in group), strict=True)
            if max(ends) - min(starts) < 40 * len(group):
                out.setdefault(call, []).append(
                    _Placed(first, (min(starts), max(ends)), f"list of {_shape(first.value)}")
                )
    return out


def _is_said(leaf: Leaf) -> bool:
    # `a century` is a number, `the last one` is hardly the place of a -1
    implied = leaf.why == "implied" and isinstance(leaf.value, int | float) and leaf.value >= 10
    return leaf.why.startswith(("stated", "converted")) or implied


def find_misplaced(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Two values that the words beside them, or their order, assign the other way round."""
    placed = _placed(leaves)
    for own in placed.values():
        for one, two in combinations(own, 2):
            if one.shape != two.shape or one.leaf.value == two.leaf.value or isinstance(one.leaf.value, bool):
                continue
            if one.span[0] < two.span[1] and two.span[0] < one.span[1]:
                continue
            if not (_takes(one.leaf, two.leaf.value) and _takes(two.leaf, one.leaf.value)):
                continue
            # A unit that both have speaks for neither.
            units = not _same_unit(one.span, two.span, query)
            straight = _fit(one, one.span, query, units) + _fit(two, two.span, query, units)
            crossed = _fit(one, two.span, query, units) + _fit(two, one.span, query, units)
            if crossed < straight:
                if _turned_range(one, two):
                    yield Finding(Rule.RANGE_TURNED, one.leaf.place, _turned(one, two))
                continue
            misled = crossed > straight == 0 and (
                _led(one.leaf, two.span, query) + _led(two.leaf, one.span, query)
                > _led(one.leaf, one.span, query) + _led(two.leaf, two.span, query)
            )
            if crossed >= straight + 2 or misled:
                # Who converted a value knew which parameter it is for, and one word alone may speak of something else.
                converted = any(placed.leaf.why.startswith("converted") for placed in (one, two))
                rule = Rule.MAY_BE_SWAPPED if converted or crossed < 2 else Rule.SWAPPED
                yield Finding(rule, one.leaf.place, f"{_both(one, two)} are swapped by the words beside them")
            elif crossed > straight == 0:
                says = f"{_both(one, two)} may be swapped, by the words beside them"
                yield Finding(Rule.MAY_BE_SWAPPED, one.leaf.place, says)
            elif _turned_range(one, two):
                yield Finding(Rule.RANGE_TURNED, one.leaf.place, _turned(one, two))
            elif crossed >= straight and _against_order(one, two, query):
                says = f"{_both(one, two)} stand the other way round in the query"
                yield Finding(Rule.SWAPPED_ORDER, one.leaf.place, says)
    if len(placed) > 1:
        yield from _order_differs(placed, leaves, query)
    if any(leaf.path for leaf in leaves):
        yield from _elements_differ(leaves)
        yield from _elements_crossed(leaves)
        yield from _list_turned(leaves)
        yield from _nested_range_turned(leaves)
    if len(placed) > 1:
        yield from _crossed_calls(placed, leaves)
        yield from _of_another_call(placed, leaves, query)


def _both(one: _Placed, two: _Placed) -> str:
    return f"{one.leaf.value!r} and {two.leaf.place} = {two.leaf.value!r}"


def _turned(one: _Placed, two: _Placed) -> str:
    return f"{one.leaf.value!r} and {two.leaf.place} = {two.leaf.value!r} are a range turned round"


def _takes(leaf: Leaf, value: JsonValue) -> bool:
    """Whether a parameter could have a value, as far as its schema says."""
    allowed = leaf.schema.get("enum") or leaf.slot.choices
    if allowed and value not in allowed:
        return False
    low, high = leaf.schema.get("minimum"), leaf.schema.get("maximum")
    if isinstance(value, int | float):
        kinds = leaf.schema.get("type")
        if kinds == "integer" and value != int(value):
            return False
        return not ((isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high))
    return True


def _against_order(one: _Placed, two: _Placed, query: Query) -> bool:
    """A pair such as numerator and denominator, close together in the query the other way round."""
    second, first = (one, two) if one.span <= two.span else (two, one)
    own, other = (placed.leaf.argument.folded.split("_") for placed in (first, second))
    if not any(
        first_name in own
        and second_name in other
        and [part for part in own if part != first_name] == [part for part in other if part != second_name]
        for first_name, second_name in _ORDERED
    ):
        return False
    between = query.text[second.span[1] : first.span[0]]
    return _JOINT.fullmatch(between) is not None and not re.search(r"\b(?:into|below)\b", between)


def _turned_range(one: _Placed, two: _Placed) -> bool:
    """A range whose ends are turned round, though the query names the lower one first."""
    for low, high in ((one, two), (two, one)):
        names = low.leaf.argument.parts, high.leaf.argument.parts
        if high.span < low.span and _is_turned(low.leaf.value, high.leaf.value, *names):
            return True
    return False


def _order_differs(placed: dict[int, list[_Placed]], leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Two calls of one function that read a pair of neighbouring values in opposite orders."""
    names = {leaf.call: leaf.tool.name for leaf in leaves}
    for (i, own), (j, others) in combinations(placed.items(), 2):
        if names[i] != names[j]:
            continue
        theirs = {each.leaf.parameter: each for each in others}
        for one, two in combinations(own, 2):
            a, b = theirs.get(one.leaf.parameter), theirs.get(two.leaf.parameter)
            if a is None or b is None or one.shape != two.shape or one.leaf.value == two.leaf.value:
                continue
            spans = {one.span, two.span, a.span, b.span}
            if len(spans) < 4 or not _neighbours(one.span, two.span, query) or not _neighbours(a.span, b.span, query):
                continue
            if one.shape == "text" or not _same_unit(one.span, two.span, query):
                continue
            if (one.span < two.span) != (a.span < b.span):
                both = f"{one.leaf.parameter} and {two.leaf.parameter}"
                says = f"{both} come in one order in call {i}, in the other in call {j} ({b.leaf.place})"
                yield Finding(Rule.ORDER_DIFFERS, one.leaf.place, says)


def _same_unit(one: Span, two: Span, query: Query) -> bool:
    """Whether two numbers stand with the same unit, or neither has one."""
    numbers = [number for span in (one, two) for number in query.numbers_at.get(span, ())]
    return len({number.unit if number.measure or not number.unit.isalpha() else "" for number in numbers}) < 2


_ELEMENT = re.compile(r"\[(\d+)\]\.(\w+)")


def _elements_differ(leaves: list[Leaf]) -> Iterator[Finding]:
    """An object of a list whose two numbers stand in another order than in all the other objects."""
    lists: dict[tuple[int, str], dict[int, dict[str, Leaf]]] = {}
    for leaf in leaves:
        match = _ELEMENT.fullmatch(leaf.path)
        if match and leaf.matched and leaf.spans and len(set(leaf.spans)) == 1 and _shape(leaf.value) == "number":
            lists.setdefault((leaf.call, leaf.parameter), {}).setdefault(int(match[1]), {})[match[2]] = leaf
    for elements in lists.values():
        keys = sorted({key for element in elements.values() for key in element})
        for first, second in combinations(keys, 2):
            whole = [element for element in elements.values() if first in element and second in element]
            whole = [element for element in whole if element[first].spans[0] != element[second].spans[0]]
            ahead = [element[first].spans[0] < element[second].spans[0] for element in whole]
            odd = [
                element
                for element, is_ahead in zip(whole, ahead, strict=True)
                if is_ahead != (sum(ahead) * 2 > len(ahead))
            ]
            if len(whole) >= 3 and len(odd) == 1:
                says = f"{first} and {second} come in another order in the query than in the other elements"
                yield Finding(Rule.ORDER_DIFFERS, odd[0][first].place, says)


def _crossed_calls(placed: dict[int, list[_Placed]], leaves: list[Leaf]) -> Iterator[Finding]:
    """Two calls whose values alternate in the query, each paired with the other call's (`20 for A and 60 for B`)."""
    names = {leaf.call: leaf.tool.name for leaf in leaves}
    for (i, own), (j, others) in combinations(placed.items(), 2):
        if names[i] != names[j]:
            continue
        theirs = {each.leaf.parameter: each for each in others}
        for one, two in combinations(own, 2):
            a, b = theirs.get(one.leaf.parameter), theirs.get(two.leaf.parameter)
            if a is None or b is None or one.leaf.value == a.leaf.value or two.leaf.value == b.leaf.value:
                continue
            if "text" in (one.shape, two.shape) and one.shape == two.shape:
                continue
            order = sorted([(one.span, "p", i), (two.span, "q", i), (a.span, "p", j), (b.span, "q", j)])
            kinds = "".join(kind for _, kind, _ in order)
            if len({span for span, _, _ in order}) == 4 and kinds in {"pqpq", "qpqp"} and order[0][2] != order[1][2]:
                says = f"{two.leaf.parameter} is given to call {i}, the query says it of what call {j} is about"
                yield Finding(Rule.OF_ANOTHER_CALL, two.leaf.place, says)


def _of_another_call(placed: dict[int, list[_Placed]], leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """A value of one call that stands behind all values of the next call, which has none of its own there."""
    names = {leaf.call: leaf.tool.name for leaf in leaves}
    given = {(leaf.call, leaf.parameter) for leaf in leaves}
    for i, own in placed.items():
        for j, others in placed.items():
            if i == j or names[i] != names[j] or len(own) < 2 or not others:
                continue
            for one in own:
                if one.shape == "text":
                    continue
                rest = [each.span for each in own if each is not one]
                theirs = [each.span for each in others]
                optional = one.leaf.optional and (j, one.leaf.parameter) not in given
                behind = max(rest)[1] <= min(theirs)[0] and one.span[0] >= max(theirs)[1]
                near = one.span[0] - max(theirs)[1] <= 30 and not re.search(
                    r"[.;?!]\s|\b(?:both|each|all|every|former|first)\b", query.text[max(theirs)[1] : one.span[1] + 12]
                )
                if optional and behind and near:
                    says = f"{one.leaf.value!r} stands beside the values of call {j}"
                    yield Finding(Rule.OF_ANOTHER_CALL, one.leaf.place, says)


def _elements_crossed(leaves: list[Leaf]) -> Iterator[Finding]:
    """Objects of a list whose texts and numbers alternate in the query, each paired with the other's number."""
    lists: dict[tuple[int, str], dict[int, dict[str, Leaf]]] = {}
    for leaf in leaves:
        match = _ELEMENT.fullmatch(leaf.path)
        if match and leaf.matched and len(set(leaf.spans)) == 1 and leaf.why.startswith(("stated", "implied")):
            lists.setdefault((leaf.call, leaf.parameter), {}).setdefault(int(match[1]), {})[match[2]] = leaf
    for elements in lists.values():
        for one, two in combinations(elements.values(), 2):
            texts = [key for key in one if key in two and isinstance(one[key].value, str)]
            numbers = [key for key in one if key in two and _shape(one[key].value) == "number"]
            for text, number in product(texts, numbers):
                places = [
                    (one[text].spans[0], "p", 1), (one[number].spans[0], "q", 1),
                    (two[text].spans[0], "p", 2), (two[number].spans[0], "q", 2),
                ]  # fmt: skip
                order = sorted(places)
                kinds = "".join(kind for _, kind, _ in order)
                if (
                    len({span for span, _, _ in order}) == 4
                    and kinds in {"pqpq", "qpqp"}
                    and order[0][2] != order[1][2]
                ):
                    says = f"{one[number].value!r} stands with {two[text].value!r} in the query"
                    implied = "implied" in {one[number].why, two[number].why}
                    rule = Rule.MAY_BE_SWAPPED if implied else Rule.ELEMENTS_CROSSED
                    yield Finding(rule, one[number].place, says)


def _nested_range_turned(leaves: list[Leaf]) -> Iterator[Finding]:
    """The ends of a range inside an object (`{"price": {"min": 500, "max": 350}}`), the larger as the lower one."""
    inside = [leaf for leaf in leaves if leaf.path and leaf.why.startswith(("stated", "converted"))]
    for one, two in combinations(inside, 2):
        (parent, _, name), (other, _, fellow) = one.path.rpartition("."), two.path.rpartition(".")
        if (one.call, one.parameter, parent) != (two.call, two.parameter, other):
            continue
        names, fellows = (frozenset(fold(key).split("_")) for key in (name, fellow))
        for low, high, lows, highs in ((one, two, names, fellows), (two, one, fellows, names)):
            if _is_turned(low.value, high.value, lows, highs):
                says = f"{low.value!r} and {high.place} = {high.value!r} are a range turned round"
                yield Finding(Rule.RANGE_TURNED, low.place, says)


def _is_turned(low: JsonValue, high: JsonValue, lows: frozenset[str], highs: frozenset[str]) -> bool:
    """Whether two values are the ends of one range by the words of their names, the lower one being larger."""
    if lows.isdisjoint(_LOWS) or highs.isdisjoint(_HIGHS) or lows - _LOWS != highs - _HIGHS:
        return False
    if isinstance(low, str) and isinstance(high, str):
        return all(re.match(r"\d{4}-\d\d-\d\d", each) for each in (low, high)) and low > high
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high


def _list_turned(leaves: list[Leaf]) -> Iterator[Finding]:
    """A list of numbers in another order than the query has, beside a list of names in the query's order."""
    lists: dict[tuple[int, str], list[Leaf]] = {}
    for leaf in leaves:
        if re.fullmatch(r"\[\d+\]", leaf.path):
            lists.setdefault((leaf.call, leaf.parameter), []).append(leaf)
    whole = {
        key: [leaf.spans[0] for leaf in group]
        for key, group in lists.items()
        if len(group) > 2
        and all(leaf.why == "stated" and leaf.spans and len(set(leaf.spans)) == 1 for leaf in group)
        and len({leaf.spans[0] for leaf in group}) == len(group)
    }
    for (call, name), spans in whole.items():
        beside = [key for key in whole if key[0] == call and key[1] != name and len(whole[key]) == len(spans)]
        ordered = [key for key in beside if whole[key] == sorted(whole[key])]
        if spans != sorted(spans) and ordered and isinstance(lists[call, name][0].value, int | float):
            place = lists[call, name][0].place.split("[")[0]
            yield Finding(Rule.LIST_TURNED, place, f"in another order than the query has, unlike {ordered[0][1]}")


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


def _fit(placed: _Placed, span: Span, query: Query, units: bool = True) -> int:
    """How many things beside a place in the query speak for a parameter; of texts only the word before them does."""
    leaf = placed.leaf
    if placed.shape.endswith("text"):
        return _led(leaf, span, query)
    beside = near_cues(query, span) if units else near_words(query, span)
    return len(beside & leaf.cues) + _led(leaf, span, query)


def _led(leaf: Leaf, span: Span, query: Query) -> int:
    """Whether the word before a place (`from`, `to`) speaks for a parameter."""
    names, label = leaf.argument.parts, leaf.argument.folded.replace("_", " ").removesuffix(" id")
    is_labelled, is_directed = label in query.text, not names.isdisjoint(_ORIGINS | _GOALS)
    if not is_labelled and not is_directed:
        return 0
    before = query.text[max(0, span[0] - 60) : span[0]].rstrip(" \"'$€£=:")
    for word in (" of", " is"):
        before = before.removesuffix(word)
    if is_labelled and before.endswith(label) and not before[: -len(label)][-1:].isalnum():
        return 1
    if is_labelled and re.match(rf"[\"']?\s+{re.escape(label)}\s+(?:of|in|from)\b", query.text[span[1] :]):
        return 1  # `the amount column of orders`
    if not is_directed:
        return 0
    glossed = _GLOSSED.search(before)
    leader = re.search(r"([a-z]+)\s*(?:\b(?:the|an?|my|our)\s+)?[\"'$€£]?$", query.text[max(0, span[0] - 24) : span[0]])
    word = glossed.group(1) if glossed else leader.group(1) if leader else ""
    follows_number = re.search(r"\d[\s-]?$", query.text[max(0, span[0] - 3) : span[0]]) is not None
    of_kind = bool(leaf.slot.choices) or kind_of(fold(str(leaf.value))) is not None
    if names & _ORIGINS and (word == "from" or (follows_number and of_kind)):
        return 1
    if word == "in" and re.search(r"(?:^|[.!?:]\s)in\s[\"']?$", query.text[: span[0]]):
        return 0  # `In "a b c", ...` says where, not into what
    return int(bool(names & _GOALS) and word in {"to", "into", "until", "till", "in", "many", "as"})
