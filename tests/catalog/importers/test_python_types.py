"""Types of Python that come from elsewhere: stubs beside modules, and classes that contain themselves."""

import sys

import pytest
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.domain.outcome import CallRequest
from apigen_assets.files.json_types import JsonObject
from resources.python.pool import PythonSandbox

MODULE = '''
def area(width, height, unit="m"):
    """Area of a field."""
    return width * height


def own(count: int):
    """Count."""
    return count


class Field:
    @staticmethod
    def label(name):
        """Label a field."""
        return name
'''
STUB = """
from typing import Literal

Unit = Literal["m", "cm"]

def area(width: float, height: float, unit: Unit = ...) -> float: ...
def own(count: str) -> int: ...
def absent(x: int) -> int: ...

class Field:
    @staticmethod
    def label(name: str) -> str: ...
"""


def test_a_stub_beside_a_module_gives_the_types_that_it_does_not_name(tmp_path):
    (tmp_path / "fields.py").write_text(MODULE)
    (tmp_path / "fields.pyi").write_text(STUB)

    result = import_python_path(tmp_path / "fields.py", "s")

    tools = {api.name: api for api in result.apis}
    area = tools["s_area"].parameters["properties"]
    assert not result.rejects and sorted(tools) == ["s_Field_label", "s_area", "s_own"]
    assert (area["width"]["type"], area["unit"]) == ("number", {"type": "string", "enum": ["m", "cm"], "default": "m"})
    assert tools["s_area"].returns == {"type": "number"}
    assert tools["s_own"].parameters["properties"]["count"]["type"] == "integer"


def test_a_damaged_stub_costs_nothing(tmp_path):
    (tmp_path / "fields.py").write_text(MODULE)
    (tmp_path / "fields.pyi").write_text("def area(:")

    result = import_python_path(tmp_path / "fields.py", "s")

    assert [api.name for api in result.apis] == ["s_own"]


NODES = '''
from __future__ import annotations

from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

from pydantic import BaseModel


@dataclass
class Node:
    value: int
    kids: list[Node] = field(default_factory=list)


class Tree(TypedDict):
    name: str
    left: NotRequired[Tree]


class Link(BaseModel):
    x: int
    after: Link | None = None


def total(node: Node) -> int:
    """Sum of all values."""
    return node.value + sum(total(kid) for kid in node.kids)


def depth(tree: Tree) -> int:
    """Levels of a tree."""
    return 1 + (depth(tree["left"]) if "left" in tree else 0)


def length(link: Link) -> int:
    """Links of a chain."""
    return 1 + (length(link.after) if link.after else 0)
'''


def test_classes_that_contain_themselves_are_checked_at_every_depth_and_made(tmp_path):
    (tmp_path / "nodes.py").write_text(NODES)

    result = import_python_path(tmp_path / "nodes.py", "s")

    tools = {api.name: api for api in result.apis}
    assert not result.rejects
    good: dict[str, JsonObject] = {
        "s_total": {"node": {"value": 1, "kids": [{"value": 2, "kids": [{"value": 3}]}]}},
        "s_depth": {"tree": {"name": "a", "left": {"name": "b", "left": {"name": "c"}}}},
        "s_length": {"link": {"x": 1, "after": {"x": 2, "after": {"x": 3, "after": None}}}},
    }
    wrong = {
        "s_total": {"node": {"value": 1, "kids": [{"value": 2, "kids": [{"value": "3"}]}]}},
        "s_depth": {"tree": {"name": "a", "left": {"name": "b", "left": {}}}},
        "s_length": {"link": {"x": 1, "after": {"x": 2, "after": {}}}},
    }
    for name, tool in tools.items():
        validator = Draft202012Validator(tool.parameters)
        assert validator.is_valid(good[name]) and not validator.is_valid(wrong[name]), name
    with PythonSandbox(workers=1) as sandbox:
        calls = [CallRequest(binding=tools[name].binding, arguments=arguments) for name, arguments in good.items()]
        assert [answer.result for answer in sandbox.execute(calls)] == ["6", "3", "3"]


