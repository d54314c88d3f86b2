"""Weather that people feel, wind and air quality."""

import math
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number
from apigen_assets.functions.seed import Seed

_METRES_PER_SECOND = {"km/h": 1 / 3.6, "m/s": 1.0, "mph": 0.44704, "knot": 1852 / 3600}
_BEAUFORT = (
    (0.3, "calm"), (1.6, "light air"), (3.4, "light breeze"), (5.5, "gentle breeze"),
    (8.0, "moderate breeze"), (10.8, "fresh breeze"), (13.9, "strong breeze"), (17.2, "near gale"),
    (20.8, "gale"), (24.5, "strong gale"), (28.5, "storm"), (32.7, "violent storm"),
    (math.inf, "hurricane force"),
)  # fmt: skip
# Limits of the US EPA as revised in 2024: (highest concentration in ug/m3, highest index).
_AIR_QUALITY = {
    "pm25": (0.1, ((9.0, 50), (35.4, 100), (55.4, 150), (125.4, 200), (225.4, 300), (325.4, 500))),
    "pm10": (1.0, ((54, 50), (154, 100), (254, 150), (354, 200), (424, 300), (604, 500))),
}
_AIR_CATEGORIES = (
    "good", "moderate", "unhealthy for sensitive groups", "unhealthy", "very unhealthy", "hazardous",
)  # fmt: skip


class WindForce(TypedDict):
    """Number and name on the Beaufort scale."""

    force: int
    description: str


class AirQuality(TypedDict):
    """Air quality index and the category it stands for."""

    index: int
    category: str


