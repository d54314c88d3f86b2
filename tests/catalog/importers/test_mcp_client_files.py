"""Files of MCP clients as people have them: where the servers stand, and what their placeholders mean."""

import json

import pytest

from apigen_assets.catalog.importers import mcp_servers
from apigen_assets.catalog.importers.sources import detect_format, import_source

TOOL = {"name": "count", "description": "Count.", "inputSchema": {"type": "object", "properties": {}}}


@pytest.fixture
def servers(tmp_path, monkeypatch):
    """The servers of a file as they would be started or called, by name, and the reasons of its rejects."""
    asked = {}

    def listing(server, allow_private=False):
        asked[server.name] = server
        return [TOOL]

    monkeypatch.setattr(mcp_servers, "list_tools", listing)
    for variable in ("STORE_KEY", "WEB_TOKEN", "DB_URL"):
        monkeypatch.delenv(variable, raising=False)

    def read(name, text):
        asked.clear()
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        assert detect_format(path) == "mcp"
        result = import_source(path)
        return dict(asked), result

    return read


CONTINUE = """
name: Mine
version: 0.0.1
mcpServers:
  - name: store
    command: uvx
    args: ["store-mcp", "--db", "./a.db"]
    env: {STORE_KEY: "${{ secrets.STORE_KEY }}"}
  - name: web
    type: streamable-http
    url: https://w.example/mcp
    requestOptions: {headers: {Authorization: "Bearer ${{ secrets.WEB_TOKEN }}"}}
"""
GOOSE = """
extensions:
  store: {type: stdio, cmd: uvx, args: [store-mcp, --db, ./a.db], env_keys: [STORE_KEY], enabled: true}
  web: {type: streamable_http, uri: "https://w.example/mcp", headers: {Authorization: "Bearer ${WEB_TOKEN}"}}
  off: {type: stdio, cmd: x, enabled: false}
"""
CODEX = """
model = "some-model"
[mcp_servers.store]
command = "uvx"
args = ["store-mcp", "--db", "./a.db"]
env_vars = ["STORE_KEY"]
[mcp_servers.web]
url = "https://w.example/mcp"
bearer_token_env_var = "WEB_TOKEN"
"""
ZED = """{
  "theme": "Dark", // of the editor
  "context_servers": {
    "store": {"source": "custom", "command": "uvx", "args": ["store-mcp", "--db", "./a.db"], "env": {"STORE_KEY": ""}},
    /* a remote one */
    "web": {"url": "https://w.example/mcp", "headers": {"Authorization": "Bearer ${WEB_TOKEN}"}}, // the last
  },
}"""
STORE = {"command": "uvx", "args": ["store-mcp", "--db", "./a.db"]}
WEB = {"url": "https://w.example/mcp", "headers": {"Authorization": "Bearer ${env:WEB_TOKEN}"}}
KEY = {"env": {"STORE_KEY": "${env:STORE_KEY}"}}
ASKED = {"env": {"STORE_KEY": "${input:key}"}}
INPUTS = [{"id": "key", "type": "promptString", "password": True}, {"id": "WEB_TOKEN", "type": "promptString"}]
ASKED_WEB = {"type": "http", "url": WEB["url"], "headers": {"Authorization": "Bearer ${input:WEB_TOKEN}"}}

