import json
import socket
import subprocess
import sys
import time

import pytest

from apigen_assets.catalog.importers.sources import import_source
from tests.helpers.paths import HELPERS

SERVER = HELPERS / "mcp_example_server.py"


def config(folder, **servers):
    path = folder / "tools.mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}))
    return path


def test_tools_of_a_stdio_server_and_a_dead_one_beside_it(tmp_path):
    path = config(
        tmp_path,
        shop={"command": sys.executable, "args": [str(SERVER)], "env": {"SHOP_NAME": "${SHOP_NAME}"}},
        dead={"command": "/no/such/program"},
        odd=7,
    )
    result = import_source(path)
    add, shop_name = result.apis
    assert add.name == "tools.shop.add" and add.description == "Add two numbers."
    assert add.parameters["properties"]["a"]["type"] == "integer" and add.parameters["required"] == ["a"]
    assert add.parameters["properties"]["b"]["default"] == 2
    assert add.binding.command == (sys.executable, str(SERVER)) and add.binding.tool == "add"
    assert add.binding.variables == ("SHOP_NAME",) and add.binding.read_only is True
    assert shop_name.binding.read_only is None
    assert {r.original_name: r.reason for r in result.rejects} == {"dead": "no_answer", "odd": "malformed_server"}


def test_tools_of_an_http_server(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(SERVER), str(port)], stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/mcp"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        result = import_source(url, name="web", allow_private=True)
        assert [a.name for a in result.apis] == ["web.add", "web.shop_name"], result.rejects
        assert result.apis[0].binding.url == url
        assert import_source(url, name="web").rejects[0].reason == "private_address"
        (tmp_path / "web.url").write_text(f"url: {url}\nformat: mcp\n")
        assert len(import_source(tmp_path / "web.url", allow_private=True).apis) == 2
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"url": "https://x.example", "headers": {"X-Key": "secret-value"}}, "unsupported_headers"),
        ({"url": "https://x.example", "headers": {"Authorization": "Bearer secret-value"}}, "unsupported_headers"),
        ({"args": []}, "malformed_server"),
        ({"command": "x", "env": "secret-value"}, "malformed_server"),
        ({"url": "ftp://x.example"}, "bad_url"),
    ],
)
def test_secrets_are_never_kept(tmp_path, entry, reason):
    result = import_source(config(tmp_path, one=entry))
    assert [r.reason for r in result.rejects] == [reason]
    assert "secret-value" not in json.dumps([r.model_dump() for r in result.rejects]) + str(result.warnings)


def test_a_token_is_a_variable_and_its_absence_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    entry = {"url": "http://127.0.0.1:9/mcp", "headers": {"Authorization": "Bearer ${SHOP_TOKEN}"}}
    (reject,) = import_source(config(tmp_path, one=entry), allow_private=True).rejects
    assert (reject.reason, "SHOP_TOKEN" in reject.detail) == ("no_token", True)
