"""Stubs beside modules (`area.pyi` beside `area.py`, PEP 561): types that a module itself does not name."""

import ast
import os
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_MOST_BYTES = 5_000_000
_NAMES = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef)
_VALUELESS = frozenset({"TypedDict", "Protocol"})
"""Bases of classes that may stand in a stub only: their values are JSON, or whatever has the shape."""


@dataclass
class Signature:
    """What a stub says of one function or method, over all its overloads."""

    parameters: dict[str, list[ast.expr]] = field(default_factory=dict)
    """Different annotations of each parameter, by its name."""
    returns: list[ast.expr] = field(default_factory=list)

    def add(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Take one definition."""
        given = node.args
        for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
            if argument.annotation is not None:
                _once(self.parameters.setdefault(argument.arg, []), argument.annotation)
        if node.returns is not None:
            _once(self.returns, node.returns)


def stub_of(path: str | os.PathLike[str]) -> ast.Module | None:
    """The stub beside a module's file; null where there is none that can be read: the module is whole without it."""
    stub = os.path.splitext(path)[0] + ".pyi"
    try:
        if os.path.islink(stub) or not os.path.isfile(stub) or os.path.getsize(stub) > _MOST_BYTES:
            return None
        with open(stub, "rb") as file:
            return ast.parse(file.read(), filename=stub)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def signatures(stub: ast.Module) -> dict[str, Signature]:
    """Functions (`area`) and methods (`Field.label`) of a stub."""
    found: dict[str, Signature] = {}
    for statement in statements(stub.body):
        if isinstance(statement, ast.ClassDef):
            for part in statements(statement.body):
                _take(found, f"{statement.name}.", part)
        else:
            _take(found, "", statement)
    return found


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a body, those under conditions and attempts too."""
    for statement in body:
        if isinstance(statement, ast.If | ast.Try):
            yield from statements(statement.body)
            for handler in getattr(statement, "handlers", []):
                yield from statements(handler.body)
            yield from statements(statement.orelse)
        else:
            yield statement


def union(annotations: list[ast.expr]) -> ast.expr:
    """One annotation that allows what each of them allows."""
    whole = annotations[0]
    for annotation in annotations[1:]:
        whole = ast.BinOp(whole, ast.BitOr(), annotation)
    return whole


def give_types(module: types.ModuleType) -> None:
    """Give the functions and methods of a module that ran the types of its stub, where they have none of their own.

    What stands in the stub is evaluated among the module's own names, after those that the stub imports. A type that
    cannot be evaluated is left out, so its argument stays JSON.
    """
    stub = stub_of(getattr(module, "__file__", None) or "")
    if stub is None:
        return
    space = _names(module, stub)
    for name, said in signatures(stub).items():
        function = _function(module, name)
        if function is None:
            continue
        known = dict(function.__annotations__)
        described = {label: union(parts) for label, parts in said.parameters.items()}
        if said.returns:
            described["return"] = union(said.returns)
        for label, expression in described.items():
            if label not in known and (label == "return" or label in _parameters(function)):
                try:
                    known[label] = _evaluated(expression, space)
                except Exception:  # a name that only a type checker knows
                    continue
        function.__annotations__ = known


def _once(annotations: list[ast.expr], annotation: ast.expr) -> None:
    if all(ast.dump(annotation) != ast.dump(known) for known in annotations):
        annotations.append(annotation)


def _take(found: dict[str, Signature], owner: str, statement: ast.stmt) -> None:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    marks = [ast.unparse(mark).rpartition(".")[2] for mark in statement.decorator_list]
    name = owner + statement.name
    if name not in found:
        found[name] = Signature()
    elif "overload" not in marks:
        return  # of two definitions under a condition the first counts
    found[name].add(statement)


def _parameters(function: types.FunctionType) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _function(module: types.ModuleType, name: str) -> types.FunctionType | None:
    """The module's own function or method of that name, under its decorators."""
    owner, _, last = name.rpartition(".")
    holder = vars(module).get(owner) if owner else module
    if owner and not (isinstance(holder, type) and holder.__module__ == module.__name__):
        return None
    found: Any = vars(holder).get(last)
    found = getattr(found, "__func__", found)
    for _ in range(20):
        if not hasattr(found, "__wrapped__"):
            break
        found = found.__wrapped__
    return found if isinstance(found, types.FunctionType) and found.__module__ == module.__name__ else None


def _names(module: types.ModuleType, stub: ast.Module) -> dict[str, Any]:
    """The names in which a stub's annotations are read: its imports, the module's own, its aliases and shapes."""
    imported: dict[str, Any] = {"__name__": module.__name__, "__package__": module.__package__}
    space = {**vars(module)}
    waiting = []
    for statement in statements(stub.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                name = [ast.alias(alias.name, alias.asname)]
                taken = (
                    ast.ImportFrom(statement.module, name, statement.level)
                    if isinstance(statement, ast.ImportFrom)
                    else ast.Import(name)
                )
                _run(taken, imported)
        elif isinstance(statement, _NAMES) and _may_run(statement):
            waiting.append(statement)
    space |= {name: value for name, value in imported.items() if not name.startswith("__")}
    for _ in range(3):  # a stub may use names before they are defined
        waiting = [statement for statement in waiting if not _define(statement, space, module)]
    return space


def _may_run(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ClassDef):
        bases = [base.value if isinstance(base, ast.Subscript) else base for base in statement.bases]
        return any(ast.unparse(base).rpartition(".")[2] in _VALUELESS for base in bases)
    return isinstance(statement, ast.Assign | ast.AnnAssign) and not isinstance(statement.value, ast.Constant | None)


def _define(statement: ast.stmt, space: dict[str, Any], module: types.ModuleType) -> bool:
    """Define one name of a stub that the module does not have; false where that may work later."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    names |= {statement.name} if isinstance(statement, ast.ClassDef) else set()
    if names & vars(module).keys():
        return True
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        statement = ast.Assign([statement.target], statement.value)
    return _run(statement, space)


def _run(statement: ast.stmt, space: dict[str, Any]) -> bool:
    tree = ast.fix_missing_locations(ast.Module([statement], []))
    try:
        exec(compile(tree, "stub", "exec", dont_inherit=True), space)  # noqa: S102 (the sandbox; the stub is as the module)
    except Exception:  # what only a type checker knows, such as `_typeshed`
        return False
    return True


def _evaluated(expression: ast.expr, space: dict[str, Any]) -> Any:
    tree = ast.fix_missing_locations(ast.Expression(expression))
    value = eval(compile(tree, "stub", "eval", dont_inherit=True), space)  # noqa: S307 (as above)
    holder = types.SimpleNamespace(__annotations__={"it": value})
    return typing.get_type_hints(holder, space, include_extras=True)["it"]
