"""Input schemas of MCP tools as servers write them."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.mcp_schemas import SchemaRefusedError, read_arguments, read_result_schema
from apigen_assets.tool_formats.json_schema import checked_parameters, is_valid
from resources.rest.request import wire_value

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
        ({"type": "object", "properties": {"x": {}, "y": {}}, "required": "x"}, "x y", "x"),
        ({"type": "object", "properties": {"x": {"type": "string", "required": True}, "y": {}}}, "x y", "x"),
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


NUMBER = {"type": "integer"}


def fields(*required, **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


@pytest.mark.parametrize(
    ("schema", "offered", "wire"),
    [
        (fields(q=fields("$top", **{"$top": NUMBER})), {"q": {"top": 1}}, {"q": {"$top": 1}}),
        (
            fields(rows={"type": "array", "items": fields(**{"unit price": NUMBER})}),
            {"rows": [{"unit_price": 1}, {"unit_price": 2}]},
            {"rows": [{"unit price": 1}, {"unit price": 2}]},
        ),
        (
            fields(by_day={"type": "object", "additionalProperties": fields(**{"näme": NUMBER})}),
            {"by_day": {"a day": {"name": 1}}},
            {"by_day": {"a day": {"näme": 1}}},
        ),
        (
            {
                **fields(tree={"$ref": "#/$defs/N"}),
                "$defs": {"N": fields(**{"k:1": NUMBER, "n": {"$ref": "#/$defs/N"}})},
            },
            {"tree": {"k_1": 1, "n": {"n": {"k_1": 3}}}},
            {"tree": {"k:1": 1, "n": {"n": {"k:1": 3}}}},
        ),
        (
            fields(one={"anyOf": [fields(**{"a b": NUMBER}), fields(a_b=NUMBER)]}),
            {"one": {"a_b_2": 1}},
            {"one": {"a b": 1}},
        ),
        (
            {"type": "object", "oneOf": [fields("a", a=fields(**{"p q": NUMBER})), fields("b", b=NUMBER)]},
            {"a": {"p_q": 1}},
            {"a": {"p q": 1}},
        ),
    ],
)
def test_fields_inside_arguments_have_names_that_model_apis_take(schema, offered, wire):
    arguments = read_arguments(schema, print)
    keys = re.findall(r'"properties": {("[^"]*")', json.dumps(arguments.parameters, ensure_ascii=False))
    assert all(re.fullmatch(r'"[a-zA-Z0-9_-]{1,64}"', key) for key in keys)
    assert Draft202012Validator(arguments.parameters).is_valid(offered)
    assert wire_value(offered, 0, arguments.nested) == wire


def test_required_fields_defaults_and_examples_follow_the_offered_names():
    inner = {**fields("a b", **{"a b": NUMBER}), "default": {"a b": 1}, "examples": [{"a b": 2}]}
    read = read_arguments(fields(x=inner), print).parameters["properties"]["x"]
    assert (read["required"], read["default"], read["examples"]) == (["a_b"], {"a_b": 1}, [{"a_b": 2}])


GONE = {"$ref": "#/$defs/Gone"}


@pytest.mark.parametrize(
    "lost",
    [GONE, {"type": "array", "items": GONE}, {"allOf": [GONE]}, fields("a", a=GONE), {"$ref": "https://x.example/s"}],
)
def test_what_a_missing_reference_describes_is_not_offered(lost):
    warned = []
    assert list(read_arguments(fields("n", n=NUMBER, lost=lost), warned.append).parameters["properties"]) == ["n"]
    assert len(warned) == 1 and "'lost' is left out" in warned[0]
    with pytest.raises(SchemaRefusedError, match="lost"):
        read_arguments(fields("lost", lost=lost), print)
    assert read_result_schema(fields("lost", lost=GONE), print)["properties"]["lost"] == {}


@pytest.mark.parametrize("reference", ["#size", "https://depot.example/s#/$defs/Size", "https://depot.example/s#size"])
def test_references_by_anchor_and_by_the_schemas_own_id(reference):
    schema = {"$id": "https://depot.example/s", **fields(size={"$ref": reference})}
    schema["$defs"] = {"Size": {"$anchor": "size", "type": "integer", "minimum": 1}}
    assert read_arguments(schema, print).parameters["properties"]["size"]["minimum"] == 1


@pytest.mark.parametrize(
    ("further", "takes_others"),
    [({}, True), ({"additionalProperties": False}, False), ({"additionalProperties": True}, True)],
)
def test_arguments_told_by_patterns_are_taken_and_others_only_where_the_server_takes_them(further, takes_others):
    patterns = {"^x-": {"type": "integer"}, "(": {"type": "string"}}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "patternProperties": patterns, **further}
    parameters = checked_parameters(read_arguments(schema, lambda text: None).parameters)
    assert is_valid({"a": "1", "x-b": 2}, parameters) and not is_valid({"x-b": "2"}, parameters)
    assert is_valid({"other": "1"}, parameters) is takes_others


def test_inside_an_argument_patterns_close_an_object_as_the_server_says():
    inner = {"type": "object", "patternProperties": {"^[a-z]+$": {"type": "integer"}}, "additionalProperties": False}
    parameters = read_arguments({"type": "object", "properties": {"n": inner}}, lambda text: None).parameters
    assert is_valid({"n": {"a": 1}}, parameters) and not is_valid({"n": {"A": 1}}, parameters)


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
NODE = {"$defs": {"Node": {"type": "object", "properties": {"below": {"$ref": "#/$defs/Node"}, "size": {}}}}}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        pytest.param(
            {"allOf": [{"properties": {"kind": TEXT}}, {"properties": {"kind": {"const": "box"}}}]},
            {"kind": "box"},
            {"kind": "bag"},
            id="a part of allOf narrows another",
        ),
        pytest.param(
            {"allOf": [{"properties": {"n": {"minimum": 1}}}, {"properties": {"n": {"minimum": 3}}}]},
            {"n": 3},
            {"n": 2},
            id="two bounds",
        ),
        pytest.param(
            {
                "properties": {"n": {"type": "integer"}},
                "anyOf": [{"properties": {"n": {}, "a": TEXT}}, {"required": ["b"]}],
            },
            {"n": 1, "a": "x"},
            {"n": "one", "a": "x"},
            id="a branch that says less than what stands beside the choice",
        ),
        pytest.param(
            {
                "properties": {"land": TEXT, "zip": TEXT},
                "if": {"properties": {"land": {"const": "US"}}, "required": ["land"]},
                "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
            },
            {"land": "AT", "zip": "1010"},
            {"land": "AT", "zip": 1010},
            id="a condition about a field of its own type",
        ),
        pytest.param(
            {**NODE, "properties": {"node": {"$ref": "#/$defs/Node", "required": ["size"]}}},
            {"node": {"size": 1, "below": {}}},
            {"node": {"below": {}}},
            id="limits beside a reference to what contains itself",
        ),
        pytest.param(
            {"$defs": {"Text": TEXT}, "properties": {"name": {"$ref": "#/$defs/Text", "maxLength": 3}}},
            {"name": "abc"},
            {"name": "abcd"},
            id="limits beside another reference",
        ),
        pytest.param(
            {**NODE, "anyOf": [{"$ref": "#/$defs/Node"}, {"properties": {"name": TEXT}, "required": ["name"]}]},
            {"below": {"size": 1}},
            {"below": 5},
            id="a branch that contains itself",
        ),
    ],
)
def test_what_holds_together_holds_together_in_what_is_offered(schema, good, bad):
    parameters = read_arguments({"type": "object", **schema}, print).parameters

    Draft202012Validator.check_schema(parameters)
    assert is_valid(good, parameters) and not is_valid(bad, parameters)
    assert good.keys() <= parameters["properties"].keys()


def test_beside_a_reference_of_an_old_draft_nothing_holds():
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"Text": TEXT}, "type": "object"}

    parameters = read_arguments({**head, "properties": {"a": {"$ref": "#/definitions/Text", "maxLength": 1}}}, print)

    assert parameters.parameters["properties"]["a"] == TEXT
