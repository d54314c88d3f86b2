"""Forms: headers of parts, fields of forms that are one argument, and names across the branches of a choice."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

import pytest
import yaml
from jsonschema import Draft202012Validator

from apigen_assets.catalog.importers.openapi.document import import_openapi
from resources.rest.policy import RestPolicy
from resources.rest.read_back import difference
from resources.rest.request import build

POLICY = RestPolicy(mode="live", allow_unsafe_methods=True)
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def fields(*required, **properties):
    return {"type": "object", "required": list(required), "properties": properties}


@pytest.fixture
def imported(tmp_path):
    def read(schema, media="multipart/form-data", encoding=None, **components):
        content = {media: {"schema": schema, **({"encoding": encoding} if encoding else {})}}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "T"},
            "servers": [{"url": "https://h.example"}],
            "paths": {"/x": {"post": {"operationId": "op", "requestBody": {"required": True, "content": content}}}},
            "components": components,
        }
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return import_openapi(tmp_path / "s.yaml", "s")

    return read


def parts(api, **arguments):
    """Name, headers and text of each part of a call."""
    request = build(api.binding, arguments, POLICY, {})
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            dict(part.items()),
            part.get_payload(decode=True).decode(),
        )
        for part in message.iter_parts()
    ]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"schema": {"type": "string", "enum": ["2"]}, "required": True}, "2"),
        ({"schema": {"type": "integer", "default": 7}}, "7"),
        ({"schema": {"type": "boolean", "const": True}}, "true"),
        ({"schema": {"type": "array", "items": TEXT, "default": ["a", "b"]}}, "a,b"),
        ({"$ref": "#/components/headers/Part"}, "kept"),
    ],
)
def test_headers_of_a_part_that_have_one_value_are_sent_with_it(imported, header, text):
    encoding = {"note": {"contentType": "text/markdown", "headers": {"X-Part": header, "Content-Type": header}}}
    headers = {"Part": {"schema": {"$ref": "#/components/schemas/Kind"}}}
    schemas = {"Kind": {"type": "string", "default": "kept"}}
    result = imported(fields(note=TEXT, other=TEXT), encoding=encoding, headers=headers, schemas=schemas)
    (api,) = result.apis
    assert not result.warnings
    (name, sent, body), (_, others, _) = parts(api, note="# a", other="b")
    assert (name, body, sent["X-Part"], sent["Content-Type"]) == ("note", "# a", text, "text/markdown")
    assert "X-Part" not in others
    assert json.loads(api.binding.model_dump_json())["parameters"]["note"]["part_headers"] == [["X-Part", text]]


def test_a_field_whose_part_needs_a_header_that_nobody_gives_is_not_offered(imported):
    encoding = {"note": {"headers": {"X-Sum": {"required": True, "schema": TEXT}}}}
    result = imported(fields(note=TEXT, other=TEXT), encoding=encoding)
    assert list(result.apis[0].parameters["properties"]) == ["other"]
    assert any("'note' is left out" in warning and "X-Sum" in warning for warning in result.warnings)
    needed = imported(fields("note", note=TEXT, other=TEXT), encoding=encoding)
    assert [(reject.reason, "X-Sum" in reject.detail) for reject in needed.rejects] == [("unsupported_body", True)]


def test_an_optional_header_without_a_value_is_left_out_and_said(imported):
    encoding = {"note": {"headers": {"X-Sum": {"schema": TEXT}}}}
    result = imported(fields(note=TEXT), encoding=encoding)
    assert "X-Sum" not in parts(result.apis[0], note="a")[0][1]
    assert any("X-Sum" in warning for warning in result.warnings)


def test_urlencoded_forms_have_no_headers_of_parts(imported):
    encoding = {"note": {"headers": {"X-Sum": {"required": True, "schema": TEXT}}}}
    result = imported(fields(note=TEXT), "application/x-www-form-urlencoded", encoding)
    assert list(result.apis[0].parameters["properties"]) == ["note"] and not result.warnings


def test_a_part_with_a_header_too_many_is_a_difference(imported):
    encoding = {"note": {"headers": {"X-Part": {"schema": {"default": "a", "type": "string"}}}}}
    (api,) = imported(fields(note=TEXT), encoding=encoding).apis
    request = build(api.binding, {"note": "x"}, POLICY, {})
    for body in (request.body.replace(b"X-Part: a\r\n", b""), request.body.replace(b"X-Part: a", b"X-Part: b")):
        assert difference("POST", request.url, request.headers, body, api.binding, {"note": "x"})


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_the_encoding_counts_in_a_form_that_is_a_choice(imported, key):
    choice = {key: [fields("tags", tags={"type": "array", "items": TEXT}), fields("meta", meta=fields(a=WHOLE))]}
    encoding = {"tags": {"style": "pipeDelimited", "explode": False}, "meta": {"style": "deepObject"}}
    (api,) = imported(choice, "application/x-www-form-urlencoded", encoding).apis
    for body, sent in [({"tags": ["a", "b"]}, [("tags", "a|b")]), ({"meta": {"a": 1}}, [("meta[a]", "1")])]:
        assert parse_qsl(build(api.binding, {"body": body}, POLICY, {}).body.decode()) == sent
    encoding = {"meta": {"contentType": "application/vnd.x+json", "headers": {"X-A": {"schema": {"const": "b"}}}}}
    (api,) = imported(choice, encoding=encoding).apis
    ((name, headers, text),) = parts(api, body={"meta": {"a": 1}})
    assert (name, headers["X-A"], headers["Content-Type"], text) == ("meta", "b", "application/vnd.x+json", '{"a":1}')
    assert [text for _, _, text in parts(api, body={"tags": ["a", "b"]})] == ["a", "b"]


A_B, A_UNDER_B = fields(**{"a b": WHOLE}), fields(**{"a_b": WHOLE})
NODE = {"Node": fields(**{"k[1]": WHOLE, "next": {"$ref": "#/components/schemas/Node"}})}
CHOICES = {
    "side by side": [(A_B, {"a_b_2": 1}, {"a b": 1}), (A_UNDER_B, {"a_b": 1}, {"a_b": 1})],
    "two that both change": [
        (A_B, {"a_b": 1}, {"a b": 1}),
        (fields(**{"a/b": WHOLE}), {"a_b_2": 1}, {"a/b": 1}),
    ],
    "inside one field": [
        (fields(x=A_B), {"x": {"a_b_2": 1}}, {"x": {"a b": 1}}),
        (fields(x=A_UNDER_B), {"x": {"a_b": 1}}, {"x": {"a_b": 1}}),
    ],
    "other names in one field": [
        (fields(x=A_B), {"x": {"a_b": 1}}, {"x": {"a b": 1}}),
        (fields(x=fields(**{"c d": WHOLE})), {"x": {"c_d": 1}}, {"x": {"c d": 1}}),
    ],
    "in lists and in free fields": [
        ({"type": "object", "additionalProperties": A_B}, {"k": {"a_b_2": 1}}, {"k": {"a b": 1}}),
        ({"type": "array", "items": A_UNDER_B}, [{"a_b": 1}], [{"a_b": 1}]),
    ],
    "a choice in a choice": [
        ({"anyOf": [A_B, fields(**{"a:b": WHOLE})]}, {"a_b_3": 1}, {"a:b": 1}),
        (A_UNDER_B, {"a_b": 1}, {"a_b": 1}),
    ],
    "schemas that contain themselves": [
        ({"$ref": "#/components/schemas/Node"}, {"k_1_2": 1, "next": {"k_1_2": 2}}, {"k[1]": 1, "next": {"k[1]": 2}}),
        (fields(next=fields(k_1=WHOLE)), {"next": {"k_1": 1}}, {"next": {"k_1": 1}}),
    ],
}


@pytest.mark.parametrize("branches", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_every_branch_of_a_choice_is_sent_under_its_own_names(imported, branches, key):
    schema = fields("v", v={key: [branch for branch, _, _ in branches]})
    (api,) = imported(schema, "application/json", schemas=NODE).apis
    offered = api.parameters["properties"]["v"]["anyOf"]
    for (_, value, wire), branch in zip(branches, offered, strict=True):
        names = {name for part in (branch, *branch.get("anyOf", ())) for name in part.get("properties", ())}
        assert not isinstance(value, dict) or not names or set(value) <= names
        assert Draft202012Validator(branch).is_valid(value)
        body = build(api.binding, {"v": value}, POLICY, {}).body
        assert body is not None and json.loads(body) == {"v": wire}
