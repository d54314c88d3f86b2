"""Numbers put together from words: sums of quantities, parts and shares of something, one of a unit."""

import re
from collections.abc import Container
from itertools import pairwise

from apigen_assets.verification.grounding.english import words_in
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.number_words import WORD_SCALES, number_at
from apigen_assets.verification.grounding.number_words import shares_in as word_shares
from apigen_assets.verification.grounding.quantities import converted, unit_named


def compounds_in(folded: str, numbers: list[Number]) -> list[Number]:
    """Sums such as `2 hours 30 minutes`, `5 feet 7` and `1 m 75`; weak, since their parts count already."""
    out: list[Number] = []
    for first, second in pairwise(numbers):
        in_words = not first.digits and not second.digits and not (first.weak or second.weak or first.measure)
        if in_words and folded[first.end : second.start] == " " and first.amount < 1000 and 10 <= second.amount < 100:
            # a price as it is said: `eighty-five fifty`
            total = first.amount + second.amount / 100
            values = (total, first.amount * 100 + second.amount)
            out.append(Number(first.start, second.end, values, weak=True, amount=total))
        if not first.measure or second.start - first.end > 16 or second.amount < 0:
            continue
        if second.measure == first.measure:
            continue
        between = re.sub(r"^\s*(?:an?\s)?[a-z]+", "", folded[first.end : second.start])
        joined = re.fullmatch(r"[\s,]*(?:and)?\s*", between) is not None
        more = converted(second.amount, second.measure, first.measure) if second.measure and joined else None
        if more is None and not second.measure and not between.strip():
            # the smaller unit is not said: `1 m 75`, `5 foot 7`
            part = {"meter": 100.0, "foot": 12.0, "kilometer": 1000.0, "dollar": 100.0}.get(first.measure)
            more = second.amount / part if part and second.amount < part else None
        if more is not None and 0 < more < max(1.0, first.amount):
            total = first.amount + more
            out.append(Number(first.start, second.end, (total,), weak=True, measure=first.measure, amount=total))
    for second in numbers:
        whole = _A_WHOLE.search(folded, max(0, second.start - 24), second.start) if second.measure else None
        unit = unit_named(whole[1]) if whole else None
        more = converted(second.amount, second.measure, unit) if unit else None
        if whole and unit and more is not None and 0 < more < 1:
            out.append(Number(whole.start(), second.end, (1 + more,), weak=True, measure=unit, amount=1 + more))
    return out


_A_WHOLE = re.compile(r"\ban?\s([a-z]{3,})\s*(?:,|,?\s*and)?\s*$")
"""`an hour and` before twenty minutes."""


_A_UNIT = re.compile(r"\ban?\s([a-z]{3,})\b")


def units_in(folded: str, skipped: Container[str] = ()) -> list[Number]:
    """`a terabyte`, `a mile`: one of a unit; `skipped` names are left out."""
    named = ((match, unit_named(match[1])) for match in _A_UNIT.finditer(folded) if match[1] not in skipped)
    return [
        Number(*match.span(), (1.0,), weak=True, unit=match[1], measure=unit, amount=1.0)
        for match, unit in named
        if unit
    ]


SHARE = "part of"
"""What stands for the unit of a share in words."""


def shares_in(folded: str) -> list[Number]:
    """`a third of`, `two thirds`: as a fraction and, rounded as people do, in percent."""
    out = []
    for start, end, share in word_shares(folded):
        fraction = [round(share, digits) for digits in (9, 4, 3, 2)]
        percent = [round(100 * share, digits) for digits in (9, 2, 1, 0)]
        values = tuple(dict.fromkeys(fraction + percent))
        out.append(Number(start, end, values, weak=True, unit=SHARE, amount=share))
    return out


_PART = re.compile(
    r"\b(?:(?P<half>half)|(?P<three>three[\s-]quarters)|(?:an?\s)?(?P<quarter>quarter))\s*(?:of\s)?(?:an?\s)?-?"
    r"(?P<unit>[a-z]{3,})\b|\b(?:an?|one)\s(?P<whole>[a-z]+)\sand\s(?:an?\s)(?P<more>half|quarter)\b"
    r"|\b(?P<times>\d+|[a-z]+)\s(?P<several>[a-z]+)s?\sand\s(?:an?\s)(?P<over>half|quarter)\b"
)


def parts_in(folded: str) -> list[Number]:
    """`half an hour`, `a quarter of a mile`, `an hour and a half`, `a quarter of a million`."""
    out: list[Number] = []
    if "half" not in folded and "quarter" not in folded:
        return out
    for match in _PART.finditer(folded):
        if match["unit"]:
            amount = 0.5 if match["half"] else 0.75 if match["three"] else 0.25
            name = match["unit"]
        elif match["whole"]:
            amount, name = 1 + (0.5 if match["more"] == "half" else 0.25), match["whole"]
        else:
            whole = (
                float(match["times"]) if match["times"].isdigit() else number_at(folded, words_in(match["times"]), 0)[1]
            )
            amount, name = whole + (0.5 if match["over"] == "half" else 0.25), match["several"]
            if not whole:
                continue
        if name == "percent":
            out.append(Number(*match.span(), (amount, amount / 100), unit=name, amount=amount, share=True))
            continue
        if name in {"million", "thousand", "billion", "hundred", "dozen", "grand"}:
            out.append(
                Number(*match.span(), (amount * WORD_SCALES[name],), weak=True, amount=amount * WORD_SCALES[name])
            )
            continue
        measure = "second" if name == "second" else unit_named(name)
        if measure:
            out.append(Number(*match.span(), (amount,), weak=True, measure=measure, amount=amount, unit=name))
    return out
