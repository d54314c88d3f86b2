"""The compiled checker says what the jsonschema library says."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apigen_assets.tool_formats.schema_validator import BadSchemaError, compile_schema

numbers = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, 1.0, -2.0, 3.5]))
scalars = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(["", "a", "ab", "1", "true", "kg"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)
types = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])


def schemas(depth=2):
    inner = schemas(depth - 1) if depth else st.just({})
    sizes = st.integers(0, 3)
    keywords = {
        "type": st.one_of(types, st.lists(types, min_size=1, max_size=2, unique=True)),
        "enum": st.lists(scalars, min_size=1, max_size=3),
        "const": scalars,
        "minimum": numbers,
        "maximum": numbers,
        "exclusiveMinimum": numbers,
        "exclusiveMaximum": numbers,
        "multipleOf": st.sampled_from([1, 2, 0.5, 0.1]),
        "minLength": sizes,
        "maxLength": sizes,
        "pattern": st.sampled_from(["^a", "b$", r"\d"]),
        "minItems": sizes,
        "maxItems": sizes,
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        "required": st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True),
        "additionalProperties": st.one_of(st.booleans(), inner),
        "minProperties": sizes,
        "maxProperties": sizes,
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "not": inner,
        "patternProperties": st.dictionaries(st.just("^a"), inner, max_size=1),
        "contains": inner,
        "format": st.sampled_from(["date", "email"]),
        "description": st.just("x"),
        "default": scalars,
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: keywords[name] for name in names})
    )


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas(), values)
def test_agrees_with_the_library(schema, value):
    fault = compile_schema(schema)(value)
    assert (fault is None) == Draft202012Validator(schema).is_valid(value), (schema, value, fault)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "number"}, "9.8", False),
        ({"type": "integer"}, True, False),
        ({"type": "integer"}, 1.0, True),
        ({"type": "integer"}, 1.5, False),
        ({"type": "boolean"}, 1, False),
        ({"enum": [1]}, True, False),
        ({"enum": [False]}, 0, False),
        ({"enum": [1]}, 1.0, True),
        ({"type": "array", "uniqueItems": True}, [1, True], True),
        ({"type": "array", "uniqueItems": True}, [1, 1.0], False),
        ({"type": "string", "pattern": "^a"}, "ba", False),
    ],
)
def test_nothing_is_coerced(schema, value, fits):
    assert (compile_schema(schema)(value) is None) is fits


def test_a_reference_is_resolved_against_the_root():
    schema = {"$defs": {"pair": {"type": "array", "maxItems": 2}}, "properties": {"p": {"$ref": "#/$defs/pair"}}}
    check = compile_schema(schema)
    assert check({"p": [1, 2]}) is None
    assert check({"p": [1, 2, 3]}).keyword == "maxItems"


def test_a_remote_reference_is_never_fetched():
    fault = compile_schema({"$ref": "http://127.0.0.1:9/none"})({"a": 1})
    assert fault is not None
    assert fault.keyword == "$ref"


UNBOUNDED = {"patternProperties": {"(a+)+$": True}, "unevaluatedProperties": False}


@pytest.mark.parametrize(
    "schema", [{"type": "str"}, {"pattern": "("}, {"minimum": "1"}, {"properties": []}, 3, UNBOUNDED]
)
def test_a_bad_schema_says_so(schema):
    with pytest.raises(BadSchemaError):
        compile_schema(schema)


def test_the_fault_names_place_and_keyword():
    schema = {"properties": {"points": {"items": {"properties": {"x": {"type": "number"}}}}}}
    fault = compile_schema(schema)({"points": [{"x": 1}, {"x": "2"}]})
    assert (fault.keyword, fault.path) == ("type", ".points[1].x")
