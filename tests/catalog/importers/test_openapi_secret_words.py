"""What makes a parameter or field a secret: its name, what is said of it, marks, and the place where it travels."""

import json
from typing import Any

import pytest

from apigen_assets.catalog.importers.openapi.document import import_openapi

PLACES = ("query", "header", "cookie", "body", "formData", "form")


@pytest.fixture
def is_secret(tmp_path):
    """Whether one parameter or field of an operation becomes a credential."""

    def read(name, text="", place="body", path="/things", **schema):
        schema = {"type": "string", **schema}
        said = {"description": text} if text else {}
        operation: dict[str, Any] = {"operationId": "op"}
        document: dict[str, Any] = {"info": {"title": "T"}, "paths": {path: {"post": operation}}}
        if place == "formData":
            document |= {"swagger": "2.0", "host": "h.example"}
            operation["consumes"] = ["application/x-www-form-urlencoded"]
            operation["parameters"] = [{"name": name, "in": place, **said, **schema}]
        else:
            document |= {"openapi": "3.0.3", "servers": [{"url": "https://h.example"}]}
            if place in ("body", "form"):
                fields = {name: {**schema, **said}, "other": {"type": "string"}}
                media = "application/json" if place == "body" else "application/x-www-form-urlencoded"
                content = {media: {"schema": {"type": "object", "properties": fields}}}
                operation["requestBody"] = {"content": content}
            else:
                parameter = {"name": name, "in": place, "schema": schema, "required": place == "path", **said}
                operation["parameters"] = [parameter]
        (tmp_path / "s.json").write_text(json.dumps(document))
        (api,) = import_openapi(tmp_path / "s.json", "s").apis
        offered = {sent.wire_name for sent in api.binding.parameters.values()}
        taken = {secret.wire_name for secret in api.binding.credentials}
        assert (name in offered) != (name in taken)
        return name in taken

    return read


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("api_key", "", True),
        ("apiKey", "Your API key.", True),
        ("access-token", "", True),
        ("refresh_token", "The refresh token from the last answer.", True),
        ("oauth_token", "", True),
        ("token_secret", "", True),
        ("jwt", "", True),
        ("bearer", "", True),
        ("id_token", "The ID token of the signed-in user.", True),
        ("session_token", "", True),
        ("security_token", "", True),
        ("csrf_token", "", True),
        ("mailer_api_key", "", True),
        ("shop_access_token", "", True),
        ("hub_jwt", "", True),
        ("api_password", "", True),
        ("app_token", "The token of your application.", True),
        ("worker_token", "Access token of the worker.", True),
        ("smtp_password", "The password used to connect to the server.", True),
        ("page_token", "Token of the next page.", False),
        ("api_key_id", "", False),
        ("public_access_token", "", False),
        ("publishable_key", "", False),
        ("sort_key", "", False),
        ("max_tokens", "", False),
        ("author", "", False),
        ("access_token_url", "", False),
    ],
)
def test_names_and_words_say_the_same_in_every_place(is_secret, place, name, text, expected):
    assert is_secret(name, text, place) is expected


@pytest.mark.parametrize("place", [place for place in PLACES if place != "header"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("application_key", "The application key to search for. Valid values: `wiki`, `desk`."),
        ("access_token", "The access token to revoke."),
        ("api_key", "ID of the main account."),
        ("authorization", "URL to which the authorization token is posted."),
    ],
)
def test_where_it_is_said_that_the_call_is_about_it_a_name_alone_makes_no_secret(is_secret, place, name, text):
    assert not is_secret(name, text, place)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("X-Server-Token", "The token of the server that sends the mail.", True),
        ("Shop-SystemSecret", "", True),
        ("X-Shop-UserToken", "Token obtained through authentication.", True),
        ("x-shop-password", "", True),
        ("Authentication", "", True),
        ("X-Amz-Security-Token", "", True),
        ("X-Amz-Signature", "", True),
        ("X-Request-Signature", "", True),
        ("X-Amz-Bearer", "", True),
        ("Cookie", "", True),
        ("X-Sdk-Key", "", True),
        ("X-Next-Token", "", False),
        ("X-Client-Token", "Makes the request happen once.", False),
        ("Idempotency-Key", "", False),
        ("x-object-lock-token", "", False),
        ("X-Auth-Date", "", False),
        ("X-Auth-Provider", "", False),
        ("x-app-user-bearer", "The ID of the user who makes the call.", False),
        ("X-Upload-Token", "The token to delete.", False),
        ("X-Session-Id", "", False),
    ],
)
def test_headers_say_who_calls_sooner_than_other_places(is_secret, name, text, expected):
    assert is_secret(name, text, "header") is expected


@pytest.mark.parametrize(
    ("path", "name", "text", "expected"),
    [
        ("/v1/{access_token}/films/{id}", "access_token", "", True),
        ("/films/{access_token}/{id}", "access_token", "", True),
        ("/films?key={api_key}", "api_key", "", True),
        ("/films/{key}", "key", "Your API key.", True),
        ("/grants/{access_token}", "access_token", "", False),
        ("/tokens/{access_token}/scopes", "access_token", "", False),
        ("/invitations/{access_token}/accept", "access_token", "", False),
        ("/accounts/{api_key}/limits", "api_key", "ID of the account.", False),
        ("/keys/{api_key}/limits", "api_key", "The API key to show.", False),
        ("/users/{id}/settings/{app_key}/{name}", "app_key", "The key of the app.", False),
        ("/films/{access_token_id}/x", "access_token_id", "", False),
    ],
)
def test_in_a_path_a_secret_stands_before_what_the_call_is_about(is_secret, path, name, text, expected):
    assert is_secret(name, text, "path", path) is expected