FILES = {
    "claude_desktop_config.json": {"mcpServers": {"store": {**STORE, **KEY}, "web": {"type": "http", **WEB}}},
    "claude.json": {"projects": {"/p": {"mcpServers": {"store": {**STORE, **KEY}, "web": WEB}}}, "startups": 3},
    "mcp.json": {"inputs": INPUTS, "servers": {"store": {"type": "stdio", **STORE, **ASKED}, "web": ASKED_WEB}},
    "settings.json": {"a.b": 1, "mcp": {"inputs": INPUTS, "servers": {"store": {**STORE, **ASKED}, "web": ASKED_WEB}}},
    "devcontainer.json": {
        "image": "x",
        "customizations": {"vscode": {"mcp": {"servers": {"store": {**STORE, **KEY}, "web": WEB}}}},
    },
    "cursor.json": {"mcpServers": {"store": {"type": "stdio", **STORE, **KEY}, "web": WEB}},
    "windsurf.json": {
        "mcpServers": {"store": {**STORE, **KEY}, "web": {"serverUrl": WEB["url"], "headers": WEB["headers"]}}
    },
    "gemini.json": {
        "mcpServers": {
            "store": {**STORE, "env": {"STORE_KEY": "$STORE_KEY"}},
            "web": {"httpUrl": WEB["url"], "headers": {"Authorization": "Bearer $WEB_TOKEN"}},
        }
    },
    "cline.json": {"mcpServers": {"store": {**STORE, **KEY}, "web": {"transport": {"type": "http", **WEB}}}},
    "opencode.jsonc": {
        "mcp": {
            "store": {
                "type": "local",
                "command": ["uvx", *STORE["args"]],
                "environment": {"STORE_KEY": "{env:STORE_KEY}"},
            },
            "web": {"type": "remote", "url": WEB["url"], "headers": {"Authorization": "Bearer {env:WEB_TOKEN}"}},
        }
    },
    "warp.json": {"store": {**STORE, **KEY, "working_directory": None}, "web": {"type": "http", **WEB}},
    "one_line.json": {"mcpServers": {"store": {"command": "uvx store-mcp --db ./a.db", **KEY}, "web": WEB}},
    "zed.json": ZED,
    "continue.yaml": CONTINUE,
    "goose.yaml": GOOSE,
    "codex.toml": CODEX,
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_two_servers_in_the_file_of_every_client(servers, name):
    found, result = servers(name, FILES[name])
    assert set(found) == {"store", "web"}
    assert {reject.reason for reject in result.rejects} <= {"disabled_server"}
    assert found["store"].command == ("uvx", "store-mcp", "--db", "./a.db")
    assert (found["store"].variables, found["store"].environment) == (("STORE_KEY",), ())
    assert (found["web"].url, found["web"].token_variable, found["web"].sse) == (WEB["url"], "WEB_TOKEN", False)


def test_the_manifest_of_an_extension(servers, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "main.js").write_text("")
    config = {
        "command": "node",
        "args": ["${__dirname}/server/main.js", "--folder=${user_config.folder}"],
        "env": {"STORE_KEY": "${user_config.key}"},
    }
    asked = {"key": {"type": "string", "sensitive": True}, "folder": {"type": "directory", "default": "/srv"}}
    manifest = {"manifest_version": "0.3", "name": "store", "server": {"type": "node", "mcp_config": config}}
    found, _ = servers("manifest.json", {**manifest, "user_config": asked})
    assert found["store"].command == ("node", str(tmp_path / "server" / "main.js"), "--folder=/srv")
    assert found["store"].variables == ("STORE_KEY",)


@pytest.mark.parametrize(
    ("entry", "sse"),
    [
        ({"type": "sse", "url": "https://w.example/events"}, True),
        ({"transportType": "sse", "url": "https://w.example/events"}, True),
        ({"transport": {"type": "sse", "url": "https://w.example/events"}}, True),
        ({"url": "https://w.example/sse"}, True),
        ({"type": "streamableHttp", "url": "https://w.example/sse"}, False),
        ({"type": "streamable-http", "url": "https://w.example/mcp"}, False),
    ],
)
def test_transports(servers, entry, sse):
    found, _ = servers("a.json", {"mcpServers": {"web": entry}})
    assert found["web"].sse is sse


def test_a_file_of_variables_is_read_and_its_secrets_are_not_kept(servers, tmp_path):
    (tmp_path / ".env").write_text(
        "# of the store\nexport STORE_KEY='sk-abcdefghijklmnop1234'\nPORT=8080\nDB_URL=postgres://a:pass@h/db\nMODE=${PORT}\n"
    )
    entry = {**STORE, "env": {"PORT": "9090"}, "envFile": "${workspaceFolder}/.env"}
    found, result = servers("mcp.json", {"servers": {"store": entry}})
    assert found["store"].variables == ("STORE_KEY", "DB_URL", "MODE")
    assert found["store"].environment == (("PORT", "9090"),)  # the entry's own wins
    (warning,) = [text for text in result.warnings if "envFile" in text]
    assert "STORE_KEY, DB_URL, MODE" in warning
    kept = json.dumps([api.model_dump(mode="json") for api in result.apis]) + "".join(result.warnings)
    assert "sk-abcdef" not in kept and "pass@" not in kept and "STORE_KEY" in kept


@pytest.mark.parametrize(("place", "said"), [("none.env", "where no file is"), ("../over.env", "lies outside")])
def test_a_file_of_variables_that_cannot_be_read_is_said_and_the_server_stays(servers, tmp_path, place, said):
    (tmp_path.parent / "over.env").write_text("PORT=1\n")
    found, result = servers("mcp.json", {"servers": {"store": {**STORE, "envFile": place}}})
    assert found["store"].environment == () and any(said in text for text in result.warnings)


def test_the_workspace_of_a_clients_own_folder_is_the_one_around_it(servers, tmp_path):
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".env").write_text("PORT=8080\n")
    entry = {"command": "uvx", "args": ["${workspaceFolder}/a.py"], "envFile": "${workspaceFolder}/.env"}
    found, _ = servers(".vscode/mcp.json", {"servers": {"store": entry}})
    assert found["store"].command[1] == f"{tmp_path}/a.py" and found["store"].environment == (("PORT", "8080"),)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"type": "ws", "url": "https://w.example/ws"}, "unsupported_transport"),
        ({"url": "wss://w.example/ws"}, "unsupported_transport"),
        ({"source": "extension", "settings": {}}, "malformed_server"),
        ({"command": 'run "unclosed'}, "malformed_server"),
        ({"url": "https://w.example/mcp", "http_headers": ["a"]}, "unsupported_headers"),
    ],
)
def test_entries_that_cannot_be_used_cost_themselves(servers, entry, reason):
    found, result = servers("a.json", {"mcpServers": {"odd": entry, "web": WEB}})
    assert set(found) == {"web"} and [reject.reason for reject in result.rejects] == [reason]


def test_an_empty_file_says_that_it_has_no_servers(servers):
    _, result = servers("a.json", {"mcpServers": {}})
    assert [reject.reason for reject in result.rejects] == ["no_servers"]


def test_commas_and_signs_of_comments_inside_texts_stay(servers):
    text = '{"mcpServers": {"web": {"url": "https://w.example/a//b", "headers": {"X-List": "[1,]/*,}*/"},},},}'
    found, _ = servers("a.json", text)
    assert found["web"].url == "https://w.example/a//b" and found["web"].headers == (("X-List", "[1,]/*,}*/"),)
