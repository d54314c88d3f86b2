"""Who may send when: requests in flight, the wait that a server asks for, and the budgets."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apigen_assets.domain.chat import BudgetError
from resources.llm.budget import Budget, PromptTokens
from resources.llm.generator import Generator
from resources.llm.outcomes import Outcome

RECENT = 20
"""Outcomes from which it is seen whether an endpoint is well."""
PILOT_S = 20.0
"""How long the first request goes alone: what is wrong with an endpoint is known before thousands are sent."""


class StoppedError(Exception):
    """The stream this request belonged to was stopped before it was sent."""


@dataclass
class Need:
    """What a request may use in the worst case, reserved on every budget it counts against."""

    budgets: Sequence[Budget]
    chars: int
    limit: int
    config: Generator
    tokens: PromptTokens
    reserved: tuple[float, ...] = ()

    @property
    def prompt_tokens(self) -> int:
        """Of the prompt, at the most; without a budget nobody asks."""
        return 0 if all(budget.limit is None for budget in self.budgets) else self.tokens.most(self.chars)

    def exhausted(self, budget: Budget) -> str:
        """Why it cannot be sent within a budget, and what to do."""
        return budget.exhausted(self.config.name, self.prompt_tokens, self.limit, self.config.price)

    def reserve(self) -> Budget | None:
        """Set it aside; the budget that it does not fit into, where there is one."""
        prompt = self.prompt_tokens
        wanted = tuple(budget.worst_case(prompt, self.limit, self.config.price) for budget in self.budgets)
        for number, (budget, amount) in enumerate(zip(self.budgets, wanted, strict=True)):
            if not budget.reserve(amount):
                for earlier, taken in list(zip(self.budgets, wanted, strict=True))[:number]:
                    earlier.settle(taken, 0)
                return budget
        self.reserved = wanted
        return None

    def settle(self, prompt_tokens: int, completion_tokens: int, cost: float) -> None:
        """Replace what was reserved by what was used."""
        reserved = self.reserved or tuple(0.0 for _ in self.budgets)
        for budget, amount in zip(self.budgets, reserved, strict=True):
            used = cost if budget.unit == "USD" else prompt_tokens + completion_tokens
            budget.settle(amount, used)
        self.tokens.saw(self.chars, prompt_tokens)
        self.reserved = ()


class Admission:
    """First come, first served, which keeps the order of the budget; runs on the client's event loop."""

    def __init__(self, config: Generator) -> None:
        self.changed = asyncio.Event()
        self._config = config
        self._turn = asyncio.Lock()
        self._flying = 0
        self._limit = float(config.concurrency)
        self._resume_at = 0.0
        self._backoff = 0
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._pilot_since: float | None = None
        self._opened = config.is_standin

    async def enter(self, need: Need, stopped: Callable[[], BaseException | None]) -> None:
        """Wait until a request may be sent.

        Args:
            need: what it may use.
            stopped: why it must not be sent any more, if so.

        Raises:
            StoppedError, BudgetError, EndpointError: it may not be sent at all.
        """
        loop = asyncio.get_running_loop()
        async with self._turn:
            while True:
                reason = stopped()
                if reason is not None:
                    raise reason
                self.changed.clear()
                wait: float | None = None
                if (delay := self._resume_at - loop.time()) > 0:
                    wait = delay
                elif self._flying < self._room(loop.time()):
                    full = None if need.reserved else need.reserve()
                    if full is None:
                        break
                    if full.reserved == 0:
                        raise BudgetError(need.exhausted(full))
                    wait = 0.2
                elif not self._opened:
                    wait = 1.0
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.changed.wait()
            self._flying += 1
            if self._pilot_since is None:
                self._pilot_since = loop.time()

    def _room(self, now: float) -> int:
        if not self._opened and self._pilot_since is not None and now - self._pilot_since > PILOT_S:
            self._opened = True
        return max(1, int(self._limit)) if self._opened else 1

    @property
    def room(self) -> int:
        """Requests that may be in flight at once, as things stand."""
        return max(1, int(self._limit))

    def leave(self) -> None:
        """A request is back."""
        self._flying -= 1
        self.changed.set()

    def open(self) -> None:
        """The endpoint has shown what it is: others may be sent beside the first."""
        self._opened = True
        self.changed.set()

    def succeeded(self) -> None:
        """An answer came: a little more may be sent at once."""
        self._recent.append(True)
        self._backoff = 0
        self._limit = min(float(self._config.concurrency), self._limit + 1 / self._limit)

    def slow_down(self) -> None:
        """The endpoint does not keep up: half as much at once."""
        self._limit = max(1.0, self._limit / 2)

    async def back_off(self, outcome: Outcome, failures: int, stopped: Callable[[], BaseException | None]) -> None:
        """Wait as the server asks; all requests to it wait where the cause is shared."""
        loop = asyncio.get_running_loop()
        self._recent.append(False)
        # Where most requests are answered, a refusal concerns the one that met it and not the endpoint.
        well = len(self._recent) >= RECENT // 2 and 2 * sum(self._recent) >= len(self._recent)
        if outcome.shared and not well:
            if self._resume_at <= loop.time():
                # Several requests in flight meet the same refusal: it counts once.
                self._backoff += 1
                if outcome.retry_after is None:
                    self.slow_down()
            delay = outcome.retry_after
            if delay is None:
                delay = min(60.0, 0.5 * 2 ** min(self._backoff, 10)) * random.uniform(0.75, 1.0)
            self._resume_at = max(self._resume_at, loop.time() + delay)
            self.changed.set()
            return
        # What goes wrong at random is asked for again soon; a server in trouble is given time.
        at_random = well or (outcome.status is not None and 0 < outcome.status < 500)
        most = 2.0 if at_random else 60.0
        delay = outcome.retry_after
        if delay is None:
            delay = min(most, 0.5 * 2 ** min(max(failures, 1) - 1, 10)) * random.uniform(0.75, 1.0)
        wake = loop.time() + delay
        while stopped() is None and loop.time() < wake:
            await asyncio.sleep(min(0.5, wake - loop.time()))


class Patience:
    """How long an endpoint has done nothing but ask to wait."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._since: float | None = None

    def answered(self) -> None:
        """It did something else."""
        self._since = None

    def exhausted(self, asked: float | None) -> float | None:
        """Seconds it asks or has asked to wait, once that is more than may be waited; else null."""
        now = time.monotonic()
        self._since = self._since if self._since is not None else now
        waited = now - self._since
        if (asked or 0.0) > self._limit:
            return asked
        return waited if waited > self._limit else None
