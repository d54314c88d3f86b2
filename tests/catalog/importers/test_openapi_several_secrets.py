"""Lists and maps of secrets: no arguments; one variable holds them, as JSON or, of a list, its only item."""

from functools import partial
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import Outcome
from resources.rest.request import RequestRefusedError, build
from tests.helpers.openapi_bodies import POLICY, TEXT, api_with_body, ref, request_of, sent, thing, words

TEXTS = {"type": "array", "items": TEXT}
MAP = {"type": "object", "additionalProperties": TEXT}


@pytest.fixture
def imported(tmp_path):
    return partial(api_with_body, tmp_path)


@pytest.mark.parametrize(
    ("held", "listed"),
    [
        ("kkkk1111", ["kkkk1111"]),
        ('["kkkk1111"]', ["kkkk1111"]),
        ('["kkkk1111", "kkkk2222"]', ["kkkk1111", "kkkk2222"]),
    ],
)
def test_a_list_of_secrets_comes_from_one_variable_that_holds_json_or_the_only_item(imported, held, listed):
    api = imported(thing(["access_tokens"], n=TEXT, access_tokens=TEXTS))
    assert list(api.parameters["properties"]) == ["n"]
    request = request_of(api, {"S_ACCESS_TOKENS": held}, n="a")
    assert sent(api, {"S_ACCESS_TOKENS": held}, n="a") == {"n": "a", "access_tokens": listed}
    assert request.secrets == tuple(listed) and request.secret_body


def test_a_map_of_secrets_comes_from_one_variable_that_holds_json(imported):
    api = imported(thing(["api_keys"], n=TEXT, api_keys=MAP, credentials=MAP))
    assert list(api.parameters["properties"]) == ["n"]
    environment = {
        "S_API_KEYS": '{"eu": "kkkk1111", "us": "kkkk2222"}',
        "S_CREDENTIALS": '{"user": "u", "pass": "pppp"}',
    }
    request = request_of(api, environment, n="a")
    assert sent(api, environment, n="a") == {
        "n": "a",
        "api_keys": {"eu": "kkkk1111", "us": "kkkk2222"},
        "credentials": {"user": "u", "pass": "pppp"},
    }
    assert {"kkkk1111", "kkkk2222", "pppp"} <= set(request.secrets)


@pytest.mark.parametrize("kind", [TEXTS, MAP])
@pytest.mark.parametrize(
    "held", ["[]", "{}", '["kkkk1111", 2]', '{"a": {"b": "kkkk1111"}}', "[kkkk1111", "{kkkk1111", '[""]']
)
def test_a_variable_that_holds_something_else_makes_no_call_and_is_not_repeated(imported, kind, held):
    api = imported(thing(["access_tokens"], access_tokens=kind))
    if kind is TEXTS and not held.startswith("["):
        assert sent(api, {"S_ACCESS_TOKENS": held}) == {"access_tokens": [held]}
        return
    with pytest.raises(RequestRefusedError, match="S_ACCESS_TOKENS has to hold a JSON") as refused:
        build(api.binding, {}, POLICY, {"S_ACCESS_TOKENS": held})
    assert refused.value.outcome is Outcome.AUTH and "kkkk1111" not in refused.value.detail


@pytest.mark.parametrize("kind", [TEXTS, MAP])
def test_where_the_variable_is_not_set_a_required_one_makes_no_call_and_an_optional_one_is_left_out(imported, kind):
    needed = imported(thing(["access_tokens"], access_tokens=kind))
    with pytest.raises(RequestRefusedError, match="S_ACCESS_TOKENS is not set"):
        build(needed.binding, {}, POLICY, {})
    assert sent(imported(thing(n=TEXT, access_tokens=kind)), {}, n="a") == {"n": "a"}


def test_inside_objects_and_schemas_that_contain_themselves_they_are_put_where_they_belong(imported):
    site = thing(["host", "api_keys"], host=TEXT, api_keys=TEXTS, mirrors={"type": "array", "items": ref("Site")})
    api = imported(thing(["sites"], sites={"type": "array", "items": ref("Site")}), schemas={"Site": site})
    assert "api_keys" not in words(api)
    keys = ["kkkk1111", "kkkk2222"]
    value = [{"host": "a", "mirrors": [{"host": "b"}]}, {"host": "c"}]
    assert sent(api, {"S_SITES_API_KEYS": '["kkkk1111", "kkkk2222"]'}, sites=value) == {
        "sites": [
            {"host": "a", "api_keys": keys, "mirrors": [{"host": "b", "api_keys": keys}]},
            {"host": "c", "api_keys": keys},
        ]
    }
    with pytest.raises(RequestRefusedError, match="S_SITES_API_KEYS"):
        build(api.binding, {"sites": value}, POLICY, {"S_SITES_API_KEYS": "[1]"})
    assert sent(api, {"S_SITES_API_KEYS": "[1]"}, sites=[]) == {"sites": []}


