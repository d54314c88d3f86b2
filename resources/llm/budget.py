"""What chat completions use, and how much they may."""

import math
import threading
from dataclasses import dataclass


@dataclass
class Usage:
    """What one purpose of one generator has used: counts, tokens and USD."""

    asked: int = 0
    cached: int = 0
    failed: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    """Of answers asked for now."""
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt and completion tokens of answers that were in the journal."""
    cost: float = 0.0
    """USD for answers asked for now."""


class Budget:
    """Tokens that may be spent; a request is reserved at its worst case and settled at its real use.

    Answers from the journal count as spent: the budget bounds what a partition's answers cost in all,
    whenever they were asked for, so that repeated runs cannot add up to more.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.spent = 0
        self.reserved = 0
        self._tokens_per_char = 0.25
        self._lock = threading.Lock()

    def estimate(self, chars: int, max_tokens: int) -> int:
        """Worst case: the prompt at the most tokens per character seen, and every token allowed."""
        return math.ceil(chars * self._tokens_per_char) + max_tokens

    def reserve(self, tokens: int) -> bool:
        """Set tokens aside; false where they could exceed the limit."""
        with self._lock:
            if self.limit is not None and self.spent + self.reserved + tokens > self.limit:
                return False
            self.reserved += tokens
            return True

    def settle(self, reserved: int, spent: int, chars: int = 0, prompt_tokens: int = 0) -> None:
        """Replace a reservation by the real use."""
        with self._lock:
            self.reserved -= reserved
            self.spent += spent
            if chars and prompt_tokens:
                self._tokens_per_char = max(self._tokens_per_char, prompt_tokens / chars)
