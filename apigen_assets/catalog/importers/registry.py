"""The formats of sources that can be imported: one entry each. A new importer is a module and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.catalog.importers.documents import Document, documents, is_archive, unpacked
from apigen_assets.catalog.importers.imported import ImportResult, SourceError
from apigen_assets.catalog.importers.mcp_files import CLIENT_FILES, is_mcp_config, read_config
from apigen_assets.catalog.importers.mcp_servers import import_mcp_config
from apigen_assets.catalog.importers.openapi.document import import_openapi, is_openapi
from apigen_assets.catalog.importers.python_modules import import_python_package, import_python_path
from apigen_assets.catalog.importers.toolbench.tools import import_toolbench, is_tool
from apigen_assets.files.json_types import JsonValue

MODULES = "modules"
"""Folder within `workdir` in which the Python modules of an archive lie: bindings name files in it."""


_DATA_OF_MODULES = (".json", ".csv", ".tsv", ".txt", ".toml", ".yaml", ".yml", ".xml", ".dat", ".gz", ".npz")
"""Endings of files that modules read beside them."""


@dataclass(frozen=True)
class Request:
    """What an importer is asked to read."""

    path: Path
    """A file, a folder or an archive; for Python also the dotted name of an installed package."""
    slug: str
    """Slug of the source, the first part of its APIs' names."""
    base_url: str | None = None
    """Server to call instead of the one that a description names."""
    allow_private: bool = False
    """Servers may be on loopback and private addresses."""
    workdir: Path | None = None
    """Where files may be unpacked that must lie somewhere to be used."""


@dataclass(frozen=True)
class Importer:
    """One format: how a source of it is recognised, and how it is read."""

    read: Callable[[Request], ImportResult]
    recognises: Callable[[object], bool] = lambda value: False
    """Whether the value of a JSON or YAML document shows that the source is of this format."""
    endings: tuple[str, ...] = ()
    """Endings of files that no other format has; they count where no document of the source is recognised."""
    first_words: tuple[bytes, ...] = ()
    """Lower-case texts near the start of a damaged document that still give the format away."""


def _read_python(request: Request) -> ImportResult:
    path, slug = request.path, request.slug
    if not is_archive(path):
        return import_python_path(path, slug) if path.exists() else import_python_package(str(path), slug)
    if request.workdir is None:
        raise SourceError("archive_of_modules", f"{path.name} holds Python modules: unpack it and give the folder")
    return import_python_path(unpacked(path, (".py", *_DATA_OF_MODULES), request.workdir / MODULES), slug)


def _read_mcp(request: Request) -> ImportResult:
    files = list(documents(request.path, CLIENT_FILES))
    if not files:
        raise SourceError("no_servers", f"{request.path.name} holds no file of an MCP client")
    document = next((file for file in files if file.reason is None and is_mcp_config(_value(file))), files[0])
    return import_mcp_config(document, request.slug, request.path.parent, request.allow_private)


def _value(document: Document) -> JsonValue:
    try:
        return read_config(document)
    except SourceError:
        return None


IMPORTERS: dict[str, Importer] = {
    "toolbench": Importer(
        read=lambda request: import_toolbench(request.path, request.slug),
        recognises=is_tool,
        first_words=(b"api_list", b"tool_name"),
    ),
    "openapi": Importer(
        read=lambda request: import_openapi(request.path, request.slug, request.base_url),
        recognises=is_openapi,
        first_words=(b"openapi:", b'"openapi"', b"swagger:", b'"swagger"'),
    ),
    "mcp": Importer(read=_read_mcp, recognises=is_mcp_config, first_words=(b"mcpservers", b'"command"')),
    "python": Importer(read=_read_python, endings=(".py",)),
}
"""By format, in the order in which they are tried."""

OWN_ENDINGS = tuple(ending for importer in IMPORTERS.values() for ending in importer.endings)