def heat_index(temperature_c: float, humidity: float) -> float:
    """Compute how hot it feels in the shade, from temperature and humidity.

    The formula is that of the US National Weather Service.

    Args:
        temperature_c: Air temperature in degrees Celsius, 20 to 55.
        humidity: Relative humidity in percent, 0 to 100.

    Returns:
        Heat index in degrees Celsius, rounded to one decimal.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("temperature_c", temperature_c, 20, 55)
    check_number("humidity", humidity, 0, 100)
    t, r = temperature_c * 1.8 + 32, humidity
    felt = 0.5 * (t + 61 + (t - 68) * 1.2 + r * 0.094)
    if (felt + t) / 2 >= 80:
        felt = (
            -42.379 + 2.04901523 * t + 10.14333127 * r - 0.22475541 * t * r - 0.00683783 * t * t
            - 0.05481717 * r * r + 0.00122874 * t * t * r + 0.00085282 * t * r * r
            - 0.00000199 * t * t * r * r
        )  # fmt: skip
        if r < 13 and 80 <= t <= 112:
            felt -= (13 - r) / 4 * math.sqrt((17 - abs(t - 95)) / 17)
        elif r > 85 and 80 <= t <= 87:
            felt += (r - 85) / 10 * (87 - t) / 5
    return round((felt - 32) / 1.8, 1)


def wind_chill(temperature_c: float, wind_kmh: float) -> float:
    """Compute how cold it feels in the wind.

    The formula is the one used in North America and the United Kingdom since 2001.

    Args:
        temperature_c: Air temperature in degrees Celsius, -60 to 10.
        wind_kmh: Wind speed in km/h, 5 to 150.

    Returns:
        Wind chill in degrees Celsius, rounded to one decimal.

    Raises:
        ValueError: A number is outside the range where the formula holds.
    """
    check_number("temperature_c", temperature_c, -60, 10)
    check_number("wind_kmh", wind_kmh, 5, 150)
    power: float = wind_kmh**0.16
    return round(13.12 + 0.6215 * temperature_c - 11.37 * power + 0.3965 * temperature_c * power, 1)


def beaufort_force(speed: float, unit: Literal["km/h", "m/s", "mph", "knot"] = "km/h") -> WindForce:
    """Find the Beaufort force of a wind speed.

    Args:
        speed: Mean wind speed, from 0 to 500.
        unit: Unit of the speed.

    Returns:
        Force from 0 to 12 and its name.

    Raises:
        ValueError: The speed is out of range or the unit is unknown.
    """
    check_number("speed", speed, 0, 500)
    check_choice("unit", unit, _METRES_PER_SECOND)
    metres = round(speed * _METRES_PER_SECOND[unit], 6)
    force = next(i for i, (limit, _) in enumerate(_BEAUFORT) if metres < limit)
    return {"force": force, "description": _BEAUFORT[force][1]}


def air_quality_index(concentration: float, pollutant: Literal["pm25", "pm10"] = "pm25") -> AirQuality:
    """Compute the US air quality index of a 24-hour particle concentration.

    Args:
        concentration: Micrograms per cubic metre, up to 325.4 (PM2.5) or 604 (PM10).
        pollutant: Particle size measured.

    Returns:
        Index from 0 to 500 and its category.

    Raises:
        ValueError: The concentration is beyond the index, or the pollutant is unknown.
    """
    check_choice("pollutant", pollutant, _AIR_QUALITY)
    step, limits = _AIR_QUALITY[pollutant]
    check_number("concentration", concentration, 0, limits[-1][0])
    # The index is defined for values cut, not rounded, to the step.
    measured = math.floor(round(concentration / step, 6)) * step
    band = next(i for i, (limit, _) in enumerate(limits) if measured <= limit + step / 2)
    low, low_index = (limits[band - 1][0] + step, limits[band - 1][1] + 1) if band else (0.0, 0)
    high, high_index = limits[band]
    index = low_index + (high_index - low_index) * (measured - low) / (high - low)
    return {"index": math.floor(round(index, 6) + 0.5), "category": _AIR_CATEGORIES[band]}


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="It's 33 degrees Celsius with 70 percent humidity here. What does that feel like?",
        answers=(Call(name="heat_index", arguments={"temperature_c": 33, "humidity": 70}),),
        others=("wind_chill", "air_quality_index"),
    ),
    Seed(
        query="Heat index for the two pitches: 36 C at 40 % humidity and 30 C at 85 %.",
        answers=(
            Call(name="heat_index", arguments={"temperature_c": 36, "humidity": 40}),
            Call(name="heat_index", arguments={"temperature_c": 30, "humidity": 85}),
        ),
    ),
    Seed(
        query="How cold does -8 C feel in a 35 km/h wind?",
        answers=(Call(name="wind_chill", arguments={"temperature_c": -8, "wind_kmh": 35}),),
    ),
    Seed(
        query="Skiing: at the base it's 2 degrees Celsius with wind at 15 km/h, on the summit -14 with 60 "
        "km/h. "
        "Wind chill at each?",
        answers=(
            Call(name="wind_chill", arguments={"temperature_c": 2, "wind_kmh": 15}),
            Call(name="wind_chill", arguments={"temperature_c": -14, "wind_kmh": 60}),
        ),
    ),
    Seed(
        query="The forecast says gusting at 28 knots; what force on the Beaufort scale is it?",
        answers=(Call(name="beaufort_force", arguments={"speed": 28, "unit": "knot"}),),
        others=("wind_chill", "heat_index"),
    ),
    Seed(
        query="52 km/h wind in beaufort",
        answers=(Call(name="beaufort_force", arguments={"speed": 52, "unit": "km/h"}),),
    ),
    Seed(
        query="My balcony sensor averaged 41.3 micrograms of PM2.5 over the last day. Is the air OK?",
        answers=(Call(name="air_quality_index", arguments={"concentration": 41.3}),),
    ),
    Seed(
        query="Station report: PM10 at 88 micrograms per cubic metre and a mean wind of 4 m/s. Tell me the "
        "air "
        "quality index and the Beaufort force.",
        answers=(
            Call(name="air_quality_index", arguments={"concentration": 88, "pollutant": "pm10"}),
            Call(name="beaufort_force", arguments={"speed": 4, "unit": "m/s"}),
        ),
        others=("heat_index",),
    ),
    Seed(
        query="Give me the AQI for PM2.5 at 12 and at 160.5 micrograms.",
        answers=(
            Call(name="air_quality_index", arguments={"concentration": 12}),
            Call(name="air_quality_index", arguments={"concentration": 160.5}),
        ),
    ),
    Seed(
        query="Delhi has 39 C and 30 percent humidity, Oslo -3 C and 20 km/h of wind. Heat index for the "
        "first, "
        "wind chill for the second.",
        answers=(
            Call(name="heat_index", arguments={"temperature_c": 39, "humidity": 30}),
            Call(name="wind_chill", arguments={"temperature_c": -3, "wind_kmh": 20}),
        ),
    ),
)
