"""Structured output for generation: the schema of the pairs, made from the tools offered.

An endpoint that enforces a format returns an object; a prompt's plain format is a list (`templates/format_*.md`).
"""

from collections.abc import Sequence

from apigen_assets.files.json_types import JsonObject, JsonValue


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
