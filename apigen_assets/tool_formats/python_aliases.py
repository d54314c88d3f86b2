"""Types behind names that were assigned: aliases, also generic and recursive ones, NewTypes, type variables."""

import ast
import re
from typing import TYPE_CHECKING

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats import python_classes
from apigen_assets.tool_formats.json_schema import DEFINITIONS
from apigen_assets.tool_formats.python_syntax import AnnotationError, last_name

if TYPE_CHECKING:
    from apigen_assets.tool_formats.python_annotations import Scope

_MOST_PARAMETERS = 400
"""Characters of written parameters beyond which a generic alias grows with every turn."""


def alias_schema(
    scope: "Scope",
    name: str,
    values: dict[str, ast.expr],
    opened: tuple[str, ...],
    level: int,
    arguments: list[ast.expr] | None = None,
) -> JsonObject | None:
    """The schema of what a name stands for; null where it stands for nothing but itself.

    An alias that contains itself is a reference, with its schema in `$defs` beside it.

    Args:
        scope: of the module in which the name is assigned.
        name: that was assigned.
        values: what is assigned to names there.
        opened: classes and aliases that are being read.
        level: of nesting.
        arguments: of a generic alias, as in `Tree[int]`.

    Raises:
        AnnotationError: the type has no JSON form.
    """
    text = ", ".join(ast.unparse(argument) for argument in arguments or [])
    if len(text) > _MOST_PARAMETERS:
        raise AnnotationError("type_too_deep", f"{name} grows with each time that it contains itself")
    mark = f"{scope.module}={name}[{text}]"
    own = re.sub(r"\W+", "_", f"{name} {text}" if text else name).strip("_")[:64]
    reference: JsonObject = {"$ref": f"#/{DEFINITIONS}/{own}"}
    if mark in opened:
        return reference
    schema = _read(scope, name, values, (*opened, mark), level, arguments)
    if schema == reference:  # `date = date`
        return None
    if reference in schema.get("anyOf", ()):  # `Optional["Json"]` as a branch of `Json` itself adds nothing to it
        rest = [part for part in schema["anyOf"] if part != reference]
        schema = rest[0] if len(rest) == 1 else {**schema, "anyOf": rest}
    return {**reference, DEFINITIONS: {own: schema}} if python_classes.refers(schema, reference["$ref"]) else schema


def _read(
    scope: "Scope",
    name: str,
    values: dict[str, ast.expr],
    opened: tuple[str, ...],
    level: int,
    arguments: list[ast.expr] | None,
) -> JsonObject:
    value = values[name]
    if isinstance(value, ast.Call):
        maker = last_name(value.func)
        if maker == "NewType" and len(value.args) == 2:
            return scope.schema(value.args[1], opened, level + 1)
        if maker == "TypeVar":
            bounds = [k.value for k in value.keywords if k.arg == "bound"] or value.args[1:]
            return scope.union(bounds, opened, level) if bounds else {}
        if maker == "ParamSpec":
            raise AnnotationError("type_not_json", f"{name} is a parameter specification")
        if maker != "TypeAliasType" or len(value.args) != 2:
            made = python_classes.class_of_call(name, value)
            if made is not None:
                return python_classes.class_schema(scope, made, opened, level)
            return scope.schema(value, opened, level + 1)
    parameters = _parameters(value, values)
    aliased = value.args[1] if isinstance(value, ast.Call) else value
    if parameters:
        given = dict(zip(parameters, arguments or [], strict=False))
        aliased = Filled({name: given.get(name) for name in parameters}).visit(_parsed(aliased))
    return scope.schema(aliased, opened, level + 1)


def _parameters(value: ast.expr, values: dict[str, ast.expr]) -> list[str]:
    """The type parameters of an alias: those that it declares, else the type variables in it in their order."""
    if isinstance(value, ast.Call):
        declared = next((k.value for k in value.keywords if k.arg == "type_params"), None)
        if isinstance(declared, ast.Tuple):
            return [last_name(item) for item in declared.elts]
        value = value.args[1]
    found: dict[str, None] = {}
    for node in ast.walk(_parsed(value)):
        made = values.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and isinstance(made, ast.Call) and last_name(made.func) == "TypeVar":
            found[node.id] = None
    return list(found)


class Filled(ast.NodeTransformer):
    """Puts types in the place of type parameters; `Any` for those that are not given."""

    def __init__(self, given: dict[str, ast.expr | None]) -> None:
        """Take what stands for each parameter."""
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The type that stands for a name."""
        if node.id not in self._given:
            return node
        return self._given[node.id] or ast.Name("Any")


class _Unquoted(ast.NodeTransformer):
    """Types that are written as text as the types that they say."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return node if last_name(node.value) == "Literal" else self.generic_visit(node)  # type: ignore[return-value]

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            return ast.parse(node.value.strip(), mode="eval").body
        except SyntaxError:
            return node


def _parsed(value: ast.expr) -> ast.expr:
    copy: ast.expr = _Unquoted().visit(ast.parse(ast.unparse(value), mode="eval").body)
    return copy
