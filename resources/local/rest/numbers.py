"""Mathematics, music, games, sport and health: answers that are computed."""

import fractions
import math
import statistics

from apigen_assets.files.json_types import JsonValue
from resources.local.rest.endpoint import BadArgumentError, Endpoints, Parameter, choice, number, text, whole

mathematics = Endpoints("Math")
music = Endpoints("Music")
games = Endpoints("Gaming")
sports = Endpoints("Sports")
health = Endpoints("Health")


@mathematics.get(
    "/math/factors/{value}",
    "Factor an integer into primes.",
    whole("value", "Integer to factor.", 360, 9973, 1001001, minimum=2, maximum=10**12),
)
def factor_integer(value: int) -> JsonValue:
    """Prime factors with their powers."""
    rest, divisor = value, 2
    factors: dict[int, int] = {}
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            factors[divisor] = factors.get(divisor, 0) + 1
            rest //= divisor
        divisor += 1 if divisor == 2 else 2
    if rest > 1:
        factors[rest] = factors.get(rest, 0) + 1
    return {
        "value": value,
        "factors": [{"prime": prime, "power": power} for prime, power in factors.items()],
        "is_prime": factors == {value: 1},
    }


@mathematics.get(
    "/math/statistics",
    "Summarise a list of numbers: mean, median, standard deviation and range.",
    Parameter(
        "values", "numbers", "Numbers to summarise.", ((3, 7, 8, 12), (1.5, 2.25, 9.75), (100, 102, 98, 97, 105))
    ),
    tag="Data",
)
def summarise_numbers(values: list[float]) -> JsonValue:
    """Statistics of a sample."""
    return {
        "count": len(values),
        "mean": statistics.fmean(values),
        "median": statistics.median(values),
        "standard_deviation": statistics.stdev(values) if len(values) > 1 else None,
        "minimum": min(values),
        "maximum": max(values),
    }


@mathematics.get(
    "/math/convert-base",
    "Write an integer in another number base.",
    text("digits", "Digits of the number in its own base.", "10110", "1101", "100101", pattern="^[0-9A-Za-z]{1,60}$"),
    whole("source_base", "Base of the given digits.", 2, 10, 16, minimum=2, maximum=36),
    whole("target_base", "Base to write the number in.", 16, 8, 36, minimum=2, maximum=36),
)
def convert_number_base(digits: str, source_base: int, target_base: int) -> JsonValue:
    """A number in another base."""
    try:
        value = left = int(digits, source_base)
    except ValueError:
        raise BadArgumentError(f"{digits!r} has digits that base {source_base} does not know") from None
    out = ""
    while left:
        left, digit = divmod(left, target_base)
        out = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + out
    return {"result": out or "0", "decimal": str(value)}


@mathematics.get(
    "/math/fraction",
    "Find the simplest fraction close to a decimal number.",
    number("value", "Decimal number.", 0.3333, 3.14159, 2.71828, minimum=-1_000_000, maximum=1_000_000),
    whole("max_denominator", "Largest denominator allowed.", 100, 10, 1000, minimum=1, maximum=1_000_000),
)
def approximate_fraction(value: float, max_denominator: int) -> JsonValue:
    """A fraction near a number."""
    fraction = fractions.Fraction(str(value)).limit_denominator(max_denominator)
    return {"numerator": fraction.numerator, "denominator": fraction.denominator, "difference": float(fraction) - value}


_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_CHORDS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8),
           "dominant7": (0, 4, 7, 10), "major7": (0, 4, 7, 11), "minor7": (0, 3, 7, 10)}  # fmt: skip
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "natural_minor": (0, 2, 3, 5, 7, 8, 10),
           "pentatonic": (0, 2, 4, 7, 9), "blues": (0, 3, 5, 6, 7, 10), "dorian": (0, 2, 3, 5, 7, 9, 10)}  # fmt: skip
_ROOT = choice("root", "Root note.", *_NOTES)


