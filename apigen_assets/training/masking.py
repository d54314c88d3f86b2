"""Function masking (Hammer, arXiv 2410.04587): random names, so that descriptions must be read."""

import random
import string

from apigen_assets.domain.call import Call
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.xlam_types import is_json_schema
from apigen_assets.training.examples import TrainingExample

_LETTERS = string.ascii_letters + string.digits + "_."


def masked(example: TrainingExample, rng: random.Random) -> TrainingExample:
    """The row with function and parameter names replaced alike in tools and answers, and its tools shuffled.

    Function names become 5 to 15 random characters and parameter names 4 to 10, as in the Hammer paper.
    Values, descriptions and the query stay.
    """
    functions: dict[str, str] = {}
    parameters: dict[str, dict[str, str]] = {}
    tools = []
    taken: set[str] = set()
    for tool in example.tools:
        name = str(tool["name"])
        functions[name] = _fresh(rng, 5, 15, taken)
        shown, parameters[name] = _masked_parameters(tool.get("parameters") or {}, rng)
        tools.append({**tool, "name": functions[name], "parameters": shown})
    rng.shuffle(tools)
    answers = [
        Call(
            name=functions.get(call.name, call.name),
            arguments={parameters.get(call.name, {}).get(key, key): value for key, value in call.arguments.items()},
        )
        for call in example.answers
    ]
    return TrainingExample(example.query, tools, answers, example.group)


def shuffled(example: TrainingExample, rng: random.Random) -> TrainingExample:
    """The row with its tools in another order."""
    tools = list(example.tools)
    rng.shuffle(tools)
    return TrainingExample(example.query, tools, example.answers, example.group)


def _masked_parameters(parameters: JsonObject, rng: random.Random) -> tuple[JsonObject, dict[str, str]]:
    inner = (parameters.get("properties") or {}) if is_json_schema(parameters) else parameters
    taken: set[str] = set()
    names = {name: _fresh(rng, 4, 10, taken) for name in inner}
    renamed = {names[name]: spec for name, spec in inner.items()}
    if not is_json_schema(parameters):
        return renamed, names
    required = [names[name] for name in parameters.get("required") or [] if name in names]
    return {**parameters, "properties": renamed, "required": required}, names


def _fresh(rng: random.Random, shortest: int, longest: int, taken: set[str]) -> str:
    while True:
        name = rng.choice(string.ascii_letters) + "".join(rng.choices(_LETTERS, k=rng.randint(shortest, longest) - 1))
        if name not in taken:
            taken.add(name)
            return name
