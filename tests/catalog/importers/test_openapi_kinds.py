"""Kinds of specifications that people have: each imports whole, and what is sent is what the specification says.

The calls go through the real executor to a loopback server that keeps what it got.
"""

import json
from urllib.parse import unquote

import pytest
import yaml
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.rest.executor import RestExecutor
from resources.rest.policy import HostLimits, RestPolicy
from tests.helpers.recording_server import recording


@pytest.fixture(scope="module")
def recording_server():
    with recording() as server:
        yield server


def document(paths, version="3.0.3", **more):
    head = {"swagger": "2.0", "host": "h.example"} if version == "2.0" else {"openapi": version}
    return {"info": {"title": "T"}, **head, "paths": paths, **more}


@pytest.fixture
def imported(tmp_path, recording_server):
    """Imports a document whose server is the recording one; tools by own name."""

    def read(paths, version="3.0.3", **more):
        path = tmp_path / "s.yaml"
        path.write_text(yaml.safe_dump(document(paths, version, **more), sort_keys=False))
        result = import_openapi(path, "s", recording_server.url)
        tools = {api.name.removeprefix("s_"): api for api in result.apis}
        return tools, result

    return read


@pytest.fixture
def send(recording_server):
    """Makes a call; gives the request line, the body and the outcome."""

    def make(api, environment=None, **arguments):
        policy = RestPolicy(
            mode="live", allow_private_addresses=True, allow_unsafe_methods=True, limits=HostLimits(rate=None)
        )
        recording_server.seen.clear()
        with RestExecutor(policy, environment=environment or {}) as executor:
            (result,) = executor.execute([CallRequest(binding=api.binding, arguments=arguments)])
        seen = recording_server.seen[-1] if recording_server.seen else None
        return result, seen

    return make


def get(parameters, **more):
    return {"get": {"operationId": "op", "summary": "Look.", "parameters": parameters, **more}}


def post(schema, media="application/json", method="post", required=True, components=None, **media_more):
    body = {"required": required, "content": {media: {"schema": schema, **media_more}}}
    return {method: {"operationId": "op", "summary": "Do.", "requestBody": body}}


def valid(api, **arguments):
    return Draft202012Validator(api.parameters).is_valid(arguments)


@pytest.mark.parametrize(
    ("parameter", "value", "line"),
    [
        ({"style": "deepObject", "schema": {"type": "object"}}, {"min": 3, "max": 9}, "p[min]=3&p[max]=9"),
        ({"style": "deepObject", "schema": {"type": "array", "items": {}}}, ["x", "y"], "p[]=x&p[]=y"),
        ({"style": "deepObject", "schema": {"type": "object"}}, {"a": {"b": [1, 2]}}, "p[a][b][]=1&p[a][b][]=2"),
        ({"style": "pipeDelimited", "schema": {"type": "array"}}, ["a", "b c"], "p=a|b c"),
        ({"style": "spaceDelimited", "schema": {"type": "array"}}, ["a", "b"], "p=a b"),
        ({"style": "pipeDelimited", "explode": True, "schema": {"type": "array"}}, ["a", "b"], "p=a&p=b"),
        ({"schema": {"type": "array"}}, [1, 2.0], "p=1&p=2"),
        ({"explode": False, "schema": {"type": "array"}}, [1, 2], "p=1,2"),
        ({"schema": {"type": "object"}}, {"a": 1, "b": True}, "a=1&b=true"),
        ({"explode": False, "schema": {"type": "object"}}, {"a": 1, "b": True}, "p=a,1,b,true"),
        ({"content": {"application/json": {"schema": {"type": "object"}}}}, {"a": [1]}, 'p={"a":[1]}'),
        ({"allowReserved": True, "schema": {"type": "string"}}, "a/b:c", "p=a/b:c"),
        ({"schema": {"type": "integer"}}, 4.0, "p=4"),
    ],
)
def test_styles_of_queries(imported, send, parameter, value, line):
    tools, _ = imported({"/x": get([{"name": "p", "in": "query", **parameter}])})
    result, seen = send(tools["op"], p=value)
    assert result.outcome is Outcome.OK and unquote(seen.path) == f"/x?{line}"