MARKED = {"x-ms-secret": True}, {"x-sensitive": True}, {"x-tool-param-sensitive": True}, {"vendor_secret": True}


@pytest.mark.parametrize("place", ["body", "query", "formData"])
@pytest.mark.parametrize("mark", MARKED)
def test_what_an_extension_marks_is_a_secret_whatever_its_name(is_secret, place, mark):
    assert is_secret("pem", "The certificate to use.", place, **mark)
    assert is_secret("password", "The password for the server.", place, **mark)
    assert not is_secret("pem", "The certificate to use.", place, **dict.fromkeys(mark, False))
    assert not is_secret("password", "The new password.", place, **mark)
    assert not is_secret("password", "", place, path="/users", **mark) or place != "body"


@pytest.mark.parametrize(
    ("name", "text", "mark", "expected"),
    [
        ("token", "", {"format": "password"}, True),
        ("key", "", {"format": "password"}, True),
        ("clientSecretValue", "", {"format": "password"}, False),
        ("hook_secret", "", {"format": "password"}, True),
        ("pat", "A personal access token for the repository.", {"format": "password"}, True),
        ("pat", "A personal access token for the repository.", {"writeOnly": True}, True),
        ("token", "Kept for later calls, as an access token.", {"writeOnly": True}, True),
        ("token", "", {"writeOnly": True}, False),
        ("password", "", {"format": "password"}, False),
        ("password", "", {"format": "password", "writeOnly": True}, False),
        ("city", "The city of the address.", {"format": "password"}, False),
        ("nextToken", "", {"format": "password"}, False),
        ("clientRequestToken", "", {"format": "password"}, False),
        ("tag_key", "", {"format": "password"}, False),
        ("key", "The name of the field.", {"writeOnly": True}, False),
    ],
)
def test_formats_and_write_only_stand_beside_data_too(is_secret, name, text, mark, expected):
    assert is_secret(name, text, **mark) is expected


@pytest.mark.parametrize("kind", ["boolean", "integer"])
def test_what_holds_no_text_is_data_except_a_number_in_a_header(is_secret, kind):
    assert not is_secret("append_api_key", "Whether links hold the API key.", "query", type=kind)
    assert not is_secret("api_key", "", "body", type=kind)
    assert is_secret("X-Api-Key", "", "header", type=kind) is (kind == "integer")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("chatToken", "The token for the chat service. Stored in encrypted format.", True),
        ("mailPassword", "The password for the mail service. Stored in encrypted form.", True),
        ("mailPassword", "The password for the mail service.", False),
        ("credential", "Value of the HTTP Authorization header sent to the scanner.", True),
        ("credential", "The name of the credential.", False),
        ("http_proxy_authorization", "", True),
        ("authorization_value", "The value to set as the `Authorization` header when asking the other server.", True),
        ("authorization_cookie", "The name of the cookie.", False),
        ("jwks_password", "The client password that will be used to authenticate this gateway.", True),
        ("client_secret", "The client secret of the application that wants to revoke a token.", True),
        ("client_secret", "The app's client secret for which to create the token.", True),
        ("service_api_key", "when `provider`==`service`", True),
        ("refresh_token", "The refresh token to invalidate.", False),
    ],
)
def test_of_bodies_what_is_kept_for_another_server_is_a_secret(is_secret, name, text, expected):
    assert is_secret(name, text) is expected


@pytest.mark.parametrize(("path", "expected"), [("/lists/Credentials.json", False), ("/users", False), ("/jobs", True)])
def test_a_password_that_is_kept_for_somebody_is_data_although_it_is_said_to_authenticate(is_secret, path, expected):
    assert is_secret("password", "The password to authenticate with.", path=path) is expected
    assert is_secret("password", "The password for the server.", path=path, **{"x-ms-secret": True}) is expected


@pytest.mark.parametrize("required", [True, False])
def test_a_secret_inside_a_parameter_outside_the_body_is_never_an_argument(tmp_path, required):
    inner = {"type": "string"}
    schema = {"type": "object", "properties": {"api_key": inner, "city": inner}, "required": ["api_key"] * required}
    parameter = {"name": "filter", "in": "query", "style": "deepObject", "required": required, "schema": schema}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T"},
        "servers": [{"url": "https://h.example"}],
        "paths": {"/x": {"get": {"operationId": "op", "parameters": [parameter]}}},
    }
    (tmp_path / "s.json").write_text(json.dumps(document))
    result = import_openapi(tmp_path / "s.json", "s")
    if required:
        assert [(reject.reason, "api_key" in reject.detail) for reject in result.rejects] == [
            ("unsupported_parameter", True)
        ]
    else:
        (api,) = result.apis
        assert list(api.parameters["properties"]["filter"]["properties"]) == ["city"]
        assert any("api_key" in warning for warning in result.warnings)
