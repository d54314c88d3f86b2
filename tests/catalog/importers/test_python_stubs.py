"""Stubs beside modules: the types that calls are made with when the module itself names none."""

import pytest

from apigen_assets.catalog.importers.python_modules import import_python_path
from apigen_assets.domain.outcome import CallRequest
from apigen_assets.files.json_types import JsonObject
from resources.python.pool import PythonSandbox

POINTS = '''
class Point:
    """A point of a map."""

    def __init__(self, x=0.0, y=0.0):
        self.x, self.y = x, y

    @classmethod
    def origin_distance(cls, point):
        """Distance of a point from the origin, along the axes."""
        return abs(point.x) + abs(point.y)
'''
POINTS_STUB = """
class Point:
    x: float
    y: float
    def __init__(self, x: float = ..., y: float = ...) -> None: ...
    @classmethod
    def origin_distance(cls, point: Point) -> float: ...
"""
MAPS = '''
from . import points as _points


def shifted(point, by=1):
    """Move a point to the right."""
    return _points.Point(point.x + by, point.y)


def weekday(day):
    """Day of the week of a date, 1 to 7."""
    return day.isoweekday()


def label(value):
    """What a value is."""
    return type(value).__name__


def widest(options=None):
    """The largest width."""
    return max((options or {}).get("widths") or [0])


def total(points):
    """Sum of all x."""
    return sum(point.x for point in points)


def absent(thing):
    """A thing that only the stub knows."""
    return type(thing).__name__


def own(count: int):
    """A count."""
    return count
'''
MAPS_STUB = """
import datetime as dt
from collections.abc import Sequence
from typing import TypedDict, overload
from _typeshed import SupportsRead
from .points import Point

Points = Sequence[Point]

class Options(TypedDict, total=False):
    widths: list[int]

class Thing:
    def __init__(self, name: str) -> None: ...

def shifted(point: Point, by: float = ...) -> Point: ...
def weekday(day: dt.date) -> int: ...
@overload
def label(value: int) -> str: ...
@overload
def label(value: dt.date) -> str: ...
def widest(options: Options | None = ...) -> int: ...
def total(points: Points) -> float: ...
def absent(thing: Thing) -> str: ...
def own(count: str) -> int: ...
"""


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "maps"
    folder.mkdir()
    texts = {
        "points.py": POINTS,
        "points.pyi": POINTS_STUB,
        "plans.py": MAPS,
        "plans.pyi": MAPS_STUB,
        "__init__.py": "",
    }
    for name, text in {**texts, "__init__.py": ""}.items():
        (folder / name).write_text(text)
    return folder


def test_calls_are_made_with_the_types_of_the_stub(package):
    result = import_python_path(package, "s")

    tools = {api.name.removeprefix("s_"): api for api in result.apis}
    (reject,) = result.rejects
    assert (reject.original_name, reject.reason) == ("maps.plans.absent", "type_not_json") and "stub" in reject.detail
    label = tools["plans_label"].parameters["properties"]["value"]
    assert label == {"anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}]}
    calls: list[tuple[str, JsonObject, str]] = [
        ("plans_shifted", {"point": {"x": 2, "y": 1}, "by": 0.5}, '{"x":2.5,"y":1.0}'),
        ("plans_shifted", {"point": {}}, '{"x":1.0,"y":0.0}'),
        ("plans_weekday", {"day": "2024-02-29"}, "4"),
        ("plans_label", {"value": 3}, '"int"'),
        ("plans_label", {"value": "2024-02-29"}, '"date"'),
        ("plans_widest", {"options": {"widths": [1, 3, 2]}}, "3"),
        ("plans_total", {"points": [{"x": 1}, {"x": 2.5}]}, "3.5"),
        ("plans_own", {"count": 4}, "4"),
        ("points_Point_origin_distance", {"point": {"x": -2, "y": 1}}, "3.0"),
    ]
    with PythonSandbox(workers=1) as sandbox:
        asked = [CallRequest(binding=tools[name].binding, arguments=arguments) for name, arguments, _ in calls]
        wrong = CallRequest(binding=tools["plans_shifted"].binding, arguments={"point": {"z": 1}})
        *answers, refused = sandbox.execute([*asked, wrong])
    assert [(answer.outcome.value, answer.result) for answer in answers] == [("ok", result) for *_, result in calls]
    assert refused.outcome.value == "argument_error"


def test_a_file_with_its_stub_beside_it_runs_with_it(tmp_path):
    (tmp_path / "points.py").write_text(POINTS)
    (tmp_path / "points.pyi").write_text(POINTS_STUB)

    (api,) = import_python_path(tmp_path / "points.py", "s").apis

    with PythonSandbox(workers=1) as sandbox:
        (answer,) = sandbox.execute([CallRequest(binding=api.binding, arguments={"point": {"y": -3}})])
    assert answer.result == "3.0"


@pytest.mark.parametrize(
    "stub",
    [
        "raise SystemExit(3)\ndef double(x: int) -> int: ...",
        "import no_such_module\ndef double(x: int) -> no_such_module.Number: ...",
        "if sys.version_info >= (3, 9):\n    def double(x: int) -> int: ...\nelse:\n    def double(x: str) -> str: ...",
        "def double(y: int, /, z: NoSuchName = ...) -> int: ...\ndef double(x: int): ...",
    ],
)
def test_a_stub_never_stops_its_module(tmp_path, stub):
    (tmp_path / "m.py").write_text('def double(x, more="a"):\n    """Double."""\n    return x * 2\n')
    (tmp_path / "m.pyi").write_text(stub)

    result = import_python_path(tmp_path / "m.py", "s")

    with PythonSandbox(workers=1) as sandbox:
        calls = [CallRequest(binding=api.binding, arguments={"x": 2}) for api in result.apis]
        assert [answer.result for answer in sandbox.execute(calls)] == ["4"] * len(result.apis)
    assert len(result.apis) + len(result.rejects) == 1


def test_the_stub_is_part_of_what_a_source_is(tmp_path):
    (tmp_path / "m.py").write_text("def double(x):\n    return x * 2\n")
    (tmp_path / "m.pyi").write_text("def double(x: int) -> int: ...")
    (before,) = import_python_path(tmp_path / "m.py", "s").apis
    (tmp_path / "m.pyi").write_text("def double(x: str) -> str: ...")
    (after,) = import_python_path(tmp_path / "m.py", "s").apis
    assert before.source.content_hash != after.source.content_hash