NULLABLE = {"type": "array", "items": TEXT, "nullable": True}
OR_NOTHING = {"oneOf": [TEXTS, {"type": "null"}]}
ONE_OR_SEVERAL = {"oneOf": [TEXT, TEXTS]}


@pytest.mark.parametrize(
    ("schema", "value"), [(NULLABLE, ["kkkk1111"]), (OR_NOTHING, ["kkkk1111"]), (ONE_OR_SEVERAL, ["kkkk1111"])]
)
def test_lists_that_may_be_null_or_a_single_secret_are_told_too(imported, schema, value):
    api = imported(thing(n=TEXT, access_tokens=schema))
    assert list(api.parameters["properties"]) == ["n"]
    assert sent(api, {"S_ACCESS_TOKENS": "kkkk1111"}, n="a")["access_tokens"] == value


def test_forms_write_a_list_as_the_specification_says(imported):
    encoding = {"encoding": {"api_keys": {"style": "form", "explode": False}}}
    for of_media, pairs in ((encoding, [("api_keys", "k1,k2")]), ({}, [("api_keys", "k1"), ("api_keys", "k2")])):
        api = imported(thing(["api_keys"], n=TEXT, api_keys=TEXTS), "application/x-www-form-urlencoded", **of_media)
        body = request_of(api, {"S_API_KEYS": '["k1", "k2"]'}, n="a").body
        assert parse_qsl(body.decode()) == [("n", "a"), *pairs]


@pytest.mark.parametrize(
    ("version", "style", "query"),
    [
        ("3.0.3", {}, [("api_keys", "k1"), ("api_keys", "k2")]),
        ("3.0.3", {"style": "pipeDelimited", "explode": False}, [("api_keys", "k1|k2")]),
        ("2.0", {"collectionFormat": "csv"}, [("api_keys", "k1,k2")]),
    ],
)
def test_parameters_are_written_as_the_specification_says(tmp_path, version, style, query):
    typed = {"schema": TEXTS} if version != "2.0" else TEXTS
    operation = {"operationId": "op", "parameters": [{"name": "api_keys", "in": "query", **typed, **style}]}
    server = {"swagger": version, "host": "h.example"} if version == "2.0" else {"openapi": version}
    server |= {} if version == "2.0" else {"servers": [{"url": "https://h.example"}]}
    document = {**server, "info": {"title": "T"}, "paths": {"/x": {"get": operation}}}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(document))
    (api,) = import_openapi(tmp_path / "s.yaml", "s").apis
    assert api.binding.parameters == {}
    assert parse_qsl(urlsplit(request_of(api, {"S_API_KEYS": '["k1", "k2"]'}).url).query) == query


@pytest.mark.parametrize(
    ("name", "schema", "is_secret"),
    [
        ("passwords", TEXTS, False),
        ("tokens", TEXTS, False),
        ("tokens", {**TEXTS, "description": "A list of API tokens."}, True),
        ("tokens", {"type": "array", "items": {**TEXT, "description": "An access token."}}, True),
        ("keys", {**TEXTS, "description": "The API keys to delete."}, False),
        ("public_keys", TEXTS, False),
        ("access_token_ids", TEXTS, False),
        ("api_keys", {"type": "array", "items": {"type": "integer"}}, False),
        ("api_keys", {"type": "array", "items": {**TEXT, "enum": ["a", "b"]}}, False),
        ("secrets", MAP, False),
        ("headers", MAP, False),
        ("labels", {**MAP, "description": "Labels of the access token."}, False),
        ("provider_tokens", {**MAP, "description": "Access tokens by provider."}, True),
        ("credentials", {"type": "object"}, True),
        ("metadata", {"type": "object"}, False),
        ("signing", {**TEXTS, "x-sensitive": True}, True),
        ("signing", {"type": "array", "items": {**TEXT, "x-ms-secret": True}}, True),
    ],
)
def test_what_is_told_of_one_secret_is_told_of_several(imported, name, schema, is_secret):
    api = imported(thing(n=TEXT, **{name: schema}))
    assert (name not in api.parameters["properties"]) == is_secret
    inside = imported(thing(n=TEXT, holder=thing(m=TEXT, **{name: schema})))
    assert (name not in words(inside)) == is_secret
