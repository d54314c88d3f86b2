"""From a binding and arguments to an HTTP request."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from apigen_assets.domain.api import NestedNames, Place, RestBinding, RestParameter
from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from resources.rest.body import body_of
from resources.rest.credentials import add_credentials
from resources.rest.parts import RequestParts, RequestRefusedError
from resources.rest.policy import RestPolicy
from resources.rest.read_back import difference
from resources.rest.wire_text import path_text

__all__ = ["SAFE_METHODS", "HttpRequest", "RequestRefusedError", "build", "host_of", "wire_value"]

_HOLE = re.compile(r"\{([^{}/]+)\}")
_BREAKS = re.compile(r"[\r\n\0]")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
"""Methods that change nothing (RFC 9110, section 9.2.1; OpenAPI 3.2 for QUERY), so that a call may also be repeated."""
_BODILESS = SAFE_METHODS - {"QUERY"}
"""Methods that send no empty body."""


@dataclass
class HttpRequest:
    """A request ready to be sent; `redacted_url` is the URL without the credentials."""

    method: str
    url: str
    host: str
    headers: dict[str, str]
    body: bytes | None
    redacted_url: str
    secret_headers: frozenset[str] = frozenset()
    """Lower-case names of headers that hold credentials; they never follow a redirect to another origin."""
    secret_body: bool = False
    """Whether the body holds a credential; it is sent to no other origin."""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def host_of(url: str) -> str:
    """The lower-case host of an absolute http or https URL.

    Raises:
        RequestRefusedError: another scheme, no host, a user name in it, or a hole in it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise RequestRefusedError(Outcome.REFUSED, f"not a valid URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise RequestRefusedError(Outcome.REFUSED, f"only http and https are called, not {parts.scheme or 'nothing'!r}")
    if not host:
        raise RequestRefusedError(Outcome.REFUSED, "the URL has no host")
    if parts.username is not None or parts.password is not None:
        raise RequestRefusedError(Outcome.REFUSED, "the URL holds a user name or password; use a credential variable")
    if "{" in parts.netloc or "}" in parts.netloc or "\\" in parts.netloc:
        raise RequestRefusedError(
            Outcome.REFUSED, "the host is not fixed: an argument could choose which host is called"
        )
    try:
        return host.rstrip(".").lower().encode("idna").decode() if not host.isascii() else host.rstrip(".").lower()
    except UnicodeError as error:
        raise RequestRefusedError(Outcome.REFUSED, f"not a valid host name {host!r}: {error}") from None


def build(
    binding: RestBinding,
    arguments: JsonMapping,
    policy: RestPolicy,
    environment: Mapping[str, str] = os.environ,
) -> HttpRequest:
    """The request of one call, each argument written as the binding says (`wire_text`, `body`).

    What was built is read back by other code before the credentials are added: a request that does not say what the
    arguments say is not made.

    Raises:
        RequestRefusedError: `refused` for a method or URL that the policy does not allow, and for arguments that the
            declared style cannot carry; `argument_error` for arguments the endpoint does not take, or where those
            are missing of which it needs one; `auth` where a credential's variable is not set.
    """
    if binding.method not in SAFE_METHODS and not policy.allow_unsafe_methods:
        raise RequestRefusedError(
            Outcome.REFUSED, f"{binding.method} may change data; set APIGEN_ALLOW_UNSAFE_METHODS=true to allow it"
        )
    host = host_of(binding.url)
    parts = RequestParts()
    for place, values in binding.constants.items():
        for name, constant in values.items():
            parts.put(RestParameter(place=Place(place), wire_name=name), constant)
    for name, value in arguments.items():
        parameter = binding.parameters.get(name)
        if name == binding.whole_body:
            parameter = parameter or RestParameter(place=Place.BODY, wire_name=name)
            parts.whole = (parameter, wire_value(value, parameter.names, binding.nested))
            continue
        if parameter is None:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the endpoint has no parameter {name!r}")
        if value is not None or parameter.keeps_null:
            parts.put(parameter, wire_value(value, parameter.names, binding.nested))
    _check_choices(binding, arguments)
    secret_holes = {credential.wire_name for credential in binding.credentials if credential.place is Place.PATH}
    shown = _assembled(binding, parts, host, secret_holes)
    fault = difference(shown.method, shown.url, shown.headers, shown.body, binding, arguments)
    if fault is not None:
        raise RequestRefusedError(
            Outcome.REFUSED,
            f"the arguments cannot be written as the specification wants them: {fault}; no call was made",
        )
    proof = add_credentials(binding, parts, environment)
    if not proof.secrets:
        return shown
    complete = _assembled(binding, parts, host, set())
    return replace(
        complete,
        redacted_url=shown.url,
        secret_headers=frozenset(proof.headers),
        secret_body=proof.in_body,
        secrets=tuple(proof.secrets),
    )


def _check_choices(binding: RestBinding, arguments: JsonMapping) -> None:
    """A call that gives none of several groups of arguments, of which the endpoint needs one, is not made.

    Raises:
        RequestRefusedError: `argument_error`.
    """
    sent = {
        name
        for name, value in arguments.items()
        if value is not None or (name in binding.parameters and binding.parameters[name].keeps_null)
    }
    for choice in binding.choices:
        if not any(sent.issuperset(group) for group in choice):
            wanted = " or ".join(" with ".join(group) for group in choice)
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the endpoint needs {wanted}")


def wire_value(value: JsonValue, at: int | None, nested: tuple[NestedNames, ...]) -> JsonValue:
    """The value with its fields under the names that the server knows."""
    if at is None:
        return value
    names = nested[at]
    if isinstance(value, list):
        return [wire_value(item, names.items, nested) for item in value]
    if not isinstance(value, dict):
        return value
    out: JsonObject = {}
    for key, item in value.items():
        below: int | None = names.inner.get(key, names.values)
        sent_as = names.fields.get(str(key), str(key))
        out[sent_as] = wire_value(item, below, nested)
    return out


def _assembled(binding: RestBinding, parts: RequestParts, host: str, kept_holes: set[str]) -> HttpRequest:
    headers = {name: _header(name, value) for name, value in parts.headers.items()}
    if parts.cookies:
        headers["Cookie"] = "; ".join(f"{quote(name, safe='[]$')}={value}" for name, value in parts.cookies)
    if not any(name.lower() == "accept" for name in headers):
        headers["Accept"] = "application/json, */*;q=0.5"
    body = body_of(binding, parts.fields, parts.whole, headers, binding.method in _BODILESS)
    url = _url(binding.url, parts, kept_holes)
    return HttpRequest(method=binding.method, url=url, host=host, headers=headers, body=body, redacted_url=url)


def _url(template: str, parts: RequestParts, kept_holes: set[str]) -> str:
    split = urlsplit(template)

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        slashes = name.startswith("+") and name not in parts.path
        name = name.removeprefix("+") if slashes else name
        if name in kept_holes:
            return match.group(0)
        if name not in parts.path:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"no value for {{{name}}} of the URL")
        parameter, value = parts.path[name]
        if value is None or value == "" or value == [] or value == {}:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the value for {{{name}}} of the URL is empty")
        return path_text(parameter, value, slashes)

    path = _HOLE.sub(fill, split.path)
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise RequestRefusedError(Outcome.ARGUMENT_ERROR, "a path value of '.' or '..' would reach another endpoint")
    query = _HOLE.sub(fill, split.query)
    if parts.query:
        query = "&".join(part for part in (query, *parts.query) if part)
    return urlunsplit((split.scheme, split.netloc, path or "/", query, ""))


def _header(name: str, value: str) -> str:
    if _BREAKS.search(value) or value != value.strip():
        raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the value of header {name} has line breaks or outer spaces")
    # http.client encodes header text as latin-1; this carries UTF-8 through it unchanged.
    return value.encode().decode("latin-1")
