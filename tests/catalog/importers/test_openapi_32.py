"""What OpenAPI 3.2 adds: the method QUERY, media types kept in components, one parameter that is the whole query."""

import pytest
import yaml

from apigen_assets.catalog.filters.accessibility import callable_unasked
from apigen_assets.catalog.importers.openapi.document import import_openapi
from resources.rest.policy import RestPolicy
from resources.rest.request import build

READS_ONLY = RestPolicy(mode="live", allow_private_addresses=True)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def imported(tmp_path):
    """Imports a document; tools by own name, and the result."""

    def read(paths, **components):
        value = {"openapi": "3.2.0", "info": {"title": "T", "version": "1"}, "paths": paths, "components": components}
        path = tmp_path / "s.yaml"
        path.write_text(yaml.safe_dump({**value, "servers": [{"url": "https://h.example"}]}, sort_keys=False))
        result = import_openapi(path, "s")
        return {api.name.removeprefix("s_"): api for api in result.apis}, result

    return read


def test_query_is_a_method_that_reads_and_has_a_body(imported):
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "size": {"type": "integer"}}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    tools, result = imported({"/pets": {"query": {"operationId": "find", "requestBody": body}}})
    binding = tools["find"].binding

    assert result.rejects == [] and callable_unasked(tools["find"])
    for arguments, sent in (({"text": "cat", "size": 2}, b'{"text":"cat","size":2}'), ({}, b"{}")):
        request = build(binding, arguments, READS_ONLY, {})
        assert (request.method, request.url, request.body) == ("QUERY", "https://h.example/pets", sent)


def test_other_methods_of_a_path_are_rejects(imported):
    _, result = imported({"/pets": {"additionalOperations": {"COPY": {"operationId": "copy"}}}})
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [
        ("COPY /pets", "unsupported_method")
    ]


def test_a_media_type_may_stand_in_components(imported):
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    content = {"application/json": {"$ref": "#/components/mediaTypes/Pet"}}
    parameter = {"name": "like", "in": "query", "content": content}
    operation = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}, "operationId": "op"}
    tools, _ = imported(
        {"/x": {"post": {**operation, "parameters": [parameter]}}}, mediaTypes={"Pet": {"schema": schema}}
    )
    tool = tools["op"]

    assert tool.parameters["properties"]["name"] == {"type": "string"}
    assert tool.parameters["properties"]["like"]["required"] == ["name"] and tool.returns["required"] == ["name"]


def test_one_parameter_that_is_the_whole_query_is_its_fields(imported):
    properties = {"town": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}
    schema = {"type": "object", "required": ["town"], "properties": properties}
    for required in (True, False):
        whole = {"name": "q", "in": "querystring", "required": required, "content": {FORM: {"schema": schema}}}
        tools, _ = imported({"/x": {"get": {"operationId": "op", "parameters": [whole]}}})
        assert tools["op"].parameters["required"] == (["town"] if required else [])
        request = build(tools["op"].binding, {"town": "Bad Tölz", "tags": ["a", "b&c"]}, READS_ONLY, {})
        assert request.url == "https://h.example/x?town=Bad%20T%C3%B6lz&tags=a&tags=b%26c"


def test_fields_of_a_whole_query_are_written_as_its_encoding_says_and_secrets_are_none_of_them(imported):
    texts = {"type": "array", "items": {"type": "string"}}
    where = {"type": "object", "properties": {"open": {"type": "boolean"}}}
    properties = {"tags": texts, "ids": texts, "where": where, "api_key": {"type": "string"}, "gone": {"$ref": "#/x"}}
    encoding = {"tags": {"style": "pipeDelimited", "explode": False}, "ids": {"contentType": "application/json"}}
    content = {FORM: {"schema": {"type": "object", "properties": properties}, "encoding": encoding}}
    tools, _ = imported(
        {"/x": {"get": {"operationId": "op", "parameters": [{"name": "q", "in": "querystring", "content": content}]}}}
    )
    assert sorted(tools["op"].parameters["properties"]) == ["ids", "tags", "where"]
    request = build(tools["op"].binding, {"tags": ["a", "b"], "ids": ["1"], "where": {"open": True}}, READS_ONLY, {})
    assert request.url.partition("?")[2] == "tags=a%7Cb&ids=%5B%221%22%5D&where=%7B%22open%22%3Atrue%7D"


@pytest.mark.parametrize(
    "content",
    [
        {"application/json": {"schema": {"type": "object"}}},
        {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
    ],
)
def test_a_whole_query_in_another_form_is_not_guessed(imported, content):
    whole = {"name": "q", "in": "querystring", "content": content}
    tools, result = imported({"/x": {"get": {"operationId": "op", "parameters": [whole]}}})
    assert tools["op"].parameters["properties"] == {} and "'q'" in result.warnings[0]
    _, result = imported({"/x": {"get": {"operationId": "op", "parameters": [{**whole, "required": True}]}}})
    assert [reject.reason for reject in result.rejects] == ["unsupported_parameter"]


def test_an_examples_value_may_be_called_data_value(imported):
    named = {"one": {"dataValue": "Hello, world!", "serializedValue": "greeting=Hello%2C%20world%21"}}
    parameter = {"name": "greeting", "in": "query", "schema": {"type": "string"}, "examples": named}
    tools, _ = imported({"/x": {"get": {"operationId": "op", "parameters": [parameter]}}})
    assert tools["op"].parameters["properties"]["greeting"]["examples"] == ["Hello, world!"]
