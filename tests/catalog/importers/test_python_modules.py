import sys

import pytest
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.python_modules import import_python_package, import_python_path

TYPES = '''
"""Types."""
import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict, Union
from datetime import date
from pydantic import BaseModel, Field

Vector = list[float]
UserId = NewType("UserId", int)
LIMIT = 25

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

@dataclass
class Point:
    """A point."""
    x: float
    y: float = 0.0
    """Upwards."""
    tags: list[str] = field(default_factory=list)

class Box(TypedDict):
    width: float
    label: NotRequired[str]

class Pair(NamedTuple):
    left: int
    right: int = 3

class Order(BaseModel):
    amount: int = Field(ge=1, le=99, description="How many.")
    note: str | None = None

class Special(Order):
    express: bool = False

class Node(BaseModel):
    children: list["Node"]


def every_type(
    a: int, b: float, c: str, d: bool, e: list[int], f: dict[str, float], g: Literal["x", "y"], h: Optional[int],
    i: Union[int, str], j: tuple[float, float], k: Any, l: Annotated[int, Field(ge=0, lt=10)], m: Vector, n: Colour,
    o: Point, p: Box, q: Pair, r: Special, s: UserId, t: date, u: "list[str] | None", v: set[str], w: Level,
    x: Annotated[str, "A text."], y: tuple[int, ...], z: list[dict[str, Any]],
) -> dict[str, list[int]]:
    """All."""


def defaults(a: int = LIMIT, b: Colour = Colour.RED, c: Vector = [1.0], d: int = None, e: float = -1.5, f=True,
             g: str = str(1), h: int = Field(5, gt=1, description="From the field.")):
    """Defaults."""


def recursive(node: Node): "R"
def untyped(thing): "U"
def callback(f: "Callable[[int], int]"): "C"
def binary(data: bytes): "B"
def keyed(m: dict[int, str]): "K"
def starred(*values: int): "S"
def keywords(**values: int): "S"
def positional(a: int, /): "P"
def elsewhere(x: Decimalish): "E"
def wrong_default(a: int = "ten"): "W"
async def coroutine(a: int): "A"
def _private(a: int): "no"
class Thing:
    def method(self, a: int): "no"
'''


@pytest.fixture
def module(tmp_path):
    def write(text, name="mod.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def by_function(result):
    return {api.binding.function: api for api in result.apis}


def test_types_become_json_schema(module):
    api = by_function(import_python_path(module(TYPES), "types"))["every_type"]
    got = api.parameters["properties"]
    assert got["a"] == {"type": "integer"}
    assert got["b"] == {"type": "number"}
    assert got["e"] == {"type": "array", "items": {"type": "integer"}}
    assert got["f"] == {"type": "object", "additionalProperties": {"type": "number"}}
    assert got["g"] == {"type": "string", "enum": ["x", "y"]}
    assert got["h"] == {"type": ["integer", "null"]}
    assert got["i"] == {"type": ["integer", "string"]}
    assert got["j"] == {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}
    assert got["k"] == {}
    assert got["l"] == {"type": "integer", "minimum": 0, "exclusiveMaximum": 10}
    assert got["m"] == {"type": "array", "items": {"type": "number"}}
    assert got["n"] == {"type": "string", "enum": ["red", "blue"]}
    assert got["o"]["required"] == ["x"] and got["o"]["properties"]["y"]["description"] == "Upwards."
    assert got["p"]["required"] == ["width"] and set(got["p"]["properties"]) == {"width", "label"}
    assert got["q"]["required"] == ["left"] and got["q"]["properties"]["right"]["default"] == 3
    assert got["r"]["properties"]["amount"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 99,
        "description": "How many.",
    }
    assert got["r"]["required"] == ["amount"] and "express" in got["r"]["properties"]
    assert got["s"] == {"type": "integer"}
    assert got["t"] == {"type": "string", "format": "date"}
    assert got["u"] == {"type": ["array", "null"], "items": {"type": "string"}}
    assert got["v"] == {"type": "array", "uniqueItems": True, "items": {"type": "string"}}
    assert got["w"] == {"type": "integer", "enum": [1, 2]}
    assert got["x"] == {"type": "string", "description": "A text."}
    assert got["y"] == {"type": "array", "items": {"type": "integer"}}
    assert got["z"] == {"type": "array", "items": {"type": "object"}}
    assert api.parameters["required"] == list("abcdefghijklmnopqrstuvwxyz")
    assert api.returns == {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "integer"}},
    }
    Draft202012Validator.check_schema(api.parameters)


