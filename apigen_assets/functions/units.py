"""Conversions between units of measure, exact where the definitions are."""

from typing import Literal

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number
from apigen_assets.functions.seed import Seed

_METRES = {
    "millimetre": 0.001, "centimetre": 0.01, "metre": 1.0, "kilometre": 1000.0, "inch": 0.0254,
    "foot": 0.3048, "yard": 0.9144, "mile": 1609.344, "nautical_mile": 1852.0,
}  # fmt: skip
_GRAMS = {
    "milligram": 0.001, "gram": 1.0, "kilogram": 1000.0, "tonne": 1e6, "ounce": 28.349523125,
    "pound": 453.59237, "stone": 6350.29318, "carat": 0.2,
}  # fmt: skip
_METRES_PER_SECOND = {"m/s": 1.0, "km/h": 1 / 3.6, "mph": 0.44704, "knot": 1852 / 3600, "ft/s": 0.3048}
_BYTES = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_KM_PER_LITRE = {"km_per_litre": 1.0, "mpg_us": 1.609344 / 3.785411784, "mpg_uk": 1.609344 / 4.54609}


def _rounded(value: float) -> float:
    return float(f"{value:.8g}")


def convert_length(
    value: float,
    from_unit: Literal[
        "millimetre", "centimetre", "metre", "kilometre", "inch", "foot", "yard", "mile", "nautical_mile"
    ],
    to_unit: Literal["millimetre", "centimetre", "metre", "kilometre", "inch", "foot", "yard", "mile", "nautical_mile"],
) -> float:
    """Convert a length between metric, imperial and nautical units.

    Args:
        value: Length to convert, from 0 to 1e12.
        from_unit: Unit of the value.
        to_unit: Unit wanted.

    Returns:
        Length in the wanted unit, to eight significant digits.

    Raises:
        ValueError: The value is out of range or a unit is unknown.
    """
    check_number("value", value, 0, 1e12)
    check_choice("from_unit", from_unit, _METRES)
    check_choice("to_unit", to_unit, _METRES)
    return _rounded(value * _METRES[from_unit] / _METRES[to_unit])


def convert_mass(
    value: float,
    from_unit: Literal["milligram", "gram", "kilogram", "tonne", "ounce", "pound", "stone", "carat"],
    to_unit: Literal["milligram", "gram", "kilogram", "tonne", "ounce", "pound", "stone", "carat"],
) -> float:
    """Convert a mass or weight between metric and imperial units.

    Args:
        value: Mass to convert, from 0 to 1e12.
        from_unit: Unit of the value.
        to_unit: Unit wanted.

    Returns:
        Mass in the wanted unit, to eight significant digits.

    Raises:
        ValueError: The value is out of range or a unit is unknown.
    """
    check_number("value", value, 0, 1e12)
    check_choice("from_unit", from_unit, _GRAMS)
    check_choice("to_unit", to_unit, _GRAMS)
    return _rounded(value * _GRAMS[from_unit] / _GRAMS[to_unit])


def convert_speed(
    value: float,
    to_unit: Literal["m/s", "km/h", "mph", "knot", "ft/s"],
    from_unit: Literal["m/s", "km/h", "mph", "knot", "ft/s"] = "km/h",
) -> float:
    """Convert a speed between units.

    Args:
        value: Speed to convert, from 0 to 1e9.
        to_unit: Unit wanted.
        from_unit: Unit of the value.

    Returns:
        Speed in the wanted unit, to eight significant digits.

    Raises:
        ValueError: The value is out of range or a unit is unknown.
    """
    check_number("value", value, 0, 1e9)
    check_choice("to_unit", to_unit, _METRES_PER_SECOND)
    check_choice("from_unit", from_unit, _METRES_PER_SECOND)
    return _rounded(value * _METRES_PER_SECOND[from_unit] / _METRES_PER_SECOND[to_unit])