@pytest.mark.parametrize(
    ("style", "explode", "value", "path"),
    [
        ("simple", False, [3, 4], "/x/3,4"),
        ("simple", True, {"a": 1, "b": 2}, "/x/a=1,b=2"),
        ("label", False, [3, 4], "/x/.3,4"),
        ("label", True, {"a": 1}, "/x/.a=1"),
        ("matrix", False, 5, "/x/;p=5"),
        ("matrix", True, [3, 4], "/x/;p=3;p=4"),
        ("matrix", False, {"a": 1}, "/x/;p=a,1"),
    ],
)
def test_styles_of_paths(imported, send, style, explode, value, path):
    schema = {"type": {list: "array", dict: "object", int: "integer"}[type(value)]}
    parameter = {"name": "p", "in": "path", "required": True, "style": style, "explode": explode, "schema": schema}
    tools, _ = imported({"/x/{p}": get([parameter])})
    result, seen = send(tools["op"], p=value)
    assert result.outcome is Outcome.OK and unquote(seen.path) == path


@pytest.mark.parametrize(
    ("collection", "line"),
    [("csv", "a,b"), ("ssv", "a b"), ("tsv", "a\tb"), ("pipes", "a|b"), (None, "a,b"), ("multi", "a&p=b")],
)
def test_collection_formats_of_swagger_2(imported, send, collection, line):
    parameter = {"name": "p", "in": "query", "type": "array", "items": {"type": "string"}}
    if collection:
        parameter["collectionFormat"] = collection
    tools, _ = imported({"/x": get([parameter])}, "2.0")
    _, seen = send(tools["op"], p=["a", "b"])
    assert unquote(seen.path) == f"/x?p={line}"


def test_each_swagger_2_parameter_has_a_schema_of_its_own(imported):
    given = [
        {"name": f"p{i}", "in": "query", "type": kind, **more}
        for i, (kind, more) in enumerate(
            [("integer", {"minimum": i, "maximum": 60 + i}) for i in range(20)]
            + [("string", {"enum": [f"v{i}"]}) for i in range(20)]
            + [("boolean", {}), ("number", {}), ("array", {"items": {"type": "integer"}})] * 10
        )
    ]
    tools, _ = imported({"/x": get(given)}, "2.0")
    properties = tools["op"].parameters["properties"]
    for parameter in given:
        expected = {key: value for key, value in parameter.items() if key not in {"name", "in"}}
        assert properties[parameter["name"]] == expected


def test_what_a_style_cannot_carry_is_refused_and_not_sent(imported, send):
    given = [
        {"name": "tags", "in": "query", "style": "spaceDelimited", "schema": {"type": "array"}},
        {"name": "near", "in": "query", "schema": {"type": "object"}},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "X-List", "in": "header", "schema": {"type": "array"}},
    ]
    tools, _ = imported({"/x": get(given)})
    for arguments in ({"tags": ["two words", "b"]}, {"near": {"q": 1}, "q": "x"}, {"X-List": ["a,b"]}):
        result, seen = send(tools["op"], **arguments)
        assert result.outcome is Outcome.REFUSED and seen is None, arguments


def test_forms_follow_their_encoding(imported, send):
    schema = {
        "type": "object",
        "properties": {
            "size": {"type": "integer"},
            "labels": {"type": "object"},
            "lines": {"type": "array", "items": {"type": "object"}},
            "codes": {"type": "array", "items": {"type": "string"}},
            "extra": {"type": "object"},
        },
    }
    deep = {"style": "deepObject", "explode": True}
    encoding = {"labels": deep, "lines": deep, "codes": {"style": "pipeDelimited", "explode": False}}
    tools, _ = imported({"/x": post(schema, "application/x-www-form-urlencoded", encoding=encoding)})
    arguments = {"size": 2, "labels": {"a": "x"}, "lines": [{"n": 1}, {"n": 2}], "codes": ["p", "q"], "extra": {"z": 1}}
    _, seen = send(tools["op"], **arguments)
    assert unquote(seen.body.decode()) == ('size=2&labels[a]=x&lines[0][n]=1&lines[1][n]=2&codes=p|q&extra={"z":1}')


def test_multipart_parts_have_their_content_type(imported, send):
    schema = {"type": "object", "properties": {"note": {"type": "string"}, "meta": {"type": "object"}}}
    tools, _ = imported({"/x": post(schema, "multipart/form-data")})
    result, seen = send(tools["op"], note="n", meta={"a": 1})
    assert result.outcome is Outcome.OK
    assert b'name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":1}' in seen.body


