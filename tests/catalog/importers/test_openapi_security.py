"""Security of operations: alternatives are a choice, what stands in one belongs together, one of them is sent."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import Outcome
from resources.rest.policy import RestPolicy
from resources.rest.request import RequestRefusedError, build

POLICY = RestPolicy(mode="live")
SCHEMES = {
    "app": {"type": "apiKey", "in": "header", "name": "X-App"},
    "key": {"type": "apiKey", "in": "query", "name": "key"},
    "user": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "certificate": {"type": "mutualTLS"},
}
SCHEMES_2 = {
    "app": SCHEMES["app"],
    "key": SCHEMES["key"],
    "user": {"type": "basic"},
    "oauth": {"type": "oauth2", "flow": "implicit", "authorizationUrl": "https://h.example/o", "scopes": {}},
}


@pytest.fixture
def tool(tmp_path):
    """The binding of a document's only operation."""

    def read(security=None, root=None, version="3.0.3", schemes=None, server="https://h.example", **operation):
        own = {} if security is None else {"security": security}
        document = {"info": {"title": "T"}, "paths": {"/x": {"get": {"operationId": "op", **own, **operation}}}}
        if version == "2.0":
            document |= {"swagger": "2.0", "host": "h.example", "securityDefinitions": schemes or SCHEMES_2}
        else:
            server = server if isinstance(server, dict) else {"url": server}
            document |= {"openapi": version, "servers": [server]}
            document["components"] = {"securitySchemes": schemes or SCHEMES}
        if root is not None:
            document["security"] = root
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        (api,) = import_openapi(tmp_path / "s.yaml", "s").apis
        return api.binding

    return read


def proofs(binding, **environment):
    """What of a request says who calls, each as `name=value`."""
    request = build(binding, {}, POLICY, {f"S_{name.upper()}": secret for name, secret in environment.items()})
    headers = {name: text for name, text in request.headers.items() if name != "Accept"}
    return sorted(f"{name}={text}" for name, text in [*parse_qsl(urlsplit(request.url).query), *headers.items()])


ALTERNATIVES = [{"app": [], "key": []}, {"oauth": ["read"]}, {"user": []}]


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({"app": "aaaa1111", "key": "kkkk2222"}, ["X-App=aaaa1111", "key=kkkk2222"]),
        ({"app": "aaaa1111", "key": "kkkk2222", "oauth": "oooo3333"}, ["X-App=aaaa1111", "key=kkkk2222"]),
        ({"app": "aaaa1111", "oauth": "oooo3333"}, ["Authorization=Bearer oooo3333"]),
        ({"user": "ann:pass", "key": "kkkk2222"}, ["Authorization=Basic YW5uOnBhc3M="]),
        ({"user": "ann:pass", "oauth": "oooo3333"}, ["Authorization=Bearer oooo3333"]),
    ],
)
def test_the_first_alternative_whose_secrets_are_all_there_is_sent_alone(tool, version, environment, sent):
    assert proofs(tool(ALTERNATIVES, version=version), **environment) == sent


def test_where_no_alternative_is_complete_no_call_is_made_and_each_is_named(tool):
    with pytest.raises(RequestRefusedError) as refused:
        proofs(tool(ALTERNATIVES), app="aaaa1111")
    assert refused.value.outcome is Outcome.AUTH
    assert "S_KEY or S_OAUTH or S_USER" in refused.value.detail and "aaaa1111" not in refused.value.detail


@pytest.mark.parametrize("version", ["2.0", "3.0.3"])
@pytest.mark.parametrize(
    ("own", "root", "variables"),
    [
        (None, [{"app": []}], ["S_APP"]),
        ([{"key": []}], [{"app": []}], ["S_KEY"]),
        ([], [{"app": []}], []),
        ([{}], [{"app": []}], []),
        ([{"app": []}, {}], None, ["S_APP"]),
        (None, [{}, {"app": []}], ["S_APP"]),
        (None, None, []),
        (None, {"app": []}, ["S_APP"]),  # the list forgotten
    ],
)
def test_an_operations_security_replaces_the_documents(tool, version, own, root, variables):
    assert [one.variable for one in tool(own, root, version).credentials] == variables


def test_schemes_for_one_header_are_one_within_an_alternative_and_apart_across_alternatives(tool):
    together = tool([{"user": [], "oauth": []}])
    assert [one.variable for one in together.credentials] == ["S_USER"]
    assert proofs(together, user="ann:pass") == ["Authorization=Basic YW5uOnBhc3M="]
    apart = tool([{"user": []}, {"oauth": []}])
    assert proofs(apart, oauth="oooo3333") == ["Authorization=Bearer oooo3333"]


def test_schemes_whose_names_give_one_variable_have_variables_of_their_own(tool):
    schemes = {"api-key": SCHEMES["app"], "api_key": SCHEMES["key"]}
    binding = tool([{"api-key": [], "api_key": []}], schemes=schemes)
    assert [one.variable for one in binding.credentials] == ["S_API_KEY", "S_API_KEY_2"]


