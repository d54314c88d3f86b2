"""Chat completions over HTTP: bounded, retried, budgeted, and journalled before anybody reads them."""

import asyncio
import contextlib
import logging
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from collections.abc import Generator as Yielding
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings
from resources.llm.admission import StoppedError
from resources.llm.budget import Budget, PromptTokens, Usage
from resources.llm.endpoint import Endpoint, Order, Stream
from resources.llm.generator import Generator, UnknownGeneratorError
from resources.llm.journal import Journal, JournalError, journal_totals
from resources.llm.protocol import completion_of, cost_of, journal_key, request_body, token_limit
from resources.local.standin.process import StandinProcess

log = logging.getLogger(__name__)

_T = TypeVar("_T")

SILENT_S = 1.0
"""Seconds of waiting for answers in flight from which on it is said."""


@dataclass(frozen=True)
class Limits:
    """What may be spent; null for no limit."""

    tokens: int | None = None
    """Per purpose, over the life of the client."""
    usd: float | None = None
    """Over the life of the client."""
    total_tokens: int | None = None
    """By everything that the journal folder holds."""
    total_usd: float | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "Limits":
        """The limits that the settings name."""
        return cls(
            settings.token_budget, settings.money_budget, settings.total_token_budget, settings.total_money_budget
        )