@music.get(
    "/music/frequency",
    "Get the frequency of a note in equal temperament with A4 at 440 Hz, and its MIDI number.",
    choice("note", "Note name.", *_NOTES),
    whole("octave", "Octave in scientific pitch notation.", 4, 3, 5, minimum=0, maximum=9),
)
def get_note_frequency(note: str, octave: int) -> JsonValue:
    """A note's pitch."""
    midi = 12 * (octave + 1) + _NOTES.index(note)
    return {"note": f"{note}{octave}", "midi": midi, "frequency_hz": round(440 * 2 ** ((midi - 69) / 12), 3)}


@music.get("/music/chord", "List the notes of a chord.", _ROOT, choice("quality", "Kind of chord.", *_CHORDS))
def get_chord_notes(root: str, quality: str) -> JsonValue:
    """Notes of a chord."""
    start = _NOTES.index(root)
    return {"chord": f"{root} {quality}", "notes": [_NOTES[(start + step) % 12] for step in _CHORDS[quality]]}


@music.get("/music/scale", "List the notes of a scale.", _ROOT, choice("scale", "Kind of scale.", *_SCALES))
def get_scale_notes(root: str, scale: str) -> JsonValue:
    """Notes of a scale."""
    start = _NOTES.index(root)
    return {"scale": f"{root} {scale}", "notes": [_NOTES[(start + step) % 12] for step in _SCALES[scale]]}


@music.get(
    "/music/delay-times",
    "Compute the length of note values in milliseconds at a tempo, for echo and delay effects.",
    number("bpm", "Beats per minute.", 120, 90, 128, minimum=20, maximum=400),
)
def get_delay_times(bpm: float) -> JsonValue:
    """Note values as time."""
    beat = 60_000 / bpm
    values = {"whole": 4, "half": 2, "quarter": 1, "eighth": 0.5, "sixteenth": 0.25, "dotted_eighth": 0.75}
    return {"bpm": bpm, "milliseconds": {name: round(beat * factor, 2) for name, factor in values.items()}}


@games.get(
    "/games/dice",
    "Compute the probability of rolling a total, or at least that total, with several equal dice.",
    whole("dice", "Number of dice.", 2, 3, 4, minimum=1, maximum=20),
    whole("sides", "Sides of each die.", 6, 8, 20, minimum=2, maximum=100),
    whole("total", "Total of all dice.", 7, 10, 12, minimum=1, maximum=2000),
)
def get_dice_probability(dice: int, sides: int, total: int) -> JsonValue:
    """Exact chances."""
    ways = [1]
    for _ in range(dice):
        grown = [0] * (len(ways) + sides)
        for value, count in enumerate(ways):
            for face in range(1, sides + 1):
                grown[value + face] += count
        ways = grown
    all_ways = sides**dice
    exact = ways[total] if total < len(ways) else 0
    least = sum(ways[total:])
    return {"exactly": exact / all_ways, "at_least": least / all_ways, "ways": exact, "outcomes": all_ways}


@games.get(
    "/games/elo",
    "Compute the expected score and new rating of a player after a game under the Elo system.",
    number("rating", "Player's rating before the game.", 1500, 1820, 2400, minimum=0, maximum=4000),
    number("opponent", "Opponent's rating.", 1600, 1750, 2350, minimum=0, maximum=4000),
    choice("result", "Result for the player.", "win", "draw", "loss"),
    whole("k", "Development factor.", 20, 32, 10, required=False, default=20, minimum=1, maximum=64),
)
def update_elo_rating(rating: float, opponent: float, result: str, k: int) -> JsonValue:
    """A rating after a game."""
    expected = 1 / (1 + 10 ** ((opponent - rating) / 400))
    score = {"win": 1.0, "draw": 0.5, "loss": 0.0}[result]
    return {"expected_score": round(expected, 4), "new_rating": round(rating + k * (score - expected), 1)}


@sports.get(
    "/sports/pace",
    "Compute pace and speed from the distance and time of a run or ride.",
    number("distance_km", "Distance in kilometres.", 10, 21.0975, 5, minimum=0.1, maximum=1000),
    number("minutes", "Time in minutes.", 50, 105.5, 27, minimum=0.1, maximum=10_000),
)
def get_pace(distance_km: float, minutes: float) -> JsonValue:
    """Pace and speed."""
    seconds = round(minutes * 60 / distance_km)
    return {"pace_per_km": f"{seconds // 60}:{seconds % 60:02d}", "speed_kmh": round(distance_km / minutes * 60, 2)}


