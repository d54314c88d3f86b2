"""Astronomy: orbits, distances, brightness, positions and telescopes."""

import math
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number
from apigen_assets.functions.seed import Seed

_BODIES = {
    "Mercury": (22_032.0, 2_439.7),
    "Venus": (324_859.0, 6_051.8),
    "Earth": (398_600.4, 6_371.0),
    "Moon": (4_902.8, 1_737.4),
    "Mars": (42_828.4, 3_389.5),
    "Jupiter": (126_686_534.0, 69_911.0),
    "Saturn": (37_931_187.0, 58_232.0),
    "Uranus": (5_793_939.0, 25_362.0),
    "Neptune": (6_836_529.0, 24_622.0),
}
"""Standard gravitational parameter in km^3/s^2 and mean radius in km."""

_LIGHT_YEARS_PER_PARSEC = 3.261563777


class SkyPosition(TypedDict):
    """A position on the sky."""

    ra: float
    """Right ascension in degrees, 0 to 360."""
    dec: float
    """Declination in degrees, -90 to 90."""


def orbital_period(distance: float, mass: float = 1.0) -> float:
    """Compute how long a planet takes to go around its star once.

    Args:
        distance: Semi-major axis of the orbit in astronomical units, above 0.
        mass: Mass of the star in solar masses, above 0.

    Returns:
        The period in years, for a planet much lighter than its star.

    Raises:
        ValueError: If the distance or the mass is out of range.
    """
    check_number("distance", distance, above=0, high=1e6)
    check_number("mass", mass, 1e-6, 1e6)
    return math.sqrt(distance**3 / mass)


