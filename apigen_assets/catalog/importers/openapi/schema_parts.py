"""Small steps of completing a schema: names of fields, allowed values, sizes."""

import json
from collections.abc import Callable, Iterable, Iterator

from apigen_assets.catalog.importers.openapi.field_names import FieldNames
from apigen_assets.catalog.importers.openapi.keywords import coerced
from apigen_assets.catalog.names import distinct, field_name
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import is_valid

LISTS = ("anyOf", "allOf", "prefixItems")
SINGLE = ("items", "additionalProperties", "propertyNames", "contains", "not")
_SHORT = 160
"""Characters of a nested description where a schema had to be cut."""


def references_of(part: JsonObject) -> list[str]:
    """The addresses that a read schema refers to."""
    return [node["$ref"] for node in _nodes(part) if isinstance(node.get("$ref"), str)]


def fields_in(part: JsonObject) -> list[str]:
    """The names of all properties of a read schema and of those in it, references not followed."""
    return [name for node in _nodes(part) for name in node.get("properties", ())]


def _nodes(part: JsonObject) -> Iterator[JsonObject]:
    """The schema and those that stand in it, each before what is inside it."""
    stack: list[JsonValue] = [part]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(reversed(node))
            continue
        if not isinstance(node, dict):
            continue
        yield node
        if isinstance(node.get("$ref"), str):
            continue
        inner: list[JsonValue] = []
        for key, value in node.items():
            if key in {"properties", "patternProperties"}:
                inner.extend(value.values())
            elif key in LISTS or (key in SINGLE and isinstance(value, dict)):
                inner.append(value)
        stack.extend(reversed(inner))


def offered_names(wires: list[str]) -> dict[str, str]:
    """Names that model APIs take for the fields of one object, by wire name; a good name is never given to another."""
    good = [wire for wire in wires if field_name(wire) == wire]
    if len(good) == len(wires):
        return {wire: wire for wire in wires}
    bad = [wire for wire in wires if field_name(wire) != wire]
    offered = distinct([*good, *(field_name(wire) for wire in bad)])
    return dict(zip([*good, *bad], offered, strict=True))


def with_fields(names: FieldNames | None, fields: dict[str, tuple[str, FieldNames | None]]) -> FieldNames | None:
    """The names of an object with those of its fields."""
    if all(offered == wire and inner is None for offered, (wire, inner) in fields.items()):
        return names
    out = FieldNames([names])
    for offered, (wire, inner) in fields.items():
        if offered != wire:
            out.fields[offered] = wire
        if inner is not None:
            out.inner[offered] = inner
    return out


def with_inner(names: FieldNames | None, key: str, inner: FieldNames | None) -> FieldNames | None:
    """The names of a value with those of its items or further fields."""
    if inner is None or key not in {"items", "additionalProperties"}:
        return names
    out = FieldNames([names])
    if key == "items":
        out.items = inner
    else:
        out.values = inner
    return out


def with_choices(out: JsonObject, choices: Iterable[list[list[str]]], fields: dict[str, str]) -> None:
    """Adds to an object which groups of its fields are a choice; a group with a field that is not there is none."""
    for choice in choices:
        groups = [[fields.get(wire, wire) for wire in group] for group in choice]
        needs = [{"required": group} for group in groups if set(group) <= out.get("properties", {}).keys()]
        if not needs:
            continue
        if "anyOf" in out:
            out["allOf"] = [*out.get("allOf", ()), {"anyOf": needs}]
        else:
            out["anyOf"] = needs


def united(names: FieldNames | None, more: FieldNames | None) -> FieldNames | None:
    """The names of a value that is several schemas at once."""
    if more is None or names is more:
        return names
    return more if names is None else FieldNames([names, more])


def repaired(out: JsonObject, null: bool, warn: object) -> JsonObject:
    """The schema with the values of its enum that are of its type, each once."""
    values = [value for at, value in enumerate(out["enum"]) if value not in out["enum"][:at]]
    if null:
        values = [value for value in values if value is not None]
    typed = {"type": out["type"]} if "type" in out else {}
    is_list = out.get("type") == "array" and isinstance(out.get("items", {}), dict)
    if is_list and not any(isinstance(value, list) for value in values):  # meant for the items, as often written
        rest = {key: value for key, value in out.items() if key != "enum"}
        return {**rest, "items": repaired({**out.get("items", {}), "enum": values}, False, warn)}
    if typed:
        values = [value if is_valid(value, typed) else coerced(value, typed) for value in values]
        values = [value for at, value in enumerate(values) if value not in values[:at]]
    fitting = [value for value in values if is_valid(value, typed)]
    if fitting != values and callable(warn):
        warn("an enum has values that are not of its type")
    if fitting:
        return {**out, "enum": fitting}
    if values and all(isinstance(value, str) for value in values):
        return {**out, "type": "string", "enum": values}
    return {key: value for key, value in out.items() if key != "enum"}


def fits_nothing(schema: JsonValue) -> bool:
    """Whether a schema is written as one that no value fits: `false`, or `not` of anything."""
    return schema is False or (isinstance(schema, dict) and schema.get("not", False) in ({}, True))


def tell_unchecked(node: JsonObject, warn: Callable[[str], None]) -> None:
    """Says which keywords of a schema are left out."""
    for key in ("if", "dependentSchemas"):
        if key in node:
            warn(f"`{key}` is not checked")


def length(value: JsonValue) -> int:
    """About the bytes of a value as JSON."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, bool | int | float) or value is None:
        return 6
    return len(json.dumps(value, ensure_ascii=False, default=str))


def short(text: str) -> str:
    """The first sentence or words of a description."""
    first = text.partition("\n")[0]
    if len(first) <= _SHORT:
        return first
    head = first[:_SHORT]
    end = max(head.rfind(". ") + 1, head.rfind(" "))
    return head[:end].rstrip() + (" ..." if not head[:end].rstrip().endswith(".") else "")
