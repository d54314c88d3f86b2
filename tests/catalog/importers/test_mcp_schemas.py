"""Input schemas of MCP tools as servers write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.mcp_schemas import SchemaRefusedError, read_arguments, read_result_schema
from apigen_assets.tool_formats.json_schema import checked_parameters

PARTS = {"type": "array", "items": {"$ref": "#"}}
SELF = {"type": "object", "properties": {"name": {"type": "string"}, "parts": PARTS}}
REFERRED = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"x": {}}, "required": ["x"]}}}


@pytest.mark.parametrize(
    ("schema", "properties", "required"),
    [
        (REFERRED, "x", "x"),
        ({"type": "object", "properties": [], "required": None}, "", ""),
        ({"type": "object", "properties": None}, "", ""),
        ({"properties": {"x": {"type": "int"}}}, "x", ""),
        ({"type": ["object", "null"], "required": ["y"]}, "y", "y"),
        (SELF, "name parts", ""),
        ({"type": "object", "allOf": [{"$ref": "#/$defs/A"}, {"properties": {"z": {}}}],
          "$defs": {"A": {"properties": {"x": {}}, "required": ["x"]}}}, "x z", "x"),
        ({"type": "object", "oneOf": [{"properties": {"a": {}}, "required": ["a", "c"]},
                                      {"properties": {"b": {}}, "required": ["b", "c"]}], "properties": {"c": {}}},
         "a b c", "c"),
    ],
)  # fmt: skip
def test_arguments_stand_at_the_top(schema, properties, required):
    parameters = read_arguments(schema, lambda text: None).parameters
    assert sorted(parameters["properties"]) == properties.split()
    assert parameters["required"] == required.split()
    checked_parameters(parameters)
    Draft202012Validator.check_schema(parameters)


@pytest.mark.parametrize(
    "schema", [None, "x", [], {"type": "string"}, {"anyOf": []}, {"type": "object", "properties": {"required": ["x"]}}]
)
def test_what_is_not_a_schema_of_arguments_is_refused(schema):
    with pytest.raises(SchemaRefusedError):
        read_arguments(schema, lambda text: None)


def test_a_schema_that_contains_itself_takes_what_it_should():
    parameters = read_arguments(SELF, lambda text: None).parameters
    check = Draft202012Validator(parameters)
    assert check.is_valid({"name": "a", "parts": [{"parts": [{"name": "b"}]}]})
    assert not check.is_valid({"parts": [{"parts": [{"name": 5}]}]})


def test_result_schemas_that_are_none_are_left_out_with_a_warning():
    said = []
    assert read_result_schema({"type": "object", "properties": {"x": 5}}, said.append) is None
    assert read_result_schema("text", said.append) is None and len(said) == 2
    assert read_result_schema({"type": "object", "properties": {"x": {"type": "str"}}}, said.append) == {
        "type": "object",
        "properties": {"x": {"type": "string"}},
    }


KEYS = st.sampled_from(
    ["type", "properties", "required", "items", "anyOf", "allOf", "oneOf", "$ref", "$defs", "enum", "default", "not",
     "additionalProperties", "const", "nullable", "minimum", "pattern", "description", "if", "then", "a"]
)  # fmt: skip
TEXTS = st.sampled_from(["object", "string", "#", "#/$defs/a", "(", "a"])
LEAVES = st.none() | st.booleans() | st.integers(-2, 9) | TEXTS
WILD = st.recursive(
    LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS, part, max_size=4), max_leaves=12
)


@settings(max_examples=150, deadline=None)
@given(schema=st.dictionaries(KEYS, WILD, max_size=5))
def test_any_schema_is_read_or_refused(schema):
    try:
        arguments = read_arguments({"type": "object", **schema}, lambda text: None)
    except SchemaRefusedError:
        return
    Draft202012Validator.check_schema(arguments.parameters)
    assert set(arguments.parameters["required"]) <= set(arguments.parameters["properties"])
