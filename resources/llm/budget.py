"""What chat completions use, and how much they may."""

import math
import threading
from dataclasses import dataclass
from typing import Literal

from resources.llm.generator import Price


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
        self._tokens_per_char = 0.25
        self._lock = threading.Lock()

    def worst_case(self, chars: int, max_tokens: int, price: Price) -> float:
        """The prompt at the most tokens per character seen, and every token allowed; in this budget's unit."""
        prompt = math.ceil(chars * self._tokens_per_char)
        return price.cost(prompt, max_tokens) if self.unit == "USD" else prompt + max_tokens

    def reserve(self, amount: float) -> bool:
        """Set an amount aside; false where it could exceed the limit."""
        with self._lock:
            if self.limit is not None and self.spent + self.reserved + amount > self.limit:
                return False
            self._pending += 1
            self.reserved += amount
            return True

    def settle(self, reserved: float, spent: float, chars: int = 0, prompt_tokens: int = 0) -> None:
        """Replace a reservation by the real use."""
        with self._lock:
            if reserved:
                self._pending -= 1
            # Sums of fractions of a cent do not come back to nothing by themselves.
            self.reserved = self.reserved - reserved if self._pending > 0 else 0
            self.spent += spent
            if chars and prompt_tokens:
                self._tokens_per_char = max(self._tokens_per_char, prompt_tokens / chars)

    def exhausted(self, generator: str, chars: int, max_tokens: int, price: Price) -> str:
        """Why a request cannot be sent, and what to do."""
        need = self.worst_case(chars, max_tokens, price)
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
