"""Prompts for catalogs as people really have them: valid examples, bounded length, no endless draw."""

import random
from typing import Any

import jsonschema
import pytest

from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import dumps
from apigen_assets.generation.built_arguments import built_arguments
from apigen_assets.generation.generate import make_request
from apigen_assets.generation.library import Library
from apigen_assets.generation.samplers import Sampler
from apigen_assets.generation.shown_tools import shown_tool
from tests.generation.test_samplers import APIS, check_examples

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
NODE = {
    "type": "object",
    "properties": {"name": TEXT, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
    "required": ["name"],
}
DEFINITIONS: dict[str, Any] = {"$defs": {"node": NODE}}


def api(properties: dict[str, Any], required: list[str], description: str = "Look things up.", **more: Any) -> Api:
    name = more.pop("name", "odd.look_up")
    source = Source(name="odd", file="f", format="python", content_hash="h", original_name=name)
    return Api(
        api_id=more.pop("api_id", f"id-{name}"),
        name=name,
        description=description,
        parameters={"type": "object", "properties": properties, "required": required, **more},
        category="Data",
        binding=PythonBinding(module="m", function="f"),
        source=source,
    )


ODD = {
    "300 parameters": api({f"field_{i}": {**TEXT, "description": f"Field {i}. " * 9} for i in range(300)}, ["field_0"]),
    "60 required": api({f"field_{i}": {"type": ["string", "integer"][i % 2]} for i in range(60)}, ["field_0"]),
    "no parameter": api({}, []),
    "optional only": api({"a": {"type": "integer"}, "b": {**TEXT, "enum": ["x", "y"]}}, []),
    "one permitted value": api({"mode": {**TEXT, "enum": ["only"]}}, ["mode"]),
    "500 members": api({"code": {**TEXT, "enum": [f"CODE_{i:03}" for i in range(500)]}}, ["code"]),
    "a manual as description": api({"q": {**TEXT, "description": "Words. " * 9000}}, ["q"], "Search it all. " * 5000),
    "no description": api({"x": TEXT}, ["x"], ""),
    "deep": api(
        {"a": {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": NUMBER}}}}, ["a"]
    ),
    "recursive": api({"node": {"$ref": "#/$defs/node"}}, ["node"], **DEFINITIONS),
    "lengths": api({"long": {**TEXT, "minLength": 200}, "short": {**TEXT, "maxLength": 2}}, ["long", "short"]),
    "limits": api({"n": {"type": "integer", "minimum": 18, "maximum": 19}, "m": {**NUMBER, "multipleOf": 0.25}}, ["n"]),
    "pattern": api({"plate": {**TEXT, "pattern": "^[A-Z]{2}-[0-9]{4}$"}}, ["plate"]),
    "several at least": api({"values": {"type": "array", "items": NUMBER, "minItems": 3}}, ["values"]),
    "other scripts": api({"город": {**TEXT, "description": "Название города"}}, ["город"], "Погода в городе."),
    "names as code": api({"user.name": TEXT, "x-y": TEXT, "a b": {"type": "integer"}}, ["user.name"]),
    "anything": api({"v": True, "w": {}}, ["v"]),
    "a prompt as description": api({"q": TEXT}, ["q"], '# Task\n{"number":50}\n# Examples\n[{"query":"..."}]'),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("with_library", [False, True])
def test_every_prompt_shows_a_fitting_example_and_has_a_bounded_length(name: str, with_library: bool) -> None:
    odd = ODD[name]
    sampler = Sampler([odd], [], 1, "b", library=Library.of([odd, *APIS]) if with_library else None)
    for index in range(20):
        draw = sampler.draw(index)
        check_examples(draw)
        # Five tools of 1,000 tokens at most, and the prompt's own text; required parameters are never left out.
        assert sum(len(message["content"]) for message in make_request(draw, 5).messages) < 30_000


def test_parallel_calls_that_could_only_be_equal_are_not_asked_for() -> None:
    for name in ("no parameter", "one permitted value"):
        draws = [Sampler([ODD[name]], [], 1, "b").draw(index) for index in range(8)]
        assert {draw.style for draw in draws} == {Style.SIMPLE}


def test_made_up_arguments_are_valid_and_differ() -> None:
    for name in ("pattern", "several at least", "lengths", "deep"):
        some = [arguments for arguments, _ in zip(built_arguments(ODD[name]), range(3), strict=False)]
        assert len({dumps(arguments) for arguments in some}) == 3, name
        for arguments in some:
            jsonschema.validate(arguments, ODD[name].parameters)


def test_two_apis_of_one_name_never_stand_beside_each_other() -> None:
    twins = [api({"city": TEXT}, ["city"], name="weather", api_id=key) for key in ("a", "b")]
    assert {Sampler(twins, [], 1, "b").draw(i).style for i in range(20)} == {Style.SIMPLE, Style.PARALLEL}
    sampler = Sampler(twins, [], 1, "b", library=Library.of([*twins, *APIS]))
    draws = [sampler.draw(index) for index in range(60)]
    assert {draw.style for draw in draws} == set(Style)
    assert all(len({tool.name for tool in draw.tools}) == len(draw.tools) for draw in draws)
    assert {tool.api_id for draw in draws for tool in draw.tools} >= {"a", "b"}


def test_a_tool_that_is_cut_keeps_what_the_prompt_uses() -> None:
    tool = ODD["300 parameters"].tool()
    shown = shown_tool(tool, {"field_299": ["x"]})
    names = list(shown["parameters"]["properties"])
    assert {"field_0", "field_299"} <= set(names) and len(names) < 100
    assert len(tool["parameters"]["properties"]) == 300
    members = {**TEXT, "enum": [f"{i:05}" for i in range(2_000)]}
    enum = shown_tool(
        api({"code": members, "codes": {"type": "array", "items": members}}, ["code"]).tool(),
        {"code": ["01999"], "codes": [["01998"]]},
    )
    assert "01999" in enum["parameters"]["properties"]["code"]["enum"]
    assert "01998" in enum["parameters"]["properties"]["codes"]["items"]["enum"]
    small = api({"q": {**TEXT, "description": "What to look for."}}, ["q"])
    assert shown_tool(small.tool(), {})["parameters"] == small.parameters


def test_every_plan_of_a_large_enum_names_a_value_that_the_prompt_shows() -> None:
    sampler = Sampler([ODD["500 members"]], [], 1, "b")
    for index in random.Random(0).sample(range(200), 20):
        draw = sampler.draw(index)
        text = make_request(draw, 5).messages[1]["content"]
        functions = text.split("# Functions\n")[1].split("\n\n")[0]
        for plan in draw.plans(5):
            assert f'"{plan.set["code"]}"' in functions
