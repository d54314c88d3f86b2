"""Chemistry: formulas, solutions, gases, decay and reagents.

Atomic weights are the abridged standard values of IUPAC; elements without a standard value are left out.
"""

import math
import re
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number, finite
from apigen_assets.functions.seed import Seed

_ATOMIC_WEIGHTS = {
    "H": 1.008, "He": 4.0026, "Li": 6.94, "Be": 9.0122, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999,
    "F": 18.998, "Ne": 20.180, "Na": 22.990, "Mg": 24.305, "Al": 26.982, "Si": 28.085, "P": 30.974,
    "S": 32.06, "Cl": 35.45, "Ar": 39.95, "K": 39.098, "Ca": 40.078, "Sc": 44.956, "Ti": 47.867,
    "V": 50.942, "Cr": 51.996, "Mn": 54.938, "Fe": 55.845, "Co": 58.933, "Ni": 58.693, "Cu": 63.546,
    "Zn": 65.38, "Ga": 69.723, "Ge": 72.630, "As": 74.922, "Se": 78.971, "Br": 79.904, "Kr": 83.798,
    "Rb": 85.468, "Sr": 87.62, "Y": 88.906, "Zr": 91.224, "Nb": 92.906, "Mo": 95.95, "Ru": 101.07,
    "Rh": 102.91, "Pd": 106.42, "Ag": 107.87, "Cd": 112.41, "In": 114.82, "Sn": 118.71, "Sb": 121.76,
    "Te": 127.60, "I": 126.90, "Xe": 131.29, "Cs": 132.91, "Ba": 137.33, "La": 138.91, "Ce": 140.12,
    "Pr": 140.91, "Nd": 144.24, "Sm": 150.36, "Eu": 151.96, "Gd": 157.25, "Tb": 158.93, "Dy": 162.50,
    "Ho": 164.93, "Er": 167.26, "Tm": 168.93, "Yb": 173.05, "Lu": 174.97, "Hf": 178.49, "Ta": 180.95,
    "W": 183.84, "Re": 186.21, "Os": 190.23, "Ir": 192.22, "Pt": 195.08, "Au": 196.97, "Hg": 200.59,
    "Tl": 204.38, "Pb": 207.2, "Bi": 208.98, "Th": 232.04, "Pa": 231.04, "U": 238.03,
}  # fmt: skip

_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[])|([)\]])|([1-9][0-9]{0,3})|([.·*])")
_GAS_CONSTANT = 8.314462618
_PASCAL = {"kPa": 1e3, "bar": 1e5, "atm": 101_325.0}
_WATER_PRODUCT = 1.0e-14


class Dilution(TypedDict):
    """Volumes to mix, in the unit of the final volume."""

    stock_volume: float
    solvent_volume: float


class Reagent(TypedDict):
    """A starting substance of a reaction."""

    name: str
    """Name or formula."""
    moles: float
    """Moles present, 0 or more."""
    coefficient: int
    """Its number in the balanced equation."""


class ReagentUse(TypedDict):
    """The reagent used up first, and the moles left of each."""

    limiting: str
    leftover: dict[str, float]


def _atoms(formula: str) -> dict[str, int]:
    """Count the atoms of a formula with brackets and hydrate dots."""
    check_length("formula", formula, 1, 100, "characters")
    total: dict[str, int] = {}
    stack: list[dict[str, int]] = [{}]
    factor, last, position = 1, None, 0

    def close_part() -> None:
        if len(stack) > 1:
            raise ValueError(f"formula {formula!r} has an opening bracket without a closing one")
        if not stack[0]:
            raise ValueError(f"formula {formula!r} has a part without elements")
        for symbol, count in stack[0].items():
            total[symbol] = total.get(symbol, 0) + count * factor
        stack[0] = {}

    while position < len(formula):
        token = _TOKEN.match(formula, position)
        if token is None:
            raise ValueError(
                f"formula {formula!r} has {formula[position]!r} where an element, a count or a bracket is due"
            )
        position = token.end()
        element, opening, closing, count, dot = token.groups()
        if count:
            if last is None and not stack[-1] and len(stack) == 1 and factor == 1:
                factor = int(count)
                continue
            if last is None:
                raise ValueError(f"formula {formula!r} has the count {count} after nothing it could count")
            for symbol in last:
                stack[-1][symbol] += last[symbol] * (int(count) - 1)
            last = None
        elif element:
            if element not in _ATOMIC_WEIGHTS:
                raise ValueError(f"formula {formula!r} has {element!r}, which has no standard atomic weight")
            stack[-1][element] = stack[-1].get(element, 0) + 1
            last = {element: 1}
        elif opening:
            stack.append({})
            last = None
        elif closing:
            if len(stack) == 1 or not stack[-1]:
                raise ValueError(f"formula {formula!r} has a closing bracket without anything opened before it")
            last = stack.pop()
            for symbol, inside in last.items():
                stack[-1][symbol] = stack[-1].get(symbol, 0) + inside
        elif dot:
            close_part()
            factor, last = 1, None
    close_part()
    return total


