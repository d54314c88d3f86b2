"""Readers of dates, times and UTC offsets, shared by the function modules."""

import datetime
import re

from apigen_assets.functions.ranges import check_number

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)


def read_date(name: str, text: str) -> datetime.date:
    """The date of a `YYYY-MM-DD` text, of the years 1000 to 3000.

    Raises:
        ValueError: another format, no such day, or a year out of range.
    """
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError(f"{name} must be a date as YYYY-MM-DD, got {text!r}")
    year, month, day = (int(part) for part in match.groups())
    check_number(f"the year of {name}", year, 1000, 3000)
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise ValueError(f"{name} is not a day of the calendar: {text}") from None


def read_clock(name: str, text: str) -> int:
    """Minutes since midnight of an `HH:MM` text on the 24-hour clock.

    Raises:
        ValueError: another format or no such time.
    """
    match = _CLOCK.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"{name} must be a time as HH:MM from 00:00 to 23:59, got {text!r}")
    return int(match[1]) * 60 + int(match[2])


def read_offset(name: str, text: str) -> datetime.timezone:
    """The fixed time zone of a UTC offset such as `+05:30`.

    Raises:
        ValueError: another format, or outside -12:00 to +14:00.
    """
    match = _OFFSET.fullmatch(text)
    if not match or int(match[3]) > 59:
        raise ValueError(f"{name} must be a UTC offset as +HH:MM or -HH:MM, got {text!r}")
    minutes = (int(match[2]) * 60 + int(match[3])) * (1 if match[1] == "+" else -1)
    if not -720 <= minutes <= 840:
        raise ValueError(f"{name} must be from -12:00 to +14:00, got {text}")
    return datetime.timezone(datetime.timedelta(minutes=minutes))


def read_moment(name: str, text: str, zone: datetime.timezone) -> datetime.datetime:
    """The moment of a `YYYY-MM-DD HH:MM` text, local to `zone`.

    Raises:
        ValueError: another format, no such day or time.
    """
    day_text, _, clock_text = text.replace("T", " ").partition(" ")
    try:
        day, minutes = read_date(name, day_text), read_clock(name, clock_text)
    except ValueError as error:
        raise ValueError(f"{name} must be YYYY-MM-DD HH:MM, got {text!r}: {error}") from None
    return datetime.datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
