"""Schemas of OpenAPI 3.0/3.1 and Swagger 2.0 as Draft 2020-12, with every reference put in its place."""

import re
from collections.abc import Callable

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import JSON_TYPES, MAX_DEPTH, is_valid, nullable

MAX_PARTS = 4_000
"""Sub-schemas of one operation after references are followed; more would fill a model's context many times."""

_KEPT = (
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
    "minProperties",
    "maxProperties",
)
_WITH_PARTS = frozenset(
    {"$ref", "properties", "items", "allOf", "anyOf", "oneOf", "prefixItems", "additionalProperties"}
)
_NUMBERS = {"minimum", "maximum", "multipleOf"}
_COUNTS = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
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


class OversizedError(ValueError):
    """A schema that grows beyond what can be offered."""


class FileUploadError(ValueError):
    """A schema that wants a file."""


class SchemaReader:
    """Converts the schemas of one operation; counts what it builds.

    Args:
        references: of the document.
        warn: called with a sentence for each thing that is wrong but not fatal.
        direction: `request` leaves read-only properties out, `response` write-only ones.
        leaves: schemas without parts that were converted before, by identity, for the readers of one document.
        most: parts that may be built.
    """

    def __init__(
        self,
        references: References,
        warn: Callable[[str], None],
        direction: str = "request",
        leaves: dict[int, JsonObject] | None = None,
        most: int = MAX_PARTS,
    ) -> None:
        self._references = references
        self._warn = warn
        self._leaves: dict[int, JsonObject] = {} if leaves is None else leaves
        self._most = most
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._parts = 0

    def convert(self, schema: object, _open: tuple[str, ...] = (), _level: int = 0) -> JsonObject:
        """The schema in Draft 2020-12; a part that refers to what it is in becomes an open object.

        Raises:
            OversizedError: more parts than allowed.
            FileUploadError: a part is a file.
        """
        self._parts += 1
        if self._parts > self._most:
            raise OversizedError(f"more than {self._most} parts")
        known = self._leaves.get(id(schema))
        if known is not None:
            return known
        if _level * 2 > MAX_DEPTH - 4:
            return {"description": "nested deeper than is described here"}
        if isinstance(schema, bool):
            return {}
        if not isinstance(schema, dict):
            self._warn(f"a schema is a JSON {type(schema).__name__}")
            return {}
        try:
            node, address = self._references.follow(schema)
        except ReferenceProblem as problem:
            self._warn(str(problem))
            return {}
        if address is not None:
            if address in _open:
                return {"type": "object", "description": f"another {address.rpartition('/')[2]}"}
            _open = (*_open, address)
        if not isinstance(node, dict):
            return {}
        out = self._composed(node, _open, _level) or self._plain(node, _open, _level)
        if node.get("nullable") is True or node.get("x-nullable") is True:
            out = nullable(out)
        out = self._annotated(out, node)
        if node is schema and not (node.keys() & _WITH_PARTS):
            self._leaves[id(schema)] = out
        return out

    def _plain(self, node: JsonObject, opened: tuple[str, ...], level: int) -> JsonObject:
        out: JsonObject = {}
        kinds = self._types(node)
        if kinds:
            out["type"] = kinds[0] if len(kinds) == 1 else kinds
        for key in _KEPT:
            if key in node and self._usable(key, node[key]):
                out[key] = node[key]
        for old, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(node.get(old), bool):  # Swagger 2.0 and OpenAPI 3.0: a flag beside the bound
                out.pop(old, None)
                if node[old] and bound in out:
                    out[old] = out.pop(bound)
        if "items" in node or "array" in kinds:
            items = self.convert(node.get("items", {}), opened, level + 1)
            if items:
                out["items"] = items
        if isinstance(node.get("prefixItems"), list):
            out["prefixItems"] = [self.convert(part, opened, level + 1) for part in node["prefixItems"]]
        if isinstance(node.get("properties"), dict):
            self._object(out, node, opened, level)
        extra = node.get("additionalProperties")
        if isinstance(extra, dict) and extra:
            if part := self.convert(extra, opened, level + 1):
                out["additionalProperties"] = part
        elif extra is False:
            out["additionalProperties"] = False
        return out

    def _object(self, out: JsonObject, node: JsonObject, opened: tuple[str, ...], level: int) -> None:
        properties = {}
        for name, part in node["properties"].items():
            if isinstance(part, dict) and part.get(self._hidden) is True:
                continue
            properties[str(name)] = self.convert(part, opened, level + 1)
        out.setdefault("type", "object")
        out["properties"] = properties
        required = node.get("required")
        if isinstance(required, list):
            out["required"] = [name for name in dict.fromkeys(required) if name in properties]
        elif required is not None:
            self._warn("`required` of an object is no list of names")

    def _composed(self, node: JsonObject, opened: tuple[str, ...], level: int) -> JsonObject | None:
        """`allOf` of objects merged; `oneOf` and `anyOf` as a choice."""
        if isinstance(node.get("allOf"), list) and node["allOf"]:
            rest = {key: value for key, value in node.items() if key not in {"allOf", "description"}}
            parts = [self.convert(part, opened, level) for part in node["allOf"]]
            if any(key in rest for key in ("properties", "type", "enum", "oneOf", "anyOf", "items")):
                parts.append(self._composed(rest, opened, level) or self._plain(rest, opened, level))
            return _merged(parts)
        for key in ("oneOf", "anyOf"):
            if isinstance(node.get(key), list) and node[key]:
                parts = [self.convert(part, opened, level + 1) for part in node[key]]
                if isinstance(node.get("properties"), dict):
                    base = self._plain(node, opened, level)
                    merged = [_merged([base, part]) for part in parts]
                    parts = [part for part in merged if part is not None]
                unique = [part for at, part in enumerate(parts) if part not in parts[:at]]
                if {} in unique:
                    return {}
                return unique[0] if len(unique) == 1 else {"anyOf": unique}
        return None

    def _types(self, node: JsonObject) -> list[str]:
        kinds = node.get("type")
        listed = kinds if isinstance(kinds, list) else [kinds] if kinds is not None else []
        out: list[str] = []
        for kind in listed:
            name = str(kind).strip()
            if name.lower() in {"file", "binary"} or (name == "string" and node.get("format") == "binary"):
                raise FileUploadError("a file cannot be given as a JSON argument")
            known = name if name in JSON_TYPES else _TYPE_NAMES.get(name.lower(), name.lower())
            if known not in JSON_TYPES:
                self._warn(f"unknown type {name[:40]!r}")
            elif known not in out:
                out.append(known)
        if not out and isinstance(node.get("enum"), list) and node["enum"]:
            if all(isinstance(value, str) for value in node["enum"]):
                out = ["string"]
            elif all(isinstance(value, int) and not isinstance(value, bool) for value in node["enum"]):
                out = ["integer"]
        return out

    def _usable(self, key: str, value: JsonValue) -> bool:
        if key in _NUMBERS or key.startswith("exclusive"):
            good = isinstance(value, int | float) and not isinstance(value, bool)
            good = good and (key != "multipleOf" or value > 0)
            if not good and not isinstance(value, bool):
                self._warn(f"`{key}` is no number")
        elif key in _COUNTS:
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        elif key == "enum":
            good = isinstance(value, list) and bool(value)
        elif key == "pattern":
            good = isinstance(value, str) and _compiles(value)
            if not good:
                self._warn(f"the pattern {str(value)[:80]!r} is no regular expression here")
        elif key == "uniqueItems":
            good = isinstance(value, bool)
        else:
            good = key == "const" or isinstance(value, str)
        return bool(good)

    def _annotated(self, out: JsonObject, node: JsonObject) -> JsonObject:
        """Description, default and examples, each its own thing; an enum that its own type excludes is repaired."""
        if "enum" in out:
            values = [value for at, value in enumerate(out["enum"]) if value not in out["enum"][:at]]
            typed = {"type": out["type"]} if "type" in out else {}
            fitting = [value for value in values if is_valid(value, typed)]
            if fitting != values:
                self._warn("an enum has values that are not of its type")
            if fitting:
                out["enum"] = fitting
            elif all(isinstance(value, str) for value in values):
                out = {**out, "type": "string", "enum": values}
            else:
                out.pop("enum")
        text = node.get("description")
        if isinstance(text, str) and (clean := clean_description(text)):
            out = {**out, "description": clean}
        bare = {key: value for key, value in out.items() if key != "description"}
        if "default" in node and node["default"] is not None:
            default = coerced(node["default"], bare)
            if is_valid(default, bare):
                out = {**out, "default": default}
            else:
                self._warn(f"the default {str(node['default'])[:60]!r} is not of its type")
        listed = node.get("examples")
        examples: list[JsonValue] = listed if isinstance(listed, list) else []
        if "example" in node:
            examples = [node["example"], *examples]
        good = [coerced(example, bare) for example in examples[:3]]
        good = [example for example in good if example is not None and is_valid(example, bare)]
        return {**out, "examples": good} if good else out


def coerced(value: object, schema: JsonObject) -> JsonValue:
    """An example or default as a value of the schema's type where it was only written as text."""
    kind = schema.get("type")
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind in {"integer", "number"} and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if number.is_integer() and abs(number) < 2**53:
            return int(number)
        return number if kind == "number" else value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind == "array" and isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return value


def _merged(parts: list[JsonObject]) -> JsonObject | None:
    """One schema that says what all parts say; properties are united, and kept apart where that is impossible."""
    parts = [part for part in parts if part]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    if any("anyOf" in part for part in parts):
        return {"allOf": parts}
    out: JsonObject = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                out["properties"] = {**out.get("properties", {}), **value}
            elif key == "required":
                out["required"] = list(dict.fromkeys([*out.get("required", []), *value]))
            elif key == "enum" and key in out:
                out[key] = [one for one in out[key] if one in value] or value
            else:
                out[key] = value
    return out


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
