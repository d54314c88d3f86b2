"""A session with one MCP server, over stdio or streamable HTTP; HTTP goes to checked addresses only."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from resources.rest.addresses import checked_addresses


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
        parameters = StdioServerParameters(
            command=address.command[0], args=list(address.command[1:]), env=given, encoding_error_handler="replace"
        )
        async with Client(stdio_client(parameters, errlog=said)) as client:
            yield client
        return
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    headers = {}
    if address.token_variable is not None:
        token = environment.get(address.token_variable, "").strip()
        if not token:
            raise MissingTokenError(f"the environment variable {address.token_variable} is not set")
        headers["Authorization"] = f"Bearer {token}"
    async with (
        httpx2.AsyncClient(
            transport=_transport(limits),
            headers=headers,
            timeout=httpx2.Timeout(limits.start_s, read=limits.call_s),
            trust_env=False,
        ) as http,
        Client(streamable_http_client(address.url, http_client=http)) as client,
    ):
        yield client


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
