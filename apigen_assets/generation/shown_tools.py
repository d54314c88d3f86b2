"""Tools as a prompt shows them: the name first, and no more text than a prompt has room for.

A row keeps the whole tool. A prompt shows less of one that would fill it: an enum of 500 members, 300 parameters, or a
manual as the description. What the prompt's own task and examples use stays, so whatever is written from it is valid.
"""

import json
from collections.abc import Mapping, Sequence

from apigen_assets.domain.call import Call
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue

ROOM = 4_000
"""Characters of one tool as compact JSON up to which it is shown whole."""
_OWN_TEXT, _PARAMETER_TEXT = 600, 160
"""Characters of descriptions in a tool that is too large."""
_MEMBERS = 20
"""Permitted values of a parameter of such a tool, beside those that the prompt uses."""

Used = Mapping[str, Mapping[str, Sequence[JsonValue]]]
"""By tool and parameter, the values that a prompt uses; a parameter without any is used with some value."""


def shown_tool(tool: JsonObject, used: Mapping[str, Sequence[JsonValue]]) -> JsonObject:
    """A tool for a prompt, without `additionalProperties: false`, which says nothing to who writes.

    Args:
        tool: `{api_id, name, description, parameters}`; the id is not shown.
        used: the parameters that the prompt uses, with values.
    """
    shown: JsonObject = {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": _without_closed(tool["parameters"]),
    }
    if _size(shown) <= ROOM:
        return shown
    shown["description"] = cut(str(shown["description"]), _OWN_TEXT)
    shown["parameters"] = _with_short_texts(shown["parameters"])
    properties: JsonObject = shown["parameters"].get("properties") or {}
    for name, schema in properties.items():
        if isinstance(schema, dict):
            properties[name] = _with_few_members(schema, used.get(name, ()))
    excess = _size(shown) - ROOM
    required = set(shown["parameters"].get("required") or ())
    for name in reversed(list(properties)):
        if excess <= 0:
            break
        if name not in required and name not in used:
            excess -= _size({name: properties.pop(name)})
    return shown


def used_values(calls: Sequence[Call], planned: Mapping[str, Mapping[str, Sequence[JsonValue]]]) -> Used:
    """What examples and plans use of the tools."""
    used: dict[str, dict[str, list[JsonValue]]] = {
        tool: {name: list(values) for name, values in parameters.items()} for tool, parameters in planned.items()
    }
    for call in calls:
        for name, value in call.arguments.items():
            used.setdefault(call.name, {}).setdefault(name, []).append(value)
    return used


def _without_closed(schema: JsonValue) -> JsonValue:
    if isinstance(schema, list):
        return [_without_closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_closed(inner)
        for key, inner in schema.items()
        if not (key == "additionalProperties" and inner is False)
    }


def _with_short_texts(schema: JsonValue) -> JsonValue:
    """The schema with short descriptions, at every level; properties that are called `description` stay."""
    if not isinstance(schema, dict):
        return schema
    out: JsonObject = {}
    for key, inner in schema.items():
        if key == "description" and isinstance(inner, str):
            out[key] = cut(inner, _PARAMETER_TEXT)
        elif key in ("properties", "$defs", "definitions") and isinstance(inner, dict):
            out[key] = {name: _with_short_texts(part) for name, part in inner.items()}
        elif key in ("anyOf", "oneOf", "allOf") and isinstance(inner, list):
            out[key] = [_with_short_texts(part) for part in inner]
        else:
            out[key] = _with_short_texts(inner) if key == "items" else inner
    return out


def _with_few_members(schema: JsonObject, used: Sequence[JsonValue]) -> JsonObject:
    members = schema.get("enum")
    if isinstance(members, list) and len(members) > _MEMBERS:
        flat = [inner for value in used for inner in (value if isinstance(value, list) else [value])]
        kept = [member for place, member in enumerate(members) if place < _MEMBERS or member in flat]
        return {**schema, "enum": kept}
    items = schema.get("items")
    return {**schema, "items": _with_few_members(items, used)} if isinstance(items, dict) else schema


def _size(value: JsonMapping) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
