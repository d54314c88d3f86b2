"""Strict JSON Schema (Draft 2020-12), compiled once per schema.

The common keywords are compiled to closures that stop at the first fault; a schema with any other keyword is
handed to the `jsonschema` library. Both say the same about every value. Nothing is coerced: `"9.8"` is not a number
and `true` is not an integer. `1.0` is an integer, because the specification says so (a number with a zero
fractional part); whether the function accepts it is seen when it is called. Patterns are searched in bounded time.
"""

import re
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from apigen_assets.files.canonical import json_equal
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.patterns import BoundedValidator, PatternTimeError, searcher


class SchemaFault(NamedTuple):
    """The first thing wrong with a value."""

    keyword: str
    """The schema keyword that failed, such as `type` or `enum`; `PATTERN_TIME` where a pattern was given up."""
    path: str
    """Where in the value, such as `.items[2]`; empty for the value itself."""
    message: str


Check = Callable[[JsonValue], SchemaFault | None]

PATTERN_TIME = "pattern time"

MAX_FOLLOWED = 20_000
"""References followed for one value: a schema that contains itself twice a level could ask for 2^levels of them."""

_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"}
    | {"contentEncoding", "contentMediaType", "contentSchema", "$comment", "$schema", "example"}
)
"""Keywords that assert nothing; `format` is an annotation in Draft 2020-12 unless a vocabulary says otherwise."""

