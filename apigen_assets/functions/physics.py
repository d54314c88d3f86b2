"""Physics: optics, oscillation, circuits, sound and heat."""

import math
from typing import Literal

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number, check_numbers, finite
from apigen_assets.functions.seed import Seed

_REFRACTIVE_INDEX = {"air": 1.000293, "water": 1.333, "glass": 1.52, "diamond": 2.417}
"""Indices for yellow light; glass is crown glass."""

_SPECIFIC_HEAT = {
    "water": 4186.0, "ice": 2100.0, "air": 1005.0, "aluminium": 897.0, "concrete": 880.0, "glass": 840.0,
    "iron": 449.0, "copper": 385.0,
}  # fmt: skip
"""Joule per kilogram and kelvin, near room temperature (ice: just below freezing)."""

_PLANCK_TIMES_LIGHT = 6.62607015e-34 * 299_792_458
_ELEMENTARY_CHARGE = 1.602176634e-19


class LensImage(TypedDict):
    """Where a lens forms an image, how large, and whether a screen can catch it."""

    image_distance: float
    magnification: float
    kind: str


def thin_lens_image(focal_length: float, object_distance: float) -> LensImage:
    """Find where a thin lens forms the image of an object.

    Args:
        focal_length: Focal length in cm, negative for a diverging lens.
        object_distance: Distance of the object from the lens in cm, above 0.

    Returns:
        The image distance in cm (negative: object's side), magnification, and real or virtual.

    Raises:
        ValueError: If the focal length is 0, or the object stands in the focus.
    """
    check_number("focal_length", focal_length, -1e6, 1e6)
    check_number("object_distance", object_distance, above=0, high=1e9)
    if abs(focal_length) < 1e-6:
        raise ValueError("focal_length must not be 0")
    if math.isclose(focal_length, object_distance, rel_tol=1e-12):
        raise ValueError("object_distance must differ from focal_length: in the focus no image forms")
    distance = focal_length * object_distance / (object_distance - focal_length)
    return {
        "image_distance": finite(distance),
        "magnification": finite(-focal_length / (object_distance - focal_length)),
        "kind": "real" if distance > 0 else "virtual",
    }


def pendulum_period(length: float, gravity: float = 9.80665) -> float:
    """Compute how long a pendulum takes to swing there and back once.

    Args:
        length: Length of the string in metres, above 0.
        gravity: Gravitational acceleration in m/s^2, above 0.

    Returns:
        The period in seconds, for small swings.

    Raises:
        ValueError: If the length or the gravity is not above 0.
    """
    check_number("length", length, above=0, high=1e6)
    check_number("gravity", gravity, 1e-6, 1e6)
    return 2 * math.pi * math.sqrt(length / gravity)


def equivalent_resistance(resistors: list[float], wiring: Literal["series", "parallel"]) -> float:
    """Compute the total resistance of several resistors.

    Args:
        resistors: Resistances in ohms, 1 to 100 numbers above 0.
        wiring: How the resistors are connected.

    Returns:
        The total in ohms.

    Raises:
        ValueError: If a resistance is not above 0.
    """
    check_numbers("resistors", resistors, 1, 100, 1e-9, 1e12)
    check_choice("wiring", wiring, ("series", "parallel"))
    if wiring == "series":
        return math.fsum(resistors)
    return 1 / math.fsum(1 / resistor for resistor in resistors)


def doppler_frequency(
    frequency: float, source_speed: float = 0.0, observer_speed: float = 0.0, sound_speed: float = 343.0
) -> float:
    """Compute the pitch heard when a sound source or its listener moves.

    Args:
        frequency: Frequency sent out in Hz, above 0.
        source_speed: Speed toward the listener in m/s, negative if away.
        observer_speed: Listener's speed toward the source in m/s, negative if away.
        sound_speed: Speed of sound in m/s.

    Returns:
        The frequency heard in Hz.

    Raises:
        ValueError: If the source or the listener is as fast as sound.
    """
    check_number("frequency", frequency, above=0, high=1e9)
    check_number("sound_speed", sound_speed, 1, 20_000)
    check_number("source_speed", source_speed, above=-sound_speed, below=sound_speed)
    check_number("observer_speed", observer_speed, above=-sound_speed, below=sound_speed)
    return finite(frequency * (sound_speed + observer_speed) / (sound_speed - source_speed))


