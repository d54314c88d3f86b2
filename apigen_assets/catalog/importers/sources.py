"""One door for every kind of source: tells the format and imports. Nothing but a result comes out."""

import logging
import re
from pathlib import Path

from apigen_assets.catalog.importers.documents import Document, decode, documents
from apigen_assets.catalog.importers.fetch import fetch
from apigen_assets.catalog.importers.imported import ImportResult, SourceError, unusable
from apigen_assets.catalog.importers.mcp_files import is_mcp_config, read_config
from apigen_assets.catalog.importers.mcp_servers import import_mcp_url
from apigen_assets.catalog.importers.openapi.document import (
    ENDINGS,
    import_documents,
    looks_like_openapi,
    read_document,
)
from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.catalog.importers.registry import IMPORTERS, OWN_ENDINGS, Importer, Request
from apigen_assets.catalog.incoming import FolderError, slug_of
from apigen_assets.catalog.names import BUILTIN, slugify
from apigen_assets.files.json_types import JsonValue

FORMATS = ("auto", *IMPORTERS)
MAX_LOOKS = 200
"""Documents of a folder or archive that are opened to tell its format."""

_CLIENT_FILE = 2_000_000
"""Bytes of a file that is looked at as one of an MCP client, where it is neither JSON nor YAML."""

_log = logging.getLogger(__name__)
_POINTER_LINE = re.compile(r"^\s*(url|base_url|format|token_variable)\s*[:=]\s*[\"']?([^\s\"']+)", re.IGNORECASE)


def import_source(
    source: str | Path,
    format: str = "auto",
    name: str | None = None,
    base_url: str | None = None,
    *,
    allow_private: bool = False,
    workdir: Path | None = None,
) -> ImportResult:
    """Import whatever lies behind a path, URL or dotted package name.

    Args:
        source: a file, a folder, an archive, a URL, or the dotted name of an installed Python package.
        format: a name in `IMPORTERS`; `auto` looks (`detect_format`).
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


def detect_format(source: str | Path) -> str:
    """What kind of source this is, by its name and the first documents in it that say so.

    Raises:
        SourceError: none of the importers knows it.
    """
    text, path = str(source), Path(source)
    if is_url(text):
        return "mcp" if text.rstrip("/").endswith(("/mcp", "/sse")) else "openapi"
    if not path.exists():
        if text and all(part.isidentifier() for part in text.split(".")):
            return "python"
        raise SourceError("no_such_file", f"{source} does not exist")
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
        return import_documents([fetch(source, allow_private)], slug, base_url, source, allow_private)
    return _importer(kind).read(Request(Path(source), slug, base_url, allow_private, workdir))


def _importer(name: str) -> Importer:
    if name not in IMPORTERS:
        raise SourceError("unknown_format", f"{name!r} is not a known format: give one of {', '.join(FORMATS)}")
    return IMPORTERS[name]


def _look(path: Path) -> str:
    by_ending: str | None = None
    looked = 0
    for document in documents(path, (*ENDINGS, *OWN_ENDINGS)):
        if document.name.lower().endswith(OWN_ENDINGS):
            by_ending = by_ending or _owner(document.name)
            continue
        if document.reason is not None:
            continue
        looked += 1
        kind = _format_of(document)
        if kind is not None:
            return kind
        if looked >= MAX_LOOKS:
            break
    if by_ending is not None:
        return by_ending
    raise SourceError(
        "unknown_format", f"{path.name} holds nothing that an importer reads; known are {', '.join(IMPORTERS)}"
    )


def _owner(file: str) -> str:
    return next(name for name, importer in IMPORTERS.items() if file.lower().endswith(importer.endings))


def _format_of(document: Document) -> str | None:
    if document.name.lower().endswith(".toml"):  # which YAML would read as one text
        return "mcp" if _is_client_file(document) else None
    if looks_like_openapi(document):
        return "openapi"
    try:
        value: JsonValue = read_document(document)
    except SourceError as error:
        if _is_client_file(document):
            return "mcp"
        # a description that is damaged, alone in its file, is told by its first words
        head = document.data[:4096].lower()
        if error.reason in {"not_json", "not_yaml", "too_deep", "wrong_encoding", "too_large", "file_too_large"}:
            for name, importer in IMPORTERS.items():
                if any(word in head for word in importer.first_words):
                    return name
        return None
    return next((name for name, importer in IMPORTERS.items() if importer.recognises(value)), None)


def _is_client_file(document: Document) -> bool:
    """Whether a document that is neither JSON nor YAML is a file of an MCP client, whose JSON may have comments."""
    try:
        return len(document.data) < _CLIENT_FILE and is_mcp_config(read_config(document))
    except SourceError:
        return False


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


def _default_slug(source: str | Path) -> str:
    try:
        return slug_of(Path(str(source).rstrip("/")))
    except FolderError:
        return slugify(str(source))[:40].strip("-") or "source"
