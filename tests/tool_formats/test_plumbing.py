"""Parameters that nobody asks for, and texts that say nothing: neither is planned, built or asked for."""

import base64
import random

import pytest

from apigen_assets.domain.api import Api, PythonBinding, Source
from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation.built_arguments import built_arguments
from apigen_assets.generation.pair_plan import FORMS, Planner, is_base64
from apigen_assets.tool_formats.api_phrases import request_of
from apigen_assets.tool_formats.filler_text import is_filler, without_filler
from apigen_assets.tool_formats.plumbing import is_plumbing
from resources.local.standin.values import ValueMaker


def api(properties: JsonObject, required: tuple[str, ...] = (), description: str = "Find pets.") -> Api:
    return Api(
        api_id="id",
        name="find",
        description=description,
        parameters={"type": "object", "properties": properties, "required": list(required)},
        category="Math",
        binding=PythonBinding(module="m", function="f"),
        source=Source(name="s", file="f", format="python", content_hash="h", original_name="find"),
    )


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("callback", "JSONP callback", True),
        ("callback", "", True),
        ("callback", "Name of the JavaScript function that wraps the answer.", True),
        ("callback", "Address that is told when the job is done.", False),
        ("jsonp", "", True),
        ("handler", "Function name for JSONP responses.", True),
        ("prettyPrint", "Returns response with indentations and line breaks.", True),
        ("pretty", "How pretty the garden is.", False),
        ("quotaUser", "", True),
        ("api_key", "", True),
        ("X-Request-ID", "", True),
        ("format", "The response format, json or xml.", True),
        ("format", "Paper format of the poster, such as A4.", False),
        ("key", "Your API key.", True),
        ("key", "Musical key of the song.", False),
        ("alt", "Data format for the response.", True),
        ("fields", "Selector specifying which fields to include in a partial response.", True),
        ("fields", "Weather values wanted.", False),
        ("version", "Version of the API.", True),
        ("version", "Version of the package.", False),
        ("city", "City.", False),
        ("user_id", "Who.", False),
    ],
)
def test_plumbing_is_told_by_name_and_description(name: str, description: str, expected: bool) -> None:
    assert is_plumbing(name, {"type": "string", "description": description}) is expected


def test_plumbing_is_never_planned_nor_built_and_what_people_ask_for_is() -> None:
    found = api(
        {
            "callback": {"type": "string", "description": "JSONP callback.", "examples": ["cb"]},
            "pretty": {"type": "boolean", "description": "Pretty print.", "examples": [True]},
            "units": {"type": "string", "enum": ["metric", "imperial"]},
            "limit": {"type": "integer"},
        }
    )
    plans = Planner("seed", found.parameters).plans(0, 40)
    assert {name for plan in plans for name in plan.use} == {"units", "limit"}
    assert not {name for arguments in built_arguments(found) for name in arguments} & {"callback", "pretty"}


def test_a_required_parameter_is_kept_whatever_it_is_called() -> None:
    needed = api({"callback": {"type": "string", "description": "JSONP"}}, ("callback",))
    assert all("callback" in arguments for arguments in built_arguments(needed))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Returns all pets. Nam sed condimentum est. Maecenas tempor sagittis sapien.", "Returns all pets."),
        ("Lorem ipsum dolor sit amet, consectetur adipiscing elit", ""),
        ("Finds pets. Lorem ipsum dolor sit amet. Needs a tag.", "Finds pets. Needs a tag."),
        ("Compute the velocity of a car.", "Compute the velocity of a car."),
        ("Tempor is a Latin word.", "Tempor is a Latin word."),
    ],
)
def test_filler_goes_out_of_texts(text: str, left: str) -> None:
    assert without_filler(text) == left


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lorem ipsum dolor", True),
        ("Lorem ipsum", True),
        (["Lorem ipsum dolor sit amet"], True),
        ("Donec vitae sapien ut libero venenatis", True),
        ("Paris", False),
        ("tempor", False),
        ("Sit in a car", False),
        (3, False),
        ([], False),
    ],
)
def test_values_that_are_filler(value: object, expected: bool) -> None:
    assert is_filler(value) is expected


def test_filler_is_neither_a_planned_member_nor_a_built_value_nor_asked_for() -> None:
    found = api(
        {
            "kind": {"type": "string", "enum": ["dog", "lorem ipsum dolor"]},
            "note": {"type": "string", "examples": ["Lorem ipsum dolor sit amet"]},
        },
        description="Returns all pets. Nam sed condimentum est sapien.",
    )
    plans = Planner("seed", found.parameters).plans(0, 30)
    assert {plan.set.get("kind") for plan in plans} == {"dog", None}
    assert not any(is_filler(value) for arguments in built_arguments(found) for value in arguments.values())
    assert "condimentum" not in request_of("find", found.description).verb


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "byte"}, True),
        ({"type": "string", "contentEncoding": "base64"}, True),
        ({"type": "string", "description": "The image, base64 encoded."}, True),
        ({"type": "string", "description": "The image's address."}, False),
        ({"type": "integer", "description": "Base64 length."}, False),
    ],
)
def test_a_file_in_base64_is_asked_for_as_its_code(schema: JsonObject, expected: bool) -> None:
    assert is_base64("image", schema) is expected
    parameters: JsonObject = {"type": "object", "properties": {"image": schema}, "required": ["image"]}
    forms = {plan.form for plan in Planner("seed", parameters).plans(0, 30)}
    assert ("encoded" in forms) is expected
    assert "base64" in FORMS["encoded"]


@pytest.mark.parametrize("schema", [{"type": "string", "format": "byte"}, {"contentEncoding": "base64"}])
def test_made_up_files_are_base64(schema: JsonObject) -> None:
    for seed in range(5):
        value = ValueMaker(random.Random(seed)).value("attachment", {"type": "string", **schema})
        assert base64.b64decode(str(value), validate=True)
    [first, *_] = built_arguments(api({"file": {"type": "string", **schema}}, ("file",)))
    assert base64.b64decode(str(first["file"]), validate=True)
