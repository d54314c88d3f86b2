"""One Python function as a tool: description, parameters and result from its signature and docstring."""

import ast
from dataclasses import dataclass

import griffe

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.docstrings import Docstring, annotation_of, read_docstring
from apigen_assets.tool_formats.json_schema import is_valid, object_schema
from apigen_assets.tool_formats.python_annotations import Scope, constrained, with_default
from apigen_assets.tool_formats.python_classes import lifted
from apigen_assets.tool_formats.python_objects import RETURNED
from apigen_assets.tool_formats.python_syntax import AnnotationError


@dataclass(frozen=True)
class Described:
    """What a function's text says of it."""

    description: str
    parameters: JsonObject
    returns: JsonObject | None


def describe(function: griffe.Function, scope: Scope, bound: bool = False) -> Described:
    """Description, parameters and result of a function from its signature and docstring.

    Types come from annotations, and from the docstring or the default where there is no annotation.

    Args:
        function: as it was read.
        scope: of its module.
        bound: its first parameter is the class and given by Python.

    Raises:
        AnnotationError: the function cannot be offered as a tool; the reason says why.
    """
    given = list(function.parameters)[1:] if bound else list(function.parameters)
    docs = read_docstring(function.docstring.value if function.docstring else "", [part.name for part in given])
    properties: JsonObject = {}
    required: list[str] = []
    variadic = [part for part in given if part.kind and part.kind.value.startswith("variadic")]
    named = [part for part in given if part not in variadic]
    if variadic and not named:
        raise AnnotationError("variadic_parameters", f"*{variadic[0].name} has no names that could be offered")
    for parameter in named:
        try:
            schema, optional = _parameter(parameter, docs, scope)
        except AnnotationError as error:
            if error.reason in _WITHOUT and _may_be_left_out(parameter, scope):
                continue  # the function works without it
            raise
        properties[parameter.name] = schema
        if not optional:
            required.append(parameter.name)
    return Described(docs.text, lifted(object_schema(properties, required)), _returns(function, docs, scope))


_WITHOUT = frozenset({"type_not_json", "unknown_type", "untyped_parameter", "recursive_type"})
"""Reasons for which an optional parameter is not offered, instead of losing its function."""


def _may_be_left_out(parameter: griffe.Parameter, scope: Scope) -> bool:
    default = _expression(parameter.default)
    described = scope.field(default) if default is not None else None
    return described[2] if described is not None else parameter.default is not None


def _parameter(parameter: griffe.Parameter, docs: Docstring, scope: Scope) -> tuple[JsonObject, bool]:
    default = _expression(parameter.default)
    annotation = _expression(parameter.annotation)
    optional = parameter.default is not None
    field: JsonObject = {}
    if default is not None and (described := scope.field(default)) is not None:
        field, default, optional = described
    elif default is None and annotation is not None and (described := scope.annotated_field(annotation)) is not None:
        _, default, optional = described
    if annotation is not None:
        schema = scope.schema(annotation)
    else:
        schema = _undeclared(parameter.name, default, docs.types.get(parameter.name), scope)
    schema = constrained(schema, field)
    text = docs.parameters.get(parameter.name)
    if text and "description" not in field:
        schema = {**schema, "description": text}
    schema = with_default(schema, default, scope)
    bare = {key: value for key, value in schema.items() if key != "default"}
    if "default" in schema and not is_valid(schema["default"], lifted(bare)):
        raise AnnotationError(
            "default_not_of_type", f"the default {schema['default']!r} of {parameter.name} is not of its type"
        )
    return dict(sorted(schema.items(), key=lambda item: _ORDER.get(item[0], 5))), optional


def _undeclared(name: str, default: ast.expr | None, documented: str | None, scope: Scope) -> JsonObject:
    """The schema of a parameter without an annotation: from the docstring where that fits the default, or from it."""
    schema: JsonObject | None = None
    annotation = _expression(annotation_of(documented)) if documented else None
    if annotation is not None:
        try:
            schema = scope.schema(annotation)
        except (AnnotationError, RecursionError):
            schema = None  # words that are not a type
    if default is not None:
        complete = with_default(schema or {}, default, scope)
        value = complete.get("default", ...)
        if schema is None or (value is not ... and value is not None and not is_valid(value, schema)):
            schema = _schema_of_default(default, scope) or None
    if schema is None:
        said = f", and its docstring's {documented!r} is not a type" if documented else ""
        raise AnnotationError("untyped_parameter", f"{name} has no type{said}: annotate it")
    return schema


_ORDER = {"type": 0, "description": 1, "enum": 2, "default": 9}


def _schema_of_default(default: ast.expr, scope: Scope) -> JsonObject:
    try:
        value = scope.value(default)
    except ValueError:
        return {}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value))
    return {"type": kind} if kind else {}


def _returns(function: griffe.Function, docs: Docstring, scope: Scope) -> JsonObject | None:
    annotation = _expression(function.returns)
    schema: JsonObject | None = None
    if annotation is not None:
        try:
            schema = lifted(scope.schema(annotation, (RETURNED,)))
        except (AnnotationError, RecursionError):
            schema = None  # unknown results stay callable
    if docs.returns:
        schema = {**(schema or {}), "description": docs.returns}
    return schema


def _expression(value: object) -> ast.expr | None:
    """A griffe expression or text as syntax; None where there is none or it is no expression."""
    if value is None:
        return None
    try:
        return ast.parse(str(value).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
