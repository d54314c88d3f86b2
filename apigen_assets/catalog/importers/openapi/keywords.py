"""Single keywords of schemas: which are taken over, and whether their values can be used."""

import math
import re
import warnings
from collections.abc import Callable

from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import JSON_TYPES

KEPT = (
    "enum",
    "const",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
)
"""Keywords whose values hold no schemas."""

SUBSCHEMAS = (
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "contains",
    "dependentRequired",
    "not",
)
"""Further keywords of objects and lists, beside `properties`, `items` and the choices."""

_MARK = re.compile(r"(?:x-(?:[\w-]*-)?|[a-z]+_)(?:is-)?(?:secret|sensitive)(?:-value)?", re.IGNORECASE)
_NUMBERS = {"minimum", "maximum", "multipleOf"}
_COUNTS = {
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
}  # fmt: skip
_TYPE_NAMES = {
    "int": "integer",
    "int32": "integer",
    "int64": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "str": "string",
    "text": "string",
    "date": "string",
    "datetime": "string",
    "date-time": "string",
    "uuid": "string",
    "list": "array",
    "dict": "object",
    "map": "object",
}
_TEXT_MEDIA = re.compile(r"text/.*|application/(.*[+/])?(json|xml|yaml|jwt|javascript|sql|graphql)\b.*", re.IGNORECASE)

Warn = Callable[[str], None]


def types_of(node: JsonObject, warn: Warn) -> list[str] | None:
    """The JSON types of a schema, in their order; null where only a file is of it."""
    kinds = node.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds] if kinds is not None else []
    out: list[str] = []
    files = 0
    for kind in listed:
        name = str(kind).strip()
        if name.lower() in {"file", "binary"} or (name == "string" and _is_binary(node)):
            files += 1
            continue
        known = name if name in JSON_TYPES else _TYPE_NAMES.get(name.lower(), name.lower())
        if known not in JSON_TYPES:
            warn(f"unknown type {name[:40]!r}")
        elif known not in out:
            out.append(known)
    if files and not set(out) - {"null"}:
        return None
    if not out and isinstance(node.get("enum"), list) and node["enum"]:
        values = [value for value in node["enum"] if value is not None]
        if values and all(isinstance(value, str) for value in values):
            out = ["string"]
        elif values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            out = ["integer"]
        if out and len(values) < len(node["enum"]):
            out.append("null")
    return out


def _is_binary(node: JsonObject) -> bool:
    if node.get("format") == "binary":
        return True
    media = node.get("contentMediaType")
    return isinstance(media, str) and "contentEncoding" not in node and not _TEXT_MEDIA.fullmatch(media)


def is_text_media(media: str) -> bool:
    """Whether content of a media type is text that a JSON string can be."""
    return bool(_TEXT_MEDIA.fullmatch(media.strip()))


def usable(key: str, value: JsonValue, warn: Warn) -> bool:
    """Whether the value of a keyword is of the form that it must have."""
    if key in _NUMBERS or key.startswith("exclusive"):
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        good = good and (key != "multipleOf" or value > 0)
        if not good and not isinstance(value, bool):
            warn(f"`{key}` is not a number")
    elif key in _COUNTS:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    elif key == "enum":
        good = isinstance(value, list) and bool(value)
    elif key == "pattern":
        good = isinstance(value, str) and _compiles(value)
        if not good:
            warn(f"the pattern {str(value)[:80]!r} is not a regular expression here")
    elif key == "uniqueItems":
        good = isinstance(value, bool)
    else:
        good = key == "const" or isinstance(value, str)
    return bool(good)


def coerced(value: object, schema: JsonObject) -> JsonValue:
    """An example or default as a value of the schema's type where it was only written as text."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if isinstance(value, str) and "string" in kinds:
        return value
    for kind in kinds:
        if kind == "string" and isinstance(value, bool) and "boolean" not in kinds:
            return "true" if value else "false"
        if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            return str(getattr(value, "text", value))
        if kind in {"integer", "number"} and isinstance(value, str):
            try:
                number = float(value)
            except ValueError:
                continue
            if number.is_integer() and abs(number) < 2**53:
                return int(number)
            if kind == "number":
                return number
        if kind == "boolean" and isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if kind == "array" and isinstance(value, str):
            return [part.strip() for part in value.split(",")]
    return value


def _compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Python may read otherwise one day
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def secret_mark(node: JsonObject) -> str | None:
    """How a schema is marked as one of secrets, by an extension (`x-ms-secret`, `airbyte_secret`) or as write-only."""
    for key, value in node.items():
        if value is True and isinstance(key, str) and _MARK.fullmatch(key):
            return "secret"
    return "write-only" if node.get("writeOnly") is True else None
