"""A fault: one kind of damage that can be done to a good row, and the row it is done to."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import unrolled

Family = Literal["format", "execution", "arguments", "calls", "query", "hostile"]
"""`arguments`, `calls` and `query` are semantic damage; `hostile` must above all be survived."""


@dataclass
class MutableRow:
    """A row under damage."""

    candidate_id: str
    style: str
    query: str
    tools: list[JsonObject]
    calls: list[JsonObject]
    answers_text: str | None = None
    """Replaces the JSON of `calls` where the damage is in the text itself."""
    tools_text: str | None = None
    note: str = ""
    """What was done, for people."""

    def copy(self) -> "MutableRow":
        """A row that may be changed without touching this one."""
        return copy.deepcopy(self)

    @property
    def answers(self) -> str:
        """JSON text of the answers, damaged or not."""
        return dumps(self.calls) if self.answers_text is None else self.answers_text

    def tool(self, name: str) -> JsonObject:
        """The offered tool of that name, or an empty one."""
        return next((tool for tool in self.tools if tool["name"] == name), {})


@dataclass
class Pool:
    """What other rows offer to damage this one with."""

    queries: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Queries with the names of the functions called."""
    texts: list[str] = field(default_factory=list)
    """String arguments."""

    @classmethod
    def of(cls, rows: list[MutableRow], most: int = 5000) -> "Pool":
        """The pool of some rows."""
        queries = [(row.query, frozenset(call["name"] for call in row.calls)) for row in rows[:most]]
        texts = [
            value
            for row in rows[:most]
            for call in row.calls
            for value in call["arguments"].values()
            if isinstance(value, str) and 3 <= len(value) <= 60
        ]
        return cls(queries, sorted(set(texts)))


Damage = Callable[[MutableRow, Random, Pool], MutableRow | None]
"""Damages a row it may change; null where this row has nothing to damage."""


class PlantedFault(NamedTuple):
    """A registered kind of damage."""

    name: str
    family: Family
    damage: Damage
    harmless_if_same_result: bool = False
    """The mutant is none where the calls give the same results (swapped operands of a sum)."""


FAULTS: dict[str, PlantedFault] = {}


def fault(family: Family, harmless_if_same_result: bool = False) -> Callable[[Damage], Damage]:
    """Register a function as a fault under its name."""

    def register(damage: Damage) -> Damage:
        name = damage.__name__
        FAULTS[name] = PlantedFault(name, family, damage, harmless_if_same_result)
        return damage

    return register


def row_of(candidate_id: str, style: str, query: str, tools: str, answers: str) -> MutableRow:
    """A good row from its columns."""
    return MutableRow(candidate_id, style, query, json.loads(tools), json.loads(answers))


Place = tuple[JsonObject | list[JsonValue], JsonValue]
"""A container and the key or index of a value in it."""


def places(row: MutableRow, kind: Callable[[JsonValue], bool]) -> list[tuple[int, str, Place]]:
    """Every value inside the arguments that `kind` accepts: call, parameter, place."""
    out: list[tuple[int, str, Place]] = []

    def walk(call: int, parameter: str, holder: JsonObject | list[JsonValue], key: JsonValue) -> None:
        value = holder[key]
        if kind(value):
            out.append((call, parameter, (holder, key)))
        if isinstance(value, dict):
            for inner in value:
                walk(call, parameter, value, inner)
        elif isinstance(value, list):
            for inner in range(len(value)):
                walk(call, parameter, value, inner)

    for i, call in enumerate(row.calls):
        for parameter in call["arguments"]:
            walk(i, parameter, call["arguments"], parameter)
    return out


def schema_of(row: MutableRow, call: int, parameter: str) -> JsonObject:
    """The schema of a parameter of the function that a call names."""
    properties = unrolled(row.tool(row.calls[call]["name"]).get("parameters") or {}).get("properties") or {}
    schema = properties.get(parameter)
    return schema if isinstance(schema, dict) else {}


def required_of(row: MutableRow, call: int) -> list[str]:
    """The required parameters of the function that a call names."""
    return list((row.tool(row.calls[call]["name"]).get("parameters") or {}).get("required") or [])
