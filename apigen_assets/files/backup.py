"""A backup as one tar file, taken while others write, and its restoration, whole or not at all."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO

from apigen_assets.files.atomic import whole_path
from apigen_assets.files.json_types import JsonObject

MANIFEST = "backup.json"
FORMAT = 1
_DATABASES = {".db", ".sqlite"}
_LEFT_OUT = {".idx", ".lock", ".db-wal", ".db-shm", ".db-journal"}
"""Made again by themselves, or part of a database that is copied as a whole."""


class BackupError(Exception):
    """A backup cannot be written or restored; the message says why and what to do."""


def write_backup(out: Path, parts: Mapping[str, Path]) -> JsonObject:
    """Write the files and folders into a tar file, whole or not at all.

    Append-only segments end with their last whole line, SQLite databases are copied by SQLite itself, so that writers
    need not stop. Links are not followed.

    Args:
        out: the file; `.gz` or `.xz` at its end compresses.
        parts: what to keep, by its name in the backup; what does not exist is left out.

    Returns:
        The manifest: format and, by name, size and SHA-256 of each file.

    Raises:
        OSError: it cannot be written.
    """
    mode = {".gz": "w:gz", ".xz": "w:xz"}.get(out.suffix, "w")
    files: JsonObject = {}
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_path(out) as temporary, tarfile.open(temporary, mode) as archive:  # type: ignore[call-overload]
        for name, path in _files(parts):
            with tempfile.TemporaryFile() as copy:
                try:
                    _copy(path, copy)
                    changed = path.stat().st_mtime
                except FileNotFoundError:
                    continue  # gone since it was listed
                size = copy.tell()
                copy.seek(0)
                files[name] = {"size": size, "sha256": hashlib.file_digest(copy, "sha256").hexdigest()}
                copy.seek(0)
                member = tarfile.TarInfo(name)
                member.size, member.mtime = size, int(changed)
                archive.addfile(member, copy)
        manifest: JsonObject = {"format": FORMAT, "files": files}
        text = json.dumps(manifest, indent=1, sort_keys=True).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return manifest


def restore_backup(archive: Path, targets: Mapping[str, Path]) -> JsonObject:
    """Put the parts of a backup in their places, after every file was checked against the manifest.

    Args:
        archive: what `write_backup` wrote.
        targets: where each part goes; one that holds anything is an error, so that nothing is overwritten.

    Returns:
        The manifest.

    Raises:
        BackupError: a target is not empty, or the archive is damaged, of a newer format, or no backup.
    """
    full = [str(path) for path in targets.values() if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if full:
        raise BackupError(f"not empty: {', '.join(full)}. Move it away, or set APIGEN_HOME to another folder")
    home = next(iter(targets.values())).parent
    home.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".restore-", dir=home))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(staging, filter="data")
        manifest = _checked(staging)
        for name, target in targets.items():
            source = staging / name
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.is_dir():
                    target.rmdir()
                shutil.move(source, target)
    except (tarfile.TarError, OSError, EOFError) as error:
        # tarfile lists every compression that it tried, a line each
        why = "it is no tar file, or cut off" if isinstance(error, tarfile.ReadError | EOFError) else error
        why = error.strerror if isinstance(error, OSError) and error.strerror else why
        raise BackupError(f"{archive} cannot be restored: {why}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest


def _checked(folder: Path) -> JsonObject:
    try:
        manifest: JsonObject = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BackupError("the archive is cut off, or no backup: it has no manifest at its end") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BackupError("the archive is no backup: its manifest lists no files")
    if manifest.get("format") != FORMAT:
        raise BackupError(f"the backup has format {manifest.get('format')}; this program reads {FORMAT}")
    for name, file in manifest["files"].items():
        try:
            with (folder / name).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            digest = ""
        if digest != file["sha256"]:
            raise BackupError(f"{name} is damaged or missing in the backup: use an older one")
    return manifest


def _files(parts: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for part, root in parts.items():
        if root.is_file():
            yield part, root
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                path = Path(folder) / name
                if path.suffix not in _LEFT_OUT and path.is_file() and not path.is_symlink():
                    yield f"{part}/{path.relative_to(root).as_posix()}", path


def _copy(path: Path, copy: IO[bytes]) -> None:
    if path.suffix in _DATABASES:
        _copy_database(path, copy)
        return
    with path.open("rb") as file:
        if path.suffix == ".jsonl":
            for line in file:
                if line.endswith(b"\n"):
                    copy.write(line)
        else:
            shutil.copyfileobj(file, copy)


def _copy_database(path: Path, copy: IO[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "snapshot.db"
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(snapshot)) as target:
            source.backup(target)
        copy.write(snapshot.read_bytes())
