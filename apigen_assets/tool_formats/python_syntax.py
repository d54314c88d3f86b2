"""Python source as syntax: names, imports and arithmetic of literals, without importing or evaluating anything."""

import ast
import math

from apigen_assets.files.json_types import JsonValue

MAX_NESTING = 20
"""Levels of an annotation, the classes that it names and those that they inherit from."""


class AnnotationError(ValueError):
    """An annotation that JSON Schema cannot express, or that names something that is not known here."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unknown(ValueError):
    """A value that is not written as a literal."""


def last_name(node: ast.expr | None) -> str:
    """The last part of a dotted name; empty where the expression is not a name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted_name(node: ast.expr | None) -> str:
    """A name or attribute as it is written; empty where the expression is not one."""
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""


def imported_names(tree: ast.Module, module: str, is_package: bool) -> dict[str, str]:
    """What each imported name means, as a full dotted name; imports anywhere in the module count.

    Args:
        tree: the module.
        module: its dotted name, from which relative imports start.
        is_package: whether it is a package's `__init__`.
    """
    targets: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                targets[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                parents = module.split(".")[: len(module.split(".")) - node.level + is_package]
                start = ".".join([*parents, *([start] if start else [])])
            for alias in node.names:
                targets[alias.asname or alias.name] = f"{start}.{alias.name}" if start else alias.name
    return targets


def assigned_names(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """What is assigned to names at module level, also under `if TYPE_CHECKING:` and in `try:`."""
    assigned: dict[str, ast.expr] = {}
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            if isinstance(statement.targets[0], ast.Name):
                assigned[statement.targets[0].id] = statement.value
        elif isinstance(statement, ast.AnnAssign):
            if isinstance(statement.target, ast.Name) and statement.value is not None:
                assigned[statement.target.id] = statement.value
        elif isinstance(statement, ast.If | ast.Try):
            for name, value in assigned_names([*statement.body, *statement.orelse]).items():
                assigned.setdefault(name, value)
        elif type(statement).__name__ == "TypeAlias":  # `type X = ...`, of Python 3.12
            target, aliased = getattr(statement, "name", None), getattr(statement, "value", None)
            if isinstance(target, ast.Name) and isinstance(aliased, ast.expr):
                declared: list[ast.expr] = [ast.Name(str(part.name)) for part in getattr(statement, "type_params", ())]
                more = [ast.keyword("type_params", ast.Tuple(declared))] if declared else []
                assigned[target.id] = ast.Call(ast.Name("TypeAliasType"), [ast.Constant(target.id), aliased], more)
    return assigned


def members_of_union(node: ast.expr) -> list[ast.expr]:
    """The parts of `A | B | C`."""
    out: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        out.append(node.right)
        node = node.left
    return [node, *reversed(out)]


def arithmetic(operator: ast.operator, left: JsonValue, right: JsonValue) -> JsonValue:
    """The result of an operation on two literals, such as `60 * 60`; small numbers and joined texts only.

    Raises:
        Unknown: other operations, other operands, or a result out of bounds.
    """
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return left + right
    if not all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right)):
        raise Unknown("computed of what are not numbers")
    if isinstance(operator, ast.Pow) and not (0 <= right <= 64 and abs(left) <= 1024):
        raise Unknown("a power that is too large")
    try:
        match operator:
            case ast.Add():
                result = left + right
            case ast.Sub():
                result = left - right
            case ast.Mult():
                result = left * right
            case ast.Div():
                result = left / right
            case ast.FloorDiv():
                result = left // right
            case ast.Pow():
                result = left**right
            case ast.LShift() if isinstance(left, int) and isinstance(right, int) and 0 <= right <= 62:
                result = left << right
            case _:
                raise Unknown("computed, not written")
    except (ArithmeticError, ValueError):
        raise Unknown("computed, with no result") from None
    if not math.isfinite(result) or abs(result) >= 2**63:
        raise Unknown("a number that is too large")
    return result