def test_a_null_that_the_schema_offers_is_sent_and_one_in_a_query_is_not(imported, send):
    paths = {
        "/x": post({"type": "object", "properties": {"due": {"type": "string", "nullable": True}}}, method="patch")
    }
    paths["/x"]["patch"]["parameters"] = [
        {"name": "lang", "in": "query", "schema": {"type": "string", "nullable": True}}
    ]
    tools, _ = imported(paths)
    _, seen = send(tools["op"], due=None, lang=None)
    assert json.loads(seen.body) == {"due": None} and seen.path == "/x"


def test_names_are_what_model_apis_take_and_the_server_gets_its_own(imported, send):
    body = {
        "type": "object",
        "properties": {
            "@type": {"type": "string"},
            "items": {"type": "array", "items": {"type": "object", "properties": {"$ref-id": {"type": "integer"}}}},
        },
        "required": ["@type"],
    }
    paths = {"/x": post(body)}
    paths["/x"]["post"]["parameters"] = [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in ("filter[state]", "$top", "top", "made<", "made>", "x" * 80, "größe", "名")
    ]
    tools, _ = imported(paths)
    names = list(tools["op"].parameters["properties"])
    assert len(set(names)) == len(names)
    assert {"filter_state", "top", "top_2", "made_lt", "made_gt", "type"} <= set(names)
    assert tools["op"].parameters["required"] == ["type"]
    _, seen = send(tools["op"], type="a", items=[{"ref-id": 3}], filter_state="s", top="t", top_2="u")
    assert json.loads(seen.body) == {"@type": "a", "items": [{"$ref-id": 3}]}
    assert unquote(seen.path) == "/x?filter[state]=s&top=t&$top=u"


def test_all_of_keeps_what_each_part_requires(imported):
    base = {"type": "object", "properties": {"buyer": {"type": "string"}, "note": {"type": "string"}}}
    reference = {"$ref": "#/components/schemas/Base"}
    shapes = [
        {"allOf": [reference, {"required": ["buyer"]}]},
        {"allOf": [reference], "required": ["buyer"]},
        {"allOf": [{"allOf": [reference]}, {"type": "object", "properties": {"n": {}}, "required": ["buyer"]}]},
    ]
    for shape in shapes:
        tools, _ = imported({"/x": post(shape)}, components={"schemas": {"Base": base}})
        assert tools["op"].parameters["required"] == ["buyer"], shape


def test_all_of_joins_what_parts_say_of_one_property(imported):
    base = {"type": "object", "properties": {"level": {"type": "integer", "minimum": 1, "maximum": 9}}}
    shape = {"allOf": [base, {"properties": {"level": {"minimum": 3, "description": "How loud."}}}]}
    tools, _ = imported({"/x": post(shape)})
    level = tools["op"].parameters["properties"]["level"]
    assert level == {"type": "integer", "minimum": 3, "maximum": 9, "description": "How loud."}


SHAPES = {
    "Disc": {"type": "object", "required": ["kind", "r"], "properties": {"kind": {"type": "string"}, "r": {}}},
    "Plate": {"type": "object", "required": ["kind", "w"], "properties": {"kind": {"type": "string"}, "w": {}}},
}


@pytest.mark.parametrize("mapping", [{"disc": "#/components/schemas/Disc", "plate": "Plate"}, None])
def test_a_discriminator_ties_its_values_to_the_branches(imported, mapping):
    shape = {
        "oneOf": [{"$ref": "#/components/schemas/Disc"}, {"$ref": "#/components/schemas/Plate"}],
        "discriminator": {"propertyName": "kind", **({"mapping": mapping} if mapping else {})},
    }
    tools, _ = imported({"/x": post(shape)}, components={"schemas": SHAPES})
    disc, plate = ("disc", "plate") if mapping else ("Disc", "Plate")
    assert valid(tools["op"], body={"kind": disc, "r": 1}) and valid(tools["op"], body={"kind": plate, "w": 1})
    assert not valid(tools["op"], body={"kind": plate, "r": 1}) and not valid(tools["op"], body={"kind": "x", "r": 1})


