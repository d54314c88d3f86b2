"""Sun and moon (astral)."""

import datetime as dt

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, NotFoundError, date, number, text

endpoints = Endpoints("Environment")

_PLACE = (
    number("latitude", "Latitude in degrees, north positive.", 52.52, 40.7128, -33.8688, minimum=-90, maximum=90),
    number("longitude", "Longitude in degrees, east positive.", 13.405, -74.006, 151.2093, minimum=-180, maximum=180),
)
_DATE = date("date", "Calendar date (UTC).", "2025-06-21", "2025-03-01", "2024-12-21")


def _observer(latitude: float, longitude: float) -> JsonValue:
    from astral import Observer

    return Observer(latitude, longitude)


def _time(moment: dt.datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


@endpoints.get(
    "/sun/times", "Get dawn, sunrise, solar noon, sunset and dusk of a place on a date, in UTC.", *_PLACE, _DATE
)
def get_sun_times(latitude: float, longitude: float, date: dt.date) -> JsonValue:
    """The sun's day."""
    from astral.sun import sun

    try:
        times = sun(_observer(latitude, longitude), date=date)
    except ValueError as error:
        raise NotFoundError(f"the sun has no such times there on that day: {error}") from None
    return {
        "date": date.isoformat(),
        **{name: _time(times[name]) for name in ("dawn", "sunrise", "noon", "sunset", "dusk")},
    }


@endpoints.get("/sun/daylight", "Compute how long the sun is above the horizon of a place on a date.", *_PLACE, _DATE)
def get_daylight_duration(latitude: float, longitude: float, date: dt.date) -> JsonValue:
    """Length of the day."""
    from astral.sun import daylight

    try:
        start, end = daylight(_observer(latitude, longitude), date=date)
    except ValueError as error:
        raise NotFoundError(f"no sunrise or sunset there on that day: {error}") from None
    seconds = int((end - start).total_seconds())
    return {"date": date.isoformat(), "hours": round(seconds / 3600, 2), "seconds": seconds}


@endpoints.get(
    "/sun/position",
    "Compute the sun's elevation and azimuth at a place and a moment.",
    *_PLACE,
    text("time", "Moment in UTC.", "2025-06-21T12:00", "2025-03-01T08:30", "2024-12-21T15:00"),
)
def get_sun_position(latitude: float, longitude: float, time: str) -> JsonValue:
    """Where the sun stands."""
    from astral.sun import azimuth, elevation

    try:
        moment = dt.datetime.fromisoformat(time)
    except ValueError:
        raise BadArgumentError("parameter 'time' must be a moment such as 2025-06-21T12:00") from None
    moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    observer = _observer(latitude, longitude)
    return {
        "time": moment.isoformat(),
        "elevation_degrees": round(elevation(observer, moment), 2),
        "azimuth_degrees": round(azimuth(observer, moment), 2),
    }


@endpoints.get(
    "/sun/golden-hour",
    "Get the evening golden hour of a place on a date, for photographers.",
    *_PLACE,
    _DATE,
    tag="Media",
)
def get_golden_hour(latitude: float, longitude: float, date: dt.date) -> JsonValue:
    """Soft light in the evening."""
    from astral import SunDirection
    from astral.sun import golden_hour

    try:
        start, end = golden_hour(_observer(latitude, longitude), date, SunDirection.SETTING)
    except ValueError as error:
        raise NotFoundError(f"no golden hour there on that day: {error}") from None
    return {"date": date.isoformat(), "start": _time(start), "end": _time(end)}


_PHASES = ("new moon", "waxing crescent", "first quarter", "waxing gibbous", "full moon", "waning gibbous",
           "last quarter", "waning crescent")  # fmt: skip


@endpoints.get("/moon/phase", "Get the phase of the moon on a date.", _DATE)
def get_moon_phase(date: dt.date) -> JsonValue:
    """The moon's phase, as days since new moon and by name."""
    from astral.moon import phase

    age = phase(date)
    return {"date": date.isoformat(), "age_days": round(age, 2), "phase": _PHASES[int((age / 28 * 8 + 0.5) % 8)]}


@endpoints.get("/moon/times", "Get moonrise and moonset of a place on a date, in UTC.", *_PLACE, _DATE)
def get_moon_times(latitude: float, longitude: float, date: dt.date) -> JsonValue:
    """Rising and setting of the moon; on some days one of them does not happen."""
    from astral.moon import moonrise, moonset

    observer = _observer(latitude, longitude)
    out: dict[str, str | None] = {}
    for name, find in (("moonrise", moonrise), ("moonset", moonset)):
        try:
            moment = find(observer, date)
        except ValueError:
            moment = None
        out[name] = _time(moment) if moment else None
    return {"date": date.isoformat(), **out}
