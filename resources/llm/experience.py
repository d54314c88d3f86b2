"""What a journal teaches about a model: how long its prompts and answers are, for estimates."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from apigen_assets.files.json_types import JsonObject
from resources.llm.protocol import completion_of

ENOUGH = 5
"""Answers from which on their mean is better than a guess."""
_MOST = 2_000


@dataclass(frozen=True)
class Experience:
    """Means over a model's answers for one purpose."""

    answers: int
    tokens_per_char: float
    """Of prompts."""
    prompt_tokens: float
    """Per request."""
    completion_tokens: float
    """Per answer."""
    spread: float
    """Relative uncertainty of the mean length of an answer: two standard errors, at least 5 %."""


def experience(records: Iterable[JsonObject], generator: str, purpose: str) -> Experience | None:
    """What the journal's latest answers say; null where there are too few."""
    written: list[int] = []
    prompts = chars = 0
    for record in records:
        if record.get("generator") != generator or record.get("purpose") != purpose or record.get("error"):
            continue
        completion = completion_of(record)
        if completion.status not in ("ok", "length"):
            continue
        written.append(completion.completion_tokens)
        prompts += completion.prompt_tokens
        chars += sum(len(message["content"]) for message in (record.get("request") or {}).get("messages", ()))
        if len(written) >= _MOST:
            break
    if len(written) < ENOUGH or not chars:
        return None
    mean = sum(written) / len(written)
    variance = sum((tokens - mean) ** 2 for tokens in written) / (len(written) - 1)
    error = 2 * math.sqrt(variance / len(written)) / mean if mean else 0.0
    return Experience(len(written), prompts / chars, prompts / len(written), mean, max(0.05, error))