ALIASES = '''
from __future__ import annotations

from datetime import date
from typing import Dict, List, Optional, TypeAlias, TypeVar, Union

from typing_extensions import TypeAliasType

Json = Union[None, bool, int, float, str, List["Json"], Dict[str, "Json"]]
Nested: TypeAlias = "list[Nested] | int"
Group = TypeAliasType("Group", "dict[str, Group] | int")
Left = Union[int, "list[Right]"]
Right = Union[str, "dict[str, Left]"]
T = TypeVar("T")
Many = Union[T, List["Many[T]"]]
Pair = tuple[T, T]
date = date


def keys(value: Json) -> int:
    """Count the keys of a document."""
    if isinstance(value, dict):
        return len(value) + sum(keys(part) for part in value.values())
    return sum(keys(part) for part in value) if isinstance(value, list) else 0


def total(numbers: Nested, more: Optional[Nested] = None) -> int:
    """Sum of all numbers."""
    return numbers if isinstance(numbers, int) else sum(total(part) for part in numbers)


def size(group: Group) -> int:
    """Members of a group."""
    return group if isinstance(group, int) else sum(size(part) for part in group.values())


def levels(left: Left) -> int:
    """Levels of a value."""
    parts = left if isinstance(left, list) else left.values() if isinstance(left, dict) else []
    return 1 + max((levels(part) for part in parts), default=0)


def flat(values: Many[int], pair: Pair[float] = (0, 1), day: date = date(2024, 1, 1)) -> int:
    """Count the values."""
    return 1 if isinstance(values, int) else sum(flat(part) for part in values)
'''


def test_aliases_that_contain_themselves_are_checked_at_every_depth_and_run(tmp_path):
    (tmp_path / "aliases.py").write_text(ALIASES)

    result = import_python_path(tmp_path / "aliases.py", "s")

    tools = {api.name: api for api in result.apis}
    assert not result.rejects
    good: dict[str, JsonObject] = {
        "s_keys": {"value": {"a": [1, {"b": None, "c": {}}]}},
        "s_total": {"numbers": [1, [2, [3]]]},
        "s_size": {"group": {"a": 1, "b": {"c": 2}}},
        "s_levels": {"left": [{"a": 1}, "b"]},
        "s_flat": {"values": [1, [2, [3, 4]]], "pair": [0.5, 2]},
    }
    wrong = {
        "s_total": {"numbers": [1, [2, ["3"]]]},
        "s_size": {"group": {"a": 1, "b": {"c": "2"}}},
        "s_levels": {"left": [{"a": 1.5}, "b"]},
        "s_flat": {"values": [1, [2, ["3"]]]},
    }
    for name, tool in tools.items():
        validator = Draft202012Validator(tool.parameters)
        assert validator.is_valid(good[name]), name
        assert name == "s_keys" or not validator.is_valid(wrong[name]), name
    assert tools["s_keys"].parameters["properties"]["value"] == {"$ref": "#/$defs/Json"}
    assert not Draft202012Validator(tools["s_flat"].parameters).is_valid({"values": 1, "pair": [1, 2, 3]})
    with PythonSandbox(workers=1) as sandbox:
        calls = [CallRequest(binding=tools[name].binding, arguments=arguments) for name, arguments in good.items()]
        assert [answer.result for answer in sandbox.execute(calls)] == ["3", "6", "3", "3", "4"]


def test_an_alias_that_is_nothing_but_itself_is_not_a_type(tmp_path):
    text = (
        'from typing import Union\n\nA = "B"\nB = Union["A", "B"]\n\ndef f(a: A) -> int:\n    """F."""\n    return 1\n'
    )
    (tmp_path / "aliases.py").write_text(text)

    result = import_python_path(tmp_path / "aliases.py", "s")

    assert [reject.reason for reject in result.rejects] == ["unknown_type"]


