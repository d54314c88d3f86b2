"""Sources behind URLs: what is taken, what is refused, and that the address that was checked is the one asked."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apigen_assets.catalog.importers import fetch as module
from apigen_assets.catalog.importers.fetch import fetch
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.catalog.importers.mcp_servers import import_mcp_url
from apigen_assets.settings import settings


@pytest.fixture
def site():
    """A loopback server; `routes` maps a path to (status, headers, body) or to a function of the handler."""

    class Handler(BaseHTTPRequestHandler):
        server: Any

        def do_GET(self):
            self.server.hits.append(self.path)
            route = self.server.routes.get(self.path, (404, {}, b""))
            if callable(route):
                return route(self)
            status, headers, body = route
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.routes, server.hits, server.port = {}, [], server.server_address[1]
    server.url = f"http://127.0.0.1:{server.port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def reason(url, **given):
    with pytest.raises(SourceError) as caught:
        fetch(url, **given)
    return caught.value.reason, str(caught.value)


def test_a_document_comes_with_the_name_at_the_end_of_its_redirects(site):
    site.routes["/old"] = (302, {"Location": "/new/api.json?x=1"}, b"not this")
    site.routes["/new/api.json?x=1"] = (200, {}, b'{"openapi": "3.1.0"}')
    document = fetch(f"{site.url}/old", allow_private=True)
    assert (document.name, json.loads(document.data)) == ("api.json", {"openapi": "3.1.0"})


def test_the_server_is_told_who_asks(site, monkeypatch):
    told = []

    def answer(handler):
        told.append(handler.headers["User-Agent"])
        handler.send_response(200)
        handler.end_headers()

    site.routes["/api.json"] = answer
    fetch(f"{site.url}/api.json", allow_private=True)
    monkeypatch.setenv("APIGEN_USER_AGENT", "shop-bot/1 (ops@example.org)")
    settings.cache_clear()
    fetch(f"{site.url}/api.json", allow_private=True)
    assert "APIGEN_USER_AGENT" in told[0] and told[1] == "shop-bot/1 (ops@example.org)"


def test_what_is_no_document_says_why(site, monkeypatch):
    site.routes["/round"] = (302, {"Location": "/round"}, b"")
    site.routes["/file"] = (302, {"Location": "file:///etc/hostname"}, b"")
    site.routes["/large"] = (200, {}, b"x" * 2000)
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1000)
    secret = f"{site.url.replace('//', '//user:pass@')}/gone?key=secret"
    assert reason(secret, allow_private=True) == ("no_answer", "http://127.0.0.1/gone answered 404")
    assert reason(f"{site.url}/round", allow_private=True)[0] == "no_answer" and site.hits.count("/round") == 4
    assert reason(f"{site.url}/file", allow_private=True)[0] == "bad_url"
    assert reason(f"{site.url}/large", allow_private=True)[0] == "file_too_large"
    assert reason("http://gone.invalid/x")[0] == "unknown_host"
    assert reason("http://[::1/x")[0] == "bad_url"


def test_a_server_that_drips_is_cut_off(site, monkeypatch):
    stopping = threading.Event()

    def drip(handler):
        # Every byte is in time for a socket's timeout; only the sum is late.
        while not stopping.wait(0.05):
            try:
                handler.wfile.write(b"H")
                handler.wfile.flush()
            except OSError:
                return

    site.routes["/drip"] = drip
    monkeypatch.setattr(module, "TOTAL_S", 0.5)
    try:
        assert "took more than" in reason(f"{site.url}/drip", allow_private=True)[1]
    finally:
        stopping.set()


def test_private_addresses_are_refused(site):
    assert reason(f"{site.url}/x")[0] == "private_address"
    assert not site.hits


@pytest.fixture
def rebound(monkeypatch):
    """A name whose first look-up is public and whose later ones lead to this machine. Nothing leaves it."""
    resolve, connect, dialled = socket.getaddrinfo, socket.socket.connect, []
    asked = []

    def look_up(host, port, *args, **kwargs):
        if host != "api.example.com":
            return resolve(host, port, *args, **kwargs)
        address = "127.0.0.1" if asked else "8.8.8.8"
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def dial(sock, address):
        if sock.family == socket.AF_INET:
            dialled.append(address[0])
            if address[0] != "127.0.0.1":
                raise ConnectionRefusedError("not from here")
        return connect(sock, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", dial)
    return dialled


def test_a_name_that_changes_after_the_check_leads_nowhere(site, rebound):
    site.routes["/x"] = (200, {}, b"inner secret")
    assert reason(f"http://api.example.com:{site.port}/x")[0] == "no_answer"
    assert not site.hits and rebound == ["8.8.8.8"]


def test_an_mcp_name_that_changes_after_the_check_leads_nowhere(site, rebound):
    (reject,) = import_mcp_url(f"http://api.example.com:{site.port}/mcp", "web").rejects
    assert reject.reason == "no_answer"
    assert not site.hits and set(rebound) == {"8.8.8.8"}


def test_a_public_host_leads_to_no_private_address_even_where_those_are_allowed(site, monkeypatch):
    site.routes["/api.json"] = (302, {"Location": f"http://localhost:{site.port}/inside"}, b"")
    site.routes["/inside"] = (200, {}, b"{}")
    assert fetch(f"{site.url}/api.json", allow_private=True).data == b"{}"
    monkeypatch.setattr(module, "is_public", lambda host, port, timeout_s: host == "127.0.0.1")
    assert reason(f"{site.url}/api.json", allow_private=True)[0] == "private_address"
    assert site.hits.count("/inside") == 1
