"""Units of measurement: which unit a text names, which one a parameter wants, and what a quantity is in another.

Units are pint's. Which words may name a unit is narrower than what pint reads ("cats" is a unit there).
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

_SYMBOLS = {
    "m": "meter", "km": "kilometer", "kms": "kilometer", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer",
    "um": "micrometer", "μm": "micrometer", "mi": "mile", "ft": "foot", "yd": "yard", "in": "inch",
    "nmi": "nautical_mile",
    "kg": "kilogram", "kgs": "kilogram", "kilo": "kilogram", "kilos": "kilogram", "g": "gram", "mg": "milligram",
    "mcg": "microgram", "lb": "pound", "lbs": "pound", "oz": "ounce", "st": "stone",
    "s": "second", "sec": "second", "secs": "second", "seconds": "second", "min": "minute", "mins": "minute",
    "h": "hour", "hr": "hour", "hrs": "hour", "ms": "millisecond", "millisecond": "millisecond", "d": "day",
    "wk": "week", "yr": "year", "yrs": "year", "month": "month", "months": "month", "quarters": "",
    "km/h": "kilometer/hour", "kmh": "kilometer/hour", "kph": "kilometer/hour", "kmph": "kilometer/hour",
    "mph": "mile/hour", "m/s": "meter/second", "mps": "meter/second", "ft/s": "foot/second", "kn": "knot",
    "kt": "knot", "kts": "knot", "knots": "knot", "knot": "knot", "km/s": "kilometer/second",
    "°c": "degree_Celsius", "c": "degree_Celsius", "celsius": "degree_Celsius", "centigrade": "degree_Celsius",
    "°f": "degree_Fahrenheit", "f": "degree_Fahrenheit", "fahrenheit": "degree_Fahrenheit", "k": "kelvin",
    "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz",
    "v": "volt", "mv": "millivolt", "kv": "kilovolt", "a": "ampere", "ma": "milliampere", "amp": "ampere",
    "amps": "ampere", "w": "watt", "kw": "kilowatt", "ω": "ohm", "kω": "kiloohm", "kohm": "kiloohm",
    "kohms": "kiloohm", "kilohm": "kiloohm", "kilohms": "kiloohm", "megohm": "megaohm", "megohms": "megaohm",
    "mω": "", "j": "joule", "kj": "kilojoule", "kcal": "kilocalorie", "kwh": "kilowatt_hour", "n": "newton",
    "kn/m": "", "pa": "pascal", "hpa": "hectopascal", "kpa": "kilopascal", "mpa": "megapascal", "psi": "psi",
    "atm": "atmosphere", "bar": "bar", "mbar": "millibar", "mmhg": "millimeter_Hg",
    "l": "liter", "ml": "milliliter", "cl": "centiliter", "dl": "deciliter", "gal": "gallon",
    "b": "byte", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "kib": "kibibyte",
    "mib": "mebibyte", "gib": "gibibyte", "tib": "tebibyte", "rad": "radian", "deg": "degree", "°": "degree",
    "degrees": "degree", "degree": "degree", "arcsec": "arcsecond", "arcmin": "arcminute",
    "mas": "milliarcsecond", "mol": "mole", "mmol": "millimole", "ha": "hectare",
    "m2": "meter**2", "m²": "meter**2", "sqm": "meter**2", "cm2": "centimeter**2", "m3": "meter**3",
    "km2": "kilometer**2",
    "stone": "stone", "μf": "microfarad", "uf": "microfarad", "nf": "nanofarad", "pf": "picofarad",
    "mh": "millihenry", "henries": "henry", "ah": "ampere*hour",
    "mah": "milliampere*hour",
    "μh": "microhenry", "hour's": "hour", "minute's": "minute", "ev": "electron_volt",
}  # fmt: skip
"""Symbols and short names, folded; only what pint itself reads otherwise, or reads as another case."""

_SAMPLES = (
    "meter", "gram", "second", "meter/second", "kelvin", "hertz", "ampere", "liter", "meter**2", "pascal", "joule",
    "watt", "newton", "volt", "ohm", "mole", "farad", "henry", "ampere*hour", "liter/second",
)  # fmt: skip
"""One unit of each kind of quantity that calls have."""
_NOT_UNITS = frozenset(
    [
        "point",
        "points",
        "hand",
        "hands",
        "link",
        "links",
        "chain",
        "chains",
        "pole",
        "poles",
        "rod",
        "rods",
        "turn",
        "turns",
        "count",
        "grade",
        "grades",
        "score",
        "scores",
        "cable",
        "second",
        "quarter",
        "quarters",
        "cup",
        "cups",
        "drop",
        "pixel",
        "pixels",
        "dot",
        "dots",
        "line",
        "lines",
        "mark",
        "marks",
        "key",
        "keys",
        "table",
        "page",
        "cycle",
        "cycles",
        "stick",
        "sticks",
        "century",
        "centuries",
        "league",
        "leagues",
        "bit",
    ]
)
_PREFIXES = (
    "nano",
    "micro",
    "milli",
    "centi",
    "deci",
    "hecto",
    "kilo",
    "mega",
    "giga",
    "tera",
    "kibi",
    "mebi",
    "gibi",
    "tebi",
    "",
)
_CALENDAR = {"month": 1 / 12, "year": 1.0, "week": 7 / 365.25, "day": 1 / 365.25}


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=True)


@lru_cache(maxsize=8192)
def unit_named(name: str) -> str | None:
    """Pint's name of the unit that a folded word or symbol stands for; null where it is none."""
    name = name.strip().rstrip(".")
    if name in _SYMBOLS:
        return _SYMBOLS[name] or None
    if len(name) < 3 or not re.fullmatch(r"[a-z]+(?:[ _]mile)?s?", name) or name in _NOT_UNITS:
        return None
    if not name.startswith(_PREFIXES[:-1]) and len(name) < 4 and name not in {"day", "ton", "ohm", "bar", "mil"}:
        return None
    word = name.replace(" ", "_")
    parsed = [found for found in _registry().parse_unit_name(word) if word.startswith(found[0])]
    for prefix, unit, _ in parsed:
        rest = word.removeprefix(prefix)
        if len(rest) < 3:
            continue
        full = f"{prefix}{unit}"
        if _dimension(full) is not None:
            return full
    return None


