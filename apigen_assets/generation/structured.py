"""Structured output for generation: the schema of the pairs, made from the tools offered, and a prompt that agrees.

An endpoint that enforces a format returns an object; the prompt's plain format is a list. Both are changed together.
"""

from collections.abc import Sequence

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.generation.prompts import CLOSING_LIST, CLOSING_OBJECT, FORMAT, OBJECT_FORMAT


def in_object(messages: Sequence[dict[str, str]]) -> tuple[dict[str, str], ...]:
    """The messages with what they say of a list replaced by what is said of an object."""
    changed = tuple({**message, "content": message["content"].replace(FORMAT, OBJECT_FORMAT)} for message in messages)
    before, closing, after = changed[-1]["content"].rpartition(CLOSING_LIST)
    if closing:
        changed = (*changed[:-1], {**changed[-1], "content": before + CLOSING_OBJECT + after})
    if any(OBJECT_FORMAT in message["content"] for message in changed):
        return changed
    last = {**changed[-1], "content": f"{changed[-1]['content']}\n\n{OBJECT_FORMAT}"}
    return (*changed[:-1], last)


def pairs_schema(tools: Sequence[JsonObject]) -> JsonObject:
    """The `response_format` of a prompt: an object with pairs whose calls fit one of the tools offered."""
    calls: list[JsonValue] = [
        {
            "type": "object",
            "properties": {"name": {"type": "string", "enum": [tool["name"]]}, "arguments": _arguments(tool)},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    pair = {
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "answers": {"type": "array", "items": {"anyOf": calls} if len(calls) > 1 else calls[0]},
        },
        "required": ["query", "answers"],
        "additionalProperties": False,
    }
    schema = {
        "type": "object",
        "properties": {"pairs": {"type": "array", "items": pair}},
        "required": ["pairs"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "pairs", "schema": schema}}


def _arguments(tool: JsonObject) -> JsonValue:
    """The tool's own schema; references would point into the wrong document, so such a tool takes any object."""
    parameters = tool["parameters"]
    return {"type": "object"} if "$ref" in str(parameters) else parameters
