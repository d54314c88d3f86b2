"""Types from stubs beside modules (`area.pyi` beside `area.py`, PEP 561), as if the module itself named them."""

import ast

from apigen_assets.tool_formats.python_objects import FROM_STUB
from resources.python.stubs import Signature, signatures, statements, union

_NAMED = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign)


def with_types(tree: ast.Module, stub: ast.Module) -> ast.Module:
    """A module whose functions and methods have the annotations of its stub where they have none of their own.

    Args:
        tree: the module; its functions are changed.
        stub: what stands beside it.
    """
    said = signatures(stub)
    for statement in statements(tree.body):
        if isinstance(statement, ast.ClassDef):
            for part in statements(statement.body):
                _annotate(part, said, f"{statement.name}.")
        else:
            _annotate(statement, said, "")
    return tree


def with_names(tree: ast.Module, stub: ast.Module) -> ast.Module:
    """The module with what its stub alone imports and defines, among which the stub's annotations are looked up."""
    own = {statement.name for statement in statements(tree.body) if isinstance(statement, ast.ClassDef)}
    more = [
        node
        for node in statements(stub.body)
        if isinstance(node, _NAMED) and not (isinstance(node, ast.ClassDef) and node.name in own)
    ]
    for node in more:
        vars(node)[FROM_STUB] = True
    return ast.Module(body=[*more, *tree.body], type_ignores=[])


def _annotate(statement: ast.stmt, said: dict[str, Signature], owner: str) -> None:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    signature = said.get(owner + statement.name)
    if signature is None:
        return
    given = statement.args
    for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
        described = signature.parameters.get(argument.arg)
        if argument.annotation is None and described:
            argument.annotation = union(described)
    if statement.returns is None and signature.returns:
        statement.returns = union(signature.returns)
