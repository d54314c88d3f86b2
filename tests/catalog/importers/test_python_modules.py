import sys

import pytest
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.python_modules import import_python_package, import_python_path
from apigen_assets.domain.outcome import CallRequest
from apigen_assets.files.json_types import JsonObject
from resources.python.pool import PythonSandbox

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


def test_an_asynchronous_function_is_a_tool_like_any_other(module):
    api = by_function(import_python_path(module(TYPES), "types"))["coroutine"]
    assert api.parameters["properties"] == {"a": {"type": "integer"}} and api.description == "A"


def test_what_cannot_be_a_tool_is_rejected_with_its_reason(module):
    result = import_python_path(module(TYPES), "types")
    reasons = {reject.original_name.removeprefix("mod."): reject.reason for reject in result.rejects}
    assert reasons == {
        "untyped": "untyped_parameter",
        "callback": "type_not_json",
        "binary": "type_not_json",
        "keyed": "type_not_json",
        "starred": "variadic_parameters",
        "keywords": "variadic_parameters",
        "elsewhere": "unknown_type",
        "wrong_default": "default_not_of_type",
        "Thing.method": "instance_method",
    }
    assert result.funnel["found"] == len(result.apis) + 9


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
    assert [api.name for api in result.apis] == ["shapes_circle_area", "shapes_square_area"]
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


DIALECTS = {
    "google_tight": "Make it.\n    Args:\n        name: Name of it.\n"
    "        size (int, optional): How large. Defaults to 2.\n"
    "    Returns:\n        The thing.",
    "numpy": "Make it.\n\n    Parameters\n    ----------\n    name : string\n        Name of it.\n"
    "    size : integer, optional\n        How large. Defaults to 2.\n\n"
    "    Returns\n    -------\n    str\n        The thing.",
    "sphinx": "Make it.\n\n    :param name: Name of it.\n    :type name: str\n"
    "    :param int size: How large. Defaults to 2.\n    :return: The thing.",
    "epytext": "Make it.\n\n    @param name: Name of it.\n    @type name: str\n"
    "    @param size: How large. Defaults to 2.\n    @return: The thing.",
    "list": "Make it.\n\n    **Parameters**:\n    - `name` (str): Name of it.\n"
    "    - `size` (int) - How large. Defaults to 2.\n\n    Returns: The thing.",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("signature", ["name, size=2", "name: str, size: int = 2"])
def test_docstrings_of_every_dialect_describe_the_parameters(module, dialect, signature):
    docs = DIALECTS[dialect]
    if signature.startswith("name, ") and "name: Name" in docs and dialect == "google_tight":
        docs = docs.replace("name: Name", "name (str): Name")
    (api,) = import_python_path(module(f'def make({signature}):\n    """{docs}\n    """\n'), "m").apis
    assert api.description == "Make it."
    assert api.parameters["properties"] == {
        "name": {"type": "string", "description": "Name of it."},
        "size": {"type": "integer", "description": "How large. Defaults to 2.", "default": 2},
    }
    assert api.parameters["required"] == ["name"]


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        ("list of str", {"type": "array", "items": {"type": "string"}}),
        ("{'a', 'b'}", {"type": "string", "enum": ["a", "b"]}),
        ("int or None", {"type": ["integer", "null"]}),
        ("str | float, optional", {"type": ["string", "number"]}),
        (":class:`bool`", {"type": "boolean"}),
        ("array_like", {"type": "array"}),
        ("dict mapping names to sizes", {"type": "object"}),
        ("sequence of ints", {"type": "array", "items": {"type": "integer"}}),
    ],
)
def test_types_that_only_the_docstring_tells(module, words, schema):
    text = f'def f(x):\n    """F.\n\n    Args:\n        x ({words}): It.\n    """\n'
    (api,) = import_python_path(module(text), "m").apis
    assert api.parameters["properties"]["x"] == {**schema, "description": "It."}


def test_a_docstring_type_that_is_none_harms_no_parameter_that_says_its_own(module):
    text = (
        'def f(a: int, b=2, c=None, d: "np.ndarray" = None, *rest, **more):\n'
        '    """F.\n\n    Args:\n        a (some thing): A.\n        b (Fr<x>): B.\n        c (callable): C.\n    """\n'
        'def g(a):\n    """G.\n\n    Args:\n        a (some thing): A.\n    """\n'
    )
    result = import_python_path(module(text), "m")
    assert {name: part["type"] for name, part in result.apis[0].parameters["properties"].items()} == {
        "a": "integer",
        "b": "integer",
    }
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [("mod.g", "untyped_parameter")]


