"""Dates and times of day in text, in the spellings people use."""

import re
from typing import NamedTuple

Date = tuple[int | None, int, int | None]
"""Year, month, day; null where the text does not say."""

Time = tuple[int, int, int]
"""Hour, minute, second."""


class Moment(NamedTuple):
    """A date or a time of day that a text mentions, in every reading (`5/3/2024` has two)."""

    start: int
    end: int
    dates: frozenset[Date] = frozenset()
    times: frozenset[Time] = frozenset()


_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(\d{1,2})(?:\s?(?:st|nd|rd|th))?"
_YEAR = r"(\d{4})"

_ISO = re.compile(rf"(?<![\d-]){_YEAR}[-/.](\d{{1,2}})[-/.](\d{{1,2}})(?=$|[^\d]|t\d)")
_COMPACT = re.compile(r"(?<!\d)(19\d\d|20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/-])")
_MONTH_FIRST = re.compile(
    rf"\b({_MONTH})\b\.?\s+(?:the\s+)?{_DAY}(?![\d:])(?!\.\d)(?:\s*,?\s*(?:of\s+)?{_YEAR}(?!\d))?"
)
_DAY_FIRST = re.compile(rf"(?<!\d){_DAY}\s*(?:of\s+)?-?({_MONTH})\b\.?(?:\s*,?\s*-?(?:of\s+)?{_YEAR}(?!\d))?")
_MONTH_YEAR = re.compile(rf"\b({_MONTH})\b\.?,?\s+(?:of\s+)?{_YEAR}(?!\d)")
_YEAR_MONTH = re.compile(r"(?<![\d-])(\d{4})-(\d{2})(?![\d-])")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s?([ap])\.?\s?m\b\.?)?(?![\d:])")
_HALF_DAY = re.compile(r"(?<![\d:.])(\d{1,2})\s?([ap])\.?\s?m\b")
_NAMED = {"noon": (12, 0, 0), "midday": (12, 0, 0), "midnight": (0, 0, 0)}
_HOUR_NAMES = {
    name: hour
    for hour, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}
_PAST = re.compile(
    rf"\b(half|quarter|\d{{1,2}}|ten|twenty|five)\s+(past|after|to)\s+(\d{{1,2}}|{'|'.join(_HOUR_NAMES)})\b"
)
_O_CLOCK = re.compile(rf"\b(\d{{1,2}}|{'|'.join(_HOUR_NAMES)})\s+o'?clock\b")

RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|next|last|this|coming|ago|current|previous|following|past|recent|"
    r"latest|"
    r"weekend|later|earlier|before|after|christmas|xmas|easter|new year|halloween|thanksgiving|valentine|"
    r"mon|tues|wednes|thurs|fri|satur|sun)(?:day)?(?:'s)?\b|\bin \w+ (?:days?|weeks?|months?|years?)\b|"
    r"\b(?:end|start|beginning|first|middle|turn) of\b|\b(?:birthday|anniversary|holiday|leap)\b"
)
"""Words after which a date may be meant that the text does not spell out."""


def moments_in(folded: str) -> list[Moment]:
    """Every date and time of day that a folded text mentions, longest reading first, in order of place."""
    found = _dates(folded) + _times(folded)
    found.sort(key=lambda one: (one.start, -(one.end - one.start)))
    kept: list[Moment] = []
    for one in found:
        if kept and one.start < kept[-1].end and one.end <= kept[-1].end and bool(one.dates) == bool(kept[-1].dates):
            continue
        kept.append(one)
    return kept


def only_moments(folded: str) -> list[Moment] | None:
    """The moments of a text that says nothing else (`2024-03-05T15:00:00Z`); null for any other text."""
    moments = moments_in(folded)
    if not moments:
        return None
    rest = list(folded)
    for one in moments:
        rest[one.start : one.end] = " " * (one.end - one.start)
    left = re.sub(r"[+-]\s*00:?00|\bz\b|\butc\b|\bgmt\b|\bat\b", " ", "".join(rest))
    return None if re.sub(r"[\s,tz.]+", "", left) else moments


