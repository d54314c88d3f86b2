"""Chat completions over HTTP: bounded, retried, budgeted, and journalled before anybody reads them."""

import asyncio
import contextlib
import json
import logging
import random
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from collections.abc import Generator as Yielding
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Literal, Self, TypeVar

from apigen_assets.domain.chat import BudgetError, ChatRequest, Completion, EndpointError
from apigen_assets.files.json_types import JsonObject
from resources.llm.budget import Budget, Usage
from resources.llm.generators import Generator, MissingKeyError, UnknownGeneratorError
from resources.llm.journal import Journal, JournalError
from resources.llm.protocol import (
    KNOWN_FIELDS,
    completion_of,
    cost_of,
    journal_key,
    provider_of,
    request_body,
)
from resources.local.standin.process import StandinProcess
from resources.rest.retry_after import retry_after

log = logging.getLogger(__name__)

_T = TypeVar("_T")

FAILURES_IN_A_ROW = 8
"""Requests finally failed one after the other from which on the endpoint is given up."""
THROTTLES_PER_REQUEST = 50
"""429 answers to one request after which it fails: a server that throttles for ever is no server."""


class _StoppedError(Exception):
    """The stream this request belonged to was stopped before it was sent."""


@dataclass
class _Stream:
    """The requests of one call; once `stop` is set, nothing further of it is sent."""

    stop: BaseException | None = None
    running: set[Future[Completion | None]] = field(default_factory=set)


