"""The completions journal: every answer of a language model, kept before anybody reads it.

One append-only JSON Lines segment per process (`apigen_assets.files.segments`), one `os.write` per record: a killed
process loses only what had not arrived. Beside each segment lies an index file, a cache that may be deleted any time.
"""

import contextlib
import errno
import json
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from apigen_assets.files.atomic import whole_path
from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.segments import SegmentWriter, lines_from, segments
from resources.llm.outcomes import OutcomeClass, outcome_of
from resources.llm.protocol import completion_of, cost_of

_INDEX_MAGIC = b"APIGENJ2"
_INDEX_HEAD = struct.Struct("<8sQ")
_INDEX_ITEM = struct.Struct("<32sQII")
_UNCUT = 0
"""In place of the token limit at which an answer was cut."""
_INDEX_FROM = 1 << 20
"""Bytes of unindexed text from which on a scan of another process's segment is worth saving."""


class JournalError(OSError):
    """The journal cannot be written; the message names the folder and the remedy."""


class Journal:
    """Answers by key, over all segments of one folder.

    Args:
        folder: where the segments lie; made when the first record is written.
        sync_every: records between two `fdatasync`; a power cut costs at most so many, a killed process none.
    """

    def __init__(self, folder: Path, sync_every: int = 64) -> None:
        self.folder = folder
        self.torn: list[str] = []
        """Unreadable lines, as `<segment>:<byte offset>`; an unfinished last line is not one."""
        self._sync_every = sync_every
        self._lock = threading.RLock()
        self._where: dict[bytes, tuple[int, int, int, int]] = {}
        """By key: segment, offset, length, and the limit at which the answer was cut."""
        self._segments: list[Path] = []
        self._numbers: dict[Path, int] = {}
        self._read_to: dict[str, int] = {}
        self._readers: dict[int, int] = {}
        self._writer = SegmentWriter(folder)
        self._unsynced = 0
        self.refresh()

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._where

    def answered(self, key: str, limit: int = 0) -> bool:
        """Whether there is an answer. One that was cut at a lower token limit than this is worth asking for again."""
        place = self._where.get(bytes.fromhex(key))
        return place is not None and (place[3] == _UNCUT or place[3] >= limit)

    def refresh(self) -> None:
        """Take up what other processes have written since the last look."""
        with self._lock:
            for path in segments(self.folder):
                if path != self._writer.path and path.stat().st_size > self._read_to.get(path.name, 0):
                    self._load(path)

    def get(self, key: str) -> JsonObject | None:
        """The record of a key, or null; read from disk each time, so that texts do not pile up in memory."""
        with self._lock:
            place = self._where.get(bytes.fromhex(key))
            if place is None:
                return None
            number, offset, length, _ = place
            raw = os.pread(self._reader(number), length, offset)
            record = _parse(raw)
            if record is None or record["key"] != key:
                # A stale index or an edited segment: forget the place rather than give a wrong answer.
                del self._where[bytes.fromhex(key)]
                self.torn.append(f"{self._segments[number].name}:{offset}")
                return None
            return record

    def append(self, record: JsonObject) -> None:
        """Write one record; it has a `key` (64 hex digits), and an `error` where it must not be reused.

        Raises:
            JournalError: the disk is full or the folder cannot be written. Records written before are intact.
        """
        head = {"key": record["key"], **{name: value for name, value in record.items() if name != "key"}}
        line = json.dumps(head, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with self._lock:
            try:
                offset = self._writer.append(line)
            except OSError as error:
                raise _explain(error, self.folder) from None
            assert self._writer.path is not None
            self._unsynced += 1
            cut = cut_at(record)
            if cut is not None:
                number = self._number_of(self._writer.path)
                self._where[bytes.fromhex(record["key"])] = (number, offset, len(line), cut)
            if self._unsynced >= self._sync_every:
                self._sync()

    def records(self) -> Iterator[JsonObject]:
        """Every readable record of every segment, errors too, in the order of the segments."""
        for path in segments(self.folder):
            with path.open("rb") as lines:
                for line in lines:
                    record = _parse(line)
                    if record is not None:
                        yield record

    def close(self) -> None:
        """Flush to disk and close; the journal may be used again afterwards."""
        with self._lock:
            own, size, ours = self._writer.path, self._writer.size, self._writer.is_open
            self._writer.close()
            self._unsynced = 0
            if own is not None and ours:
                self._save_index(own, self._number_of(own), size)
                self._read_to[own.name] = size
            for descriptor in self._readers.values():
                os.close(descriptor)
            self._readers.clear()

    def _number_of(self, path: Path) -> int:
        number = self._numbers.setdefault(path, len(self._segments))
        if number == len(self._segments):
            self._segments.append(path)
        return number

    def _sync(self) -> None:
        try:
            self._writer.sync()
        except OSError as error:
            raise _explain(error, self.folder) from None
        self._unsynced = 0

    def _reader(self, number: int) -> int:
        if number not in self._readers:
            self._readers[number] = os.open(self._segments[number], os.O_RDONLY)
        return self._readers[number]

    def _load(self, path: Path) -> None:
        number = self._number_of(path)
        start = self._read_to.get(path.name, 0)
        if start == 0:
            start = self._load_index(path, number)
        reached = start
        for offset, line in lines_from(path, start):
            record = _parse(line)
            if record is None:
                self.torn.append(f"{path.name}:{offset}")
            elif (cut := cut_at(record)) is not None:
                self._take(bytes.fromhex(record["key"]), (number, offset, len(line), cut))
            reached = offset + len(line)
        self._read_to[path.name] = reached
        if reached - start > _INDEX_FROM:
            self._save_index(path, number, reached)

    def _take(self, key: bytes, place: tuple[int, int, int, int]) -> None:
        """Note an answer: the first one, unless it was cut and the further one less so."""
        known = self._where.get(key)
        if known is None or (known[3] != _UNCUT and (place[3] == _UNCUT or place[3] > known[3])):
            self._where[key] = place

    def _load_index(self, path: Path, number: int) -> int:
        """Take places from the index file; returns how far into the segment it reaches (0 without one)."""
        try:
            raw = path.with_suffix(".idx").read_bytes()
            magic, covered = _INDEX_HEAD.unpack_from(raw)
            if magic != _INDEX_MAGIC or covered > path.stat().st_size:
                return 0
            for key, offset, length, cut in _INDEX_ITEM.iter_unpack(raw[_INDEX_HEAD.size :]):
                self._take(key, (number, offset, length, cut))
        except (OSError, struct.error):
            return 0
        return int(covered)

    def _save_index(self, path: Path, number: int, covered: int) -> None:
        """Best effort: without an index file the segment is read again."""
        body = [_INDEX_HEAD.pack(_INDEX_MAGIC, covered)]
        body += [
            _INDEX_ITEM.pack(key, offset, length, cut)
            for key, (segment, offset, length, cut) in self._where.items()
            if segment == number
        ]
        with contextlib.suppress(OSError), whole_path(path.with_suffix(".idx")) as temporary:
            temporary.write_bytes(b"".join(body))


def cut_at(record: JsonObject) -> int | None:
    """The token limit at which a record's answer was cut, 0 for one that was not; null for a failure.

    Earlier versions stored as answers what was none: empty ones, broken ones, errors in a 200. They are failures here,
    so that they are asked again.
    """
    if record.get("error"):
        return None
    sent = record.get("request")
    sent = sent if isinstance(sent, dict) else {}
    if "outcome" not in record and "request" in record:
        outcome = outcome_of(200, {}, str(record.get("body") or ""), sent, 0.0)
        if outcome.kind is not OutcomeClass.ANSWER:
            return None
    if '"length"' not in str(record.get("body") or "") or completion_of(record).status != "length":
        return _UNCUT
    limit = record.get("limit") or sent.get("max_tokens") or sent.get("max_completion_tokens") or 1
    return min(int(limit), (1 << 32) - 1)


def _parse(line: bytes) -> JsonObject | None:
    """The record of a line, or null where it is no record."""
    try:
        record = json.loads(line)
        if len(bytes.fromhex(record["key"])) != 32:
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def journal_totals(root: Path) -> tuple[int, float]:
    """Tokens and USD of every answer of every journal below a folder."""
    tokens, money = 0, 0.0
    for folder in sorted({path.parent for path in root.glob("*/*.jsonl")}):
        for record in Journal(folder).records():
            if not record.get("error"):
                completion = completion_of(record)
                tokens += completion.prompt_tokens + completion.completion_tokens
                money += cost_of(record)
    return tokens, money


def _explain(error: OSError, folder: Path) -> JournalError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        said = "the disk is full; free some space"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        said = "the folder cannot be written; make it writable or set APIGEN_HOME"
    else:
        said = "see the error"
    return JournalError(
        error.errno,
        f"journal {folder}: {said} ({error.strerror or error}). Every answer written before is kept: "
        "run again and nothing is asked for twice",
    )
