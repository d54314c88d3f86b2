"""Files in which MCP clients keep their servers: Claude, Cursor, VS Code, Zed, OpenCode, Goose and their like."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from apigen_assets.catalog.importers.documents import Document, decode, parse_json
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.mcp.connection import Address

Warn = Callable[[str], None]

_CONTAINERS = ("mcpServers", "servers", "mcp_servers", "context_servers", "extensions", "mcp")
_COMMANDS = ("command", "cmd")
_URLS = ("url", "serverUrl", "httpUrl", "uri", "endpoint")
_TELLING = frozenset({"args", "env", "type", "transport"})
"""One of these in every entry tells a bare map of servers from other maps of URLs and commands."""
_BEARER = re.compile(r"Bearer \$\{([A-Za-z_]\w*)\}")
_ONLY_HOLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_HOLE = re.compile(r"\$\{(?:(env|input|command|config):)?([^{}:]+)(?::-([^{}]*))?\}")
_SECRET_NAME = re.compile(
    r"(^|[-_])(api[-_]?)?(key|token|secret|password|passwd|pwd|pat|credentials?|auth|authorization|cookie|private|dsn)"
    r"s?($|[-_])|apikey|accesskey|connection[-_]?string",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|AKIA|AIza|ya29|eyJ|hf|npm|pypi|tvly|fc)[-_.]?"
    r"[A-Za-z0-9_.-]{10,}|://[^/\s:@]+:[^/\s@]+@"
)
_RANDOM = re.compile(r"(?=[^\s/]*\d)(?=[^\s/]*[A-Za-z])[A-Za-z0-9+_=-]{32,}")


@dataclass(frozen=True, kw_only=True)
class McpServer(Address):
    """How to reach one server, and what to call it."""

    name: str


def read_config(document: Document) -> JsonValue:
    """The JSON value of a client's file; comments and trailing commas are allowed, as editors write them.

    Raises:
        SourceError: it is not JSON.
    """
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
    """Whether a JSON value is a client's file with servers in it."""
    return bool(_entries(value))


def servers_of(value: JsonValue) -> dict[str, JsonValue]:
    """The servers of a client's file, by name; empty where it has none."""
    return _entries(value)


def inputs_of(value: JsonValue) -> dict[str, JsonObject]:
    """What a VS Code file asks its user for, by id."""
    listed = value.get("inputs") if isinstance(value, dict) else None
    listed = listed if isinstance(listed, list) else []
    return {str(entry["id"]): entry for entry in listed if isinstance(entry, dict) and "id" in entry}


