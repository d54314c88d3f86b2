"""Types of Python that come from elsewhere: stubs beside modules, and classes that contain themselves."""

from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.domain.outcome import CallRequest
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
    good = {
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
