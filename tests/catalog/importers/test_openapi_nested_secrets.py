"""Secrets inside request bodies: no argument at any depth, and put where they belong when a call is made."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
from urllib.parse import parse_qsl

import pytest

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.catalog.importers.openapi.secret_ways import MAX_SECRETS
from apigen_assets.domain.outcome import Outcome
from resources.rest.request import RequestRefusedError, build
from tests.helpers.openapi_bodies import POLICY, TEXT, api_with_body, ref, sent, thing, words


@pytest.fixture
def imported(tmp_path):
    return partial(api_with_body, tmp_path)


def test_a_required_secret_comes_from_the_environment_and_stands_at_its_place(imported):
    api = imported(thing(["auth", "n"], n=TEXT, auth=thing(["user", "api_key"], user=TEXT, api_key=TEXT)))
    assert "api_key" not in words(api)
    assert sent(api, {"S_AUTH_API_KEY": "kkkk1111"}, n="a", auth={"user": "u"}) == {
        "n": "a",
        "auth": {"user": "u", "api_key": "kkkk1111"},
    }
    with pytest.raises(RequestRefusedError, match="S_AUTH_API_KEY") as refused:
        build(api.binding, {"n": "a", "auth": {"user": "u"}}, POLICY, {})
    assert refused.value.outcome is Outcome.AUTH


@pytest.mark.parametrize("required", [["auth"], []])
def test_an_object_of_secrets_only_is_made_for_them(imported, required):
    api = imported(thing(required, n=TEXT, auth=thing(["api_key"], api_key=TEXT)))
    assert list(api.parameters["properties"]) == ["n"]
    assert sent(api, {"S_AUTH_API_KEY": "kkkk1111"}, n="a") == {"n": "a", "auth": {"api_key": "kkkk1111"}}
    if required:
        with pytest.raises(RequestRefusedError, match="S_AUTH_API_KEY"):
            build(api.binding, {"n": "a"}, POLICY, {})
    else:
        assert sent(api, {}, n="a") == {"n": "a"}


def test_a_secret_of_an_object_that_is_not_sent_is_not_wanted(imported):
    api = imported(thing(n=TEXT, source=thing(["host", "api_key"], host=TEXT, api_key=TEXT)))
    assert sent(api, {"S_SOURCE_API_KEY": "kkkk1111"}, n="a") == {"n": "a"} == sent(api, {}, n="a")
    with pytest.raises(RequestRefusedError, match="S_SOURCE_API_KEY"):
        build(api.binding, {"source": {"host": "h"}}, POLICY, {})


def test_an_optional_secret_is_left_out_where_its_variable_is_not_set(imported):
    api = imported(thing(log=thing(["url"], url=TEXT, datadog_api_key=TEXT)))
    assert sent(api, {}, log={"url": "u"}) == {"log": {"url": "u"}}
    assert sent(api, {"S_LOG_DATADOG_API_KEY": "k"}, log={"url": "u"})["log"]["datadog_api_key"] == "k"


def test_every_item_of_a_list_and_every_value_of_a_map_gets_it(imported):
    target = thing(["url", "auth"], url=TEXT, auth=thing(["token"], token=TEXT))
    api = imported(
        thing(targets={"type": "array", "items": target}, by_name={"type": "object", "additionalProperties": target})
    )
    environment = {"S_TARGETS_AUTH_TOKEN": "t1", "S_BY_NAME_AUTH_TOKEN": "t2"}
    assert sent(api, environment, targets=[{"url": "a"}, {"url": "b"}], by_name={"x": {"url": "c"}}) == {
        "targets": [{"url": "a", "auth": {"token": "t1"}}, {"url": "b", "auth": {"token": "t1"}}],
        "by_name": {"x": {"url": "c", "auth": {"token": "t2"}}},
    }


def test_a_list_of_objects_that_are_secrets_only_is_made_with_one(imported):
    api = imported(thing(["keys"], n=TEXT, keys={"type": "array", "items": thing(["api_key"], api_key=TEXT)}))
    assert sent(api, {"S_KEYS_API_KEY": "k"}, n="a") == {"n": "a", "keys": [{"api_key": "k"}]}


def test_a_secret_is_found_through_references_and_allof(imported):
    schemas = {
        "Base": thing(["api_key"], api_key=TEXT),
        "Auth": {"allOf": [ref("Base"), thing(["region"], region=TEXT)]},
        "Config": thing(["auth"], auth=ref("Auth")),
    }
    api = imported(thing(["config"], config=ref("Config")), schemas=schemas)
    assert "api_key" not in words(api)
    assert sent(api, {"S_CONFIG_AUTH_API_KEY": "k"}, config={"auth": {"region": "r"}}) == {
        "config": {"auth": {"region": "r", "api_key": "k"}}
    }


BY_KIND = {
    "Key": thing(["type", "api_key"], type={"type": "string", "enum": ["key"]}, api_key=TEXT),
    "Basic": thing(["type", "user", "password"], type={"type": "string", "enum": ["basic"]}, user=TEXT, password=TEXT),
}


@pytest.mark.parametrize("marked", [True, False])
def test_a_branch_gets_its_own_secret_only(imported, marked):
    schemas = {
        name: thing(
            [each for each in schema["required"] if marked or each != "type"],
            **{each: part for each, part in schema["properties"].items() if marked or each != "type"},
        )
        for name, schema in BY_KIND.items()
    }
    api = imported(thing(["auth"], auth={"oneOf": [ref("Key"), ref("Basic")]}), schemas=schemas)
    environment = {"S_AUTH_API_KEY": "k", "S_AUTH_PASSWORD": "p"}
    kind = {"type": "key"} if marked else {}
    assert sent(api, environment, auth=kind) == {"auth": {**kind, "api_key": "k"}}
    kind = {"type": "basic", "user": "u"} if marked else {"user": "u"}
    assert sent(api, environment, auth=kind) == {"auth": {**kind, "password": "p"}}
    with pytest.raises(RequestRefusedError, match="S_AUTH_PASSWORD"):
        build(api.binding, {"auth": kind}, POLICY, {"S_AUTH_API_KEY": "k"})


def test_a_choice_at_the_bodys_top_is_searched_too(imported):
    api = imported({"oneOf": [ref("Key"), ref("Basic")]}, schemas=BY_KIND)
    assert "api_key" not in words(api)
    assert sent(api, {"S_API_KEY": "k"}, body={"type": "key"}) == {"type": "key", "api_key": "k"}
    assert sent(api, {"S_API_KEY": "k"}, body={"type": "basic", "user": "u", "password": "p"})["password"] == "p"


def test_a_choice_between_a_list_and_nothing_is_searched_too(imported):
    tools = {"type": "array", "items": thing(["url"], url=TEXT, authorization=TEXT)}
    api = imported(thing(tools={"anyOf": [tools, {"type": "null"}]}))
    assert "authorization" not in words(api)
    assert sent(api, {"S_TOOLS_AUTHORIZATION": "b"}, tools=[{"url": "u"}])["tools"][0]["authorization"] == "b"


def test_a_body_that_is_a_list_is_searched_too(imported):
    api = imported({"type": "array", "items": thing(["n", "client_secret"], n=TEXT, client_secret=TEXT)})
    assert sent(api, {"S_CLIENT_SECRET": "c"}, body=[{"n": "1"}, {"n": "2"}]) == [
        {"n": "1", "client_secret": "c"},
        {"n": "2", "client_secret": "c"},
    ]


def test_where_a_secret_lies_is_data(imported):
    selector = thing(["key"], name=TEXT, key={**TEXT, "description": "The key of the secret to select from."})
    pairs = {"type": "array", "items": thing(key=TEXT, value=TEXT)}
    api = imported(thing(auth=thing(clientIDSecret=selector, secretKeyRef=selector, key=TEXT, parameters=pairs)))
    offered = api.parameters["properties"]["auth"]["properties"]
    assert offered.keys() == {"clientIDSecret", "secretKeyRef", "parameters"}
    assert [secret.variable for secret in api.binding.credentials] == ["S_AUTH_KEY"]


def test_of_very_many_places_for_secrets_the_outermost_are_filled(imported):
    levels = 8
    schemas = {f"L{at}": thing(a=ref(f"L{at + 1}"), b=ref(f"L{at + 1}"), client_secret=TEXT) for at in range(levels)}
    api = imported(thing(top=ref("L0")), schemas={**schemas, f"L{levels}": thing(name=TEXT)})
    assert "client_secret" not in words(api) and len(api.binding.credentials) == MAX_SECRETS
    assert sent(api, {"S_TOP_CLIENT_SECRET": "c"}, top={"a": {}}) == {"top": {"a": {}, "client_secret": "c"}}


def test_examples_and_defaults_of_the_objects_around_hold_no_secret(imported):
    value = {"user": "u", "password": "hunter2"}
    auth = {**thing(["user"], user=TEXT, password=TEXT), "example": value, "default": value}
    api = imported(thing(n=TEXT, auth=auth, deep={**thing(auth=auth), "example": {"auth": value}}))
    assert "hunter2" not in words(api) and api.parameters["properties"]["auth"]["default"] == {"user": "u"}


@pytest.mark.parametrize("style", [{}, {"style": "deepObject", "explode": True}])
def test_forms_carry_it_as_they_carry_objects(imported, style):
    schema = thing(["auth", "n"], n=TEXT, auth=thing(["api_key"], api_key=TEXT))
    encoding = {"encoding": {"auth": style}} if style else {}
    api = imported(schema, "application/x-www-form-urlencoded", **encoding)
    body = build(api.binding, {"n": "a"}, POLICY, {"S_AUTH_API_KEY": "k"}).body.decode()
    auth = ("auth[api_key]", "k") if style else ("auth", '{"api_key":"k"}')
    assert parse_qsl(body) == [("n", "a"), auth]


def test_multipart_carries_it_too(imported):
    api = imported(thing(["auth"], n=TEXT, auth=thing(["u", "password"], u=TEXT, password=TEXT)), "multipart/form-data")
    request = build(api.binding, {"auth": {"u": "x"}}, POLICY, {"S_AUTH_PASSWORD": "p"})
    message = BytesParser(policy=HTTP).parsebytes(
        f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode() + request.body
    )
    (part,) = message.iter_parts()
    assert json.loads(part.get_content()) == {"u": "x", "password": "p"}


@pytest.mark.parametrize(
    ("holder", "name", "text", "is_secret"),
    [
        ("auth", "password", "", True),
        ("basicAuth", "password", "", True),
        ("credentials", "private_key", "", True),
        ("registry_credentials", "token", "", True),
        ("authentication", "passphrase", "", True),
        ("settings", "apiKey", "", True),
        ("aws", "secretAccessKey", "", True),
        ("tools", "authorization", "An OAuth access token for the remote server.", True),
        ("remote", "password", "The password to use for authentication with the remote host.", True),
        ("runner", "runbook_api_key", "The API key to connect to the Runbook server with.", True),
        ("shared_link", "password", "The password required to access the shared link.", False),
        ("user", "password", "", False),
        ("user", "password", "The user's password.", False),
        ("credentials", "password", "The new password of the user.", False),
        ("auth", "public_key", "", False),
        ("auth", "token_url", "", False),
        ("auth", "type", "", False),
        ("page", "token", "Token of the next page.", False),
        ("issue", "key", "", False),
        ("hook", "secret", "The secret of a webhook.", False),
        ("author", "token", "", False),
    ],
)
def test_a_nested_secret_is_told_by_its_name_its_description_and_the_object_it_stands_in(
    imported, holder, name, text, is_secret
):
    api = imported(thing(**{holder: thing(kind=TEXT, **{name: {**TEXT, "description": text}})}))
    offered = api.parameters["properties"][holder]["properties"]
    assert list(offered) == (["kind"] if is_secret else ["kind", name])
    assert [secret.wire_name for secret in api.binding.credentials] == ([name] if is_secret else [])


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        ("/users", True),
        ("/v2/account", True),
        ("/vaults/{id}/credentials", True),
        ("/lists/{id}/Credentials.json", True),
        ("/apikeys", True),
        ("/me/change_password", True),
        ("/sign-up", True),
        ("/sessions", False),
        ("/users/login", False),
        ("/token", False),
    ],
)
def test_what_an_operation_keeps_for_somebody_is_data(imported, path, is_kept):
    api = imported(thing(credentials=thing(name=TEXT, password=TEXT, api_key=TEXT)), path=path)
    assert list(api.parameters["properties"]["credentials"]["properties"]) == (
        ["name", "password"] if is_kept else ["name"]
    )


@pytest.mark.parametrize("part", [{"type": "integer"}, {**TEXT, "enum": ["none", "plain"]}, {"type": "boolean"}])
def test_what_can_be_no_secret_stays(imported, part):
    api = imported(thing(auth=thing(password=part)))
    assert list(api.parameters["properties"]["auth"]["properties"]) == ["password"]


def test_a_field_of_a_form_whose_name_says_where_it_stands_is_told_likewise(tmp_path):
    names = ("auth[user]", "auth[password]", "user[password]", "auth.token")
    parameters = [{"name": name, "in": "formData", "type": "string"} for name in names]
    operation = {"operationId": "op", "consumes": ["application/x-www-form-urlencoded"], "parameters": parameters}
    document = {"swagger": "2.0", "info": {"title": "T"}, "host": "h.example", "paths": {"/x": {"post": operation}}}
    (tmp_path / "s.json").write_text(json.dumps(document))
    (api,) = import_openapi(tmp_path / "s.json", "s").apis
    assert [sent.wire_name for sent in api.binding.parameters.values()] == ["auth[user]", "user[password]"]
    assert [secret.variable for secret in api.binding.credentials] == ["S_AUTH_PASSWORD", "S_AUTH_TOKEN"]


@pytest.mark.parametrize(
    ("path", "text", "is_secret"),
    [
        ("/login", "API Key", True),
        ("/login", "Your access token.", True),
        ("/login", "The certificate to sign.", False),
        ("/me/password", "New password", False),
        ("/keys", "The API key", False),
    ],
)
def test_a_body_that_is_nothing_but_a_secret_is_no_argument(imported, path, text, is_secret):
    api = imported({**TEXT, "description": text}, "text/plain", path=path)
    assert (api.parameters["properties"] == {}) is is_secret
    if is_secret:
        request = build(api.binding, {}, POLICY, {"S_BODY": "kkkk1111"})
        assert (request.body, request.headers["Content-Type"]) == (b"kkkk1111", "text/plain")
        with pytest.raises(RequestRefusedError, match="S_BODY"):
            build(api.binding, {}, POLICY, {})
