"""Stubs beside modules (`area.pyi` beside `area.py`, PEP 561): the types that a module itself does not name."""

import ast
from pathlib import Path

import griffe

from apigen_assets.tool_formats.python_objects import FROM_STUB


def stub_of(path: Path) -> ast.Module | None:
    """The stub of a module; null where there is none that can be read, since the module is whole without it."""
    stub = path.with_suffix(".pyi")
    if not stub.is_file() or stub.is_symlink():
        return None
    try:
        return ast.parse(stub.read_bytes(), filename=stub.name)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def annotate(module: griffe.Module, stub: ast.Module, path: Path) -> None:
    """Gives functions and methods of a module the annotations of its stub where they have none of their own."""
    described = griffe.visit(module.name, filepath=path.with_suffix(".pyi"), code=ast.unparse(stub))
    _annotate(module, described)


def _annotate(own: griffe.Module | griffe.Class, described: griffe.Module | griffe.Class) -> None:
    for name, member in own.members.items():
        stub = described.members.get(name)
        if stub is None or member.is_alias or stub.is_alias:
            continue
        if isinstance(member, griffe.Class) and isinstance(stub, griffe.Class):
            _annotate(member, stub)
        elif isinstance(member, griffe.Function) and isinstance(stub, griffe.Function):
            known = {parameter.name: parameter.annotation for parameter in stub.parameters}
            for parameter in member.parameters:
                if parameter.annotation is None:
                    parameter.annotation = known.get(parameter.name)
            if member.returns is None:
                member.returns = stub.returns


def with_names(tree: ast.Module, stub: ast.Module) -> ast.Module:
    """The module with what its stub imports and defines, in which names of the stub's annotations are looked up."""
    named = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign)
    more = [node for node in stub.body if isinstance(node, named)]
    for node in more:
        vars(node)[FROM_STUB] = True
    return ast.Module(body=[*more, *tree.body], type_ignores=[])
