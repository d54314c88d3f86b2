"""A session with one MCP server, over stdio or streamable HTTP; HTTP goes to checked addresses only."""

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.rest.addresses import checked_addresses

_ERROR_BYTES = 2_000


class MissingTokenError(Exception):
    """The environment variable with the server's token is not set."""


@dataclass(frozen=True)
class Address:
    """What tells one server from another."""

    command: tuple[str, ...] = ()
    url: str | None = None
    variables: tuple[str, ...] = ()
    """Environment variables handed on; a stdio server sees no others beyond PATH and the like."""
    token_variable: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    """Variables of the server's own with their texts; `${NAME}` in one stands for a variable of ours."""
    cwd: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    sse: bool = False

    def secrets(self, environment: Mapping[str, str]) -> list[str]:
        """What this process hands on to the server from its environment: never to be kept anywhere."""
        texts = [*self.command, self.url or "", *(text for _, text in (*self.environment, *self.headers))]
        names = {*self.variables, *(name for text in texts for name in _HOLE.findall(text))}
        names |= {self.token_variable} if self.token_variable else set()
        return [environment[name] for name in sorted(names) if environment.get(name)]


@dataclass(frozen=True)
class Limits:
    """Seconds for starting and for one call; whether private addresses may be called."""

    start_s: float
    call_s: float
    allow_private_addresses: bool


@contextlib.asynccontextmanager
async def connect(address: Address, limits: Limits, environment: Mapping[str, str], said: object) -> AsyncIterator[Any]:
    """An initialised `mcp.Client` on the server.

    Args:
        address: the server.
        limits: of `start_s` and `call_s`, those of the HTTP connection are kept here; the rest is the caller's.
        environment: where variables are looked up.
        said: file with a descriptor that takes what a stdio server writes to its standard error.

    Raises:
        MissingTokenError: the token's variable is not set.
        AddressRefusedError, ResolutionError: the host may not be called or has no address; somewhere in `causes`.
    """
    from mcp import Client, StdioServerParameters, stdio_client

    if address.url is None:
        given = {name: environment[name] for name in address.variables if name in environment}
        given |= {name: _filled(text, environment) for name, text in address.environment}
        command, *arguments = (_filled(part, environment, strict=False) for part in address.command)
        parameters = StdioServerParameters(
            command=command, args=arguments, env=given, cwd=address.cwd, encoding_error_handler="replace"
        )
        async with Client(stdio_client(parameters, errlog=said)) as client:
            yield client
        return
    import httpx2
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    headers = {name: _filled(text, environment) for name, text in address.headers}
    if address.token_variable is not None:
        token = environment.get(address.token_variable, "").strip()
        if not token:
            raise MissingTokenError(f"the environment variable {address.token_variable} is not set")
        headers["Authorization"] = f"Bearer {token}"
    url = _filled(address.url, environment)

    def http(**options: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=_transport(limits),
            headers={**headers, **(options.get("headers") or {})},
            timeout=httpx2.Timeout(limits.start_s, read=limits.call_s),
            trust_env=False,
        )

    if address.sse:
        async with Client(sse_client(url, httpx_client_factory=http)) as client:
            yield client
        return
    async with http() as session, Client(streamable_http_client(url, http_client=session)) as client:
        yield client


async def tools_page(client: Any, cursor: str | None) -> tuple[list[JsonValue], str | None]:
    """One page of `tools/list` as the server sent it, and the cursor of the next.

    The SDK's own `list_tools` refuses a page whole for one tool that is not as the protocol says.

    Raises:
        ValueError: the answer holds no list of tools.
    """
    options: JsonObject = {}
    request: JsonObject = {"method": "tools/list", "params": {"cursor": cursor} if cursor else {}}
    session = client.session
    session._stamp(request, options)
    answer = await session._dispatcher.send_raw_request("tools/list", request.get("params"), options)
    tools = answer.get("tools") if isinstance(answer, dict) else None
    if not isinstance(tools, list):
        raise ValueError("the server's answer to tools/list holds no list of tools")
    following = answer.get("nextCursor")
    return tools, following if isinstance(following, str) else None


def trust_listing(client: Any, tool: str) -> None:
    """Have the SDK make a call of a tool without listing all tools first, which one bad tool would stop.

    Results are checked against the tool's schema here, not there.
    """
    client.session._tool_output_schemas.setdefault(tool, None)


_HOLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


def _filled(text: str, environment: Mapping[str, str], strict: bool = True) -> str:
    """A text with `${NAME}` replaced by what the environment holds.

    Raises:
        MissingTokenError: a variable is not set, and `strict`.
    """

    def put(match: re.Match[str]) -> str:
        value = environment.get(match[1], "").strip()
        if not value and strict:
            raise MissingTokenError(f"the environment variable {match[1]} is not set")
        return value or match[0]

    return _HOLE.sub(put, text)


def last_words(said: TextIO) -> str:
    """What a stdio server wrote last to its standard error, to be put behind a sentence; empty where it wrote nothing.

    Args:
        said: the file that took it.
    """
    with contextlib.suppress(OSError, ValueError):
        size = said.seek(0, os.SEEK_END)
        said.seek(max(0, size - _ERROR_BYTES))
        tail = said.read().strip().splitlines()[-1:]
        return f"; it said: {tail[0]}" if tail else ""
    return ""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The first error inside the groups that anyio makes, then what caused it, one after the other."""
    inner: BaseException | None = error
    while isinstance(inner, BaseExceptionGroup) and inner.exceptions:
        inner = inner.exceptions[0]
    while inner is not None:
        yield inner
        inner = inner.__cause__ or inner.__context__


def _transport(limits: Limits) -> Any:
    """A transport that connects only to checked addresses: the one that was checked is the one that is called."""
    import httpcore2
    import httpx2

    class Checked(httpcore2.AsyncNetworkBackend):
        def __init__(self) -> None:
            self._inner = httpcore2.AnyIOBackend()

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> Any:
            wait = limits.start_s if timeout is None else timeout
            found = await asyncio.to_thread(checked_addresses, host, port, wait, limits.allow_private_addresses)
            return await self._inner.connect_tcp(found[0][1], port, timeout, local_address, socket_options)

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    transport = httpx2.AsyncHTTPTransport(trust_env=False)
    transport._pool = httpcore2.AsyncConnectionPool(
        ssl_context=httpx2.create_ssl_context(trust_env=False), network_backend=Checked()
    )
    return transport