_COMPILED = frozenset(
    {"type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "items", "prefixItems"}
    | {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "anyOf", "allOf"}
)

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor"})

_SHOWN = 80


class BadSchemaError(ValueError):
    """The schema itself is not valid under Draft 2020-12."""


def compile_schema(schema: JsonValue) -> Check:
    """A function that gives the first fault of a value, or null.

    Raises:
        BadSchemaError: not a valid schema, a pattern that is not a regular expression, or a reference that leads
            nowhere, or `unevaluatedProperties` beside `patternProperties`: the library searches those with `re`.
    """
    try:
        Draft202012Validator.check_schema(schema)
        if _mentions(schema, frozenset({"unevaluatedProperties"})) and _mentions(
            schema, frozenset({"patternProperties"})
        ):
            raise BadSchemaError("unevaluatedProperties beside patternProperties cannot be checked")
        # A reference is resolved against the root, so such a schema is not taken apart.
        return _by_library(schema) if _mentions(schema, _REFERENCES) else _compile(schema)
    except SchemaError as error:
        raise BadSchemaError(f"{error.json_path}: {_cut(error.message)}") from None
    except (re.error, RecursionError, TypeError, ValueError) as error:
        raise BadSchemaError(str(error)) from None


def _compile(schema: JsonValue) -> Check:
    if schema is True:
        return _accept
    if schema is False:
        return lambda value: SchemaFault("false", "", "no value is allowed here")
    if set(schema) - _ANNOTATIONS - _COMPILED:
        return _by_library(schema)
    parts = [
        *_scalar_checks(schema),
        *_string_checks(schema),
        *_array_checks(schema),
        *_object_checks(schema),
        *_combined_checks(schema),
    ]
    if not parts:
        return _accept
    if len(parts) == 1:
        return parts[0]

    def check(value: object) -> SchemaFault | None:
        for part in parts:
            fault = part(value)
            if fault is not None:
                return fault
        return None

    return check


def _accept(value: object) -> SchemaFault | None:
    return None


def _scalar_checks(schema: JsonObject) -> list[Check]:
    out: list[Check] = []
    if "type" in schema:
        out.append(_type_check(schema["type"]))
    if "enum" in schema:
        allowed = schema["enum"]
        strings = frozenset(member for member in allowed if isinstance(member, str))
        shown = _cut(", ".join(map(repr, allowed)))

        def in_enum(value: object) -> SchemaFault | None:
            is_member = (
                value in strings if isinstance(value, str) else any(json_equal(member, value) for member in allowed)
            )
            return None if is_member else SchemaFault("enum", "", f"{_cut(repr(value))} is not one of {shown}")

        out.append(in_enum)
    if "const" in schema:
        const = schema["const"]
        out.append(
            lambda value: (
                None
                if json_equal(value, const)
                else SchemaFault("const", "", f"{_cut(repr(value))} is not {_cut(repr(const))}")
            )
        )
    bounds: list[tuple[str, Callable[[JsonValue, JsonValue], bool], str]] = [
        ("minimum", lambda value, bound: value < bound, "is less than"),
        ("maximum", lambda value, bound: value > bound, "is greater than"),
        ("exclusiveMinimum", lambda value, bound: value <= bound, "is not greater than"),
        ("exclusiveMaximum", lambda value, bound: value >= bound, "is not less than"),
    ]
    for keyword, broken, words in bounds:
        if keyword in schema:
            out.append(_bound_check(keyword, schema[keyword], broken, words))
    if "multipleOf" in schema:
        # The library's arithmetic decides, floating point included.
        library = Draft202012Validator({"multipleOf": schema["multipleOf"]})
        step = schema["multipleOf"]
        out.append(
            lambda value: (
                None
                if library.is_valid(value)
                else SchemaFault("multipleOf", "", f"{value} is not a multiple of {step}")
            )
        )
    return out


def _bound_check(keyword: str, bound: object, broken: Callable[[JsonValue, JsonValue], bool], words: str) -> Check:
    def check(value: object) -> SchemaFault | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and broken(value, bound):
            return SchemaFault(keyword, "", f"{_cut(repr(value))} {words} {bound}")
        return None

    return check


def _type_check(kind: str | list[str]) -> Check:
    kinds = [kind] if isinstance(kind, str) else kind
    tests = [_TYPES[name] for name in kinds]
    wanted = " or ".join(kinds)

    def fault(value: object) -> SchemaFault:
        return SchemaFault("type", "", f"{_cut(repr(value))} is {_type_name(value)}, not {wanted}")

    if len(tests) == 1:
        test = tests[0]
        return lambda value: None if test(value) else fault(value)
    return lambda value: None if any(test(value) for test in tests) else fault(value)


_TYPES: dict[str, Callable[[JsonValue], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "number": lambda value: not isinstance(value, bool) and isinstance(value, int | float),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _type_name(value: object) -> str:
    names = {bool: "a boolean", str: "a string", list: "an array", dict: "an object", type(None): "null"}
    return names.get(type(value), "an integer" if isinstance(value, int) else "a number")


def _string_checks(schema: JsonObject) -> list[Check]:
    out: list[Check] = []
    if "minLength" in schema or "maxLength" in schema:
        out.append(_size_check(str, "Length", schema, "characters"))
    if "pattern" in schema:
        text = schema["pattern"]
        search = searcher(text)

        def matches(value: object) -> SchemaFault | None:
            try:
                fits = not isinstance(value, str) or search(value)
            except PatternTimeError as error:
                return SchemaFault(PATTERN_TIME, "", str(error))
            return None if fits else SchemaFault("pattern", "", f"{_cut(repr(value))} does not match {_cut(text)}")

        out.append(matches)
    return out


def _size_check(kind: type, suffix: str, schema: JsonObject, unit: str) -> Check:
    least, most = schema.get("min" + suffix), schema.get("max" + suffix)

    def check(value: object) -> SchemaFault | None:
        if not isinstance(value, kind):
            return None
        size = len(value)  # type: ignore[arg-type]
        if least is not None and size < least:
            return SchemaFault("min" + suffix, "", f"{size} {unit}, at least {least} wanted")
        if most is not None and size > most:
            return SchemaFault("max" + suffix, "", f"{size} {unit}, at most {most} allowed")
        return None

    return check


def _array_checks(schema: JsonObject) -> list[Check]:
    out: list[Check] = []
    if "minItems" in schema or "maxItems" in schema:
        out.append(_size_check(list, "Items", schema, "items"))
    if schema.get("uniqueItems"):
        out.append(
            lambda value: (
                SchemaFault("uniqueItems", "", "an item occurs twice")
                if isinstance(value, list) and not _unique(value)
                else None
            )
        )
    if "items" in schema or "prefixItems" in schema:
        first = [_compile(item_schema) for item_schema in schema.get("prefixItems", [])]
        rest = _compile(schema.get("items", True))

        def check_items(value: object) -> SchemaFault | None:
            if not isinstance(value, list):
                return None
            for i, item in enumerate(value):
                fault = (first[i] if i < len(first) else rest)(item)
                if fault is not None:
                    return SchemaFault(fault.keyword, f"[{i}]{fault.path}", fault.message)
            return None

        out.append(check_items)
    return out


def _object_checks(schema: JsonObject) -> list[Check]:
    out: list[Check] = []
    if "minProperties" in schema or "maxProperties" in schema:
        out.append(_size_check(dict, "Properties", schema, "properties"))
    required: list[str] = schema.get("required", [])
    inner = {name: _compile(property_schema) for name, property_schema in schema.get("properties", {}).items()}
    if "additionalProperties" in schema:
        extra: Check | None = _compile(schema["additionalProperties"])
        closed = schema["additionalProperties"] is False
    else:
        extra, closed = None, False
    if not required and not inner and extra is None:
        return out

    def check(value: object) -> SchemaFault | None:
        if not isinstance(value, dict):
            return None
        for name in required:
            if name not in value:
                return SchemaFault("required", "", f"{name!r} is missing")
        for name, item in value.items():
            known = inner.get(name)
            if known is not None:
                fault = known(item)
            elif extra is None:
                continue
            elif closed:
                return SchemaFault("additionalProperties", "", f"{_cut(repr(name))} is not known here")
            else:
                fault = extra(item)
            if fault is not None:
                return SchemaFault(fault.keyword, f".{name}{fault.path}", fault.message)
        return None

    out.append(check)
    return out


def _combined_checks(schema: JsonObject) -> list[Check]:
    out: list[Check] = [_compile(part) for part in schema.get("allOf", [])]
    if "anyOf" in schema:
        branches = [_compile(part) for part in schema["anyOf"]]

        def check_any(value: object) -> SchemaFault | None:
            faults = []
            for branch in branches:
                fault = branch(value)
                if fault is None:
                    return None
                faults.append(fault)
            # The branch whose type fits says best what is wrong.
            deeper = [fault for fault in faults if fault.keyword != "type" or fault.path]
            return (deeper or faults)[0]

        out.append(check_any)
    return out


class _ReferenceLimitError(ValueError):
    pass


class _Followed(threading.local):
    """References that may still be followed for the value at hand."""

    left = MAX_FOLLOWED


_followed = _Followed()


def _reference(validator: object, reference: str, instance: JsonValue, schema: JsonValue) -> Iterator[ValidationError]:
    _followed.left -= 1
    if _followed.left < 0:
        raise _ReferenceLimitError(f"more than {MAX_FOLLOWED} references are followed for one value")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema)


_LibraryValidator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    BoundedValidator, {"$ref": _reference}
)


def _by_library(schema: JsonObject) -> Check:
    # An own registry: the library's default would fetch remote references over the network.
    validator = _LibraryValidator(schema, registry=Registry())

    def check(value: object) -> SchemaFault | None:
        _followed.left = MAX_FOLLOWED
        try:
            error = next(iter(validator.iter_errors(value)), None)
        except _ReferenceLimitError as problem:
            return SchemaFault("$ref", "", str(problem))
        except (Unresolvable, RecursionError) as problem:
            return SchemaFault("$ref", "", f"the schema's reference leads nowhere: {_cut(str(problem))}")
        except PatternTimeError as problem:
            return SchemaFault(PATTERN_TIME, "", str(problem))
        if error is None:
            return None
        inner = error
        while inner.context and inner.validator in {"anyOf", "oneOf"}:
            inner = next((cause for cause in inner.context if cause.validator != "type"), inner.context[0])
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner.absolute_path)
        return SchemaFault(str(inner.validator), path, _cut(inner.message))

    return check


def _mentions(schema: object, keywords: frozenset[str]) -> bool:
    if isinstance(schema, dict):
        return not keywords.isdisjoint(schema) or any(_mentions(part, keywords) for part in schema.values())
    return isinstance(schema, list) and any(_mentions(part, keywords) for part in schema)


def _unique(items: list[JsonValue]) -> bool:
    if all(type(item) is str or type(item) is int for item in items):
        return len(set(items)) == len(items)
    return not any(json_equal(items[i], items[j]) for i in range(len(items)) for j in range(i))


def _cut(text: str) -> str:
    return cut(text, _SHOWN)