def test_defaults_are_values_or_left_out_and_make_a_parameter_optional(module):
    api = by_function(import_python_path(module(TYPES), "types"))["defaults"]
    got = api.parameters["properties"]
    assert api.parameters["required"] == []
    assert got["a"]["default"] == 25 and got["b"]["default"] == "red" and got["c"]["default"] == [1.0]
    assert got["d"] == {"type": ["integer", "null"], "default": None}
    assert got["e"]["default"] == -1.5 and got["f"] == {"type": "boolean", "default": True}
    assert "default" not in got["g"]  # computed: only that it may be left out is known
    assert got["h"] == {"type": "integer", "exclusiveMinimum": 1, "description": "From the field.", "default": 5}


def test_what_cannot_be_a_tool_is_rejected_with_its_reason(module):
    result = import_python_path(module(TYPES), "types")
    reasons = {reject.original_name.removeprefix("mod."): reject.reason for reject in result.rejects}
    assert reasons == {
        "recursive": "recursive_type",
        "untyped": "untyped_parameter",
        "callback": "type_not_json",
        "binary": "type_not_json",
        "keyed": "type_not_json",
        "starred": "variadic_parameters",
        "keywords": "variadic_parameters",
        "positional": "positional_only",
        "elsewhere": "unknown_type",
        "wrong_default": "default_not_of_type",
        "coroutine": "async_function",
    }
    assert result.funnel["found"] == len(result.apis) + 11


@pytest.mark.parametrize(
    "docstring",
    [
        "Add tax.\n\n    Rounds up.\n\n    Args:\n        net: Price\n            without tax.\n"
        "        rate (float): Share.\n\n"
        "    Returns:\n        The gross price.\n    ",
        "Add tax.\n\n    Rounds up.\n\n    Parameters\n    ----------\n    net : float\n        Price without tax.\n"
        "    rate : float\n        Share.\n\n    Returns\n    -------\n    float\n        The gross price.\n    ",
        "Add tax.\n\n    Rounds up.\n\n    :param net: Price without tax.\n    :param float rate: Share.\n"
        "    :returns: The gross price.\n    ",
    ],
    ids=["google", "numpy", "sphinx"],
)
def test_docstrings_of_the_three_styles_say_the_same(module, docstring):
    text = f'def gross(net: float, rate: float = 0.2) -> float:\n    """{docstring}"""\n    return net\n'
    (api,) = import_python_path(module(text), "shop").apis
    assert api.description == "Add tax.\n\nRounds up."
    assert api.parameters["properties"]["net"]["description"] == "Price without tax."
    assert api.parameters["properties"]["rate"] == {"type": "number", "description": "Share.", "default": 0.2}
    assert api.returns == {"type": "number", "description": "The gross price."}


def test_importing_runs_none_of_the_code(module, tmp_path):
    text = (
        f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\nraise SystemExit\n\n"
        'def f(x: int) -> int:\n    """F."""\n'
    )
    result = import_python_path(module(text), "evil")
    assert len(result.apis) == 1 and not (tmp_path / "ran").exists()
    assert "mod" not in sys.modules


def test_a_folder_gives_its_public_modules_and_names_tell_them_apart(module, tmp_path):
    module('def area(r: float) -> float:\n    """A."""\n', "pkg/circle.py")
    module('def area(a: float) -> float:\n    """A."""\n', "pkg/square.py")
    module("def hidden(a: float): ...\n", "pkg/_helpers.py")
    module("def broken(:\n", "pkg/broken.py")
    (tmp_path / "pkg" / "out.py").symlink_to("/etc/hosts")
    result = import_python_path(tmp_path / "pkg", "shapes")
    assert [api.name for api in result.apis] == ["shapes.circle.area", "shapes.square.area"]
    assert [(reject.file, reject.reason) for reject in result.rejects] == [("broken.py", "not_python")]
    assert result.apis[0].binding.module == "circle" and result.apis[0].binding.path.endswith("pkg/circle.py")


def test_all_decides_what_is_public(module):
    text = '__all__ = ["_a"]\ndef _a(x: int): "A"\ndef b(x: int): "B"\n'
    assert list(by_function(import_python_path(module(text), "m"))) == ["_a"]


def test_built_in_functions_keep_their_names_and_all_of_them_are_found():
    from apigen_assets.catalog.importers.sources import import_builtin
    from apigen_assets.functions.library import all_functions

    result = import_builtin()
    assert sorted(api.name for api in result.apis) == sorted(all_functions())
    assert result.rejects == []
    assert {api.source.format for api in result.apis} == {"python"}


def test_an_installed_package_by_its_name_and_a_missing_one():
    from apigen_assets.catalog.importers.imported import SourceError

    assert import_python_package("json", "json").apis[0].binding.module.startswith("json")
    with pytest.raises(SourceError, match="no_such"):
        import_python_package("no_such_package_here", "x")
