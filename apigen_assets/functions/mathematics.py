"""Mathematics: sequences, polynomials, proportions and number forms."""

import cmath
import math
from itertools import pairwise
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import (
    LIMIT,
    check_choice,
    check_length,
    check_number,
    check_numbers,
    finite,
)
from apigen_assets.functions.seed import Seed


class TablePoint(TypedDict):
    """One measured point of a table."""

    x: float
    """Position in the table."""
    y: float
    """Value measured there."""


class PolarForm(TypedDict):
    """A complex number by its length and direction."""

    modulus: float
    angle: float


def continued_fraction(numerator: int, denominator: int) -> list[int]:
    """Expand a fraction into its continued fraction terms.

    Args:
        numerator: Top of the fraction.
        denominator: Bottom of the fraction, 1 or more.

    Returns:
        The terms, the whole part first.

    Raises:
        ValueError: If the denominator is below 1 or a number is too large.
    """
    check_number("numerator", numerator)
    check_number("denominator", denominator, 1)
    terms = []
    while denominator:
        whole, rest = divmod(numerator, denominator)
        terms.append(whole)
        numerator, denominator = denominator, rest
    return terms


def evaluate_polynomial(coefficients: list[float], x: float) -> float:
    """Compute the value of a polynomial at a point.

    Args:
        coefficients: Coefficients, highest power first, 1 to 20 of them.
        x: Point at which to evaluate, -1,000,000 to 1,000,000.

    Returns:
        The polynomial's value at x.

    Raises:
        ValueError: If there are no or too many coefficients, or x is out of range.
    """
    check_numbers("coefficients", coefficients, 1, 20)
    check_number("x", x, -1e6, 1e6)
    value = 0.0
    for coefficient in coefficients:
        value = value * x + coefficient
    return finite(value)


def interpolate_table(points: list[TablePoint], x: float, extrapolate: bool = False) -> float:
    """Read a value off a table by linear interpolation between its points.

    Args:
        points: Points with distinct x, in any order, 2 to 1,000.
        x: Where to read the value.
        extrapolate: Whether x may lie outside the table.

    Returns:
        The interpolated y.

    Raises:
        ValueError: If two points share an x, or x is outside the table and extrapolate is false.
    """
    check_length("points", points, 2, 1000)
    for index, point in enumerate(points):
        check_number(f"points[{index}].x", point["x"])
        check_number(f"points[{index}].y", point["y"])
    check_number("x", x)
    table = sorted(points, key=lambda point: point["x"])
    for left, right in pairwise(table):
        if left["x"] == right["x"]:
            raise ValueError(f"points must have distinct x, but {left['x']} comes twice")
    if not extrapolate:
        check_number("x", x, table[0]["x"], table[-1]["x"])
    upper = next((index for index, point in enumerate(table) if index and x <= point["x"]), len(table) - 1)
    left, right = table[upper - 1], table[upper]
    share = (x - left["x"]) / (right["x"] - left["x"])
    return finite(left["y"] + share * (right["y"] - left["y"]))


def sequence_sum(
    first: float, change: float, terms: int, kind: Literal["arithmetic", "geometric"] = "arithmetic"
) -> float:
    """Add up the first terms of an arithmetic or geometric sequence.

    Args:
        first: First term.
        change: Common difference, or common ratio if geometric.
        terms: How many terms to add, 1 to 10,000.
        kind: Whether terms grow by adding or by multiplying.

    Returns:
        The sum of the terms.

    Raises:
        ValueError: If terms is out of range or the sum is too large.
    """
    check_number("first", first)
    check_number("change", change)
    check_number("terms", terms, 1, 10_000)
    check_choice("kind", kind, ("arithmetic", "geometric"))
    if kind == "arithmetic":
        return terms * (2 * first + (terms - 1) * change) / 2
    try:
        return finite(math.fsum(first * float(change) ** power for power in range(terms)))
    except OverflowError:
        raise ValueError("the sum is too large: use fewer terms or a smaller change") from None


def percentage_change(old: float, new: float) -> float:
    """Compute by how many percent a value has changed.

    Args:
        old: Value before, not zero.
        new: Value after.

    Returns:
        The change in percent, negative for a decrease.

    Raises:
        ValueError: If the old value is zero.
    """
    check_number("old", old)
    check_number("new", new)
    if old == 0:
        raise ValueError("old must not be 0: a change from zero has no percentage")
    return finite(100 * (new - old) / abs(old))


def round_to_significant(value: float, digits: int = 3) -> float:
    """Round a number to a given count of significant digits.

    Args:
        value: Number to round.
        digits: Significant digits to keep, 1 to 15.

    Returns:
        The rounded number.

    Raises:
        ValueError: If digits is out of range.
    """
    check_number("value", value)
    check_number("digits", digits, 1, 15)
    return float(f"{value:.{digits - 1}e}")


def complex_to_polar(real: float, imaginary: float, unit: Literal["degrees", "radians"] = "degrees") -> PolarForm:
    """Convert a complex number to its modulus and angle.

    Args:
        real: Real part.
        imaginary: Imaginary part.
        unit: Unit of the angle.

    Returns:
        The modulus, and the angle from the positive real axis.

    Raises:
        ValueError: If a part is too large.
    """
    check_number("real", real)
    check_number("imaginary", imaginary)
    check_choice("unit", unit, ("degrees", "radians"))
    modulus, angle = cmath.polar(complex(real, imaginary))
    return {"modulus": modulus, "angle": math.degrees(angle) if unit == "degrees" else angle}