@pytest.mark.parametrize("version", ["3.0.3", "2.0"])
def test_a_base_with_a_discriminator_stands_for_its_subtypes(imported, version):
    key = "definitions" if version == "2.0" else "schemas"
    root = "#/definitions/" if version == "2.0" else "#/components/schemas/"
    schemas = {
        "Pet": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}},
            "discriminator": "kind" if version == "2.0" else {"propertyName": "kind"},
        },
        "Cat": {"allOf": [{"$ref": f"{root}Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"allOf": [{"$ref": f"{root}Pet"}, {"properties": {"bark": {"type": "string"}}, "required": ["bark"]}]},
    }
    holder = {"type": "object", "properties": {"pet": {"$ref": f"{root}Pet"}}}
    if version == "2.0":
        operation = {"post": {"operationId": "op", "parameters": [{"name": "b", "in": "body", "schema": holder}]}}
        tools, _ = imported({"/x": operation}, version, **{key: schemas})
    else:
        tools, _ = imported({"/x": post(holder)}, components={key: schemas})
    assert valid(tools["op"], pet={"kind": "Cat", "lives": 9})
    assert not valid(tools["op"], pet={"kind": "Dog"}) and not valid(tools["op"], pet={"kind": "Cow"})


def test_recursion_of_any_type_is_checked_at_every_depth(imported, send):
    value = {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"$ref": "#/components/schemas/Value"}},
            {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Value"}},
        ]
    }
    even = {"type": "object", "properties": {"odd": {"$ref": "#/components/schemas/Odd"}}}
    odd = {"type": "object", "required": ["n"], "properties": {"n": {}, "even": {"$ref": "#/components/schemas/Even"}}}
    body = {
        "type": "object",
        "properties": {"v": {"$ref": "#/components/schemas/Value"}, "e": {"$ref": "#/components/schemas/Even"}},
    }
    tools, _ = imported({"/x": post(body)}, components={"schemas": {"Value": value, "Even": even, "Odd": odd}})
    assert valid(tools["op"], v=["a", {"b": [["c"]]}]) and not valid(tools["op"], v=["a", {"b": [[1]]}])
    assert valid(tools["op"], e={"odd": {"n": 1, "even": {"odd": {"n": 2}}}})
    assert not valid(tools["op"], e={"odd": {"n": 1, "even": {"odd": {}}}})
    _, seen = send(tools["op"], v=["a", {"b": ["c"]}])
    assert json.loads(seen.body) == {"v": ["a", {"b": ["c"]}]}


def test_nullable_values_may_have_examples_defaults_and_enums(imported):
    for field in (
        {"type": "string", "nullable": True, "example": "x"},
        {"type": ["string", "null"], "default": "x", "examples": ["y"]},
        {"type": "string", "nullable": True, "enum": ["x", None], "default": "x"},
        {"allOf": [{"type": "string"}], "nullable": True, "example": "x"},
    ):
        answer = {"200": {"description": "", "content": {"application/json": {"schema": field}}}}
        paths = {"/x": get([{"name": "p", "in": "query", "schema": field}], responses=answer)}
        tools, result = imported(paths, "3.1.0")
        assert result.rejects == [] and valid(tools["op"], p=None) and valid(tools["op"], p="x")


def test_a_damaged_response_costs_no_request(imported):
    for answer in (
        {"200": "text"},
        {"200": {"content": {"application/json": []}}},
        ["no"],
        {"200": {"$ref": "#/none"}},
    ):
        tools, result = imported({"/x": get([], responses=answer)})
        assert result.rejects == [] and tools["op"].returns is None


