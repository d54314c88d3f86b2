"""Kinds that are rare in small examples and common in thousands of published files."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import Outcome
from resources.rest.policy import RestPolicy
from resources.rest.request import RequestRefusedError, build

POLICY = RestPolicy(mode="live", allow_private_addresses=True, allow_unsafe_methods=True)


@pytest.fixture
def imported(tmp_path):
    """Imports a document; tools by own name, and the result."""

    def read(document, name="s.yaml"):
        path = tmp_path / name
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        result = import_openapi(path, "s")
        return {api.name.removeprefix("s_"): api for api in result.apis}, result

    return read


def document(paths, version="3.1.0", **more):
    servers = {"servers": [{"url": "https://h.example"}]}
    return {"openapi": version, "info": {"title": "T", "version": "1"}, **servers, "paths": paths, **more}


def post(schema, media="application/json", **more):
    body = {"required": True, "content": {media: {"schema": schema, **more}}}
    return {"/x": {"post": {"operationId": "op", "requestBody": body}}}


def get(*parameters, **more):
    return {"/x": {"get": {"operationId": "op", "parameters": list(parameters), **more}}}


def query(name, schema, **more):
    return {"name": name, "in": "query", "schema": schema, **more}


def valid(api, **arguments):
    return Draft202012Validator(api.parameters).is_valid(arguments)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_what_stands_beside_a_reference_holds_too(imported, version):
    schemas = {"P": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}}
    body = {"$ref": "#/components/schemas/P", "required": ["b"], "properties": {"extra": {"type": "integer"}}}

    tools, _ = imported(document(post(body), version, components={"schemas": schemas}))

    assert valid(tools["op"], b="x", extra=1)
    assert not valid(tools["op"], a="x")
    assert not valid(tools["op"], b="x", extra="many")


def test_a_schema_that_refers_to_itself_with_more_beside_it_is_read(imported):
    node = {"type": "object", "properties": {"v": {"type": "integer"}}}
    node["properties"]["next"] = {"$ref": "#/components/schemas/N", "required": ["v"]}

    tools, _ = imported(document(post({"$ref": "#/components/schemas/N"}), components={"schemas": {"N": node}}))

    assert valid(tools["op"], next={"v": 1, "next": {"v": 2}})
    assert not valid(tools["op"], next={"next": {"v": 2}})


def test_a_choice_of_types_with_keywords_beside_it_keeps_the_types(imported):
    schema = {"items": {"type": "string"}, "oneOf": [{"type": "array", "items": {}}, {"type": "string"}]}

    tools, _ = imported(document(post({"type": "object", "properties": {"cmd": schema}})))

    assert valid(tools["op"], cmd="ls") and valid(tools["op"], cmd=["ls", "-l"])
    assert not valid(tools["op"], cmd=3) and not valid(tools["op"], cmd=[3])


def test_recursion_with_examples_in_every_schema_of_the_circle(imported):
    schemas = {
        "A": {"type": "object", "example": {"b": [{}]}, "properties": {"b": {"type": "array", "items": ref("B")}}},
        "B": {"type": "object", "example": {"a": {}}, "properties": {"a": {"allOf": [ref("A")], "description": "Up."}}},
    }

    tools, result = imported(
        document(post({"type": "object", "properties": {"a": ref("A")}}), components={"schemas": schemas})
    )

    assert not result.rejects
    assert valid(tools["op"], a={"b": [{"a": {"b": []}}]})
    assert not valid(tools["op"], a={"b": [{"a": 3}]})


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_body_that_is_a_base_takes_the_fields_of_its_subtypes(imported):
    schemas = {
        "Pet": {
            "type": "object",
            "required": ["kind"],
            "discriminator": {"propertyName": "kind"},
            "properties": {"kind": {"type": "string"}},
        },
        "Cat": {"allOf": [ref("Pet"), {"properties": {"claws": {"type": "integer"}}}]},
        "Dog": {"allOf": [ref("Pet"), {"required": ["bark"], "properties": {"bark": {"type": "boolean"}}}]},
    }

    tools, _ = imported(document(post(ref("Pet")), "3.0.3", components={"schemas": schemas}))

    assert valid(tools["op"], body={"kind": "Cat", "claws": 4})
    assert not valid(tools["op"], body={"kind": "Dog"})
    assert not valid(tools["op"], body={"kind": "Fish"})


def test_schemas_with_an_id_are_documents_of_their_own(imported):
    schemas = {
        "Bundled": {
            "$id": "https://schemas.example/parcel",
            "type": "object",
            "properties": {"weight": {"$ref": "#/$defs/grams"}, "box": {"$ref": "box#/$defs/size"}},
            "$defs": {"grams": {"type": "integer"}},
        },
        "Other": {"$id": "https://schemas.example/box", "$defs": {"size": {"enum": ["S", "L"]}}},
    }
    body = {"type": "object", "properties": {"p": {"$ref": "https://schemas.example/parcel"}}}

    tools, result = imported(document(post(body), components={"schemas": schemas}))

    assert not result.warnings
    assert valid(tools["op"], p={"weight": 5, "box": "L"})
    assert not valid(tools["op"], p={"weight": "5"}) and not valid(tools["op"], p={"box": "M"})


@pytest.mark.parametrize(
    ("schema", "offered"),
    [
        ({"type": "array", "enum": ["a", "b"]}, {"type": "array", "items": {"enum": ["a", "b"]}}),
        ({"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
        ({"type": "boolean", "enum": ["true", "false"]}, {"type": "boolean", "enum": [True, False]}),
        ({"type": "string", "enum": [True, False, "auto"]}, {"type": "string", "enum": ["true", "false", "auto"]}),
        ({"type": "integer", "enum": ["Open", "Shut"]}, {"type": "string", "enum": ["Open", "Shut"]}),
    ],
)
def test_an_enum_of_another_type_is_read_as_it_was_meant(imported, schema, offered):
    tools, _ = imported(document(get(query("q", schema)), "3.0.3"))

    assert tools["op"].parameters["properties"]["q"] == offered


def test_numbers_where_texts_are_wanted_keep_the_way_they_are_written(imported):
    text = yaml.safe_dump(document(get(query("q", {"type": "string"}))), sort_keys=False)

    tools, _ = imported(
        text.replace("type: string", "type: string\n          default: 1.10\n          enum: [1.10, 2e3, v3]")
    )

    assert tools["op"].parameters["properties"]["q"] == {
        "type": "string",
        "enum": ["1.10", "2e3", "v3"],
        "default": "1.10",
    }


@pytest.mark.parametrize("media", ["text/csv", "text/html", "application/x-yaml", "application/xml", "application/jwt"])
def test_text_of_a_form_of_its_own_is_sent_as_it_is(imported, media):
    tools, _ = imported(document(post({"type": "string"}, media)))

    request = build(tools["op"].binding, {"body": "a;b\n1;2"}, POLICY, {})

    assert (request.headers["Content-Type"], request.body) == (media, b"a;b\n1;2")


def test_fields_in_xml_are_not_written_as_json(imported):
    fields = {"type": "object", "properties": {"a": {"type": "string"}}}
    form = {"type": "object", "properties": {"note": {"type": "string"}, "data": fields}}

    _, whole = imported(document(post(fields, "application/xml")))
    tools, _ = imported(
        document(post(form, "multipart/form-data", encoding={"data": {"contentType": "application/xml"}}))
    )

    assert [reject.reason for reject in whole.rejects] == ["unsupported_body"]
    assert list(tools["op"].parameters["properties"]) == ["note"]


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "/v3"}, {"url": "https://b.example/v3/"}], "https://b.example/v3/x"),
        ([{"url": "wss://a.example"}, {"url": "https://b.example"}], "https://b.example/x"),
        ([{"url": "//a.example/v1"}], "https://a.example/v1/x"),
        ([{"url": "https://{t}.h.example"}, {"url": "https://b.example"}], "https://b.example/x"),
    ],
)
def test_the_first_server_that_can_be_called_is(imported, servers, url):
    tools, _ = imported({**document(get()), "servers": servers})

    assert tools["op"].binding.url == url


def test_a_server_with_an_unknown_part_is_no_server(imported):
    tools, result = imported({**document(get()), "servers": [{"url": "https://{tenant}.h.example"}]})

    assert not tools
    assert [reject.reason for reject in result.rejects] == ["no_server"]
    assert "tenant" in result.rejects[0].detail


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ({"basePath": "v1"}, "https://h.example/v1/x"),
        ({"schemes": ["ws", "http"]}, "http://h.example/x"),
    ],
)
def test_servers_of_swagger_2(imported, head, url):
    tools, _ = imported({"swagger": "2.0", "info": {"title": "T"}, "host": "h.example", **head, "paths": get()})

    assert tools["op"].binding.url == url


def test_a_missing_secret_of_two_schemes_for_one_header_is_named_once(imported):
    schemes = {"a": {"type": "http", "scheme": "basic"}, "b": {"type": "http", "scheme": "bearer"}}
    tools, _ = imported(document(get(security=[{"a": []}, {"b": []}]), components={"securitySchemes": schemes}))

    with pytest.raises(RequestRefusedError) as refused:
        build(tools["op"].binding, {}, POLICY, {})

    assert refused.value.outcome is Outcome.AUTH
    assert refused.value.detail.count("S_A") == 1


def test_a_discriminator_in_an_inline_part_of_a_base_ties_its_subtypes(imported):
    kinds = {f"K{at}": {"allOf": [ref("Base"), {"properties": {f"f{at}": {"type": "integer"}}}]} for at in range(30)}
    mapping = {f"#kind{at}": f"#/components/schemas/K{at}" for at in range(30)}
    part = {
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    schemas = {"Base": {"allOf": [{"properties": {"id": {"type": "string"}}}, part]}, **kinds}

    tools, _ = imported(document(post(ref("K3")), "3.0.3", components={"schemas": schemas}))

    assert valid(tools["op"], kind="#kind3", f3=1, id="x")
    assert not valid(tools["op"], kind="#kind4", f3=1)


@pytest.mark.parametrize("required", [False, True])
def test_a_list_of_lists_of_swagger_2_is_not_written_in_another_form(imported, required):
    inner = {"type": "array", "items": {"type": "integer"}, "collectionFormat": "pipes"}
    ring = {"name": "ring", "in": "query", "type": "array", "items": inner, "required": required}
    depth = {"name": "depth", "in": "query", "type": "integer"}
    head = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "host": "h.example", "schemes": ["https"]}
    apis, result = imported({**head, "paths": get(ring, depth)})

    if required:
        assert not apis and [reject.reason for reject in result.rejects] == ["unsupported_parameter"]
    else:
        assert list(apis["op"].parameters["properties"]) == ["depth"]
        assert any("list of lists" in warning for warning in result.warnings)


@pytest.mark.parametrize("name", ["", "[]", ".", "[.]"])
def test_a_field_whose_name_is_no_word_is_offered_under_one(imported, name):
    tools, result = imported(document(post({"type": "object", "properties": {name: {"type": "integer"}, "b": {}}})))
    (offered,) = [field for field in tools["op"].parameters["properties"] if field != "b"]

    assert not result.rejects
    assert json.loads(build(tools["op"].binding, {offered: 1}, POLICY, {}).body or b"") == {name: 1}


@pytest.mark.parametrize("never", [False, {"not": {}}, {"not": True}, {"$ref": "#/components/schemas/Never"}])
def test_a_field_that_no_value_fits_is_not_offered(imported, never):
    body = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": never}}
    nested = {"type": "object", "properties": {"inner": body}}

    tools, _ = imported(document(post(nested), components={"schemas": {"Never": {"not": {}}}}))

    assert list(tools["op"].parameters["properties"]["inner"]["properties"]) == ["a"]


def test_fields_that_need_others_beside_them(imported):
    fields = {"card": {"type": "string"}, "billing[zip]": {"type": "string"}, "api_key": {"type": "string"}}
    needs = {"card": ["billing[zip]", "api_key"], "api_key": ["card"]}
    body = {"type": "object", "properties": fields, "dependentRequired": needs}

    tools, _ = imported(document(post(body)))

    assert valid(tools["op"], card="1", billing_zip="2") and valid(tools["op"], billing_zip="2")
    assert not valid(tools["op"], card="1")


def test_a_text_that_is_described_as_json_is_quoted_wherever_it_stands(imported):
    def as_json(name, place):
        schema = {"type": "string"}
        required = {"required": True} if place == "path" else {}
        return {"name": name, "in": place, **required, "content": {"application/json": {"schema": schema}}}

    listed = [as_json("p", "path"), as_json("q", "query"), as_json("X-H", "header"), as_json("c", "cookie")]
    tools, _ = imported(document({"/x/{p}": {"get": {"operationId": "op", "parameters": listed}}}))
    request = build(tools["op"].binding, {"p": "a", "q": "5", "X-H": "true", "c": "null"}, POLICY, {})

    assert request.url == "https://h.example/x/%22a%22?q=%225%22"
    assert (request.headers["X-H"], request.headers["Cookie"]) == ('"true"', "c=%22null%22")


def test_a_field_of_a_form_that_is_a_text_in_json(imported):
    fields = {"type": "object", "properties": {"note": {"type": "string"}}}
    encoding = {"note": {"contentType": "application/json"}}
    tools, _ = imported(document(post(fields, "application/x-www-form-urlencoded", encoding=encoding)))

    assert build(tools["op"].binding, {"note": "5"}, POLICY, {}).body == b"note=%225%22"


def test_a_hole_that_stands_twice_in_the_path(imported):
    part = {"name": "a", "in": "path", "required": True, "schema": {"type": "string"}}
    tools, _ = imported(document({"/v/{a}/of/{a}": {"get": {"operationId": "op", "parameters": [part]}}}))

    assert build(tools["op"].binding, {"a": "x"}, POLICY, {}).url == "https://h.example/v/x/of/x"


def test_parts_that_meet_in_circles_through_an_object_of_their_own(imported):
    def via(name, inner):
        return {"type": "object", "properties": {name: inner}}

    schemas = {
        "Group": via("sub", via("group", ref("Group"))),
        "Sub": {"required": ["k"], **via("group", via("sub", ref("Sub")))},
    }
    body = {"allOf": [ref("Group"), via("sub", ref("Sub"))]}

    tools, result = imported(document(post(body), "3.0.3", components={"schemas": schemas}))

    assert not result.rejects
    assert valid(tools["op"], sub={"k": "a", "group": {"sub": {"k": "b", "group": {"sub": {"k": "c"}}}}})
    assert not valid(tools["op"], sub={"k": "a", "group": {"sub": {"group": {}}}})
    assert not valid(tools["op"], sub={"k": "a", "group": 5})
