"""Execution of MCP tools, as an executor and as a Dagster resource. The SDK is the optional extra `mcp`."""

import asyncio
import itertools
import json
import os
import threading
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any

from apigen_assets.domain.api import McpBinding
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.files.canonical import dumps, wire_numbers
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.mcp.connection import Address, Limits
from resources.mcp.server import Server
from resources.rest.connection import redactor
from resources.rest.recordings import Mode, Recordings, call_key, instead_of_call
from resources.rest.request import wire_value
from resources.rest.response import Reading

_WINDOW = 64
_START_S = 30.0


class McpExecutor:
    """Makes the calls of MCP bindings, over stdio or streamable HTTP.

    Each server is started once and kept open; leaving the block ends them, with their process groups. A stdio server
    sees the named environment variables only, beside PATH and the like.

    Args:
        mode: `live`, `record` or `replay`, as for REST calls.
        recordings: where calls are kept; null to keep none.
        call_timeout_s: seconds for one call.
        start_timeout_s: seconds for starting a server.
        result_characters: characters of the result that are kept.
        max_result_characters: a longer result is `too_large`.
        allow_private_addresses: HTTP servers may be on loopback and private addresses.
        allow_unsafe: tools that are not declared read-only may be called.
        negative_ttl_s: seconds for which a recorded failure that may pass is reused in `record` mode.
        environment: where variables are looked up.
    """

    def __init__(
        self,
        mode: Mode = "record",
        recordings: Recordings | None = None,
        call_timeout_s: float = 20.0,
        start_timeout_s: float = _START_S,
        result_characters: int = 4_000,
        max_result_characters: int = 1_000_000,
        allow_private_addresses: bool = False,
        allow_unsafe: bool = False,
        negative_ttl_s: float = 3600.0,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.mode = mode
        self.recordings = recordings
        self._limits = Limits(start_timeout_s, call_timeout_s, allow_private_addresses)
        self._result_characters = result_characters
        self._max_result_characters = max_result_characters
        self._allow_unsafe = allow_unsafe
        self._negative_ttl_s = negative_ttl_s
        self._environment = environment
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._servers: dict[Address, Server] = {}

    def __enter__(self) -> "McpExecutor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every server and the event loop, close the recordings."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            servers, self._servers = list(self._servers.values()), {}
            asyncio.run_coroutine_threadsafe(_close_all(servers), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()
        if self.recordings is not None:
            self.recordings.close()

    def describe(self) -> JsonObject:
        """What a run's metadata says of the executor."""
        return {"mode": self.mode, "installed": find_spec("mcp") is not None, "unsafe_tools": self._allow_unsafe}

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        """One result per request, in their order, produced as they are consumed; servers are called side by side.

        Raises:
            RecordingsError: calls cannot be recorded.
        """
        source = iter(requests)
        pending: deque[Future[CallResult]] = deque()
        try:
            while True:
                for request in itertools.islice(source, _WINDOW - len(pending)):
                    pending.append(self._submit(request))
                if not pending:
                    return
                yield pending.popleft().result()
        finally:
            for one in pending:
                one.cancel()

    def _submit(self, request: CallRequest) -> "Future[CallResult]":
        binding = request.binding
        done: Future[CallResult] = Future()
        known = self._without_a_call(binding, request.arguments)
        if known is not None:
            done.set_result(known)
            return done
        assert isinstance(binding, McpBinding)
        return self._run(self._call(binding, request.arguments))

    def _without_a_call(self, binding: Any, arguments: JsonObject) -> CallResult | None:
        """The result of a request for which no server is needed, or null."""
        if not isinstance(binding, McpBinding):
            return CallResult(outcome=Outcome.UNAVAILABLE, detail=f"a {binding.kind} binding is not an MCP call")
        try:
            key = _key(binding, arguments)
        except (ValueError, TypeError, RecursionError) as error:
            return CallResult(outcome=Outcome.ARGUMENT_ERROR, detail=f"arguments have no wire form: {error}")
        recorded = instead_of_call(self.recordings, key, self.mode, self._negative_ttl_s)
        if recorded is not None:
            return recorded
        if not binding.read_only and not self._allow_unsafe:
            detail = "the server does not declare the tool read-only; set APIGEN_ALLOW_UNSAFE_METHODS=true to call it"
            return CallResult(outcome=Outcome.REFUSED, detail=detail)
        if not binding.command and binding.url is None:
            return CallResult(outcome=Outcome.UNAVAILABLE, detail="the binding names neither a command nor a URL")
        if find_spec("mcp") is None:
            return CallResult(outcome=Outcome.UNAVAILABLE, detail="MCP needs the extra: pip install 'apigen[mcp]'")
        return None

    async def _call(self, binding: McpBinding, arguments: JsonObject) -> CallResult:
        address = _address(binding)
        server = self._servers.get(address)
        if server is None:
            server = self._servers[address] = Server(address, self._limits, self._environment)
        started = time.monotonic()
        inside = wire_value(arguments, 0, binding.nested) if binding.nested else arguments
        wire = {binding.wire_names.get(name, name): value for name, value in inside.items()}
        reading = await server.call(binding.tool, wire_numbers(wire), binding.result_schema)
        result = self._result(reading, binding, time.monotonic() - started)
        if self.recordings is not None and result.outcome is not Outcome.REFUSED:
            shown = {"server": binding.url or list(binding.command), "tool": binding.tool, "arguments": arguments}
            shown = json.loads(self._redact(binding)(json.dumps(shown)))
            self.recordings.add(_key(binding, arguments), shown, result)
        return result

    def _result(self, reading: Reading, binding: McpBinding, seconds: float) -> CallResult:
        redact = self._redact(binding)
        outcome, detail, text = reading
        if text is not None and len(text) > self._max_result_characters:
            outcome, detail, text = Outcome.TOO_LARGE, f"{len(text):,} characters", None
        if text is not None:
            text = redact(text)
        return CallResult(
            outcome=outcome,
            result=None if text is None else text[: self._result_characters],
            truncated=text is not None and len(text) > self._result_characters,
            detail=redact(detail),
            duration_s=seconds,
        )

    def _redact(self, binding: McpBinding) -> Any:
        return redactor(_address(binding).secrets(self._environment))

    def _run(self, work: Coroutine[Any, Any, CallResult]) -> "Future[CallResult]":
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="mcp", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)


async def _close_all(servers: list[Server]) -> None:
    await asyncio.gather(*(server.close() for server in servers))


def _address(binding: McpBinding) -> Address:
    return Address(
        binding.command,
        binding.url,
        binding.variables,
        binding.token_variable,
        binding.environment,
        binding.cwd,
        binding.headers,
        binding.sse,
    )


def _key(binding: McpBinding, arguments: JsonMapping) -> str:
    server = binding.url or dumps(list(binding.command))
    if binding.cwd or binding.environment or binding.headers:  # one program may be several servers
        server = dumps([server, binding.cwd, list(binding.environment), list(binding.headers)])
    return call_key("MCP", f"{server}#{binding.tool}", arguments)
