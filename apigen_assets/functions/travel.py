"""Trips, flights, parcels and directions."""

import datetime
import re

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number
from apigen_assets.functions.seed import Seed
from apigen_assets.functions.timestamps import read_moment, read_offset

_POINTS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip


class ParcelWeight(TypedDict):
    """Volumetric weight and the weight that is charged, in kilograms."""

    volumetric_kg: float
    chargeable_kg: float


def trip_fuel_cost(
    distance_km: float,
    litres_per_100km: float,
    price_per_litre: float,
    round_trip: bool = False,
    passengers: int = 1,
) -> float:
    """Compute the fuel cost of a car trip for each person.

    Args:
        distance_km: One-way distance in kilometres, 0.1 to 100000.
        litres_per_100km: Fuel consumption in litres per 100 km, 0.5 to 100.
        price_per_litre: Fuel price per litre, 0.01 to 1000.
        round_trip: Whether the way back is included.
        passengers: People sharing the cost, from 1 to 60.

    Returns:
        Cost per person, rounded to cents.

    Raises:
        ValueError: A number is out of range.
    """
    check_number("distance_km", distance_km, 0.1, 100_000)
    check_number("litres_per_100km", litres_per_100km, 0.5, 100)
    check_number("price_per_litre", price_per_litre, 0.01, 1000)
    check_number("passengers", passengers, 1, 60)
    distance = distance_km * (2 if round_trip else 1)
    return round(distance / 100 * litres_per_100km * price_per_litre / passengers, 2)


def chargeable_weight(
    length_cm: float, width_cm: float, height_cm: float, weight_kg: float, divisor: int = 5000
) -> ParcelWeight:
    """Find the weight a carrier charges: the actual or the volumetric one, whichever is greater.

    Args:
        length_cm: Parcel length in centimetres, 1 to 1000.
        width_cm: Parcel width in centimetres, 1 to 1000.
        height_cm: Parcel height in centimetres, 1 to 1000.
        weight_kg: Actual weight in kilograms, 0.01 to 100000.
        divisor: Carrier's cubic centimetres per kilogram, 1000 to 10000.

    Returns:
        Volumetric and chargeable weight, rounded to two decimals.

    Raises:
        ValueError: A number is out of range.
    """
    for name, side in (("length_cm", length_cm), ("width_cm", width_cm), ("height_cm", height_cm)):
        check_number(name, side, 1, 1000)
    check_number("weight_kg", weight_kg, 0.01, 100_000)
    check_number("divisor", divisor, 1000, 10_000)
    volumetric = round(length_cm * width_cm * height_cm / divisor, 2)
    return {"volumetric_kg": volumetric, "chargeable_kg": max(volumetric, round(float(weight_kg), 2))}


def flight_arrival(departure: str, duration: str, from_offset: str, to_offset: str) -> str:
    """Compute the local arrival time of a flight between two UTC offsets.

    Args:
        departure: Local departure, as YYYY-MM-DD HH:MM.
        duration: Flight time in hours and minutes, as H:MM.
        from_offset: UTC offset at departure, as +HH:MM or -HH:MM.
        to_offset: UTC offset at the destination, as +HH:MM or -HH:MM.

    Returns:
        Local arrival, as YYYY-MM-DD HH:MM.

    Raises:
        ValueError: A value is malformed or the flight lasts over 48 hours.
    """
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", duration, re.ASCII)
    if not match:
        raise ValueError(f"duration must be H:MM such as 11:30, got {duration!r}")
    minutes = int(match[1]) * 60 + int(match[2])
    check_number("the minutes of duration", minutes, 1, 2880)
    start = read_moment("departure", departure, read_offset("from_offset", from_offset))
    landing = start + datetime.timedelta(minutes=minutes)
    return landing.astimezone(read_offset("to_offset", to_offset)).strftime("%Y-%m-%d %H:%M")