WILD = """
import datetime as dt
import enum
import ipaddress as ip
import typing as t
from collections import Counter
from dataclasses import KW_ONLY, InitVar, dataclass, field
from decimal import Decimal as D
from pathlib import Path as P
from typing import Annotated as A, NamedTuple, NotRequired, Optional as Opt, Required, TypedDict, TypeVar
from annotated_types import Len
from pydantic import BaseModel as Model, Field as F, RootModel, conint
from numpy import ndarray

T = TypeVar("T")
if t.TYPE_CHECKING:
    Either: t.TypeAlias = "float | str"

class Base(TypedDict, total=False):
    a: Required[int]
    b: str

class Kid(Base):
    c: float
    d: NotRequired[str]

class Late(Base, total=False):
    e: int

Made = TypedDict("Made", {"x": int, "y-z": str}, total=False)
Pair = NamedTuple("Pair", [("x", int), ("y", float)])
Colour = enum.Enum("Colour", "RED GREEN")

class Letter(str, enum.Enum):
    A = "a"
    B: str = "b"

@dataclass
class Record:
    x: int
    total: int = field(init=False, default=0)
    tags: list[str] = field(default_factory=list)
    limit: t.ClassVar[int] = 3
    seed: InitVar[int] = 5
    _: KW_ONLY
    z: int = 7

class Plain:
    pass

@dataclass
class Sub(Plain, Record):
    w: int = 60 * 60

class Order(Model):
    n: int = F(default=..., ge=0)
    m: A[str, F(default="q", max_length=3)]

class Tags(RootModel[list[str]]):
    pass

def types(
    a: dt.datetime, b: D, c: P, d: ip.IPv4Address, e: dt.timedelta, f: Counter[str], g: "Either", h: Opt[dt.date],
    i: conint(ge=1, le=5), j: A[list[int], Len(1, 3)], k: list[T], l: t.Union[str, bytes],
): "Types."

def classes(a: Kid, b: Late, c: Made, d: Pair, e: Colour, f: Letter, g: Record, h: Sub, i: Order, j: Tags): "Classes."

def described(a: int = F(3, ge=1, description="Size."), b: A[int, F(default=4)] = 5, c: A[int, F(default=6)] = F(7),
              e: list[str] = F(default_factory=list), f: str = F(...), *, d: A[int, F(default=8, lt=9)]): "Described."

def foreign(x: ndarray): "Of another package."
"""


def test_types_of_the_standard_library_under_any_name(module):
    got = by_function(import_python_path(module(WILD), "m"))["types"].parameters["properties"]
    assert got == {
        "a": {"type": "string", "format": "date-time"},
        "b": {"type": "number"},
        "c": {"type": "string", "format": "path"},
        "d": {"type": "string", "format": "ipv4"},
        "e": {"type": "string", "format": "duration"},
        "f": {"type": "object", "additionalProperties": {"type": "integer"}},
        "g": {"type": ["number", "string"]},
        "h": {"type": ["string", "null"], "format": "date"},
        "i": {"type": "integer", "minimum": 1, "maximum": 5},
        "j": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
        "k": {"type": "array"},
        "l": {"type": "string"},
    }


def test_classes_offer_what_makes_their_objects(module):
    got = by_function(import_python_path(module(WILD), "m"))["classes"].parameters["properties"]
    fields = {name: (list(part.get("properties", {})), part.get("required")) for name, part in got.items()}
    assert fields["a"] == (["a", "b", "c", "d"], ["a", "c"])
    assert fields["b"] == (["a", "b", "e"], ["a"])
    assert fields["c"] == (["x", "y-z"], [])
    assert fields["d"] == (["x", "y"], ["x", "y"])
    assert got["e"] == {"type": "integer", "enum": [1, 2]} and got["f"] == {"type": "string", "enum": ["a", "b"]}
    assert fields["g"] == (["x", "tags", "seed", "z"], ["x"])
    assert fields["h"] == (["x", "tags", "seed", "z", "w"], ["x"]) and got["h"]["properties"]["w"]["default"] == 3600
    assert fields["i"] == (["n", "m"], ["n"]) and got["i"]["properties"]["m"]["default"] == "q"
    assert got["j"] == {"type": "array", "items": {"type": "string"}}


def test_fields_that_stand_where_defaults_would(module):
    result = import_python_path(module(WILD), "m")
    api = by_function(result)["described"]
    got = api.parameters["properties"]
    assert api.parameters["required"] == ["f"]
    assert got["a"] == {"type": "integer", "description": "Size.", "minimum": 1, "default": 3}
    assert [got[name].get("default") for name in "bcde"] == [5, 7, 8, None]
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [("mod.foreign", "unknown_type")]
    assert "numpy" in result.rejects[0].detail


