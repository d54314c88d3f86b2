"""The days that a query counts from a date it says: `today is 3 October 2026 ... two weeks from today`."""

import calendar
import datetime
import re
from itertools import combinations

from apigen_assets.verification.grounding.query import Query

_UNCOUNTABLE = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|(?:working|business|week)\s?days?|"
    r"(?:end|start|beginning|middle|turn|eve|quarter|half) of|christmas|xmas|easter|new year|halloween|thanksgiving|"
    r"holidays?|birthday|anniversary|quarters?|semesters?|terms?|seasons?|spring|summer|autumn|fall|winter|decades?|"
    r"centur(?:y|ies)|few|several|half|quarter|"
    r"(?:next|last|this|coming|previous|following|past|first|every|each)\s+(?:few\s+|couple\s+of\s+)?"
    r"(?:day|week|month|year)s?)\b"
)
"""What leads to a day that steps of days, weeks, months and years do not reach."""
_WORDS = {"tomorrow": 1, "yesterday": -1, "overmorrow": 2, "fortnight": 14}
_STEPS = {"day": 1, "week": 7, "fortnight": 14}
_MOST = 4
"""More steps than this are not added up."""


def counted_days(query: Query) -> set[datetime.date]:
    """The days that follow from the one date of a query by the steps it names, forwards or backwards.

    Returns:
        The days, each with its neighbours, since people count the first day or do not; empty where the query says
        several dates, no step, or something that steps do not reach.
    """
    said = {date for moment in query.moments for date in moment.dates if None not in date}
    if len(said) != 1 or _UNCOUNTABLE.search(query.text):
        return set()
    year, month, day = next(iter(said))
    try:
        base = datetime.date(year or 1, month, day or 1)
    except ValueError:
        return set()
    steps = [
        (number.amount, number.measure)
        for number in query.numbers
        if number.measure in {*_STEPS, "month", "year"} and number.amount == int(number.amount)
    ]
    steps += [(float(_WORDS[word.text]), "day") for word in query.words if word.text in _WORDS]
    if not 1 <= len(steps) <= _MOST:
        return set()
    days = {base}
    for count in range(1, len(steps) + 1):
        for chosen in combinations(steps, count):
            for sign in (1, -1):
                reached: datetime.date | None = base
                for amount, unit in chosen:
                    reached = _moved(reached, sign * int(amount), unit) if reached else None
                if reached:
                    days.add(reached)
    return {day + datetime.timedelta(slip) for day in days for slip in (-1, 0, 1)}


def _moved(day: datetime.date, amount: int, unit: str) -> datetime.date | None:
    try:
        if unit in _STEPS:
            return day + datetime.timedelta(amount * _STEPS[unit])
        months = day.year * 12 + day.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None
