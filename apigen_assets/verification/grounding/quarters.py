"""The first and the last day of the quarters and halves of years that a query names: `Q3 2025`."""

import calendar
import datetime
import re

from apigen_assets.verification.grounding.number_words import ORDINALS

_NAMES = {name: number for name, number in ORDINALS.items() if number <= 4} | {
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": 0, "final": 0,
}  # fmt: skip
_QUARTER = re.compile(
    rf"\b(?:(?P<kind>[qh])(?P<number>[1-4])|(?P<name>{'|'.join(_NAMES)})\s(?P<part>quarter|half))"
    r"(?:\s*(?:of|in|,|/|-|'|of the year)?\s*)(?P<year>20\d\d|19\d\d)\b"
)
_FISCAL = re.compile(r"\bfiscal|\bfy\b|\bfinancial year")


def ends_of_quarters(text: str) -> set[datetime.date]:
    """The days that a call may give for them, first, last, and the day after the last, which some leave out.

    Args:
        text: a folded query.

    Returns:
        The days of all that are named; empty where none is, or where years may begin in another month.
    """
    days: set[datetime.date] = set()
    for match in () if _FISCAL.search(text) else _QUARTER.finditer(text):
        months = 6 if "h" in (match["kind"], (match["part"] or "")[:1]) else 3
        number = int(match["number"] or _NAMES[match["name"]]) or 12 // months
        if number * months > 12:
            continue
        year, last = int(match["year"]), number * months
        end = datetime.date(year, last, calendar.monthrange(year, last)[1])
        days |= {datetime.date(year, last - months + 1, 1), end, end + datetime.timedelta(days=1)}
    return days
