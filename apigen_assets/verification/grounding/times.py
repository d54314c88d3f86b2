"""Dates and times of day in text, in the spellings people use."""

import calendar
import re
from typing import NamedTuple

from apigen_assets.verification.grounding.number_words import ORDINALS

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


MONTHS = {
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
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
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
_MONTH_NUMBER = re.compile(r"(?<![\d/.-])(0[1-9]|1[0-2])[-/](\d{4})(?![\d/-])")
_CJK = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(?<!\d)(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日号號일])?")
"""`2025年5月3日`, `5月3日`, `2025년 5월`."""
ORDINAL_DAYS = {
    name: day for name, day in ORDINALS.items() if day <= 31
} | {
    f"{tens}-{name}": 10 * place + day
    for place, tens in ((2, "twenty"), (3, "thirty"))
    for name, day in ORDINALS.items()
    if day < 10
}  # fmt: skip
_WORD_DAY = "|".join(sorted((name.replace("-", r"[\s-]") for name in ORDINAL_DAYS), key=len, reverse=True))
_ORDINAL_DAY = re.compile(
    rf"\b(?P<day>{_WORD_DAY})\s+(?:day\s+)?of\s+(?P<month>{_MONTH})\b(?:\s*,?\s*(?:of\s+)?(?P<year>\d{{4}})(?!\d))?"
    rf"|\b(?P<first>{_MONTH})\s+(?:the\s+)?(?P<last>{_WORD_DAY})\b(?!\s+(?:quarter|half|time|place|attempt))"
    r"(?:\s*,?\s*(?:of\s+)?(?P<after>\d{4})(?!\d))?"
)
"""`the first of September`, `March the twenty-second`."""
_LAST_DAY = re.compile(rf"\blast day (?:of|in) ({_MONTH})\b\.?(?:\s*,?\s*(?:of\s+)?(\d{{4}})(?!\d))?")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s?([ap])\.?\s?m\b\.?)?(?!\d|:\d)")
_NAMED = {"noon": (12, 0, 0), "midday": (12, 0, 0), "midnight": (0, 0, 0)}
_NAMED_TIME = re.compile(r"\b(noon|midday|midnight)\b")
_HOUR_NAMES = {
    name: hour
    for hour, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}
_HOUR = rf"(\d{{1,2}}|{'|'.join(_HOUR_NAMES)})"
_PAST = re.compile(rf"\b(half|quarter|\d{{1,2}}|ten|twenty|five)\s+(past|after|to)\s+{_HOUR}\b")
_HALF_HOUR = re.compile(rf"\bhalf\s+({'|'.join(_HOUR_NAMES)})\b")
_WORD_CLOCK = re.compile(
    rf"\b({'|'.join(_HOUR_NAMES)})[\s-](oh[\s-]five|fifteen|twenty|thirty|forty[\s-]five|forty|fifty)\b(?![\s-](?:one|two|three|"
    r"four|five|six|seven|eight|nine|minutes?|percent|degrees|hundred|thousand))"
)
_WORD_MINUTES = {"oh": 5, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_PART = r"\s*(?:in the (morning|afternoon|evening)|(at night|tonight)|this (morning|afternoon|evening))"
_PARTS_OF_DAY = ("morning", "afternoon", "evening", "night")
_PART_OF_DAY = re.compile(_PART)
_HOUR_OF_PART = re.compile(rf"(?<![\d:.])\b{_HOUR}(?=(?:\s*(?:to|until|till|-|and)\s*{_HOUR})?{_PART})")
_AT_HOUR = re.compile(
    rf"\b(?:at|from|until|till|by)\s+({'|'.join(_HOUR_NAMES)})(?=$|[.,;?!]|\s(?:and|to|until|till|on|tomorrow|for)\b)"
)
_UNTIL_HOUR = re.compile(rf"\s*(?:to|until|till|-)\s*{_HOUR}\b(?![:.\d])")
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s)?"
_RANGE_BEFORE = re.compile(
    r"(?<![\d/.:-])(\d{1,2})(?:st|nd|rd|th)?\s*(?:-|to|and|,|&|through|until|till)\s*"
    rf"{_WEEKDAY}(?:the\s)?$"
)
_RANGE_AFTER = re.compile(
    rf"\s*(?:-|to|and|through|until|till)\s*{_WEEKDAY}(?:the\s)?"
    r"(\d{1,2})(?:st|nd|rd|th)?(?![\d:/-])(?:\s*,?\s*(\d{4}))?"
)
_BARE_DAY = re.compile(
    r"\bthe\s(\d{1,2})(?:st|nd|rd|th)\b(?!\s(?:of|century|floor|percentile|street|term|place|"
    r"[a-z]*day))"
)
_HALF_DAY = re.compile(rf"(?<![\d:.])\b{_HOUR}\s?([ap])\.?\s?m\b")
_O_CLOCK = re.compile(rf"\b(\d{{1,2}}|{'|'.join(_HOUR_NAMES)})\s+o'?clock\b")

RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|next|last|this|coming|ago|current|previous|following|past|recent|"
    r"latest|"
    r"weekend|later|earlier|before|after|christmas|xmas|easter|new year|halloween|thanksgiving|valentine|"
    r"mon|tues|wednes|thurs|fri|satur|sun)(?:day)?(?:'s)?\b|\bin \w+ (?:days?|weeks?|months?|years?)\b|"
    r"\b(?:end|start|beginning|first|middle|turn) of\b|\b(?:birthday|anniversary|holiday|leap)\b"
)
"""Words after which a date may be meant that the text does not spell out."""

_TO_A_DAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|ago|weekend|christmas|xmas|easter|new year|halloween|thanksgiving|"
    r"birthday|anniversary|holiday|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
    r"|\b(?:next|last|this|coming|current|previous|following|past|upcoming|every)\s+(?:\w+\s+){0,2}"
    r"(?:days?|weeks?|months?|years?|quarters?|nights?|morning|evening|term|semester|season)\b"
    r"|\b(?:end|start|beginning|middle|turn|first|last)\s+of\b|\b(?:days?|weeks?|months?|years?|nights?|quarters?)\b"
)


def is_relative(folded: str) -> bool:
    """Whether a text describes a day instead of naming it; `my last period on 2025-01-20` does not."""
    return _TO_A_DAY.search(folded) is not None


FROM_TODAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|next|last|this|coming|upcoming|ago|current|previous|past|weekend|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
)
"""Words that count from the day of asking, and so say a year."""


def moments_in(folded: str, strict: bool = False) -> list[Moment]:
    """Every date and time of day that a folded text mentions, longest reading first, in order of place.

    Args:
        folded: the text.
        strict: a time with two digits for its hour is of the 24-hour clock, as in a call's argument.
    """
    if not _MAY_SAY.search(folded):
        return []
    found = _dates(folded) + _times(folded, strict)
    found.sort(key=lambda moment: (moment.start, -(moment.end - moment.start)))
    kept: list[Moment] = []
    for moment in found:
        last = kept[-1] if kept else None
        if last and moment.start < last.end and moment.end <= last.end and bool(moment.dates) == bool(last.dates):
            continue
        kept.append(moment)
    return kept


def only_moments(folded: str) -> list[Moment] | None:
    """The moments of a text that says nothing else (`2024-03-05T15:00:00Z`); null for any other text."""
    moments = moments_in(folded, strict=True)
    if not moments:
        return None
    rest = list(folded)
    for moment in moments:
        rest[moment.start : moment.end] = " " * (moment.end - moment.start)
    left = re.sub(r"[+-]\s*00:?00|\bz\b|\butc\b|\bgmt\b|\bat\b", " ", "".join(rest))
    return None if re.sub(r"[\s,tz.]+", "", left) else moments


def dates_agree(one: frozenset[Date], two: frozenset[Date]) -> bool:
    """Whether some reading of one is some reading of the other; what one does not say, the other may."""
    return any(all(x is None or y is None or x == y for x, y in zip(a, b, strict=True)) for a in one for b in two)


def times_agree(one: frozenset[Time], two: frozenset[Time]) -> bool:
    """Whether some reading of one is some reading of the other."""
    return not one.isdisjoint(two)


