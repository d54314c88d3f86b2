"""What a number may follow from, other than being said: unit, sign, power of ten, dates, arithmetic."""

import datetime
import re
from itertools import combinations, permutations

from apigen_assets.verification.grounding.arguments import Leaf
from apigen_assets.verification.grounding.match import close, decimals_of, nearly
from apigen_assets.verification.grounding.number import Number
from apigen_assets.verification.grounding.numbers import NEGATIVE_CUES
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
    described = str(leaf.schema.get("description") or "").casefold()
    signed = NEGATIVE_CUES.search(query.text) is not None or "negative" in described
    for number in query.numbers:
        if signed and any(close(-value, each, decimals) for each in number.values):
            return "by sign"
        if number.measure and _by_unit(value, number, leaf, decimals):
            return "by unit"
        if not number.measure and _by_prefix(value, number):
            return "by unit"
        if leaf.scale == "fraction" and value and not number.measure and abs(abs(number.amount / value) - 100.0) < 1e-9:
            return "by power of ten"
        if number.share and value and close(value, 100 - number.amount, decimals):
            return "by arithmetic"
        scaled = (number.share and leaf.scale != "percent") or number.unit in {"$", "€", "£", "¥", "cent", "cents"}
        if scaled and value and number.amount and number.amount / value in {0.01, 100.0}:
            return "by power of ten"
        if number.unit in {"basis", "bps"} and value and number.amount / value in {100.0, 10_000.0}:
            return "by power of ten"
    if _by_how_often(value, query):
        return "by how often"
    if _by_ratio(value, query, decimals):
        return "by a ratio"
    if _by_decade(value, query):
        return "by a decade"
    if _by_dates(value, query.moments, is_of_nights="night" in leaf.slot.folded):
        return "by dates"
    return "by arithmetic" if _by_arithmetic(value, query, decimals) else None


def _by_unit(value: float, number: Number, leaf: Leaf, decimals: int) -> bool:
    if leaf.scale is not None:
        return False
    targets = (leaf.wanted,) if leaf.wanted else kin(number.measure)
    return any(
        exact is not None
        and exact != number.amount
        and nearly(abs(value), abs(exact), decimals, known=leaf.wanted is not None)
        for exact in (converted(number.amount, number.measure, target) for target in targets)
    )


def _by_prefix(value: float, number: Number) -> bool:
    """Whether a number with an unknown unit, such as `50mh`, is the value without the unit's prefix."""
    unit = number.unit
    if not value or not (2 <= len(unit) <= 4 and unit[0] in "munpfkgtcdμ") or not number.amount:
        return False
    return any(abs(number.amount / value - 10.0**power) <= 1e-9 * 10.0**power for power in (-9, -6, -3, 2, 3, 6, 9, 12))


_IN_A = {"second": (60,), "minute": (60, 1440), "hour": (24, 168), "day": (7, 30, 365), "week": (4, 52), "month": (12,)}
"""How many of a unit of time are in the larger ones."""


def _by_how_often(value: float, query: Query) -> bool:
    """Whether `every eight hours` says how many times a day, or the like, a value is."""
    for number in query.numbers:
        if number.amount <= 0 or not re.search(r"\bevery\s$", query.text[: number.start]):
            continue
        if any(abs(value * number.amount - whole) < 1e-9 for whole in _IN_A.get(number.measure, ())):
            return True
    return False


_RATE = re.compile(
    r"(?<![\d.])(\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:in|out\s+of|of)\s+(?:every\s+|the\s+)?"
    r"(\d[\d,]*|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|a\s+hundred|a\s+thousand)(?![\d.])"
)
_SMALL = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "twenty": 20, "fifty": 50, "a hundred": 100, "a thousand": 1000,
}  # fmt: skip


def _by_ratio(value: float, query: Query, decimals: int) -> bool:
    """Whether `one in 200` says a share, in percent or as a fraction."""
    for match in _RATE.finditer(query.text):
        part, whole = (
            float(text.replace(",", "")) if text[0].isdigit() else float(_SMALL[" ".join(text.split())])
            for text in match.groups()
        )
        if whole and any(close(value, share, max(decimals, 1)) for share in (part / whole, 100 * part / whole)):
            return True
    return False


_DECADE = re.compile(
    r"\b(?:(1[5-9]|20)?([0-9]0)'?s|(twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties))\b"
)
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")


