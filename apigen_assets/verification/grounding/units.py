"""What speaks against a number that the query does contain: its unit, its scale, its sign."""

import re

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.compound_numbers import SHARE
from apigen_assets.verification.grounding.english import content_stems
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.match import NUMERIC, could_say, is_raw
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.quantities import converted
from apigen_assets.verification.grounding.query import Query


def judge_quantity(leaf: Leaf, query: Query) -> None:
    """Judge a stated number by the words around it."""
    value = _as_number(leaf)
    if value is None or not leaf.matched or not leaf.spans:
        return
    numbers = query.numbers_at.get(leaf.spans[0])
    if numbers is None:
        return
    number = numbers[0]
    said = query.text[number.start : number.end].strip()
    is_part = leaf.why == "implied" and number.unit and number.amount < 1 and (number.measure or number.unit == SHARE)
    if (leaf.why == "stated" or is_part) and not isinstance(leaf.value, str):
        _judge_unit(leaf, value, number, said)
    _judge_sign(leaf, value, number, said, query)


def _as_number(leaf: Leaf) -> float | None:
    if leaf.is_number:
        return float(leaf.value) if abs(leaf.value) < 1e300 else None
    if not isinstance(leaf.value, str):
        return None
    text = leaf.value
    return float(text) if NUMERIC.fullmatch(text) and text.count(".") <= 1 and "," not in text else None


def _is_of_another_kind(number: Number, leaf: Leaf, wanted: str) -> bool:
    """Whether a number's unit measures something else; letters (`64.1 N`, `5 C`) and rates have too many readings."""
    plain = len(number.unit) > 2 and "/" not in number.measure and "**" not in wanted
    return plain and not could_say(number, leaf)


def _judge_unit(leaf: Leaf, value: float, number: Number, said: str) -> None:
    wanted = leaf.wanted
    raw = value in {number.amount, abs(number.amount)} and value != 0
    if wanted is not None and raw and is_raw(number, leaf) and len(set(leaf.spans)) == 1:
        exact = converted(number.amount, number.measure, wanted) or 0.0
        leaf.against(
            Rule.UNIT_NOT_CONVERTED,
            f"the query says {said} {number.unit}, the parameter is in {wanted} (that would be {exact:.6g})",
        )
    elif wanted is not None and raw and _is_of_another_kind(number, leaf, wanted) and len(set(leaf.spans)) == 1:
        says = f"the query says {said} {number.unit}, the parameter is in {wanted}"
        leaf.findings.append(Finding(Rule.OTHER_QUANTITY, leaf.place, says))
    elif number.share and raw and leaf.scale == "fraction" and value > 1:
        leaf.against(Rule.SCALE_NOT_CONVERTED, f"the query says {said} percent, the parameter wants a fraction")
    elif number.unit == SHARE and leaf.scale == "percent" and abs(value - number.amount) < 0.01:
        leaf.against(Rule.SCALE_NOT_CONVERTED, f"the query says {said}, the parameter wants a percentage")
    elif number.unit == SHARE and leaf.scale == "fraction" and value > 1:
        leaf.against(Rule.SCALE_NOT_CONVERTED, f"the query says {said}, the parameter wants a fraction")
    elif number.share and leaf.scale == "percent" and value == number.amount / 100 != 0:
        leaf.against(Rule.SCALE_NOT_CONVERTED, f"the query says {said} percent, the parameter wants a percentage")


_COMPASS = re.compile(
    r"\s*(?:°|degrees?|deg)?\s*(?:(?P<south>s|south|southern|southerly)|(?P<west>w|west|western)"
    r"|(?P<north>n|north|northern)|(?P<east>e|east|eastern))\b(?!\s+of\b)(?!\w)"
)
_COMPASS_BEFORE = re.compile(r"\b(?P<side>south|west|north|east|s|w|n|e)\s*$")
_BELOW = re.compile(r"\s*(?:°\s?c?|degrees?|celsius|c)?\s*(?:celsius|c)?\s*(?:below|under)\s+(?:zero|freezing|0)\b")
_MINUS = re.compile(r"(?:^|[^\w\d)%\s/]\s*|(?<!\bor)(?<!\bplus)(?<=[a-z])\s+)(?:minus|negative)\s?$")
_BACKWARDS = re.compile(r"[\s-]?(?:[a-z]+\s){0,2}(?:back|backwards?|before|earlier|ago|previous|prior)\b")
"""Right behind a number and its unit: `six weeks before`."""


def _judge_sign(leaf: Leaf, value: float, number: Number, said: str, query: Query) -> None:
    if value == 0 or abs(value) != abs(number.amount):
        return
    axis = leaf.slot.axis
    if not axis and (value < 0 or leaf.schema.get("minimum", -1) >= 0):
        return
    after, before = query.text[number.end : number.end + 40], query.text[max(0, number.start - 40) : number.start]
    if axis:
        compass = _COMPASS.match(after) or (None if _COMPASS.search(after) else _COMPASS_BEFORE.search(before))
        side = ""
        if compass is not None:
            groups = compass.groupdict()
            side = groups["side"][0] if "side" in groups else next(name[0] for name, text in groups.items() if text)
        words = {"s": "south", "n": "north", "w": "west", "e": "east", "": ""}[side]
        if side and (side in "ns") != (axis == "lat"):
            leaf.against(Rule.SWAPPED, f"{leaf.value!r} is on the other axis: the query says {said} {words}")
        elif side and (value < 0) != (side in "sw"):
            leaf.against(Rule.SIGN_LOST, f"{leaf.value!r} has the wrong sign: the query says {said} {words}")
        return
    if _BELOW.match(after) and (number.measure in {"", "degree", "degree_Celsius"}):
        leaf.against(Rule.SIGN_LOST, f"{leaf.value!r} is positive, the query says {said} below zero")
        return
    if before.rstrip().endswith(("minus", "negative")) and _MINUS.search(before) and not leaf.in_list:
        leaf.against(Rule.SIGN_LOST, f"{leaf.value!r} is positive, the query says minus {said}")
        return
    ago = _BACKWARDS.match(after) if leaf.slot.is_negative_back else None
    if ago:
        leaf.against(Rule.SIGN_LOST, f"{leaf.value!r} is positive; the query says '{said}{ago[0]}'")
    elif (negative := leaf.slot.negative_for) is not None:
        own = f"{leaf.parameter} {leaf.tool.name} {leaf.tool.description}".replace("_", " ")
        stems = content_stems(negative) - content_stems(own)
        clause = re.split(r"[.,;?!]\s", before)[-1] + " # " + re.split(r"[.,;?!]\s|\band\b", after)[0]
        if stems & content_stems(clause):
            told = ", ".join(sorted(stems & content_stems(clause)))
            leaf.against(Rule.SIGN_LOST, f"{leaf.value!r} is positive; the parameter is negative for {told!r}")
