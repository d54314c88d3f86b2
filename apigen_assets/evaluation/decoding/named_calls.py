"""Lists of calls that name their function: the JSON most models write, and what each handler requires of it."""

import json
from collections.abc import Iterable

from .errors import UndecodableError
from .json_types import JsonObject, JsonValue

ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "kwargs")
"""Where a call may keep its arguments, in the order in which they are looked for."""

NAME_KEYS = ("name", "tool_name", "function_name")


def required(calls: Iterable[JsonValue], arguments: str = "arguments") -> list[dict[JsonValue, JsonValue]]:
    """Calls with exactly these keys, as the leaderboard's JSON handlers take them: whatever the values are.

    Raises:
        KeyError, TypeError: a call without a name or arguments, or not an object.
    """
    return [{call["name"]: call[arguments]} for call in calls]


def any_spelling(call: JsonValue) -> JsonObject:
    """One call under any of the usual names for name and arguments; arguments given as JSON text are parsed.

    Raises:
        UndecodableError: not an object, or it names no function.
    """
    if not isinstance(call, dict):
        raise UndecodableError("a call is not a JSON object")
    inner = call.get("function")
    if isinstance(inner, dict):
        return any_spelling(inner)
    name = next((call[key] for key in (*NAME_KEYS, "function") if isinstance(call.get(key), str)), None)
    if not name:
        raise UndecodableError("a call names no function")
    arguments = next((call[key] for key in ARGUMENT_KEYS if key in call), None)
    if arguments is None and not any(key in call for key in ARGUMENT_KEYS):
        raise UndecodableError("a call has no arguments")
    return {name: parsed(arguments)}


def parsed(arguments: JsonValue) -> JsonValue:
    """Arguments as an object where they are JSON text; empty ones are no arguments."""
    if arguments is None or arguments == "":
        return {}
    if isinstance(arguments, str):
        return json.loads(arguments)
    return arguments


def consecutive(text: str) -> list[JsonValue]:
    """JSON values that follow each other, divided by blanks, commas or semicolons.

    Raises:
        ValueError: anything else between or around them.
    """
    decoder = json.JSONDecoder()
    values: list[JsonValue] = []
    place = 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,;":
            place += 1
        if place >= len(text):
            return values
        value, place = decoder.raw_decode(text, place)
        values.append(value)


def listed(value: JsonValue) -> list[JsonValue]:
    """A list as it is; one object, or one with `tool_calls`, as a list."""
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
        return list(value["tool_calls"])
    return value if isinstance(value, list) else [value]