def molar_mass(formula: str) -> float:
    """Compute the molar mass of a compound from its formula.

    Args:
        formula: Chemical formula, such as H2O or CuSO4.5H2O.

    Returns:
        The molar mass in g/mol.

    Raises:
        ValueError: If the formula cannot be read or has an unknown element.
    """
    return round(math.fsum(_ATOMIC_WEIGHTS[symbol] * count for symbol, count in _atoms(formula).items()), 4)


def empirical_formula(percentages: dict[str, float]) -> str:
    """Find the simplest formula of a compound from its composition by mass.

    Args:
        percentages: Mass percent of each element by symbol, adding up to 100.

    Returns:
        The formula: carbon and hydrogen first, then by alphabet.

    Raises:
        ValueError: If percentages do not add up or give no simple formula.
    """
    check_length("percentages", percentages, 1, 10)
    for symbol, percent in percentages.items():
        if symbol not in _ATOMIC_WEIGHTS:
            raise ValueError(f"percentages has {symbol!r}, which has no standard atomic weight")
        check_number(f"percentages[{symbol}]", percent, 0.001, 100)
    total = math.fsum(percentages.values())
    if not 98 <= total <= 102:
        raise ValueError(f"percentages must add up to 100 (98 to 102 is accepted), but add up to {total:g}")
    moles = {symbol: percent / _ATOMIC_WEIGHTS[symbol] for symbol, percent in percentages.items()}
    fewest = min(moles.values())
    for multiple in range(1, 13):
        counts = {symbol: amount / fewest * multiple for symbol, amount in moles.items()}
        if all(abs(count - round(count)) <= 0.03 * multiple**0.5 for count in counts.values()):
            carbon = "C" in counts
            order = sorted(counts, key=lambda s: (not (carbon and s == "C"), not (carbon and s == "H"), s))
            return "".join(s + (str(round(counts[s])) if round(counts[s]) > 1 else "") for s in order)
    raise ValueError("percentages give no formula with small whole numbers: check the measured values")


def dilution_volume(stock: float, target: float, volume: float) -> Dilution:
    """Compute how much stock solution to dilute to reach a concentration.

    Args:
        stock: Concentration of the stock solution, above 0.
        target: Wanted concentration in the same unit, at most the stock's.
        volume: Wanted final volume, above 0.

    Returns:
        The volumes of stock and solvent, in the unit of the final volume.

    Raises:
        ValueError: If the target exceeds the stock or a value is not above 0.
    """
    check_number("stock", stock, 1e-12, 1e9)
    check_number("target", target, above=0, high=stock)
    check_number("volume", volume, above=0, high=1e9)
    needed = volume * (target / stock)
    return {"stock_volume": needed, "solvent_volume": volume - needed}


def ph_of_strong_solution(concentration: float, kind: Literal["acid", "base"] = "acid") -> float:
    """Compute the pH of a strong acid or base in water at 25 °C.

    Args:
        concentration: Concentration in mol/L, 0 to 20.
        kind: Whether the substance is an acid or a base.

    Returns:
        The pH, with the water's own ions taken into account.

    Raises:
        ValueError: If the concentration is out of range.
    """
    check_number("concentration", concentration, 0, 20)
    check_choice("kind", kind, ("acid", "base"))
    ions = (concentration + math.sqrt(concentration**2 + 4 * _WATER_PRODUCT)) / 2
    exponent = -math.log10(ions)
    return round(exponent if kind == "acid" else 14 - exponent, 6)


def buffer_ph(pka: float, acid: float, base: float) -> float:
    """Compute the pH of a buffer from a weak acid and its salt.

    Args:
        pka: pKa of the weak acid, -5 to 20.
        acid: Concentration of the acid in mol/L, above 0.
        base: Concentration of its conjugate base in mol/L, above 0.

    Returns:
        The pH by the Henderson-Hasselbalch equation.

    Raises:
        ValueError: If a concentration is not above 0 or pka is out of range.
    """
    check_number("pka", pka, -5, 20)
    check_number("acid", acid, 1e-9, 20)
    check_number("base", base, 1e-9, 20)
    return pka + math.log10(base / acid)


