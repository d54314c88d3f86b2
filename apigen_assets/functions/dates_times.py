"""Calendar dates, clock times and durations. Dates are arguments; nothing reads the clock."""

import calendar
import datetime
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed
from apigen_assets.functions.timestamps import read_clock, read_date, read_moment, read_offset

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class IsoWeek(TypedDict):
    """Week of the ISO 8601 calendar."""

    year: int
    week: int
    weekday: str


class CalendarSpan(TypedDict):
    """Whole years, months and days."""

    years: int
    months: int
    days: int


class TimeSlot(TypedDict):
    """A stretch of one day, from `start` to `end`, each HH:MM."""

    start: str
    end: str


def _months_later(day: datetime.date, months: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def count_business_days(start: str, end: str, holidays: list[str] | None = None, include_end: bool = True) -> int:
    """Count the working days, Monday to Friday, between two dates.

    Args:
        start: First date, as YYYY-MM-DD.
        end: Last date, as YYYY-MM-DD, not before start.
        holidays: Dates that are not worked, each as YYYY-MM-DD.
        include_end: Whether the last date itself is counted.

    Returns:
        Number of working days.

    Raises:
        ValueError: A date is malformed, end is before start, or there are over 1000 holidays.
    """
    first, last = read_date("start", start), read_date("end", end)
    if last < first:
        raise ValueError(f"end must not be before start, got {start} to {end}")
    free = holidays or []
    check_length("holidays", free, 0, 1000)
    if not include_end:
        last -= datetime.timedelta(days=1)
    weeks, rest = divmod((last - first).days + 1, 7)
    count = weeks * 5 + sum((first.weekday() + step) % 7 < 5 for step in range(rest))
    days_off = {read_date("holidays", text) for text in free}
    return count - sum(first <= day <= last and day.weekday() < 5 for day in days_off)


def iso_week_of_date(date: str) -> IsoWeek:
    """Find the ISO 8601 week number, its year and the weekday of a date.

    Args:
        date: The date, as YYYY-MM-DD.

    Returns:
        ISO year, week from 1 to 53, and the weekday's English name.

    Raises:
        ValueError: The date is malformed or does not exist.
    """
    iso = read_date("date", date).isocalendar()
    return {"year": iso.year, "week": iso.week, "weekday": _WEEKDAYS[iso.weekday - 1]}


def age_between_dates(birth_date: str, on_date: str) -> CalendarSpan:
    """Work out a person's exact age in years, months and days on a given date.

    A month is complete on the same day of the month, or on the last day of a shorter month.

    Args:
        birth_date: Date of birth, as YYYY-MM-DD.
        on_date: Date of interest, as YYYY-MM-DD, not before birth.

    Returns:
        Complete years, months and remaining days.

    Raises:
        ValueError: A date is malformed, or on_date is before birth_date.
    """
    born, then = read_date("birth_date", birth_date), read_date("on_date", on_date)
    if then < born:
        raise ValueError(f"on_date must not be before birth_date, got {on_date} and {birth_date}")
    months = (then.year - born.year) * 12 + then.month - born.month
    if _months_later(born, months) > then:
        months -= 1
    return {"years": months // 12, "months": months % 12, "days": (then - _months_later(born, months)).days}


def nth_weekday_of_month(
    year: int,
    month: int,
    weekday: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    occurrence: int = 1,
) -> str:
    """Find the date of a weekday's nth occurrence in a month, such as the second Tuesday.

    Args:
        year: Year, from 1000 to 3000.
        month: Month number, from 1 to 12.
        weekday: Name of the weekday.
        occurrence: Which one, 1 to 5, or -1 for the last.

    Returns:
        The date, as YYYY-MM-DD.

    Raises:
        ValueError: A value is out of range, or the month has no such occurrence.
    """
    check_number("year", year, 1000, 3000)
    check_number("month", month, 1, 12)
    check_choice("weekday", weekday, _WEEKDAYS)
    check_choice("occurrence", occurrence, (1, 2, 3, 4, 5, -1))
    length = calendar.monthrange(year, month)[1]
    first = 1 + (_WEEKDAYS.index(weekday) - datetime.date(year, month, 1).weekday()) % 7
    days = list(range(first, length + 1, 7))
    if occurrence > len(days):
        raise ValueError(f"occurrence must be at most {len(days)}: {year}-{month:02d} has no fifth {weekday}")
    return datetime.date(year, month, days[occurrence - 1 if occurrence > 0 else -1]).isoformat()


def shift_utc_offset(time: str, from_offset: str, to_offset: str) -> str:
    """Convert a local date and time from one UTC offset to another.

    Args:
        time: Local date and time, as YYYY-MM-DD HH:MM.
        from_offset: UTC offset of the given time, as +HH:MM or -HH:MM.
        to_offset: UTC offset wanted, as +HH:MM or -HH:MM.

    Returns:
        Date and time at the wanted offset, as YYYY-MM-DD HH:MM.

    Raises:
        ValueError: The time or an offset is malformed or out of range.
    """
    moment = read_moment("time", time, read_offset("from_offset", from_offset))
    return moment.astimezone(read_offset("to_offset", to_offset)).strftime("%Y-%m-%d %H:%M")


def format_duration(seconds: int, style: Literal["clock", "words", "iso8601"] = "clock") -> str:
    """Write a number of seconds as a readable duration.

    Args:
        seconds: Length in seconds, from 0 to 10 billion.
        style: clock (26:03:04), words (1 day 2 hours) or iso8601 (P1DT2H).

    Returns:
        The duration as text.

    Raises:
        ValueError: The seconds are out of range or the style is unknown.
    """
    check_number("seconds", seconds, 0, 10_000_000_000)
    check_choice("style", style, ("clock", "words", "iso8601"))
    minutes, second = divmod(seconds, 60)
    if style == "clock":
        return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"
    days, rest = divmod(minutes, 1440)
    hour, minute = divmod(rest, 60)
    if style == "words":
        parts = ((days, "day"), (hour, "hour"), (minute, "minute"), (second, "second"))
        return " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n) or "0 seconds"
    clock = "".join(f"{n}{unit}" for n, unit in ((hour, "H"), (minute, "M"), (second, "S")) if n)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"P{text or 'T0S'}"


def shift_hours_worked(start: str, end: str, break_minutes: int = 0) -> float:
    """Compute the paid hours of a work shift, also across midnight.

    Args:
        start: Start of the shift, as HH:MM on the 24-hour clock.
        end: End of the shift, as HH:MM; earlier than start means next day.
        break_minutes: Unpaid break in minutes, shorter than the shift.

    Returns:
        Hours worked, rounded to two decimals.

    Raises:
        ValueError: A time is malformed, start equals end, or the break is as long as the shift.
    """
    minutes = (read_clock("end", end) - read_clock("start", start)) % 1440
    if minutes == 0:
        raise ValueError(f"start and end must differ, got {start} twice")
    check_number("break_minutes", break_minutes, 0, minutes - 1)
    return round((minutes - break_minutes) / 60, 2)


def recurring_dates(
    start: str, every: Literal["day", "week", "month", "year"], count: int, interval: int = 1
) -> list[str]:
    """List the dates of an event that repeats by day, week, month or year.

    A day that a month lacks, such as the 31st, falls on that month's last day.

    Args:
        start: Date of the first event, as YYYY-MM-DD.
        every: Unit of the repetition.
        count: How many dates to list, from 1 to 366.
        interval: Units between two events, from 1 to 12.

    Returns:
        The dates in order, the first being start.

    Raises:
        ValueError: The date is malformed or a number is out of range.
    """
    first = read_date("start", start)
    check_choice("every", every, ("day", "week", "month", "year"))
    check_number("count", count, 1, 366)
    check_number("interval", interval, 1, 12)
    steps = range(0, count * interval, interval)
    if every in ("month", "year"):
        months = 1 if every == "month" else 12
        return [_months_later(first, step * months).isoformat() for step in steps]
    days = 1 if every == "day" else 7
    return [(first + datetime.timedelta(days=step * days)).isoformat() for step in steps]


def find_free_slots(
    busy: list[TimeSlot], day_start: str = "09:00", day_end: str = "17:00", min_minutes: int = 30
) -> list[TimeSlot]:
    """Find the gaps between appointments within a day's working hours.

    Args:
        busy: Appointments of the day, each with start and end as HH:MM.
        day_start: Start of the working day, as HH:MM.
        day_end: End of the working day, as HH:MM.
        min_minutes: Shortest useful gap in minutes, from 1 to 1440.

    Returns:
        Free slots in order of time.

    Raises:
        ValueError: A time is malformed, a slot ends before it starts, or there are over 200 slots.
    """
    check_length("busy", busy, 0, 200)
    check_number("min_minutes", min_minutes, 1, 1440)
    cursor, close = read_clock("day_start", day_start), read_clock("day_end", day_end)
    if close <= cursor:
        raise ValueError(f"day_end must be after day_start, got {day_start} to {day_end}")
    taken = sorted((read_clock("busy.start", slot["start"]), read_clock("busy.end", slot["end"])) for slot in busy)
    free: list[TimeSlot] = []
    for begin, finish in [*taken, (close, close)]:
        if finish < begin:
            raise ValueError("busy must have each end at or after its start")
        gap_end = min(begin, close)
        if gap_end - cursor >= min_minutes:
            free.append({"start": _clock(cursor), "end": _clock(gap_end)})
        cursor = max(cursor, finish)
    return free


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="How many working days are there from 2024-03-01 to 2024-03-29 if 2024-03-29 is a holiday?",
        answers=(
            Call(
                name="count_business_days",
                arguments={"start": "2024-03-01", "end": "2024-03-29", "holidays": ["2024-03-29"]},
            ),
        ),
    ),
    Seed(
        query="Two sprints to plan: one from 2025-01-06 to 2025-01-24, the other from 2025-02-03 to "
        "2025-02-21. "
        "Tell me the number of business days in each, not counting the final date.",
        answers=(
            Call(
                name="count_business_days",
                arguments={"start": "2025-01-06", "end": "2025-01-24", "include_end": False},
            ),
            Call(
                name="count_business_days",
                arguments={"start": "2025-02-03", "end": "2025-02-21", "include_end": False},
            ),
        ),
    ),
    Seed(
        query="Our factory labels crates by calendar week. Which ISO week does 2026-12-31 belong to?",
        answers=(Call(name="iso_week_of_date", arguments={"date": "2026-12-31"}),),
        others=("count_business_days", "recurring_dates"),
    ),
    Seed(
        query="ISO weeks for 2023-01-01, 2024-12-30 and 2025-06-15, please",
        answers=(
            Call(name="iso_week_of_date", arguments={"date": "2023-01-01"}),
            Call(name="iso_week_of_date", arguments={"date": "2024-12-30"}),
            Call(name="iso_week_of_date", arguments={"date": "2025-06-15"}),
        ),
    ),
    Seed(
        query="My daughter was born on 2015-08-31. Exactly how old is she on 2024-02-29?",
        answers=(Call(name="age_between_dates", arguments={"birth_date": "2015-08-31", "on_date": "2024-02-29"}),),
    ),
    Seed(
        query="A player born 1998-11-20 wants to sign on 2024-07-01; state his age to the day for the form.",
        answers=(Call(name="age_between_dates", arguments={"birth_date": "1998-11-20", "on_date": "2024-07-01"}),),
        others=("iso_week_of_date", "count_business_days", "format_duration"),
    ),
    Seed(
        query="The club meets on the second Tuesday of each month. What date is that in month 10 of 2025?",
        answers=(
            Call(
                name="nth_weekday_of_month",
                arguments={"year": 2025, "month": 10, "weekday": "Tuesday", "occurrence": 2},
            ),
        ),
        others=("recurring_dates", "iso_week_of_date"),
    ),
    Seed(
        query="I need the first Monday of month 9 in 2024 and the first Monday of month 9 in 2025.",
        answers=(
            Call(name="nth_weekday_of_month", arguments={"year": 2024, "month": 9, "weekday": "Monday"}),
            Call(name="nth_weekday_of_month", arguments={"year": 2025, "month": 9, "weekday": "Monday"}),
        ),
    ),
    Seed(
        query="The webinar starts at 2024-11-05 18:30 in UTC offset -05:00. When is that at +09:00?",
        answers=(
            Call(
                name="shift_utc_offset",
                arguments={"time": "2024-11-05 18:30", "from_offset": "-05:00", "to_offset": "+09:00"},
            ),
        ),
    ),
    Seed(
        query="The call is at 2025-05-12 14:00, offset +02:00. Give the local time for colleagues at +05:30 "
        "and for those at -07:00.",
        answers=(
            Call(
                name="shift_utc_offset",
                arguments={"time": "2025-05-12 14:00", "from_offset": "+02:00", "to_offset": "+05:30"},
            ),
            Call(
                name="shift_utc_offset",
                arguments={"time": "2025-05-12 14:00", "from_offset": "+02:00", "to_offset": "-07:00"},
            ),
        ),
    ),
    Seed(
        query="write 93784 seconds out in words",
        answers=(Call(name="format_duration", arguments={"seconds": 93784, "style": "words"}),),
    ),
    Seed(
        query="A video runs 5425 seconds; show that as a clock time so I can put it under the thumbnail.",
        answers=(Call(name="format_duration", arguments={"seconds": 5425, "style": "clock"}),),
        others=("shift_hours_worked", "shift_utc_offset"),
    ),
    Seed(
        query="I clocked in at 08:45 and out at 17:15 with a forty-five minute unpaid lunch. How many hours is that?",
        answers=(
            Call(
                name="shift_hours_worked",
                arguments={"start": "08:45", "end": "17:15", "break_minutes": 45},
            ),
        ),
    ),
    Seed(
        query="The night nurse works 22:00 to 06:30 with a 30-minute break. Her paid hours? And as a "
        "separate "
        "thing, express 30600 seconds as an ISO 8601 duration.",
        answers=(
            Call(
                name="shift_hours_worked",
                arguments={"start": "22:00", "end": "06:30", "break_minutes": 30},
            ),
            Call(name="format_duration", arguments={"seconds": 30600, "style": "iso8601"}),
        ),
    ),
    Seed(
        query="List 6 dates for a payment that falls due every month from 2025-01-31 on.",
        answers=(Call(name="recurring_dates", arguments={"start": "2025-01-31", "every": "month", "count": 6}),),
    ),
    Seed(
        query="Bins go out every 2 weeks starting 2024-06-04: give me the next 8 dates. Also, how many "
        "working "
        "days lie from 2024-06-04 to 2024-07-12?",
        answers=(
            Call(
                name="recurring_dates",
                arguments={"start": "2024-06-04", "every": "week", "count": 8, "interval": 2},
            ),
            Call(name="count_business_days", arguments={"start": "2024-06-04", "end": "2024-07-12"}),
        ),
    ),
    Seed(
        query="I have meetings 09:30 to 10:30 and 13:00 to 14:15. Which gaps of at least 60 minutes are left "
        "in a normal day from 09:00 to 17:00?",
        answers=(
            Call(
                name="find_free_slots",
                arguments={
                    "busy": [{"start": "09:30", "end": "10:30"}, {"start": "13:00", "end": "14:15"}],
                    "day_start": "09:00",
                    "day_end": "17:00",
                    "min_minutes": 60,
                },
            ),
        ),
        others=("shift_hours_worked", "format_duration"),
    ),
    Seed(
        query="The dentist is open 08:00 to 12:00 and has patients at 08:30-09:15 and 10:00-11:40. Find "
        "the free "
        "slots. And how old to the day is a patient born 1960-02-10 on 2024-09-30?",
        answers=(
            Call(
                name="find_free_slots",
                arguments={
                    "busy": [{"start": "08:30", "end": "09:15"}, {"start": "10:00", "end": "11:40"}],
                    "day_start": "08:00",
                    "day_end": "12:00",
                },
            ),
            Call(name="age_between_dates", arguments={"birth_date": "1960-02-10", "on_date": "2024-09-30"}),
        ),
    ),
    Seed(
        query="Two things about 2025: what is the last Friday of month 5, and which ISO week is 2025-05-30 in?",
        answers=(
            Call(
                name="nth_weekday_of_month",
                arguments={"year": 2025, "month": 5, "weekday": "Friday", "occurrence": -1},
            ),
            Call(name="iso_week_of_date", arguments={"date": "2025-05-30"}),
        ),
        others=("age_between_dates",),
    ),
)
