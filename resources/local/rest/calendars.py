"""Public and market holidays, working days, Easter, weeks (the holidays package and the calendar itself)."""

import datetime as dt
import functools

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, NotFoundError, choice, date, text, whole

endpoints = Endpoints("Lifestyle")
business = Endpoints("Business")

_COUNTRY = "^[A-Za-z]{2}$"
_YEARS = {"minimum": 1950, "maximum": 2050}
_LONGEST = 3700


@functools.lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> dict[dt.date, str]:
    import holidays

    try:
        days = holidays.country_holidays(country.upper(), years=year, language="en_US")
    except NotImplementedError:
        raise NotFoundError(f"no holidays are known for {country.upper()}") from None
    return {day: days[day] for day in sorted(days)}


def _is_working_day(country: str, day: dt.date) -> bool:
    return day.weekday() < 5 and day not in _holidays(country.upper(), day.year)


@endpoints.get(
    "/holidays",
    "List the public holidays of a country in a year.",
    text("country", "Two-letter ISO country code.", "US", "DE", "JP", "BR", pattern=_COUNTRY),
    whole("year", "Calendar year.", 2024, 2025, 2026, **_YEARS),
)
def list_public_holidays(country: str, year: int) -> JsonValue:
    """Holidays of a year."""
    days = _holidays(country.upper(), year)
    return {
        "country": country.upper(),
        "year": year,
        "holidays": [{"date": day.isoformat(), "name": name} for day, name in days.items()],
    }


@endpoints.get(
    "/holidays/check",
    "Tell whether a date is a public holiday in a country, and which.",
    text("country", "Two-letter ISO country code.", "FR", "GB", "CA", pattern=_COUNTRY),
    date("date", "Calendar date.", "2025-12-25", "2025-07-14", "2025-03-04"),
)
def check_public_holiday(country: str, date: dt.date) -> JsonValue:
    """Whether a day is a holiday."""
    name = _holidays(country.upper(), date.year).get(date)
    return {"country": country.upper(), "date": date.isoformat(), "is_holiday": name is not None, "name": name}


@endpoints.get(
    "/holidays/next",
    "Find the next public holiday of a country after a date.",
    text("country", "Two-letter ISO country code.", "IT", "AU", "MX", pattern=_COUNTRY),
    date("after", "Date after which to look.", "2025-01-02", "2025-06-15", "2024-10-10"),
)
def find_next_holiday(country: str, after: dt.date) -> JsonValue:
    """The holiday that follows."""
    for year in (after.year, after.year + 1):
        for day, name in _holidays(country.upper(), year).items():
            if day > after:
                return {"date": day.isoformat(), "name": name, "days_away": (day - after).days}
    raise NotFoundError(f"no holiday of {country.upper()} within a year of {after}")


@endpoints.get(
    "/calendar/easter",
    "Compute the date of Easter Sunday in a year, for the western or the orthodox churches.",
    whole("year", "Calendar year.", 2024, 2025, 2026, minimum=1900, maximum=2099),
    choice("tradition", "Church calendar to follow.", "western", "orthodox", required=False, default="western"),
)
def get_easter_date(year: int, tradition: str) -> JsonValue:
    """Easter Sunday, with the movable feasts around it."""
    from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter

    sunday = easter(year, EASTER_ORTHODOX if tradition == "orthodox" else EASTER_WESTERN)
    return {
        "year": year,
        "easter_sunday": sunday.isoformat(),
        "good_friday": (sunday - dt.timedelta(2)).isoformat(),
        "pentecost": (sunday + dt.timedelta(49)).isoformat(),
    }


@endpoints.get(
    "/calendar/day",
    "Describe a calendar date: weekday, ISO week, day of the year, quarter and whether the year is a leap year.",
    date("date", "Calendar date.", "2025-03-01", "2024-02-29", "2026-12-31"),
)
def describe_date(date: dt.date) -> JsonValue:
    """A date's place in the calendar."""
    year, week, weekday = date.isocalendar()
    return {
        "date": date.isoformat(),
        "weekday": date.strftime("%A"),
        "iso_week": f"{year}-W{week:02d}-{weekday}",
        "day_of_year": date.timetuple().tm_yday,
        "quarter": (date.month + 2) // 3,
        "leap_year": date.year % 4 == 0 and (date.year % 100 != 0 or date.year % 400 == 0),
    }


@business.get(
    "/business/working-days",
    "Count the working days between two dates in a country, without weekends and public holidays. Both ends count.",
    text("country", "Two-letter ISO country code.", "US", "NL", "SE", pattern=_COUNTRY),
    date("start", "First day.", "2024-04-01", "2024-11-15", "2025-01-01"),
    date("end", "Last day.", "2025-02-28", "2025-04-30", "2025-12-31"),
)
def count_working_days(country: str, start: dt.date, end: dt.date) -> JsonValue:
    """Working days in a span."""
    days = (end - start).days
    if days < 0:
        raise BadArgumentError("'end' lies before 'start'")
    if days > _LONGEST:
        raise BadArgumentError(f"the span has more than {_LONGEST} days")
    working = sum(_is_working_day(country, start + dt.timedelta(offset)) for offset in range(days + 1))
    return {"country": country.upper(), "calendar_days": days + 1, "working_days": working}


@business.get(
    "/business/add-working-days",
    "Find the date that lies a number of working days after another date in a country.",
    text("country", "Two-letter ISO country code.", "DE", "IE", "JP", pattern=_COUNTRY),
    date("start", "Date to count from.", "2025-03-03", "2025-12-19", "2024-05-06"),
    whole("days", "Working days to add.", 5, 10, 30, minimum=1, maximum=500),
)
def add_working_days(country: str, start: dt.date, days: int) -> JsonValue:
    """A due date."""
    day, left = start, days
    while left:
        day += dt.timedelta(1)
        left -= _is_working_day(country, day)
    return {"start": start.isoformat(), "working_days": days, "date": day.isoformat(), "weekday": day.strftime("%A")}


@functools.lru_cache(maxsize=64)
def _market(code: str, year: int) -> dict[dt.date, str]:
    import holidays

    days = holidays.financial_holidays(code, years=year, language="en_US")
    return {day: days[day] for day in sorted(days)}


_MARKETS = {"NYSE": "XNYS", "ECB": "XECB", "BOVESPA": "BVMF", "NSE": "XNSE"}


@business.get(
    "/business/market-holidays",
    "List the days on which a stock exchange or clearing system is closed in a year.",
    choice("market", "Market: NYSE, ECB (TARGET2), BOVESPA or NSE.", *_MARKETS),
    whole("year", "Calendar year.", 2024, 2025, 2023, minimum=2005, maximum=2026),
)
def list_market_holidays(market: str, year: int) -> JsonValue:
    """Closing days of a market."""
    days = _market(_MARKETS[market], year)
    return {"market": market, "holidays": [{"date": day.isoformat(), "name": name} for day, name in days.items()]}


@business.get(
    "/business/market-open",
    "Tell whether a stock exchange trades on a date.",
    choice("market", "Market: NYSE, ECB (TARGET2), BOVESPA or NSE.", *_MARKETS),
    date("date", "Calendar date.", "2025-07-04", "2025-05-05", "2024-12-25"),
)
def check_market_open(market: str, date: dt.date) -> JsonValue:
    """Whether a market trades."""
    name = _market(_MARKETS[market], date.year).get(date)
    reason = name or ("weekend" if date.weekday() > 4 else None)
    return {"market": market, "date": date.isoformat(), "open": reason is None, "reason": reason}
