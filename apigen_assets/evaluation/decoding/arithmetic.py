"""Arithmetic on literals, for answers such as `[f(x=2*3)]`: computed here, never evaluated as code."""

import ast
import operator
import warnings
from collections.abc import Callable

from .json_types import JsonValue

MAX_BITS = 4096
"""No integer may grow beyond this many bits."""
MAX_LENGTH = 10_000
"""No text or list may grow beyond this many characters or elements, those of its elements among them."""


class NotArithmeticError(ValueError):
    """The expression is more than arithmetic on literals, or its result would be too large."""


_BINARY: dict[type[ast.operator], Callable[[JsonValue, JsonValue], JsonValue]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_UNARY: dict[type[ast.unaryop], Callable[[JsonValue], JsonValue]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_PURE: dict[str, Callable[..., JsonValue]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": sum,
    "len": len,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
}
"""Built-in functions of plain values alone."""


def fold(expression: str) -> JsonValue:
    """The value of arithmetic on numbers, text, lists, tuples, sets and dictionaries, as Python would compute it.

    Raises:
        NotArithmeticError: the text names anything, calls anything but the pure functions of plain values (`abs`,
            `len`, `int` and the like), or its value would be larger than `MAX_BITS` or `MAX_LENGTH`.
        TypeError, ZeroDivisionError, OverflowError: as Python's own operators.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's invalid escapes concern nobody
            tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise NotArithmeticError(f"not an expression: {type(error).__name__}") from None
    try:
        return compute(tree.body, _refuse)
    except RecursionError:
        raise NotArithmeticError("nested too deeply") from None


def compute(node: ast.expr, otherwise: Callable[[ast.expr], JsonValue]) -> JsonValue:
    """The value of a syntax tree of literals and arithmetic; any other node's is `otherwise(node)`.

    Raises:
        NotArithmeticError, TypeError, ZeroDivisionError, OverflowError: as `fold`, and whatever `otherwise` raises.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [compute(item, otherwise) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(compute(item, otherwise) for item in node.elts)
    if isinstance(node, ast.Set):
        return {compute(item, otherwise) for item in node.elts}
    if isinstance(node, ast.Dict) and None not in node.keys:
        pairs = zip(node.keys, node.values, strict=True)
        return {compute(key, otherwise): compute(value, otherwise) for key, value in pairs if key is not None}
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](compute(node.operand, otherwise))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = compute(node.left, otherwise), compute(node.right, otherwise)
        _refuse_growth(node.op, left, right)
        return _bounded(_BINARY[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _PURE.get(node.func.id)
        if function is not None and not any(isinstance(argument, ast.Starred) for argument in node.args):
            return _bounded(function(*(compute(argument, otherwise) for argument in node.args)))
    return otherwise(node)


def _refuse(node: ast.expr) -> JsonValue:
    raise NotArithmeticError(f"{type(node).__name__} is not arithmetic on literals")


def _refuse_growth(op: ast.operator, left: JsonValue, right: JsonValue) -> None:
    integers = isinstance(left, int) and isinstance(right, int)
    if isinstance(op, ast.Pow) and integers and right > 0 and left.bit_length() * right > MAX_BITS:
        raise NotArithmeticError("the power is too large")
    if isinstance(op, ast.LShift) and integers and left.bit_length() + right > MAX_BITS:
        raise NotArithmeticError("the shift is too large")
    if isinstance(op, ast.Mult):
        for sized, times in ((left, right), (right, left)):
            if hasattr(sized, "__len__") and isinstance(times, int) and _size(sized) * times > MAX_LENGTH:
                raise NotArithmeticError("the repetition is too long")
    if isinstance(op, ast.Mod) and isinstance(left, str | bytes):
        raise NotArithmeticError("text formatting is not arithmetic")


def _bounded(value: object) -> JsonValue:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise NotArithmeticError("the number is too large")
    if hasattr(value, "__len__") and _size(value) > MAX_LENGTH:
        raise NotArithmeticError("the value is too long")
    return value


def _size(value: object) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(key) + _size(inner) for key, inner in value.items())
    return sum(map(_size, value)) if isinstance(value, list | tuple | set) else 1
