"""Types in a stub beside a module count where the module has none."""

from apigen_assets.catalog.importers.python_modules import import_python_path

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
