"""One call of a conversation, run without `eval`: parsed, its arguments computed as literals, its method called."""

import ast
import re
import warnings
from collections.abc import Callable, Mapping

from .json_types import JsonMapping, JsonObject, JsonValue

_CALLED = re.compile(r"\b([a-zA-Z_]\w*)\s*(?=\()")
_BLOCKED = ("kill", "exit", "quit", "remove", "unlink", "popen", "Popen", "run")


class RefusedError(Exception):
    """The text is more than calls of the offered tools with plain values."""


def prefixed(call: str, owners: Mapping[str, str]) -> str:
    """The call with its instance before each tool's name, wherever a name stands before a bracket.

    Inside of texts too, and with the blank before the bracket gone: as the leaderboard does, whose verdicts depend on
    it where a text happens to look like a call.
    """

    def owned(match: re.Match[str]) -> str:
        name = match[1]
        return f"{owners[name]}.{name}" if name in owners else name

    return _CALLED.sub(owned, call)


def refuse_blocked(call: str) -> None:
    """Raise for the outermost names that the leaderboard blocks."""
    name = call.split("(")[0] if "(" in call else call
    name = name.split(".")[1] if "." in name else name
    if name in _BLOCKED:
        raise RefusedError(f"Function call {name} is not allowed.")


def run(call: str, instances: JsonMapping, fold: Callable[[ast.expr, JsonValue], JsonValue]) -> JsonValue:
    """What the call returns.

    Args:
        call: a prefixed call.
        instances: the tools' instances by the names that prefixes give them.
        fold: computes an expression of literals, asking its second argument about calls in it.

    Raises:
        SyntaxError, NameError, RefusedError: what the text is, if not a call of tools with plain values.
        Exception: whatever the tool raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(call.lstrip(" \t"), mode="eval")
    return _Run(instances, fold).value(tree.body)


class _Run:
    def __init__(self, instances: JsonMapping, fold: Callable[[ast.expr, JsonValue], JsonValue]) -> None:
        self._instances = instances
        self._fold = fold

    def value(self, node: ast.expr) -> JsonValue:
        return self._fold(node, self.called)

    def called(self, node: ast.expr) -> JsonValue:
        """The value of what is not a literal: a tool's call, or an item of its result."""
        if isinstance(node, ast.Subscript):
            return self.value(node.value)[self.value(node.slice)]
        if isinstance(node, ast.Name):
            raise NameError(f"name '{node.id}' is not defined")
        if not isinstance(node, ast.Call):
            raise RefusedError(f"{type(node).__name__} is not allowed in a call")
        method = self._method(node.func)
        arguments: list[JsonValue] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                arguments += list(self.value(argument.value))
            else:
                arguments.append(self.value(argument))
        named: JsonObject = {}
        for pair in node.keywords:
            values = {pair.arg: self.value(pair.value)} if pair.arg else dict(self.value(pair.value))
            for name, value in values.items():
                if name in named:
                    raise SyntaxError(f"keyword argument repeated: {name}")
                named[name] = value
        return method(*arguments, **named)

    def _method(self, node: ast.expr) -> JsonValue:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and not node.attr.startswith("_"):
            instance = self._instances.get(node.value.id)
            if instance is not None and callable(getattr(type(instance), node.attr, None)):
                return getattr(instance, node.attr)
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name):
            raise NameError(f"name '{root.id}' is not defined")
        raise RefusedError("only the offered tools can be called")