_DIGIT = re.compile(r"\d")
_JOINED = re.compile(r"\d[-/.]\d")
_MONTHS_BEGIN = tuple(name for name in MONTHS if len(name) == 3)
_MAY_SAY = re.compile(
    rf"\d|\b(?:first|second|third|\w+th|noon|midday|midnight|half|quarter|ten|twenty|five|{'|'.join(_HOUR_NAMES)})\b"
)
"""No date or time does without a digit or one of these words."""


def _dates(text: str) -> list[Moment]:
    out: list[Moment] = []
    if not _DIGIT.search(text) and not _ORDINAL_DAY.search(text):
        return out

    def add(match: "re.Match[str]", *readings: tuple[str | None, str | int, str | None]) -> None:
        dates = set()
        for year, month, day in readings:
            number = month if isinstance(month, int) else int(month)
            if 1 <= number <= 12 and (day is None or 1 <= int(day) <= 31):
                whole = None if year is None else int(year) + (2000 if len(year) == 2 else 0)
                dates.add((whole, number, None if day is None else int(day)))
        if dates:
            out.append(Moment(match.start(), match.end(), dates=frozenset(dates)))

    is_joined, has_month = _JOINED.search(text) is not None, any(name in text for name in _MONTHS_BEGIN)
    for match in _ISO.finditer(text) if is_joined else ():
        add(match, (match[1], match[2], match[3]))
    for match in _COMPACT.finditer(text):
        add(match, (match[1], match[2], match[3]))
    for match in _SLASHED.finditer(text) if is_joined else ():
        add(match, (match[3], match[1], match[2]), (match[3], match[2], match[1]))
    for match in _MONTH_FIRST.finditer(text) if has_month else ():
        add(match, (match[3], MONTHS[match[1]], match[2]))
        last = _RANGE_AFTER.match(text, match.end(2)) or _RANGE_AFTER.match(text, match.end())
        if last and int(last[1]) <= 31 and not re.match(rf"\s*(?:{_MONTH})\b", text[last.end() :]):
            date = (int(last[2] or match[3] or 0) or None, MONTHS[match[1]], int(last[1]))
            out.append(Moment(last.start(1), last.end(), dates=frozenset({date})))
    for match in _DAY_FIRST.finditer(text) if has_month else ():
        add(match, (match[3], MONTHS[match[2]], match[1]))
        before = _RANGE_BEFORE.search(text[: match.start()])
        if before and 1 <= int(before[1]) <= 31:
            date = (int(match[3]) if match[3] else None, MONTHS[match[2]], int(before[1]))
            out.append(Moment(before.start(), before.end(1), dates=frozenset({date})))
    for match in _ORDINAL_DAY.finditer(text) if has_month else ():
        day = ORDINAL_DAYS[re.sub(r"\s", "-", match["day"] or match["last"])]
        add(match, (match["year"] or match["after"], MONTHS[match["month"] or match["first"]], str(day)))
    for match in _LAST_DAY.finditer(text) if has_month else ():
        month = MONTHS[match[1]]
        years = (int(match[2]),) if match[2] else (2023, 2024)  # February has 28 days or 29
        add(match, *((match[2], month, str(calendar.monthrange(year, month)[1])) for year in years))
    for match in _MONTH_YEAR.finditer(text) if has_month else ():
        add(match, (match[2], MONTHS[match[1]], None))
    for match in _YEAR_MONTH.finditer(text) if is_joined else ():
        add(match, (match[1], match[2], None))
    for match in _CJK.finditer(text) if not text.isascii() else ():
        if match[1] or match[3]:
            add(match, (match[1], match[2], match[3]))
    for match in _MONTH_NUMBER.finditer(text) if is_joined else ():
        add(match, (match[2], match[1], None))
    whole = sorted((moment for moment in out if any(date[2] for date in moment.dates)), key=lambda moment: moment.start)
    for match in _BARE_DAY.finditer(text) if whole else ():
        # `from 12 September to the 20th`: of the month that was named last
        named = [moment for moment in whole if moment.end <= match.start()]
        if named and 1 <= int(match[1]) <= 31 and not any(m.start <= match.start(1) < m.end for m in out):
            dates = frozenset((year, month, int(match[1])) for year, month, _ in named[-1].dates)
            out.append(Moment(match.start(1), match.end(), dates=dates))
    return out


