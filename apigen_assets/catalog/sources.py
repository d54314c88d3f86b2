"""One door for every kind of source: tells the format and imports. Nothing but a result comes out."""

import logging
from pathlib import Path
from typing import Literal, get_args

from apigen_assets.catalog.imported import Format, ImportResult, SourceError, unusable
from apigen_assets.catalog.incoming import FolderError, slug_of
from apigen_assets.catalog.names import BUILTIN, slugify
from apigen_assets.catalog.python_modules import import_python_package, import_python_path

FORMATS: tuple[str, ...] = ("auto", *get_args(Format))

_log = logging.getLogger(__name__)


def import_source(
    source: str | Path,
    format: Literal["auto", "toolbench", "openapi", "python", "mcp"] = "auto",
    name: str | None = None,
    base_url: str | None = None,
) -> ImportResult:
    """Import whatever lies behind a path, URL or dotted package name.

    Args:
        source: a file, a folder, an archive, a URL, or the dotted name of an installed Python package.
        format: what it is; `auto` looks (`detect_format`).
        name: slug of the source; by default made from the file's name.
        base_url: server of an OpenAPI description, instead of the one it names.

    Returns:
        Every API as a record or a reject. A source that cannot be read at all is one reject, never an exception.
    """
    slug = slugify(name or "") or _default_slug(source)
    try:
        return _import(source, format, slug, base_url)
    except SourceError as error:
        return unusable(slug, source, error)
    except (OSError, RecursionError, MemoryError) as error:
        return unusable(slug, source, SourceError("unreadable_source", f"{type(error).__name__}: {error}"))
    except Exception as error:  # a bug of ours in one importer must not stop the other sources
        _log.exception("importing %s failed", source)
        return unusable(slug, source, SourceError("importer_failed", f"{type(error).__name__}: {error}"))


def detect_format(source: str | Path) -> Format:
    """What kind of source this is.

    Raises:
        SourceError: it is none that is known here.
    """
    path = Path(source)
    if path.suffix == ".py" or (path.is_dir() and next(path.rglob("*.py"), None)):
        return "python"
    if not path.exists() and _is_dotted(str(source)):
        return "python"
    raise SourceError("unknown_format", f"{source} is none of {', '.join(FORMATS[1:])}")


def import_builtin() -> ImportResult:
    """The packaged functions: those of the modules of `apigen_assets.functions` that hold seeds."""
    return import_python_package("apigen_assets.functions", BUILTIN, only_with="SEEDS")


def _import(source: str | Path, format_: str, slug: str, base_url: str | None) -> ImportResult:
    if str(source) == BUILTIN:
        return import_builtin()
    kind = detect_format(source) if format_ == "auto" else format_
    if kind == "python":
        path = Path(source)
        return import_python_path(path, slug) if path.exists() else import_python_package(str(source), slug)
    raise SourceError("unknown_format", f"{kind!r} is none of {', '.join(FORMATS[1:])}")


def _default_slug(source: str | Path) -> str:
    try:
        return slug_of(Path(source))
    except FolderError:
        return slugify(str(source))[:40].strip("-") or "source"


def _is_dotted(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))