@pytest.mark.parametrize(
    ("security", "environment", "sent"),
    [
        ([{"certificate": []}, {"app": []}], {"app": "aaaa1111"}, ["X-App=aaaa1111"]),
        ([{"certificate": [], "app": []}, {"key": []}], {"app": "aaaa1111", "key": "kkkk2222"}, ["key=kkkk2222"]),
        ([{"certificate": [], "app": []}], {"app": "aaaa1111"}, ["X-App=aaaa1111"]),
        ([{"unknown": []}, {"session": []}], {"session": "ssss4444"}, ["Cookie=sid=ssss4444"]),
    ],
)
def test_an_alternative_that_no_variable_can_hold_is_taken_last(tool, security, environment, sent):
    assert proofs(tool(security), **environment) == sent


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, []),
        ({"key": "kkkk2222"}, ["key=kkkk2222"]),
        ({"app": "aaaa1111", "key": "kkkk2222"}, ["X-App=aaaa1111"]),
    ],
)
def test_where_the_server_also_answers_strangers_a_secret_is_sent_if_there_is_one(tool, environment, sent):
    assert proofs(tool([{"app": []}, {"key": []}, {}]), **environment) == sent


@pytest.mark.parametrize(
    ("name", "text", "is_secret"),
    [
        ("client_id", "Your `client_id`, in the `X-Client-Id` header or as part of the body.", True),
        ("secret", "Your Shop API `secret`.", True),
        ("account", "Who asks; the same as the header x-client-id.", True),
        ("client_id", "The client that an invoice is for.", False),
        ("secret", "The **secret** of a `webhook`.", False),
        ("note", "Sent as X-Client-Idea later.", False),
    ],
)
def test_a_bodys_field_that_stands_for_a_header_of_a_scheme_is_no_argument(tool, name, text, is_secret):
    schemes = {"client": {"type": "apiKey", "in": "header", "name": "X-Client-Id"}}
    properties = {name: {"type": "string", "description": text}, "total": {"type": "number"}}
    content = {"application/json": {"schema": {"type": "object", "properties": properties, "required": ["total"]}}}
    binding = tool([{"client": []}], schemes=schemes, requestBody={"content": content})
    assert (name not in binding.parameters) == is_secret and "total" in binding.parameters
    assert any(secret.wire_name == name for secret in binding.credentials) == is_secret


@pytest.mark.parametrize(
    ("name", "text", "is_secret"),
    [
        ("client_secret", "", True),
        ("client_secret", "The credential of a confidential application.", True),
        ("client_secret", "A unique string that tells this attempt from others.", False),
        ("api_key", "Your cloud project's key.", True),
        ("api_key", "The API key to delete.", False),
        ("nickname", "", False),
    ],
)
def test_a_bodys_field_is_a_secret_by_its_name_unless_it_is_said_to_be_something_else(tool, name, text, is_secret):
    field = {"type": "string", "description": text}
    schema = {"type": "object", "required": [name], "properties": {name: field, "note": {"type": "string"}}}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    binding = tool(requestBody=body)
    assert list(binding.parameters) == (["note"] if is_secret else [name, "note"])
    assert [secret.wire_name for secret in binding.credentials] == ([name] if is_secret else [])


def test_where_a_key_is_found_does_not_say_what_it_opens(tool):
    listed = [
        ("appid", "Your unique API key (you can always find it on your account page)"),
        ("token", "API token for the next page"),
    ]
    parameters = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}} for name, text in listed
    ]
    assert list(tool(parameters=parameters).parameters) == ["token"]


def test_a_secret_of_the_server_is_sent_with_every_alternative(tool):
    server = {"url": "https://h.example/bot{token}", "variables": {"token": {"default": ""}}}
    binding = tool([{"app": []}, {"key": []}], server=server)
    request = build(binding, {}, POLICY, {"S_KEY": "kkkk2222", "S_TOKEN": "tttt5555"})
    assert request.url == "https://h.example/bottttt5555/x?key=kkkk2222"
    with pytest.raises(RequestRefusedError, match="S_TOKEN"):
        build(binding, {}, POLICY, {"S_KEY": "kkkk2222"})


def test_a_parameter_that_is_a_schemes_secret_is_sent_once_and_only_with_its_alternative(tool):
    given = [{"name": "key", "in": "query", "schema": {"type": "string"}}]
    binding = tool([{"oauth": []}, {"key": []}], parameters=given)
    assert binding.parameters == {}
    assert proofs(binding, oauth="oooo3333", key="kkkk2222") == ["Authorization=Bearer oooo3333"]
    assert proofs(binding, key="kkkk2222") == ["key=kkkk2222"]


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *((name, True) for name in ("session", "JSESSIONID", "PHPSESSID", "connect.sid", "auth-token", "csrftoken")),
        *((name, False) for name in ("theme", "session_length", "sidebar", "consent", "author")),
    ],
)
def test_a_cookie_that_names_a_session_is_no_argument(tool, name, is_secret):
    binding = tool(parameters=[{"name": name, "in": "cookie", "schema": {"type": "string"}}])
    assert (list(binding.parameters), [secret.wire_name for secret in binding.credentials]) == (
        ([], [name]) if is_secret else ([name], [])
    )
