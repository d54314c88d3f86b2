"""From a binding and arguments to an HTTP request."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from apigen_assets.domain.api import Place, RestBinding
from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from resources.rest.policy import RestPolicy

_HOLE = re.compile(r"\{([^{}/]+)\}")
_BREAKS = re.compile(r"[\r\n\0]")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1), so that a call may also be repeated."""


class RequestRefusedError(Exception):
    """The request is not made; `outcome` says as what it ends."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


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
        raise RequestRefusedError(Outcome.REFUSED, f"no valid URL: {error}") from None
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
        raise RequestRefusedError(Outcome.REFUSED, f"no valid host name {host!r}: {error}") from None


def build(
    binding: RestBinding,
    arguments: JsonMapping,
    policy: RestPolicy,
    environment: Mapping[str, str] = os.environ,
) -> HttpRequest:
    """The request of one call.

    Arguments that are null are left out. In a query a list repeats its name (`explode`) or is joined by commas, and
    an object becomes one pair per field (OpenAPI's styles `form`, and `simple` for paths and headers).

    Raises:
        RequestRefusedError: `refused` for a method or URL that the policy does not allow, `argument_error` for
            arguments the endpoint does not take, `auth` where a credential's variable is not set.
    """
    if binding.method not in SAFE_METHODS and not policy.allow_unsafe_methods:
        raise RequestRefusedError(
            Outcome.REFUSED, f"{binding.method} may change data; set APIGEN_ALLOW_UNSAFE_METHODS=true to allow it"
        )
    host = host_of(binding.url)
    parts = _Parts()
    for place, values in binding.constants.items():
        for name, constant in values.items():
            parts.put(Place(place), name, constant)
    whole: JsonValue = None
    for name, value in arguments.items():
        if name == binding.whole_body:
            whole = value
            continue
        parameter = binding.parameters.get(name)
        if parameter is None:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the endpoint has no parameter {name!r}")
        if value is not None:
            parts.put(parameter.place, parameter.wire_name, value, parameter.explode)
    plain_url = _url(binding.url, parts)
    secrets, secret_headers = _add_credentials(binding, parts, environment)
    headers = {name: _header(name, value) for name, value in parts.headers.items()}
    if parts.cookies:
        headers["Cookie"] = "; ".join(f"{name}={quote(value, safe='')}" for name, value in parts.cookies.items())
    if not any(name.lower() == "accept" for name in headers):
        headers["Accept"] = "application/json, */*;q=0.5"
    body = _body(binding, parts, whole, headers)
    return HttpRequest(
        method=binding.method,
        url=_url(binding.url, parts),
        host=host,
        headers=headers,
        body=body,
        redacted_url=plain_url,
        secret_headers=frozenset(secret_headers),
        secrets=tuple(secrets),
    )


class _Parts:
    def __init__(self) -> None:
        self.path: dict[str, str] = {}
        self.query: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.fields: JsonObject = {}

    def put(self, place: Place, name: str, value: object, explode: bool = True) -> None:
        if place is Place.BODY:
            self.fields[name] = value
        elif place is Place.QUERY:
            self.query += _pairs(name, value, explode)
        elif place is Place.PATH:
            self.path[name] = ",".join(_flat(value))
        elif place is Place.HEADER:
            self.headers[name] = ",".join(_flat(value))
        else:
            self.cookies[name] = ",".join(_flat(value))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float | dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else str(value)


def _flat(value: object) -> list[str]:
    if isinstance(value, list):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return [text for name, one in value.items() for text in (name, _text(one))]
    return [_text(value)]


def _pairs(name: str, value: object, explode: bool) -> list[tuple[str, str]]:
    if explode and isinstance(value, list):
        return [(name, _text(one)) for one in value]
    if explode and isinstance(value, dict):
        return [(key, _text(one)) for key, one in value.items()]
    return [(name, ",".join(_flat(value)))]


def _url(template: str, parts: _Parts) -> str:
    split = urlsplit(template)

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in parts.path:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"no value for {{{name}}} of the URL")
        if not parts.path[name]:
            raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the value for {{{name}}} of the URL is empty")
        return quote(parts.path[name], safe="")

    path = _HOLE.sub(fill, split.path)
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise RequestRefusedError(Outcome.ARGUMENT_ERROR, "a path value of '.' or '..' would reach another endpoint")
    query = _HOLE.sub(fill, split.query)
    if parts.query:
        query = "&".join(part for part in (query, urlencode(parts.query, quote_via=quote)) if part)
    return urlunsplit((split.scheme, split.netloc, path or "/", query, ""))


def _header(name: str, value: str) -> str:
    if _BREAKS.search(value) or value != value.strip():
        raise RequestRefusedError(Outcome.ARGUMENT_ERROR, f"the value of header {name} has line breaks or outer spaces")
    # http.client encodes header text as latin-1; this carries UTF-8 through it unchanged.
    return value.encode().decode("latin-1")


def _add_credentials(binding: RestBinding, parts: _Parts, environment: Mapping[str, str]) -> tuple[list[str], set[str]]:
    secrets: list[str] = []
    secret_headers: set[str] = set()
    for credential in binding.credentials:
        secret = environment.get(credential.variable, "").strip()
        if not secret:
            if credential.optional:
                continue
            raise RequestRefusedError(
                Outcome.AUTH, f"the environment variable {credential.variable} is not set; no call was made"
            )
        secrets.append(secret)
        parts.put(credential.place, credential.wire_name, credential.prefix + secret)
        if credential.place is Place.HEADER:
            secret_headers.add(credential.wire_name.lower())
    return secrets, secret_headers


def _body(binding: RestBinding, parts: _Parts, whole: object, headers: dict[str, str]) -> bytes | None:
    kind = binding.body_type
    if kind is None or (whole is None and not parts.fields and binding.method in SAFE_METHODS):
        return None
    base = kind.partition(";")[0].strip().lower()
    content: JsonValue = parts.fields if binding.whole_body is None else whole
    if content is None:
        return None
    headers["Content-Type"] = kind
    if base == "application/json" or base.endswith("+json"):
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    if base == "application/x-www-form-urlencoded" and isinstance(content, dict):
        pairs = [pair for name, value in content.items() for pair in _pairs(name, value, True)]
        return urlencode(pairs).encode()
    if base == "multipart/form-data" and isinstance(content, dict):
        return _multipart(content, headers)
    return _text(content).encode()


def _multipart(content: JsonObject, headers: dict[str, str]) -> bytes:
    from urllib3.filepost import encode_multipart_formdata

    fields = [pair for name, value in content.items() for pair in _pairs(name, value, True)]
    # A boundary made from the content keeps equal calls equal on the wire.
    import hashlib

    boundary = hashlib.sha256(repr(fields).encode()).hexdigest()[:32]
    body, content_type = encode_multipart_formdata(fields, boundary=boundary)
    headers["Content-Type"] = content_type
    return bytes(body)
