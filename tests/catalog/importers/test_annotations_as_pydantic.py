"""Random annotations: what a tool takes against pydantic's own schema of the same type."""

import importlib
from random import Random
from typing import get_type_hints

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.files.json_types import JsonValue

HEAD = """
import collections.abc as cabc
import datetime
import enum
import typing as t
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import *

import annotated_types as at
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, conint, constr
from typing_extensions import NotRequired, Required, TypedDict


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Count(enum.IntEnum):
    ONE = 1
    TWO = 2


@dataclass
class Node:
    a: int
    b: str = "x"
    c: "list[Node]" = field(default_factory=list)


@dataclass
class Leaf(Node):
    d: Optional[Color] = None


class Part(TypedDict):
    a: int
    b: NotRequired[str]


class Screw(Part, total=False):
    c: Required[bool]
    d: List["Part"]


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int = Field(ge=0)
    c: Dict[str, "Shelf"] = {}


class Book(Shelf):
    d: Literal["p", "q"]


Uid = NewType("Uid", int)
Name = Annotated[str, Field(min_length=1)]
Mixed = Union[int, Name, None]
Mode = Literal["p", "q"]
"""
TYPES = (
    "int", "str", "float", "bool", "None", "Any", "Color", "Count", "Node", "Leaf", "Part", "Screw", "Shelf", "Book",
    "Uid", "Name", "Mixed", "Mode", "Literal[Mode, 1, None]", "Literal[True]", "datetime.date", "uuid.UUID",
    "conint(ge=1, le=5)", "constr(max_length=2)", "PositiveInt", "Annotated[int, at.Gt(0)]",
    "Annotated[int, Field(ge=1, lt=4)]", "Annotated[list[int], Field(min_length=1)]",
)  # fmt: skip
GENERIC = (
    "list[{}]", "t.List[{}]", "dict[str, {}]", "Optional[{}]", "Union[{}, {}]", "t.Union[{}, None, {}]", "set[Color]",
    "tuple[{}, {}]", "Tuple[{}, ...]", "cabc.Sequence[{}]", "Mapping[str, {}]", "Iterable[{}]", "deque[{}]",
    "Annotated[{}, 'about it']", "OrderedDict[str, {}]", "dict[Color, {}]", "dict[Literal['m', 'n'], {}]",
)  # fmt: skip
SIMPLE: tuple[JsonValue, ...] = (
    None, True, 0, 1, 5, -1, 1.5, "", "a", "p", "red", "2024-01-02", [], [1], ["a"], [1, "a"], [None], {}, {"a": 1},
    {"m": 1}, {"red": 1}, {"a": 1, "b": "x"}, {"a": "x"}, {"a": 1, "c": True}, {"a": 1, "d": "p"}, {"a": 1, "z": 2},
    {"a": -1}, {"a": 1, "d": "red"}, {"a": 1, "c": [{"a": 2}]}, {"a": 1, "c": {"k": {"a": 1}}}, {"a": 1, "c": [{}]},
)  # fmt: skip


def annotation(random, depth):
    if depth == 0 or random.random() < 0.35:
        return random.choice(TYPES)
    generic = random.choice(GENERIC)
    return generic.format(*(annotation(random, depth - 1) for _ in range(generic.count("{}"))))


def closed(schema):
    """The schema with objects that take no fields but their own, as tools offer them."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    return {**out, "additionalProperties": False} if out.get("type") == "object" and "properties" in out else out


@pytest.mark.parametrize("seed", range(2))
def test_a_tool_takes_what_pydantic_says_that_its_types_take(tmp_path, monkeypatch, seed):
    random = Random(seed)
    types = [annotation(random, 2) for _ in range(60)]
    future = "from __future__ import annotations\n" if seed % 2 else ""
    functions = "".join(f'\n\ndef f{at}(v: {kind}) -> str:\n    """Do it."""\n' for at, kind in enumerate(types))
    path = tmp_path / f"random_types_{seed}.py"
    path.write_text(future + HEAD + functions)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(path.stem)

    result = import_python_path(path, "s")

    assert not result.rejects
    tools = {api.name.removeprefix("s_"): Draft202012Validator(api.parameters) for api in result.apis}
    for at, kind in enumerate(types):
        hint = get_type_hints(getattr(module, f"f{at}"), include_extras=True)["v"]
        written = Draft202012Validator(closed(TypeAdapter(hint).json_schema()))
        for value in [*SIMPLE, *([value] for value in SIMPLE), *({"m": value} for value in SIMPLE)]:
            assert tools[f"f{at}"].is_valid({"v": value}) == written.is_valid(value), (kind, value)
