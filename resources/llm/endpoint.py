"""One generator's endpoint: its requests sent, tried again or given up, its answers journalled."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apigen_assets.domain.chat import BudgetError, ChatRequest, Completion, EndpointError
from apigen_assets.files.json_types import JsonObject
from resources.llm.admission import Admission, Need, Patience, StoppedError
from resources.llm.budget import Budget, PromptTokens, Usage, prompt_characters
from resources.llm.forms import Forms
from resources.llm.generator import Generator, MissingKeyError
from resources.llm.journal import Journal, JournalError
from resources.llm.outcomes import Outcome, OutcomeClass
from resources.llm.protocol import paid_of, provider_of
from resources.llm.transport import Transport
from resources.local.standin.process import StandinProcess

log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 8
"""Requests finally failed one after the other from which on the endpoint is given up."""
THROTTLES_PER_REQUEST = 50
"""Requests to wait that one request gets, after which it fails: a server that throttles for ever is not a server."""
REFUSED_AT_FIRST = 20
"""Prompts refused before anything was answered from which on it is not the prompts."""
FIRST_CONTACTS = 3
"""Attempts at an endpoint that has never answered, where nobody is there or something else than a chat server."""


@dataclass
class Stream:
    """The requests of one call; once `stop` is set, nothing further of it is sent."""

    stop: BaseException | None = None
    running: set[Any] = field(default_factory=set)

    def reason(self) -> BaseException | None:
        """Why a request of it must not be sent any more."""
        return StoppedError() if self.stop is not None else None


@dataclass(frozen=True)
class Order:
    """One request on its way, with everything it counts against."""

    stream: Stream
    key: str
    request: ChatRequest
    body: JsonObject
    """As the journal key has it."""
    limit: int
    """Tokens that the answer may have."""
    usage: Usage
    budgets: tuple[Budget, ...]

    @property
    def chars(self) -> int:
        """Characters of the prompt."""
        return prompt_characters({"messages": self.request.messages, "tools": self.request.tools})


class Endpoint:
    """One generator's endpoint; everything but the constructor runs on the client's event loop."""

    def __init__(self, config: Generator, journal: Journal, standin: StandinProcess) -> None:
        self.config = config
        self.journal = journal
        self.admission = Admission(config)
        self.forms = Forms(config)
        self.prompt_tokens = PromptTokens(journal.records)
        self._standin = standin
        self._transport: Transport | None = None
        self._connecting = asyncio.Lock()
        self._asking: dict[str, asyncio.Task[Completion | None]] = {}
        self._patience = Patience(config.max_wait_s)
        self._failed_in_a_row = 0
        self._contacts = 0
        self._refused = 0
        self._answered = 0
        self._dead: EndpointError | None = None

    async def ask(self, order: Order) -> Completion | None:
        """Null once the answer is in the journal, or the completion of status `error`."""
        while True:
            task = self._asking.get(order.key)
            if task is None:
                if self.journal.answered(order.key, order.limit):
                    return None
                task = asyncio.get_running_loop().create_task(self._ask(order))
                self._asking[order.key] = task
                task.add_done_callback(self._forget(order.key))
            try:
                return await asyncio.shield(task)
            except StoppedError:
                # Another stream had asked for the same and was stopped; this one goes on.
                if order.stream.stop is not None:
                    raise

    def _forget(self, key: str) -> Callable[["asyncio.Task[Completion | None]"], None]:
        def done(task: "asyncio.Task[Completion | None]") -> None:
            self._asking.pop(key, None)
            if not task.cancelled():
                task.exception()  # looked at, so that nobody prints it when the last waiter is gone

        return done

    async def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            await self._transport.close()
            self._transport = None

    async def _ask(self, order: Order) -> Completion | None:
        try:
            transport = await self._connect()
            return await self._until_answered(transport, order)
        except (EndpointError, MissingKeyError, BudgetError, JournalError) as error:
            order.stream.stop = order.stream.stop or error
            raise
        finally:
            self.admission.changed.set()

    async def _until_answered(self, transport: Transport, order: Order) -> Completion | None:
        """Try until there is an answer, or no sense in trying further."""
        need = Need(order.budgets, order.chars, order.limit, self.config, self.prompt_tokens)
        tries = _Tries()
        used: tuple[int, int, float] = (0, 0, 0.0)
        try:
            while True:
                await self.admission.enter(need, lambda: self._dead or order.stream.reason())
                started, tries.answered_before = time.time(), self._answered
                body = self.forms.body(order.body, order.limit)
                try:
                    outcome = await transport.send(body)
                    record = self._record(order, body, outcome, started)
                    if outcome.kind is OutcomeClass.ANSWER:
                        used = self._keep(order, record)
                        return None
                    # A failure may have cost something too; what another try may cost is set aside anew.
                    paid = paid_of(record)
                    _count(order.usage, *paid)
                    need.settle(*paid)
                    if self.forms.adapt(outcome, body):
                        continue
                    # Judged before the next request may be sent: what is wrong for all is found out once.
                    if await self._judge(transport, order, outcome, tries):
                        return self._fail(order, record, outcome)
                finally:
                    self.admission.leave()
                order.usage.retries += 1
                await self.admission.back_off(outcome, tries.failures, lambda: self._dead or order.stream.reason())
        finally:
            need.settle(*used)

    def _record(self, order: Order, body: JsonObject, outcome: Outcome, started: float) -> JsonObject:
        return {
            "key": order.key,
            "generator": self.config.name,
            "purpose": order.request.purpose,
            "provider": provider_of(self.config),
            "sample": order.request.sample,
            "limit": order.limit,
            "request": body,
            "status": outcome.status,
            "outcome": outcome.kind.value,
            "body": outcome.body,
            "at": round(started, 3),
            "seconds": round(time.time() - started, 3),
            "price": self.config.price.model_dump(exclude_none=True),
        }

    def _keep(self, order: Order, record: JsonObject) -> tuple[int, int, float]:
        """Journal an answer; gives what it used."""
        self.journal.append(record)
        paid = paid_of(record)
        order.usage.asked += 1
        _count(order.usage, *paid)
        self._answered += 1
        self._failed_in_a_row = 0
        self._patience.answered()
        self.forms.accepted(record["request"])
        self.admission.succeeded()
        self.admission.open()
        return paid

    def _fail(self, order: Order, record: JsonObject, outcome: Outcome) -> Completion:
        """Journal a failure, apart from the answers."""
        self.journal.append({**record, "error": outcome.reason})
        order.usage.failed += 1
        if outcome.kind is OutcomeClass.PASSING:
            self._failed_in_a_row += 1
            # What is refused as a bad request every time it is tried, before anything was answered, is bad in itself.
            refused = not self._answered and outcome.status is not None and 400 <= outcome.status < 500
            if refused and not outcome.throttled:
                raise self._die(f"{self.config.base_url} refuses what it is asked ({outcome.reason})")
            if self._failed_in_a_row >= FAILURES_IN_A_ROW:
                raise self._die(
                    f"{self._failed_in_a_row} requests in a row failed at {self.config.base_url}; the last: "
                    f"{outcome.reason}. Answers received are journalled: see to the endpoint and run again"
                )
        return Completion(key=order.key, status="error", text=outcome.reason)

    async def _judge(self, transport: Transport, order: Order, outcome: Outcome, tries: "_Tries") -> bool:
        """Whether to give this request up; false where it is tried again.

        Raises:
            EndpointError: nothing more will come of this endpoint.
        """
        kind = outcome.kind
        if outcome.doubtful and self._answered:
            kind = OutcomeClass.PROMPT if kind is OutcomeClass.KEY else OutcomeClass.PASSING
        if kind is OutcomeClass.KEY:
            raise self._die(self._key_refused(outcome))
        if kind is OutcomeClass.ENDPOINT:
            raise self._die(await self._unknown(transport, outcome))
        if kind is OutcomeClass.PROMPT:
            if outcome.limit:
                self._cut(order, outcome)
            self.admission.open()
            self._refused += not self._answered
            if not self._answered and self._refused >= REFUSED_AT_FIRST:
                raise self._die(f"{self.config.base_url} refuses every prompt; the last: {outcome.reason}")
            return True
        if outcome.status is None or outcome.protocol:
            self._contacts += not self._answered
            if not self._answered and self._contacts >= FIRST_CONTACTS:
                raise self._die(await self._nobody(transport, outcome))
        elif outcome.throttled or (outcome.status >= 500 and not self.forms.doubted(order.body)):
            self.admission.open()
        if outcome.throttled or outcome.shared:
            waited = self._patience.exhausted(outcome.retry_after)
            if waited is not None:
                raise self._die(
                    f"{self.config.base_url} asks to wait for {waited:,.0f} s, longer than `max_wait_s` "
                    f"({self.config.max_wait_s:g}); it said: {outcome.reason}. Answers received are journalled: "
                    "run again later"
                )
        if outcome.throttled:
            tries.throttles += 1
        else:
            if outcome.status == 0 and self._answered - tries.answered_before < self.admission.room // 2:
                # No answer in time, and hardly another one meanwhile: a server with few slots has its queue full.
                self.admission.slow_down()
            tries.failures += 1
        return tries.failures > self.config.retries or tries.throttles > THROTTLES_PER_REQUEST

    def _cut(self, order: Order, outcome: Outcome) -> None:
        """Say at once that the limit is too low, and stop where nothing else came."""
        setting = "judge_max_tokens" if order.request.purpose == "judge" else "max_tokens"
        said = (
            f"{outcome.reason}: the limit is {order.limit:,} tokens and reasoning counts against it; raise "
            f"`{setting}` of {self.config.name!r} in generators.yaml, or lower its `reasoning_effort`"
        )
        if not self._answered:
            self.journal.append({"key": order.key, "generator": self.config.name, "error": said, "outcome": "prompt"})
            raise self._die(said)
        log.warning("%s: %s", self.config.name, said)

    def _die(self, said: str) -> EndpointError:
        if self._dead is None:
            self._dead = EndpointError(f"generator {self.config.name!r}: {said}")
        self.admission.open()
        return self._dead

    def _key_refused(self, outcome: Outcome) -> str:
        if outcome.reason.startswith("no credit"):
            return f"the account at {self.config.base_url} has no credit left ({outcome.reason})"
        variable = self.config.api_key_variable
        key = f"the key in {variable}" if variable else "a request without a key (set `api_key_variable`)"
        return f"{self.config.base_url} refuses {key} ({outcome.reason})"

    async def _unknown(self, transport: Transport, outcome: Outcome) -> str:
        served = await transport.models()
        models = f"; it serves {', '.join(served[:10])}" if served else ""
        return (
            f"{self.config.base_url} knows no model {self.config.model!r} or no chat completions "
            f"({outcome.reason}){models}; correct `base_url` or `model` in generators.yaml"
        )

    async def _nobody(self, transport: Transport, outcome: Outcome) -> str:
        if outcome.status is None:
            return (
                f"nobody answers at {self.config.base_url} ({outcome.reason}); start the server, or correct "
                "`base_url` in generators.yaml"
            )
        return (
            f"{self.config.base_url} does not speak chat completions ({outcome.reason}); correct `base_url` in "
            "generators.yaml, which for most servers ends in /v1"
        )

    async def _connect(self) -> Transport:
        """The connections, made at first need."""
        async with self._connecting:
            if self._dead is not None:
                raise self._dead
            if self._transport is None:
                key = self.config.api_key()
                url = self.config.base_url
                if self.config.is_standin:
                    try:
                        url = await asyncio.get_running_loop().run_in_executor(None, self._standin.start)
                    except OSError as error:
                        raise EndpointError(f"the embedded stand-in server does not start: {error}") from None
                self._transport = Transport(self.config, url, key)
            return self._transport


def _count(usage: Usage, prompt_tokens: int, completion_tokens: int, cost: float) -> None:
    usage.prompt_tokens += prompt_tokens
    usage.completion_tokens += completion_tokens
    usage.cost += cost


@dataclass
class _Tries:
    """What one request has been through."""

    failures: int = 0
    throttles: int = 0
    answered_before: int = 0
    """Answers that the endpoint had given when the request was sent last."""
