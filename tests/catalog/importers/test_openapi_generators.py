"""What generators write: ids made of paths, empty parts of servers, nulls in addresses, tabs, bodies of files alone."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.openapi.document import import_openapi


@pytest.fixture
def imported(tmp_path):
    """Imports a document; tools by own name, and the result."""

    def read(paths, version="3.0.3", **more):
        value = {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": paths}
        value |= {"servers": [{"url": "https://h.example"}], **more}
        path = tmp_path / "s.yaml"
        path.write_text(yaml.safe_dump(value, sort_keys=False))
        result = import_openapi(path, "s")
        return {api.name.removeprefix("s_"): api for api in result.apis}, result

    return read


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("https://h.example/{base}", "https://h.example/x"),
        ("https://h.example/{base}/v2", "https://h.example/v2/x"),
        ("{root}/{base}", "https://root.example/x"),
        ("https://h.example:{base}/v2", "https://h.example/v2/x"),
        ("https://{base}h.example", "https://h.example/x"),
    ],
)
def test_a_variable_of_a_server_may_be_empty(imported, server, url):
    variables = {"base": {"default": ""}, "root": {"default": "https://root.example"}}
    tools, _ = imported({"/x": {"get": {"operationId": "op"}}}, servers=[{"url": server, "variables": variables}])
    assert tools["op"].binding.url == url


@pytest.mark.parametrize("server", ["https://{tenant}.h.example", "https://{tenant}/v1", "{tenant}"])
def test_a_server_whose_host_is_not_given_is_none(imported, server):
    variables = {"tenant": {"default": ""}}
    _, result = imported({"/x": {"get": {"operationId": "op"}}}, servers=[{"url": server, "variables": variables}])
    assert [(reject.reason, "'tenant'" in reject.detail) for reject in result.rejects] == [("no_server", True)]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["integer", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Number"}]},
        {"$ref": "#/components/schemas/Maybe"},
        {"type": "integer", "nullable": True, "default": None},
    ],
)
def test_no_null_is_offered_where_an_address_or_a_query_needs_a_value(imported, schema):
    schemas = {"Number": {"type": "integer"}, "Maybe": {"type": ["integer", "null"], "enum": [1, 2, None]}}
    version = "3.0.3" if "nullable" in schema else "3.1.0"
    parameters = [
        {"name": "page", "in": "path", "required": True, "schema": schema},
        {"name": "needed", "in": "query", "required": True, "schema": schema},
        {"name": "spare", "in": "query", "schema": schema},
    ]
    operation = {"operationId": "op", "parameters": parameters}
    tools, _ = imported({"/x/{page}": {"get": operation}}, version, components={"schemas": schemas})
    check = Draft202012Validator(tools["op"].parameters)

    assert check.is_valid({"page": 1, "needed": 2, "spare": None})
    assert not check.is_valid({"page": None, "needed": 2})
    assert not check.is_valid({"page": 1, "needed": None})
    assert not check.is_valid({"page": 1, "needed": "two"})


@pytest.mark.parametrize(
    ("own", "method", "path", "name"),
    [
        ("get-/v3/pets/{id}_getById", "get", "/v3/pets/{id}", "get_v3_pets_by_id"),
        ("post-/v3/pets/search/_doSearch", "post", "/v3/pets/search/", "post_v3_pets_search"),
        ("pets/list-all", "get", "/pets", "pets_list-all"),
        ("pets", "get", "/pets", "pets"),
        (
            "",
            "put",
            "/api/v4/organisations/{organisation}/v2/departments/{department}/people/{person}",
            "put_organisations_departments_people_by_person",
        ),
    ],
)
def test_an_id_that_is_the_path_gives_way_to_a_name(imported, own, method, path, name):
    tools, _ = imported({path: {method: {"operationId": own}}})
    assert list(tools) == [name]


def test_a_long_name_stays_whole_where_a_brief_one_would_be_two(imported):
    start = "/organisations/{name}/departments"
    tools, _ = imported({f"{start}/{{one}}/people": {"get": {}}, f"{start}/{{other}}/people": {"get": {}}})
    assert sorted(tools) == [f"get_organisations_by_name_departments_by_{part}_people" for part in ("one", "other")]
    tools, _ = imported({f"{start}/{{one}}/people": {"get": {}}})
    assert list(tools) == ["get_organisations_departments_people"]


def test_a_verb_that_a_generator_numbers_names_nothing(imported):
    paths = {f"/{thing}": {"get": {"operationId": own}} for thing, own in (("a", "list"), ("b", "list_1"))}
    paths |= {"/c": {"get": {"operationId": "findCat"}}, "/d": {"get": {"operationId": "findCat_1"}}}
    tools, _ = imported(paths)
    assert sorted(tools) == ["findCat", "get_a", "get_b", "get_d"]


@pytest.mark.parametrize(("required", "reasons"), [(True, ["file_upload"]), (False, [])])
def test_a_body_that_is_needed_and_holds_only_files_is_an_upload(imported, required, reasons):
    binary = {"type": "string", "format": "binary"}
    schema = {"type": "object", "properties": {"file": binary, "more": {"type": "array", "items": binary}}}
    body = {"required": required, "content": {"multipart/form-data": {"schema": schema}}}
    _, result = imported({"/x": {"post": {"operationId": "op", "requestBody": body}}})
    assert [reject.reason for reject in result.rejects] == reasons

    schema["properties"]["title"] = {"type": "string"}
    tools, result = imported({"/x": {"post": {"operationId": "op", "requestBody": body}}})
    assert list(tools["op"].parameters["properties"]) == ["title"] and result.rejects == []


@pytest.mark.parametrize("blank", ["\t\t\n", "   \t\n", "\t  # a tab before a comment\n"])
def test_a_line_that_says_nothing_may_hold_tabs(tmp_path, blank):
    path = tmp_path / "s.yaml"
    text = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers:\n  - url: https://h.example\npaths:\n  /x:\n"
    path.write_text(f"{text}    get:\n{blank}      operationId: op\n{blank}      summary: Says something.\n")
    result = import_openapi(path, "s")
    assert [api.description for api in result.apis] == ["Says something."]


def test_a_tab_that_indents_is_no_yaml(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("openapi: 3.0.3\npaths:\n\t/x: {}\n")
    assert [reject.reason for reject in import_openapi(path, "s").rejects] == ["not_yaml"]


@pytest.mark.parametrize("where", ["beside", "first", "nested"])
def test_a_field_that_only_answers_have_is_not_needed_wherever_it_is_required(imported, where):
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    stored = {"properties": {"id": {"type": "integer", "readOnly": True}, "kept": {"type": "string", "readOnly": True}}}
    needs = {"required": ["id", "name", "colour"]}
    schema = {
        "beside": {"allOf": [pet, {"$ref": "#/components/schemas/Stored"}], **needs},
        "first": {"allOf": [needs, pet, {"$ref": "#/components/schemas/Stored"}]},
        "nested": {
            "allOf": [{"allOf": [pet, {"allOf": [stored]}]}, {"properties": {"kept": {"type": "string"}}}, needs]
        },
    }[where]
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    paths = {"/x": {"post": {"operationId": "op", "requestBody": body}}}
    tools, _ = imported(paths, components={"schemas": {"Stored": stored}})
    assert sorted(tools["op"].parameters["required"]) == ["colour", "name"]
    assert sorted(tools["op"].parameters["properties"]) == ["colour", *(["kept"] if where == "nested" else []), "name"]


@pytest.mark.parametrize("kind", [{"type": "string", "enum": ["team_reference"]}, {"type": "string", "readOnly": True}])
def test_what_says_which_thing_is_meant_is_needed_although_only_answers_have_it(imported, kind):
    resource = {
        "properties": {"id": {"type": "string", "readOnly": True}, "self": {"type": "string", "readOnly": True}}
    }
    team = {"allOf": [resource, {"properties": {"type": kind}}], "required": ["type", "id"]}
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "properties": {"of": team}}}},
    }
    tools, _ = imported({"/x": {"post": {"operationId": "op", "requestBody": body}}})
    offered = tools["op"].parameters["properties"]["of"]
    assert offered["properties"]["id"] == {"type": "string"} and sorted(offered["properties"]) == ["id", "type"]
    assert sorted(offered["required"]) == ["id", "type"]


def test_parts_of_allof_that_refer_to_each_other_with_words_beside_come_to_an_end(imported):
    schemas = {
        "A": {
            "required": ["a", "shown"],
            "properties": {"a": {"type": "string"}},
            "allOf": [{"$ref": "#/components/schemas/B", "description": "As b."}],
        },
        "B": {
            "required": ["shown"],
            "properties": {"shown": {"type": "string", "readOnly": True}},
            "allOf": [{"$ref": "#/components/schemas/A", "description": "As a."}],
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
    operation = {"operationId": "op", "requestBody": {"content": content}}
    tools, _ = imported({"/x": {"post": operation}}, components={"schemas": schemas})
    assert tools["op"].parameters["required"] == ["a"]
