"""What a number may follow from, other than being said: unit, sign, power of ten, dates, arithmetic."""

import datetime
import re
from itertools import combinations, permutations

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.match import close, decimals_of, nearly
from apigen_assets.verification.grounding.numbers import Number
from apigen_assets.verification.grounding.quantities import converted, kin
from apigen_assets.verification.grounding.query import Query
from apigen_assets.verification.grounding.times import Moment

_MANY = 16
"""More numbers than this are not combined with each other."""


def follows(value: float, leaf: Leaf, query: Query) -> str | None:
    """Why a number may follow from what a query says; null where nothing explains it.

    Args:
        value: the number.
        leaf: the value's place; a number that is a conversion into the parameter's unit follows.
        query: the query.
    """
    decimals = decimals_of(value)
    for number in query.numbers:
        if any(close(-value, each, decimals) for each in number.values):
            return "by sign"
        if number.measure and _by_unit(value, number, leaf, decimals):
            return "by unit"
        if not number.measure and _by_prefix(value, number):
            return "by unit"
        scaled = number.share or number.unit in {"$", "€", "£", "¥", "cent", "cents", "basis", "bps", "%"}
        if scaled and value and any(_is_power_of_ten(each / value) for each in number.values if each):
            return "by power of ten"
    if _by_dates(value, query.moments):
        return "by dates"
    return "by arithmetic" if _by_arithmetic(value, query, decimals) else None


def _by_unit(value: float, number: Number, leaf: Leaf, decimals: int) -> bool:
    targets = (leaf.wanted,) if leaf.wanted else kin(number.measure)
    return any(
        exact is not None and nearly(abs(value), abs(exact), decimals)
        for exact in (converted(number.amount, number.measure, target) for target in targets)
    )


def _by_prefix(value: float, number: Number) -> bool:
    """Whether a number with an unknown unit, such as `50mh`, is the value without the unit's prefix."""
    unit = number.unit
    if not value or not (2 <= len(unit) <= 4 and unit[0] in "munpfkgtcdμ") or not number.amount:
        return False
    return any(abs(number.amount / value - 10.0**power) <= 1e-9 * 10.0**power for power in (-9, -6, -3, 2, 3, 6, 9, 12))


def _is_power_of_ten(ratio: float) -> bool:
    return any(abs(ratio - 10.0**power) <= 1e-9 * 10.0**power for power in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6))


def _by_dates(value: float, moments: list[Moment]) -> bool:
    """Whether a number is a difference of two dates in days, weeks or years, or of two times in hours or minutes."""
    days = [date for moment in moments for date in moment.dates if None not in date]
    for one, two in combinations(days, 2):
        try:
            apart = abs((datetime.date(*one) - datetime.date(*two)).days)  # type: ignore[arg-type]
        except ValueError:
            continue
        if value in {apart, apart + 1, apart - 1, apart / 7, apart // 365}:
            return True
    times = sorted({hour * 60 + minute for moment in moments for hour, minute, _ in moment.times})
    return any(value in {two - one, (two - one) / 60, one + 1440 - two} for one, two in combinations(times, 2))


_ONE_OFF = re.compile(
    r"\b(?:below|under|above|over|(?:less|fewer|more|greater|younger|older|earlier|later) than|before|after|"
    r"exclusive|excluding|inclusive|including|up to|through|not)\b"
)


def _by_arithmetic(value: float, query: Query, decimals: int) -> bool:
    """Whether a number is a sum, difference, product, quotient or power of two numbers, or the sum of all."""
    numbers = [
        number
        for number in query.numbers
        if not any(moment.start <= number.start < moment.end for moment in query.moments)
        and not any(start <= number.start < end for start, end in query.codes)
    ]
    if len(numbers) > _MANY:
        return False
    strong = [number.values[0] for number in numbers if not number.weak]
    if len(strong) > 2 and close(value, sum(strong), decimals):
        return True
    if _ONE_OFF.search(query.text) and any(abs(abs(value - each) - 1) < 1e-9 for each in strong):
        return True
    for first, second in permutations(numbers, 2):
        if first.weak and second.weak:
            continue
        one, two = first.values[0], second.values[0]
        results = [one + two, one - two, one * two]
        if two:
            results.append(one / two)
        if 0 < one <= 1000 and 0 <= two <= 64 and two == int(two):
            results.append(one**two)
        share = second.values[-1] if second.share else 0.0
        if share:
            results += [one * share, one * (1 + share), one * (1 - share)]
        if any(close(value, result, decimals) for result in results) and value not in (one, two):
            return True
    return False