def refraction_angle(
    angle: float,
    from_medium: Literal["air", "water", "glass", "diamond"],
    to_medium: Literal["air", "water", "glass", "diamond"],
) -> float:
    """Compute the direction of a light ray after it enters another medium.

    Args:
        angle: Angle to the perpendicular in degrees, 0 to below 90.
        from_medium: Medium the light comes from.
        to_medium: Medium the light enters.

    Returns:
        The angle to the perpendicular in the second medium, in degrees.

    Raises:
        ValueError: If the angle is out of range or all light is reflected.
    """
    check_number("angle", angle, 0, below=90)
    check_choice("from_medium", from_medium, _REFRACTIVE_INDEX)
    check_choice("to_medium", to_medium, _REFRACTIVE_INDEX)
    ratio = _REFRACTIVE_INDEX[from_medium] / _REFRACTIVE_INDEX[to_medium]
    sine = ratio * math.sin(math.radians(angle))
    if sine > 1:
        critical = math.degrees(math.asin(1 / ratio))
        raise ValueError(f"angle must be at most {critical:.2f} degrees: beyond it all light is reflected")
    return math.degrees(math.asin(sine))


def photon_energy(wavelength: float, unit: Literal["eV", "J"] = "eV") -> float:
    """Compute the energy of one photon of light.

    Args:
        wavelength: Wavelength in nanometres, above 0.
        unit: Unit of the energy, electronvolt or joule.

    Returns:
        The energy.

    Raises:
        ValueError: If the wavelength is not above 0.
    """
    check_number("wavelength", wavelength, 1e-9, 1e15)
    check_choice("unit", unit, ("eV", "J"))
    joule = _PLANCK_TIMES_LIGHT / (wavelength * 1e-9)
    return joule / _ELEMENTARY_CHARGE if unit == "eV" else joule


def combined_sound_level(levels: list[float]) -> float:
    """Compute how loud several independent sounds are together.

    Args:
        levels: Sound levels in decibels, 1 to 100 numbers from 0 to 200.

    Returns:
        The combined level in decibels.

    Raises:
        ValueError: If a level is outside 0 to 200 or the list is empty.
    """
    check_numbers("levels", levels, 1, 100, 0, 200)
    return 10 * math.log10(math.fsum(10 ** (level / 10) for level in levels))