def _by_decade(value: float, query: Query) -> bool:
    """Whether a year or an age is the first or last of `the nineties`."""
    for match in _DECADE.finditer(query.text):
        start = int(match[2]) if match[2] else 10 * (2 + _DECADES.index(match[3]))
        if value % 100 in {start, start + 9, (start + 10) % 100} and (1500 <= value <= 2100 or 0 < value < 100):
            return True
    return False


def _by_dates(value: float, moments: list[Moment], is_of_nights: bool = False) -> bool:
    """Whether a number is a difference of two dates in days, weeks or years, or of two times in hours or minutes.

    Of days people count the first, the last, both or neither; of nights there is one number.
    """
    days = [date for moment in moments for date in moment.dates if None not in date]
    for one, two in combinations(days, 2):
        try:
            apart = abs((datetime.date(*one) - datetime.date(*two)).days)  # type: ignore[arg-type]
        except ValueError:
            continue
        if value in ({apart} if is_of_nights else {apart, apart + 1, apart - 1, apart / 7, apart // 365}):
            return True
    times = sorted({hour * 60 + minute for moment in moments for hour, minute, _ in moment.times})
    return any(value in {two - one, (two - one) / 60, one + 1440 - two} for one, two in combinations(times, 2))


_ONE_OFF = re.compile(
    r"\b(?:below|under|above|over|(?:less|fewer|more|greater|younger|older) than|up to|through|exclusive of|not)\s+"
    r"(?:the\s+)?(?:age\s+(?:of\s+)?)?[$€£]?$"
)
"""Words directly before a number by which the next one may be meant."""

_CALCULATES = re.compile(
    r"\b(?:half|halves|halved|double[ds]?|twice|triple[ds]?|quadruple|thrice|dozens?|pairs?|decades?|century|ago|more|less|"
    r"fewer|older|younger|born|later|earlier|before|next|last|increase[sd]?|decrease[sd]?|difference|remaining|rest|"
    r"left|other|others|from now|back|total|altogether|together|combined|sum|plus|minus|times|each|every|apiece|per|"
    r"both|parts?|ratio|of that|of it|another|again|fold|percent|shared?|split|between|until|since|through|over|"
    r"out of|by)\b"
    r"|[%^*/+x]"
)
"""Words by which a number may follow from others by calculation."""


_STEPS = (7.0, 10.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 365.0, 1000.0)
"""What people multiply by without saying so: days of a week, hours of a day, hundredths."""


def may_be_calculated(value: float, query: Query) -> bool:
    """Whether a number is some sum, difference, product or quotient of two of a query, asked for or not."""
    # The 2 of `m/s2` and the one of `a stone` count nothing.
    numbers = [number for number in query.numbers if not number.weak]
    said = sorted({abs(each) for number in numbers for each in (number.amount, *number.values)})
    if len(said) > 3 * _MANY:
        return True
    results = [result for one in said for step in _STEPS for result in (one * step, one / step)]
    for one, two in permutations(said, 2):
        results += [one + two, one - two, one * two, *([one / two] if two else [])]
    return any(abs(abs(value) - result) <= 0.5 for result in [*results, sum(said)])


_RATIO = re.compile(r"\bparts?\b|\bratio\b|\d\s?:\s?\d|\bto\b")


def _by_arithmetic(value: float, query: Query, decimals: int) -> bool:
    """Whether a number is a sum, difference, product, quotient or power of two numbers, or the sum of all."""
    numbers = [
        number
        for number in query.numbers
        if not any(moment.start <= number.start < moment.end for moment in query.moments)
        and not any(start <= number.start < end for start, end in query.codes)
        and not (number.weak and number.unit and query.text[number.start] == "a")  # `a stone` counts nothing
    ]
    if len(numbers) > _MANY:
        return False
    strong = [number.values[0] for number in numbers if not number.weak]
    if len(strong) > 2 and close(value, sum(strong), decimals):
        return True
    for number in numbers:
        if abs(abs(value - number.values[0]) - 1) < 1e-9 and _ONE_OFF.search(query.text[: number.start]):
            return True
    if not _CALCULATES.search(query.text):
        return False
    for first, second in permutations(numbers, 2):
        if first.weak and second.weak:
            continue
        one, two = first.values[0], second.values[0]
        results = [one + two, one - two, one * two]
        if two:
            results.append(one / two)
        if 0 < one <= 1000 and 0 <= two <= 64 and two == int(two):
            results.append(one**two)
        if one + two and _RATIO.search(query.text):
            results.append(one / (one + two))
        share = second.values[-1] if second.share else 0.0
        if share:
            results += [one * share, one * (1 + share), one * (1 - share)]
        if any(close(value, result, decimals) for result in results) and value not in (one, two):
            return True
    return False
