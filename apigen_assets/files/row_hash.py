"""The hash of a table's rows in their order: what a release's manifest says, and what reading it back must give."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from apigen_assets.files.canonical import content_hash

if TYPE_CHECKING:
    import pyarrow as pa


class RowHash:
    """SHA-256 over columns and rows in their order: the same for the same content, whatever wrote it."""

    def __init__(self, columns: list[list[str]]) -> None:
        self._digest = hashlib.sha256()
        self._add(columns)

    def update(self, table: "pa.Table") -> None:
        """Add rows."""
        names = table.column_names
        for row in table.to_pylist():
            self._add([row[name] for name in names])

    def hexdigest(self) -> str:
        """The hash of everything added so far."""
        return self._digest.hexdigest()

    def _add(self, value: object) -> None:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        self._digest.update(text.encode() + b"\n")


def combined_hash(hashes: Mapping[str, str]) -> str:
    """One hash for a release, of the row hashes by `config/split`."""
    return content_hash(dict(hashes), 64)
