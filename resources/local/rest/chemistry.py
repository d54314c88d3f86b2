"""Elements, isotopes and formulas (periodictable: NIST and IUPAC values)."""

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.local.rest.endpoint import Endpoints, NotFoundError, text, whole

endpoints = Endpoints("Science")

_SYMBOL = "^[A-Za-z]{1,2}$"


def _element(symbol: str) -> JsonValue:
    import periodictable

    try:
        element = periodictable.elements.symbol(symbol.capitalize())
        # D and T are isotopes of hydrogen with symbols of their own
        return getattr(element, "element", element)
    except ValueError:
        raise NotFoundError(f"no element has the symbol {symbol}") from None


def _formula(text: str) -> JsonValue:
    import periodictable
    from pyparsing import ParseException

    try:
        formula = periodictable.formula(text)
    except (ParseException, ValueError, KeyError, TypeError, AttributeError):
        raise NotFoundError(f"{text!r} is not a chemical formula") from None
    if not formula.mass:
        raise NotFoundError(f"{text!r} names no atom that has a mass")
    return formula


def _shown(element: JsonValue) -> JsonObject:
    return {
        "symbol": element.symbol,
        "name": element.name,
        "atomic_number": element.number,
        "atomic_mass_u": round(float(element.mass), 5),
        "density_g_cm3": element.density,
        "covalent_radius_angstrom": element.covalent_radius,
    }


@endpoints.get(
    "/elements/{symbol}",
    "Look up a chemical element by its symbol: name, atomic number, mass, density and covalent radius.",
    text("symbol", "Chemical symbol of the element.", "Fe", "Au", "He", "U", pattern=_SYMBOL),
)
def get_element(symbol: str) -> JsonValue:
    """One element."""
    return _shown(_element(symbol))


@endpoints.get(
    "/elements/by-number/{number}",
    "Look up a chemical element by its atomic number.",
    whole("number", "Atomic number.", 6, 26, 79, 92, minimum=1, maximum=118),
)
def get_element_by_number(number: int) -> JsonValue:
    """One element."""
    import periodictable

    return _shown(periodictable.elements[number])


@endpoints.get(
    "/elements/{symbol}/isotopes",
    "List the isotopes of an element with their mass and natural abundance.",
    text("symbol", "Chemical symbol of the element.", "C", "O", "Cl", "Sn", pattern=_SYMBOL),
)
def list_isotopes(symbol: str) -> JsonValue:
    """Naturally occurring isotopes."""
    element = _element(symbol)
    isotopes = [element[number] for number in element.isotopes]
    natural = [isotope for isotope in isotopes if isotope.abundance]
    return {
        "symbol": element.symbol,
        "known": len(isotopes),
        "natural": [
            {
                "mass_number": isotope.isotope,
                "mass_u": round(float(isotope.mass), 6),
                "abundance_percent": float(isotope.abundance),
            }
            for isotope in natural
        ],
    }


@endpoints.get(
    "/molecules/mass",
    "Compute the molar mass of a chemical formula in grams per mole.",
    text("formula", "Chemical formula.", "H2O", "C6H12O6", "NaCl", "CaCO3", pattern="^[A-Za-z0-9()]{1,60}$"),
)
def get_molar_mass(formula: str) -> JsonValue:
    """Molar mass."""
    return {"formula": formula, "molar_mass_g_mol": round(float(_formula(formula).mass), 4)}


@endpoints.get(
    "/molecules/composition",
    "Break a chemical formula down into its elements with their number and share of the mass.",
    text("formula", "Chemical formula.", "C2H5OH", "H2SO4", "C8H10N4O2", pattern="^[A-Za-z0-9()]{1,60}$"),
)
def get_composition(formula: str) -> JsonValue:
    """Elements of a formula."""
    compound = _formula(formula)
    shares = compound.mass_fraction
    return {
        "formula": formula,
        "elements": [
            {"symbol": atom.symbol, "count": count, "mass_percent": round(100 * float(shares[atom]), 3)}
            for atom, count in sorted(compound.atoms.items(), key=lambda item: item[0].symbol)
        ],
    }