def _times(text: str, strict: bool) -> list[Moment]:
    out: list[Moment] = []

    def add(start: int, end: int, hour: int, minute: int, second: int, half: str | None) -> None:
        if minute > 59 or second > 59 or hour > 24:
            return
        if half is None:
            # Without am or pm an hour below twelve may be either.
            times = {(hour % 24, minute, second)} | ({(hour + 12, minute, second)} if 0 <= hour < 12 else set())
            times |= {(0, minute, second)} if hour == 12 else set()
            part = _PART_OF_DAY.match(text, end)
            if part:
                word = part[1] or part[3] or "night"
                times = {time for time in times if _is_in(time[0], word)} or times
        else:
            times = {(hour % 12 + (12 if half == "p" else 0), minute, second)}
        out.append(Moment(start, end, times=frozenset(times)))

    for match in _CLOCK.finditer(text) if ":" in text else ():
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if strict and match[4] is None and len(match[1]) == 2 and hour < 24 and minute < 60 and second < 60:
            out.append(Moment(*match.span(), times=frozenset({(hour, minute, second)})))
        else:
            add(*match.span(), hour, minute, second, match[4])
    for match in _HALF_DAY.finditer(text):
        add(*match.span(), _hour(match[1]), 0, 0, match[2])
    for match in _O_CLOCK.finditer(text) if "clock" in text else ():
        add(*match.span(), _hour(match[1]), 0, 0, None)
    for match in _PAST.finditer(text) if "to" in text or "past" in text or "after" in text else ():
        base = _hour(match[3])
        minutes = {"half": 30, "quarter": 15, "ten": 10, "twenty": 20, "five": 5}.get(match[1]) or int(match[1])
        if match[2] == "to" and (match[1].isdigit() or match[1] in {"five", "ten"}):
            # `ten to six` is ten minutes before six, or from ten until six
            before = ((base - 1) % 12, 60 - minutes, 0)
            hours = {before, (before[0] + 12, before[1], 0)} if 5 <= minutes < 60 else set()
            hours |= {(hour % 24, 0, 0) for start in (minutes, base) for hour in (start, start + 12) if hour <= 24}
            part = _PART_OF_DAY.match(text, match.end())
            if part:
                word = part[1] or part[3] or "night"
                hours = {time for time in hours if _is_in(time[0], word)} or hours
            out.append(Moment(*match.span(), times=frozenset(hours)))
            continue
        if match[2] == "to":
            base, minutes = (base - 1) % 24, 60 - minutes
        add(*match.span(), base, minutes, 0, None)
    if not strict:
        for match in _HALF_HOUR.finditer(text) if "half" in text else ():
            add(*match.span(), _hour(match[1]), 30, 0, None)
        for match in _WORD_CLOCK.finditer(text):
            minutes = _WORD_MINUTES[match[2].split("-")[0].split()[0]] + (5 if match[2].endswith("y five") else 0)
            add(*match.span(), _hour(match[1]), minutes + (5 if match[2].endswith("y-five") else 0), 0, None)
        for match in _HOUR_OF_PART.finditer(text) if any(part in text for part in _PARTS_OF_DAY) else ():
            hour, word = _hour(match[1]), match[3] or match[5] or "night"
            times = frozenset((each, 0, 0) for each in {hour % 24, hour + 12} if each < 24 and _is_in(each, word))
            if times and hour <= 12:
                out.append(Moment(*match.span(), times=times))
        for match in _AT_HOUR.finditer(text):
            add(match.start(1), match.end(), _hour(match[1]), 0, 0, None)
    if not strict:
        for moment in list(out):
            last = _UNTIL_HOUR.match(text, moment.end)
            if last and not any(known.start <= last.start(1) < known.end for known in out):
                add(last.start(1), last.end(1), _hour(last[1]), 0, 0, None)
    out += [Moment(*match.span(), times=frozenset({_NAMED[match[1]]})) for match in _NAMED_TIME.finditer(text)]
    return out


def _hour(text: str) -> int:
    return _HOUR_NAMES.get(text) or int(text)


def _is_in(hour: int, part: str) -> bool:
    """Whether an hour may be of a part of the day."""
    return {"morning": hour < 12, "afternoon": 12 <= hour < 19, "evening": hour >= 16}.get(part, hour >= 18 or hour < 6)
