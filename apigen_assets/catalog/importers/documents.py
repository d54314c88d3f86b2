"""The files inside a source, one at a time: from a file, a folder, a zip or a tar. Nothing is unpacked to disk."""

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, cast

from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.files.folders import staged

ARCHIVES = (".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz", ".tbz2", ".tar", ".zip")
"""Endings of what is read as an archive."""

MAX_FILE_BYTES = 64_000_000
"""Largest single document read."""
MAX_TOTAL_BYTES = 6_000_000_000
"""Most that is decompressed from one archive; ToolBench itself is 2.1 GB with its recorded responses."""
MAX_MEMBERS = 500_000

_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class Document:
    """One file: its bytes, or why there are none."""

    name: str
    """Path within the source, with forward slashes."""
    data: bytes
    reason: str | None = None
    detail: str = ""


def documents(path: Path, endings: tuple[str, ...]) -> Iterator[Document]:
    """Every file with one of the endings, in a stable order.

    A member that is too large, is a link or has an unsafe path comes as a `Document` with a reason. Damage in the
    middle of an archive gives one such document after all that could be read.

    Raises:
        SourceError: the path does not exist or is not a readable archive at all.
    """
    if path.is_dir():
        yield from _from_folder(path, endings)
    elif not path.is_file():
        raise SourceError("no_such_file", f"{path} does not exist")
    elif path.name.lower().endswith(".zip"):
        yield from _from_zip(path, endings)
    elif path.name.lower().endswith(ARCHIVES):
        yield from _from_tar(path, endings)
    else:
        yield _read(path, path.name)


def is_archive(path: Path) -> bool:
    """Whether the name is one of an archive."""
    return path.is_file() and path.name.lower().endswith(ARCHIVES)


def unpacked(path: Path, endings: tuple[str, ...], folder: Path) -> Path:
    """The files of an archive that have one of the endings, as files in `folder`, whose old content goes."""
    with staged(folder) as staging:
        for document in documents(path, endings):
            if document.reason is None:
                target = staging / document.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(document.data)
    return folder


def neighbour(path: Path, name: str, endings: tuple[str, ...]) -> Document | None:
    """A file beside or below a single file that was given as a source; null where there is none.

    Args:
        path: the file that was given.
        name: path of the other one, relative to the folder of the first.
        endings: what its name must end with.
    """
    folder = path.resolve().parent
    other = folder / name
    if not name.lower().endswith(endings) or other.is_symlink() or not other.is_file():
        return None
    return _read(other, name) if other.resolve().is_relative_to(folder) else None


def decode(document: Document) -> str:
    """The text of a document: UTF-8, or UTF-16/32 where a byte-order mark says so.

    Raises:
        SourceError: it is neither.
    """
    data = document.data
    encoding = "utf-8-sig"
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        encoding = "utf-32"
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError("wrong_encoding", f"{document.name} is not UTF-8: {error}; save it as UTF-8") from None


def _from_folder(folder: Path, endings: tuple[str, ...]) -> Iterator[Document]:
    root = folder.resolve()
    for here, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        for name in sorted(names):
            path = Path(here) / name
            if _hidden(name) or not name.lower().endswith(endings):
                continue
            label = path.relative_to(root).as_posix()
            if path.is_symlink():
                yield Document(label, b"", "link", "a link: put the file itself there")
            else:
                yield _read(path, label)


def _read(path: Path, label: str) -> Document:
    try:
        if not path.is_file():
            return Document(label, b"", "no_file", "neither a file nor a folder")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            return Document(label, b"", "file_too_large", f"{size} bytes, more than {MAX_FILE_BYTES}")
        return Document(label, path.read_bytes())
    except OSError as error:
        return Document(label, b"", "unreadable_file", f"{error.strerror or error}")


