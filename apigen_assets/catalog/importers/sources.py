"""One door for every kind of source: tells the format and imports. Nothing but a result comes out."""

import logging
import re
from pathlib import Path
from typing import Literal, get_args

from apigen_assets.catalog.importers.documents import Document, decode, documents, is_archive
from apigen_assets.catalog.importers.fetch import fetch
from apigen_assets.catalog.importers.imported import Format, ImportResult, SourceError, unusable
from apigen_assets.catalog.importers.mcp_servers import import_mcp_config, import_mcp_url
from apigen_assets.catalog.importers.openapi.document import (
    ENDINGS,
    import_documents,
    import_openapi,
    is_openapi,
    read_document,
)
from apigen_assets.catalog.importers.python_modules import import_python_package, import_python_path
from apigen_assets.catalog.importers.toolbench.tools import import_toolbench, is_tool
from apigen_assets.catalog.incoming import FolderError, slug_of
from apigen_assets.catalog.names import BUILTIN, slugify
from apigen_assets.files.folders import staged
from apigen_assets.files.json_types import JsonValue

FORMATS: tuple[str, ...] = ("auto", *get_args(Format))
MAX_LOOKS = 200
"""Documents of a folder or archive that are opened to tell its format."""

MODULES = "modules"
"""Folder within `workdir` in which the Python modules of an archive lie: bindings name files in it."""

_log = logging.getLogger(__name__)
_POINTER_LINE = re.compile(r"^\s*(url|base_url|format|token_variable)\s*[:=]\s*[\"']?([^\s\"']+)", re.IGNORECASE)


def import_source(
    source: str | Path,
    format: Literal["auto", "toolbench", "openapi", "python", "mcp"] = "auto",
    name: str | None = None,
    base_url: str | None = None,
    *,
    allow_private: bool = False,
    workdir: Path | None = None,
) -> ImportResult:
    """Import whatever lies behind a path, URL or dotted package name.

    Args:
        source: a file, a folder, an archive, a URL, or the dotted name of an installed Python package.
        format: what it is; `auto` looks (`detect_format`).
        name: slug of the source; by default made from the file's name.
        base_url: server of an OpenAPI description, instead of the one it names.
        allow_private: URLs may lead to loopback and private addresses.
        workdir: where the Python modules of an archive are unpacked, since they must lie somewhere to be run.

    Returns:
        Every API as a record or a reject. A source that cannot be read at all is one reject, never an exception.
    """
    slug = slugify(name or "") or _default_slug(source)
    try:
        return _import(str(source), format, slug, base_url, allow_private, workdir)
    except SourceError as error:
        return unusable(slug, source, error)
    except (OSError, RecursionError, MemoryError) as error:
        return unusable(slug, source, SourceError("unreadable_source", f"{type(error).__name__}: {error}"))
    except Exception as error:  # a fault in one importer must not stop the other sources
        _log.exception("importing %s failed", source)
        return unusable(slug, source, SourceError("importer_failed", f"{type(error).__name__}: {error}"))


def import_builtin() -> ImportResult:
    """The packaged functions: those of the modules of `apigen_assets.functions` that hold seeds."""
    return import_python_package("apigen_assets.functions", BUILTIN, only_with="SEEDS")


def detect_format(source: str | Path) -> Format:
    """What kind of source this is, by its name and the first documents in it that say so.

    Raises:
        SourceError: it is none that is known here.
    """
    text, path = str(source), Path(source)
    if is_url(text):
        return "mcp" if text.rstrip("/").endswith(("/mcp", "/sse")) else "openapi"
    if not path.exists():
        if text and all(part.isidentifier() for part in text.split(".")):
            return "python"
        raise SourceError("no_such_file", f"{source} does not exist")
    if path.suffix == ".py":
        return "python"
    return _look(path)


def is_url(text: str) -> bool:
    """Whether the text is an http(s) URL."""
    return text.startswith(("http://", "https://"))


