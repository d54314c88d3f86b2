"""Type strings of xLAM-format tools (`"List[Union[int, float]]"`, `"str, optional"`) as JSON Schema.

The released rows write parameters flat: `{name: {type, description, default}}`, optionality inside the type string,
and a `default` that is as often an example. JSON Schema with Python-style type names is read too.
"""

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import JSON_TYPES, nullable
from apigen_assets.tool_formats.schema_validator import BadSchemaError, compile_schema

_SCALARS: dict[str, str] = {
    "str": "string", "string": "string", "char": "string", "text": "string", "bytes": "string", "date": "string",
    "datetime": "string", "time": "string", "url": "string", "uuid": "string", "callable": "string",
    "function": "string",
    "int": "integer", "integer": "integer", "long": "integer", "float": "number", "number": "number",
    "double": "number",
    "decimal": "number", "bool": "boolean", "boolean": "boolean", "none": "null", "null": "null", "nonetype": "null",
}  # fmt: skip
_LISTS = frozenset({"list", "array", "sequence", "iterable", "arraylist", "collection", "ndarray", "vector"})
_SETS = frozenset({"set", "frozenset"})
_TUPLES = frozenset({"tuple"})
_MAPPINGS = frozenset({"dict", "dictionary", "object", "mapping", "hashmap", "map", "json"})

_NAMES = frozenset({*_SCALARS, *_LISTS, *_SETS, *_TUPLES, *_MAPPINGS, "any", "union", "optional", "annotated"})
_NO_NAMES = re.compile(r"literal\s*\[[^\]]*\]|'[^']*'|\"[^\"]*\"|[^a-z_0-9.]+", re.IGNORECASE)

_KEYWORDS = (
    "enum", "const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "items", "properties", "additionalProperties",
)  # fmt: skip
"""Keywords of JSON Schema that an entry of flat parameters may carry beside its type."""

_MAX_DEPTH = 20


class TypeStringError(ValueError):
    """The text is not a type."""


class ParsedType(NamedTuple):
    """What a type string says."""

    schema: JsonObject
    """JSON Schema; `{}` where any value fits."""
    optional: bool
    default: JsonValue = None
    has_default: bool = False
    known: bool = True
    """Every name in it means something here; one that does not constrains nothing."""


def parse_type(text: str) -> ParsedType:
    """Read a type string: a type, then `optional` or `default=...`, separated by commas, in any order.

    Raises:
        TypeStringError: brackets or quotes do not close, or nothing of it is a type.
    """
    parsed = _parse(text.strip())
    return parsed._replace(schema=dict(parsed.schema))


@lru_cache(maxsize=4096)
def _parse(text: str) -> ParsedType:
    optional, has_default, default, kind = False, False, None, ""
    for part in _split(text, ","):
        word = part.strip()
        if re.fullmatch(r"\(?optional\)?\.?", word, re.IGNORECASE):
            optional = True
        elif re.fullmatch(r"\(?required\)?\.?", word, re.IGNORECASE):
            continue
        elif match := re.match(r"defaults?\s*(?:=|:|to\b|is\b)\s*(.*)", word, re.IGNORECASE | re.DOTALL):
            default, has_default, optional = _literal(match.group(1)), True, True
        elif word and not kind:
            kind = word
        elif word:
            # A second bare word, such as `str, email`, describes and does not constrain.
            continue
    if not kind:
        if not (has_default or optional):
            raise TypeStringError("an empty type")
        kind = {bool: "bool", int: "int", float: "float", list: "list", dict: "dict"}.get(type(default), "str")
    wrapped = re.fullmatch(r"(.*?)\s*\(\s*optional\s*\)", kind, re.IGNORECASE)
    if wrapped:
        kind, optional = wrapped.group(1), True
    schema, nullable = _schema(kind, 0)
    names = (name.rpartition(".")[2].lower() for name in _NO_NAMES.sub(" ", kind).split())
    known = all(name in _NAMES for name in names if name)
    return ParsedType(schema, optional or nullable, default, has_default, known)