def planet_escape_speed(
    body: Literal["Mercury", "Venus", "Earth", "Moon", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
    altitude: float = 0.0,
) -> float:
    """Compute the speed needed to leave a planet or the Moon for good.

    Args:
        body: Planet or Moon to leave.
        altitude: Starting height above the mean surface in km, 0 or more.

    Returns:
        The speed in km/s.

    Raises:
        ValueError: If the altitude is negative.
    """
    check_choice("body", body, _BODIES)
    check_number("altitude", altitude, 0, 1e9)
    parameter, radius = _BODIES[body]
    return math.sqrt(2 * parameter / (radius + altitude))


def distance_from_parallax(parallax: float, unit: Literal["parsecs", "light_years"] = "parsecs") -> float:
    """Compute the distance of a star from its yearly parallax.

    Args:
        parallax: Parallax in milliarcseconds, above 0, at most 1,000.
        unit: Unit of the distance.

    Returns:
        The distance.

    Raises:
        ValueError: If the parallax is out of range.
    """
    check_number("parallax", parallax, 1e-6, 1000)
    check_choice("unit", unit, ("parsecs", "light_years"))
    return 1000 / parallax * (_LIGHT_YEARS_PER_PARSEC if unit == "light_years" else 1)


def absolute_magnitude(apparent: float, distance: float, extinction: float = 0.0) -> float:
    """Compute how bright a star would appear from ten parsecs away.

    Args:
        apparent: Apparent magnitude, -30 to 40.
        distance: Distance in parsecs, above 0.
        extinction: Dimming by dust in magnitudes, 0 to 50.

    Returns:
        The absolute magnitude.

    Raises:
        ValueError: If a value is out of range.
    """
    check_number("apparent", apparent, -30, 40)
    check_number("distance", distance, 1e-6, 1e11)
    check_number("extinction", extinction, 0, 50)
    return apparent - 5 * math.log10(distance / 10) - extinction


def angular_separation(first: SkyPosition, second: SkyPosition) -> float:
    """Measure the angle between two objects on the sky.

    Args:
        first: Right ascension and declination in degrees.
        second: Right ascension and declination in degrees.

    Returns:
        The angle in degrees, 0 to 180.

    Raises:
        ValueError: If a right ascension is outside 0 to 360 or a declination outside -90 to 90.
    """
    for name, position in (("first", first), ("second", second)):
        check_number(f"{name}.ra", position["ra"], 0, 360)
        check_number(f"{name}.dec", position["dec"], -90, 90)
    across = math.radians(second["ra"] - first["ra"])
    low, high = math.radians(first["dec"]), math.radians(second["dec"])
    # Vincenty's form is accurate at every angle; the law of cosines fails for close pairs.
    opposite = math.hypot(
        math.cos(high) * math.sin(across),
        math.cos(low) * math.sin(high) - math.sin(low) * math.cos(high) * math.cos(across),
    )
    adjacent = math.sin(low) * math.sin(high) + math.cos(low) * math.cos(high) * math.cos(across)
    return math.degrees(math.atan2(opposite, adjacent))


def telescope_magnification(telescope: float, eyepiece: float, barlow: float = 1.0) -> float:
    """Compute how many times a telescope with an eyepiece magnifies.

    Args:
        telescope: Focal length of the telescope in mm, above 0.
        eyepiece: Focal length of the eyepiece in mm, above 0.
        barlow: Factor of a Barlow lens or reducer, 0.1 to 10.

    Returns:
        The magnification.

    Raises:
        ValueError: If a focal length or the factor is out of range.
    """
    check_number("telescope", telescope, above=0, high=1e6)
    check_number("eyepiece", eyepiece, 0.1, 1000)
    check_number("barlow", barlow, 0.1, 10)
    return telescope / eyepiece * barlow


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="Ceres orbits the Sun at 2.77 AU. How long is its year?",
        answers=(Call(name="orbital_period", arguments={"distance": 2.77}),),
        others=("planet_escape_speed", "distance_from_parallax"),
    ),
    Seed(
        query="How many years does a planet take around a star of 0.8 solar masses at 0.5 AU, and at 3 AU?",
        answers=(
            Call(name="orbital_period", arguments={"distance": 0.5, "mass": 0.8}),
            Call(name="orbital_period", arguments={"distance": 3, "mass": 0.8}),
        ),
    ),
    Seed(
        query="What speed does a rocket need to escape from Mars?",
        answers=(Call(name="planet_escape_speed", arguments={"body": "Mars"}),),
    ),
    Seed(
        query=(
            "Compare the escape speeds from the surface of the Moon, from Earth 400 km up, and from "
            "Jupiter's cloud tops taken as its mean surface."
        ),
        answers=(
            Call(name="planet_escape_speed", arguments={"body": "Moon"}),
            Call(name="planet_escape_speed", arguments={"body": "Earth", "altitude": 400}),
            Call(name="planet_escape_speed", arguments={"body": "Jupiter"}),
        ),
    ),
    Seed(
        query="Vega's parallax is 130.23 milliarcseconds. How far is that in light years?",
        answers=(
            Call(
                name="distance_from_parallax",
                arguments={"parallax": 130.23, "unit": "light_years"},
            ),
        ),
        others=("absolute_magnitude", "angular_separation", "orbital_period"),
    ),
    Seed(
        query=(
            "A star shows a parallax of 8 mas; what's its distance in parsecs? Another one of apparent "
            "magnitude 6.1 is 125 parsecs away: what's its absolute magnitude?"
        ),
        answers=(
            Call(name="distance_from_parallax", arguments={"parallax": 8, "unit": "parsecs"}),
            Call(name="absolute_magnitude", arguments={"apparent": 6.1, "distance": 125}),
        ),
    ),
    Seed(
        query=(
            "Deneb appears at magnitude 1.25 and is roughly 800 pc away, with 0.1 magnitudes of "
            "extinction. Its absolute magnitude?"
        ),
        answers=(
            Call(
                name="absolute_magnitude",
                arguments={"apparent": 1.25, "distance": 800, "extinction": 0.1},
            ),
        ),
    ),
    Seed(
        query="How far apart on the sky are Betelgeuse (RA 88.79, Dec 7.41) and Rigel (RA 78.63, Dec -8.20)?",
        answers=(
            Call(
                name="angular_separation",
                arguments={"first": {"ra": 88.79, "dec": 7.41}, "second": {"ra": 78.63, "dec": -8.2}},
            ),
        ),
    ),
    Seed(
        query=(
            "Mizar is at right ascension 200.98°, declination 54.93°, Alcor at 201.31° and 54.99°. What "
            "angle separates them, and what magnification do I get on them with a 1200 mm telescope and "
            "a 10 mm eyepiece?"
        ),
        answers=(
            Call(
                name="angular_separation",
                arguments={
                    "first": {"ra": 200.98, "dec": 54.93},
                    "second": {"ra": 201.31, "dec": 54.99},
                },
            ),
            Call(name="telescope_magnification", arguments={"telescope": 1200, "eyepiece": 10}),
        ),
    ),
    Seed(
        query=(
            "My scope has a focal length of 900 mm. How strong does it magnify with the 25 mm eyepiece, "
            "and how strong with a 6 mm one behind a 2x Barlow?"
        ),
        answers=(
            Call(name="telescope_magnification", arguments={"telescope": 900, "eyepiece": 25}),
            Call(
                name="telescope_magnification",
                arguments={"telescope": 900, "eyepiece": 6, "barlow": 2},
            ),
        ),
    ),
)
