"""MCP servers as API sources: `tools/list` over stdio or HTTP (needs the extra `mcp`)."""

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.documents import Document
from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.importers.mcp_configs import McpServer, server_of
from apigen_assets.catalog.importers.mcp_files import inputs_of, is_mcp_config, read_config, servers_of
from apigen_assets.catalog.importers.mcp_schemas import SchemaRefusedError, read_arguments, read_result_schema
from apigen_assets.catalog.names import identifier
from apigen_assets.domain.api import McpBinding
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonValue
from resources.mcp.connection import Limits, MissingTokenError, causes, connect, last_words, tools_page
from resources.rest.addresses import AddressRefusedError, ResolutionError
from resources.rest.connection import redactor

__all__ = ["McpServer", "import_mcp_config", "import_mcp_url", "is_mcp_config", "list_tools"]

LIST_TIMEOUT_S = 60.0
"""For starting a server and listing its tools."""
MAX_TOOLS = 2_000


class SlowServerError(SourceError):
    """A server that did not list its tools in time."""


def import_mcp_config(document: Document, name: str, folder: Path, allow_private: bool = False) -> ImportResult:
    """Every tool of the servers in a client's file, such as `mcpServers` of Claude or `servers` of VS Code.

    Secrets in `env`, `headers`, `args` and URLs are never kept: an entry names the environment variable that holds one.
    A server that does not answer is one reject and does not stop the others.

    Args:
        document: the JSON file.
        name: slug of the source.
        folder: where the file lies; relative paths start there.
        allow_private: HTTP servers may be on loopback and private addresses.
    """
    value = read_config(document)
    entries = servers_of(value)
    if not entries:
        raise SourceError("no_servers", f"{document.name} has no `mcpServers` object with a server in it")
    collector = Collector(name, "mcp")
    for key, entry in entries.items():
        try:
            server = server_of(str(key), entry, folder, inputs_of(value), collector.warnings.append)
        except SourceError as error:
            collector.fail(str(key), document.name, error.reason, str(error))
            continue
        _import_server(collector, server, document.name, len(entries) > 1, allow_private)
    return collector.result()


def import_mcp_url(url: str, name: str, token_variable: str | None = None, allow_private: bool = False) -> ImportResult:
    """Every tool of the server behind a URL: streamable HTTP, or server-sent events where it speaks only those."""
    collector = Collector(name, "mcp")
    sse = url.rstrip("/").endswith("/sse")
    server = McpServer(name=name, url=url, token_variable=token_variable, sse=sse, may_be_sse=not sse)
    _import_server(collector, server, url, False, allow_private)
    return collector.result()


def list_tools(server: McpServer, allow_private: bool = False) -> list[JsonValue]:
    """The server's tools, each as the JSON that the server sent.

    Raises:
        SourceError: the SDK is not installed, the address is refused, the token is missing, or nobody answered.
    """
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise SourceError("mcp_not_installed", "MCP needs the extra: pip install 'apigen[mcp]'") from None
    redact = redactor(server.secrets(os.environ))
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            return asyncio.run(_list_tools(server, allow_private, said))
        except TimeoutError:
            raise SlowServerError(
                "no_answer", f"{server.name} did not list its tools in {LIST_TIMEOUT_S:.0f} s{redact(last_words(said))}"
            ) from None
        except BaseException as error:  # anyio groups what its tasks raise, cancellation included
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise _failure(server, error, redact(last_words(said))) from None


async def _list_tools(server: McpServer, allow_private: bool, said: TextIO) -> list[JsonValue]:
    tools: list[JsonValue] = []
    limits = Limits(LIST_TIMEOUT_S, LIST_TIMEOUT_S, allow_private)
    async with asyncio.timeout(LIST_TIMEOUT_S):
        async with connect(server, limits, os.environ, said) as client:
            cursor: str | None = None
            seen: set[str] = set()
            while len(tools) < MAX_TOOLS:
                page, cursor = await tools_page(client, cursor)
                fresh = [tool for tool in page if tool not in tools] if tools else page
                tools += fresh
                if not cursor or cursor in seen or not fresh:  # a server may give the same page for ever
                    break
                seen.add(cursor)
    return tools[:MAX_TOOLS]


