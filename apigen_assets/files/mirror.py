"""A local folder of segments that mirrors an object store.

The folder `.../mirror/s3:/bucket/prefix` mirrors `s3://bucket/prefix`: its path says so, so that whoever is handed the
folder, in this process or another one, works on the same store. Reading is local; what is missing is fetched first.
A writer has objects of its own and puts a line before anybody sees it, so that writers on any number of machines share
nothing but the store, and none of them ever changes what another one wrote.
"""

import contextlib
import errno
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from apigen_assets.files.object_store import SCHEMES, ObjectStore, StoredObject
from apigen_assets.files.segments import segment_name, segments

MIRROR = "mirror"
"""The folder under which mirrors lie."""
SEGMENT_BYTES = 1 << 18
"""A segment of an object store is put anew with every line: at this size the next one begins."""
_FETCHES = 16


def mirror_folder(home: Path, url: str) -> Path:
    """The folder below `home` that mirrors the URL of an object store."""
    scheme, _, rest = url.partition("://")
    return home / MIRROR / f"{scheme}:" / rest.strip("/")


def remote_of(folder: Path) -> str | None:
    """The URL that a folder mirrors; null for a folder that is not a mirror."""
    parts = folder.parts
    for i in range(len(parts) - 2):
        if parts[i] == MIRROR and parts[i + 1].endswith(":") and parts[i + 1][:-1] in SCHEMES:
            return f"{parts[i + 1]}//{'/'.join(parts[i + 2 :])}"
    return None


def fetch_segments(folder: Path) -> None:
    """Bring a mirror to the state of its store; nothing for a folder that is none.

    Raises:
        ObjectStoreError: the store does not answer.
    """
    _pull(folder)


def segments_of(folder: Path) -> list[Path]:
    """As `segments.segments`, with what others put into the store that the folder mirrors.

    Raises:
        ObjectStoreError: the store does not answer.
    """
    _pull(folder)
    return segments(folder)


def segment_folders(root: Path) -> list[Path]:
    """The folders right below a root that hold segments, by name; fetched first where the root is a mirror.

    Raises:
        ObjectStoreError: the store does not answer.
    """
    _pull(root)
    return sorted({path.parent for path in root.glob("*/*.jsonl")})


def remove_segments(paths: Iterable[Path]) -> None:
    """Delete segments with their indexes, from the store first where they are mirrored.

    Raises:
        OSError: one cannot be deleted.
    """
    for path in paths:
        remote = remote_of(path.parent)
        if remote is not None:
            _store(remote).delete(path.name)
        path.unlink(missing_ok=True)
        path.with_suffix(".idx").unlink(missing_ok=True)


class MirroredWriter:
    """Writes this process's own segments: a line is in the store before it is in the mirror.

    Not thread-safe: the caller holds a lock.
    """

    def __init__(self, folder: Path, remote: str) -> None:
        self._folder, self._remote = folder, remote
        self._pid = 0
        self._content = b""
        self._descriptor: int | None = None
        self.path: Path | None = None
        """The segment in the mirror, once there is one."""

    @property
    def size(self) -> int:
        """Bytes of the segment."""
        return len(self._content)

    @property
    def is_open(self) -> bool:
        """Whether this process, and not its parent, has opened a segment."""
        return self._descriptor is not None and self._pid == os.getpid()

    def append(self, line: bytes) -> int:
        """Put one line, or several; returns the offset in `path` at which it begins.

        Raises:
            OSError: the store does not answer or the mirror's disk is full. Lines written before are intact.
        """
        if not self.is_open or (self._content and self.size + len(line) > SEGMENT_BYTES):
            self.close()
        path = self.path or self._folder / segment_name()
        offset = self.size
        try:
            _store(self._remote).put(path.name, self._content + line)
            if self._descriptor is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                # Not only by this process: another one of this machine may have fetched the object already.
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
                self.path, self._pid = path, os.getpid()
            write_at(self._descriptor, line, offset)
        except OSError:
            # The store may or may not have the line. The object stays as it is for ever: the next line begins another.
            self.close()
            raise
        self._content += line
        return offset

    def sync(self) -> None:
        """Nothing: what was put is kept by the store."""

    def descriptor(self) -> int:
        """None that others could be kept from: only a single file is held.

        Raises:
            OSError: always.
        """
        raise OSError(errno.ENOTSUP, "segments of an object store cannot be held", str(self._folder))

    def drop_unfinished(self) -> None:
        """Nothing: a segment of one's own has whole lines only."""

    def close(self) -> None:
        """Close; the next line begins a new segment. A parent's segment is left alone."""
        if self.is_open and self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self.path = None
        self._content = b""


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write bytes to their place: the same ones may be written there by several processes at once.

    Raises:
        OSError: the disk is full.
    """
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def _pull(folder: Path) -> None:
    """Fetch what the store has and the mirror lacks, and forget what was deleted from the store."""
    remote = remote_of(folder)
    if remote is None:
        return
    store = _store(remote)
    # Looked at before the listing: what is here and not in the listing was deleted, since lines are put there first.
    before = set(folder.rglob("*.jsonl")) if folder.is_dir() else set()
    listed = [item for item in store.list() if _is_segment(item.name)]
    for path in before - {folder / item.name for item in listed}:
        path.unlink(missing_ok=True)
        path.with_suffix(".idx").unlink(missing_ok=True)
    missing = [item for item in listed if _size(folder / item.name) < item.size]
    if not missing:
        return
    with ThreadPoolExecutor(min(_FETCHES, len(missing))) as threads:
        for _ in threads.map(lambda item: _fetch(store, item, folder / item.name), missing):
            pass


def _fetch(store: ObjectStore, item: StoredObject, path: Path) -> None:
    """Bring the end of an object that the file lacks; several processes may do it at once, with the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    start = _size(path)
    if start >= item.size:
        return
    try:
        data = store.read(item.name, start)
    except FileNotFoundError:
        return  # deleted since it was listed
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        write_at(descriptor, data, start)
    finally:
        os.close(descriptor)


def _is_segment(name: str) -> bool:
    """Whether the name of an object is that of a segment, and stays below the folder."""
    parts = name.split("/")
    return name.endswith(".jsonl") and not any(part in {"", ".", ".."} for part in parts)


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


@lru_cache(maxsize=64)
def _store_of(remote: str, process: int) -> ObjectStore:
    return ObjectStore(remote)


def _store(remote: str) -> ObjectStore:
    # The library's threads do not live on in a forked child.
    return _store_of(remote, os.getpid())
