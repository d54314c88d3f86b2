import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.functions import dates_times as dt

days = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))


@given(days, st.integers(0, 400), st.booleans())
def test_business_days_agree_with_counting_one_by_one(start, length, include_end):
    end = start + datetime.timedelta(days=length)
    span = [start + datetime.timedelta(days=step) for step in range(length + include_end)]
    counted = dt.count_business_days(start.isoformat(), end.isoformat(), include_end=include_end)
    assert counted == sum(day.weekday() < 5 for day in span)


def test_holidays_count_once_and_only_on_working_days():
    holidays = ["2024-12-25", "2024-12-25", "2024-12-28", "2025-01-01"]
    assert dt.count_business_days("2024-12-23", "2024-12-31", holidays) == 6


@given(days, days)
def test_age_leads_back_to_the_date(one, other):
    born, then = sorted((one, other))
    age = dt.age_between_dates(born.isoformat(), then.isoformat())
    assert 0 <= age["months"] < 12 and 0 <= age["days"] < 31
    months = age["years"] * 12 + age["months"]
    assert dt._months_later(born, months) + datetime.timedelta(days=age["days"]) == then


def test_iso_week_belongs_to_the_year_of_its_thursday():
    assert dt.iso_week_of_date("2021-01-03") == {"year": 2020, "week": 53, "weekday": "Sunday"}
    assert dt.iso_week_of_date("2024-12-30") == {"year": 2025, "week": 1, "weekday": "Monday"}


def test_nth_weekday():
    assert dt.nth_weekday_of_month(2024, 11, "Thursday", 4) == "2024-11-28"
    assert dt.nth_weekday_of_month(2024, 2, "Thursday", 5) == "2024-02-29"
    assert dt.nth_weekday_of_month(2024, 3, "Sunday", -1) == "2024-03-31"
    with pytest.raises(ValueError, match="occurrence"):
        dt.nth_weekday_of_month(2024, 2, "Friday", 5)


def test_month_ends_do_not_drift():
    assert dt.recurring_dates("2024-01-31", "month", 4) == [
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
    ]
    assert dt.recurring_dates("2024-02-29", "year", 3, 2) == ["2024-02-29", "2026-02-28", "2028-02-29"]


def test_offsets_cross_the_date_line():
    assert dt.shift_utc_offset("2024-02-28 23:30", "-11:00", "+14:00") == "2024-03-01 00:30"
    assert dt.shift_utc_offset("2024-06-01 00:10", "+05:45", "+00:00") == "2024-05-31 18:25"


def test_shift_across_midnight():
    assert dt.shift_hours_worked("22:00", "06:15", 30) == 7.75


@pytest.mark.parametrize(
    ("seconds", "clock", "words", "iso"),
    [
        (0, "0:00:00", "0 seconds", "PT0S"),
        (86400, "24:00:00", "1 day", "P1D"),
        (93784, "26:03:04", "1 day 2 hours 3 minutes 4 seconds", "P1DT2H3M4S"),
        (61, "0:01:01", "1 minute 1 second", "PT1M1S"),
    ],
)
def test_durations(seconds, clock, words, iso):
    assert [dt.format_duration(seconds, style) for style in ("clock", "words", "iso8601")] == [
        clock,
        words,
        iso,
    ]


def test_free_slots_with_overlapping_and_outside_appointments():
    busy: list[Any] = [
        {"start": "11:00", "end": "12:00"},
        {"start": "07:00", "end": "09:20"},
        {"start": "10:00", "end": "11:30"},
        {"start": "16:45", "end": "18:00"},
    ]
    assert dt.find_free_slots(busy) == [
        {"start": "09:20", "end": "10:00"},
        {"start": "12:00", "end": "16:45"},
    ]
    assert dt.find_free_slots([{"start": "18:00", "end": "19:00"}]) == [{"start": "09:00", "end": "17:00"}]


@pytest.mark.parametrize("text", ["2024-13-01", "2023-02-29", "01.02.2024", "20240101", "2024-W01-1", ""])
def test_a_bad_date_is_named(text):
    with pytest.raises(ValueError, match="date"):
        dt.iso_week_of_date(text)


@pytest.mark.parametrize("offset", ["+2", "Z", "+15:00", "-12:30", "+01:75", "CET"])
def test_a_bad_offset_is_named(offset):
    with pytest.raises(ValueError, match="to_offset"):
        dt.shift_utc_offset("2024-01-01 12:00", "+00:00", offset)
