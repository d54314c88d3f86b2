"""Python functions as APIs: listed and described from source text; no module is imported (needs griffe)."""

import ast
import importlib.util
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import griffe

from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.importers.python_functions import describe
from apigen_assets.catalog.importers.python_labels import first_line, module_labels, told_apart
from apigen_assets.catalog.importers.python_stubs import with_names, with_types
from apigen_assets.catalog.names import BUILTIN, field_name, identifier
from apigen_assets.domain.api import PythonBinding
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.python_annotations import Scope
from apigen_assets.tool_formats.python_syntax import AnnotationError
from apigen_assets.tool_formats.python_type_parameters import without_type_parameters
from resources.python.stubs import stub_of

MAX_FILE_BYTES = 5_000_000
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}

_NEWER_SYNTAX = {
    (3, 12): re.compile(r"\s*type\s+\w+\s*(?:\[.*\]\s*)?=|\s*(?:async\s+)?(?:def|class)\s+\w+\s*\["),  # PEP 695
    (3, 14): re.compile(r"\s*except\s+[\w.]+\s*,|.*\bt[\"']"),  # PEP 758, PEP 750
}
"""Lines that a Python before that version does not read."""

logging.getLogger("griffe").setLevel(logging.CRITICAL)  # its complaints about docstrings become rejects here


@dataclass(frozen=True)
class _Module:
    name: str
    """Dotted name."""
    file: str
    """Name of the file within the source."""
    path: Path
    bound_path: str | None
    """What goes into the binding: the file, or null where the module is importable by name."""
    importable: str = ""
    """Dotted name by which its neighbours import it; empty where that is its name."""
    root: str | None = None
    """The folder in which neighbours lie that it may import."""
    listed: bool = True
    """Whether its functions are offered; helper modules (a leading underscore) are only looked into."""

    @property
    def own_name(self) -> str:
        """The name under which it is imported."""
        return self.importable or self.name

    @property
    def is_package(self) -> bool:
        """Whether it is a package's `__init__`."""
        return self.path.name == "__init__.py"


def import_python_path(path: Path, name: str) -> ImportResult:
    """All public functions of a `.py` file or of the modules in a folder.

    The modules of a folder may import each other, relatively or by their names from the folder on, and use each
    other's classes in annotations.

    Args:
        path: the file or folder.
        name: slug of the source; the namespace of every function.
    """
    path = path.resolve()
    if path.is_file():
        modules = [_Module(path.stem, path.name, path, str(path))]
    else:
        root = path.parent if (path / "__init__.py").exists() else path
        modules = [_in_folder(file, path, _dotted(file, root)) for file in _files(path)]
        if not any(module.listed for module in modules):
            raise SourceError("no_modules", f"{path} holds no Python modules")
    return _import_modules(modules, name)


def _in_folder(file: Path, folder: Path, named: str) -> _Module:
    """A module of a dropped folder, importable from where its outermost package lies."""
    importable = named
    parents = [parent for parent in file.parents if parent.is_relative_to(folder)]
    packages = [parent for parent in parents if (parent / "__init__.py").exists()]
    if packages and packages[-1] != folder:
        importable = _dotted(file, packages[-1].parent)
    fits = all(part and "." not in part for part in file.relative_to(folder).with_suffix("").parts)
    return _Module(
        named,
        str(file.relative_to(folder)),
        file,
        str(file),
        importable=importable if fits else named,
        root=str(folder) if fits else None,
        listed=_is_public(file, folder),
    )


def import_python_package(package: str, name: str, only_with: str | None = None) -> ImportResult:
    """All public functions of an installed package or module, by its dotted name.

    Only the parents of a dotted name are imported, which is how Python finds a submodule; the modules themselves
    are read as text. Helper modules (a leading underscore) are left out. Functions keep their plain names where the
    source is `builtin`.

    Args:
        package: dotted name.
        name: slug of the source.
        only_with: count only modules with this name at module level.

    Raises:
        SourceError: there is no such package.
    """
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError) as error:
        raise SourceError("no_such_package", f"no package {package!r}: {error}") from None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise SourceError("no_such_package", f"no Python package {package!r} is installed here")
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        modules = [_Module(package, origin.name, origin, None)]
    else:
        root = origin.parent
        modules = [
            _Module(
                _join(package, _dotted(file, root)),
                str(file.relative_to(root)),
                file,
                None,
                listed=_is_public(file, root),
            )
            for file in _files(root)
        ]
    return _import_modules(modules, name, only_with)