def test_modules_of_a_package_know_each_others_classes(module, tmp_path):
    module("from ._core import area as surface, Shape\n__all__ = ['surface', 'Shape']\n", "pkg/__init__.py")
    module(
        "from .models import Rect\n\nclass Shape:\n    @staticmethod\n    def sides(kind: str) -> int: 'S'\n"
        "    @classmethod\n    def of(cls, n: int) -> str: 'O'\n    def grow(self, n: int) -> int: 'G'\n\n"
        "def area(r: Rect) -> float: 'A'\ndef hidden(x: int): 'H'\n",
        "pkg/_core.py",
    )
    module("from dataclasses import dataclass\n@dataclass\nclass Rect:\n    w: float\n    h: float\n", "pkg/models.py")
    module(
        "import pkg.models as m\nfrom pkg import models\ndef twice(r: m.Rect, s: models.Rect) -> float: 'T'\n",
        "pkg/far.py",
    )
    result = import_python_path(tmp_path / "pkg", "shop")
    bindings = {api.name: (api.binding.module, api.binding.function, api.binding.root) for api in result.apis}
    root = str(tmp_path / "pkg")
    assert bindings == {
        "shop_pkg_surface": ("pkg._core", "area", root),
        "shop_pkg_Shape_sides": ("pkg._core", "Shape.sides", root),
        "shop_pkg_Shape_of": ("pkg._core", "Shape.of", root),
        "shop_far_twice": ("pkg.far", "twice", root),
    }
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [
        ("pkg.Shape.grow", "instance_method")
    ]
    twice = next(api for api in result.apis if api.name == "shop_far_twice")
    assert twice.parameters["properties"]["r"]["required"] == ["w", "h"]


def test_a_src_layout_is_imported_as_it_is_installed(module, tmp_path):
    module("", "project/src/pkg/__init__.py")
    module("def f(x: int) -> int: 'F'\n", "project/src/pkg/a.py")
    module("def g(x: int) -> int: 'G'\n", "project/tools/b.py")
    result = import_python_path(tmp_path / "project", "p")
    assert [(api.binding.module, api.source.original_name) for api in result.apis] == [
        ("pkg.a", "src.pkg.a.f"),
        ("tools.b", "tools.b.g"),
    ]


def test_a_folder_may_be_imported_by_its_own_name_and_odd_methods_say_so(module, tmp_path):
    module("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n", "kit/models.py")
    module(
        "import functools\nfrom kit.models import P\nfrom pydantic import BaseModel, field_validator\n\n"
        "class M(BaseModel):\n    n: int\n    @field_validator('n')\n    @classmethod\n    def check(cls, v): 'C'\n"
        "    @classmethod\n    @functools.lru_cache\n    def of(cls, n: int) -> int: return n\n\n"
        "def f(p: P) -> int:\n    'F.'\n    return p.x\n",
        "kit/tools.py",
    )
    result = import_python_path(tmp_path / "kit", "kit")
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [
        ("tools.M.check", "decorated_method")
    ]
    by_name = {api.binding.function: api for api in result.apis}
    calls: list[tuple[str, JsonObject]] = [("f", {"p": {"x": 3}}), ("M.of", {"n": 4})]
    with PythonSandbox(minimum="none") as sandbox:
        requests = [CallRequest(binding=by_name[name].binding, arguments=arguments) for name, arguments in calls]
        assert [answer.result for answer in sandbox.execute(requests)] == ["3", "4"]


def test_names_that_model_apis_refuse_are_mapped(module):
    text = "def fläche(größe: int, höhe: int = 2) -> int:\n    'F.'\n    return größe * höhe\n"
    (api,) = import_python_path(module(text), "m").apis
    assert list(api.parameters["properties"]) == ["groe", "hohe"] and api.parameters["required"] == ["groe"]
    with PythonSandbox(minimum="none") as sandbox:
        (answer,) = sandbox.execute([CallRequest(binding=api.binding, arguments={"groe": 3})])
    assert answer.result == "6"


def test_modules_that_take_a_name_from_each_other_end(module, tmp_path):
    module("from .b import X\ndef f(x: X, y: int = X.Z) -> int: 'F'\n", "ring/a.py")
    module("from .a import X\n", "ring/b.py")
    module("", "ring/__init__.py")
    (reject,) = import_python_path(tmp_path / "ring", "r").rejects
    assert reject.reason in {"unknown_type", "type_too_deep"}
