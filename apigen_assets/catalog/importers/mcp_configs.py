"""One entry of an MCP client's file as a server: how it is started or called, and no secret that stands there."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.catalog.importers.mcp_env_files import variables_of
from apigen_assets.catalog.importers.mcp_files import COMMANDS, URLS, first_of
from apigen_assets.catalog.importers.mcp_placeholders import Placeholders
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.mcp.connection import Address

Warn = Callable[[str], None]

_HEADERS = ("headers", "http_headers", "httpHeaders")
_TOKENS = ("token_variable", "bearer_token_env_var")
"""Where a file names the variable that holds a server's token."""
_BEARER = re.compile(r"Bearer \$\{([A-Za-z_]\w*)\}")
_ONLY_HOLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
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
    may_be_sse: bool = False
    """The file does not say which transport the URL speaks: where the newer one fails, the older one is tried."""


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
    text = Placeholders(folder, inputs)
    if isinstance(entry.get("transport"), dict):
        entry = {**entry, **entry["transport"], "transport": entry["transport"].get("type")}
    url = first_of(entry, URLS)
    if isinstance(url, str):
        return _remote(name, entry, text.plain(url), text)
    command = first_of(entry, COMMANDS)
    if isinstance(command, dict):  # Zed
        entry = {**entry, **command}
        command = command.get("path")
    listed = entry.get("args", [])
    words: list[JsonValue] | None = listed if isinstance(listed, list) else None
    if isinstance(command, list) and command:  # OpenCode
        command, words = command[0], [*command[1:], *(words or [])]
    if not isinstance(command, str) or not command or words is None:
        raise SourceError("malformed_server", f"{name} has neither `url` nor `command` with a list of `args`")
    if not words and " " in command and not Path(command).exists() and shutil.which(command) is None:
        command, *words = _words(name, command)
    cwd = _folder(name, first_of(entry, ("cwd", "workingDirectory", "working_directory")), folder, text)
    arguments = [text.plain(str(argument)) for argument in words]
    _refuse_literal_secrets(name, arguments)
    places = [Path(cwd), folder] if cwd else [folder]
    command = text.plain(command)
    if "/" in command or "\\" in command:
        command = _placed(command, places)
    own = [
        argument if cwd and (Path(cwd) / argument).is_file() else _placed(argument, places) for argument in arguments
    ]
    own_variables = first_of(entry, ("env", "environment", "envs"))
    variables, environment = _environment(name, own_variables, text, warn)
    listed = first_of(entry, ("envFile", "env_file"))
    if isinstance(listed, str) and listed.strip():
        more = _of_file(name, text.plain(listed.strip()), folder, {*variables, *dict(environment)}, warn)
        variables, environment = variables + more[0], environment + more[1]
    named = first_of(entry, ("env_keys", "env_vars"))  # Goose, Codex
    variables += tuple(str(key) for key in named if isinstance(key, str)) if isinstance(named, list) else ()
    return McpServer(name=name, command=(command, *own), variables=variables, environment=environment, cwd=cwd)


def _remote(name: str, entry: JsonObject, url: str, text: Placeholders) -> McpServer:
    kind = str(first_of(entry, ("type", "transport", "transportType")) or "").lower()
    if kind in ("ws", "websocket") or url.startswith(("ws://", "wss://")):
        raise SourceError(
            "unsupported_transport", f"{name}: servers over WebSocket are not called here; give its http(s) address"
        )
    if not url.startswith(("http://", "https://")):
        raise SourceError("bad_url", f"{name}: {url[:100]!r} is not a valid http(s) URL")
    secret = [key for key, value in parse_qsl(urlsplit(url).query) if _is_secret(key, value) and "${" not in value]
    if secret or urlsplit(url).username:
        raise SourceError(
            "literal_secret",
            f"{name}: the URL holds a secret ({', '.join(secret) or 'user name'}): write ${{VARIABLE}}",
        )
    sse = kind == "sse" or (not kind and urlsplit(url).path.rstrip("/").endswith("/sse"))
    named = first_of(entry, _TOKENS)
    token = named if isinstance(named, str) and named else None
    kept: list[tuple[str, str]] = []
    headers = _headers(name, entry)
    for header, value in headers.items():
        value = text.header(value)
        bearer = _BEARER.fullmatch(value.strip())
        if header.lower() == "authorization" and bearer and token is None:
            token = bearer[1]
        elif "${" not in value and _is_secret(header, value):
            raise SourceError(
                "unsupported_headers",
                f"{name}: the header {header} may hold a secret: write its value as ${{VARIABLE}} and set the variable",
            )
        else:
            kept.append((header, value))
    may_be_sse = not kind and not sse
    return McpServer(name=name, url=url, token_variable=token, headers=tuple(kept), sse=sse, may_be_sse=may_be_sse)


def _headers(name: str, entry: JsonObject) -> dict[str, str]:
    """The headers of an entry, those among them that stand in variables as `${VARIABLE}`."""
    held = [entry, *(entry[key] for key in ("requestInit", "requestOptions") if isinstance(entry.get(key), dict))]
    headers: JsonValue = next((own for part in held if (own := first_of(part, _HEADERS)) is not None), {})
    in_variables = entry.get("env_http_headers") or {}  # Codex
    if not isinstance(headers, dict) or not isinstance(in_variables, dict):
        raise SourceError("unsupported_headers", f"{name}: `headers` is not an object")
    own = {str(header): str(value) for header, value in headers.items()}
    return own | {str(header): f"${{{variable}}}" for header, variable in in_variables.items()}


def _words(name: str, command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise SourceError("malformed_server", f"{name}: the command line {command[:100]!r}: {error}") from None


def _environment(
    name: str, declared: object, text: Placeholders, warn: Warn
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Variables that are handed on, and those that get a text of their own."""
    if declared is None:
        return (), ()
    if isinstance(declared, list):
        return tuple(str(variable) for variable in declared), ()
    if not isinstance(declared, dict):
        raise SourceError("malformed_server", f"`env` of {name} is neither an object nor a list of names")
    variables: list[str] = []
    environment: list[tuple[str, str]] = []
    for variable, value in declared.items():
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


def _of_file(
    name: str, listed: str, folder: Path, known: set[str], warn: Warn
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Variables of `envFile` that the entry itself does not set, as those of `env`; a file that cannot be read is said.

    What stands there is a text as it is: `${NAME}` in it stands for nothing else.
    """
    try:
        values = variables_of(name, listed, folder)
    except SourceError as error:
        warn(f"{error}: set its variables in the environment")
        return (), ()
    kept = {variable: value for variable, value in values.items() if variable not in known}
    secret = [variable for variable, value in kept.items() if not value or "${" in value or _is_secret(variable, value)]
    unset = [variable for variable in secret if variable not in os.environ]
    if unset:
        warn(f"{name}: values of {', '.join(unset)} of `envFile` are not kept: set these variables in the environment")
    return tuple(secret), tuple((variable, value) for variable, value in kept.items() if variable not in secret)


def _folder(name: str, written: object, folder: Path, text: Placeholders) -> str | None:
    if not isinstance(written, str) or not written.strip():
        return None
    path = (folder / Path(text.plain(written.strip())).expanduser()).resolve()
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