@lru_cache(maxsize=2048)
def _dimension(unit: str) -> str | None:
    """What a unit measures, for the kinds of quantity that calls have; null for others."""
    if "byte" in unit or unit.endswith("bit"):
        return "information"
    if unit in {"degree", "radian"} or unit.endswith(("arcminute", "arcsecond")):
        return "angle"
    try:
        found = str(_registry().parse_units(unit).dimensionality)
    except Exception:  # pint raises errors of many kinds for what it cannot read
        return None
    return found if found in _dimensions() else None


@cache
def _dimensions() -> frozenset[str]:
    return frozenset(str(_registry().parse_units(sample).dimensionality) for sample in _SAMPLES)


def same_kind(one: str, two: str) -> bool:
    """Whether two units measure the same thing."""
    a, b = _dimension(one), _dimension(two)
    return a is not None and a == b


def converted(value: float, unit: str, target: str) -> float | None:
    """A quantity in another unit; null where the units measure different things."""
    if unit == target:
        return value
    line = _line(unit, target)
    return None if line is None else line[0] * value + line[1]


@lru_cache(maxsize=8192)
def _line(unit: str, target: str) -> tuple[float, float] | None:
    """Slope and offset of the conversion between two units (an offset is for temperatures only)."""
    if not same_kind(unit, target):
        return None
    if unit in _CALENDAR and target in _CALENDAR:
        return _CALENDAR[unit] / _CALENDAR[target], 0.0
    quantity = _registry().Quantity
    try:
        zero, one = (float(quantity(value, unit).to(target).magnitude) for value in (0.0, 1.0))
    except Exception:  # pint's errors for an offset unit inside a compound one, among others
        return None
    return one - zero, round(zero, 9)


@cache
def kin(unit: str) -> tuple[str, ...]:
    """Common units of the same kind of quantity."""
    return tuple(target for target in _COMMON if target != unit and same_kind(unit, target))


_COMMON = (
    "millimeter", "centimeter", "meter", "kilometer", "inch", "foot", "yard", "mile", "nanometer", "micrometer",
    "milligram", "gram", "kilogram", "metric_ton", "ounce", "pound", "stone",
    "millisecond", "second", "minute", "hour", "day", "week", "month", "year",
    "meter/second", "kilometer/hour", "mile/hour", "knot", "degree_Celsius", "degree_Fahrenheit", "kelvin",
    "hertz", "kilohertz", "megahertz", "gigahertz", "ampere", "milliampere", "volt", "millivolt", "kilovolt", "ohm",
    "kiloohm", "megaohm", "watt", "kilowatt", "megawatt", "joule", "kilojoule", "kilocalorie", "kilowatt_hour",
    "pascal", "hectopascal", "kilopascal", "bar", "atmosphere", "milliliter", "liter", "gallon", "meter**3",
    "centimeter**2", "meter**2", "hectare", "kilometer**2", "arcminute", "arcsecond",
    "milliarcsecond", "byte", "kilobyte", "megabyte", "gigabyte", "terabyte",
    "kibibyte", "mebibyte", "gibibyte", "degree", "radian", "mole", "millimole", "farad", "millifarad", "microfarad",
    "nanofarad", "picofarad", "ampere*hour", "milliampere*hour", "liter/second", "liter/minute", "liter/hour",
     "henry", "millihenry", "microhenry",
)  # fmt: skip


