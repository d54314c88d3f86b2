"""Objects of plain classes as JSON, read as syntax: what `__init__` takes by name is what an object is made from."""

import ast
from typing import TYPE_CHECKING

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import object_schema
from apigen_assets.tool_formats.python_syntax import AnnotationError, Unknown, last_name

if TYPE_CHECKING:
    from apigen_assets.tool_formats.python_annotations import Scope

RETURNED = "a returned value"
"""Stands among the classes that are being read where a result is: an object is not written as what made it."""

FROM_STUB = "from_stub"
"""Attribute of what stands in a stub beside a module: types there are not seen when the module runs."""

_BASES = frozenset({"object", "Generic", "ABC"})
_DECORATORS = frozenset({"total_ordering", "final"})
_OPTIONAL = frozenset({"type_not_json", "unknown_type", "untyped_parameter", "recursive_type"})
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string"}


def plain_object(scope: "Scope", node: ast.ClassDef, opened: tuple[str, ...], level: int) -> JsonObject:
    """The JSON Schema of the arguments of a class's `__init__`, by which the sandbox makes an object of it.

    Args:
        scope: of the module in which the class stands.
        node: the class.
        opened: marks of classes that are being read, this one not among them.
        level: of nesting.

    Raises:
        AnnotationError: an object of it is not made from JSON; the message says why, and what to do.
    """
    mark = f"{scope.module}:{node.name}"
    fault = "is no dataclass, model, TypedDict, named tuple or enum"
    if RETURNED in opened:
        raise AnnotationError("type_not_json", f"the class {node.name} {fault}")
    if mark in opened:
        raise AnnotationError("recursive_type", f"an object of {node.name} is made from another one")
    owner, initialiser = _initialiser(scope, node)
    arguments = initialiser.args
    by_place = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip([parameter.arg for parameter in by_place[::-1]], arguments.defaults[::-1], strict=False))
    defaults |= {
        parameter.arg: default
        for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    for parameter in arguments.posonlyargs[1:]:
        if parameter.arg not in defaults:
            raise AnnotationError("type_not_json", f"{node.name} takes {parameter.arg} by its place only")
    properties: JsonObject = {}
    required: list[str] = []
    for parameter in [*arguments.args[0 if arguments.posonlyargs else 1 :], *arguments.kwonlyargs]:
        default = defaults.get(parameter.arg)
        try:
            properties[parameter.arg] = _field(owner, node, parameter, default, (*opened, mark), level + 1)
        except AnnotationError as error:
            if default is None or error.reason not in _OPTIONAL:
                raise
            continue  # an object is made without it
        if default is None:
            required.append(parameter.arg)
    if not properties:
        raise AnnotationError(
            "type_not_json", f"the class {node.name} {fault}, and its __init__ takes nothing that JSON can carry"
        )
    text = ast.get_docstring(node)
    return {**object_schema(properties, required), **({"description": text} if text else {})}


def _field(
    scope: "Scope",
    node: ast.ClassDef,
    parameter: ast.arg,
    default: ast.expr | None,
    opened: tuple[str, ...],
    level: int,
) -> JsonObject:
    from apigen_assets.tool_formats.python_annotations import with_default

    if parameter.annotation is not None:
        return with_default(scope.schema(parameter.annotation, opened, level), default, scope)
    try:
        value = scope.value(default) if default is not None else None
    except Unknown:
        value = None
    kind = _KINDS.get(type(value))
    if kind is None:
        raise AnnotationError(
            "untyped_parameter",
            f"{node.name}.__init__ takes {parameter.arg} without a type: annotate it, or make {node.name} a dataclass",
        )
    return {"type": kind, "default": value}


def _initialiser(scope: "Scope", node: ast.ClassDef) -> "tuple[Scope, ast.FunctionDef]":
    """The `__init__` of a class or of what it inherits from in its source, with the scope it stands in.

    Raises:
        AnnotationError: its objects are made by other means.
    """
    nearest: tuple[Scope, ast.FunctionDef] | None = None
    waiting, seen = [(scope, node)], set()
    while waiting:
        place, class_ = waiting.pop(0)
        mark = f"{place.module}:{class_.name}"
        if mark in seen:
            continue
        seen.add(mark)
        _refuse_other_makers(node, place, class_)
        if nearest is None:
            own = next((part for part in class_.body if getattr(part, "name", "") == "__init__"), None)
            nearest = (place, own) if isinstance(own, ast.FunctionDef) else None
        for base in class_.bases:
            base = base.value if isinstance(base, ast.Subscript) else base
            parent = place.class_named(base)
            if parent is not None:
                waiting.append(parent)
            elif last_name(base) not in _BASES:
                raise AnnotationError(
                    "type_not_json",
                    f"the class {node.name} inherits from {ast.unparse(base)}: give what it is made from",
                )
    if nearest is None:
        raise AnnotationError(
            "type_not_json",
            f"the class {node.name} is no dataclass, model, TypedDict, named tuple or enum, and has no __init__",
        )
    return nearest


def _refuse_other_makers(node: ast.ClassDef, place: "Scope", class_: ast.ClassDef) -> None:
    """Raises where a class is not made by calling it with what its `__init__` takes."""
    others = [part for part in class_.decorator_list if place.short(part) not in _DECORATORS]
    methods = {part.name: part for part in class_.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
    why = None
    if getattr(class_, FROM_STUB, False):
        why = "has its types in a stub only: wrap the function in one that takes what makes its objects"
    elif others:
        why = f"is what {ast.unparse(others[0])[:60]} makes of it"
    elif class_.keywords:
        why = f"has a {class_.keywords[0].arg} of its own"
    elif "__new__" in methods:
        why = "makes its objects itself (__new__)"
    elif any(last_name(mark) == "abstractmethod" for part in methods.values() for mark in part.decorator_list):
        why = "is abstract: name a class that is not"
    if why is not None:
        raise AnnotationError("type_not_json", f"the class {node.name} {why}; JSON cannot say its objects")
