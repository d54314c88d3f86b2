"""JSON Schemas of MCP tools: local references in place, old drafts read, the arguments' names at the top."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from jsonschema import Draft202012Validator

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.mcp_names import distinct_names, with_arguments, with_offered_fields
from apigen_assets.catalog.importers.mcp_unions import lifted, values_of
from apigen_assets.domain.api import NestedNames
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import JSON_TYPES, MAX_DEPTH, is_valid, nullable

MAX_PARTS = 4_000
"""Sub-schemas of one tool after references are followed; more would fill a model's context many times."""

Warn = Callable[[str], None]

_LISTS = ("anyOf", "allOf", "prefixItems")
_SINGLE = ("items", "not", "contains", "if", "then", "else", "propertyNames")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_COUNTS = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)
_BESIDE = frozenset({*_LISTS, *_SINGLE, *_MAPS, *_NUMBERS, *_COUNTS, "oneOf", "required", "enum", "const", "pattern"})
"""Keywords that hold beside a reference, from 2019-09 on."""
_PLAIN = frozenset({"const", "format", "contentEncoding", "contentMediaType", "uniqueItems", "dependentRequired"})


_TYPE_NAMES = {"int": "integer", "float": "number", "double": "number", "str": "string", "bool": "boolean",
               "list": "array", "dict": "object"}  # fmt: skip


class SchemaRefusedError(ValueError):
    """A schema that is not one, or that cannot be offered."""


class _NowhereError(SchemaRefusedError):
    """A schema of which nothing is known, since its reference leads nowhere."""


@dataclass(frozen=True)
class Arguments:
    """What a tool takes."""

    parameters: JsonObject
    """A JSON Schema of type object; every argument is among its `properties`."""
    wire_names: dict[str, str]
    """The server's name of each argument that is offered under another one."""
    nested: tuple[NestedNames, ...]
    """Names of the fields inside the arguments; the first is the object of arguments."""


def read_arguments(schema: JsonValue, warn: Warn) -> Arguments:
    """The arguments of a tool from its `inputSchema`.

    A union or `allOf` at the top stays, and the arguments of its branches are named beside it: all of them as
    `properties`, those that every call needs as `required`.

    Raises:
        SchemaRefusedError: the schema is not one of an object of arguments.
    """
    if not isinstance(schema, dict):
        raise SchemaRefusedError(f"`inputSchema` is a JSON {_kind(schema)}, not a schema")
    reader = _Reader(schema, warn)
    kind = reader.kind_of(schema)
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        if kind is not None or not schema.keys() <= {"properties", "required", "$schema", "additionalProperties"}:
            raise SchemaRefusedError(f"`inputSchema` is of type {kind!r}: the arguments of a tool are an object")
        warn("`inputSchema` has no type")
    read = reader.read(schema)
    if "$ref" in read:  # arguments that contain themselves: they stand at the top as well
        read = {**reader.definitions[read["$ref"].rpartition("/")[2]], **{k: v for k, v in read.items() if k != "$ref"}}
    properties, required = lifted(read, reader.definitions)
    names = distinct_names(list(properties))
    out: JsonObject = {"type": "object", "properties": {names[name]: part for name, part in properties.items()}}
    out["required"] = [names[name] for name in required]
    rest = read.get("additionalProperties")
    patterns = bool(read.get("patternProperties"))
    free = rest is not False if patterns else rest is True and not properties
    out["additionalProperties"] = rest if isinstance(rest, dict) and rest else free
    for key, value in read.items():
        if key not in {"type", "properties", "required", "additionalProperties", "description", "default", "examples"}:
            out[key] = value
    if "allOf" in out and all(part.keys() <= {"type", "properties", "required"} for part in out["allOf"]):
        del out["allOf"]
    out = with_arguments(out, names)
    if reader.definitions:
        out["$defs"] = reader.definitions
    out, nested = with_offered_fields(out)
    _check(out)
    return Arguments(out, {name: wire for wire, name in names.items() if name != wire}, nested)


def read_result_schema(schema: JsonValue, warn: Warn) -> JsonObject | None:
    """The schema of a tool's structured results; null where the server's is not a schema."""
    if not isinstance(schema, dict):
        warn(f"`outputSchema` is a JSON {_kind(schema)}, not a schema")
        return None
    try:
        reader = _Reader(schema, warn, of_results=True)
        out = reader.read(schema)
        if reader.definitions:
            out["$defs"] = reader.definitions
        _check(out)
    except SchemaRefusedError as error:
        warn(f"`outputSchema` is left out: {error}")
        return None
    return out or None