def _schema(text: str, depth: int) -> tuple[JsonObject, bool]:
    """Schema of a type expression, and whether it is an `Optional`."""
    text = text.strip()
    if depth > _MAX_DEPTH:
        raise TypeStringError("nested too deeply")
    options = _split(text, "|")
    if len(options) > 1:
        return _union(options, depth)
    match = re.fullmatch(r"([A-Za-z_][\w.]*)\s*(?:\[(.*)\])?", text, re.DOTALL)
    if match is None:
        if re.fullmatch(r"[\w .:/<>()-]{1,80}", text):
            return {}, False
        raise TypeStringError(f"{text[:60]!r} is not a type")
    name, inside = match.group(1).rpartition(".")[2].lower(), match.group(2)
    parts = _split(inside, ",") if inside and inside.strip() else []
    if name == "optional":
        return _union([*parts, "None"], depth)
    if name == "union":
        return _union(parts, depth)
    if name == "literal":
        return {"enum": [_literal(part.strip()) for part in parts]}, False
    if name == "annotated" and parts:
        return _schema(parts[0], depth + 1)
    if name in _LISTS:
        return _array(parts, depth), False
    if name in _SETS:
        return {**_array(parts, depth), "uniqueItems": True}, False
    if name in _TUPLES:
        return _tuple(parts, depth), False
    if name in _MAPPINGS:
        out: JsonObject = {"type": "object"}
        if len(parts) == 2 and (values := _schema(parts[1], depth + 1)[0]):
            out["additionalProperties"] = values
        return out, False
    kind = _SCALARS.get(name)
    return ({"type": kind}, kind == "null") if kind else ({}, False)


def _array(parts: list[str], depth: int) -> JsonObject:
    out: JsonObject = {"type": "array"}
    if len(parts) == 1 and (items := _schema(parts[0], depth + 1)[0]):
        out["items"] = items
    return out


def _tuple(parts: list[str], depth: int) -> JsonObject:
    if len(parts) == 2 and parts[1].strip() == "...":
        return _array(parts[:1], depth)
    if not parts:
        return {"type": "array"}
    return {
        "type": "array",
        "prefixItems": [_schema(part, depth + 1)[0] for part in parts],
        "items": False,
        "minItems": len(parts),
    }