def ideal_gas_pressure(
    moles: float, volume: float, temperature: float, unit: Literal["kPa", "bar", "atm"] = "kPa"
) -> float:
    """Compute the pressure of an ideal gas in a container.

    Args:
        moles: Amount of gas in moles, above 0.
        volume: Volume of the container in litres, above 0.
        temperature: Temperature in degrees Celsius, above -273.15.
        unit: Unit of the pressure.

    Returns:
        The pressure.

    Raises:
        ValueError: If an amount is not above 0 or the temperature is too low.
    """
    check_number("moles", moles, above=0, high=1e9)
    check_number("volume", volume, 1e-9, 1e12)
    check_number("temperature", temperature, above=-273.15, high=1e7)
    check_choice("unit", unit, _PASCAL)
    pascal = moles * _GAS_CONSTANT * (temperature + 273.15) / (volume / 1000)
    return finite(pascal / _PASCAL[unit])


def remaining_after_decay(amount: float, half_life: float, elapsed: float) -> float:
    """Compute how much of a decaying substance is left after some time.

    Args:
        amount: Amount at the start, 0 or more.
        half_life: Time in which half decays, above 0.
        elapsed: Time passed, in the same unit, 0 or more.

    Returns:
        The amount left.

    Raises:
        ValueError: If an amount or time is negative or the half-life is not above 0.
    """
    check_number("amount", amount, 0)
    check_number("half_life", half_life, 1e-12)
    check_number("elapsed", elapsed, 0)
    return amount * math.exp2(-elapsed / half_life) if elapsed / half_life < 1e6 else 0.0


