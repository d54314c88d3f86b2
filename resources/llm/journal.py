"""The completions journal: every answer of a language model, kept before anybody reads it.

It lies in a store of append-only segments (`apigen_assets.files.jsonl_store`): a killed process loses only what had not
arrived. Beside each segment lies an index file, a cache that may be deleted any time.
"""

import errno
import json
from collections.abc import Iterator
from pathlib import Path

from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.jsonl_store import Entry, JsonlStore
from apigen_assets.files.mirror import segment_folders, segments_of
from apigen_assets.files.segment_index import HashIndex
from apigen_assets.files.segments import lines_from
from resources.llm.outcomes import OutcomeClass, outcome_of
from resources.llm.protocol import completion_of, paid_of

_HEAD_BYTES = 256
"""A record begins with its key."""
_UNCUT = 0
"""In place of the token limit at which an answer was cut."""


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
        self._store = JsonlStore(folder, _entry, _is_better, index=HashIndex(), sync_every=sync_every)

    @property
    def torn(self) -> list[str]:
        """Unreadable lines, as `<segment>:<byte offset>`; an unfinished last line is not one."""
        return self._store.torn

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._store

    def answered(self, key: str, limit: int = 0) -> bool:
        """Whether there is an answer. One that was cut at a lower token limit than this is worth asking for again."""
        cut = self._store.note(bytes.fromhex(key))
        return cut is not None and (cut == _UNCUT or cut >= limit)

    def refresh(self) -> None:
        """Take up what other processes have written since the last look."""
        self._store.refresh()

    def get(self, key: str) -> JsonObject | None:
        """The record of a key, or null; read from disk each time, so that texts do not pile up in memory."""
        return self._store.get(bytes.fromhex(key))

    def append(self, record: JsonObject) -> None:
        """Write one record; it has a `key` (64 hex digits), and an `error` where it must not be reused.

        Raises:
            JournalError: the disk is full or the folder cannot be written. Records written before are intact.
        """
        head = {"key": record["key"], **{name: value for name, value in record.items() if name != "key"}}
        try:
            self._store.append(head)
        except OSError as error:
            raise _explain(error, self.folder) from None

    def records(self) -> Iterator[JsonObject]:
        """Every readable record of every segment, errors too, in the order of the segments."""
        return self._store.records()

    def close(self) -> None:
        """Flush to disk and close; the journal may be used again afterwards."""
        self._store.close()


def journalled(folder: Path, key: str) -> JsonObject | None:
    """The answer of one key, or null, without reading the whole journal: what one look-up needs.

    Args:
        folder: where the segments lie.
        key: 64 hex digits.
    """
    best: tuple[int, JsonObject] | None = None
    for path in segments_of(folder):
        covered, places = HashIndex().find(path, bytes.fromhex(key))
        lines = [_line(path, offset, length) for offset, length, _ in places]
        lines += [line for _, line in lines_from(path, covered) if key.encode() in line[:_HEAD_BYTES]]
        for line in lines:
            try:
                record = json.loads(line)
                entry = _entry(record) if record["key"] == key else None
            except (ValueError, KeyError, TypeError):
                continue
            if entry is not None and (best is None or _is_better(int(entry.note), best[0])):
                best = int(entry.note), record
    return None if best is None else best[1]


def _line(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def _entry(record: JsonObject) -> Entry | None:
    """Under what an answer is found, with the limit at which it was cut; null for a failure."""
    key = bytes.fromhex(record["key"])
    if len(key) != 32:
        raise ValueError("a key has 64 hex digits")
    cut = cut_at(record)
    return None if cut is None else Entry(key, cut)


def _is_better(new: float, known: float) -> bool:
    """Whether a further answer replaces the first one: only where that was cut and the further one less so."""
    return known != _UNCUT and (new == _UNCUT or new > known)


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


def journal_totals(root: Path) -> tuple[int, float]:
    """Tokens and USD of everything in every journal below a folder, failures that cost something among them."""
    tokens, money = 0, 0.0
    for folder in segment_folders(root):
        for record in Journal(folder).records():
            prompt, written, cost = paid_of(record)
            tokens += prompt + written
            money += cost
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