def dates_agree(one: frozenset[Date], two: frozenset[Date]) -> bool:
    """Whether some reading of one is some reading of the other; what one does not say, the other may."""
    return any(all(x is None or y is None or x == y for x, y in zip(a, b, strict=True)) for a in one for b in two)


def times_agree(one: frozenset[Time], two: frozenset[Time]) -> bool:
    """Whether some reading of one is some reading of the other."""
    return not one.isdisjoint(two)


def _dates(text: str) -> list[Moment]:
    out: list[Moment] = []

    def add(match: "re.Match[str]", *readings: tuple[str | None, str | int, str | None]) -> None:
        dates = set()
        for year, month, day in readings:
            number = month if isinstance(month, int) else int(month)
            if 1 <= number <= 12 and (day is None or 1 <= int(day) <= 31):
                whole = None if year is None else int(year) + (2000 if len(year) == 2 else 0)
                dates.add((whole, number, None if day is None else int(day)))
        if dates:
            out.append(Moment(match.start(), match.end(), dates=frozenset(dates)))

    for match in _ISO.finditer(text):
        add(match, (match[1], match[2], match[3]))
    for match in _COMPACT.finditer(text):
        add(match, (match[1], match[2], match[3]))
    for match in _SLASHED.finditer(text):
        add(match, (match[3], match[1], match[2]), (match[3], match[2], match[1]))
    for match in _MONTH_FIRST.finditer(text):
        add(match, (match[3], _MONTHS[match[1]], match[2]))
    for match in _DAY_FIRST.finditer(text):
        add(match, (match[3], _MONTHS[match[2]], match[1]))
    for match in _MONTH_YEAR.finditer(text):
        add(match, (match[2], _MONTHS[match[1]], None))
    for match in _YEAR_MONTH.finditer(text):
        add(match, (match[1], match[2], None))
    return out


def _times(text: str) -> list[Moment]:
    out: list[Moment] = []

    def add(start: int, end: int, hour: int, minute: int, second: int, half: str | None) -> None:
        if minute > 59 or second > 59 or hour > 24:
            return
        if half is None:
            # Without am or pm an hour below twelve may be either.
            times = {(hour % 24, minute, second)} | ({(hour + 12, minute, second)} if 1 <= hour < 12 else set())
            times |= {(0, minute, second)} if hour == 12 else set()
        else:
            times = {(hour % 12 + (12 if half == "p" else 0), minute, second)}
        out.append(Moment(start, end, times=frozenset(times)))

    for match in _CLOCK.finditer(text):
        half = match[4]
        hour = int(match[1])
        if half is None and (len(match[1]) == 2 and match[1].startswith("0")):
            out.append(
                Moment(
                    *match.span(),
                    times=frozenset(
                        {(hour, int(match[2]), int(match[3] or 0)), (hour + 12, int(match[2]), int(match[3] or 0))}
                    ),
                )
            )
            continue
        add(*match.span(), hour, int(match[2]), int(match[3] or 0), half)
    for match in _HALF_DAY.finditer(text):
        add(*match.span(), int(match[1]), 0, 0, match[2])
    for match in _O_CLOCK.finditer(text):
        hour = _HOUR_NAMES.get(match[1]) or int(match[1])
        add(*match.span(), hour, 0, 0, None)
    for match in _PAST.finditer(text):
        base = _HOUR_NAMES.get(match[3]) or int(match[3])
        minutes = {"half": 30, "quarter": 15, "ten": 10, "twenty": 20, "five": 5}.get(match[1]) or int(match[1])
        if match[2] == "to":
            base, minutes = (base - 1) % 24, 60 - minutes
        add(*match.span(), base, minutes, 0, None)
    for name, time in _NAMED.items():
        out += [Moment(*match.span(), times=frozenset({time})) for match in re.finditer(rf"\b{name}\b", text)]
    return out
