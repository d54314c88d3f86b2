"""Calls that the catalog describes reach functions as the values that their annotations name."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigen_assets.catalog.filters.example_values import example_arguments
from apigen_assets.catalog.importers.sources import import_source
from apigen_assets.domain.api import Api, PythonBinding
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from resources.python.resource import PythonSandbox, SandboxLimits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the isolation is Linux's")

MODULE = Path(__file__).with_name("rich_types.py")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PythonSandbox]:
    with PythonSandbox(workers=1, check_determinism="always") as started:
        yield started


@pytest.fixture(scope="module")
def apis() -> dict[str, Api]:
    return {api.binding.function: api for api in import_source(MODULE).apis if isinstance(api.binding, PythonBinding)}


def call(sandbox: PythonSandbox, function: str, _path: Path = MODULE, **arguments: Any) -> CallResult:
    binding = PythonBinding(module=_path.stem, path=str(_path), function=function)
    return next(sandbox.execute([CallRequest(binding=binding, arguments=arguments)]))


EXPECTED: dict[str, Any] = {
    "by_dataclass": 1.0,
    "by_nested": [1.0, "RED", []],
    "by_enum": "RED SMALL FAST",
    "by_member": "RED",
    "by_named_tuple": "1 2024-03-15",
    "by_model": "1 2024 plain",
    "by_date": [2024, 3, 12, 15],
    "by_optional_date": "None None",
    "by_date_as_text": 2025,
    "by_set": [2, 1],
    "by_tuple": "(1, 'example', 1) 1.0 tuple",
    "by_number": ["1.00", 1],
    "by_mapping": [[], []],
    "by_iterable": [2024],
    "by_typed_dict": 2024,
    "by_url": "example.com",
}


@pytest.mark.parametrize("function", EXPECTED)
def test_the_catalogs_example_can_be_called(function: str, apis: dict[str, Api], sandbox: PythonSandbox) -> None:
    api = apis[function]
    result = next(
        sandbox.execute([CallRequest(binding=api.binding, arguments=example_arguments(api.parameters).arguments)])
    )
    assert result.outcome is Outcome.OK, result
    assert json.loads(result.result or "") == EXPECTED[function]


def test_every_function_of_the_module_that_has_a_schema_is_tried(apis: dict[str, Api]) -> None:
    assert apis.keys() - EXPECTED.keys() == {"plainly"}


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("by_dataclass", {"point": {"x": 3, "y": -4.5, "tags": ["a", "a"]}}, 7.5),
        (
            "by_nested",
            {"route": {"start": {"x": 1}, "colour": "green", "lines": [{"item": "a", "on": "2023-01-02"}]}},
            [1.0, "GREEN", [2023]],
        ),
        ("by_enum", {"colour": "green", "size": 2}, "GREEN LARGE FAST"),
        ("by_member", {"colour": "any"}, "any"),
        ("by_model", {"order": {"count": 2, "due": "2023-01-02", "origin": {"x": 1}, "type": "b"}}, "2 2023 b"),
        ("by_model", {"order": {"count": 2, "due": "2023-01-02", "kind": "b"}}, "2 2023 b"),
        ("by_named_tuple", {"pair": [5, "2023-01-02"]}, "5 2023-01-02"),
        ("by_optional_date", {"day": "2023-01-02", "other": None}, "2023 None"),
        ("by_mapping", {"prices": {"a": 1.5}, "days": {"red": "2023-01-02"}}, [["a"], ["RED"]]),
        ("by_iterable", {"days": []}, []),
    ],
)
def test_values_become_what_the_annotation_says(
    function: str, arguments: dict[str, Any], expected: Any, sandbox: PythonSandbox
) -> None:
    result = call(sandbox, function, **arguments)
    assert result.outcome is Outcome.OK, result
    assert json.loads(result.result or "") == expected


@pytest.mark.parametrize(
    ("function", "arguments", "detail"),
    [
        ("by_dataclass", {"point": {"x": "5"}}, "point.x: "),
        ("by_dataclass", {"point": {"x": True}}, "point.x: "),
        ("by_dataclass", {"point": {"x": 1, "z": 2}}, "point.z: "),
        ("by_dataclass", {"point": {}}, "point.x: "),
        ("by_dataclass", {"point": [1, 2]}, "point: "),
        ("by_dataclass", {"point": {"x": 1001}}, "point: Value error, x is beyond the map"),
        ("by_dataclass", {"point": {"x": -1001}}, "point: KeyError: 'no such place'"),
        ("by_nested", {"route": {"start": {"x": 1}, "lines": [{"item": "a"}]}}, "route.lines.0.on: "),
        ("by_enum", {"colour": "RED"}, "colour: "),
        ("by_enum", {"colour": "red", "size": "1"}, "size: "),
        ("by_member", {"colour": "green"}, "colour"),
        ("by_model", {"order": {"count": "2", "due": "2023-01-02"}}, "order.count: "),
        ("by_model", {"order": {"count": 0, "due": "2023-01-02"}}, "order.count: "),
        ("by_date", {"day": 20240315, "moment": "x", "hour": "1", "other": "y"}, "day: "),
        ("by_optional_date", {"day": "15 March 2024"}, "day: "),
        ("by_set", {"items": ["1"], "frozen": []}, "items.0: "),
        ("by_tuple", {"pair": [1], "many": [], "bare": []}, "pair.1: "),
        ("by_number", {"amount": True, "key": "k"}, "amount: "),
    ],
)
def test_a_value_of_another_type_is_refused(
    function: str, arguments: dict[str, Any], detail: str, sandbox: PythonSandbox
) -> None:
    """No JSON type is turned into another one; the detail names the parameter and the place in it."""
    result = call(sandbox, function, **arguments)
    assert result.outcome is Outcome.ARGUMENT_ERROR, result
    assert result.detail.startswith(detail)


def test_plain_parameters_get_the_json_as_it_is(sandbox: PythonSandbox) -> None:
    result = call(
        sandbox, "plainly", count="5", share=1, text="", values=("x",), choice="z", fields={"count": "1"}, extra=None
    )
    assert json.loads(result.result or "") == ["str", "int", "str", "list", "str", "dict", "NoneType"]


def test_an_annotation_that_names_no_known_type_gets_json(sandbox: PythonSandbox) -> None:
    assert json.loads(call(sandbox, "of_other_class", items=[1], thing={}).result or "") == "deque dict"


def test_pydantic_is_imported_only_where_an_annotation_needs_it(sandbox: PythonSandbox, tmp_path: Path) -> None:
    body = "import sys\ndef look({}) -> bool:\n    return 'pydantic' in sys.modules\n"
    plain, rich = tmp_path / "plain.py", tmp_path / "rich.py"
    plain.write_text(body.format("count: int = 1, names: 'list[str] | None' = None"))
    rich.write_text("import datetime\n" + body.format("day: datetime.date = None"))
    assert call(sandbox, "look", plain).result == "false"
    assert call(sandbox, "look", rich).result == "true"


def test_an_annotations_own_code_is_charged_to_the_call(tmp_path: Path) -> None:
    module = tmp_path / "slow.py"
    module.write_text(
        "import dataclasses, os, time\n"
        "@dataclasses.dataclass\n"
        "class Slow:\n"
        "    seconds: float\n"
        "    def __post_init__(self):\n"
        "        time.sleep(self.seconds) if self.seconds >= 0 else os._exit(4)\n"
        "def wait(slow: Slow) -> float:\n"
        "    return slow.seconds\n"
    )
    with PythonSandbox(SandboxLimits(timeout_s=0.5), workers=1) as sandbox:
        binding = PythonBinding(module="slow", path=str(module), function="wait")
        requests = [CallRequest(binding=binding, arguments={"slow": {"seconds": n}}) for n in (0, 60, 0, -1, 0)]
        outcomes = [result.outcome for result in sandbox.execute(requests)]
    assert outcomes == [Outcome.OK, Outcome.TIMEOUT, Outcome.OK, Outcome.CRASHED, Outcome.OK]