def _from_zip(path: Path, endings: tuple[str, ...]) -> Iterator[Document]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise SourceError("damaged_archive", f"{path.name} is not a readable zip: {error}") from None
    total = 0
    with archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise SourceError("too_many_files", f"{path.name} has {len(members)} members, more than {MAX_MEMBERS}")
        for member in sorted(members, key=lambda one: one.filename):
            problem = _member_problem(member.filename, endings, (member.external_attr >> 16) & 0o170000 == 0o120000)
            if problem is None:
                continue
            if problem:
                yield Document(member.filename, b"", *problem)
                continue
            if member.file_size > MAX_FILE_BYTES:
                yield _too_large(member.filename, member.file_size)
                continue
            try:
                with archive.open(member) as file:
                    data = file.read(MAX_FILE_BYTES + 1)
            except _DAMAGED as error:
                yield Document(member.filename, b"", "damaged_member", f"{type(error).__name__}: {error}")
                continue
            total += len(data)
            if total > MAX_TOTAL_BYTES:
                yield _over_budget(path)
                return
            if len(data) > MAX_FILE_BYTES:
                yield _too_large(member.filename, len(data))
            else:
                yield Document(member.filename, data)


def _from_tar(path: Path, endings: tuple[str, ...]) -> Iterator[Document]:
    """Streamed, in the archive's order: a compressed tar has no index to sort by without reading it twice."""
    try:
        with _Capped(path) as stream, tarfile.open(fileobj=cast("Any", stream), mode="r|", errorlevel=1) as archive:
            for count, member in enumerate(archive):
                if count >= MAX_MEMBERS:
                    yield Document(path.name, b"", "too_many_files", f"more than {MAX_MEMBERS} members")
                    return
                if not (member.isfile() or member.issym() or member.islnk()):
                    continue
                problem = _member_problem(member.name, endings, not member.isfile())
                if problem is None:
                    continue
                if problem:
                    yield Document(member.name, b"", *problem)
                elif member.size > MAX_FILE_BYTES:
                    yield _too_large(member.name, member.size)
                else:
                    file = archive.extractfile(member)
                    yield Document(member.name, file.read() if file else b"")
                archive.members = []  # type: ignore[attr-defined]  # a stream never looks back; the list would hold every header
    except _OverBudget:
        yield _over_budget(path)
    except _DAMAGED as error:
        yield Document(path.name, b"", "damaged_archive", f"{type(error).__name__}: {error}")


class _OverBudget(Exception):
    pass


class _Capped:
    """A decompressed file that refuses to give more than `MAX_TOTAL_BYTES`."""

    def __init__(self, path: Path) -> None:
        name = path.name.lower()
        opener: Callable[..., Any] = path.open
        if name.endswith((".gz", ".tgz")):
            opener = partial(gzip.open, path)
        elif name.endswith((".xz", ".txz")):
            opener = partial(lzma.open, path)
        elif name.endswith((".bz2", ".tbz2")):
            opener = partial(bz2.open, path)
        self._file = opener("rb")
        self._left = MAX_TOTAL_BYTES

    def __enter__(self) -> "_Capped":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _OverBudget
        return data


def _member_problem(name: str, endings: tuple[str, ...], link: bool) -> tuple[str, str] | tuple[()] | None:
    """None: not ours to look at; empty: fine; else reason and detail."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.endswith("/") or not name.lower().endswith(endings):
        return None
    if any(_hidden(part) and part != ".." for part in parts if part != "."):
        return None
    if name.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        return "unsafe_path", "the path leads out of the archive"
    return ("link", "a link inside the archive") if link else ()


def _too_large(name: str, size: int) -> Document:
    return Document(name, b"", "file_too_large", f"{size} bytes, more than {MAX_FILE_BYTES}")


def _over_budget(path: Path) -> Document:
    return Document(path.name, b"", "archive_too_large", f"more than {MAX_TOTAL_BYTES} bytes when decompressed")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in {"__MACOSX", "__pycache__", "node_modules"}
