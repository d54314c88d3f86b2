"""Recorded calls: every REST and MCP call that was made, kept so that a data set can be verified again offline.

They lie in a store of append-only segments (`apigen_assets.files.jsonl_store`).
"""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from apigen_assets.domain.outcome import MENDED_AT_THIS_END, CallResult, Outcome
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.jsonl_store import Entry, JsonlStore

TRANSIENT = frozenset({Outcome.TIMEOUT, Outcome.HTTP_5XX, Outcome.QUOTA})
"""Failures of a service that may be gone tomorrow."""


Mode = Literal["live", "record", "replay"]
"""Whether calls are made whatever is recorded, made where nothing usable is, or never made."""


class RecordingsError(OSError):
    """The recordings cannot be written; the message names the folder and the remedy."""


class Recording(NamedTuple):
    """One recorded call."""

    result: CallResult
    recorded_at: float
    """Seconds since the epoch."""
    origin: str
    """`live`, or the name of the collection it was imported from."""


def call_key(method: str, target: str, arguments: JsonMapping) -> str:
    """The identity of a call: its method, its URL template (or MCP server and tool), and its arguments.

    Arguments that are null count as left out. Credentials and fixed headers are not part of it.
    """
    stated = {name: value for name, value in arguments.items() if value is not None}
    return hashlib.sha256(dumps([method.upper(), target, stated]).encode()).hexdigest()


class Recordings:
    """Recorded calls by key, over all segments of one folder. The newest recording of a call is the valid one.

    Args:
        folder: where the segments lie; made when the first record is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store = JsonlStore(folder, lambda record: Entry(_key_of(record), _recording(record).recorded_at))

    @property
    def torn(self) -> list[str]:
        """Unreadable lines, as `<segment>:<byte offset>`; an unfinished last line is not one."""
        return self._store.torn

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, key: str) -> bool:
        return key in self._store

    def refresh(self) -> None:
        """Take up what other processes have written since the last look."""
        self._store.refresh()

    def get(self, key: str) -> Recording | None:
        """The newest recording of a call, or null; read from disk, so that responses do not pile up in memory."""
        record = self._store.get(key)
        return None if record is None else _recording(record)

    def usable(self, key: str, negative_ttl_s: float) -> Recording | None:
        """The recording to use instead of a call: any definite one, and a service's own failure while it is young."""
        recording = self.get(key)
        if recording is None or recording.result.outcome in MENDED_AT_THIS_END:
            return None
        if recording.result.outcome in TRANSIENT and time.time() - recording.recorded_at > negative_ttl_s:
            return None
        return recording

    def add(
        self, key: str, request: JsonMapping, result: CallResult, origin: str = "live", at: float | None = None
    ) -> None:
        """Keep one call. The request must be free of secrets; it is for people, the key decides.

        Raises:
            RecordingsError: the disk is full or the folder cannot be written. Earlier records are intact.
        """
        record = {
            "key": key,
            "at": round(time.time() if at is None else at, 3),
            "origin": origin,
            "request": dict(request),
            "outcome": result.outcome.value,
            "status": result.status,
            "detail": result.detail,
            "result": result.result,
            "truncated": result.truncated,
            "duration_s": round(result.duration_s, 4),
        }
        try:
            self._store.append(record)
        except OSError as error:
            raise RecordingsError(
                error.errno,
                f"recordings {self.folder}: {error.strerror or error}; free some space or make the folder "
                "writable (APIGEN_HOME moves it). Calls recorded before are kept and not made again",
            ) from None

    def records(self) -> Iterator[JsonObject]:
        """Every readable record of every segment, older ones too."""
        return self._store.records()

    def close(self) -> None:
        """Flush to disk and close; the recordings may be used again afterwards."""
        self._store.close()


def instead_of_call(recordings: Recordings | None, key: str, mode: Mode, negative_ttl_s: float) -> CallResult | None:
    """The result to use instead of making a call, or null where it is to be made.

    Args:
        recordings: where to look; null where nothing is kept.
        key: of the call.
        mode: in `replay` a call that was never recorded has the outcome `not_recorded`.
        negative_ttl_s: in `record`, seconds for which a failure that may pass is reused.
    """
    if mode == "live":
        return None
    if recordings is not None:
        recording = recordings.get(key) if mode == "replay" else recordings.usable(key, negative_ttl_s)
        if recording is not None:
            return recording.result
    if mode == "record":
        return None
    return CallResult(
        outcome=Outcome.NOT_RECORDED, detail="replay only, and this call was never recorded", mode="replayed"
    )


def _key_of(record: JsonObject) -> str:
    key = record["key"]
    if not isinstance(key, str):
        raise TypeError("a recording's key is text")
    return key


def _recording(record: JsonObject) -> Recording:
    result = CallResult(
        outcome=Outcome(record["outcome"]),
        result=record["result"],
        truncated=bool(record["truncated"]),
        detail=record["detail"],
        status=record["status"],
        duration_s=record.get("duration_s", 0.0),
        mode="replayed",
    )
    return Recording(result, float(record["at"]), str(record.get("origin", "live")))