def _union(parts: list[str], depth: int) -> tuple[JsonObject, bool]:
    schemas, nullable = [], False
    for part in parts:
        schema, null = _schema(part, depth + 1)
        nullable = nullable or null
        if schema not in schemas:
            schemas.append(schema)
    if {} in schemas:
        return {}, nullable
    if len(schemas) == 1:
        return schemas[0], nullable
    if all(set(schema) == {"type"} for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}, nullable
    return {"anyOf": schemas}, nullable


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark outside brackets and quotes."""
    parts, level, quote, start = [], 0, "", 0
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[i - 1] != "\\" else quote
        elif char in "'\"" and (i == 0 or not text[i - 1].isalnum()):
            quote = char
        elif char in "[({":
            level += 1
        elif char in "])}":
            level -= 1
            if level < 0:
                raise TypeStringError(f"{text[:60]!r}: a bracket closes that never opened")
        elif char == mark and level == 0:
            parts.append(text[start:i])
            start = i + 1
    if level:
        raise TypeStringError(f"{text[:60]!r}: a bracket never closes")
    return [*parts, text[start:]]


def _literal(text: str) -> JsonValue:
    """A Python or JSON literal; anything else is the text itself."""
    try:
        value = ast.literal_eval({"true": "True", "false": "False", "null": "None"}.get(text.strip(), text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text.strip().strip("'\"")
    return list(value) if isinstance(value, tuple | set) else value


def is_json_schema(parameters: JsonMapping) -> bool:
    """Whether parameters are a JSON Schema; in the flat form `type` could only be a parameter, which is an object."""
    return isinstance(parameters.get("type"), str) or (
        isinstance(parameters.get("properties"), dict) and not isinstance(parameters["properties"].get("type"), str)
    )


class FlatParameter(NamedTuple):
    """One parameter of the flat form, read."""

    schema: JsonObject
    """Its JSON Schema with description and default; `{}` where any value fits."""
    required: bool


def flat_parameter(entry: object, *, strict: bool = True) -> FlatParameter:
    """One entry of flat parameters: `{type, description, default, required}`, or a bare type.

    It is required if its `required` says so; without that key, if neither its type says `optional` nor a default is
    given (the released rows give examples as defaults, so an argument left out in favour of one cannot be called
    missing).

    Args:
        entry: what stands under the parameter's name.
        strict: whether a type that cannot be read is an error; else it constrains nothing.

    Raises:
        TypeStringError: the type cannot be read, and `strict`.
    """
    spec: JsonMapping = entry if isinstance(entry, Mapping) else {"type": entry if isinstance(entry, str) else "Any"}
    kind = spec.get("type", "Any")
    try:
        parsed = parse_type(kind) if isinstance(kind, str) else ParsedType(_plain_names({"type": kind}), False)
    except TypeStringError:
        if strict:
            raise
        parsed = ParsedType({}, "optional" in str(kind).lower(), known=False)
    schema = dict(parsed.schema)
    # Rows made elsewhere mix the forms: a flat entry may carry keywords of JSON Schema.
    more = {key: _plain_names_or_none(spec[key]) for key in _KEYWORDS if spec.get(key) is not None}
    if isinstance(spec.get("required"), list):
        more["required"] = spec["required"]
    if more and _is_sound({**schema, **more}):
        schema |= more
    default = spec.get("default", parsed.default)
    has_default = parsed.has_default or ("default" in spec and spec["default"] not in ("", None))
    marked = spec.get("required")
    required = bool(marked) if isinstance(marked, bool) else not (parsed.optional or has_default)
    if has_default and _fits(schema if required else nullable(schema), default):
        schema["default"] = default
    if isinstance(spec.get("description"), str):
        schema["description"] = spec["description"]
    return FlatParameter(schema, required)


def parameters_schema(parameters: object, *, strict: bool = True, null_where_optional: bool = True) -> JsonObject:
    """A JSON Schema of type object from parameters in either form.

    Args:
        parameters: a JSON Schema, or flat parameters as `flat_parameter` reads them.
        strict: whether parameters or types that cannot be read are an error; else they constrain nothing.
        null_where_optional: whether an optional flat parameter accepts null, as rows made elsewhere mean it.

    Raises:
        TypeStringError: a type string cannot be read, or the parameters are not an object, and `strict`.
    """
    if parameters is None or parameters == [] or parameters == "":
        return {"type": "object", "properties": {}}
    if not isinstance(parameters, Mapping):
        if not strict:
            return {"type": "object", "properties": {}}
        raise TypeStringError("parameters are not an object")
    if is_json_schema(parameters):
        try:
            return {**_plain_names(dict(parameters)), "type": "object"}
        except TypeStringError:
            if strict:
                raise
            return {**parameters, "type": "object"}
    properties: JsonObject = {}
    required = []
    for name, entry in parameters.items():
        try:
            schema, is_required = flat_parameter(entry, strict=strict)
        except TypeStringError as error:
            raise TypeStringError(f"{name}: {error}") from None
        if is_required:
            required.append(name)
        elif null_where_optional:
            schema = nullable(schema)
        properties[name] = schema
    out: JsonObject = {"type": "object", "properties": properties}
    if required:
        out["required"] = required
    return out


def _is_sound(schema: JsonObject) -> bool:
    try:
        compile_schema(schema)
    except BadSchemaError:
        return False
    return True


def _plain_names_or_none(value: object) -> JsonValue:
    try:
        return _plain_names(value)
    except TypeStringError:
        return None


def _fits(schema: JsonObject, value: object) -> bool:
    try:
        return compile_schema(schema)(value) is None
    except BadSchemaError:
        return False


def _plain_names(schema: object) -> JsonValue:
    """A JSON Schema with Python-style type names (`dict`, `float`, `tuple`) put right."""
    if isinstance(schema, list):
        return [_plain_names(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out: JsonObject = {}
    for key, value in schema.items():
        if key == "type" and isinstance(value, str) and value not in JSON_TYPES:
            parsed = parse_type(value).schema
            out |= {name: inner for name, inner in parsed.items() if name not in schema or name == "type"}
        elif key == "type" and isinstance(value, list):
            names = [parse_type(kind).schema.get("type") if isinstance(kind, str) else None for kind in value]
            if all(isinstance(name, str) for name in names):
                out["type"] = list(dict.fromkeys(names))
        elif key in {"default", "examples", "enum", "const"}:
            out[key] = value
        elif key == "required" and not isinstance(value, list):
            continue
        else:
            out[key] = (
                {name: _plain_names(inner) for name, inner in value.items()}
                if key == "properties" and isinstance(value, dict)
                else _plain_names(value)
            )
    return out