class ChatClient:
    """Completes chats with the configured generators (the `ChatModel` of `apigen_assets.domain.chat`).

    The network side runs on an event loop in a thread of its own, so that an interrupted caller can stop sending
    and still wait for the answers already paid for.

    Args:
        generators: the models by name.
        journal_dir: folder of the journal; each model has a folder in it.
        token_budget: tokens per purpose over the life of this client; null for no limit.
        drain_s: after an interruption, how long to wait for requests in flight.
    """

    def __init__(
        self,
        generators: Mapping[str, Generator],
        journal_dir: Path,
        token_budget: int | None = None,
        drain_s: float = 60.0,
    ) -> None:
        self._generators = dict(generators)
        self._journal_dir = journal_dir
        self._drain_s = drain_s
        self._token_budget = token_budget
        self.budgets: dict[str, Budget] = {}
        self.usage: dict[tuple[str, str], Usage] = {}
        """By generator and purpose."""
        self._journals: dict[Path, Journal] = {}
        self._endpoints: dict[str, _Endpoint] = {}
        self._standin = StandinProcess()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._streams: list[_Stream] = []
        self._old_sigterm: Any = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def complete(
        self,
        generator: str,
        requests: Sequence[ChatRequest],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests; journalled before they are returned.

        Raises:
            UnknownGeneratorError: the name is not configured.
            BudgetError: the next request could exceed the budget; everything answered is journalled.
            EndpointError: the endpoint cannot be reached or refuses the key.
            JournalError: the journal cannot be written.
        """
        out: list[Completion] = []
        for completion in self.stream(generator, requests):
            out.append(completion)
            if on_progress:
                on_progress(len(out), len(requests))
        return out

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Yielding[Completion, None, None]:
        """As `complete`, one by one: answers before a failure are given before it is raised.

        Requests are taken from the iterable as room becomes free, and texts are read back from the journal only
        when they are due, so that memory does not grow with the number of requests.
        """
        config = self._find(generator)
        endpoint = self._endpoint(config)
        endpoint.journal.refresh()
        stream = _Stream()
        with self._lock:
            self._streams.append(stream)
        window = max(64, 8 * config.concurrency)
        due: deque[tuple[ChatRequest, str, Future[Completion | None] | None]] = deque()
        try:
            for request in requests:
                if stream.stop is None:
                    due.append(self._start(endpoint, stream, request))
                if len(due) > window or (due and due[0][2] is None):
                    yield self._finish(endpoint, *due.popleft())
                if stream.stop is not None:
                    break
            while due:
                yield self._finish(endpoint, *due.popleft())
            if stream.stop is not None:
                raise stream.stop
        except BaseException as error:
            stream.stop = stream.stop or error
            if isinstance(error, _StoppedError) and stream.stop is not error:
                raise stream.stop from None
            raise
        finally:
            self._drain(stream)
            with self._lock:
                self._streams.remove(stream)

    def close(self) -> None:
        """Stop sending, wait for what is in flight, close connections, the journal and the stand-in server."""
        for stream in list(self._streams):
            stream.stop = stream.stop or _StoppedError()
            self._drain(stream)
        if self._loop is not None and self._thread is not None:
            for endpoint in self._endpoints.values():
                with contextlib.suppress(Exception):
                    self._submit(endpoint.close()).result(timeout=5)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
            self._loop = self._thread = None
        self._endpoints.clear()
        for journal in self._journals.values():
            journal.close()
        self._journals.clear()
        self._standin.stop()
        if self._old_sigterm is not None and signal.getsignal(signal.SIGTERM) == self._terminate:
            signal.signal(signal.SIGTERM, self._old_sigterm)
        self._old_sigterm = None

    def key(self, generator: str, request: ChatRequest) -> str:
        """The journal key of a request: it depends on what is sent and to whom, never on who asks or when."""
        config = self._find(generator)
        return journal_key(config, request_body(config, request), request.sample)

    def answered(self, generator: str, request: ChatRequest) -> bool:
        """Whether the journal holds the answer to a request."""
        return self.key(generator, request) in self._endpoint(self._find(generator)).journal

    def budget(self, purpose: str) -> Budget:
        """The budget of a purpose."""
        return self.budgets.setdefault(purpose, Budget(self._token_budget))

    def _find(self, name: str) -> Generator:
        if name not in self._generators:
            raise UnknownGeneratorError(
                f"no generator {name!r} is configured; there are: {', '.join(self._generators) or 'none'}"
            )
        return self._generators[name]

    def _endpoint(self, config: Generator) -> "_Endpoint":
        with self._lock:
            if config.name not in self._endpoints:
                folder = self._journal_dir / re.sub(r"[^A-Za-z0-9.-]+", "-", config.model).strip(".-")[:100]
                if folder not in self._journals:
                    self._journals[folder] = Journal(folder)
                    torn = self._journals[folder].torn
                    if torn:
                        log.warning("journal %s: %d torn lines skipped, first at %s", folder, len(torn), torn[0])
                self._endpoints[config.name] = _Endpoint(config, self._journals[folder], self._standin)
            return self._endpoints[config.name]

    def _start(
        self, endpoint: "_Endpoint", stream: _Stream, request: ChatRequest
    ) -> tuple[ChatRequest, str, Future[Completion | None] | None]:
        body = request_body(endpoint.config, request)
        key = journal_key(endpoint.config, body, request.sample)
        usage = self.usage.setdefault((endpoint.config.name, request.purpose), Usage())
        if key in endpoint.journal:
            return request, key, None
        future = self._submit(endpoint.ask(stream, key, request, body, usage, self.budget(request.purpose)))
        stream.running.add(future)
        future.add_done_callback(stream.running.discard)
        return request, key, future

    def _finish(
        self, endpoint: "_Endpoint", request: ChatRequest, key: str, future: Future[Completion | None] | None
    ) -> Completion:
        failed = future.result() if future is not None else None
        if failed is not None:
            return failed
        record = endpoint.journal.get(key)
        if record is None:
            raise JournalError(
                f"journal {endpoint.journal.folder}: the answer {key} was written and is gone; "
                "do not edit or delete segments during a run, then run again"
            )
        completion = completion_of(record, cached=future is None)
        if future is None:
            usage = self.usage[(endpoint.config.name, request.purpose)]
            usage.cached += 1
            tokens = completion.prompt_tokens + completion.completion_tokens
            usage.cached_tokens += tokens
            self.budget(request.purpose).settle(0, tokens)
        return completion

    def _submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        with self._lock:
            if self._loop is None:
                self._start_loop()
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _start_loop(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chat-client", daemon=True)
        self._thread.start()
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            # By default SIGTERM kills at once; answers in flight are paid for and worth a moment.
            self._old_sigterm = signal.signal(signal.SIGTERM, self._terminate)

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        stop = SystemExit(128 + number)
        # The streams are told too: an exception that strikes within a finalizer is lost
        for stream in list(self._streams):
            stream.stop = stream.stop or stop
        raise stop

    def _drain(self, stream: _Stream) -> None:
        """Wait for requests in flight; those not yet sent give up by themselves once `stop` is set."""
        if not stream.running or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._wake)
        deadline = time.monotonic() + self._drain_s
        for future in list(stream.running):
            try:
                future.exception(timeout=max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                future.cancel()
            except BaseException as error:
                if not future.done():
                    # A second interruption: the user means it.
                    for other in list(stream.running):
                        other.cancel()
                    raise
                log.debug("drained: %s", type(error).__name__)

    def _wake(self) -> None:
        for endpoint in self._endpoints.values():
            endpoint.changed.set()


class _Endpoint:
    """One generator's endpoint; everything but the constructor runs on the client's event loop."""

    def __init__(self, config: Generator, journal: Journal, standin: StandinProcess) -> None:
        self.config = config
        self.journal = journal
        self.changed = asyncio.Event()
        self._standin = standin
        self._client: Any = None
        self._turn = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._asking: dict[str, asyncio.Task[Completion | None]] = {}
        self._flying = 0
        self._limit = float(config.concurrency)
        self._resume_at = 0.0
        self._backoff = 0
        self._failed_in_a_row = 0
        self._dead: EndpointError | None = None
        self._secret = ""

    async def ask(
        self,
        stream: _Stream,
        key: str,
        request: ChatRequest,
        body: JsonObject,
        usage: Usage,
        budget: Budget,
    ) -> Completion | None:
        """Null once the answer is in the journal, or the completion of status `error`."""
        while True:
            task = self._asking.get(key)
            if task is None:
                if key in self.journal:
                    return None
                task = asyncio.get_running_loop().create_task(self._ask(stream, key, request, body, usage, budget))
                self._asking[key] = task
                task.add_done_callback(lambda _: self._asking.pop(key, None))
            try:
                return await asyncio.shield(task)
            except _StoppedError:
                # Another stream had asked for the same and was stopped; this one goes on.
                if stream.stop is not None:
                    raise

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _ask(
        self,
        stream: _Stream,
        key: str,
        request: ChatRequest,
        body: JsonObject,
        usage: Usage,
        budget: Budget,
    ) -> Completion | None:
        try:
            client = await self._connect()
        except (EndpointError, MissingKeyError) as error:
            stream.stop = stream.stop or error
            raise
        chars = sum(len(message["content"]) for message in request.messages)
        chars += len(json.dumps(request.tools)) if request.tools else 0
        reserved = 0
        spent = prompt_tokens = 0
        failures = throttles = 0
        try:
            while True:
                reserved = await self._take_turn(stream, budget, chars, request.max_tokens, reserved)
                started = time.time()
                try:
                    outcome = await self._send(client, body)
                finally:
                    self._flying -= 1
                    self.changed.set()
                record = {
                    "key": key,
                    "generator": self.config.name,
                    "purpose": request.purpose,
                    "provider": provider_of(self.config),
                    "sample": request.sample,
                    "request": body,
                    "status": outcome.status,
                    "body": outcome.body,
                    "at": round(started, 3),
                    "seconds": round(time.time() - started, 3),
                    "price": self.config.price.model_dump(exclude_none=True),
                }
                if outcome.verdict == "ok":
                    self.journal.append(record)
                    completion = completion_of(record)
                    prompt_tokens = completion.prompt_tokens
                    spent = prompt_tokens + completion.completion_tokens
                    usage.asked += 1
                    usage.prompt_tokens += prompt_tokens
                    usage.completion_tokens += completion.completion_tokens
                    usage.cost += cost_of(record)
                    self._succeeded()
                    return None
                if outcome.verdict == "dead":
                    self._dead = EndpointError(outcome.reason)
                    raise self._dead
                throttles += outcome.verdict == "throttled"
                failures += outcome.verdict == "failed"
                if outcome.verdict == "refused" or failures > self.config.retries or throttles > THROTTLES_PER_REQUEST:
                    self.journal.append({**record, "error": outcome.reason})
                    usage.failed += 1
                    self._failed_in_a_row += 1
                    if self._failed_in_a_row >= FAILURES_IN_A_ROW:
                        self._dead = EndpointError(
                            f"generator {self.config.name!r}: {self._failed_in_a_row} requests in a row failed "
                            f"at {self.config.base_url}; the last: {outcome.reason}. Answers received are "
                            "journalled: see to the endpoint and run again"
                        )
                        raise self._dead
                    return Completion(key=key, status="error", text=outcome.reason)
                usage.retries += 1
                await self._back_off(stream, outcome, failures)
        except (EndpointError, BudgetError, JournalError) as error:
            stream.stop = stream.stop or error
            raise
        finally:
            budget.settle(reserved, spent, chars, prompt_tokens)
            self.changed.set()

    async def _take_turn(self, stream: _Stream, budget: Budget, chars: int, max_tokens: int, reserved: int) -> int:
        """Wait until this request may be sent: first come, first served, which keeps the order of the budget."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            while True:
                if stream.stop is not None:
                    raise _StoppedError
                if self._dead is not None:
                    raise self._dead
                self.changed.clear()
                wait: float | None = None
                if (delay := self._resume_at - loop.time()) > 0:
                    wait = delay
                elif self._flying < max(1, int(self._limit)):
                    if reserved:
                        break
                    wanted = budget.estimate(chars, max_tokens)
                    if budget.reserve(wanted):
                        reserved = wanted
                        break
                    if budget.reserved == 0:
                        raise BudgetError(
                            f"token budget: {budget.spent:,} of {budget.limit:,} tokens are spent and the next "
                            f"request to {self.config.name!r} may need {wanted:,}; every answer is journalled: "
                            "raise APIGEN_TOKEN_BUDGET and run again"
                        )
                    wait = 0.2
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.changed.wait()
            self._flying += 1
        return reserved

    async def _connect(self) -> Any:
        """The client, after one look whether somebody is there and takes the key."""
        async with self._connecting:
            if self._dead is not None:
                raise self._dead
            if self._client is not None:
                return self._client
            import httpx2
            from openai import AsyncOpenAI, DefaultAioHttpClient

            key = self.config.api_key()
            self._secret = key or ""
            url = self.config.base_url
            if self.config.is_standin:
                try:
                    url = await asyncio.get_running_loop().run_in_executor(None, self._standin.start)
                except OSError as error:
                    raise EndpointError(f"the embedded stand-in server does not start: {error}") from None
            limit = self.config.concurrency
            client = AsyncOpenAI(
                base_url=url,
                api_key=key or "none",
                max_retries=0,
                timeout=None,
                http_client=DefaultAioHttpClient(
                    timeout=httpx2.Timeout(None, connect=60.0),
                    limits=httpx2.Limits(max_connections=limit, max_keepalive_connections=limit),
                    # A stand-in is on this machine; a proxy could not reach it.
                    trust_env=not self.config.is_standin,
                ),
            )
            outcome = await self._preflight(client)
            if outcome is not None:
                await client.close()
                self._dead = EndpointError(outcome)
                raise self._dead
            self._client = client
            return client

    async def _preflight(self, client: Any) -> str | None:
        """Why the endpoint cannot be used, if so. An endpoint without `/models` is asked in earnest."""
        import openai

        for attempt in (1, 2):
            try:
                async with asyncio.timeout(min(15.0, self.config.timeout_s)):
                    await client.models.with_raw_response.list()
            except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
                return self._refusal(error.status_code)
            except openai.APIStatusError:
                return None
            except (openai.APIConnectionError, TimeoutError) as error:
                if attempt == 2:
                    cause = error.__cause__ or error
                    said = str(cause) or type(cause).__name__
                    return (
                        f"generator {self.config.name!r}: nobody answers at {self.config.base_url} ({said}); "
                        "start the server, or correct `base_url` in generators.yaml"
                    )
                await asyncio.sleep(0.5)
            else:
                return None
        return None

    def _refusal(self, status: int) -> str:
        variable = self.config.api_key_variable
        key = f"the key in {variable}" if variable else "a request without a key (set `api_key_variable`)"
        return f"generator {self.config.name!r}: {self.config.base_url} refuses {key} (HTTP {status})"

    async def _send(self, client: Any, body: JsonObject) -> "_Outcome":
        """One attempt under the total deadline. The answer's bytes are not interpreted here."""
        import openai

        extra = {name: value for name, value in body.items() if name not in KNOWN_FIELDS}
        known = {name: value for name, value in body.items() if name in KNOWN_FIELDS}
        try:
            async with asyncio.timeout(self.config.timeout_s):
                raw = await client.chat.completions.with_raw_response.create(**known, extra_body=extra or None)
            text = raw.text
            if completion_of({"key": "", "body": text}).status == "error":
                return _Outcome("failed", f"the answer is no chat completion: {self._clean(text)}", 200, text)
            return _Outcome("ok", "", 200, text)
        except TimeoutError:
            return _Outcome("failed", f"no answer within {self.config.timeout_s:g} s")
        except openai.APIStatusError as error:
            return self._judge_status(error.status_code, error.response.headers, error.response.text)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            return _Outcome(
                "failed", f"connection failed: {self._clean(str(cause) or type(cause).__name__)}", shared=True
            )
        except (openai.OpenAIError, ValueError) as error:
            return _Outcome("refused", f"cannot be sent: {self._clean(str(error))}")

    def _judge_status(self, status: int, headers: Mapping[str, str], text: str) -> "_Outcome":
        said = self._clean(text)
        if status in (401, 403):
            # The body may quote part of the key.
            return _Outcome("dead", self._refusal(status), status)
        if status == 402 or (status == 429 and "insufficient_quota" in text):
            return _Outcome(
                "dead",
                f"generator {self.config.name!r}: the account at {self.config.base_url} has no credit left "
                f"(HTTP {status}: {said})",
                status,
            )
        if status == 404:
            return _Outcome(
                "dead",
                f"generator {self.config.name!r}: {self.config.base_url} knows no model {self.config.model!r} "
                f"or no chat completions (HTTP 404: {said}); correct `base_url` or `model` in generators.yaml",
                status,
            )
        after = retry_after(headers, time.time())
        if status == 429:
            return _Outcome("throttled", f"HTTP 429: {said}", status, text, after, shared=True)
        if status in (408, 409, 425) or status >= 500:
            shared = status == 503 or after is not None
            return _Outcome("failed", f"HTTP {status}: {said}", status, text, after, shared)
        return _Outcome("refused", f"HTTP {status}: {said}", status, text)

    def _clean(self, text: str) -> str:
        """A short piece of a server's words, without our key should it quote it."""
        if self._secret:
            text = text.replace(self._secret, "***")
        return " ".join(text[:2000].split())[:300]

    async def _back_off(self, stream: _Stream, outcome: "_Outcome", failures: int) -> None:
        """Wait as the server asks, however long; all requests to it wait where the cause is shared."""
        loop = asyncio.get_running_loop()
        if outcome.shared:
            if self._resume_at <= loop.time():
                # Several requests in flight meet the same refusal: it counts once.
                self._backoff += 1
                self._limit = max(1.0, self._limit / 2)
            delay = outcome.retry_after
            if delay is None:
                delay = min(60.0, 0.5 * 2 ** min(self._backoff, 10)) * random.uniform(0.75, 1.0)
            if delay > 60:
                log.warning("%s asks to wait %.0f s", self.config.name, delay)
            self._resume_at = max(self._resume_at, loop.time() + delay)
            self.changed.set()
        else:
            wake = loop.time() + min(60.0, 0.5 * 2 ** min(failures - 1, 10)) * random.uniform(0.75, 1.0)
            while stream.stop is None and loop.time() < wake:
                await asyncio.sleep(min(0.5, wake - loop.time()))

    def _succeeded(self) -> None:
        self._failed_in_a_row = 0
        self._backoff = 0
        self._limit = min(float(self.config.concurrency), self._limit + 1 / self._limit)


@dataclass(frozen=True)
class _Outcome:
    """What came of one attempt."""

    verdict: Literal["ok", "failed", "throttled", "refused", "dead"]
    """`failed` and `throttled` may pass; `refused` concerns this request; `dead` every request."""
    reason: str
    status: int | None = None
    body: str | None = None
    retry_after: float | None = None
    shared: bool = False
    """Whether every request to this endpoint should wait."""
