"""Keeps other web pages from using the UI through the browser of the person who runs it.

Dagster's web server has no login and takes mutations in the query of any GET or POST: a page anywhere, or a picture
in a description, could start runs on a UI that listens on loopback only; a name that is bound to 127.0.0.1 afterwards
could read it. Who is not in a browser is kept out by the address it listens on, and by a proxy with a login.
"""

import ipaddress
import os
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

UI_HOSTS = "APIGEN_UI_SERVED_HOSTS"
"""Environment variable with the names under which the UI may be asked for, separated by commas."""


class Guard:
    """ASGI middleware: refuses what a foreign page sends, and mutations that are no JSON request."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = None) -> None:
        self._app = app
        given = os.environ.get(UI_HOSTS, "").split(",") if hosts is None else hosts
        self._hosts = frozenset(name.strip().lower() for name in given) - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 415, close a websocket, or hand on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        reason = self.refusal(scope)
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            await PlainTextResponse(f"{reason}\n", 403)(scope, receive, send)

    def refusal(self, scope: Scope) -> str | None:
        """Why a request is refused, or null."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            return f"this UI is not served as {host!r}: name it in APIGEN_UI_HOSTS"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return "requests from other pages are refused"
        if not scope["path"].rstrip("/").endswith("/graphql") or scope["type"] == "websocket":
            return None
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return "requests from other pages are refused"
        if scope["method"] in {"GET", "HEAD"}:
            return "GraphQL is asked by POST" if b"query=" in scope.get("query_string", b"") else None
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return "GraphQL is asked in application/json"
        return None

    def _is_ours(self, host: str) -> bool:
        """Addresses and localhost cannot be bound to another machine; other names have to be configured."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        if name == "localhost" or name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
