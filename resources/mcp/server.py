"""One MCP server: connected at first need, kept open, started again after it died or hung."""

import asyncio
import contextlib
import tempfile
from collections.abc import Mapping
from typing import Any

from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.json_types import JsonObject
from resources.mcp.connection import Address, Limits, MissingTokenError, causes, connect, last_words, trust_listing
from resources.mcp.results import read_error, read_result
from resources.rest.addresses import AddressRefusedError, ResolutionError
from resources.rest.messages import short
from resources.rest.response import Reading

_STARTS = 3
"""Failed starts after which a server is left alone."""


class Server:
    """The session with one server. All methods run on the executor's event loop.

    A stdio server gets one call at a time, so that stopping it after a call that hangs ends no other call.
    """

    def __init__(self, address: Address, limits: Limits, environment: Mapping[str, str]) -> None:
        self._address = address
        self._limits = limits
        self._environment = environment
        self._turn = asyncio.Semaphore(1 if address.url is None else 4)
        self._starting = asyncio.Lock()
        self._client: Any = None
        self._stop: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._failed = Reading(Outcome.TRANSPORT, "the server was never started")

    async def call(self, tool: str, arguments: JsonObject, schema: JsonObject | None = None) -> Reading:
        """Call a tool, starting the server where needed; a structured result is checked against `schema`."""
        from mcp import MCPError

        async with self._turn:
            client = await self._started()
            if client is None:
                return self._failed
            try:
                trust_listing(client, tool)
                async with asyncio.timeout(self._limits.call_s):
                    return read_result(await client.call_tool(tool, arguments), schema)
            except TimeoutError:
                await self._restart()
                return Reading(Outcome.TIMEOUT, f"not done within {self._limits.call_s:g} s")
            except MCPError as error:
                reading = read_error(error.code, error.message)
            except ValueError as error:  # a result that is not what the protocol says; pydantic's errors too
                return Reading(Outcome.MALFORMED, f"not a valid tool result: {short(str(error))}")
            except Exception as error:  # the transport's own exceptions are not part of its interface
                reading = Reading(Outcome.TRANSPORT, f"{type(error).__name__}: {short(str(error))}")
            if reading.outcome in (Outcome.TRANSPORT, Outcome.TIMEOUT):
                await self._restart()
            return reading

    async def close(self) -> None:
        """End the session, and the server with its whole process group."""
        if self._stop is not None:
            self._stop.set()
        if self._task is not None:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await self._task
        self._client = self._stop = self._task = None

    async def _restart(self) -> None:
        if self._address.url is None:
            await self.close()

    async def _started(self) -> Any:
        async with self._starting:
            if self._task is not None and self._task.done():
                await self.close()
            if self._client is None and self._failures < _STARTS:
                self._stop = asyncio.Event()
                ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                # The SDK wants a session to be opened and closed by one task.
                self._task = asyncio.create_task(self._hold(ready, self._stop))
                self._client = await ready
                self._failures = self._failures + 1 if self._client is None else 0
        return self._client

    async def _hold(self, ready: "asyncio.Future[Any]", stop: asyncio.Event) -> None:
        """Keep a session open until told to stop."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            try:
                async with contextlib.AsyncExitStack() as stack:
                    async with asyncio.timeout(self._limits.start_s):
                        client = await stack.enter_async_context(
                            connect(self._address, self._limits, self._environment, said)
                        )
                    ready.set_result(client)
                    await stop.wait()
            except BaseException as error:
                if not ready.done():
                    self._failed = _start_failure(error, said, self._limits.start_s)
                    ready.set_result(None)
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise


def _start_failure(error: BaseException, said: Any, limit_s: float) -> Reading:
    error, *_ = chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, AddressRefusedError):
            return Reading(Outcome.REFUSED, str(cause))
        if isinstance(cause, ResolutionError):
            return Reading(Outcome.TRANSPORT, str(cause))
    if isinstance(error, MissingTokenError):
        return Reading(Outcome.AUTH, f"{error}; no call was made")
    if isinstance(error, TimeoutError):
        return Reading(Outcome.TRANSPORT, f"the server was not ready within {limit_s:g} s")
    text = f"the server did not start: {type(error).__name__}: {error}"
    return Reading(Outcome.TRANSPORT, short(text + last_words(said), 500))
