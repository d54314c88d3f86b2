"""Append-only files of lines, one per process, in a folder that processes share.

Processes share nothing but the folder, so that no lock is needed. A line is one `os.write`, so that a killed process
leaves at most an unfinished last line.
"""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path


def segment_name() -> str:
    """A name that no other segment has; names are in the order of time."""
    return f"{time.time_ns():x}-{os.getpid()}-{os.urandom(3).hex()}.jsonl"


class SegmentWriter:
    """Writes this process's own segment, made with the first line; a forked child gets one of its own.

    Not thread-safe: the caller holds a lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid = 0
        self._descriptor: int | None = None
        self.path: Path | None = None
        """The segment, once there is one."""
        self.size = 0

    @property
    def is_open(self) -> bool:
        """Whether this process, and not its parent, has opened a segment."""
        return self._descriptor is not None and self._pid == os.getpid()

    def open(self) -> Path:
        """The segment to write to.

        Raises:
            OSError: it cannot be made.
        """
        if not self.is_open or self.path is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / segment_name()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o644)
            self.path, self._pid, self.size = path, os.getpid(), 0
        return self.path

    def append(self, line: bytes) -> int:
        """Write one line; returns the offset at which it begins.

        Raises:
            OSError: the disk is full, or the folder cannot be written. Lines written before are intact.
        """
        self.open()
        assert self._descriptor is not None
        offset = self.size
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "only part of a record could be written")
        except OSError:
            # What a failed write left behind goes, so that the next record starts on a line of its own.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, offset)
            raise
        self.size += len(line)
        return offset

    def sync(self) -> None:
        """Bring what was written to the disk.

        Raises:
            OSError: it is not sure to be there.
        """
        assert self._descriptor is not None
        # macOS has no fdatasync.
        getattr(os, "fdatasync", os.fsync)(self._descriptor)

    def descriptor(self) -> int:
        """The open segment.

        Raises:
            OSError: it cannot be made.
        """
        self.open()
        assert self._descriptor is not None
        return self._descriptor

    def drop_unfinished(self) -> None:
        """Nothing: a segment of one's own has whole lines only."""

    def close(self) -> None:
        """Flush as far as possible and close; the next line begins a new segment. A parent's segment is left alone."""
        if self.is_open:
            with contextlib.suppress(OSError):
                self.sync()
            assert self._descriptor is not None
            os.close(self._descriptor)
        self._descriptor = self.path = None


class SharedFileWriter:
    """Appends to one file that processes share; made, with the folders above it, with the first line.

    Not thread-safe: the caller holds a lock.
    """

    def __init__(self, path: Path) -> None:
        self._place = path
        self._pid = 0
        self._open: int | None = None
        self.path: Path | None = path
        self.size = 0
        """Where the last line ends."""

    @property
    def is_open(self) -> bool:
        """Whether this process, and not its parent, has opened the file."""
        return self._open is not None and self._pid == os.getpid()

    def descriptor(self) -> int:
        """The open file.

        Raises:
            OSError: it cannot be made or written.
        """
        if not self.is_open or self._open is None:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._open = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._pid = os.getpid()
        return self._open

    def append(self, line: bytes) -> int:
        """Write one line, or several, in one write; returns the offset at which it begins.

        Raises:
            OSError: the disk is full, or the file cannot be written. Lines written before are intact.
        """
        descriptor = self.descriptor()
        end = os.fstat(descriptor).st_size
        # A killed process may have left the last line unfinished: a line of one's own is begun.
        lead = b"\n" if end and os.pread(descriptor, 1, end - 1) != b"\n" else b""
        if os.write(descriptor, lead + line) != len(lead) + len(line):
            raise OSError(errno.ENOSPC, "only part of a record could be written")
        self.size = os.lseek(descriptor, 0, os.SEEK_CUR)  # another process's lines may have come before
        return self.size - len(line)

    def drop_unfinished(self) -> None:
        """Cut off an unfinished last line; only for who holds the file alone."""
        descriptor = self.descriptor()
        end = os.fstat(descriptor).st_size
        whole = end
        while whole and os.pread(descriptor, 1, whole - 1) != b"\n":
            block = max(0, whole - 4096)
            whole = block + os.pread(descriptor, whole - block, block).rfind(b"\n") + 1
        if whole < end:
            os.ftruncate(descriptor, whole)

    def sync(self) -> None:
        """Bring what was written to the disk.

        Raises:
            OSError: it is not sure to be there.
        """
        getattr(os, "fdatasync", os.fsync)(self.descriptor())

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self.is_open and self._open is not None:
            os.close(self._open)
        self._open = None


def segments(folder: Path) -> list[Path]:
    """The segments of a folder, oldest first; none where there is no folder."""
    return sorted(folder.glob("*.jsonl")) if folder.is_dir() else []


def lines_from(path: Path, offset: int) -> Iterator[tuple[int, bytes]]:
    """The finished lines of a segment from an offset on, each with its own offset."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                # The tail of a killed process, or a record being written now: looked at again.
                return
            yield offset, line
            offset += len(line)