def divide_in_ratio(total: float, ratio: list[float]) -> list[float]:
    """Split an amount into shares that stand in a given ratio.

    Args:
        total: Amount to split.
        ratio: Parts of the ratio, 2 to 100 numbers above 0.

    Returns:
        The shares, in the order of the ratio.

    Raises:
        ValueError: If a part of the ratio is not above 0.
    """
    check_number("total", total)
    check_numbers("ratio", ratio, 2, 100, above=0, high=LIMIT)
    whole = sum(ratio)
    return [total * (part / whole) for part in ratio]


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Write 415/93 as a continued fraction.",
        answers=(Call(name="continued_fraction", arguments={"numerator": 415, "denominator": 93}),),
    ),
    Seed(
        query=(
            "I'm comparing approximations of pi: could you expand both 22 over 7 and 355 over 113 into "
            "their continued fraction terms?"
        ),
        answers=(
            Call(name="continued_fraction", arguments={"numerator": 22, "denominator": 7}),
            Call(name="continued_fraction", arguments={"numerator": 355, "denominator": 113}),
        ),
    ),
    Seed(
        query="What's 2x^3 - 5x + 7 when x is 4?",
        answers=(Call(name="evaluate_polynomial", arguments={"coefficients": [2, 0, -5, 7], "x": 4}),),
        others=("sequence_sum", "interpolate_table"),
    ),
    Seed(
        query=(
            "A ball's height follows -4.9t^2 + 12t + 1.5. Where is it at t = 0.5 and t = 2? And in "
            "percent, how much did our record change going from 7.2 to 8.1 metres?"
        ),
        answers=(
            Call(name="evaluate_polynomial", arguments={"coefficients": [-4.9, 12, 1.5], "x": 0.5}),
            Call(name="evaluate_polynomial", arguments={"coefficients": [-4.9, 12, 1.5], "x": 2}),
            Call(name="percentage_change", arguments={"old": 7.2, "new": 8.1}),
        ),
    ),
    Seed(
        query=(
            "My calibration table says 10 mV at 0 degrees, 14 mV at 50 degrees and 21 mV at 100 degrees. "
            "What voltage should I expect at 65 degrees?"
        ),
        answers=(
            Call(
                name="interpolate_table",
                arguments={"points": [{"x": 0, "y": 10}, {"x": 50, "y": 14}, {"x": 100, "y": 21}], "x": 65},
            ),
        ),
        others=("round_to_significant", "evaluate_polynomial"),
    ),
    Seed(
        query=(
            "Seedlings were 3 cm tall on day 2 and 9 cm on day 6. Estimate the height on day 5, and, "
            "going beyond the measurements, on day 8."
        ),
        answers=(
            Call(
                name="interpolate_table",
                arguments={"points": [{"x": 2, "y": 3}, {"x": 6, "y": 9}], "x": 5},
            ),
            Call(
                name="interpolate_table",
                arguments={"points": [{"x": 2, "y": 3}, {"x": 6, "y": 9}], "x": 8, "extrapolate": True},
            ),
        ),
    ),
    Seed(
        query="Add up the first 40 terms of the arithmetic sequence that starts at 7 and goes up by 3.",
        answers=(Call(name="sequence_sum", arguments={"first": 7, "change": 3, "terms": 40, "kind": "arithmetic"}),),
    ),
    Seed(
        query=(
            "Add up eight terms of the geometric sequence that begins with 1 and multiplies by 5. Also, "
            "2,400 euros of prize money go to three winners 5:3:2, what does each get?"
        ),
        answers=(
            Call(name="sequence_sum", arguments={"first": 1, "change": 5, "terms": 8, "kind": "geometric"}),
            Call(name="divide_in_ratio", arguments={"total": 2400, "ratio": [5, 3, 2]}),
        ),
    ),
    Seed(
        query="Rent went from 840 to 910 a month. How much is that in percent?",
        answers=(Call(name="percentage_change", arguments={"old": 840, "new": 910}),),
    ),
    Seed(
        query="Round 0.00482715 to two significant digits please",
        answers=(Call(name="round_to_significant", arguments={"value": 0.00482715, "digits": 2}),),
        others=("percentage_change", "continued_fraction"),
    ),
    Seed(
        query="Give me 299792.458 and 149597870.7, each to four significant figures.",
        answers=(
            Call(name="round_to_significant", arguments={"value": 299792.458, "digits": 4}),
            Call(name="round_to_significant", arguments={"value": 149597870.7, "digits": 4}),
        ),
    ),
    Seed(
        query=("For a circuit problem I have the impedance 3 + 4i. What are its magnitude and phase in radians?"),
        answers=(Call(name="complex_to_polar", arguments={"real": 3, "imaginary": 4, "unit": "radians"}),),
    ),
    Seed(
        query="polar form, in degrees: -1 + 1i, then 5 - 12i",
        answers=(
            Call(name="complex_to_polar", arguments={"real": -1, "imaginary": 1, "unit": "degrees"}),
            Call(name="complex_to_polar", arguments={"real": 5, "imaginary": -12, "unit": "degrees"}),
        ),
    ),
    Seed(
        query=("Concrete is mixed 1 : 2 : 3 from cement, sand and gravel. How much of each for 90 kg in total?"),
        answers=(Call(name="divide_in_ratio", arguments={"total": 90, "ratio": [1, 2, 3]}),),
        others=("percentage_change", "sequence_sum", "round_to_significant"),
    ),
)
