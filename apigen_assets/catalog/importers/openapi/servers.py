"""The URL that an operation is called at."""

import re
from urllib.parse import urljoin, urlsplit

from apigen_assets.catalog.importers.openapi.secret_words import is_secret_variable
from apigen_assets.catalog.importers.openapi.security import credential_of
from apigen_assets.domain.api import Credential, Place
from apigen_assets.files.json_types import JsonMapping, JsonValue

_VARIABLE = re.compile(r"\{([^{}]+)\}")


_ABSOLUTE = re.compile(r"(?:\w+:)?//")


class NoServerError(ValueError):
    """The document names no server that can be called."""


class Servers:
    """The servers of one document.

    Args:
        spec: the document.
        slug: of the source.
        base_url: server to call instead of those of the document.
        origin: URL that the document came from, which relative servers are relative to.
    """

    def __init__(self, spec: JsonMapping, slug: str, base_url: str | None, origin: str | None) -> None:
        self._spec = spec
        self._slug = slug
        self._base_url = base_url
        self._origin = origin

    def url(self, path: str, operation: JsonMapping, shared: JsonMapping) -> tuple[str, list[Credential]]:
        """The URL template of an operation, and the secrets that fill holes of it.

        Raises:
            NoServerError: neither the document nor the caller gives a server.
        """
        secrets: list[Credential] = []
        if self._base_url:
            server = self._base_url
        elif "swagger" in self._spec:
            server = self._swagger(operation)
        else:
            server, secrets = self._server(operation, shared)
        if self._origin:
            server = urljoin(self._origin, server) if server else self._origin
        if not urlsplit(server).scheme.startswith("http") or not urlsplit(server).netloc:
            raise NoServerError(
                f"the document names no server ({server[:80] or 'none'}): add `servers`, or give a base URL"
            )
        server, _, query = server.partition("?")
        path, _, _fragment = path.partition("#")
        url = server.rstrip("/") + (path if path.startswith("/") else f"/{path}")
        return (f"{url}{'&' if '?' in url else '?'}{query}" if query else url), secrets

    def _swagger(self, operation: JsonMapping) -> str:
        host = self._spec.get("host")
        listed = operation.get("schemes") or self._spec.get("schemes")
        schemes = [str(scheme) for scheme in listed] if isinstance(listed, list) else []
        base = self._spec.get("basePath")
        base = base.rstrip("/") if isinstance(base, str) else ""
        called = [scheme for scheme in ("https", "http") if scheme in schemes]
        scheme = called[0] if called else (schemes or ["https"])[0]
        base = base if not base or base.startswith("/") else f"/{base}"
        return f"{scheme}://{host}{base}" if isinstance(host, str) and host else base

    def _server(self, operation: JsonMapping, shared: JsonMapping) -> tuple[str, list[Credential]]:
        """The first server of the nearest level that can be called, else the first that is named."""
        first: tuple[str, list[Credential]] | None = None
        missing = ""
        for level in (operation, shared, self._spec):
            listed = level.get("servers")
            for server in listed if isinstance(listed, list) else ():
                url = server.get("url") if isinstance(server, dict) else None
                if not (isinstance(url, str) and url and (url != "/" or self._origin)):
                    continue
                try:
                    filled, secrets = self._filled(url, server.get("variables"))
                except NoServerError as error:
                    missing = missing or str(error)
                    continue
                filled = f"https:{filled}" if filled.startswith("//") and not self._origin else filled
                if self._origin or filled.startswith(("http://", "https://")):
                    return filled, secrets
                first = first or (filled, secrets)
            if first:
                return first
        if missing:
            raise NoServerError(missing)
        return "", []

    def _filled(self, url: str, variables: JsonValue) -> tuple[str, list[Credential]]:
        """The URL with each variable's default; a secret stays a hole that the environment fills.

        Raises:
            NoServerError: a variable has no value.
        """
        secrets: list[Credential] = []
        described = variables if isinstance(variables, dict) else {}
        empty: list[str] = []

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            variable = described.get(name)
            variable = variable if isinstance(variable, dict) else {}
            if is_secret_variable(name, variable.get("description")):
                secrets.append(credential_of(self._slug, Place.PATH, name, name))
                return match[0]
            value = variable.get("default")
            choices = variable.get("enum")
            if value in (None, "") and isinstance(choices, list) and choices and value not in choices:
                value = choices[0]
            if value is None:
                raise NoServerError(f"the variable {name!r} of the server {url[:80]} has no value: give a base URL")
            if value == "":
                empty.append(name)
            return str(value)

        filled = _VARIABLE.sub(fill, url)
        if empty:
            filled = _joined(filled)
            if not filled or (_ABSOLUTE.match(filled) and "" in urlsplit(filled).netloc.split(".")):
                raise NoServerError(f"the variable {empty[0]!r} of the server {url[:80]} has no value: give a base URL")
        return filled, secrets


def _joined(url: str) -> str:
    """A URL of which some parts are empty, without the marks that set those apart."""
    absolute = _ABSOLUTE.match(url)
    start = absolute[0] if absolute else ""
    host, slash, path = url[len(start) :].partition("/")
    return start + host.rstrip(":") + re.sub(r"/{2,}", "/", slash + path)