@dataclass(frozen=True)
class _ReadModule:
    """A module that was read."""

    module: _Module
    tree: griffe.Module
    scope: Scope
    digest: str


def _import_modules(modules: list[_Module], name: str, only_with: str | None = None) -> ImportResult:
    collector = Collector(name, "python")
    read: dict[str, _ReadModule] = {}
    scopes: dict[str, Scope] = {}
    for module in modules:
        try:
            text, tree = _read(module.path)
            digest, stub = content_hash(text), stub_of(module.path)
            if stub is not None:
                digest = content_hash(text + ast.unparse(stub))
                with_types(tree, stub)
            if without_type_parameters(tree) or stub is not None or "Literal" in text:
                text = ast.unparse(_with_quotes_kept(tree))
            members = griffe.visit(module.own_name, filepath=module.path, code=text)
            if stub is not None:
                tree = with_names(tree, stub)
            scope = Scope(tree, module.own_name, module.is_package, scopes.get)
        except SourceError as error:
            if module.listed:
                collector.fail(module.name, module.file, error.reason, str(error))
            continue
        except (RecursionError, MemoryError, ValueError, AttributeError, KeyError) as error:
            if module.listed:
                collector.fail(module.name, module.file, "unreadable_module", f"{type(error).__name__}: {error}")
            continue
        if only_with is not None and only_with not in members.members:
            continue
        read.setdefault(module.own_name, _ReadModule(module, members, scope, digest))
        within = [f"{Path(module.root).name}.{module.name}"] if module.root else []
        for label in (module.own_name, module.name, *within):
            scopes.setdefault(label, scope)
    drafts: list[tuple[Draft, str]] = []
    labels = module_labels([module.name for module in modules if module.listed])
    for unit in read.values():
        if unit.module.listed:
            for function, owner in _public_members(unit, read, collector):
                draft = _draft(collector, owner, function, unit, labels.get(unit.module.name, ""))
                if draft is not None:
                    drafts.append((draft, first_line(owner.tree.docstring)))
    for draft in told_apart(drafts):
        collector.add(draft)
    return collector.result()


def _with_quotes_kept(tree: ast.Module) -> ast.Module:
    """The module with annotations that are not evaluated, so that griffe leaves the texts in them alone.

    Of a `Literal` that comes from elsewhere than `typing` it would take its texts for names.
    """
    after = 0 if ast.get_docstring(tree) is None else 1
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    return ast.Module([*tree.body[:after], future, *tree.body[after:]], tree.type_ignores)


def _draft(
    collector: Collector, owner: _ReadModule, function: "_Callable", shown: _ReadModule, label: str
) -> Draft | None:
    """One function, shown as one of `shown`, where it may come from a helper module; null where it is rejected."""
    original = f"{shown.module.name}.{function.name}"
    try:
        draft = describe(function.griffe, owner.scope, function.bound)
    except AnnotationError as error:
        collector.fail(original, shown.module.file, error.reason, str(error))
        return None
    except RecursionError:
        collector.fail(original, shown.module.file, "type_too_deep", "an annotation or default nested too deeply")
        return None
    parameters, wire_names = _offered(draft.parameters)
    builtin = collector.name == BUILTIN
    last = shown.module.name.rpartition(".")[2]
    namespace = () if builtin else (collector.name, identifier(label)) if label else (collector.name,)
    module = owner.module
    return Draft(
        namespace=namespace,
        own_name=identifier(function.name.replace(".", "_")) or f"function_{content_hash(function.name, 6)}",
        original_name=original,
        description=draft.description,
        parameters=parameters,
        returns=draft.returns,
        binding=PythonBinding(
            module=module.own_name,
            function=function.path,
            path=module.bound_path,
            root=module.root,
            wire_names=wire_names,
        ),
        file=shown.module.file,
        content_hash=owner.digest,
        original_category=last if builtin else None,
    )


def _offered(parameters: JsonObject) -> tuple[JsonObject, dict[str, str]]:
    """Parameters under names that model APIs take, and the function's own name of each that was changed."""
    names = {name: field_name(name) for name in parameters["properties"]}
    if all(name == own for name, own in names.items()) or len(set(names.values())) < len(names):
        return parameters, {}
    properties = {names[name]: part for name, part in parameters["properties"].items()}
    required = [names[name] for name in parameters["required"]]
    changed = {own: name for name, own in names.items() if own != name}
    return {**parameters, "properties": properties, "required": required}, changed


