"""Files in which MCP clients keep their servers: Claude, Cursor, VS Code, Zed, OpenCode, Codex and their like."""

import json
import re
import tomllib
from collections.abc import Iterator

from apigen_assets.catalog.importers.documents import Document, decode
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.catalog.importers.json_text import parse_json
from apigen_assets.catalog.importers.openapi.yaml_text import parse_yaml
from apigen_assets.files.json_types import JsonObject, JsonValue

CLIENT_FILES = (".json", ".jsonc", ".yaml", ".yml", ".toml")
"""Endings of such files."""
COMMANDS = ("command", "cmd")
URLS = ("url", "serverUrl", "httpUrl", "uri", "endpoint")

_CONTAINERS = ("mcpServers", "servers", "mcp_servers", "context_servers", "extensions", "mcp")
_TOLD = ("mcpServers", "mcp_servers", "context_servers")
"""Containers that nothing else has the name of."""
_TELLING = frozenset({"args", "env", "type", "transport"})
"""One of these in every entry tells a bare map of servers from other maps of URLs and commands."""
_DEEPEST = 4
"""Levels of a file in which its servers may lie: settings of a project, of a development container."""


def read_config(document: Document) -> JsonValue:
    """The value of a client's file: JSON with comments and trailing commas, as editors write it, YAML or TOML.

    Raises:
        SourceError: it is none of them.
    """
    name = document.name.lower()
    if name.endswith(".toml"):
        try:
            return json.loads(json.dumps(tomllib.loads(decode(document)), default=str))
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            raise SourceError("not_toml", f"{document.name}: {error}") from None
    if name.endswith((".yaml", ".yml")):
        return parse_yaml(decode(document), document.name)
    try:
        return parse_json(document)
    except SourceError as error:
        if error.reason != "not_json":
            raise
        try:
            return json.loads(_without_comments(decode(document)))
        except (ValueError, RecursionError):
            raise error from None


def is_mcp_config(value: object) -> bool:
    """Whether the value of a document is a client's file: one with servers in it, or with an empty place for them."""
    return bool(servers_of(value)) or (isinstance(value, dict) and value.get("mcpServers") == {})


def servers_of(value: object) -> dict[str, JsonValue]:
    """The servers of a client's file, by name; empty where it has none."""
    if not isinstance(value, dict):
        return {}
    own = _own(value)
    if own:
        return own
    packed = _packed(value)
    if packed is not None:
        return packed
    if value and all(_is_server(entry) and entry.keys() & _TELLING for entry in value.values()):
        return {str(name): entry for name, entry in value.items()}
    return _deeper(value, 1)


def inputs_of(value: JsonValue) -> dict[str, JsonObject]:
    """What a file asks its user for, by id: `inputs` of VS Code, `user_config` of an extension's manifest."""
    if not isinstance(value, dict):
        return {}
    asked = value.get("user_config")
    if isinstance(asked, dict):
        return {
            str(key): {**entry, "password": entry.get("sensitive") is True}
            for key, entry in asked.items()
            if isinstance(entry, dict)
        }
    listed = value.get("inputs")
    if not isinstance(listed, list):
        return next((found for inner in value.values() if (found := inputs_of(inner))), {}) if "mcp" in value else {}
    return {str(entry["id"]): entry for entry in listed if isinstance(entry, dict) and "id" in entry}


def first_of(entry: JsonObject, names: tuple[str, ...]) -> JsonValue:
    """The first of these keys that has a value."""
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _own(value: JsonObject) -> dict[str, JsonValue]:
    """The servers in a container at the top of a value."""
    for key, inner in value.items():
        container = key.rpartition(".")[2] if isinstance(key, str) else ""
        if container not in _CONTAINERS:
            continue
        told = container in _TOLD
        if told and isinstance(inner, list):  # Continue: a list of servers with names
            inner = {str(entry.get("name", at)): entry for at, entry in enumerate(inner) if isinstance(entry, dict)}
        if not isinstance(inner, dict) or not inner:
            continue
        if told or any(_is_server(entry) for entry in inner.values()):
            return {str(name): entry for name, entry in inner.items()}
        if container == "mcp" and (nested := _own(inner)):
            return nested
    return {}


def _packed(value: JsonObject) -> dict[str, JsonValue] | None:
    """The server that the manifest of an extension (`.mcpb`, `.dxt`) describes."""
    server = value.get("server")
    config = server.get("mcp_config") if isinstance(server, dict) else None
    return {str(value.get("name", "server")): config} if isinstance(config, dict) else None


def _deeper(value: JsonObject, level: int) -> dict[str, JsonValue]:
    out: dict[str, JsonValue] = {}
    for inner in value.values():
        if isinstance(inner, dict) and level < _DEEPEST:
            told = {key: part for key, part in inner.items() if key in (*_TOLD, "mcp")}
            for name, entry in (_own(told) or _deeper(inner, level + 1)).items():
                out.setdefault(name, entry)
    return out


def _is_server(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    url = first_of(entry, URLS)
    command = first_of(entry, COMMANDS)
    return isinstance(command, str | list | dict) or (isinstance(url, str) and url.startswith(("http", "$")))


def _without_comments(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON; texts are left as they are."""
    out: list[str] = []
    for piece in _code(text):
        if piece.startswith('"'):
            out.append(piece)
            continue
        for sign in piece:
            if sign in "}]":
                while out and not out[-1].strip():
                    out.pop()
                if out and out[-1] == ",":
                    out.pop()
            out.append(sign)
    return "".join(out)


def _code(text: str) -> Iterator[str]:
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|[^"/]+|/', text, re.DOTALL):
        yield "" if match[0].startswith(("//", "/*")) else match[0]
