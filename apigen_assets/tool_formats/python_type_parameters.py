"""Functions and classes with type parameters (`def first[T](items: list[T])`, PEP 695) as if they had none."""

import ast

from apigen_assets.tool_formats.python_aliases import Filled


def without_type_parameters(tree: ast.Module) -> bool:
    """Put into annotations what a type parameter allows: its bound, its constraints, else anything.

    Args:
        tree: a module, which is changed.

    Returns:
        Whether there were any. Only Python 3.12 and later read them.
    """
    found = False
    for node in ast.walk(tree):
        declared = getattr(node, "type_params", None)
        if not declared or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        found = True
        filled = Filled({str(part.name): _allowed(part) for part in declared})
        node.type_params = []  # type: ignore[union-attr, unused-ignore]
        if isinstance(node, ast.ClassDef):
            node.bases = [filled.visit(base) for base in node.bases]
            node.body = [filled.visit(statement) for statement in node.body]
        else:
            node.args = filled.visit(node.args)
            node.returns = filled.visit(node.returns) if node.returns is not None else None
    return found


def _allowed(parameter: ast.AST) -> ast.expr | None:
    bound = getattr(parameter, "bound", None)
    if isinstance(bound, ast.Tuple):
        return ast.Subscript(ast.Name("Union"), bound)
    return bound