_IN_UNIT = re.compile(
    r"\b(?:in|of|as)\s+(?:whole\s+|decimal\s+)?(\(?[a-zµμω°²/]+(?:\s(?:mile|per\s[a-z]+)s?)?)"
    r"|\((?:in\s+)?([a-zµμω°²/]{1,14})\)|(?<!\w)(°c|°f|hz|hpa|kpa|m/s|km/h)(?!\w)"
)
_PER = re.compile(r"\b([a-z]+) per ([a-z]+)\b")
_LEADING = re.compile(r"^(?:the\s+)?(?:number|count|amount)\s+of\s+([a-z]+)\b")
_TOKENS = re.compile(r"[a-z]+")


@lru_cache(maxsize=8192)
def unit_wanted(name: str, description: str) -> str | None:
    """The unit in which a parameter wants its value, by its description or the end of its name.

    Args:
        name: the parameter's name, folded.
        description: its description, folded.

    Returns:
        Pint's name of the one unit that is named; null where none is, or several are.
    """
    found: set[str] = set()
    if "per" in name.split("_"):
        return None
    for match in _IN_UNIT.finditer(description):
        follows = description[match.end() :]
        if follows.startswith(("^", "²")):
            continue
        word = (match[1] or match[2] or match[3] or "").strip("(")
        if (
            match[1]
            and len(word) <= 2
            and word not in {"m", "km", "cm", "mm", "kg", "g", "mg", "s", "ms", "hz", "l", "ml"}
        ):
            continue
        per = _PER.match(word) or _PER.match(description, match.start(1) if match[1] else 0)
        if follows.lstrip().startswith("per ") and not per:
            continue
        if word in {"degrees", "degree"}:
            after = re.match(r"\s*(celsius|fahrenheit|c|f|kelvin)\b", follows)
            word = after[1] if after else word
        square = re.match(r"(square|cubic)$", word) and re.match(r"\s*([a-z]+)", follows)
        if square:
            base = unit_named(square[1])
            if base:
                found.add(f"{base}**{2 if word == 'square' else 3}")
            continue
        if per:
            parts = unit_named(per[1]), unit_named("seconds" if per[2] == "second" else per[2])
            if all(parts):
                found.add(f"{parts[0]}/{parts[1]}")
                continue
        unit = unit_named(word) or unit_named(word.split(" ")[0])
        if word in {"second", "seconds"}:
            unit = "second"
        if unit is not None:
            found.add(unit)
    leading = _LEADING.match(description)
    if leading and unit_named(leading[1]):
        found.add(str(unit_named(leading[1])))
    if not found:
        tokens = name.split("_")
        last = tokens[-1] if len(tokens) > 1 else ""
        unit = "second" if last in {"second", "seconds"} else unit_named(last) if len(last) > 1 else None
        if tokens[-1] in {"seconds", "minutes", "hours", "days", "weeks", "months", "years"}:
            unit = unit_named(tokens[-1])
        if unit:
            found.add(unit)
    return found.pop() if len(found) == 1 else None


_FRACTION = re.compile(
    r"\b(?:(?:as|in) (?:an? )?(?:decimal|fraction)|decimal (?:form|format|fraction|notation)|"
    r"0\.\d+ (?:for|means|is|=) \d+|\d+ ?(?:%|percent) (?:is|as|means|would be|=) 0?\.\d|"
    r"(?:between|from) 0(?:\.0)? (?:and|to) 1(?:\.0)?\b)"
)
_PERCENT = re.compile(r"\bpercent\b|%|\bpercentage\b")


def scale_wanted(name: str, description: str) -> str | None:
    """`fraction` or `percent` where a parameter says which of both its share or rate is; null elsewhere."""
    if _FRACTION.search(description):
        return "fraction"
    if _PERCENT.search(description) or name.endswith(("percent", "percentage", "pct")):
        return "percent"
    return None


def declares_units(names: Iterable[str]) -> bool:
    """Whether one of a tool's parameters is the unit, so that a value is right in the unit the query uses."""
    return any("unit" in name.casefold() or name.casefold() in {"per", "scale"} for name in names)
