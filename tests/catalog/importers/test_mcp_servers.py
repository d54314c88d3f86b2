import contextlib
import json
import socket
import subprocess
import sys
import time

import pytest

from apigen_assets.catalog.importers.mcp_configs import server_of
from apigen_assets.catalog.importers.mcp_files import is_mcp_config, servers_of
from apigen_assets.catalog.importers.sources import import_source
from apigen_assets.domain.outcome import CallRequest, Outcome
from apigen_assets.tool_formats.schema_validator import compile_schema
from resources.mcp.executor import McpExecutor
from tests.helpers.paths import HELPERS

SERVER = HELPERS / "mcp_example_server.py"
RAW = HELPERS / "mcp_raw_server.py"


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
    assert add.name == "tools_shop_add" and add.description == "Add two numbers."
    assert add.parameters["properties"]["a"]["type"] == "integer" and add.parameters["required"] == ["a"]
    assert add.parameters["properties"]["b"]["default"] == 2
    assert add.binding.command == (sys.executable, str(SERVER)) and add.binding.tool == "add"
    assert add.binding.variables == ("SHOP_NAME",) and add.binding.read_only is True
    assert shop_name.binding.read_only is None
    assert {r.original_name: r.reason for r in result.rejects} == {"dead": "no_answer", "odd": "malformed_server"}