@sports.get(
    "/sports/race-prediction",
    "Predict the finish time of a race from an earlier result with Riegel's formula.",
    number("known_km", "Distance of the earlier race in kilometres.", 5, 10, 15, minimum=1, maximum=200),
    number("known_minutes", "Time of the earlier race in minutes.", 25, 48, 80, minimum=3, maximum=2000),
    number("target_km", "Distance of the race to come in kilometres.", 21.0975, 42.195, 10, minimum=1, maximum=200),
)
def predict_race_time(known_km: float, known_minutes: float, target_km: float) -> JsonValue:
    """A finish time."""
    minutes = known_minutes * (target_km / known_km) ** 1.06
    seconds = round(minutes * 60)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return {"target_km": target_km, "minutes": round(minutes, 1), "time": clock}


@sports.get(
    "/sports/tournament",
    "Compute the matches, rounds and byes of a knockout or round-robin tournament.",
    whole("teams", "Number of teams.", 16, 10, 24, minimum=2, maximum=1024),
    choice("system", "Kind of tournament.", "knockout", "round_robin"),
)
def plan_tournament(teams: int, system: str) -> JsonValue:
    """Figures of a tournament."""
    if system == "round_robin":
        return {"matches": teams * (teams - 1) // 2, "rounds": teams - 1 + teams % 2, "byes": 0}
    rounds = math.ceil(math.log2(teams))
    return {"matches": teams - 1, "rounds": rounds, "byes": 2**rounds - teams}


@health.get(
    "/health/energy",
    "Estimate the resting energy use of an adult with the Mifflin-St Jeor equation.",
    choice("sex", "Sex, as the equation uses it.", "female", "male"),
    number("weight_kg", "Body weight in kilograms.", 70, 58.5, 92, minimum=20, maximum=400),
    number("height_cm", "Height in centimetres.", 175, 162, 188, minimum=100, maximum=250),
    whole("age", "Age in years.", 30, 45, 62, minimum=18, maximum=110),
)
def estimate_resting_energy(sex: str, weight_kg: float, height_cm: float, age: int) -> JsonValue:
    """Energy per day at rest."""
    energy = 10 * weight_kg + 6.25 * height_cm - 5 * age + (5 if sex == "male" else -161)
    return {"kilocalories_per_day": round(energy), "kilojoules_per_day": round(energy * 4.184)}


@health.get(
    "/health/body-mass-index",
    "Compute the body mass index and its WHO class for an adult.",
    number("weight_kg", "Body weight in kilograms.", 70, 54, 95.5, minimum=20, maximum=400),
    number("height_cm", "Height in centimetres.", 175, 160, 182, minimum=100, maximum=250),
)
def get_body_mass_index(weight_kg: float, height_cm: float) -> JsonValue:
    """Body mass index."""
    index = weight_kg / (height_cm / 100) ** 2
    bounds = ((18.5, "underweight"), (25, "normal"), (30, "overweight"), (math.inf, "obese"))
    return {"bmi": round(index, 1), "class": next(name for bound, name in bounds if index < bound)}


@health.get(
    "/health/heart-rate-zones",
    "Compute the five training zones of the heart rate with the Karvonen method.",
    whole("age", "Age in years.", 35, 28, 50, minimum=10, maximum=100),
    whole("resting_rate", "Heart beats per minute at rest.", 60, 52, 70, minimum=30, maximum=120),
)
def get_heart_rate_zones(age: int, resting_rate: int) -> JsonValue:
    """Training zones, with a maximum of 220 minus the age."""
    reserve = 220 - age - resting_rate
    if reserve <= 0:
        raise BadArgumentError("the resting rate leaves no reserve at that age")
    bounds = [round(resting_rate + reserve * share / 100) for share in (50, 60, 70, 80, 90, 100)]
    return {"zones": [{"zone": i + 1, "from": bounds[i], "to": bounds[i + 1]} for i in range(5)]}