class ChatClient:
    """Completes chats with the configured generators (the `ChatModel` of `apigen_assets.domain.chat`).

    The network side runs on an event loop in a thread of its own, so that an interrupted caller can stop sending
    and still wait for the answers already paid for.

    Args:
        generators: the models by name.
        journal_dir: folder of the journal; each model has a folder in it.
        token_budget: tokens per purpose over the life of this client; null for no limit.
        drain_s: after an interruption, how long to wait for requests in flight.
        limits: every limit; takes the place of `token_budget`.
    """

    def __init__(
        self,
        generators: Mapping[str, Generator],
        journal_dir: Path,
        token_budget: int | None = None,
        drain_s: float = 60.0,
        limits: Limits | None = None,
    ) -> None:
        self._generators = dict(generators)
        self._journal_dir = journal_dir
        self._drain_s = drain_s
        self._limits = limits or Limits(tokens=token_budget)
        self._totals: tuple[Budget, ...] | None = None
        self.money = Budget(self._limits.usd, "USD", "APIGEN_MONEY_BUDGET")
        """Of this client's life, every purpose together."""
        self.budgets: dict[str, Budget] = {}
        self.usage: dict[tuple[str, str], Usage] = {}
        """By generator and purpose."""
        self._journals: dict[Path, Journal] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._standin = StandinProcess()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._streams: list[Stream] = []
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
        stream = Stream()
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
            if isinstance(error, StoppedError) and stream.stop is not error:
                raise stream.stop from None
            raise
        finally:
            self._drain(stream)
            with self._lock:
                self._streams.remove(stream)

    def close(self) -> None:
        """Stop sending, wait for what is in flight, close connections, the journal and the stand-in server."""
        for stream in list(self._streams):
            stream.stop = stream.stop or StoppedError()
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
        config = self._find(generator)
        journal = self._endpoint(config).journal
        return journal.answered(self.key(generator, request), token_limit(config, request))

    def journal(self, generator: str) -> Journal:
        """The journal of a generator."""
        return self._endpoint(self._find(generator)).journal

    def prompt_tokens(self, generator: str) -> PromptTokens:
        """How many tokens a generator counts for a prompt."""
        return self._endpoint(self._find(generator)).prompt_tokens

    def budget(self, purpose: str) -> Budget:
        """The token budget of a purpose."""
        return self.budgets.setdefault(purpose, Budget(self._limits.tokens))

    def limits(self, purpose: str) -> tuple[Budget, ...]:
        """Every budget that a request of a purpose counts against."""
        budgets = (self.budget(purpose), self.money, *self._total_budgets())
        return tuple(budget for budget in budgets if budget.limit is not None) or (budgets[0],)

    def _total_budgets(self) -> tuple[Budget, ...]:
        """The budgets of the whole journal, whoever asked and when; read from it at first need."""
        if self._totals is None:
            tokens, money = self._limits.total_tokens, self._limits.total_usd
            spent = journal_totals(self._journal_dir) if tokens is not None or money is not None else (0, 0.0)
            self._totals = (
                Budget(tokens, "tokens", "APIGEN_TOTAL_TOKEN_BUDGET", spent[0]),
                Budget(money, "USD", "APIGEN_TOTAL_MONEY_BUDGET", spent[1]),
            )
        return self._totals

    def _find(self, name: str) -> Generator:
        if name not in self._generators:
            raise UnknownGeneratorError(
                f"no generator {name!r} is configured; there are: {', '.join(self._generators) or 'none'}"
            )
        return self._generators[name]

    def _endpoint(self, config: Generator) -> Endpoint:
        with self._lock:
            if config.name not in self._endpoints:
                folder = self._journal_dir / re.sub(r"[^A-Za-z0-9.-]+", "-", config.model).strip(".-")[:100]
                if folder not in self._journals:
                    self._journals[folder] = Journal(folder)
                    torn = self._journals[folder].torn
                    if torn:
                        log.warning("journal %s: %d torn lines skipped, first at %s", folder, len(torn), torn[0])
                self._endpoints[config.name] = Endpoint(config, self._journals[folder], self._standin)
            return self._endpoints[config.name]

    def _start(
        self, endpoint: Endpoint, stream: Stream, request: ChatRequest
    ) -> tuple[ChatRequest, str, Future[Completion | None] | None]:
        body = request_body(endpoint.config, request)
        key = journal_key(endpoint.config, body, request.sample)
        usage = self.usage.setdefault((endpoint.config.name, request.purpose), Usage())
        limit = token_limit(endpoint.config, request)
        if endpoint.journal.answered(key, limit):
            return request, key, None
        order = Order(stream, key, request, body, limit, usage, self.limits(request.purpose))
        future = self._submit(endpoint.ask(order))
        stream.running.add(future)
        future.add_done_callback(stream.running.discard)
        return request, key, future

    def _finish(
        self, endpoint: Endpoint, request: ChatRequest, key: str, future: Future[Completion | None] | None
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
        if future is None:
            self.count_known(endpoint.config.name, request, record)
        return completion_of(record, cached=future is None)

    def count_known(self, generator: str, request: ChatRequest, record: JsonObject) -> None:
        """Take an answer that was in the journal into the counts and budgets."""
        usage = self.usage.setdefault((generator, request.purpose), Usage())
        usage.cached += 1
        completion = completion_of(record)
        tokens = completion.prompt_tokens + completion.completion_tokens
        usage.cached_tokens += tokens
        cost = cost_of(record)
        usage.cached_cost += cost
        self.budget(request.purpose).settle(0, tokens)
        self.money.settle(0, cost)

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

    def _drain(self, stream: Stream) -> None:
        """Wait for requests in flight; those not yet sent give up by themselves once `stop` is set."""
        if not stream.running or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._wake)
        running = list(stream.running)
        began = time.monotonic()
        try:
            late = wait(running, timeout=min(SILENT_S, self._drain_s)).not_done
            if late:
                left = max(0.0, self._drain_s - (time.monotonic() - began))
                log.warning(
                    "waiting up to %.0f s for %d answers in flight, which are paid for; interrupt again to leave them",
                    left,
                    len(late),
                )
                late = wait(late, timeout=left).not_done
        except BaseException:
            # A second interruption: the user means it.
            for future in running:
                future.cancel()
            raise
        for future in late:
            future.cancel()

    def _wake(self) -> None:
        for endpoint in self._endpoints.values():
            endpoint.admission.changed.set()