@contextlib.contextmanager
def served(*arguments):
    """A server of the example over HTTP; gives its port, on which it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(SERVER), str(port), *arguments], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_tools_of_an_http_server(tmp_path):
    with served() as port:
        url = f"http://127.0.0.1:{port}/mcp"
        result = import_source(url, name="web", allow_private=True)
        assert [a.name for a in result.apis] == ["web_add", "web_shop_name"], result.rejects
        assert result.apis[0].binding.url == url and not result.apis[0].binding.sse
        assert import_source(url, name="web").rejects[0].reason == "private_address"
        (tmp_path / "web.url").write_text(f"url: {url}\nformat: mcp\n")
        assert len(import_source(tmp_path / "web.url", allow_private=True).apis) == 2


def test_a_server_that_speaks_only_the_older_transport_is_reached_where_the_file_names_none(tmp_path):
    with served("sse") as port:
        url = f"http://127.0.0.1:{port}/events"
        path = config(tmp_path, shop={"url": url}, named={"type": "http", "url": url})
        result = import_source(path, allow_private=True)
        assert {r.original_name: r.reason for r in result.rejects} == {"named": "no_answer"}
        add = next(api for api in result.apis if api.binding.tool == "add")
        assert add.binding.url == url and add.binding.sse
        with McpExecutor("live", environment={}, allow_private_addresses=True) as executor:
            (answer,) = executor.execute([CallRequest(binding=add.binding, arguments={"a": 1})])
        assert answer.outcome is Outcome.OK and "3" in (answer.result or "")


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


def raw(mode, *more):
    return {"command": sys.executable, "args": [str(RAW), mode, *more]}


def test_a_bad_tool_costs_itself_and_a_listing_without_end_ends(tmp_path):
    result = import_source(config(tmp_path, depot=raw("bad")))
    assert [api.source.original_name for api in result.apis] == ["depot/good", "depot/also_good"]
    assert {reject.original_name: reject.reason for reject in result.rejects} == {
        "depot/null": "invalid_schema",
        "depot/text": "invalid_schema",
        "depot/untyped": "invalid_schema",
        "depot/inside": "invalid_schema",
        "depot/tool 6": "malformed_tool",
        "depot/tool 7": "malformed_tool",
        "depot/good": "duplicate_tool",
    }


def test_schemas_that_are_more_than_a_list_of_properties(tmp_path):
    apis = import_source(config(tmp_path, depot=raw("odd"))).apis
    schemas = {api.binding.tool: api.parameters for api in apis}

    def takes(tool, **arguments):
        return compile_schema(schemas[tool])(arguments) is None

    assert set(schemas["either"]["properties"]) == {"kind", "width", "litres"}
    assert schemas["either"]["properties"]["kind"] == {"type": "string", "enum": ["box", "bag"]}
    assert takes("either", kind="box", width=1) and takes("either", kind="bag", litres=1)
    assert not takes("either", kind="box", litres=1) and not takes("either", width=1)
    assert takes("one_needed", b=1) and not takes("one_needed")
    assert takes("both", a="x") and not takes("both") and schemas["both"]["required"] == ["a"]
    assert takes("tree", node=["a", [["b"]]]) and not takes("tree", node=[1])
    assert takes("open", a="x", further="y") and not takes("open", further=1)
    assert schemas["names"]["required"] == ["top"] and set(schemas["names"]["properties"]) == {"filter_a", "top"}
    assert next(api for api in apis if api.binding.tool == "names").binding.wire_names["filter_a"] == "filter[a]"
    assert schemas["old"]["required"] == ["id"] and takes("old", id="a", pair=["a", 1])
    assert not takes("old", id="a", size=0) and not takes("after", mode="far") and takes("after", mode="far", km=1)
    assert next(api for api in apis if api.binding.tool == "result").returns["required"] == ["n"]


VSCODE = """{
  // comments and trailing commas are common
  "inputs": [{"id": "own-key", "type": "promptString", "password": true}, {"id": "level", "default": "low"}],
  "servers": {
    "depot": {"type": "stdio", "command": "PYTHON", "cwd": "${workspaceFolder}/work",
      "args": ["SERVER", "odd", "--token", "${env:TOKEN_OF_MINE}", "--level=${input:level}"],
      "env": {"OWN_KEY": "${input:own-key}", "LEVEL": "${input:level}", "COPY": "${env:TOKEN_OF_MINE}"},},
    "off": {"command": "x", "disabled": true},
  }
}"""


def test_files_of_other_clients(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_MINE", "s3cr3t")
    (tmp_path / "work").mkdir()
    vscode = tmp_path / "vscode.json"
    vscode.write_text(VSCODE.replace("PYTHON", sys.executable).replace("SERVER", str(RAW)))
    result = import_source(vscode)
    assert [(reject.original_name, reject.reason) for reject in result.rejects] == [("off", "disabled_server")]
    binding = result.apis[0].binding
    assert binding.cwd == str(tmp_path / "work") and binding.variables == ("OWN_KEY",)
    assert binding.environment == (("LEVEL", "low"), ("COPY", "${TOKEN_OF_MINE}"))
    assert binding.command[3:] == ("--token", "${TOKEN_OF_MINE}", "--level=low")
    where = next(api for api in result.apis if api.binding.tool == "where")
    with McpExecutor("live", environment={"TOKEN_OF_MINE": "s3cr3t", "OWN_KEY": "k-123456"}) as executor:
        (answer,) = executor.execute([CallRequest(binding=where.binding, arguments={})])
    said = json.loads(answer.result or "")
    assert said["folder"] == str(tmp_path / "work") and said["level"] == "low"
    assert said["key"] == "***" and said["argv"][:2] == ["--token", "***"]


@pytest.mark.parametrize(
    ("value", "commands"),
    [
        ({"context_servers": {"a": {"command": {"path": "x", "args": ["y"]}}}}, [("x", "y")]),
        ({"mcp": {"a": {"type": "local", "command": ["x", "y"], "environment": {"A": "b"}}}}, [("x", "y")]),
        ({"mcp": {"servers": {"a": {"command": "x"}}}}, [("x",)]),
        ({"extensions": {"a": {"cmd": "x", "args": ["y"], "envs": {}, "type": "stdio"}}}, [("x", "y")]),
        ({"mcpServers": [{"name": "a", "command": "x", "args": ["y"]}]}, [("x", "y")]),
        ({"amp.mcpServers": {"a": {"command": "x"}}}, [("x",)]),
        ({"a": {"command": "x", "args": []}, "b": {"type": "http", "url": "https://b.example/mcp"}}, [("x",), ()]),
        ({"openapi": "3.1.0", "servers": [{"url": "https://a.example"}]}, []),
        ({"a": {"url": "https://a.example"}}, []),
    ],
)
def test_servers_are_found_in_the_files_of_many_clients(tmp_path, value, commands):
    found = servers_of(value)
    servers = [server_of(name, entry, tmp_path, {}, print) for name, entry in found.items()]
    assert [server.command for server in servers] == commands and is_mcp_config(value) == bool(commands)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"command": "x", "args": ["--api-key", "abcdef123"]}, "literal_secret"),
        ({"command": "x", "args": ["--token=abcdef123"]}, "literal_secret"),
        ({"command": "x", "args": ["postgres://me:abcdef123@host/db"]}, "literal_secret"),
        ({"url": "https://a.example/mcp?api_key=abcdef123"}, "literal_secret"),
        ({"url": "https://a.example/mcp", "headers": {"X-Api-Key": "abcdef123"}}, "unsupported_headers"),
        ({"command": "x", "cwd": "nowhere"}, "no_such_folder"),
    ],
)
def test_a_secret_in_the_file_is_refused_with_what_to_write(tmp_path, entry, reason):
    (reject,) = import_source(config(tmp_path, one=entry)).rejects
    assert reject.reason == reason and "abcdef123" not in reject.detail


def test_secrets_of_the_environment_and_plain_values_are_told_apart(tmp_path):
    warned = []
    given = {
        "API_KEY": "abcdef",
        "LOG_LEVEL": "debug",
        "DEBUG": True,
        "URL": "https://u:p4ss@h",
        "OTHER": "${MINE}",
        "E": "",
    }
    server = server_of("a", {"command": "x", "env": given}, tmp_path, {}, warned.append)
    assert server.variables == ("API_KEY", "URL", "E") and len(warned) == 2
    assert server.environment == (("LOG_LEVEL", "debug"), ("DEBUG", "true"), ("OTHER", "${MINE}"))
    headers = {"Authorization": "Bearer ${input:my-pat}", "X-Toolsets": "a,b", "X-Key": "${MINE}"}
    remote = server_of("a", {"url": "https://a.example/sse", "headers": headers}, tmp_path, {}, warned.append)
    assert remote.token_variable == "MY_PAT" and remote.sse
    assert remote.headers == (("X-Toolsets", "a,b"), ("X-Key", "${MINE}"))