def convert_data_size(
    value: float,
    from_unit: Literal["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
    to_unit: Literal["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
) -> float:
    """Convert an amount of data between decimal and binary byte units.

    Args:
        value: Amount to convert, from 0 to 1e12.
        from_unit: Unit of the value; GB is decimal, GiB is binary.
        to_unit: Unit wanted.

    Returns:
        Amount in the wanted unit, to eight significant digits.

    Raises:
        ValueError: The value is out of range or a unit is unknown.
    """
    check_number("value", value, 0, 1e12)
    check_choice("from_unit", from_unit, _BYTES)
    check_choice("to_unit", to_unit, _BYTES)
    return _rounded(value * _BYTES[from_unit] / _BYTES[to_unit])


def convert_fuel_economy(
    value: float,
    from_unit: Literal["mpg_us", "mpg_uk", "km_per_litre", "litres_per_100km"],
    to_unit: Literal["mpg_us", "mpg_uk", "km_per_litre", "litres_per_100km"],
) -> float:
    """Convert a vehicle's fuel economy, such as miles per gallon to litres per 100 km.

    Args:
        value: Fuel economy, from 0.1 to 1000.
        from_unit: Unit of the value.
        to_unit: Unit wanted.

    Returns:
        Fuel economy in the wanted unit, rounded to two decimals.

    Raises:
        ValueError: The value is out of range or a unit is unknown.
    """
    check_number("value", value, 0.1, 1000)
    check_choice("from_unit", from_unit, (*_KM_PER_LITRE, "litres_per_100km"))
    check_choice("to_unit", to_unit, (*_KM_PER_LITRE, "litres_per_100km"))
    economy = 100 / value if from_unit == "litres_per_100km" else value * _KM_PER_LITRE[from_unit]
    return round(100 / economy if to_unit == "litres_per_100km" else economy / _KM_PER_LITRE[to_unit], 2)


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="How many kilometres is a 26.2 mile marathon?",
        answers=(Call(name="convert_length", arguments={"value": 26.2, "from_unit": "mile", "to_unit": "kilometre"}),),
    ),
    Seed(
        query="The shelf is 180 centimetre long and 14 inch deep; I want the first in foot and the second in "
        "millimetre.",
        answers=(
            Call(
                name="convert_length",
                arguments={"value": 180, "from_unit": "centimetre", "to_unit": "foot"},
            ),
            Call(
                name="convert_length",
                arguments={"value": 14, "from_unit": "inch", "to_unit": "millimetre"},
            ),
        ),
    ),
    Seed(
        query="My grandad says he weighs twelve and a half stone. What's that in kilograms?",
        answers=(Call(name="convert_mass", arguments={"value": 12.5, "from_unit": "stone", "to_unit": "kilogram"}),),
        others=("convert_length", "convert_speed"),
    ),
    Seed(
        query="Convert 8 ounces to grams and 5 pounds to grams.",
        answers=(
            Call(name="convert_mass", arguments={"value": 8, "from_unit": "ounce", "to_unit": "gram"}),
            Call(name="convert_mass", arguments={"value": 5, "from_unit": "pound", "to_unit": "gram"}),
        ),
    ),
    Seed(
        query="The ferry does 34 knots, which is how many km/h?",
        answers=(Call(name="convert_speed", arguments={"value": 34, "from_unit": "knot", "to_unit": "km/h"}),),
    ),
    Seed(
        query="speed limit sign says 120 km/h - in mph?",
        answers=(Call(name="convert_speed", arguments={"value": 120, "to_unit": "mph", "from_unit": "km/h"}),),
        others=("convert_fuel_economy", "convert_length"),
    ),
    Seed(
        query="A drive is sold as 2 TB. How many GiB does the operating system show?",
        answers=(Call(name="convert_data_size", arguments={"value": 2, "from_unit": "TB", "to_unit": "GiB"}),),
        others=("convert_mass", "convert_length"),
    ),
    Seed(
        query="I have backups of 750 MiB and of 3.5 GiB, tell me each one in MB",
        answers=(
            Call(name="convert_data_size", arguments={"value": 750, "from_unit": "MiB", "to_unit": "MB"}),
            Call(name="convert_data_size", arguments={"value": 3.5, "from_unit": "GiB", "to_unit": "MB"}),
        ),
    ),
    Seed(
        query="A US brochure claims 32 mpg. What would that be in litres per 100 km?",
        answers=(
            Call(
                name="convert_fuel_economy",
                arguments={"value": 32, "from_unit": "mpg_us", "to_unit": "litres_per_100km"},
            ),
        ),
    ),
    Seed(
        query="The hybrid needs 4.8 litres per 100 km; give it in UK miles per gallon. Its top speed is "
        "165 km/h; "
        "give that in m/s.",
        answers=(
            Call(
                name="convert_fuel_economy",
                arguments={"value": 4.8, "from_unit": "litres_per_100km", "to_unit": "mpg_uk"},
            ),
            Call(name="convert_speed", arguments={"value": 165, "from_unit": "km/h", "to_unit": "m/s"}),
        ),
    ),
    Seed(
        query="For the customs form: 220 pounds in kilograms, and 6 foot in centimetres.",
        answers=(
            Call(name="convert_mass", arguments={"value": 220, "from_unit": "pound", "to_unit": "kilogram"}),
            Call(name="convert_length", arguments={"value": 6, "from_unit": "foot", "to_unit": "centimetre"}),
        ),
        others=("convert_data_size",),
    ),
)
