"""The UI serves the person before it, and nobody else's page."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.cli.web import dev, server
from apigen_assets.cli.web.guard import UI_HOSTS, Guard

ASKED = "query=mutation%7Bx%7D"


def client(base_url="http://127.0.0.1:3000", hosts=frozenset()):
    async def page(request):
        return PlainTextResponse("done")

    async def socket_(websocket):
        await websocket.accept()
        await websocket.send_text("done")
        await websocket.close()

    routes = [Route(path, page, methods=["GET", "POST"]) for path in ("/graphql", "/assets")]
    site = Starlette(routes=[*routes, WebSocketRoute("/graphql", socket_)])
    return TestClient(Guard(site, hosts), base_url=base_url)


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", f"/graphql?{ASKED}", {}),
        ("GET", f"/graphql?{ASKED}", {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"}),
        ("POST", f"/graphql?{ASKED}", {"Content-Type": "text/plain", "Origin": "http://127.0.0.1:3000"}),
        ("POST", "/graphql", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", "/graphql", {**JSON, "Origin": "https://evil.test"}),
        ("POST", "/graphql", {**JSON, "Origin": "null"}),
        ("POST", "/graphql", {**JSON, "Origin": "http://127.0.0.1:8080"}),
        ("POST", "/graphql", {**JSON, "Sec-Fetch-Site": "cross-site"}),
        ("POST", "/graphql", {**JSON, "Host": "rebound.evil.test:3000"}),
        ("GET", "/assets", {"Host": "rebound.evil.test:3000"}),
        ("GET", "/assets", {"Host": "127.0.0.1.evil.test"}),
    ],
)
def test_what_a_foreign_page_can_send_is_refused(method, path, headers):
    answer = client().request(method, path, headers=headers, content="{}" if method == "POST" else None)
    assert answer.status_code == 403 and "done" not in answer.text


@pytest.mark.parametrize(
    ("base_url", "headers"),
    [
        ("http://127.0.0.1:3000", {"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-origin"}),
        ("http://localhost:3000", {}),
        ("http://[::1]:3000", {}),
        ("http://10.1.2.3", {}),
        ("https://apigen.example.org", {"Origin": "https://apigen.example.org"}),
    ],
)
def test_its_own_pages_and_scripts_are_served(base_url, headers):
    own = client(base_url, frozenset({"apigen.example.org"}))
    assert own.post("/graphql", json={"query": "{version}"}, headers=headers).text == "done"
    assert own.get("/assets", headers=headers).text == "done"
    with own.websocket_connect(base_url.replace("http", "ws", 1) + "/graphql", headers=headers) as connection:
        assert connection.receive_text() == "done"


def test_a_foreign_page_opens_no_websocket():
    address = "ws://127.0.0.1:3000/graphql"
    foreign = client().websocket_connect(address, headers={"Origin": "https://evil.test"})
    with pytest.raises(WebSocketDisconnect), foreign:
        pass


def test_apigen_ui_starts_the_guarded_server_on_loopback(monkeypatch):
    executed = []
    monkeypatch.setattr(os, "execv", lambda program, command: executed.append(command))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setenv(UI_HOSTS, "")
    CliRunner().invoke(app, ["ui", "--port", free_port()])
    (command,) = executed
    assert command[1:3] == ["-m", dev.__name__] and command[-2:] == ["-h", "127.0.0.1"]
    started = []
    monkeypatch.setattr(dev, "_start", lambda parts, **kwargs: started.append(parts))
    vars(vars(dev)["dev"])["open_ipc_subprocess"]([sys.executable, "-m", "dagster_webserver", "--port", "1"])
    assert started == [[sys.executable, "-m", server.__name__, "--port", "1"]]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_an_address_that_cannot_be_used_is_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(os, "execv", lambda program, command: pytest.fail("started"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = [["--port", port], ["--host", "203.0.113.1"], ["--port", "99999"]]
        for arguments in wrong:
            refused = CliRunner().invoke(app, ["ui", *arguments])
            assert refused.exit_code == 2, arguments
            assert "cannot listen on" in refused.output or "65535" in refused.output


def test_what_was_started_in_the_background_can_be_stopped(monkeypatch):
    """A shell's background jobs ignore SIGINT, and Dagster makes SIGTERM do what SIGINT does."""
    at_start = []
    monkeypatch.setattr("os.execv", lambda program, command: at_start.append(signal.getsignal(signal.SIGINT)))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        CliRunner().invoke(app, ["ui", "--port", free_port()])
    finally:
        signal.signal(signal.SIGINT, before)
    assert at_start == [signal.SIG_DFL]


@pytest.mark.slow
def test_dagsters_own_server_is_behind_the_guard(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/graphql"
    command = [sys.executable, "-m", server.__name__, "--empty-workspace", "-p", str(port)]
    with (tmp_path / "server.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            assert asked(url, json.dumps({"query": "{version}"}), "application/json", 100)[0] == 200
            assert asked(url + "?query={version}", None, "")[0] == 403
            assert asked(url + "?query={version}", "", "text/plain")[0] == 403
        finally:
            process.terminate()
            process.wait(60)


def asked(url, body, media, patience_s=5):
    """Status and text of an answer; waits for the server to be there."""
    until = time.monotonic() + patience_s
    request = urllib.request.Request(url, None if body is None else body.encode(), {"Content-Type": media})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