NEWER = '''
type Point = tuple[float, float]
type Pair[T] = list[T]


def far(a: Point, ids: Pair[int]) -> float:
    """Distance of a point from the origin."""
    return abs(a[0]) + abs(a[1]) + len(ids)
'''


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads `type X = ...`")
@pytest.mark.parametrize("text", [NEWER, "def first[T](items: list[T]) -> T:\n    return items[0]\n"])
def test_syntax_of_a_newer_python_is_named_as_such_and_costs_only_its_module(tmp_path, text):
    (tmp_path / "newer.py").write_text(text)
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "fine.py").write_text('def one(x: int) -> int:\n    """One."""\n    return x\n')
    result = import_python_path(tmp_path, "s")
    said = {reject.file: (reject.reason, reject.detail) for reject in result.rejects}
    assert len(result.apis) == 1 and {reason for reason, _ in said.values()} == {"not_python"}
    assert "syntax of Python 3.12" in said["newer.py"][1] and "3.12" not in said["broken.py"][1]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type X = ...` is syntax of Python 3.12")
def test_type_statements_are_read(tmp_path):
    (tmp_path / "newer.py").write_text(NEWER)
    (api,) = import_python_path(tmp_path / "newer.py", "s").apis
    properties = api.parameters["properties"]
    assert properties["a"]["items"] == {"type": "number"} and properties["a"]["maxItems"] == 2
    assert properties["ids"] == {"type": "array", "items": {"type": "integer"}}


OBJECTS = '''
from abc import ABC, abstractmethod
from datetime import date


class Point:
    """A point of a map."""

    def __init__(self, x: float, y: float = 0.0, *, on: date | None = None, hook=None):
        if x < 0:
            raise ValueError("x is below 0")
        self.x, self.y, self.on, self._hook = x, y, on, hook


class Marker(Point):
    def __init__(self, name: str, at: Point):
        self.name, self.at = name, at


class Money:
    __slots__ = ("_cents",)

    def __init__(self, cents: int):
        self._cents = cents

    @property
    def euros(self) -> float:
        return self._cents / 100


class Node:
    def __init__(self, value: int, parent: "Node | None" = None):
        self.value, self.parent = value, parent


class Lines:
    def __init__(self, text: str):
        self.text = text

    def __iter__(self):
        return iter(self.text)


class Shape(ABC):
    def __init__(self, size: int):
        self.size = size

    @abstractmethod
    def area(self) -> float: ...


class Bag(dict):
    def __init__(self, size: int):
        super().__init__(size=size)


class Untyped:
    def __init__(self, size):
        self.size = size


def middle(points: list[Point]) -> Point:
    """The middle of points."""
    return Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points), on=points[0].on)


def label(marker: Marker) -> str:
    """Label of a marker."""
    return f"{marker.name} at {marker.at.x}"


def pay(amount: Money | None = None) -> Money:
    """Pay."""
    return Money(amount._cents + 1 if amount else 1)


def depth(node: Node) -> int:
    """Depth of a node."""
    return node.value if node.parent is None else 0


def lines(text: str) -> Lines:
    """Lines of a text."""
    return Lines(text)


def shaped(shape: Shape) -> int:
    """Size of a shape."""
    return shape.size


def packed(bag: Bag) -> int:
    """Size of a bag."""
    return bag["size"]


def guessed(thing: Untyped) -> int:
    """Size of a thing."""
    return thing.size
'''


@pytest.fixture
def objects(tmp_path):
    (tmp_path / "objects.py").write_text(OBJECTS)
    return import_python_path(tmp_path / "objects.py", "s")


def test_objects_of_plain_classes_are_what_their_init_takes(objects):
    tools = {api.name: api for api in objects.apis}
    point = tools["s_middle"].parameters["properties"]["points"]["items"]
    assert list(point["properties"]) == ["x", "y", "on"] and point["required"] == ["x"]
    assert point["additionalProperties"] is False and point["description"] == "A point of a map."
    assert tools["s_middle"].returns is None  # an object is not written as what made it
    marker = tools["s_label"].parameters["properties"]["marker"]
    assert list(marker["properties"]) == ["name", "at"] and marker["properties"]["at"]["required"] == ["x"]
    assert list(tools["s_depth"].parameters["properties"]["node"]["properties"]) == ["value"]
    said = {reject.original_name: reject.detail for reject in objects.rejects}
    assert set(said) == {"objects.Shape.area", "objects.shaped", "objects.packed", "objects.guessed"}
    assert "abstract" in said["objects.shaped"] and "inherits from dict" in said["objects.packed"]
    assert "annotate it" in said["objects.guessed"]


def test_functions_get_objects_and_give_what_objects_show(objects):
    tools = {api.name: api for api in objects.apis}
    calls: list[tuple[str, JsonObject]] = [
        ("s_middle", {"points": [{"x": 1, "on": "2024-01-02"}, {"x": 3.0, "y": 4}]}),
        ("s_label", {"marker": {"name": "inn", "at": {"x": 2}}}),
        ("s_pay", {"amount": {"cents": 99}}),
        ("s_pay", {}),
        ("s_depth", {"node": {"value": 7}}),
        ("s_lines", {"text": "a"}),
        ("s_label", {"marker": {"name": "inn", "at": {"x": -2}}}),
        ("s_label", {"marker": {"name": "inn", "at": {"x": 2, "z": 1}}}),
    ]
    with PythonSandbox(workers=1) as sandbox:
        asked = [CallRequest(binding=tools[name].binding, arguments=arguments) for name, arguments in calls]
        answers = list(sandbox.execute(asked))
    assert [answer.result for answer in answers[:5]] == [
        '{"x":2.0,"y":2.0,"on":"2024-01-02"}', '"inn at 2.0"', '{"euros":1.0}', '{"euros":0.01}', "7"
    ]  # fmt: skip
    assert [answer.outcome.value for answer in answers[5:]] == ["unserialisable", "argument_error", "argument_error"]


GENERIC = '''
from typing import Generic, TypeVar

T = TypeVar("T")


class Shape(Generic[T]):
    def __init__(self, side: T, unit: str = "m"):
        self.side, self.unit = side, unit


def side(shape: Shape[int]) -> str:
    """Side of a shape."""
    return f"{shape.side} {shape.unit}"
'''
PARAMETERS = '''
from dataclasses import dataclass
from datetime import date
from typing import Literal

type Day = date
type Unit = Literal["m", "cm"]
type Json = str | list[Json] | dict[str, Json]


@dataclass
class Box[T]:
    item: T
    on: Day | None = None


class Shape[T: (int, float)]:
    def __init__(self, side: T, unit: Unit = "m"):
        self.side, self.unit = side, unit

    @staticmethod
    def again[U: str](text: U) -> U:
        """Say it twice."""
        return text * 2


def depth(value: Json) -> int:
    """Levels of a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((depth(part) for part in parts), default=0)


def year(day: Day) -> int:
    """Year of a day."""
    return day.year


def first[T](items: list[T]) -> T:
    """The first item."""
    return items[0]


def boxed(box: Box[int]) -> str:
    """What is in a box."""
    return f"{box.item + 1} {box.on}"


def side(shape: "Shape[int]") -> str:
    """Side of a shape."""
    return f"{shape.side} {shape.unit}"
'''


def _answers(path, calls):
    result = import_python_path(path, "s")
    assert not result.rejects
    tools = {api.name.removeprefix("s_"): api for api in result.apis}
    for name, arguments, _ in calls:
        assert Draft202012Validator(tools[name].parameters).is_valid(arguments), name
    with PythonSandbox(workers=1) as sandbox:
        asked = [CallRequest(binding=tools[name].binding, arguments=arguments) for name, arguments, _ in calls]
        return tools, [answer.result or answer.detail for answer in sandbox.execute(asked)]


def test_an_object_of_a_generic_class_is_made(tmp_path):
    (tmp_path / "m.py").write_text(GENERIC)
    calls = [("side", {"shape": {"side": 2}}, '"2 m"')]
    assert _answers(tmp_path / "m.py", calls)[1] == [result for *_, result in calls]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are syntax of Python 3.12")
def test_type_parameters_are_read_and_calls_run(tmp_path):
    (tmp_path / "m.py").write_text(PARAMETERS)
    calls = [
        ("depth", {"value": {"a": ["b", []]}}, "3"),
        ("year", {"day": "2024-02-29"}, "2024"),
        ("first", {"items": ["a", 1]}, '"a"'),
        ("boxed", {"box": {"item": 4, "on": "2024-02-29"}}, '"5 2024-02-29"'),
        ("side", {"shape": {"side": 2, "unit": "cm"}}, '"2 cm"'),
        ("Shape_again", {"text": "ab"}, '"abab"'),
    ]
    tools, answers = _answers(tmp_path / "m.py", calls)
    assert answers == [result for *_, result in calls]
    assert tools["Shape_again"].parameters["properties"]["text"] == {"type": "string"}
    shape = tools["side"].parameters["properties"]["shape"]
    assert shape["properties"]["side"] == {"type": "number"}
    assert not Draft202012Validator(tools["side"].parameters).is_valid({"shape": {"side": 2, "unit": "km"}})


def test_the_empty_tuple_is_the_empty_list(tmp_path):
    (tmp_path / "shapes.py").write_text(
        "Shape = tuple[()] | tuple[int, ...]\n\n\ndef size(shape: tuple[()] | list[int], of: Shape = ()) -> int:\n"
        '    """Count what an array of a shape holds."""\n    return len(shape) + len(of)\n'
    )
    (api,) = import_python_path(tmp_path / "shapes.py", "s").apis
    assert Draft202012Validator(api.parameters).is_valid({"shape": [], "of": [1, 2]})
    assert not Draft202012Validator(api.parameters).is_valid({"shape": ["wide"]})
    with PythonSandbox(workers=1) as sandbox:
        (answer,) = sandbox.execute([CallRequest(binding=api.binding, arguments={"shape": [], "of": [1, 2]})])
    assert answer.result == "2"


def test_a_literal_inside_a_literal_and_an_alias_of_one(tmp_path):
    (tmp_path / "shared.py").write_text('from typing import Literal\n\nSize = Literal["s", "m"]\n')
    (tmp_path / "tools.py").write_text(
        "import typing as t\n\nimport shared\nfrom shared import Size\n\nMode = t.Literal['fast', 'slow']\n\n\n"
        "def go(mode: t.Literal[Mode, 'off', None], size: t.Literal[Size, 3] = 3,\n"
        "       both: list[t.Literal[t.Literal['a'], shared.Size, 's']] = []) -> str:\n"
        '    """Go somewhere in a mode."""\n    return f"{mode}{size}{both}"\n'
    )

    (api,) = import_python_path(tmp_path, "s").apis

    fields = api.parameters["properties"]
    assert fields["mode"]["enum"] == ["fast", "slow", "off", None]
    assert fields["size"]["enum"] == ["s", "m", 3]
    assert fields["both"]["items"]["enum"] == ["a", "s", "m"]


@pytest.mark.parametrize("head", ["from typing import *", "from compat import Literal", "from compat import *"])
def test_texts_of_a_literal_that_is_taken_from_elsewhere(tmp_path, head):
    (tmp_path / "compat.py").write_text(
        "try:\n    from typing import Literal\nexcept ImportError:\n    Literal = None\n"
    )
    (tmp_path / "tools.py").write_text(
        f'{head}\n\n\ndef go(mode: Literal["fast", "very-slow", "a.b"], turn: "Literal[\'left\']") -> str:\n'
        '    """Go somewhere in a mode."""\n    return mode\n'
    )

    (api,) = import_python_path(tmp_path, "s").apis

    assert api.parameters["properties"]["mode"]["enum"] == ["fast", "very-slow", "a.b"]
    assert api.parameters["properties"]["turn"]["enum"] == ["left"]


FAMILY = '''
from dataclasses import dataclass, field
from typing import NotRequired, Optional, TypedDict

from pydantic import BaseModel


@dataclass
class Node:
    name: str
    below: "list[Node]" = field(default_factory=list)


@dataclass
class Leaf(Node):
    weight: int = 0


class Shelf(BaseModel):
    books: "list[Book]" = []


class Book(Shelf):
    title: str


class Part(TypedDict):
    parts: "NotRequired[list[Part]]"


class Screw(Part):
    size: int


def weigh(leaf: Leaf) -> list:
    """Weigh a leaf."""
    return [type(leaf).__name__, [type(node).__name__ for node in leaf.below]]


def read(book: Book, shelf: Optional[Shelf] = None) -> list:
    """Read a book."""
    return [book.title, [inner.title for inner in book.books]]


def turn(screw: Screw) -> int:
    """Turn a screw."""
    return screw["size"]
'''


@pytest.mark.parametrize(
    ("function", "arguments", "good"),
    [
        ("weigh", {"leaf": {"name": "a", "weight": 1, "below": [{"name": "b", "below": [{"name": "c"}]}]}}, True),
        ("weigh", {"leaf": {"name": "a", "below": [{"name": "b", "weight": 1}]}}, False),
        ("read", {"book": {"title": "a", "books": [{"title": "b", "books": []}]}}, True),
        ("read", {"book": {"title": "a", "books": [{"books": []}]}}, False),
        ("read", {"book": {"title": "a"}, "shelf": {"books": [{"title": "b"}]}}, True),
        ("turn", {"screw": {"size": 1, "parts": [{"parts": []}]}}, True),
        ("turn", {"screw": {"parts": []}}, False),
    ],
)
def test_classes_that_inherit_from_one_that_contains_itself_or_them(tmp_path, function, arguments, good):
    (tmp_path / "tools.py").write_text(FAMILY)

    result = import_python_path(tmp_path / "tools.py", "s")

    tools = {api.name.removeprefix("s_"): api for api in result.apis}
    assert not result.rejects
    assert Draft202012Validator(tools[function].parameters).is_valid(arguments) is good