def _failure(server: McpServer, error: BaseException, said: str) -> SourceError:
    first, *_ = chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, AddressRefusedError):
            return SourceError("private_address", f"{server.name}: {cause}")
        if isinstance(cause, ResolutionError):
            return SourceError("unknown_host", f"{server.name}: {cause}")
        if isinstance(cause, MissingTokenError):
            return SourceError("no_token", f"{server.name}: {cause}; it holds the server's token")
    return SourceError("no_answer", f"{server.name}: {type(first).__name__}: {first}{said}")


def _reached(server: McpServer, allow_private: bool) -> tuple[McpServer, list[JsonValue]]:
    """The server by the transport that it speaks, and its tools (MCP specification, "Backwards Compatibility").

    Raises:
        SourceError: it answers by none.
    """
    try:
        return server, list_tools(server, allow_private)
    except SourceError as error:
        if not server.may_be_sse or error.reason != "no_answer" or isinstance(error, SlowServerError):
            raise
        older = replace(server, sse=True)
        try:
            return older, list_tools(older, allow_private)
        except SourceError:
            raise error from None


def _import_server(collector: Collector, server: McpServer, file: str, several: bool, allow_private: bool) -> None:
    try:
        server, tools = _reached(server, allow_private)
    except SourceError as error:
        collector.fail(server.name, file, error.reason, str(error))
        return
    if not tools:
        collector.fail(server.name, file, "no_tools", "the server lists no tools")
    namespace = (collector.name, identifier(server.name)) if several else (collector.name,)
    known: set[str] = set()
    for at, tool in enumerate(tools):
        own = tool.get("name") if isinstance(tool, dict) else None
        original = f"{server.name}/{own if isinstance(own, str) and own else f'tool {at + 1}'}"
        try:
            draft = _draft(tool, server, namespace, original, file, collector.warnings)
        except SchemaRefusedError as error:
            collector.fail(original, file, "invalid_schema", str(error))
        except (ValueError, RecursionError) as error:
            collector.fail(original, file, "malformed_tool", f"{type(error).__name__}: {error}")
        else:
            if str(own) in known:
                detail = f"the server lists {own!r} again with another definition; a call by name reaches only one"
                collector.fail(original, file, "duplicate_tool", detail)
                continue
            known.add(str(own))
            collector.add(draft)


def _draft(
    tool: JsonValue, server: McpServer, namespace: tuple[str, ...], original: str, file: str, warnings: list[str]
) -> Draft:
    def warn(text: str) -> None:
        warnings.append(f"{original}: {text}")

    if not isinstance(tool, dict):
        raise ValueError(f"a tool is an object, not a JSON {type(tool).__name__}")
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("the tool has no name")
    arguments = read_arguments(tool.get("inputSchema"), warn)
    output = tool.get("outputSchema")
    returns = None if output is None else read_result_schema(output, warn)
    hints = tool.get("annotations")
    hints = hints if isinstance(hints, dict) else {}
    read_only = hints.get("readOnlyHint")
    binding = McpBinding(
        command=server.command,
        url=server.url,
        tool=name,
        variables=server.variables,
        token_variable=server.token_variable,
        read_only=read_only if isinstance(read_only, bool) else None,
        environment=server.environment,
        cwd=server.cwd,
        headers=server.headers,
        sse=server.sse,
        wire_names=arguments.wire_names,
        nested=arguments.nested,
        result_schema=returns,
    )
    texts = (tool.get("description"), tool.get("title"), hints.get("title"))
    description = clean_description(next((text for text in texts if isinstance(text, str) and text.strip()), ""))
    return Draft(
        namespace=namespace,
        own_name=identifier(name) or f"tool-{content_hash(name, 6)}",
        original_name=original,
        description=description,
        parameters=arguments.parameters,
        returns=returns,
        binding=binding,
        file=file,
        content_hash=content_hash([name, description, arguments.parameters]),
    )
