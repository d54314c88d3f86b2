"""References that lead nowhere: what is optional is left out and said, what is needed rejects its operation."""

import json

import pytest
import yaml

from apigen_assets.catalog.importers.openapi.document import import_openapi

GONE = {"$ref": "#/components/schemas/Gone"}
TEXT = {"type": "string"}


@pytest.fixture
def imported(tmp_path):
    def read(operation, **schemas):
        document = {
            "openapi": "3.0.3",
            "info": {"title": "T"},
            "servers": [{"url": "https://h.example"}],
            "paths": {"/x": {"post": {"operationId": "op", **operation}}, "/y": {"get": {"operationId": "neighbour"}}},
            "components": {"schemas": schemas},
        }
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return import_openapi(tmp_path / "s.yaml", "s")

    return read


def body(schema, media="application/json"):
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


def fields(*required, **properties):
    return {"type": "object", "required": list(required), "properties": {"name": TEXT, **properties}}


def query(name, schema, required=False):
    return {"parameters": [{"name": name, "in": "query", "required": required, "schema": schema}]}


LOST = {
    "itself": GONE,
    "items": {"type": "array", "items": GONE},
    "items of a tuple": {"type": "array", "prefixItems": [TEXT, GONE]},
    "values": {"type": "object", "additionalProperties": GONE},
    "a part": {"allOf": [{"type": "object", "properties": {"a": TEXT}}, GONE]},
    "every branch": {"oneOf": [GONE, {"$ref": "other.yaml#/A"}]},
    "a needed field": fields("lost", lost=GONE),
    "what it refers to": {"$ref": "#/components/schemas/Alias"},
    "a reference to itself": {"$ref": "#/components/schemas/Loop"},
    "another host": {"$ref": "https://elsewhere.example/a.yaml"},
}
SCHEMAS = {"Alias": GONE, "Loop": {"$ref": "#/components/schemas/Loop"}}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded"])
def test_an_optional_field_is_left_out_and_said(imported, lost, media):
    result = imported(body(fields(lost=lost), media), **SCHEMAS)
    api = next(api for api in result.apis if api.name == "s_op")
    assert list(api.parameters["properties"]) == ["name"] and list(api.binding.parameters) == ["name"]
    assert any("'lost' is left out" in warning for warning in result.warnings)


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_needed_field_rejects_its_operation_alone(imported, lost):
    result = imported(body(fields("lost", lost=lost)), **SCHEMAS)
    assert [api.name for api in result.apis] == ["s_neighbour"]
    (reject,) = result.rejects
    assert reject.reason == "unresolved_reference" and "lost" in reject.detail


@pytest.mark.parametrize("required", [False, True])
def test_parameters_likewise(imported, required):
    result = imported(query("lost", {"type": "array", "items": GONE}, required))
    assert [reject.reason for reject in result.rejects] == ["unresolved_reference"] * required
    if not required:
        assert next(api for api in result.apis if api.name == "s_op").parameters["properties"] == {}
        assert any("'lost' is left out" in warning for warning in result.warnings)


def test_a_field_deep_inside_is_left_out_where_it_stands(imported):
    inner = {"type": "array", "items": fields(lost=GONE, kept=TEXT)}
    result = imported(body(fields(list=inner)))
    api = next(api for api in result.apis if api.name == "s_op")
    assert set(api.parameters["properties"]["list"]["items"]["properties"]) == {"name", "kept"}


def test_a_choice_keeps_its_other_branches(imported):
    result = imported(body(fields("choice", choice={"oneOf": [GONE, {"type": "integer"}]})))
    api = next(api for api in result.apis if api.name == "s_op")
    assert api.parameters["properties"]["choice"]["type"] == "integer"


def test_further_fields_that_are_not_known_are_not_offered(imported):
    thing = {"type": "object", "properties": {"a": TEXT}, "additionalProperties": GONE}
    result = imported(body(fields(thing=thing)))
    api = next(api for api in result.apis if api.name == "s_op")
    assert api.parameters["properties"]["thing"]["additionalProperties"] is False


def test_a_whole_body_that_is_not_known_gives_way_to_another_media_type(imported):
    content = {"application/json": {"schema": GONE}, "application/x-www-form-urlencoded": {"schema": fields()}}
    result = imported({"requestBody": {"content": content}})
    assert next(api for api in result.apis if api.name == "s_op").binding.body_type.endswith("urlencoded")
    rejected = imported(body(GONE))
    assert [reject.reason for reject in rejected.rejects] == ["unresolved_reference"]


def test_a_response_rejects_nothing(imported):
    answer = {"200": {"description": "", "content": {"application/json": {"schema": fields(lost=GONE)}}}}
    result = imported({**body(fields()), "responses": answer})
    api = next(api for api in result.apis if api.name == "s_op")
    assert not result.rejects and "lost" not in json.dumps(api.returns)
