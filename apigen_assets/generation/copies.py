"""Pairs that repeat their prompt: an example that was shown, an instruction, a function's description.

A copy is a right row that teaches nothing new, and a row that shows what the prompt says instead of what a user asks.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import dumps, plain_numbers
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.shown_examples import ShownExample

ALIKE = 0.9
"""Share of words in common, in order, from which a query with the answers of an example is that example."""
ALIKE_INSTRUCTION = 0.85
SHORTEST_INSTRUCTION = 5
"""Words that an instruction must have to be recognised in a query that is not equal to it."""


def copied_from(
    query: str,
    answers: Sequence[JsonValue],
    examples: Iterable[ShownExample],
    tools: Iterable[JsonObject] = (),
    instructions: Iterable[str] = (),
) -> str | None:
    """What of its prompt a pair repeats, in words; null for a pair of its own.

    A query is a copy of an example when it says the same words, or nearly the same ones with the same answers.
    An example's sentence with other values is not a copy.

    Args:
        query: the query as written.
        answers: the calls as written.
        examples: the examples shown.
        tools: the tools offered; a query that is a tool's description says no value and is a copy of it.
        instructions: the sentences of the prompt's own text.
    """
    words = words_of(query)
    if not words:
        return None
    calls = _canonical(answers)
    for example in examples:
        shown = words_of(example.query)
        if words == shown:
            return f"repeats the shown example {_cut(example.query)!r}"
        if _alike(words, shown, ALIKE) and calls == _canonical([call.model_dump() for call in example.answers]):
            return f"repeats the shown example {_cut(example.query)!r} with the same answers"
    for sentence in instructions:
        told = words_of(sentence)
        if words == told or (len(told) >= SHORTEST_INSTRUCTION and _alike(words, told, ALIKE_INSTRUCTION)):
            return f"repeats the instruction {_cut(sentence)!r}"
    if any(isinstance(call, dict) and call.get("arguments") for call in answers):
        for tool in tools:
            description = str(tool.get("description") or "")
            told = words_of(description)
            # A few words changed and none added: it says no value but those that the description names.
            nearly = len(words) >= SHORTEST_INSTRUCTION and set(words) <= set(told)
            if words in (told, words_of(description.split("\n")[0])) or (nearly and _alike(words, told, ALIKE)):
                return f"repeats the description of {tool.get('name')}"
    return None


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, case and punctuation aside."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _alike(one: tuple[str, ...], two: tuple[str, ...], least: float) -> bool:
    if not one or not two or 2 * min(len(one), len(two)) < least * (len(one) + len(two)):
        return False
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= least


def _canonical(answers: Sequence[JsonValue | Call]) -> list[str]:
    return [dumps(plain_numbers(call)) for call in answers]


def _cut(text: str, width: int = 60) -> str:
    return cut(text, width)
