"""JSON Schemas of parameters: built, bounded and checked (Draft 2020-12)."""

import json
from collections.abc import Callable

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError as _MetaSchemaError

from apigen_assets.files.canonical import json_equal
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.patterns import BoundedValidator

MAX_DEPTH = 24
"""Levels of nesting of one API's schema; deeper ones no model reads and some validators do not survive."""

MAX_BYTES = 64_000
"""Size of one API's schema as JSON; beyond it the tool alone would fill a model's context."""

DEFINITIONS = "$defs"
"""Key under which parameters hold the schemas that contain themselves."""

_MAX_STEPS = 20
_MAX_UNROLLED = 20_000

JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

_VALIDATOR = Draft202012Validator(Draft202012Validator.META_SCHEMA)
_SIMPLE_KEYS = frozenset({"type", "description", "default", "examples", "format", "title", "enum"})
_PYTHON: JsonObject = {
    "string": str,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}


class SchemaError(ValueError):
    """A schema that cannot be offered to a model, with the reason."""


def object_schema(properties: JsonObject, required: list[str]) -> JsonObject:
    """The parameters object: closed, since an argument that is not named here does not exist."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def nullable(schema: JsonObject) -> JsonObject:
    """The schema with null allowed: in `type` and `enum` where that says it all, else by `anyOf`."""
    if is_valid(None, schema) or {"type": "null"} in schema.get("anyOf", ()):
        return schema
    kind = schema.get("type")
    if kind is not None and "const" not in schema and "anyOf" not in schema and "allOf" not in schema:
        kinds = [kind] if isinstance(kind, str) else list(kind)
        out = {**schema, "type": kinds if "null" in kinds else [*kinds, "null"]}
        if "enum" in schema:
            out["enum"] = [*schema["enum"], None]
        return out
    if "anyOf" in schema and set(schema) <= {"anyOf", "description", "default"}:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    outer: JsonObject = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in outer}
    return {"anyOf": [inner, {"type": "null"}], **outer}


def target_of(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    """What a schema that is a reference into `$defs` stands for; any other schema itself.

    Keys beside the reference win; a reference that leads nowhere, or to itself, says nothing.
    """
    beside: JsonObject = {}
    for _ in range(_MAX_STEPS):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return {**schema, **beside} if beside else schema
        beside = {**{key: value for key, value in schema.items() if key != "$ref"}, **beside}
        target = definitions.get(reference.removeprefix(f"#/{DEFINITIONS}/"))
        schema = target if isinstance(target, dict) else {}
    return beside


def unrolled(parameters: JsonObject, levels: int = 3) -> JsonObject:
    """Parameters without `$defs`: schemas that contain themselves are written out some levels deep, then take anything.

    For what looks into schemas and needs no more than their upper levels (examples, descriptions, grounding); a check
    of values takes the schema as it is.
    """
    definitions = parameters.get(DEFINITIONS)
    if not isinstance(definitions, dict) or not definitions:
        return parameters
    room = [_MAX_UNROLLED]
    rest = {key: value for key, value in parameters.items() if key != DEFINITIONS}
    out = _unrolled(rest, definitions, levels, room)
    return out if isinstance(out, dict) else rest


def _unrolled(node: JsonValue, definitions: JsonObject, levels: int, room: list[int]) -> JsonValue:
    room[0] -= 1
    if isinstance(node, list):
        return [_unrolled(item, definitions, levels, room) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        if levels <= 0 or room[0] <= 0:
            return {key: value for key, value in node.items() if key != "$ref"}
        return _unrolled(target_of(node, definitions), definitions, levels - 1, room)
    return {key: _unrolled(value, definitions, levels, room) for key, value in node.items()}


def is_valid(value: object, schema: JsonObject) -> bool:
    """Whether a value fits a schema; a schema that cannot be evaluated fits nothing."""
    if schema.keys() <= _SIMPLE_KEYS:  # nearly all are; a validator costs a hundred times as much
        return _fits_simply(value, schema)
    try:
        return bool(BoundedValidator(schema).is_valid(value))
    except Exception:  # bad or endless patterns, unresolvable references: the library raises what it wraps
        return False


def _fits_simply(value: object, schema: JsonObject) -> bool:
    kinds = schema.get("type")
    if kinds is not None and not any(_is_of(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if "enum" not in schema:
        return True
    return any(json_equal(permitted, value) for permitted in schema["enum"])


def _is_of(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _PYTHON.get(kind, ()))


def depth(value: object, limit: int = MAX_DEPTH) -> int:
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


def checked_parameters(schema: JsonObject) -> JsonObject:
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


def _plainly_valid(part: object) -> bool:
    """Whether a schema uses only keywords that importers write, each with a value of its form.

    Anything else goes to the meta-schema, which says the same and costs a thousand times as much. Depth is bounded
    before.
    """
    if not isinstance(part, dict):
        return False
    for key, value in part.items():
        check = _FORMS.get(key)
        if check is None or not check(value):
            return False
    return True


def _is_type(value: object) -> bool:
    if isinstance(value, str):
        return value in JSON_TYPES
    return (
        isinstance(value, list)
        and bool(value)
        and len(set(map(str, value))) == len(value)
        and all(isinstance(kind, str) and kind in JSON_TYPES for kind in value)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _is_schemas(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_plainly_valid, value))


_FORMS: dict[str, Callable[[JsonValue], bool]] = {
    "type": _is_type,
    **dict.fromkeys(("description", "format", "title", "pattern", "$ref"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("default", "const"), lambda value: True),
    **dict.fromkeys(("examples", "enum"), lambda value: isinstance(value, list)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    **dict.fromkeys(
        (
            *("minLength", "maxLength", "minItems", "maxItems"),
            *("minProperties", "maxProperties", "minContains", "maxContains"),
        ),
        _is_count,
    ),
    "uniqueItems": lambda value: isinstance(value, bool),
    "required": _is_names,
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_is_names, value.values())),
    **dict.fromkeys(
        ("properties", "patternProperties"),
        lambda value: isinstance(value, dict) and all(map(_plainly_valid, value.values())),
    ),
    **dict.fromkeys(
        ("items", "additionalProperties", "propertyNames", "contains", "not"),
        lambda value: isinstance(value, bool) or _plainly_valid(value),
    ),
    "anyOf": _is_schemas,
    "allOf": _is_schemas,
    "prefixItems": _is_schemas,
}


def _check_meta(name: str, part: object) -> None:
    try:
        error = next(iter(_VALIDATOR.iter_errors(part)), None)
    except (_MetaSchemaError, RecursionError) as failure:
        raise SchemaError(f"parameter {name!r}: {failure}") from None
    if error is not None:
        where = "/".join(str(step) for step in error.absolute_path)
        raise SchemaError(f"parameter {name!r}{' at ' + where if where else ''}: {error.message[:300]}")