def _entries(value: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        return {}
    for key, inner in value.items():
        if not isinstance(key, str) or key.rpartition(".")[2] not in _CONTAINERS:
            continue
        told = key.rpartition(".")[2] in ("mcpServers", "mcp_servers", "context_servers")
        if told and isinstance(inner, list):  # Continue: a list of servers with names
            inner = {str(entry.get("name", at)): entry for at, entry in enumerate(inner) if isinstance(entry, dict)}
        if not isinstance(inner, dict) or not inner:
            continue
        if told or any(_is_server(entry) for entry in inner.values()):
            return {str(name): entry for name, entry in inner.items()}
        if key == "mcp" and (nested := _entries(inner)):
            return nested
    bare = value and all(_is_server(entry) and entry.keys() & _TELLING for entry in value.values())
    return {str(name): entry for name, entry in value.items()} if bare else {}


def _is_server(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    url = _first(entry, _URLS)
    command = _first(entry, _COMMANDS)
    return isinstance(command, str | list | dict) or (isinstance(url, str) and url.startswith(("http", "$")))


def server_of(name: str, entry: object, folder: Path, inputs: dict[str, JsonObject], warn: Warn) -> McpServer:
    """How to reach the server of one entry. No secret that stands in the file is kept.

    Args:
        name: of the entry.
        entry: as it stands in the file.
        folder: where the file lies; relative paths start there.
        inputs: of a VS Code file.
        warn: takes what is not as the file wants it.

    Raises:
        SourceError: the entry cannot be used; the message says what to do.
    """
    if not isinstance(entry, dict):
        raise SourceError("malformed_server", f"{name} is a JSON {type(entry).__name__}, not an object")
    if entry.get("disabled") is True or entry.get("enabled") is False:
        raise SourceError("disabled_server", f"{name} is switched off in the file")
    text = _Text(name, folder, inputs)
    url = _first(entry, _URLS)
    if isinstance(url, str):
        return _remote(name, entry, text.plain(url), text)
    command = _first(entry, _COMMANDS)
    if isinstance(command, dict):  # Zed
        entry = {**entry, **command}
        command = command.get("path")
    listed = entry.get("args", [])
    given: list[JsonValue] | None = listed if isinstance(listed, list) else None
    if isinstance(command, list) and command:  # OpenCode
        command, given = command[0], [*command[1:], *(given or [])]
    if not isinstance(command, str) or not command or given is None:
        raise SourceError("malformed_server", f"{name} has neither `url` nor `command` with a list of `args`")
    cwd = _folder(name, _first(entry, ("cwd", "workingDirectory", "working_directory")), folder, text)
    arguments = [text.plain(str(argument)) for argument in given]
    _refuse_literal_secrets(name, arguments)
    places = [Path(cwd), folder] if cwd else [folder]
    command = text.plain(command)
    if "/" in command or "\\" in command:
        command = _placed(command, places)
    own = [
        argument if cwd and (Path(cwd) / argument).is_file() else _placed(argument, places) for argument in arguments
    ]
    if entry.get("envFile"):
        warn(f"{name}: `envFile` is not read: set its variables in the environment")
    variables, environment = _environment(name, _first(entry, ("env", "environment", "envs")), text, warn)
    more = entry.get("env_keys")  # Goose
    variables += tuple(str(key) for key in more) if isinstance(more, list) else ()
    return McpServer(name=name, command=(command, *own), variables=variables, environment=environment, cwd=cwd)


def _remote(name: str, entry: JsonObject, url: str, text: "_Text") -> McpServer:
    if not url.startswith(("http://", "https://")):
        raise SourceError("bad_url", f"{name}: {url[:100]!r} is not a valid http(s) URL")
    secret = [key for key, value in parse_qsl(urlsplit(url).query) if _is_secret(key, value) and "${" not in value]
    if secret or urlsplit(url).username:
        raise SourceError(
            "literal_secret",
            f"{name}: the URL holds a secret ({', '.join(secret) or 'user name'}): write ${{VARIABLE}}",
        )
    kind = str(entry.get("type") or entry.get("transport") or "").lower()
    sse = kind == "sse" or (not kind and urlsplit(url).path.rstrip("/").endswith("/sse"))
    named = entry.get("token_variable")
    headers = entry.get("headers") or (entry.get("requestInit") or {}).get("headers") or {}
    token, kept = named if isinstance(named, str) and named else None, []
    if not isinstance(headers, dict):
        raise SourceError("unsupported_headers", f"{name}: `headers` is not an object")
    for header, value in headers.items():
        value = text.header(str(header), str(value))
        bearer = _BEARER.fullmatch(value.strip())
        if str(header).lower() == "authorization" and bearer and token is None:
            token = bearer[1]
        elif "${" not in value and _is_secret(str(header), value):
            raise SourceError(
                "unsupported_headers",
                f"{name}: the header {header} may hold a secret: write its value as ${{VARIABLE}} and set the variable",
            )
        else:
            kept.append((str(header), value))
    return McpServer(name=name, url=url, token_variable=token, headers=tuple(kept), sse=sse)


def _environment(
    name: str, given: object, text: "_Text", warn: Warn
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Variables that are handed on, and those that get a text of their own."""
    if given is None:
        return (), ()
    if isinstance(given, list):
        return tuple(str(variable) for variable in given), ()
    if not isinstance(given, dict):
        raise SourceError("malformed_server", f"`env` of {name} is neither an object nor a list of names")
    variables: list[str] = []
    environment: list[tuple[str, str]] = []
    for variable, value in given.items():
        variable = str(variable)
        value = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        value = text.variable(variable, value.strip())
        hole = _ONLY_HOLE.fullmatch(value)
        if not value or (hole and hole[1] == variable):
            variables.append(variable)
        elif "${" not in value and not hole and _is_secret(variable, value):
            variables.append(variable)
            if variable not in os.environ:
                warn(f"{name}: the value of {variable} is not taken from the file: set the variable")
        else:
            environment.append((variable, f"${{{hole[1]}}}" if hole else value))
    return tuple(variables), tuple(environment)


class _Text:
    """Texts of an entry with the client's own placeholders replaced by what they stand for."""

    def __init__(self, name: str, folder: Path, inputs: dict[str, JsonObject]) -> None:
        self._name = name
        self._folder = folder
        self._inputs = inputs

    def plain(self, text: str) -> str:
        """A command, argument, path or URL: variables stay as `${NAME}`."""
        return self._filled(text, None)

    def variable(self, name: str, text: str) -> str:
        """The value of an environment variable: a question to the user is answered by the variable itself."""
        return self._filled(text, name)

    def header(self, name: str, text: str) -> str:
        """The value of a header."""
        bare = re.fullmatch(r"((?:Bearer|Token|Basic)\s+)?\$([A-Za-z_]\w*)", text.strip())
        return f"{bare[1] or ''}${{{bare[2]}}}" if bare else self._filled(text, None)

    def _filled(self, text: str, variable: str | None) -> str:
        def put(match: re.Match[str]) -> str:
            kind, name, default = match[1], match[2].strip(), match[3]
            if kind == "input":
                asked = self._inputs.get(name, {})
                answer = asked.get("default")
                own = variable if variable and match[0] == text else re.sub(r"\W+", "_", name).upper()
                if isinstance(answer, str) and answer and not asked.get("password") and own not in os.environ:
                    return answer
                return f"${{{own}}}"
            if name in ("workspaceFolder", "workspaceRoot", "CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT"):
                return str(self._folder)
            if name in ("userHome", "HOME"):
                return str(Path.home())
            if name in ("pathSeparator", "/"):
                return os.sep
            if default is not None and name not in os.environ:
                return default
            return f"${{{name}}}" if re.fullmatch(r"[A-Za-z_]\w*", name) else match[0]

        return _HOLE.sub(put, text)


def _folder(name: str, given: object, folder: Path, text: _Text) -> str | None:
    if not isinstance(given, str) or not given.strip():
        return None
    path = (folder / Path(text.plain(given.strip())).expanduser()).resolve()
    if not path.is_dir():
        raise SourceError("no_such_folder", f"{name}: `cwd` is {path}, where no folder is")
    return str(path)


def _placed(argument: str, places: list[Path]) -> str:
    """A relative path of a file as an absolute one."""
    if not argument or argument.startswith("-"):
        return argument
    candidates = (place / Path(argument).expanduser() for place in places)
    # A link stays one: a virtual environment's interpreter is told by where it is started from.
    return next((os.path.abspath(path) for path in candidates if path.is_file()), argument)


def _refuse_literal_secrets(name: str, arguments: list[str]) -> None:
    before = ""
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        told = flag.lstrip("-") if equals else before.lstrip("-") if before.startswith("-") else ""
        literal = value if equals else argument
        named = told and _SECRET_NAME.search(told) and not literal.startswith("-") and literal.lower() not in _SWITCHES
        if "${" not in literal and literal and (named or _SECRET_VALUE.search(literal)):
            what = flag if equals else before or "an argument"
            raise SourceError(
                "literal_secret", f"{name}: {what} holds a secret: write ${{VARIABLE}} and set the variable"
            )
        before = argument


_SWITCHES = frozenset({"true", "false", "none", "0", "1", "yes", "no", "on", "off", "env", "oauth", "basic", "bearer"})


def _is_secret(name: str, value: str) -> bool:
    if value.strip().lower() in _SWITCHES or value.strip().isdecimal():
        return False
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_SECRET_NAME.search(spaced) or _SECRET_VALUE.search(value) or _RANDOM.fullmatch(value.strip()))


def _first(entry: JsonObject, names: tuple[str, ...]) -> JsonValue:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _without_comments(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON; texts are left as they are."""
    return re.sub(r",(\s*[}\]])", r"\1", "".join(_code(text)))


def _code(text: str) -> Iterator[str]:
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|[^"/]+|/', text, re.DOTALL):
        yield "" if match[0].startswith(("//", "/*")) else match[0]
