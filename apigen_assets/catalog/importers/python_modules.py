"""Python functions as APIs: listed and described from source text; no module is imported (needs griffe)."""

import ast
import importlib.util
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import griffe

from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.names import BUILTIN, identifier
from apigen_assets.domain.api import PythonBinding
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import is_valid, object_schema
from apigen_assets.tool_formats.python_annotations import AnnotationError, Scope, constrained, with_default

MAX_FILE_BYTES = 5_000_000
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}

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


def import_python_path(path: Path, name: str) -> ImportResult:
    """All public functions of a `.py` file or of the modules in a folder.

    Args:
        path: the file or folder.
        name: slug of the source; the namespace of every function.
    """
    path = path.resolve()
    if path.is_file():
        modules = [_Module(path.stem, path.name, path, str(path))]
    else:
        root = path.parent if (path / "__init__.py").exists() else path
        modules = [_Module(_dotted(file, root), str(file.relative_to(path)), file, str(file)) for file in _files(path)]
        if not modules:
            raise SourceError("no_modules", f"{path} holds no Python modules")
    return _import_modules(modules, name)


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
            _Module(_join(package, _dotted(file, root)), str(file.relative_to(root)), file, None)
            for file in _files(root)
        ]
    return _import_modules(modules, name, only_with)


def _import_modules(modules: list[_Module], name: str, only_with: str | None = None) -> ImportResult:
    collector = Collector(name, "python")
    for module in modules:
        try:
            text, tree = _read(module.path)
            found = griffe.visit(module.name, filepath=module.path, code=text)
            scope = Scope(tree)
        except SourceError as error:
            collector.fail(module.name, module.file, error.reason, str(error))
            continue
        except (RecursionError, MemoryError, ValueError, AttributeError, KeyError) as error:
            collector.fail(module.name, module.file, "unreadable_module", f"{type(error).__name__}: {error}")
            continue
        if only_with is not None and only_with not in found.members:
            continue
        digest = content_hash(text)
        for function in _public_functions(found):
            _add(collector, module, function, scope, digest, multiple=len(modules) > 1)
    return collector.result()


def _add(
    collector: Collector, module: _Module, function: griffe.Function, scope: Scope, digest: str, multiple: bool
) -> None:
    original = f"{module.name}.{function.name}"
    try:
        draft = describe(function, scope)
    except AnnotationError as error:
        collector.fail(original, module.file, error.reason, str(error))
        return
    except RecursionError:
        collector.fail(original, module.file, "type_too_deep", "an annotation or default nested too deeply")
        return
    builtin = collector.name == BUILTIN
    last = module.name.rpartition(".")[2]
    namespace = () if builtin else (collector.name, identifier(last)) if multiple else (collector.name,)
    collector.add(
        Draft(
            namespace=namespace,
            own_name=identifier(function.name) or f"function_{content_hash(function.name, 6)}",
            original_name=original,
            description=draft.description,
            parameters=draft.parameters,
            returns=draft.returns,
            binding=PythonBinding(module=module.name, function=function.name, path=module.bound_path),
            file=module.file,
            content_hash=digest,
            original_category=last if builtin else None,
        )
    )


@dataclass(frozen=True)
class Described:
    """What a function's text says of it."""

    description: str
    parameters: JsonObject
    returns: JsonObject | None


def describe(function: griffe.Function, scope: Scope) -> Described:
    """Description, parameters and result of a function from its signature and docstring.

    Types come from annotations, and from the docstring or the default where there is no annotation.

    Raises:
        AnnotationError: the function cannot be offered as a tool; the reason says why.
    """
    if "async" in function.labels:
        raise AnnotationError("async_function", "coroutines are not called; wrap it in a plain function")
    docs = _Docs(function.docstring)
    properties: JsonObject = {}
    required: list[str] = []
    for parameter in function.parameters:
        kind = parameter.kind.value if parameter.kind else ""
        if kind.startswith("variadic"):
            raise AnnotationError("variadic_parameters", f"*{parameter.name} has no names that could be offered")
        if kind == "positional-only":
            raise AnnotationError(
                "positional_only", f"{parameter.name} cannot be passed by name, and calls are by name"
            )
        schema, optional = _parameter(parameter, docs, scope)
        properties[parameter.name] = schema
        if not optional:
            required.append(parameter.name)
    return Described(docs.text, object_schema(properties, required), _returns(function, docs, scope))