class _Reader:
    """Reads the schemas of one document."""

    def __init__(self, document: JsonObject, warn: Warn, of_results: bool = False) -> None:
        self._document = document
        self._warn = warn
        self._of_results = of_results
        """What is not known of a result may be anything; what is not known of an argument cannot be given."""
        self._parts = 0
        self._open: list[str] = []
        self._names: dict[str, str] = {}
        self.definitions: JsonObject = {}
        """Schemas that contain themselves, by name."""

    def kind_of(self, schema: JsonObject) -> JsonValue:
        """The type of a schema, or of the one that it only refers to."""
        for _ in range(MAX_DEPTH):
            if "type" in schema or not isinstance(schema.get("$ref"), str):
                break
            target = self._at(schema["$ref"])
            if not isinstance(target, dict) or target is schema:
                break
            schema = target
        return schema.get("type")

    def read(self, schema: JsonValue, level: int = 0, place: str = "") -> JsonObject:
        """One schema in Draft 2020-12."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise SchemaRefusedError(f"more than {MAX_PARTS} parts")
        if level > MAX_DEPTH:
            raise SchemaRefusedError(f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            self._refuse(schema, place)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(schema, reference, level, place)
        out: JsonObject = {}
        kinds = self._types(schema)
        if kinds:
            out["type"] = kinds[0] if len(kinds) == 1 else kinds
        self._take_limits(out, schema)
        if "type" not in out and (values := values_of(out)) and all(isinstance(value, str) for value in values):
            out = {"type": "string", **out}
        self._take_parts(out, schema, level)
        if schema.get("nullable") is True:
            out = nullable(out)
        return self._annotated(out, schema)

    def _refuse(self, schema: JsonValue, place: str) -> NoReturn:
        where = f"the schema of {place!r}" if place else "a schema"
        hint = ": `required` belongs beside `properties`" if place == "required" else ""
        raise SchemaRefusedError(f"{where} is a JSON {_kind(schema)}{hint}")

    def _referred(self, schema: JsonObject, reference: str, level: int, place: str) -> JsonObject:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if reference in self._open:
            out: JsonObject = {"$ref": f"#/$defs/{self._definition(reference)}"}
        else:
            target = self._at(reference)
            if target is None:
                if not self._of_results:
                    raise _NowhereError(f"the reference {reference[:100]!r} leads nowhere here")
                self._warn(f"the reference {reference[:100]!r} leads nowhere here")
                return self._annotated({}, beside)
            self._open.append(reference)
            try:
                out = self.read(target, level, reference)
            finally:
                self._open.pop()
            if reference in self._names:
                self.definitions[self._names[reference]] = out
                out = {"$ref": f"#/$defs/{self._names[reference]}"}
        limits = {key: value for key, value in beside.items() if key in _BESIDE}
        if limits and not re.search(r"draft-0[3467]", str(self._document.get("$schema"))):  # there it says nothing
            out = {"allOf": [out, self.read(limits, level + 1, place)]}
        return self._annotated(out, beside)

    def _definition(self, reference: str) -> str:
        if reference not in self._names:
            own = re.sub(r"[^A-Za-z0-9_]+", "_", reference.rpartition("/")[2].lstrip("#")).strip("_") or "Arguments"
            taken = set(self._names.values())
            self._names[reference] = own if own not in taken else f"{own}_{content_hash(reference, 6)}"
        return self._names[reference]

    def _at(self, reference: str) -> JsonValue:
        own = self._document.get("$id")
        if isinstance(own, str) and own and reference.startswith(own):
            reference = reference[len(own) :] or "#"
        if not reference.startswith("#"):
            return None
        if len(reference) > 1 and reference[1] != "/":
            return _anchored(self._document, reference[1:])
        node: JsonValue = self._document
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                return None
        return node

    def _types(self, schema: JsonObject) -> list[str]:
        kinds = schema.get("type")
        listed = kinds if isinstance(kinds, list) else [] if kinds is None else [kinds]
        named = [_TYPE_NAMES.get(str(kind).lower(), str(kind)) for kind in listed]
        known = [kind for kind in dict.fromkeys(named) if kind in JSON_TYPES]
        if len(known) != len(listed):
            self._warn(f"unknown type in {str(kinds)[:60]!r}")
        return known

    def _take_limits(self, out: JsonObject, schema: JsonObject) -> None:
        for key, value in schema.items():
            if key in _NUMBERS or key in _COUNTS:
                good = isinstance(value, int | float if key in _NUMBERS else int) and not isinstance(value, bool)
                if good and (value >= 0 or key in _NUMBERS):
                    out[key] = value
            elif key in _PLAIN or self._is_usable(key, value):
                out[key] = value
        for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(flag) is True and bound in out:  # draft 4: a flag beside the bound
                out[flag] = out.pop(bound)
        listed, fields = schema.get("required"), schema.get("properties")
        names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        if isinstance(listed, str):  # one name that is written without its list
            names = [listed]
        if isinstance(fields, dict):  # draft 3: each field says it of itself
            names += [name for name, part in fields.items() if isinstance(part, dict) and part.get("required") is True]
        if names or isinstance(listed, list):
            out["required"] = list(dict.fromkeys(names))

    @staticmethod
    def _is_usable(key: str, value: JsonValue) -> bool:
        if key == "enum":
            return isinstance(value, list) and bool(value)
        return key == "pattern" and isinstance(value, str) and _compiles(value)

    def _take_parts(self, out: JsonObject, schema: JsonObject, level: int) -> None:
        if isinstance(schema.get("items"), list):  # before 2020-12: one schema per place
            schema = {**schema, "prefixItems": schema["items"], "items": schema.get("additionalItems", True)}
        for key in _LISTS:
            parts = schema.get(key)
            if key == "anyOf":
                parts = parts if isinstance(parts, list) else schema.get("oneOf")
            if isinstance(parts, list) and parts:
                read = self._branches(key, parts, level)
                unique = (
                    [part for at, part in enumerate(read) if part not in read[:at]] if key != "prefixItems" else read
                )
                if not (key == "anyOf" and {} in unique):
                    out[key] = unique
        for key in _SINGLE:
            if key in schema and (part := self.read(schema[key], level + 1, key)):
                out[key] = part
        for key in _MAPS:
            if isinstance(schema.get(key), dict):
                fields = schema[key]
                if key == "patternProperties":
                    fields = {name: part for name, part in fields.items() if self._is_usable("pattern", name)}
                out[key] = self._fields(fields, set(out.get("required", ())), level)
            elif schema.get(key):  # null and [] are how some languages write an empty object
                self._refuse(schema[key], key)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            extra = self.read(extra, level + 1) or True
        if isinstance(extra, bool | dict):
            out["additionalProperties"] = extra

    def _branches(self, key: str, parts: list[JsonValue], level: int) -> list[JsonObject]:
        """The parts of a composed schema; of a choice those that are known."""
        out: list[JsonObject] = []
        for part in parts:
            try:
                out.append(self.read(part, level + 1))
            except _NowhereError as problem:
                if key != "anyOf" or (part is parts[-1] and not out):
                    raise
                self._warn(f"a branch is left out: {problem}")
        return out

    def _fields(self, fields: JsonObject, required: set[str], level: int) -> JsonObject:
        """The schemas of fields, without the optional ones of which nothing is known."""
        out: JsonObject = {}
        for name, part in fields.items():
            try:
                out[name] = self.read(part, level + 1, name)
            except _NowhereError as problem:
                if name in required:
                    raise _NowhereError(f"{name!r} cannot be given: {problem}") from None
                self._warn(f"the optional field {name!r} is left out: {problem}")
        return out

    def _annotated(self, out: JsonObject, schema: JsonObject) -> JsonObject:
        text = schema.get("description") or (schema.get("title") if not out else None)
        if isinstance(text, str) and (clean := clean_description(text)):
            out = {**out, "description": clean}
        bare = {key: value for key, value in out.items() if key != "description"}
        checkable = "$ref" not in str(bare)
        if "default" in schema:
            if not checkable or is_valid(schema["default"], bare):
                out = {**out, "default": schema["default"]}
            elif schema["default"] is not None:
                self._warn(f"the default {str(schema['default'])[:60]!r} is not of its type")
        examples = schema.get("examples")
        if isinstance(examples, list) and checkable:
            good = [example for example in examples[:3] if is_valid(example, bare)]
            out = {**out, "examples": good} if good else out
        return out


def _check(schema: JsonObject) -> None:
    error = next(iter(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)), None)
    if error is not None:
        where = "/".join(str(step) for step in error.absolute_path)
        raise SchemaRefusedError(f"not a valid JSON Schema{' at ' + where if where else ''}: {error.message[:300]}")


def _anchored(document: JsonValue, name: str) -> JsonValue:
    """The schema with an `$anchor`, or with an `$id` of old drafts (`#name`); null where there is none."""
    waiting: list[JsonValue] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if node.get("$anchor") == name or node.get("$dynamicAnchor") == name or node.get("$id") == f"#{name}":
                return node
            waiting += node.values()
    return None


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _kind(value: object) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")
