"""MCP servers as API sources: `tools/list` over stdio or streamable HTTP (needs the extra `mcp`)."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.documents import Document, parse_json
from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.importers.openapi.references import References
from apigen_assets.catalog.importers.openapi.schema_reader import FileUploadError, OversizedError, SchemaReader
from apigen_assets.catalog.names import identifier
from apigen_assets.domain.api import McpBinding
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import object_schema
from resources.mcp.connection import Address, Limits, MissingTokenError, causes, connect
from resources.rest.addresses import AddressRefusedError, ResolutionError

LIST_TIMEOUT_S = 60.0
"""For starting a server and listing its tools."""
MAX_TOOLS = 2_000

_FROM_ENVIRONMENT = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_BEARER = re.compile(r"Bearer \$\{?([A-Za-z_]\w*)\}?")


@dataclass(frozen=True, kw_only=True)
class McpServer(Address):
    """How to reach one server, and what to call it."""

    name: str


def import_mcp_config(document: Document, name: str, folder: Path, allow_private: bool = False) -> ImportResult:
    """Every tool of the servers in an `mcpServers` file, the format that MCP clients share.

    Values of `env` and `headers` are never kept: an entry names the environment variable that holds the value.
    A server that does not answer is one reject and does not stop the others.

    Args:
        document: the JSON file.
        name: slug of the source.
        folder: where the file lies; arguments that name a file there become absolute.
        allow_private: HTTP servers may be on loopback and private addresses.
    """
    value = parse_json(document)
    entries = value.get("mcpServers") or value.get("servers") if isinstance(value, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise SourceError("no_servers", f"{document.name} has no `mcpServers` object with a server in it")
    collector = Collector(name, "mcp")
    for key, entry in entries.items():
        try:
            server = _server(str(key), entry, folder, collector)
        except SourceError as error:
            collector.fail(str(key), document.name, error.reason, str(error))
            continue
        _import_server(collector, server, document.name, len(entries) > 1, allow_private)
    return collector.result()


def is_mcp_config(value: object) -> bool:
    """Whether a JSON value is an `mcpServers` file."""
    return isinstance(value, dict) and isinstance(value.get("mcpServers"), dict)


def import_mcp_url(url: str, name: str, token_variable: str | None = None, allow_private: bool = False) -> ImportResult:
    """Every tool of the server behind a streamable-HTTP URL."""
    collector = Collector(name, "mcp")
    server = McpServer(name=name, url=url, token_variable=token_variable)
    _import_server(collector, server, url, False, allow_private)
    return collector.result()


def list_tools(server: McpServer, allow_private: bool = False) -> list[JsonValue]:
    """The server's tools (`mcp.types.Tool`).

    Raises:
        SourceError: the SDK is not installed, the address is refused, the token is missing, or nobody answered.
    """
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise SourceError("mcp_not_installed", "MCP needs the extra: pip install 'apigen[mcp]'") from None
    try:
        return asyncio.run(_list_tools(server, allow_private))
    except TimeoutError:
        raise SourceError("no_answer", f"{server.name} did not list its tools in {LIST_TIMEOUT_S:.0f} s") from None
    except BaseException as error:  # anyio groups what its tasks raise, cancellation included
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise _failure(server, error) from None


async def _list_tools(server: McpServer, allow_private: bool) -> list[JsonValue]:
    tools: list[JsonValue] = []
    limits = Limits(LIST_TIMEOUT_S, LIST_TIMEOUT_S, allow_private)
    async with asyncio.timeout(LIST_TIMEOUT_S):
        async with connect(server, limits, os.environ, sys.__stderr__) as client:
            cursor: str | None = None
            while len(tools) < MAX_TOOLS:
                page = await client.list_tools(cursor=cursor)
                tools += page.tools
                cursor = page.next_cursor
                if not cursor:
                    break
    return tools[:MAX_TOOLS]


def _failure(server: McpServer, error: BaseException) -> SourceError:
    first, *_ = chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, AddressRefusedError):
            return SourceError("private_address", f"{server.name}: {cause}")
        if isinstance(cause, ResolutionError):
            return SourceError("unknown_host", f"{server.name}: {cause}")
        if isinstance(cause, MissingTokenError):
            return SourceError("no_token", f"{server.name}: {cause}; it holds the server's token")
    return SourceError("no_answer", f"{server.name}: {type(first).__name__}: {first}")


def _import_server(collector: Collector, server: McpServer, file: str, several: bool, allow_private: bool) -> None:
    try:
        tools = list_tools(server, allow_private)
    except SourceError as error:
        collector.fail(server.name, file, error.reason, str(error))
        return
    if not tools:
        collector.fail(server.name, file, "no_tools", "the server lists no tools")
    namespace = (collector.name, identifier(server.name)) if several else (collector.name,)
    for tool in tools:
        original = f"{server.name}/{tool.name}"
        try:
            draft = _draft(tool, server, namespace, collector.warnings)
        except (OversizedError, FileUploadError) as error:
            collector.fail(original, file, "invalid_schema", str(error))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            collector.fail(original, file, "malformed_tool", f"{type(error).__name__}: {error}")
        else:
            collector.add(draft(original, file))


def _draft(
    tool: JsonValue, server: McpServer, namespace: tuple[str, ...], warnings: list[str]
) -> Callable[[str, str], Draft]:
    schema = tool.input_schema if isinstance(tool.input_schema, dict) else {}
    converted = SchemaReader(
        References({"": schema}, ""), lambda text: warnings.append(f"{server.name}/{tool.name}: {text}")
    ).convert(schema)
    returns = None
    if isinstance(tool.output_schema, dict):
        try:
            reader = SchemaReader(References({"": tool.output_schema}, ""), lambda _: None, "response")
            returns = reader.convert(tool.output_schema) or None
        except (OversizedError, FileUploadError):
            returns = None
    hints = tool.annotations
    binding = McpBinding(
        command=server.command,
        url=server.url,
        tool=tool.name,
        variables=server.variables,
        token_variable=server.token_variable,
        read_only=getattr(hints, "read_only_hint", None),
    )
    properties = converted.get("properties", {})
    parameters = object_schema(properties, [one for one in converted.get("required", []) if one in properties])
    description = clean_description(tool.description or tool.title or "")
    digest = content_hash([tool.name, description, parameters])

    def draft(original: str, file: str) -> Draft:
        return Draft(
            namespace=namespace,
            own_name=identifier(tool.name) or f"tool-{content_hash(tool.name, 6)}",
            original_name=original,
            description=description,
            parameters=parameters,
            returns=returns,
            binding=binding,
            file=file,
            content_hash=digest,
        )

    return draft


def _server(name: str, entry: object, folder: Path, collector: Collector) -> McpServer:
    if not isinstance(entry, dict):
        raise SourceError("malformed_server", f"{name} is a JSON {type(entry).__name__}, not an object")
    if isinstance(entry.get("url"), str):
        if not entry["url"].startswith(("http://", "https://")):
            raise SourceError("bad_url", f"{name}: {entry['url'][:100]!r} is no http(s) URL")
        return McpServer(name=name, url=entry["url"], token_variable=_token_variable(name, entry))
    command = entry.get("command")
    arguments = entry.get("args", [])
    if not isinstance(command, str) or not command or not isinstance(arguments, list):
        raise SourceError("malformed_server", f"{name} has neither `url` nor `command` with a list of `args`")
    placed = [_placed(str(argument), folder) for argument in arguments]
    return McpServer(name=name, command=(command, *placed), variables=_variables(name, entry.get("env"), collector))


def _token_variable(name: str, entry: JsonObject) -> str | None:
    named = entry.get("token_variable")
    if isinstance(named, str) and named:
        return named
    headers = entry.get("headers") or {}
    if not isinstance(headers, dict) or not headers:
        return None
    for header, value in headers.items():
        match = _BEARER.fullmatch(str(value).strip())
        if str(header).lower() == "authorization" and match and len(headers) == 1:
            return match[1]
    raise SourceError(
        "unsupported_headers",
        f"{name}: the one header that is sent is `Authorization: Bearer ${{VARIABLE}}`",
    )


def _variables(name: str, env: object, collector: Collector) -> tuple[str, ...]:
    if env is None:
        return ()
    if isinstance(env, list):
        return tuple(str(variable) for variable in env)
    if not isinstance(env, dict):
        raise SourceError("malformed_server", f"`env` of {name} is neither an object nor a list of names")
    for variable, value in env.items():
        match = _FROM_ENVIRONMENT.fullmatch(str(value).strip())
        if value not in ("", None) and not (match and match[1] == variable) and variable not in os.environ:
            collector.warnings.append(f"{name}: the value of {variable} is not taken from the file: set the variable")
    return tuple(str(variable) for variable in env)


def _placed(argument: str, folder: Path) -> str:
    path = folder / argument
    return str(path.resolve()) if argument and not argument.startswith("-") and path.is_file() else argument
