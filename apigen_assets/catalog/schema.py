"""JSON Schemas of parameters: built, bounded and checked (Draft 2020-12)."""

import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError as _MetaSchemaError

MAX_DEPTH = 24
"""Levels of nesting of one API's schema; deeper ones no model reads and some validators do not survive."""

MAX_BYTES = 64_000
"""Size of one API's schema as JSON; beyond it the tool alone would fill a model's context."""

JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

_VALIDATOR = Draft202012Validator(Draft202012Validator.META_SCHEMA)
_PLAIN_KEYS = frozenset({"type", "description", "default", "examples", "format", "title", "minimum", "maximum"})


class SchemaError(ValueError):
    """A schema that cannot be offered to a model, with the reason."""


def object_schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The parameters object: closed, since an argument that is not named here does not exist."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with null allowed: in `type` and `enum` where that says it all, else by `anyOf`."""
    kind = schema.get("type")
    if not schema or kind == "null":
        return schema
    if isinstance(kind, str) and "const" not in schema:
        out = {**schema, "type": [kind, "null"]}
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            out["enum"] = [*schema["enum"], None]
        return out
    if isinstance(kind, list) and "null" in kind:
        return schema
    if "anyOf" in schema and set(schema) <= {"anyOf", "description", "default"}:
        if {"type": "null"} in schema["anyOf"]:
            return schema
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    outer: dict[str, Any] = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in outer}
    return {"anyOf": [inner, {"type": "null"}], **outer}


def is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value fits a schema; a schema that cannot be evaluated fits nothing."""
    try:
        return bool(Draft202012Validator(schema).is_valid(value))
    except Exception:  # bad patterns, unresolvable references: the library raises what it wraps
        return False


def depth(value: Any, limit: int = MAX_DEPTH) -> int:
    """Levels of nesting, counted no further than `limit + 1`, without recursion."""
    level, layer = 0, [value]
    while layer and level <= limit:
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        level += bool(layer)
    return level


def checked_parameters(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself where it is a sound parameters object.

    Raises:
        SchemaError: too deep, too large, no JSON, not valid by the Draft 2020-12 meta-schema, `required` names an
            unknown property.
    """
    if depth(schema) > MAX_DEPTH:
        raise SchemaError(f"nested more than {MAX_DEPTH} levels deep")
    try:
        size = len(json.dumps(schema, ensure_ascii=False, allow_nan=False).encode())
    except UnicodeEncodeError:
        size = 0  # half a character pair: replaced later, so the size does not matter here
    except (TypeError, ValueError) as error:
        raise SchemaError(f"not JSON: {error}") from None
    if size > MAX_BYTES:
        raise SchemaError(f"{size} bytes as JSON, more than {MAX_BYTES}")
    properties = schema.get("properties", {})
    unknown = [name for name in schema.get("required", []) if name not in properties]
    if unknown:
        raise SchemaError(f"required names no property: {', '.join(map(repr, unknown))}")
    for name, part in properties.items():
        if not _plainly_valid(part):
            _check_meta(name, part)
    return schema


def _plainly_valid(part: Any) -> bool:
    """Whether a property is one of the simple forms that need no meta-schema (most are; it is 100 times faster)."""
    return (
        isinstance(part, dict)
        and part.keys() <= _PLAIN_KEYS
        and isinstance(part.get("type"), str)
        and part["type"] in JSON_TYPES
        and all(isinstance(part.get(key, ""), str) for key in ("description", "format", "title"))
        and isinstance(part.get("examples", []), list)
        and all(
            isinstance(part.get(key, 0), int | float) and not isinstance(part.get(key, 0), bool)
            for key in ("minimum", "maximum")
        )
    )


def _check_meta(name: str, part: Any) -> None:
    try:
        error = next(iter(_VALIDATOR.iter_errors(part)), None)
    except (_MetaSchemaError, RecursionError) as failure:
        raise SchemaError(f"parameter {name!r}: {failure}") from None
    if error is not None:
        where = "/".join(str(step) for step in error.absolute_path)
        raise SchemaError(f"parameter {name!r}{' at ' + where if where else ''}: {error.message[:300]}")
