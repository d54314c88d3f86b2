"""Conversion of units and physical constants (pint: CODATA values)."""

import functools

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import Endpoint, Endpoints, NotFoundError, choice, number

endpoints = Endpoints("Tools")
constants = Endpoints("Science")

QUANTITIES: dict[str, tuple[str, ...]] = {
    "length": ("meter", "kilometer", "mile", "foot", "inch", "yard", "nautical_mile", "light_year"),
    "mass": ("kilogram", "gram", "pound", "ounce", "stone", "metric_ton"),
    "temperature": ("celsius", "fahrenheit", "kelvin"),
    "speed": ("kilometer_per_hour", "mile_per_hour", "meter_per_second", "knot"),
    "area": ("square_meter", "hectare", "acre", "square_kilometer", "square_mile", "square_foot"),
    "volume": ("liter", "gallon", "cubic_meter", "pint", "cup", "fluid_ounce"),
    "energy": ("joule", "kilowatt_hour", "calorie", "british_thermal_unit", "electron_volt"),
    "pressure": ("pascal", "bar", "psi", "atmosphere", "torr"),
    "power": ("watt", "kilowatt", "horsepower"),
    "data": ("byte", "kilobyte", "megabyte", "gigabyte", "kibibyte", "mebibyte", "gibibyte", "bit"),
}
_SPELLINGS = {
    "celsius": "degC", "fahrenheit": "degF", "kilometer_per_hour": "kilometer/hour", "mile_per_hour": "mile/hour",
    "meter_per_second": "meter/second", "square_meter": "meter**2", "square_kilometer": "kilometer**2",
    "square_mile": "mile**2", "square_foot": "foot**2", "cubic_meter": "meter**3",
}  # fmt: skip


@functools.cache
def _registry() -> JsonValue:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def _converter(quantity: str) -> JsonValue:
    def convert(value: float, source: str, target: str) -> JsonValue:
        units = _registry()
        amount = units.Quantity(value, _SPELLINGS.get(source, source))
        result = amount.to(_SPELLINGS.get(target, target)).magnitude
        return {"value": value, "source": source, "target": target, "result": float(f"{result:.12g}")}

    convert.__name__ = f"convert_{quantity}"
    return convert


for _quantity, _units in QUANTITIES.items():
    _function = _converter(_quantity)
    endpoints.items.append(
        Endpoint(
            f"/units/{_quantity}",
            _function.__name__,
            "Technology" if _quantity == "data" else endpoints.tag,
            f"Convert a {_quantity} from one unit to another."
            if _quantity != "data"
            else "Convert an amount of digital data from one unit to another.",
            (
                number("value", "Amount to convert.", 1, 12.5, 250),
                choice("source", "Unit of the given value.", *_units),
                choice("target", "Unit to convert to.", *_units[::-1]),
            ),
            _function,
        )
    )

_CONSTANTS = {
    "speed_of_light": "speed_of_light", "planck": "planck_constant", "avogadro": "avogadro_number",
    "boltzmann": "boltzmann_constant", "elementary_charge": "elementary_charge",
    "gravitational": "newtonian_constant_of_gravitation", "electron_mass": "electron_mass",
    "molar_gas": "molar_gas_constant", "standard_gravity": "standard_gravity",
}  # fmt: skip


@constants.get(
    "/constants/{name}",
    "Get the value and SI unit of a physical constant.",
    choice("name", "Name of the constant.", *_CONSTANTS),
)
def get_physical_constant(name: str) -> JsonValue:
    """One constant."""
    if name not in _CONSTANTS:
        raise NotFoundError(f"no constant is called {name}")
    constant = _registry().Quantity(1, _CONSTANTS[name]).to_base_units()
    return {"name": name, "value": float(f"{constant.magnitude:.12g}"), "unit": f"{constant.units:~}"}
