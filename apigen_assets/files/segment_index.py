"""Indexes of append-only segments whose keys are hashes: a cache beside each segment that may be deleted any time."""

import contextlib
import struct
from collections.abc import Hashable, Iterable
from pathlib import Path

from apigen_assets.files.atomic import whole_path

_MAGIC = b"APIGENJ2"
_HEAD = struct.Struct("<8sQ")
_ITEM = struct.Struct("<32sQII")


class HashIndex:
    """Places of records by keys of 32 bytes, in `<segment>.idx`; notes are whole numbers below 2**32."""

    def load(self, path: Path) -> tuple[int, Iterable[tuple[Hashable, int, int, float]]]:
        """See `jsonl_store.Index`; an index that is damaged or of another version counts as absent."""
        try:
            raw = path.with_suffix(".idx").read_bytes()
            magic, covered = _HEAD.unpack_from(raw)
            if magic != _MAGIC or covered > path.stat().st_size:
                return 0, ()
            return int(covered), list(_ITEM.iter_unpack(raw[_HEAD.size :]))
        except (OSError, struct.error):
            return 0, ()

    def find(self, path: Path, key: bytes) -> tuple[int, list[tuple[int, int, int]]]:
        """Bytes of the segment that are covered, and offset, length and note of each record of one key in them.

        The file is searched as it is: a journal of a million answers has 48 MB of indexes, and as many objects in
        memory would take longer than the answer.
        """
        try:
            raw = path.with_suffix(".idx").read_bytes()
            magic, covered = _HEAD.unpack_from(raw)
            if magic != _MAGIC or covered > path.stat().st_size:
                return 0, []
        except (OSError, struct.error):
            return 0, []
        places = []
        at = raw.find(key, _HEAD.size)
        while at >= 0:
            if (at - _HEAD.size) % _ITEM.size == 0 and at + _ITEM.size <= len(raw):
                _, offset, length, note = _ITEM.unpack_from(raw, at)
                places.append((offset, length, note))
            at = raw.find(key, at + 1)
        return int(covered), places

    def save(self, path: Path, covered: int, items: Iterable[tuple[Hashable, int, int, float]]) -> None:
        """See `jsonl_store.Index`; best effort, since without an index the segment is read again."""
        body = [_HEAD.pack(_MAGIC, covered)]
        body += [_ITEM.pack(key, offset, length, int(note)) for key, offset, length, note in items]
        with contextlib.suppress(OSError), whole_path(path.with_suffix(".idx")) as temporary:
            temporary.write_bytes(b"".join(body))