def _import(
    source: str, format_: str, slug: str, base_url: str | None, allow_private: bool, workdir: Path | None
) -> ImportResult:
    if source == BUILTIN:
        return import_builtin()
    path = Path(source)
    token_variable = None
    if path.suffix.lower() == ".url" and path.is_file():
        pointer = read_pointer(path)
        source, token_variable = pointer["url"], pointer.get("token_variable")
        base_url = base_url or pointer.get("base_url")
        format_ = pointer.get("format", format_) if format_ == "auto" else format_
    kind = detect_format(source) if format_ == "auto" else format_
    if is_url(source):
        if kind == "mcp":
            return import_mcp_url(source, slug, token_variable, allow_private)
        if kind != "openapi":
            raise SourceError("unknown_format", f"a URL is an OpenAPI document or an MCP server, not {kind}")
        return import_documents([fetch(source, allow_private)], slug, base_url, origin=source)
    path = Path(source)
    if kind == "toolbench":
        return import_toolbench(path, slug)
    if kind == "openapi":
        return import_openapi(path, slug, base_url)
    if kind == "mcp":
        return import_mcp_config(next(documents(path, (".json",))), slug, path.parent, allow_private)
    if kind == "python":
        if is_archive(path):
            return import_python_path(_unpacked(path, workdir), slug)
        return import_python_path(path, slug) if path.exists() else import_python_package(source, slug)
    raise SourceError("unknown_format", f"{kind!r} is none of {', '.join(FORMATS)}")


def _look(path: Path) -> Format:
    python = False
    looked = 0
    for document in documents(path, (*ENDINGS, ".py")):
        if document.name.lower().endswith(".py"):
            python = True
            continue
        if document.reason is not None:
            continue
        looked += 1
        kind = _format_of(document)
        if kind is not None:
            return kind
        if looked >= MAX_LOOKS:
            break
    if python:
        return "python"
    raise SourceError(
        "unknown_format", f"{path.name} holds no ToolBench tool, OpenAPI document, Python module or `mcpServers`"
    )


def _format_of(document: Document) -> Format | None:
    try:
        value: JsonValue = read_document(document)
    except SourceError as error:
        # a description that is damaged, alone in its file, is told by its first words
        head = document.data[:4096].lower()
        if error.reason in {"not_json", "not_yaml", "too_deep", "wrong_encoding", "too_large", "file_too_large"}:
            if b"openapi" in head or b"swagger" in head:
                return "openapi"
            if b"api_list" in head or b"tool_name" in head:
                return "toolbench"
        return None
    if is_tool(value):
        return "toolbench"
    if is_openapi(value):
        return "openapi"
    return "mcp" if isinstance(value, dict) and isinstance(value.get("mcpServers"), dict) else None


def read_pointer(path: Path) -> dict[str, str]:
    """What a `.url` file says: a line with the URL, or lines `url: ...`, `base_url: ...`, `format: ...`.

    Raises:
        SourceError: there is no URL in it.
    """
    document = next(documents(path, (".url",)))
    text = decode(document)
    found: dict[str, str] = {}
    for line in text.splitlines():
        if is_url(line.strip()):
            found.setdefault("url", line.strip())
        elif match := _POINTER_LINE.match(line):
            found.setdefault(match[1].lower(), match[2])
    if not is_url(found.get("url", "")):
        raise SourceError("no_url", f"{path.name} holds no http(s) URL")
    return found


def _unpacked(path: Path, workdir: Path | None) -> Path:
    """The Python modules of an archive as files: only `.py`, only inside the folder."""
    if workdir is None:
        raise SourceError("archive_of_modules", f"{path.name} holds Python modules: unpack it and give the folder")
    folder = workdir / MODULES
    with staged(folder) as staging:
        for document in documents(path, (".py",)):
            if document.reason is None:
                target = staging / document.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(document.data)
    return folder


def _default_slug(source: str | Path) -> str:
    try:
        return slug_of(Path(str(source).rstrip("/")))
    except FolderError:
        return slugify(str(source))[:40].strip("-") or "source"