@dataclass(frozen=True)
class _Callable:
    """A function or method, and how it is called."""

    griffe: griffe.Function
    name: str
    path: str
    """`function`, or `Class.method`."""
    bound: bool = False
    """Whether Python passes the class itself."""


def _public_members(
    unit: _ReadModule, read: dict[str, _ReadModule], collector: Collector
) -> Iterator[tuple[_Callable, _ReadModule]]:
    """Public functions, and static and class methods of public classes; methods of objects are rejected with why.

    What a package takes from its helper modules to offer it is its own.
    """
    module = unit.tree
    exports = None if module.exports is None else {str(name) for name in module.exports}
    for name, member in module.members.items():
        public = not name.startswith("_") if exports is None else name in exports
        if not public:
            continue
        owner = unit
        if member.is_alias:
            place, _, original = str(getattr(member, "target_path", "")).rpartition(".")
            helper = read.get(place)
            if helper is None or helper.module.listed or original not in helper.tree.members:
                continue
            member, owner = helper.tree.members[original], helper
            if member.is_alias:
                continue
        if isinstance(member, griffe.Function):
            yield _Callable(member, name, member.name), owner
        elif isinstance(member, griffe.Class):
            yield from _methods(member, name, unit, owner, collector)


_KNOWN_DECORATORS = frozenset({"staticmethod", "classmethod", "cache", "lru_cache", "override", "final"})


def _methods(
    class_: griffe.Class, name: str, unit: _ReadModule, owner: _ReadModule, collector: Collector
) -> Iterator[tuple[_Callable, _ReadModule]]:
    for label, method in class_.members.items():
        if label.startswith("_") or method.is_alias or not isinstance(method, griffe.Function):
            continue
        if "property" in method.labels:
            continue
        decorators = [str(decorator.value) for decorator in method.decorators]
        others = [text for text in decorators if text.partition("(")[0].rpartition(".")[2] not in _KNOWN_DECORATORS]
        if method.labels & {"staticmethod", "classmethod"} and others:
            collector.fail(
                f"{unit.module.name}.{name}.{label}",
                unit.module.file,
                "decorated_method",
                f"{name}.{label} is what {others[0][:80]} makes of it, which may be anything: wrap it in a function",
            )
        elif method.labels & {"staticmethod", "classmethod"}:
            bound = "classmethod" in method.labels
            yield _Callable(method, f"{name}.{label}", f"{class_.name}.{label}", bound), owner
        else:
            collector.fail(
                f"{unit.module.name}.{name}.{label}",
                unit.module.file,
                "instance_method",
                f"{name}.{label} needs an object of {name}: wrap it in a function that makes one from its arguments",
            )


def _read(path: Path) -> tuple[str, ast.Module]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError("unreadable_file", f"cannot read {path.name}: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise SourceError("file_too_large", f"{path.name} has {len(data)} bytes, more than {MAX_FILE_BYTES}")
    try:
        tree = ast.parse(data, filename=path.name)
        # the text as Python reads it: a declared encoding or a byte-order mark is honoured
        return importlib.util.decode_source(data), tree
    except (SyntaxError, ValueError) as error:
        raise SourceError("not_python", f"{path.name}: {error}{_newer_syntax(data, error)}") from None
    except (RecursionError, MemoryError):
        raise SourceError("too_deep", f"{path.name} is nested too deeply to be read") from None


def _newer_syntax(data: bytes, error: Exception) -> str:
    """What to do where a line is syntax of a newer Python than the one that reads it; empty where it is not."""
    lines = data.decode(errors="replace").splitlines()
    at = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
    line = lines[at - 1] if 0 < at <= len(lines) else ""
    newer = next(
        (version for version, form in _NEWER_SYNTAX.items() if sys.version_info < version and form.match(line)), None
    )
    if newer is None:
        return ""
    wanted, own = (".".join(map(str, version[:2])) for version in (newer, sys.version_info))
    return f": this is syntax of Python {wanted}, and {own} reads it; use the newer one, or write the older form"


def _files(folder: Path) -> list[Path]:
    """Modules under a folder in sorted order, helpers too; links that lead out of it are left out."""
    root = folder.resolve()
    out = []
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if not hidden and not set(parts) & _SKIPPED_FOLDERS and file.resolve().is_relative_to(root) and file.is_file():
            out.append(file)
    return out


def _is_public(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return not any(part.startswith("_") and part != "__init__.py" for part in parts)


def _dotted(file: Path, root: Path) -> str:
    parts = list(file.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _join(package: str, module: str) -> str:
    return f"{package}.{module}" if module else package
