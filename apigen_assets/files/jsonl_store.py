"""Records by key in append-only JSON Lines, over which processes share nothing but the files.

One store under the journal of completions, recorded calls, probes, evaluation answers and the report of failures. It
lies in a folder, with one segment per process, or in one file that every process appends to; a folder may mirror an
object store (`apigen_assets.files.mirror`). A record is one `os.write` or one put: a killed process loses at most the
record it was writing, and an unfinished line is neither an error nor in the way of the next one. Values stay on the
disk; in memory are keys and places.
"""

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.mirror import MirroredWriter, remote_of, segments_of
from apigen_assets.files.segments import SegmentWriter, SharedFileWriter, lines_from, segments

ENDING = ".jsonl"


class Entry(NamedTuple):
    """Under what a record is found."""

    key: Hashable
    note: float = 0
    """What decides between records of one key, and is known without reading them: a time, a limit, a rank."""


class Place(NamedTuple):
    """Where a record lies, and its note."""

    file: int
    offset: int
    length: int
    note: float


class Index(Protocol):
    """Saves reading a segment again; a cache beside it that may be missing at any time."""

    def load(self, path: Path) -> tuple[int, Iterable[tuple[Hashable, int, int, float]]]:
        """Bytes of the segment that are covered (0 without an index), and key, offset, length, note of each record."""
        ...

    def save(self, path: Path, covered: int, items: Iterable[tuple[Hashable, int, int, float]]) -> None:
        """Write the index of a segment, as far as that is possible."""
        ...