def _parameter(parameter: griffe.Parameter, docs: "_Docs", scope: Scope) -> tuple[JsonObject, bool]:
    default = _expression(parameter.default)
    annotation = _expression(parameter.annotation) or _expression(docs.types.get(parameter.name))
    optional = parameter.default is not None
    field: JsonObject = {}
    if default is not None and (found := scope.field(default)) is not None:
        field, default, optional = found
    if annotation is not None:
        schema = scope.schema(annotation)
    elif default is not None:
        schema = _schema_of_default(default, scope)
        if not schema:
            raise AnnotationError("untyped_parameter", f"{parameter.name} has no type: annotate it")
    else:
        raise AnnotationError("untyped_parameter", f"{parameter.name} has no type: annotate it")
    schema = constrained(schema, field)
    text = docs.parameters.get(parameter.name)
    if text and "description" not in field:
        schema = {**schema, "description": text}
    schema = with_default(schema, default, scope)
    if "default" in schema and not is_valid(schema["default"], {k: v for k, v in schema.items() if k != "default"}):
        raise AnnotationError(
            "default_not_of_type", f"the default {schema['default']!r} of {parameter.name} is not of its type"
        )
    return dict(sorted(schema.items(), key=lambda item: _ORDER.get(item[0], 5))), optional


_ORDER = {"type": 0, "description": 1, "enum": 2, "default": 9}


def _schema_of_default(default: ast.expr, scope: Scope) -> JsonObject:
    try:
        value = scope.value(default)
    except ValueError:
        return {}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    kind = kinds.get(type(value))
    return {"type": kind} if kind else {}


def _returns(function: griffe.Function, docs: "_Docs", scope: Scope) -> JsonObject | None:
    annotation = _expression(function.returns)
    schema: JsonObject | None = None
    if annotation is not None:
        try:
            schema = scope.schema(annotation)
        except (AnnotationError, RecursionError):
            schema = None  # unknown results stay callable
    if docs.returns:
        schema = {**(schema or {}), "description": docs.returns}
    return schema


class _Docs:
    """The parts of a docstring that matter here; the style (google, numpy, sphinx) is recognised."""

    def __init__(self, docstring: griffe.Docstring | None) -> None:
        self.text = ""
        self.parameters: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.returns = ""
        if docstring is None or not docstring.value.strip():
            return
        try:
            style, _ = griffe.infer_docstring_style(docstring, default=griffe.Parser.google)
            sections = docstring.parse(style or griffe.Parser.google)
        except Exception:  # a docstring is free text: what no parser reads is description
            self.text = docstring.value.strip()
            return
        texts: list[str] = []
        for section in sections:
            if section.kind is griffe.DocstringSectionKind.text:
                texts.append(section.value.strip())
            elif section.kind in (
                griffe.DocstringSectionKind.parameters,
                griffe.DocstringSectionKind.other_parameters,
            ):
                for item in section.value:
                    self.parameters[item.name.lstrip("*")] = _one_line(item.description)
                    if item.annotation is not None:
                        self.types[item.name] = str(item.annotation).removesuffix(", optional")
            elif section.kind is griffe.DocstringSectionKind.returns and not self.returns:
                self.returns = _one_line(" ".join(item.description for item in section.value))
        self.text = "\n\n".join(text for text in texts if text)


def _public_functions(module: griffe.Module) -> Iterator[griffe.Function]:
    exports = None if module.exports is None else {str(name) for name in module.exports}
    for name, member in module.members.items():
        public = not name.startswith("_") if exports is None else name in exports
        if public and not member.is_alias and isinstance(member, griffe.Function):
            yield member


def _expression(value: object) -> ast.expr | None:
    """A griffe expression or text as syntax; None where there is none or it is no expression."""
    if value is None:
        return None
    try:
        return ast.parse(str(value).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


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
        raise SourceError("not_python", f"{path.name}: {error}") from None
    except (RecursionError, MemoryError):
        raise SourceError("too_deep", f"{path.name} is nested too deeply to be read") from None


def _files(folder: Path) -> list[Path]:
    """Public modules under a folder in sorted order; links that lead out of it are left out."""
    root = folder.resolve()
    out = []
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith((".", "_")) and part != "__init__.py" for part in parts)
        if not hidden and not set(parts) & _SKIPPED_FOLDERS and file.resolve().is_relative_to(root) and file.is_file():
            out.append(file)
    return out


def _dotted(file: Path, root: Path) -> str:
    parts = list(file.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _join(package: str, module: str) -> str:
    return f"{package}.{module}" if module else package


def _one_line(text: str) -> str:
    return " ".join(text.split())
