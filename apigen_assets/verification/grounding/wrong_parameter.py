"""A stated number at a parameter that the words beside it do not speak of."""

import re
from collections.abc import Iterator

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.beside import near_cues
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.quantities import same_kind
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.tool_view import ParameterView, ToolView, kinds_of

_LOW_NAMES = frozenset({"min", "minimum", "lowest", "least", "lower"})
_HIGH_NAMES = frozenset({"max", "maximum", "highest", "most", "upper"})
_HIGH_BEFORE = re.compile(
    r"\b(?:below|under|less than|at most|up to|no more than|not more than|no higher than|not above|not over|"
    r"cheaper than|not exceeding|maximum(?: of)?|max\.?)\s*[$€£¥]?\s?$"
)
_LOW_BEFORE = re.compile(
    r"\b(?:above|over|more than|at least|exceeding|greater than|higher than|no less than|not less than|not below|"
    r"not under|minimum(?: of)?|min\.?|upwards of)\s*[$€£¥]?\s?$"
)
_DENIED = re.compile(
    r"(?:\b(?:no|not|never|nothing|nobody|without)|n't)\s+"
    r"(?:(?:to|be|go|get|is|are|it|one|any|anything|cost|costs|costing|pay|spend|take|takes|taking|last|exceed|have|"
    r"want|need|let|should|that|a|the|of|priced|value|values|amounts?|prices?|rents?|totals?)\s+){0,4}$"
)
_HIGH_AFTER = re.compile(r"\s?[a-z%°€$]*\s?(?:or (?:less|under|below|cheaper|lower|fewer)|at (?:the )?most|tops|max)\b")
_LOW_AFTER = re.compile(
    r"\s?[a-z%°€$]*\s?(?:or (?:more|above|over|higher|better)|and (?:up|above|over)|at least|min)\b"
)
_SINCE = re.compile(r"\b(?:since|starting|from|after)\s*(?:on\s|the\s)*$")
_UNTIL = re.compile(
    r"\b(?:until|till|before|up to|through|by|from\s(?:the\s)?(?:[a-z]+\s){0,2}\d[^.;?!]{0,24}?\sto)\s*(?:on\s|the\s)*$"
)
_START_NAMES = frozenset({"since", "after", "start", "from", "begin", "arrival", "arrive", "in", "checkin"})
_END_NAMES = frozenset({"until", "till", "before", "end", "to"})


def find_wrong_parameter(leaves: list[Leaf], query: Query) -> Iterator[Finding]:
    """Numbers given as the wrong end of a range, or to a neighbour of the parameter that the query speaks of."""
    for leaf in leaves:
        if isinstance(leaf.value, str) and leaf.why == "stated as a date or time" and len(set(leaf.spans)) == 1:
            yield from _turned_date(leaf, query)
        if not leaf.is_number or leaf.path:
            continue
        if not leaf.why.startswith(("stated", "converted")) or len(set(leaf.spans)) != 1:
            continue
        start, end = leaf.spans[0]
        said = query.text[start:end].strip()
        names = leaf.argument.parts
        low, high = None, None
        if not (names.isdisjoint(_LOW_NAMES) and names.isdisjoint(_HIGH_NAMES)):
            low = _LOW_BEFORE.search(query.text, 0, start) or _LOW_AFTER.match(query.text, end)
            high = _HIGH_BEFORE.search(query.text, 0, start) or _HIGH_AFTER.match(query.text, end)
        if low and high and low.end() <= start and high.end() <= start:  # `more than` stands in `no more than`
            low, high = (low, None) if low.start() < high.start() else (None, high)
        if low and not high and low.end() <= start and _DENIED.search(query.text[: low.start()]):
            low, high = None, low  # `never more than`
        elif high and not low and high.end() <= start and _DENIED.search(query.text[: high.start()]):
            low, high = high, None
        bound = high or low
        if bound and bool(high) != bool(low) and (names & _LOW_NAMES if high else names & _HIGH_NAMES):
            text = f"{bound[0].strip()} {said}" if bound.end() <= start else f"{said} {bound[0].strip()}"
            says = f"{leaf.value!r} is the wrong end of the range: the query says {text!r}"
            yield Finding(Rule.BOUND_TURNED, leaf.place, says)
            continue
        neighbour = _spoken_of(leaf, leaves, query) if leaf.optional else None
        if neighbour is not None:
            says = f"the words beside {said} speak of {neighbour}, not of {leaf.parameter}"
            yield Finding(Rule.WRONG_PARAMETER, leaf.place, says)


def _turned_date(leaf: Leaf, query: Query) -> Iterator[Finding]:
    names = leaf.argument.parts
    before = query.text[: leaf.spans[0][0]]
    cue = _SINCE.search(before) if names & _END_NAMES else _UNTIL.search(before) if names & _START_NAMES else None
    if cue and not (names & _START_NAMES and names & _END_NAMES):
        says = f"{leaf.value!r} is the wrong end of the range: the query says {cue[0].strip()!r}"
        yield Finding(Rule.BOUND_TURNED, leaf.place, says)


def _spoken_of(leaf: Leaf, leaves: list[Leaf], query: Query) -> str | None:
    """A numeric parameter without a value that the words beside a number speak of, where none speaks of its own."""
    near = near_cues(query, leaf.spans[0])
    if near & (leaf.cues | leaf.argument.stems):
        return None
    measure = next((number.measure for number in query.numbers_at.get(leaf.spans[0], ())), "")
    if measure and leaf.wanted and same_kind(measure, leaf.wanted):
        return None
    taken = {fellow.parameter for fellow in leaves if fellow.call == leaf.call and not fellow.is_default}
    if not _takes_numbers(leaf.slot):
        return None
    for name, parameter in leaf.tool.parameters.items():
        if name in taken or not _takes_numbers(parameter):
            continue
        if near & leaf.tool.cues[name] & parameter.stems:
            return name
        wanted = parameter.unit
        if measure and wanted and same_kind(measure, wanted) and _is_alone(parameter, wanted, leaf.tool):
            return name
    return None


def _takes_numbers(parameter: ParameterView) -> bool:
    return not {"integer", "number"}.isdisjoint(kinds_of(parameter.schema))


def _is_alone(parameter: ParameterView, wanted: str, tool: ToolView) -> bool:
    """Whether no other parameter of a tool takes a quantity of this kind."""
    others = (other.unit for other in tool.parameters.values() if other is not parameter)
    return not any(unit and same_kind(unit, wanted) for unit in others)
