"""Nulls that stand for absence: Arrow gives every struct of a column the fields of all of them.

A tool's schema read from such a column has `enum: null` where it has no `enum`, and a call's arguments hold every
argument of every other call.
"""

from collections.abc import Mapping, Sequence

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import is_valid
from apigen_assets.tool_formats.openai_tool import unwrapped
from apigen_assets.tool_formats.xlam_types import TypeStringError, parameters_schema

_VALUES = frozenset({"default", "const", "examples", "enum"})
"""Keywords that hold values, which may be null."""


def has_null_keywords(tool: object) -> bool:
    """Whether keywords of a tool's schema are null, which no writer of a schema means."""
    stack: list[JsonValue] = [tool]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if inner is None and key not in _VALUES:
                    return True
                if key not in _VALUES:
                    stack.append(inner)
        elif isinstance(value, list):
            stack.extend(value)
    return False


def without_null_keywords(tool: JsonValue) -> JsonValue:
    """The tool without keywords that are null, at any depth; values inside `enum` and `examples` stay."""
    if isinstance(tool, list):
        return [without_null_keywords(item) for item in tool]
    if not isinstance(tool, Mapping):
        return tool
    return {
        key: inner if key in _VALUES else without_null_keywords(inner)
        for key, inner in tool.items()
        if inner is not None
    }


def without_null_arguments(call: JsonValue, tools: Sequence[JsonValue]) -> JsonValue:
    """The call without arguments that are null, except those that its tool requires and allows to be null."""
    if not isinstance(call, Mapping) or not isinstance(call.get("arguments"), Mapping):
        return call
    schema: JsonMapping = {}
    for tool in tools:
        inner = unwrapped(tool) if isinstance(tool, Mapping) else {}
        if inner.get("name") == call.get("name"):
            try:
                schema = parameters_schema(inner.get("parameters", inner.get("input_schema")))
            except TypeStringError:
                schema = {}
    return {**call, "arguments": _present(call["arguments"], schema)}


def without_unmeant_nulls(call: JsonValue, tools: Sequence[JsonMapping]) -> JsonValue:
    """The call without arguments that are null where its tool neither requires them nor allows null.

    Models that fill in every parameter write null for what nobody said, which can mean nothing else.

    Args:
        call: `{"name", "arguments"}`; anything else is given back as it is.
        tools: the tools offered, `{name, parameters}`.
    """
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        return call
    schema = next((tool["parameters"] for tool in tools if tool["name"] == call.get("name")), None)
    if schema is None or None not in call["arguments"].values():
        return call
    properties, required = schema.get("properties") or {}, schema.get("required") or ()
    meant = {
        name: value
        for name, value in call["arguments"].items()
        if value is not None or name in required or (name in properties and is_valid(None, properties[name]))
    }
    return {**call, "arguments": meant} if len(meant) < len(call["arguments"]) else call


def _present(value: JsonMapping, schema: JsonMapping) -> JsonObject:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    out: JsonObject = {}
    for key, inner in value.items():
        part = properties.get(key)
        part = part if isinstance(part, dict) else {}
        if inner is not None:
            out[key] = _inside(inner, part)
        elif key in required and key in properties and is_valid(None, part):
            out[key] = None
    return out


def _inside(value: JsonValue, schema: JsonMapping) -> JsonValue:
    if isinstance(value, Mapping):
        return _present(value, schema)
    if isinstance(value, list):
        items = schema.get("items")
        return [_inside(item, items if isinstance(items, Mapping) else {}) for item in value]
    return value
