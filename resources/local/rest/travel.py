"""Airports and time zones (airportsdata, tzdata)."""

import datetime as dt
import functools
import math
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, NotFoundError, date, number, text, whole

endpoints = Endpoints("Travel")

_CODE = "^[A-Za-z]{3}$"
_COUNTRY = "^[A-Za-z]{2}$"
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")


@functools.cache
def _airports() -> dict[str, JsonObject]:
    import airportsdata

    return {code: dict(airport) for code, airport in airportsdata.load("IATA").items()}


def _airport(code: str) -> JsonObject:
    airport = _airports().get(code.upper())
    if airport is None:
        raise NotFoundError(f"no airport has the IATA code {code.upper()}")
    return airport


def _shown(airport: JsonObject) -> JsonObject:
    return {
        "iata": airport["iata"],
        "icao": airport["icao"],
        "name": airport["name"],
        "city": airport["city"],
        "region": airport["subd"],
        "country": airport["country"],
        "latitude": airport["lat"],
        "longitude": airport["lon"],
        "elevation_ft": airport["elevation"],
        "timezone": airport["tz"],
    }


def great_circle_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Distance on a sphere of 6,371.0088 km radius (haversine formula)."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, half)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotFoundError(f"no time zone is called {name}") from None


def _moment(value: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise BadArgumentError("a local time such as 2025-03-01T14:30 is needed") from None
    if moment.tzinfo is not None or len(value) < 16:
        raise BadArgumentError("a local time such as 2025-03-01T14:30, without offset, is needed")
    return moment


@endpoints.get(
    "/travel/airports/{iata}",
    "Look up an airport by its IATA code: name, city, country, coordinates, elevation and time zone.",
    text("iata", "Three-letter IATA airport code.", "JFK", "LHR", "NRT", "FRA", pattern=_CODE),
)
def get_airport(iata: str) -> JsonValue:
    """One airport."""
    return _shown(_airport(iata))


@endpoints.get(
    "/travel/airports",
    "List the airports of a country, ordered by IATA code.",
    text("country", "Two-letter ISO country code.", "IS", "NZ", "PT", pattern=_COUNTRY),
    whole("limit", "Most airports to list.", 5, 10, required=False, default=10, minimum=1, maximum=50),
)
def list_airports(country: str, limit: int) -> JsonValue:
    """The airports of a country."""
    airports = sorted(
        (airport for airport in _airports().values() if airport["country"] == country.upper()), key=lambda a: a["iata"]
    )
    if not airports:
        raise NotFoundError(f"no airports are known in {country.upper()}")
    return {
        "country": country.upper(),
        "total": len(airports),
        "airports": [_shown(airport) for airport in airports[:limit]],
    }


@endpoints.get(
    "/travel/airport-distance",
    "Compute the great-circle distance between two airports in kilometres, miles and nautical miles.",
    text("origin", "IATA code of the departure airport.", "JFK", "SFO", "CDG", pattern=_CODE),
    text("destination", "IATA code of the arrival airport.", "LHR", "SIN", "GRU", pattern=_CODE),
)
def get_airport_distance(origin: str, destination: str) -> JsonValue:
    """Distance of two airports."""
    a, b = _airport(origin), _airport(destination)
    km = great_circle_km(a["lat"], a["lon"], b["lat"], b["lon"])
    return {
        "origin": a["iata"],
        "destination": b["iata"],
        "kilometres": round(km, 1),
        "miles": round(km / 1.609344, 1),
        "nautical_miles": round(km / 1.852, 1),
    }


@endpoints.get(
    "/travel/nearest-airports",
    "Find the airports nearest to a point on the map.",
    number("latitude", "Latitude in degrees, north positive.", 48.8566, 35.6762, -33.8688, minimum=-90, maximum=90),
    number("longitude", "Longitude in degrees, east positive.", 2.3522, 139.6503, 151.2093, minimum=-180, maximum=180),
    whole("limit", "How many airports to return.", 3, 5, required=False, default=3, minimum=1, maximum=20),
)
def find_nearest_airports(latitude: float, longitude: float, limit: int) -> JsonValue:
    """Airports by distance."""
    ranked = sorted(
        (round(great_circle_km(latitude, longitude, airport["lat"], airport["lon"]), 1), code)
        for code, airport in _airports().items()
    )
    return {"airports": [{**_shown(_airport(code)), "distance_km": km} for km, code in ranked[:limit]]}


@endpoints.get(
    "/travel/time-zones/{country}",
    "List the IANA time zones used in a country.",
    text("country", "Two-letter ISO country code.", "US", "BR", "AU", "DE", pattern=_COUNTRY),
)
def list_time_zones(country: str) -> JsonValue:
    """Zones of a country, from the time zone database's own table."""
    zones = _zones_by_country().get(country.upper())
    if not zones:
        raise NotFoundError(f"no time zones are known for {country.upper()}")
    return {"country": country.upper(), "time_zones": zones}


@functools.cache
def _zones_by_country() -> dict[str, list[str]]:
    from importlib import resources

    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    out: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            out.setdefault(country, []).append(zone)
    return {country: sorted(zones) for country, zones in out.items()}


@endpoints.get(
    "/travel/utc-offset",
    "Tell the UTC offset of a time zone on a date at noon, its abbreviation and whether daylight saving time applies.",
    text("zone", "IANA name of the time zone.", *_ZONES),
    date("date", "Calendar date.", "2025-07-01", "2025-12-24", "2024-03-31"),
)
def get_utc_offset(zone: str, date: dt.date) -> JsonValue:
    """Offset of a zone."""
    moment = dt.datetime.combine(date, dt.time(12), _zone(zone))
    offset = moment.utcoffset() or dt.timedelta()
    return {
        "zone": zone,
        "date": date.isoformat(),
        "utc_offset_minutes": int(offset.total_seconds() // 60),
        "abbreviation": moment.tzname(),
        "daylight_saving": bool(moment.dst()),
    }


@endpoints.get(
    "/travel/convert-time",
    "Convert a local time from one time zone to another.",
    text("time", "Local date and time, without offset.", "2025-03-01T14:30", "2025-08-15T09:00", "2024-11-05T22:15"),
    text("source_zone", "IANA time zone the time is given in.", *_ZONES[:3]),
    text("target_zone", "IANA time zone to convert to.", "Asia/Kolkata", "America/Los_Angeles", "Europe/London"),
)
def convert_time(time: str, source_zone: str, target_zone: str) -> JsonValue:
    """A time elsewhere."""
    moment = _moment(time).replace(tzinfo=_zone(source_zone))
    there = moment.astimezone(_zone(target_zone))
    return {"source": moment.isoformat(), "target": there.isoformat(), "weekday": there.strftime("%A")}