def heat_needed(
    mass: float,
    temperature_rise: float,
    material: Literal["water", "ice", "air", "aluminium", "concrete", "glass", "iron", "copper"] = "water",
) -> float:
    """Compute the heat that warms a material, without melting or boiling it.

    Args:
        mass: Mass in kilograms, above 0.
        temperature_rise: Warming in degrees Celsius, 0 to 2,000.
        material: What is warmed.

    Returns:
        The heat in joules.

    Raises:
        ValueError: If the mass or the temperature rise is out of range.
    """
    check_number("mass", mass, above=0, high=1e12)
    check_number("temperature_rise", temperature_rise, 0, 2000)
    check_choice("material", material, _SPECIFIC_HEAT)
    return mass * _SPECIFIC_HEAT[material] * temperature_rise


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="A candle stands 30 cm in front of a lens with a focal length of 12 cm. Where is its image?",
        answers=(Call(name="thin_lens_image", arguments={"focal_length": 12, "object_distance": 30}),),
    ),
    Seed(
        query=(
            "Stamp 8 cm behind a magnifier of focal length 10 cm, then the same stamp 8 cm behind a "
            "diverging lens of minus 10 cm: image position and size in both cases?"
        ),
        answers=(
            Call(name="thin_lens_image", arguments={"focal_length": 10, "object_distance": 8}),
            Call(name="thin_lens_image", arguments={"focal_length": -10, "object_distance": 8}),
        ),
    ),
    Seed(
        query="How many seconds does the 67 m long Foucault pendulum need for one full swing?",
        answers=(Call(name="pendulum_period", arguments={"length": 67}),),
        others=("doppler_frequency", "orbital_period"),
    ),
    Seed(
        query=(
            "If I hung a 1.2 m pendulum on the Moon, where gravity is 1.62 m/s², what would its period "
            "be? And how much heat takes half a kilo of copper up by 80 degrees?"
        ),
        answers=(
            Call(name="pendulum_period", arguments={"length": 1.2, "gravity": 1.62}),
            Call(
                name="heat_needed",
                arguments={"mass": 0.5, "temperature_rise": 80, "material": "copper"},
            ),
        ),
    ),
    Seed(
        query="220, 470 and 1000 ohms in parallel?",
        answers=(
            Call(
                name="equivalent_resistance",
                arguments={"resistors": [220, 470, 1000], "wiring": "parallel"},
            ),
        ),
    ),
    Seed(
        query=(
            "I've got three 8-ohm speakers. What does the amplifier see if I wire them in series, and "
            "what if I wire them in parallel?"
        ),
        answers=(
            Call(
                name="equivalent_resistance",
                arguments={"resistors": [8, 8, 8], "wiring": "series"},
            ),
            Call(
                name="equivalent_resistance",
                arguments={"resistors": [8, 8, 8], "wiring": "parallel"},
            ),
        ),
    ),
    Seed(
        query=("An ambulance siren at 700 Hz comes towards me at 25 m/s. Which pitch do I hear while standing still?"),
        answers=(Call(name="doppler_frequency", arguments={"frequency": 700, "source_speed": 25}),),
        others=("combined_sound_level", "pendulum_period"),
    ),
    Seed(
        query=(
            "A train whistles at 440 Hz while moving away from me at 30 m/s. What do I hear? Two "
            "whistles, 92 and 95 dB, blow at once in the yard: how loud is that together?"
        ),
        answers=(
            Call(name="doppler_frequency", arguments={"frequency": 440, "source_speed": -30}),
            Call(name="combined_sound_level", arguments={"levels": [92, 95]}),
        ),
    ),
    Seed(
        query=(
            "Light hits a pond from the air at forty degrees to the vertical. At what angle does it go on under water?"
        ),
        answers=(
            Call(
                name="refraction_angle",
                arguments={"angle": 40, "from_medium": "air", "to_medium": "water"},
            ),
        ),
    ),
    Seed(
        query=(
            "Refracted angles for a 25° ray going from air into glass, from glass into water, and from "
            "air into diamond?"
        ),
        answers=(
            Call(
                name="refraction_angle",
                arguments={"angle": 25, "from_medium": "air", "to_medium": "glass"},
            ),
            Call(
                name="refraction_angle",
                arguments={"angle": 25, "from_medium": "glass", "to_medium": "water"},
            ),
            Call(
                name="refraction_angle",
                arguments={"angle": 25, "from_medium": "air", "to_medium": "diamond"},
            ),
        ),
    ),
    Seed(
        query="What energy in electronvolts does a photon from a 532 nm green laser carry?",
        answers=(Call(name="photon_energy", arguments={"wavelength": 532, "unit": "eV"}),),
        others=("refraction_angle", "thin_lens_image", "heat_needed"),
    ),
    Seed(
        query="photon energies in joules for 405 nm and 1064 nm",
        answers=(
            Call(name="photon_energy", arguments={"wavelength": 405, "unit": "J"}),
            Call(name="photon_energy", arguments={"wavelength": 1064, "unit": "J"}),
        ),
    ),
    Seed(
        query=("Our workshop runs a saw at 98 dB, a fan at 71 dB and a compressor at 88 dB. What's the overall level?"),
        answers=(Call(name="combined_sound_level", arguments={"levels": [98, 71, 88]}),),
    ),
    Seed(
        query="I'm heating 1.5 kg of water by 75 degrees for pasta. How much energy is that?",
        answers=(Call(name="heat_needed", arguments={"mass": 1.5, "temperature_rise": 75, "material": "water"}),),
        others=("ideal_gas_pressure", "photon_energy"),
    ),
)
