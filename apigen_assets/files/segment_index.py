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

    def save(self, path: Path, covered: int, items: Iterable[tuple[Hashable, int, int, float]]) -> None:
        """See `jsonl_store.Index`; best effort, since without an index the segment is read again."""
        body = [_HEAD.pack(_MAGIC, covered)]
        body += [_ITEM.pack(key, offset, length, int(note)) for key, offset, length, note in items]
        with contextlib.suppress(OSError), whole_path(path.with_suffix(".idx")) as temporary:
            temporary.write_bytes(b"".join(body))
