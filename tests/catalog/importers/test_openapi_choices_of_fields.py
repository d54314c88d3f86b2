"""`anyOf` of `required`: at least one of several groups of fields has to be given."""

import json

import pytest

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import Outcome
from apigen_assets.tool_formats.json_schema import is_valid
from resources.rest.policy import RestPolicy
from resources.rest.request import RequestRefusedError, build

POLICY = RestPolicy(mode="live", allow_unsafe_methods=True)
TEXT = {"type": "string"}


def either(*groups, key="anyOf", **more):
    """An object with the fields a to d of which some groups are a choice."""
    return {
        "type": "object",
        "properties": {name: TEXT for name in "abcd"},
        key: [{"required": list(group)} for group in groups],
        **more,
    }


@pytest.fixture
def imported(tmp_path):
    def read(schema, **schemas):
        body = {"content": {"application/json": {"schema": schema}}}
        document = {
            "openapi": "3.0.3",
            "info": {"title": "T"},
            "servers": [{"url": "https://h.example"}],
            "paths": {"/x": {"patch": {"operationId": "op", "summary": "Change it.", "requestBody": body}}},
            "components": {"schemas": schemas},
        }
        (tmp_path / "s.json").write_text(json.dumps(document))
        (api,) = import_openapi(tmp_path / "s.json", "s").apis
        return api

    return read


def is_sent(api, **arguments):
    try:
        return json.loads(build(api.binding, arguments, POLICY, {}).body or b"") == arguments
    except RequestRefusedError as refused:
        assert refused.outcome is Outcome.ARGUMENT_ERROR
        return False


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_a_call_without_any_of_the_groups_is_not_made_and_the_tool_says_what_it_needs(imported, key):
    api = imported(either("a", "bc", key=key))
    assert api.description == "Change it. Needs a or b with c."
    assert is_sent(api, a="1") and is_sent(api, b="1", c="2") and is_sent(api, a="1", d="2")
    assert not is_sent(api, d="1") and not is_sent(api, b="1") and not is_sent(api)


def test_what_all_groups_need_is_required_and_the_rest_a_choice(imported):
    api = imported(either("da", "db"))
    assert api.parameters["required"] == ["d"] and "anyOf" not in api.parameters
    assert is_sent(api, d="1", b="2") and not is_sent(api, d="1")


@pytest.mark.parametrize("groups", [("a", "ab"), ("ab", "ab"), ("",)])
def test_a_choice_that_every_call_makes_is_none(imported, groups):
    api = imported(either(*groups))
    assert api.binding.choices == () and api.description == "Change it."


def test_choices_of_parts_hold_together(imported):
    api = imported({"allOf": [{"$ref": "#/components/schemas/P"}, either("c", "d")]}, P=either("a", "b"))
    assert is_sent(api, a="1", d="2") and not is_sent(api, a="1", b="2") and not is_sent(api, c="1")


def test_names_of_the_choice_are_those_that_are_offered(imported):
    named = {"type": "object", "properties": {"to[id]": TEXT, "mail": TEXT}}
    api = imported({**named, "anyOf": [{"required": ["to[id]"]}, {"required": ["mail"]}]})
    (offered, _) = api.parameters["properties"]
    assert build(api.binding, {offered: "1"}, POLICY, {}).body == b'{"to[id]":"1"}'
    assert api.binding.choices == (((offered,), ("mail",)),)


def test_a_secret_makes_no_choice(imported):
    schema = {"type": "object", "properties": {"api_key": TEXT, "user": TEXT, "note": TEXT}}
    assert imported({**schema, "anyOf": [{"required": ["api_key"]}, {"required": ["user"]}]}).binding.choices == ()
    nested = {"type": "object", "properties": {"n": {**schema, "anyOf": [{"required": ["api_key"]}]}}}
    assert is_valid({"n": {"note": "x"}}, imported(nested).parameters)


def test_inside_an_object_the_schema_itself_says_it(imported):
    inner = {**either("a", "bc"), "properties": {**{name: TEXT for name in "ab"}, "c": TEXT}}
    schema = imported({"type": "object", "properties": {"n": inner}}).parameters
    assert is_valid({"n": {"a": "1"}}, schema) and is_valid({"n": {"b": "1", "c": "2"}}, schema)
    assert not is_valid({"n": {"b": "1"}}, schema) and not is_valid({"n": {}}, schema)


def test_inside_an_object_names_are_those_that_are_offered(imported):
    groups = [{"required": ["a[b]"]}, {"required": ["c"]}]
    inner = {"type": "object", "properties": {"a[b]": TEXT, "c": TEXT}, "anyOf": groups}
    schema = imported({"type": "object", "properties": {"n": inner}}).parameters
    (offered, _) = schema["properties"]["n"]["properties"]
    assert offered != "a[b]" and is_valid({"n": {offered: "1"}}, schema) and not is_valid({"n": {}}, schema)