def limiting_reagent(reagents: list[Reagent]) -> ReagentUse:
    """Find which starting substance runs out first in a reaction.

    Args:
        reagents: Name, moles and coefficient of each reagent, 2 to 10.

    Returns:
        The limiting reagent, and the moles of each left over.

    Raises:
        ValueError: If moles are negative, a coefficient is below 1 or a name comes twice.
    """
    check_length("reagents", reagents, 2, 10)
    for index, reagent in enumerate(reagents):
        check_number(f"reagents[{index}].moles", reagent["moles"], 0, 1e12)
        check_number(f"reagents[{index}].coefficient", reagent["coefficient"], 1, 1000)
        if reagent["name"] in [earlier["name"] for earlier in reagents[:index]]:
            raise ValueError(f"reagents must have distinct names, but {reagent['name']!r} comes twice")
    limiting = min(reagents, key=lambda reagent: reagent["moles"] / reagent["coefficient"])
    runs = limiting["moles"] / limiting["coefficient"]
    leftover = {
        reagent["name"]: 0.0 if reagent is limiting else max(reagent["moles"] - runs * reagent["coefficient"], 0.0)
        for reagent in reagents
    }
    return {"limiting": limiting["name"], "leftover": leftover}


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="What's the molar mass of blue vitriol, CuSO4.5H2O?",
        answers=(Call(name="molar_mass", arguments={"formula": "CuSO4.5H2O"}),),
        others=("empirical_formula", "dilution_volume"),
    ),
    Seed(
        query="g/mol of C6H12O6, Ca(OH)2 and Al2(SO4)3?",
        answers=(
            Call(name="molar_mass", arguments={"formula": "C6H12O6"}),
            Call(name="molar_mass", arguments={"formula": "Ca(OH)2"}),
            Call(name="molar_mass", arguments={"formula": "Al2(SO4)3"}),
        ),
    ),
    Seed(
        query=("The lab found 40.0 % C, 6.7 % H and 53.3 % O by mass in our sample. What's its simplest formula?"),
        answers=(Call(name="empirical_formula", arguments={"percentages": {"C": 40.0, "H": 6.7, "O": 53.3}}),),
    ),
    Seed(
        query=(
            "An iron oxide is 69.94 percent Fe and 30.06 percent O. Work out the empirical formula. I "
            "also need the molar mass of FeCl3."
        ),
        answers=(
            Call(name="empirical_formula", arguments={"percentages": {"Fe": 69.94, "O": 30.06}}),
            Call(name="molar_mass", arguments={"formula": "FeCl3"}),
        ),
    ),
    Seed(
        query=(
            "I have 12 M hydrochloric acid and need 500 mL at 0.5 M. How much of it do I pour, and how "
            "much water goes with it?"
        ),
        answers=(Call(name="dilution_volume", arguments={"stock": 12, "target": 0.5, "volume": 500}),),
        others=("ph_of_strong_solution", "molar_mass", "buffer_ph"),
    ),
    Seed(
        query="From a 10 % bleach stock, how do I mix 2 litres at 1 %, and 5 litres at 0.2 %?",
        answers=(
            Call(name="dilution_volume", arguments={"stock": 10, "target": 1, "volume": 2}),
            Call(name="dilution_volume", arguments={"stock": 10, "target": 0.2, "volume": 5}),
        ),
    ),
    Seed(
        query="pH of 0.02 mol/L NaOH, a strong base?",
        answers=(Call(name="ph_of_strong_solution", arguments={"concentration": 0.02, "kind": "base"}),),
    ),
    Seed(
        query=(
            "For the titration sheet: what pH does 0.1 mol/L of hydrochloric acid have, and what pH does "
            "a buffer with pKa 4.76, 0.2 M acetic acid and 0.3 M acetate have?"
        ),
        answers=(
            Call(name="ph_of_strong_solution", arguments={"concentration": 0.1, "kind": "acid"}),
            Call(name="buffer_ph", arguments={"pka": 4.76, "acid": 0.2, "base": 0.3}),
        ),
    ),
    Seed(
        query=(
            "I'm preparing a phosphate buffer, pKa 7.2, from 0.05 mol/L of the acid form and 0.08 mol/L "
            "of the base form. Which pH should the meter show?"
        ),
        answers=(Call(name="buffer_ph", arguments={"pka": 7.2, "acid": 0.05, "base": 0.08}),),
        others=("ph_of_strong_solution", "dilution_volume"),
    ),
    Seed(
        query="How many kilopascals do 2.5 moles of gas make in a 40-litre tank at 22 °C?",
        answers=(Call(name="ideal_gas_pressure", arguments={"moles": 2.5, "volume": 40, "temperature": 22}),),
    ),
    Seed(
        query=(
            "Three moles of helium sit in a 10 litre bottle. Give me the pressure in bar at -20 degrees "
            "and at 60 degrees."
        ),
        answers=(
            Call(
                name="ideal_gas_pressure",
                arguments={"moles": 3, "volume": 10, "temperature": -20, "unit": "bar"},
            ),
            Call(
                name="ideal_gas_pressure",
                arguments={"moles": 3, "volume": 10, "temperature": 60, "unit": "bar"},
            ),
        ),
    ),
    Seed(
        query=("We received 80 mg of iodine-131, half-life 8 days. What's left after three weeks, that is 21 days?"),
        answers=(
            Call(
                name="remaining_after_decay",
                arguments={"amount": 80, "half_life": 8, "elapsed": 21},
            ),
        ),
        others=("limiting_reagent", "percentage_change"),
    ),
    Seed(
        query=(
            "Caffeine halves in about five hours. I had 200 mg: how much is in me after 3 hours and how much after 12?"
        ),
        answers=(
            Call(
                name="remaining_after_decay",
                arguments={"amount": 200, "half_life": 5, "elapsed": 3},
            ),
            Call(
                name="remaining_after_decay",
                arguments={"amount": 200, "half_life": 5, "elapsed": 12},
            ),
        ),
    ),
    Seed(
        query=("In N2 + 3 H2 -> 2 NH3 I start with 4 mol of nitrogen and 9 mol of hydrogen. Which one runs out first?"),
        answers=(
            Call(
                name="limiting_reagent",
                arguments={
                    "reagents": [
                        {"name": "nitrogen", "moles": 4, "coefficient": 1},
                        {"name": "hydrogen", "moles": 9, "coefficient": 3},
                    ]
                },
            ),
        ),
    ),
    Seed(
        query=(
            "Burning methane takes one CH4 and two O2. With 1.2 mol CH4 and 2 mol O2, what limits the "
            "fire? And what pressure in atm do 3.2 mol of exhaust gas make in 15 L at 150 °C?"
        ),
        answers=(
            Call(
                name="limiting_reagent",
                arguments={
                    "reagents": [
                        {"name": "CH4", "moles": 1.2, "coefficient": 1},
                        {"name": "O2", "moles": 2, "coefficient": 2},
                    ]
                },
            ),
            Call(
                name="ideal_gas_pressure",
                arguments={"moles": 3.2, "volume": 15, "temperature": 150, "unit": "atm"},
            ),
        ),
    ),
)
