"""Range checks shared by the built-in functions: every message names the parameter and the allowed range."""

import math
from collections.abc import Collection, Iterable

LIMIT = 1e15
"""Largest magnitude of a number where a function states no narrower range."""


def check_number(
    name: str,
    value: float,
    low: float = -LIMIT,
    high: float = LIMIT,
    *,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Check that a number lies in a range.

    Args:
        name: Parameter as the caller knows it.
        value: Number to check; NaN is never in range.
        low: Smallest allowed value.
        high: Largest allowed value.
        above: Exclusive lower bound, instead of `low`.
        below: Exclusive upper bound, instead of `high`.

    Raises:
        ValueError: If the number is outside.
    """
    fits_low = value > above if above is not None else value >= low
    fits_high = value < below if below is not None else value <= high
    if not (fits_low and fits_high):
        lower = f"above {_shown(above)}" if above is not None else f"at least {_shown(low)}"
        upper = f"below {_shown(below)}" if below is not None else f"at most {_shown(high)}"
        raise ValueError(f"{name} must be {lower} and {upper}, but is {_shown(value)}")


def check_numbers(
    name: str,
    values: Collection[float],
    fewest: int,
    most: int,
    low: float = -LIMIT,
    high: float = LIMIT,
    *,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Check the length of a list of numbers and the range of each; bounds as in `check_number`.

    Raises:
        ValueError: If the list is too short or too long, or one of its numbers is out of range.
    """
    check_length(name, values, fewest, most)
    for index, value in enumerate(values):
        check_number(f"{name}[{index}]", value, low, high, above=above, below=below)


def check_length(name: str, items: Collection[object], fewest: int, most: int, unit: str = "items") -> None:
    """Check how many items a list, a record or a text has.

    Raises:
        ValueError: If there are fewer than `fewest` or more than `most`.
    """
    if not fewest <= len(items) <= most:
        allowed = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise ValueError(f"{name} must have {allowed} {unit}, but has {len(items)}")


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Check that a value is one of a closed set.

    Raises:
        ValueError: If it is not.
    """
    allowed = list(choices)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, but is {value!r}")


def finite(value: float) -> float:
    """Give a result back if JSON can carry it.

    Raises:
        ValueError: If it is infinite or not a number.
    """
    if not math.isfinite(value):
        raise ValueError("the result is too large to be given as a number; use smaller arguments")
    return value


def _shown(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > 100:
        return f"an integer of {value.bit_length()} bits"
    return str(value) if isinstance(value, int) else f"{value:.12g}"
