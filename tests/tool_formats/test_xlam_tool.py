"""The flat tool format: Python-style types, optional marked, nothing of the schema lost silently."""

import json

import pytest

from apigen_assets.tool_formats.openai_row import openai_row
from apigen_assets.tool_formats.openai_tool import openai_tool
from apigen_assets.tool_formats.xlam_tool import flat_parameters, flat_tool, type_string


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": "string", "enum": ["a"]}, "str"),
        ({"type": "array", "items": {"type": "number"}}, "List[float]"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}, "List[List[int]]"),
        ({"type": "array"}, "List"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "Dict"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Dict[str, int]"),
        ({"type": ["integer", "null"]}, "int"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "Union[int, float]"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "str"),
        ({"enum": [1, 2]}, "int"),
        ({}, "Any"),
    ],
)
def test_type_strings(schema, expected):
    assert type_string(schema) == expected


def test_optional_is_in_the_type_and_in_required():
    flat = flat_parameters(
        {
            "type": "object",
            "properties": {"a": {"type": "integer", "description": "A."}, "b": {"type": "string", "default": "x"}},
            "required": ["a"],
        }
    )
    assert flat["a"] == {"description": "A.", "type": "int", "required": True}
    assert flat["b"] == {"description": "", "type": "str, optional", "default": "x", "required": False}


def test_allowed_values_and_fields_move_into_the_description():
    flat = flat_parameters(
        {
            "type": "object",
            "properties": {
                "unit": {"type": "string", "enum": ["kg", "lb"], "description": "Unit."},
                "who": {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]},
            },
        }
    )
    assert flat["unit"]["description"] == "Unit. One of: kg, lb."
    assert flat["who"]["description"] == "Fields: age (int)."


SCHEMAS = [
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "array"},
    {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    {"type": "array", "items": {"type": ["integer", "string"]}},
    {"type": "object"},
    {"type": "object", "additionalProperties": {"type": "number"}},
    {"type": ["integer", "number"]},
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    {},
]


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_type_comes_back_from_the_flat_form_alike_in_the_release_and_in_prompts(schema, required):
    parameters = {"type": "object", "properties": {"p": schema}, "required": ["p"] if required else []}
    flat = flat_tool({"name": "f", "description": "F.", "parameters": parameters})
    row = openai_row({"id": 0, "query": "q", "answers": "[]", "tools": json.dumps([flat])})
    (released,) = row["tools"]
    parameters["properties"] = {"p": {**schema, "description": ""}}
    assert released["function"]["parameters"] == parameters
    assert released == openai_tool(flat)