class JsonlStore:
    """Records by key.

    Args:
        place: a folder for one segment per process, or a file ending in `.jsonl` that all processes append to; made
            with the first record.
        entry_of: the entry of a record; null where it is kept for people only, and not found by a key. A `KeyError`,
            `TypeError` or `ValueError` says that the line is not a record of this store.
        replaces: whether a record with the first note takes the place of one with the second, in the order of
            reading. By default the one with the higher note wins, and of two equal ones the later.
        index: of the segments, where they are large.
        index_from: bytes of another process's segment without an index from which on one is worth saving.
        sync_every: records between two `fdatasync`; 0 for none but at the end.
    """

    def __init__(
        self,
        place: Path,
        entry_of: Callable[[JsonObject], Entry | None],
        replaces: Callable[[float, float], bool] = lambda new, old: new >= old,
        *,
        index: Index | None = None,
        index_from: int = 1 << 20,
        sync_every: int = 0,
    ) -> None:
        self.place = place
        self.torn: list[str] = []
        """Unreadable lines, as `<file>:<byte offset>`; an unfinished last line is not one."""
        self._entry_of = entry_of
        self._replaces = replaces
        self._index, self._index_from = index, index_from
        self._sync_every, self._unsynced = sync_every, 0
        self._lock = threading.RLock()
        self._where: dict[Hashable, Place] = {}
        self._files: list[Path] = []
        self._numbers: dict[Path, int] = {}
        self._read_to: dict[Path, int] = {}
        self._readers: dict[int, int] = {}
        self._single = place.suffix == ENDING
        self._writer = _writer(place)
        self.refresh()

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._where

    def note(self, key: Hashable) -> float | None:
        """The note of the valid record of a key; null where there is none."""
        place = self._where.get(key)
        return None if place is None else place.note

    def refresh(self) -> None:
        """Take up what other processes have written since the last look.

        Raises:
            OSError: the object store that the folder mirrors does not answer.
        """
        with self._lock:
            for path in self._paths() if self._single else segments_of(self.place):
                if self._single or path != self._writer.path:
                    self._load(path)

    def get(self, key: Hashable) -> JsonObject | None:
        """The valid record of a key, or null; read from the disk each time."""
        with self._lock:
            place = self._where.get(key)
            if place is None:
                return None
            record, entry = None, None
            with contextlib.suppress(OSError):
                record, entry = self._parse(os.pread(self._reader(place.file), place.length, place.offset))
            if record is None or entry is None or entry.key != key:
                # A file that went away or was edited: forget the place rather than give a wrong record.
                del self._where[key]
                self.torn.append(f"{self._files[place.file].name}:{place.offset}")
                return None
            return record

    def append(self, *records: JsonObject) -> None:
        """Write records, in one write.

        Raises:
            OSError: the disk is full or the place cannot be written. Records written before are intact.
            ValueError: a record has no JSON form; also what `entry_of` raises. Nothing is written.
        """
        lines = [json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n" for record in records]
        entries = [self._entry_of(record) for record in records]
        if not lines:
            return
        with self._lock:
            offset = self._writer.append(b"".join(lines))
            assert self._writer.path is not None
            number = self._number_of(self._writer.path)
            for entry, line in zip(entries, lines, strict=True):
                if entry is not None:
                    self._put(entry, number, offset, len(line))
                offset += len(line)
            self._unsynced += len(lines)
            if self._sync_every and self._unsynced >= self._sync_every:
                self._writer.sync()
                self._unsynced = 0

    def records(self) -> Iterator[JsonObject]:
        """Every readable record, replaced ones and those without a key too, in the order of the files."""
        for path in self._paths():
            with path.open("rb") as lines:
                for line in lines:
                    record, _ = self._parse(line)
                    if record is not None:
                        yield record

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep a single file to this process, and drop an unfinished last line.

        Raises:
            BlockingIOError: another process holds it.
        """
        with self._lock:
            descriptor = self._writer.descriptor()
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            self._writer.drop_unfinished()
            self.refresh()
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Flush to disk and close; the store may be used again afterwards."""
        with self._lock:
            own, size, ours = self._writer.path, self._writer.size, self._writer.is_open
            self._writer.close()
            self._unsynced = 0
            if own is not None and ours and not self._single:
                self._read_to[own] = size
                self._save_index(own, size)
            for descriptor in self._readers.values():
                os.close(descriptor)
            self._readers.clear()

    def _paths(self) -> list[Path]:
        if self._single:
            return [self.place] if self.place.exists() else []
        return segments(self.place)

    def _number_of(self, path: Path) -> int:
        number = self._numbers.setdefault(path, len(self._files))
        if number == len(self._files):
            self._files.append(path)
        return number

    def _reader(self, number: int) -> int:
        if number not in self._readers:
            self._readers[number] = os.open(self._files[number], os.O_RDONLY | os.O_CLOEXEC)
        return self._readers[number]

    def _load(self, path: Path) -> None:
        start = self._read_to.get(path, 0)
        if path.stat().st_size <= start:
            return
        number = self._number_of(path)
        if start == 0 and self._index is not None:
            start, items = self._index.load(path)
            for key, offset, length, note in items:
                self._put(Entry(key, note), number, offset, length)
        reached = start
        for offset, line in lines_from(path, start):
            reached = offset + len(line)
            if not line.strip():
                continue  # begun anew after what looked unfinished, and was another process's line being written
            record, entry = self._parse(line)
            if record is None:
                self.torn.append(f"{path.name}:{offset}")
            elif entry is not None:
                self._put(entry, number, offset, len(line))
        self._read_to[path] = reached
        if reached - start > self._index_from:
            self._save_index(path, reached)

    def _save_index(self, path: Path, covered: int) -> None:
        if self._index is not None:
            number = self._numbers[path]
            places = ((key, place) for key, place in self._where.items() if place.file == number)
            self._index.save(path, covered, ((key, place.offset, place.length, place.note) for key, place in places))

    def _parse(self, line: bytes) -> tuple[JsonObject | None, Entry | None]:
        """The record of a line with its entry; nothing where the line is not a record."""
        try:
            record = json.loads(line)
            if isinstance(record, dict):
                return record, self._entry_of(record)
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        return None, None

    def _put(self, entry: Entry, file: int, offset: int, length: int) -> None:
        known = self._where.get(entry.key)
        if known is None or self._replaces(entry.note, known.note):
            self._where[entry.key] = Place(file, offset, length, entry.note)


def _writer(place: Path) -> SegmentWriter | SharedFileWriter | MirroredWriter:
    if place.suffix == ENDING:
        return SharedFileWriter(place)
    remote = remote_of(place)
    return SegmentWriter(place) if remote is None else MirroredWriter(place, remote)


def append_record(path: Path, record: JsonObject) -> None:
    """Add one record to a file of them that is only ever read by people.

    Raises:
        OSError: it cannot be written; what was there is intact.
    """
    store = SharedFileWriter(path)
    try:
        store.append(json.dumps(record, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n")
    finally:
        store.close()
