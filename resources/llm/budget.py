"""What chat completions use, and how much they may."""

import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from apigen_assets.files.json_types import JsonObject
from resources.llm.experience import ENOUGH
from resources.llm.generator import Price
from resources.llm.protocol import characters, completion_of

TOKENS_PER_CHAR = 0.25
"""Of prompts, where a model's journal says nothing."""
_MOST_RECORDS = 2_000


@dataclass
class Usage:
    """What one purpose of one generator has used: counts, tokens and USD."""

    asked: int = 0
    cached: int = 0
    failed: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    """Of what was asked now, failures that cost something among them."""
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt and completion tokens of answers that were in the journal."""
    cost: float = 0.0
    """USD for what was asked now."""
    cached_cost: float = 0.0
    """USD that answers which were in the journal cost when they were asked."""


class PromptTokens:
    """How many tokens of a prompt a model may count: the most per character that it counted for any so far.

    Args:
        records: the model's journal, read at first need.
    """

    def __init__(self, records: Callable[[], Iterable[JsonObject]] = tuple) -> None:
        self._records = records
        self._per_char: float | None = None

    def most(self, chars: int) -> int:
        """Tokens of a prompt in the worst case."""
        if self._per_char is None:
            self._per_char = _most_per_char(islice(self._records(), _MOST_RECORDS)) or TOKENS_PER_CHAR
        return math.ceil(chars * self._per_char)

    def saw(self, chars: int, tokens: int) -> None:
        """Take up what the model counted for a prompt."""
        if self._per_char is not None and chars:
            self._per_char = max(self._per_char, tokens / chars)


def prompt_characters(request: JsonObject) -> int:
    """Characters of a request that count as prompt: messages and tools."""
    tools = len(str(request["tools"])) if request.get("tools") else 0
    return characters(request.get("messages") or ()) + tools


def _most_per_char(records: Iterable[JsonObject]) -> float | None:
    """Null where too few answers say what their prompts came to."""
    ratios = []
    for record in records:
        chars = prompt_characters(record.get("request") or {})
        if record.get("error") or not chars:
            continue
        tokens = completion_of(record).prompt_tokens
        if tokens:
            ratios.append(tokens / chars)
    return max(ratios) if len(ratios) >= ENOUGH else None


class Budget:
    """Tokens or USD that may be spent; a request is reserved at its worst case and settled at its real use.

    Answers from the journal count as spent: the budget bounds what a partition's answers cost in all,
    whenever they were asked for, so that repeated runs cannot add up to more.

    Args:
        limit: null for none.
        unit: what is counted.
        setting: the setting that holds the limit, for messages.
        spent: what was spent before.
    """

    def __init__(
        self,
        limit: float | None,
        unit: Literal["tokens", "USD"] = "tokens",
        setting: str = "APIGEN_TOKEN_BUDGET",
        spent: float = 0,
    ) -> None:
        self.limit = limit
        self.unit = unit
        self.setting = setting
        self.spent = spent
        self.reserved: float = 0
        self._pending = 0
        self._lock = threading.Lock()

    def worst_case(self, prompt_tokens: int, max_tokens: int, price: Price) -> float:
        """The prompt and every token that the answer may have, in this budget's unit."""
        return price.cost(prompt_tokens, max_tokens) if self.unit == "USD" else prompt_tokens + max_tokens

    def reserve(self, amount: float) -> bool:
        """Set an amount aside; false where it could exceed the limit."""
        with self._lock:
            if self.limit is not None and self.spent + self.reserved + amount > self.limit:
                return False
            self._pending += 1
            self.reserved += amount
            return True

    def settle(self, reserved: float, spent: float) -> None:
        """Replace a reservation by the real use."""
        with self._lock:
            if reserved:
                self._pending -= 1
            # Sums of fractions of a cent do not come back to nothing by themselves.
            self.reserved = self.reserved - reserved if self._pending > 0 else 0
            self.spent += spent

    def exhausted(self, generator: str, prompt_tokens: int, max_tokens: int, price: Price) -> str:
        """Why a request cannot be sent, and what to do."""
        need = self.worst_case(prompt_tokens, max_tokens, price)
        if self.unit == "USD":
            amounts = f"{self.spent:.4f} of {self.limit or 0:.4f} USD are spent", f"{need:.4f} USD"
        else:
            amounts = f"{self.spent:,.0f} of {self.limit or 0:,.0f} tokens are spent", f"{need:,.0f}"
        what = "token" if self.unit == "tokens" else "money"
        return (
            f"{what} budget: {amounts[0]} and the next request to {generator!r} "
            f"may need {amounts[1]}; every answer is journalled: raise {self.setting}, or lower `max_tokens` in "
            "generators.yaml, and run again"
        )
