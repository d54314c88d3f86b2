"""Small questions about schemas, names and numbers."""

import random
import re
from itertools import pairwise

from apigen_assets.files.json_types import JsonObject

Schema = JsonObject


class Nothing:
    """Stands for the absence of a value where null is one."""


NOTHING = Nothing()


def kind_of(schema: Schema) -> str:
    """The JSON type that a value of the schema has; the first one that is not null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "string"


def is_of_kind(value: object, kind: str) -> bool:
    """Whether a value has a JSON type."""
    if isinstance(value, bool):
        return kind == "boolean"
    return {
        "string": isinstance(value, str) and value != "",
        "integer": isinstance(value, int),
        "number": isinstance(value, int | float),
        "array": isinstance(value, list) and bool(value),
        "object": isinstance(value, dict) and bool(value),
    }.get(kind, False)


def whole_above(value: float) -> int:
    """The least whole number that is not below."""
    return int(-(-value // 1))


def spaced(name: str) -> str:
    """A name as words in lower case."""
    return re.sub(r"[_\-.\s]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).lower().strip()


def singular(name: str) -> str:
    """A name without its plural s."""
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 3 else name


def shares_of_one(rng: random.Random, count: int) -> list[float]:
    """Shares with two decimals whose sum is 1."""
    """Numbers of two decimals that sum to one."""
    cuts = sorted(rng.sample(range(5, 96), max(0, count - 1)))
    edges = [0, *cuts, 100]
    return [round((b - a) / 100, 2) for a, b in pairwise(edges)]