def test_files_that_can_be_left_out_are(imported):
    for binary in ({"type": "string", "format": "binary"}, {"type": "string", "contentMediaType": "image/png"}):
        schema = {
            "type": "object",
            "properties": {"title": {"type": "string"}, "photo": binary, "more": {"type": "array", "items": binary}},
        }
        tools, _ = imported({"/x": post(schema, "multipart/form-data")}, "3.1.0")
        assert list(tools["op"].parameters["properties"]) == ["title"]
        schema["required"] = ["more"]
        _, result = imported({"/x": post(schema, "multipart/form-data")}, "3.1.0")
        assert [reject.reason for reject in result.rejects] == ["file_upload"]
    either = {"oneOf": [{"type": "string", "format": "binary"}, {"type": "string"}, {"type": "integer"}]}
    tools, _ = imported({"/x": post({"type": "object", "required": ["p"], "properties": {"p": either}})})
    assert tools["op"].parameters["properties"]["p"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


@pytest.mark.parametrize(
    ("offered", "sent"),
    [
        (["*/*"], "application/json"),
        (["application/xml", "application/*"], "application/json"),
        (["application/*+json"], "application/json"),
        (["text/plain", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        (["application/json-patch+json", "application/merge-patch+json"], "application/merge-patch+json"),
        (["text/plain", "application/vnd.shop.v2+json; charset=utf-8"], "application/vnd.shop.v2+json; charset=utf-8"),
        (["multipart/form-data", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
    ],
)
def test_the_best_media_type_is_sent(imported, offered, sent):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    operation = {"operationId": "op", "requestBody": {"content": {media: {"schema": schema} for media in offered}}}
    tools, _ = imported({"/x": {"post": operation}})
    assert tools["op"].binding.body_type == sent


@pytest.mark.parametrize("media", ["text/plain", "text/*", "text/csv"])
def test_fields_have_no_form_in_plain_text(imported, media):
    _, result = imported({"/x": post({"type": "object", "properties": {"a": {"type": "string"}}}, media)})
    assert [reject.reason for reject in result.rejects] == ["unsupported_body"]
    tools, _ = imported({"/x": post({"type": "integer"}, media if media != "text/csv" else "text/plain")})
    assert tools["op"].binding.whole_body == "body"


def test_an_empty_body_is_not_offered(imported, send):
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    paths = {"/x": post(closed, "application/x-www-form-urlencoded", "get", required=False)}
    tools, _ = imported(paths)
    assert tools["op"].parameters["properties"] == {}
    result, seen = send(tools["op"])
    assert result.outcome is Outcome.OK and seen.body == b""


def test_read_only_properties_are_not_asked_for_also_through_references(imported):
    schemas = {"Id": {"type": "string", "readOnly": True}, "Stamp": {"allOf": [{"$ref": "#/components/schemas/Id"}]}}
    body = {
        "type": "object",
        "required": ["id", "made", "name"],
        "properties": {
            "id": {"$ref": "#/components/schemas/Id"},
            "made": {"$ref": "#/components/schemas/Stamp"},
            "name": {"type": "string"},
            "secret": {"type": "string", "writeOnly": True},
        },
    }
    answer = {"200": {"description": "", "content": {"application/json": {"schema": body}}}}
    paths = {"/x": post(body)}
    paths["/x"]["post"]["responses"] = answer
    tools, _ = imported(paths, components={"schemas": schemas})
    assert list(tools["op"].parameters["properties"]) == ["name", "secret"]
    assert set(tools["op"].returns["properties"]) == {"id", "made", "name"}


def test_further_keywords_are_kept(imported):
    schema = {
        "type": "object",
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": False,
        "properties": {"a": {"const": 5}, "b": {"not": {"enum": ["none"]}}, "c": {}},
        "dependentRequired": {"a": ["c"]},
    }
    tools, _ = imported({"/x": post({"type": "object", "properties": {"o": schema}})}, "3.1.0")
    assert valid(tools["op"], o={"x-1": 3}) and not valid(tools["op"], o={"x-1": "three"})
    assert not valid(tools["op"], o={"a": 4}) and not valid(tools["op"], o={"a": 5})
    assert not valid(tools["op"], o={"b": "none"})


def test_a_fault_of_the_importer_is_named_as_one_and_takes_nothing_else_down(imported, monkeypatch):
    from apigen_assets.catalog.importers.openapi import operations
    from apigen_assets.catalog.importers.openapi.parameters import argument_of

    def broken(parameter, *rest):
        if parameter["name"] == "bad":
            raise KeyError("application/json")
        return argument_of(parameter, *rest)

    monkeypatch.setattr(operations, "argument_of", broken)
    bad = [{"name": "bad", "in": "query", "schema": {"type": "string"}}]
    paths = {"/a": get(bad), "/b": {"get": {"operationId": "good"}}}
    tools, result = imported(paths)
    assert list(tools) == ["good"] and [reject.reason for reject in result.rejects] == ["internal_error"]


@pytest.mark.parametrize(
    ("name", "description", "secret"),
    [
        ("token", "Authentication token bearing required scopes.", True),
        ("key", "API key. Your API key identifies your project.", True),
        ("oauth_token", "OAuth 2.0 token for the current user.", True),
        ("appid", "Your unique API key.", True),
        ("access_token", "", True),
        ("X-Api-Key", "", True),
        ("appid", "Identifier of the game.", False),
        ("key", "Key of the issue.", False),
        ("token", "The session to look at.", False),
        ("page_token", "Token of the next page.", False),
        ("pageToken", "The access token of the next page.", False),
        ("sort_key", "Field to sort by.", False),
    ],
)
def test_secrets_are_told_by_name_and_words(imported, name, description, secret):
    given = [{"name": name, "in": "query", "description": description, "schema": {"type": "string"}}]
    tools, _ = imported({"/x": get(given)})
    assert (tools["op"].parameters["properties"] == {}) is secret
    assert bool(tools["op"].binding.credentials) is secret


def test_a_secret_in_the_servers_url_comes_from_the_environment(tmp_path, send, recording_server):
    path = tmp_path / "s.yaml"
    server = {"url": f"{recording_server.url}/{{region}}/bot{{token}}", "variables": {"region": {"default": "eu"}}}
    server["variables"]["token"] = {"description": "Bot token.", "default": ""}
    path.write_text(yaml.safe_dump(document({"/me": get([])}, servers=[server])))
    (api,) = import_openapi(path, "s").apis
    assert "abc12345" not in api.model_dump_json()
    _, seen = send(api, {"S_TOKEN": "abc12345"})
    assert seen.path == "/eu/botabc12345/me"
    result, seen = send(api)
    assert result.outcome is Outcome.AUTH and seen is None


@pytest.mark.parametrize(
    ("own", "summary", "name"),
    [
        ("getUsingGET_3", "", "get_pets_by_id"),
        ("listPetsUsingGET", "", "get_pets_by_id"),
        ("read_pet_pets__id__get", "", "read_pet"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "", "get_pets_by_id"),
        ("list", "", "list"),
        ("getPetV2", "", "getPetV2"),
    ],
)
def test_poor_operation_ids_give_way_to_better_names(imported, own, summary, name):
    operation = {"operationId": own, "summary": summary}
    tools, _ = imported({"/pets/{id}": {"get": operation}})
    assert list(tools) == [name]


def test_operation_ids_that_repeat_are_told_apart_by_path(imported):
    paths = {"/a": {"get": {"operationId": "find"}}, "/b": {"get": {"operationId": "find"}}}
    paths |= {"/c": {"get": {"operationId": "read_1"}}, "/d": {"get": {"operationId": "read_2"}}}
    tools, _ = imported(paths)
    assert sorted(tools) == ["get_a", "get_b", "get_c", "get_d"]


VENDOR = "application/vnd.shop+json;version=2"


@pytest.mark.parametrize(
    ("version", "more", "sent"),
    [
        ("3.0.3", {"schema": {"type": "string", "default": VENDOR}}, VENDOR),
        ("3.1.0", {"schema": {"const": VENDOR}}, VENDOR),
        ("3.0.3", {"schema": {"$ref": "#/components/schemas/Accept"}}, VENDOR),
        ("2.0", {"type": "string", "enum": [VENDOR]}, VENDOR),
        ("3.0.3", {"schema": {"type": "string", "enum": ["application/json", "text/csv"]}}, None),
        ("3.0.3", {"schema": {"type": "string", "default": "text/csv"}}, None),
        ("3.0.3", {"schema": {"$ref": "#/components/schemas/None"}}, None),
        ("3.0.3", {"schema": {"type": "string", "default": "application/json\r\nX-Other: 1"}}, None),
    ],
)
def test_a_version_in_the_accept_header_is_sent_as_declared(imported, send, version, more, sent):
    header = {"name": "Accept", "in": "header", "required": True, **more}
    components = {"schemas": {"Accept": {"type": "string", "enum": [VENDOR]}}}
    tools, _ = imported({"/a": get([header])}, version, **({} if version == "2.0" else {"components": components}))
    result, seen = send(tools["op"])
    assert result.outcome.value == "ok" and seen.headers["Accept"] == (sent or "application/json, */*;q=0.5")