def compass_direction(bearing: float, points: int = 16) -> str:
    """Name the compass point nearest to a bearing.

    Args:
        bearing: Bearing in degrees clockwise from north, 0 to 360.
        points: Points of the compass rose: 4, 8 or 16.

    Returns:
        Abbreviation of the compass point, such as NNE.

    Raises:
        ValueError: The bearing is out of range, or points is not 4, 8 or 16.
    """
    check_number("bearing", bearing, 0, 360)
    check_choice("points", points, (4, 8, 16))
    return _POINTS[int(bearing * points / 360 + 0.5) % points * (16 // points)]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="It's 430 km to the coast, my car uses 6.2 litres per 100 km and petrol is 1.79 a litre. "
        "Fuel cost there and back?",
        answers=(
            Call(
                name="trip_fuel_cost",
                arguments={
                    "distance_km": 430,
                    "litres_per_100km": 6.2,
                    "price_per_litre": 1.79,
                    "round_trip": True,
                },
            ),
        ),
    ),
    Seed(
        query="A 250 km drive at 1.65 per litre: compare the fuel bill of the van, 9.5 l/100km, with the "
        "hatchback, "
        "5.1 l/100km.",
        answers=(
            Call(
                name="trip_fuel_cost",
                arguments={"distance_km": 250, "litres_per_100km": 9.5, "price_per_litre": 1.65},
            ),
            Call(
                name="trip_fuel_cost",
                arguments={"distance_km": 250, "litres_per_100km": 5.1, "price_per_litre": 1.65},
            ),
        ),
    ),
    Seed(
        query="My box measures 60 x 40 x 35 cm and weighs 9 kg. Which weight will the courier bill?",
        answers=(
            Call(
                name="chargeable_weight",
                arguments={"length_cm": 60, "width_cm": 40, "height_cm": 35, "weight_kg": 9},
            ),
        ),
        others=("trip_fuel_cost", "compass_direction"),
    ),
    Seed(
        query="Air freight with divisor 6000: parcel one is 120 by 80 by 50 cm at 70 kg, parcel two 45 by "
        "30 by 30 cm "
        "at 12.5 kg. Chargeable weights?",
        answers=(
            Call(
                name="chargeable_weight",
                arguments={
                    "length_cm": 120,
                    "width_cm": 80,
                    "height_cm": 50,
                    "weight_kg": 70,
                    "divisor": 6000,
                },
            ),
            Call(
                name="chargeable_weight",
                arguments={
                    "length_cm": 45,
                    "width_cm": 30,
                    "height_cm": 30,
                    "weight_kg": 12.5,
                    "divisor": 6000,
                },
            ),
        ),
    ),
    Seed(
        query="We leave at 2025-07-14 22:10 (offset +02:00) and fly 11:45 to a place at -07:00. When do we "
        "land, local time?",
        answers=(
            Call(
                name="flight_arrival",
                arguments={
                    "departure": "2025-07-14 22:10",
                    "duration": "11:45",
                    "from_offset": "+02:00",
                    "to_offset": "-07:00",
                },
            ),
        ),
        others=("trip_fuel_cost", "chargeable_weight"),
    ),
    Seed(
        query="Wind from 247 degrees, what compass direction is that?",
        answers=(Call(name="compass_direction", arguments={"bearing": 247}),),
    ),
    Seed(
        query="On an 8-point rose, name the directions 95, 200 and 338 degrees.",
        answers=(
            Call(name="compass_direction", arguments={"bearing": 95, "points": 8}),
            Call(name="compass_direction", arguments={"bearing": 200, "points": 8}),
            Call(name="compass_direction", arguments={"bearing": 338, "points": 8}),
        ),
    ),
    Seed(
        query="Plan for my trip: the flight departs 2024-12-27 09:05 at offset +00:00 and takes 7:50 to "
        "-05:00, so when "
        "do I arrive? Then four of us drive 180 km with 8 l/100km and fuel at 0.95 a litre; the cost per "
        "person?",
        answers=(
            Call(
                name="flight_arrival",
                arguments={
                    "departure": "2024-12-27 09:05",
                    "duration": "7:50",
                    "from_offset": "+00:00",
                    "to_offset": "-05:00",
                },
            ),
            Call(
                name="trip_fuel_cost",
                arguments={
                    "distance_km": 180,
                    "litres_per_100km": 8,
                    "price_per_litre": 0.95,
                    "passengers": 4,
                },
            ),
        ),
    ),
    Seed(
        query="Which way is 12.5 degrees, and what does a 100 x 50 x 20 cm parcel of 15 kg count as?",
        answers=(
            Call(name="compass_direction", arguments={"bearing": 12.5}),
            Call(
                name="chargeable_weight",
                arguments={"length_cm": 100, "width_cm": 50, "height_cm": 20, "weight_kg": 15},
            ),
        ),
        others=("flight_arrival",),
    ),
)
