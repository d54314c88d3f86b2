"""Tool calls of an API that were stored as JSON text."""

import json
from collections.abc import Sequence
from dataclasses import replace

from apigen_assets.evaluation.categories import MULTI_TURN
from apigen_assets.files.json_types import JsonValue
from resources.bfcl.records import BfclAnswer


def keeps_structures(answers: Sequence[BfclAnswer]) -> bool:
    """Whether any answer is stored as a structure; text beside structures is what the model said instead of calling."""
    return any(isinstance(step, list | dict) for answer in answers for step in steps_of(answer))


def steps_of(answer: BfclAnswer) -> tuple[JsonValue, ...]:
    """What the model said to a question, or in every step of every turn of a conversation."""
    turns = answer.answer
    if answer.category not in MULTI_TURN or not isinstance(turns, list):
        return (turns,)
    return tuple(step for turn in turns for step in (turn if isinstance(turn, list) else [turn]))


def unquoted(answers: Sequence[BfclAnswer]) -> list[BfclAnswer]:
    """The answers with tool calls in JSON text parsed; as they are where any of them is a structure."""
    if keeps_structures(answers):
        return list(answers)
    return [replace(answer, answer=_unquoted(answer)) for answer in answers]


def _unquoted(answer: BfclAnswer) -> JsonValue:
    turns = answer.answer
    if answer.category not in MULTI_TURN or not isinstance(turns, list):
        return parsed(turns)
    return [[parsed(step) for step in turn] if isinstance(turn, list) else parsed(turn) for turn in turns]


def parsed(value: object) -> JsonValue:
    """The structure that a text is the JSON of; other values as they are."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
