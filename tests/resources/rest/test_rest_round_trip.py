"""Whatever a style can carry is read back as it was; what it cannot is refused before anything is sent."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.documents import Document
from apigen_assets.catalog.importers.openapi.document import import_documents, import_openapi
from apigen_assets.domain.api import RestBinding
from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonObject
from resources.rest.policy import RestPolicy
from resources.rest.read_back import difference
from resources.rest.request import RequestRefusedError, build

ANY = RestPolicy(allow_unsafe_methods=True)
few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.text(st.sampled_from("abcXYZ019 ,|;:/?#[]@!$&'()*+=%.~-_\"\\<>äß漢\t"), max_size=8)
KEYS = st.text(st.sampled_from("abcdXY_-.@$ []"), min_size=1, max_size=6)
SCALARS = {
    "string": WORDS,
    "integer": st.integers(-(10**12), 10**12) | st.sampled_from([2.0, -7.0]),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-99, 99),
    "boolean": st.booleans(),
}
scalar_schemas = st.sampled_from(sorted(SCALARS)).map(lambda kind: {"type": kind})
flat_schemas = st.one_of(
    scalar_schemas,
    scalar_schemas.map(lambda items: {"type": "array", "items": items}),
    st.dictionaries(KEYS, scalar_schemas, min_size=1, max_size=3).map(
        lambda properties: {"type": "object", "properties": properties}
    ),
)
deep_schemas = st.recursive(
    flat_schemas,
    lambda inner: (
        inner.map(lambda items: {"type": "array", "items": items})
        | st.dictionaries(KEYS, inner, min_size=1, max_size=3).map(
            lambda properties: {"type": "object", "properties": properties}
        )
    ),
    max_leaves=5,
)


def values(schema):
    kind = schema["type"]
    if kind == "array":
        return st.lists(values(schema["items"]), max_size=3)
    if kind == "object":
        return st.fixed_dictionaries({}, optional={k: values(v) for k, v in schema["properties"].items()})
    return SCALARS[kind]


STYLES = {
    "query": ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
    "path": ["simple", "label", "matrix"],
    "header": ["simple"],
    "cookie": ["form"],
}


@st.composite
def parameters_3(draw):
    place = draw(st.sampled_from(sorted(STYLES)))
    schema = draw(flat_schemas)
    parameter = {"name": draw(st.sampled_from(["p", "p[x]", "x-p", "$p"])), "in": place}
    if place == "header":
        parameter["name"] = "X-P"
    if place == "path":
        parameter |= {"name": "p", "required": True}
    if draw(st.booleans()) and place in ("query", "header"):
        return {**parameter, "content": {"application/json": {"schema": schema}}}
    parameter |= {"schema": schema, "style": draw(st.sampled_from(STYLES[place]))}
    for key in ("explode", "allowReserved"):
        if draw(st.booleans()):
            parameter[key] = draw(st.booleans())
    return parameter


@st.composite
def parameters_2(draw):
    place = draw(st.sampled_from(["query", "path", "header", "formData"]))
    schema = draw(scalar_schemas | scalar_schemas.map(lambda items: {"type": "array", "items": items}))
    parameter = {"name": "X-P" if place == "header" else "p", "in": place, **schema}
    if schema["type"] == "array":
        choices = ["csv", "ssv", "tsv", "pipes"] + (["multi"] if place in ("query", "formData") else [])
        parameter["collectionFormat"] = draw(st.sampled_from(choices))
    return parameter | ({"required": True} if place == "path" else {})


def tool(operation, version, path="/x", method="post"):
    head = {"swagger": "2.0", "host": "t.example"} if version == "2.0" else {"openapi": version}
    spec = {**head, "servers": [{"url": "https://t.example"}], "paths": {path: {method: operation}}}
    (api,) = import_documents([Document("s.json", json.dumps(spec).encode())], "s").apis
    return api


Sent = tuple[str, str, dict[str, str], bytes | None, RestBinding]


def carried(api: Any, arguments: JsonObject) -> Sent | None:
    """The request, or null where it was refused; what is sent says what the arguments say, and nothing else does."""
    try:
        request = build(api.binding, arguments, ANY, {})
    except RequestRefusedError as refused:
        assert refused.outcome in (Outcome.REFUSED, Outcome.ARGUMENT_ERROR), refused.detail
        return None
    given_to = (request.method, request.url, request.headers, request.body, api.binding)
    assert difference(*given_to, arguments) is None
    return given_to


def altered(arguments):
    """Other arguments than those that were sent."""
    (name,) = arguments
    value = arguments[name]
    if isinstance(value, bool):
        return {name: not value}
    if isinstance(value, int | float):
        return {name: value + 1 if value + 1 != value else value / 2}
    if isinstance(value, str):
        return {name: value + "x"}
    if isinstance(value, list):
        return {name: [*value, value[-1]]}
    return {name: {**value, "zz": 1}}


@few
@given(st.data(), parameters_3(), st.sampled_from(["3.0.3", "3.1.0"]))
def test_openapi_3_parameters(data, parameter, version):
    api = tool({"parameters": [parameter]}, version, "/x/{p}/y" if parameter["in"] == "path" else "/x", "get")
    (name,) = api.parameters["properties"]
    schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    arguments = {name: renamed(data.draw(values(schema)), api, name)}
    sent = carried(api, arguments)
    if sent is not None and arguments[name] not in ("", [], {}):
        assert difference(*sent, altered(arguments)) is not None


@few
@given(st.data(), parameters_2())
def test_swagger_2_parameters(data, parameter):
    api = tool({"parameters": [parameter]}, "2.0", "/x/{p}/y" if parameter["in"] == "path" else "/x")
    (name,) = api.parameters["properties"]
    arguments = {name: data.draw(values(parameter))}
    sent = carried(api, arguments)
    if sent is not None and arguments[name] not in ("", []):
        assert difference(*sent, altered(arguments)) is not None


@few
@given(
    st.data(),
    deep_schemas,
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]),
    st.sampled_from([None, {"style": "deepObject", "explode": True}, {"contentType": "application/json"}]),
    st.sampled_from(["3.0.3", "3.1.0"]),
)
def test_bodies(data, schema, media, encoding, version):
    body = {"schema": {"type": "object", "properties": {"f": schema}}}
    if encoding and "json" not in media:
        body["encoding"] = {"f": encoding}
    api = tool({"requestBody": {"content": {media: body}}}, version)
    arguments = {"f": renamed(data.draw(values(schema)), api, "f")}
    sent = carried(api, arguments)
    if media == "application/json":
        assert sent is not None, "JSON carries everything"
    if sent is not None and arguments["f"] not in ("", [], {}):
        assert difference(*sent, altered(arguments)) is not None


@few
@given(
    st.dictionaries(st.sampled_from("abcd"), flat_schemas, min_size=2, max_size=4),
    st.data(),
)
def test_several_parameters_are_never_mixed_up(schemas, data):
    given_parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
    api = tool({"parameters": given_parameters}, "3.0.3", method="get")
    arguments = {name: renamed(data.draw(values(schema)), api, name) for name, schema in schemas.items()}
    sent = carried(api, arguments)
    assume(sent is not None)
    assert sent is not None
    for name in schemas:
        left_out = {key: value for key, value in arguments.items() if key != name}
        if arguments[name] not in ([], {}):
            assert difference(*sent, left_out) is not None


def renamed(value, api, name):
    """The value with its fields under the names that the tool offers."""
    at = api.binding.parameters[name].names

    def walk(value, at):
        if at is None:
            return value
        names = api.binding.nested[at]
        if isinstance(value, list):
            return [walk(item, names.items) for item in value]
        if not isinstance(value, dict):
            return value
        own = {wire: offered for offered, wire in names.fields.items()}
        return {own.get(k, k): walk(v, names.inner.get(own.get(k, k), names.values)) for k, v in value.items()}

    return walk(value, at)


@few
@given(st.lists(WORDS, min_size=1, max_size=3), st.sampled_from([True, False]), st.sampled_from(["query", "path"]))
def test_no_text_is_refused_where_the_style_can_carry_it(texts, explode, place):
    parameter = {"name": "p", "in": place, "explode": explode, "schema": {"type": "array", "items": {"type": "string"}}}
    parameter |= {"required": True} if place == "path" else {}
    api = tool({"parameters": [parameter]}, "3.0.3", "/x/{p}/y" if place == "path" else "/x", "get")
    assert carried(api, {"p": texts}) is not None or (place == "path" and ",".join(texts) in ("", ".", ".."))


@pytest.mark.parametrize("place", ["query", "form"])
def test_a_list_in_an_object_that_is_written_as_pairs_repeats_its_name(place, tmp_path):
    texts = {"type": "array", "items": {"type": "string"}}
    fields = {"page": {"type": "integer"}, "sort": texts, "where": {"type": "array", "items": {"type": "object"}}}
    schema = {"type": "object", "properties": fields}
    spread = {"style": "form", "explode": True}
    operation: dict[str, object] = {"operationId": "op"}
    if place == "query":
        operation["parameters"] = [{"name": "pageable", "in": "query", "schema": schema, **spread}]
    else:
        body = {"schema": {"properties": {"pageable": schema}}, "encoding": {"pageable": spread}}
        operation["requestBody"] = {"content": {"application/x-www-form-urlencoded": body}}
    document = {"openapi": "3.0.3", "servers": [{"url": "https://h.example"}], "paths": {"/x": {"post": operation}}}
    (tmp_path / "s.json").write_text(json.dumps(document))
    (api,) = import_openapi(tmp_path / "s.json", "s").apis
    assert isinstance(api.binding, RestBinding)
    policy = RestPolicy(mode="live", allow_unsafe_methods=True)

    for sort, sent in ((["name,asc", "age"], "&sort=name%2Casc&sort=age"), (["1"], "&sort=1")):
        request = build(api.binding, {"pageable": {"page": 2, "sort": sort}}, policy, {})
        text = request.url.partition("?")[2] if place == "query" else (request.body or b"").decode()
        assert text == f"page=2{sent}"
    request = build(api.binding, {"pageable": {"page": 2, "where": [{"a": 1}]}}, policy, {})
    text = request.url.partition("?")[2] if place == "query" else (request.body or b"").decode()
    assert text == "page=2&where=%5B%7B%22a%22%3A1%7D%5D"
