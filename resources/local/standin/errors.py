"""How often and in which ways each stand-in errs. Every rate is a share of the pairs it writes."""

import copy
import json
import random
import re
from dataclasses import dataclass

from apigen_assets.files.json_types import JsonObject, JsonValue


@dataclass(frozen=True)
class Rates:
    """Shares of pairs damaged in one way each; the last three are shares of completions."""

    broken_json: float
    missing_field: float
    hallucinated_function: float
    hallucinated_argument: float
    missing_required: float
    number_as_string: float
    out_of_enum: float
    out_of_range: float
    """The call fits its schema as far as that goes, and fails when it is run."""
    wrong_value: float
    """The value is not the one in the query."""
    swapped: float
    wrong_count: float
    neighbour: float
    """Another of the offered tools is called."""
    preamble: float
    """Prose before, or a code fence around, the list."""
    truncated: float
    """The completion stops in the middle."""
    refused: float


RATES: dict[str, Rates] = {
    "standin-small": Rates(
        broken_json=0.022, missing_field=0.01, hallucinated_function=0.018, hallucinated_argument=0.022,
        missing_required=0.032, number_as_string=0.03, out_of_enum=0.015, out_of_range=0.15,
        wrong_value=0.11, swapped=0.04, wrong_count=0.05, neighbour=0.08,
        preamble=0.15, truncated=0.03, refused=0.004,
    ),
    "standin-medium": Rates(
        broken_json=0.012, missing_field=0.005, hallucinated_function=0.008, hallucinated_argument=0.015,
        missing_required=0.02, number_as_string=0.02, out_of_enum=0.01, out_of_range=0.06,
        wrong_value=0.05, swapped=0.025, wrong_count=0.03, neighbour=0.035,
        preamble=0.06, truncated=0.015, refused=0.002,
    ),
    "standin-large": Rates(
        broken_json=0.005, missing_field=0.001, hallucinated_function=0.003, hallucinated_argument=0.005,
        missing_required=0.008, number_as_string=0.008, out_of_enum=0.004, out_of_range=0.03,
        wrong_value=0.025, swapped=0.01, wrong_count=0.015, neighbour=0.015,
        preamble=0.02, truncated=0.005, refused=0.0,
    ),
}  # fmt: skip
"""Chosen so that a weak model keeps about half of its pairs and the strong one somewhat over four fifths."""

JUDGE_ERROR: dict[str, float] = {"standin-small": 0.12, "standin-medium": 0.05, "standin-large": 0.015}
"""Share of verdicts that are turned round."""

PAIR_KINDS = (
    "broken_json", "missing_field", "hallucinated_function", "hallucinated_argument", "missing_required",
    "number_as_string", "out_of_enum", "out_of_range", "wrong_value", "swapped", "wrong_count", "neighbour",
)  # fmt: skip


def draw_kind(rates: Rates, rng: random.Random) -> str | None:
    """The damage one pair gets, mostly none."""
    chance = rng.random()
    for kind in PAIR_KINDS:
        chance -= getattr(rates, kind)
        if chance < 0:
            return kind
    return None


def damage_calls(
    kind: str, calls: list[JsonObject], functions: dict[str, JsonObject], rng: random.Random
) -> list[JsonObject]:
    """The calls with one mistake of the kind, or unchanged where it cannot be made in them."""
    out = copy.deepcopy(calls)
    call = rng.choice(out)
    arguments = call["arguments"]
    schema = functions.get(call["name"], {}).get("parameters", {})
    properties = schema.get("properties", {})
    if kind == "hallucinated_function":
        call["name"] = rng.choice((f"{call['name']}_v2", f"get_{call['name']}", call["name"].split("_")[0] + "_helper"))
    elif kind == "hallucinated_argument":
        arguments[rng.choice(("verbose", "output_format", "precision_mode", "unit_system"))] = rng.choice(
            (True, "default", 2)
        )
    elif kind == "missing_required":
        required = [name for name in schema.get("required", ()) if name in arguments]
        if required:
            del arguments[rng.choice(required)]
    elif kind == "number_as_string":
        numbers = [
            name for name, value in arguments.items() if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if numbers:
            name = rng.choice(numbers)
            arguments[name] = json.dumps(arguments[name])
        elif arguments:
            name = rng.choice(list(arguments))
            if isinstance(arguments[name], list):
                arguments[name] = json.dumps(arguments[name])
    elif kind == "out_of_enum":
        listed = [name for name in arguments if properties.get(name, {}).get("enum")]
        if listed:
            name = rng.choice(listed)
            arguments[name] = f"{arguments[name]}_other" if isinstance(arguments[name], str) else -99
    elif kind == "wrong_value":
        _change(arguments, properties, rng)
    elif kind == "swapped":
        _swap(arguments, rng)
    elif kind == "wrong_count":
        if len(out) > 1 and rng.random() < 0.7:
            out.remove(call)
        else:
            extra = copy.deepcopy(call)
            _change(extra["arguments"], properties, rng)
            out.append(extra)
    return out


def failing_value(name: str, value: object, schema: JsonObject, rng: random.Random) -> JsonValue:
    """A value of the right type that a function is likely to refuse."""
    if isinstance(value, bool) or schema.get("enum"):
        return value
    if isinstance(value, int | float):
        floor = schema.get("minimum", schema.get("exclusiveMinimum"))
        return rng.choice((-abs(value) - 1, 0, -999)) if floor is None else value
    if isinstance(value, str):
        if re.match(r"\d{4}-\d\d-\d\d", value):
            return value[:5] + rng.choice(("02-30", "13-01", "04-31")) + value[10:]
        return rng.choice(("", "N/A", "unknown", "???", value + "#!"))
    if isinstance(value, list):
        return [] if not schema.get("minItems") else value
    return value


def break_text(text: str, rng: random.Random) -> str:
    """One pair's JSON, no longer JSON."""
    kind = rng.randrange(5)
    if kind == 0:
        return text[:-1] + ",}"
    if kind == 1:
        return text.replace('"', "'")
    if kind == 2:
        return re.sub(r'("arguments": ?\{)', r"\1NaN", text, count=1)
    if kind == 3:
        return re.sub(r'"query": "(\w+) ', r'"query": "\1 "so-called" ', text, count=1)
    return re.sub(r"\}\]", "]", text, count=1)


def _change(arguments: JsonObject, properties: JsonObject, rng: random.Random) -> None:
    names = [name for name, value in arguments.items() if not isinstance(value, bool | dict)]
    if not names:
        return
    name = rng.choice(names)
    value = arguments[name]
    options = properties.get(name, {}).get("enum")
    if options:
        alternatives = [option for option in options if option != value]
        arguments[name] = rng.choice(alternatives or options)
    elif isinstance(value, int):
        arguments[name] = value + rng.choice((1, 2, 3, 5, 10))
    elif isinstance(value, float):
        arguments[name] = round(value * rng.choice((1.5, 2, 10)) + 0.25, 4)
    elif isinstance(value, str):
        arguments[name] = (
            re.sub(r"\d", lambda d: str((int(d[0]) + 1) % 9 + 1), value, count=1)
            if re.search(r"\d", value)
            else value[::-1] + "s"
        )
    elif isinstance(value, list) and value:
        arguments[name] = value[:-1] if len(value) > 1 else value * 2


def _swap(arguments: JsonObject, rng: random.Random) -> None:
    names = list(arguments)
    pairs = [
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if type(arguments[a]) is type(arguments[b]) and arguments[a] != arguments[b]
    ]
    if pairs:
        a, b = rng.choice(pairs)
        arguments[a], arguments[b] = arguments[b], arguments[a]
