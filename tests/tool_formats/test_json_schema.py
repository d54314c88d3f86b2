"""The fast paths say what the validator says."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apigen_assets.tool_formats import json_schema as module
from apigen_assets.tool_formats.json_schema import SchemaError, checked_parameters, is_valid, nullable, object_schema

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5, "", "a", "string", "integer"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from("ab"), children, max_size=2),
    max_leaves=5,
)
types = st.sampled_from(sorted(module.JSON_TYPES))
simple = st.fixed_dictionaries(
    {},
    optional={
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "enum": st.lists(values, max_size=4),
    },
)
keywords = sorted(module._FORMS)
parts = st.recursive(
    values,
    lambda children: st.dictionaries(
        st.sampled_from(keywords), children | types | st.lists(children, max_size=2), max_size=3
    ),
    max_leaves=6,
)
META = Draft202012Validator(Draft202012Validator.META_SCHEMA)


@given(values, simple)
def test_is_valid_agrees_with_the_validator(value, schema):
    assert is_valid(value, schema) == Draft202012Validator(schema).is_valid(value)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(keywords), parts, max_size=3))
def test_what_passes_without_the_meta_schema_also_passes_it(part):
    if module._plainly_valid(part):
        assert META.is_valid(part)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (object_schema({"a": {"type": "text"}}, []), "'a' at type"),
        (object_schema({"a": {"type": "string", "minLength": -1}}, []), "'a' at minLength"),
        (object_schema({"a": {}}, ["b"]), "no property: 'b'"),
        (object_schema({"a": {"default": float("nan")}}, []), "not JSON"),
        (object_schema({"a": {"description": "x" * 70_000}}, []), "bytes as JSON"),
        (object_schema({"a": {"required": "yes"}}, []), "'a' at required"),
    ],
)
def test_an_unsound_schema_says_where(schema, message):
    with pytest.raises(SchemaError, match=message):
        checked_parameters(schema)


@example({"enum": [[False, {"a": 1}]]}, [0, {"a": True}])
@given(simple, values)
def test_nullable_allows_null_and_nothing_else_new(schema, value):
    allowed = nullable(schema)
    assert is_valid(value, allowed) == (value is None or is_valid(value, schema))
