"""Types and values of JSON as a comparison of schemas needs them."""

import json
from typing import Any

ALL = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


def common(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """The types that two schemas of one value both allow; every integer is a number."""
    out, numbers = left & right, {"integer", "number"}
    if numbers <= left | right and numbers - left and numbers - right:
        out |= {"integer"}
    return out or right


def type_of(value: Any) -> frozenset[str]:
    """The types that a value is of."""
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int):
        return frozenset({"integer", "number"})
    if isinstance(value, float):
        return frozenset({"number"} | ({"integer"} if value.is_integer() else set()))
    return frozenset({"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"})


def key_of(value: Any) -> str:
    """A value as text by which it can be compared."""
    return json.dumps(value, sort_keys=True, default=str)


def letters_of(text: str) -> str:
    """Letters and digits of a name, in lower case."""
    return "".join(letter for letter in text.lower() if letter.isalnum())
