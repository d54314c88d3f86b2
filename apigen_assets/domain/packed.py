"""Records held as compressed JSON text, for more of them than should lie in memory as objects."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

import polars as pl

from apigen_assets.domain.record import Record
from apigen_assets.files.json_types import JsonObject

RecordT = TypeVar("RecordT", bound=Record)


class PackedRecords(Sequence[RecordT], Generic[RecordT]):
    """A list of immutable records, each made anew whenever it is asked for, in about a tenth of the memory.

    Args:
        kind: class of the records.
        records: what the list holds at first.
    """

    def __init__(self, kind: type[RecordT], records: Iterable[RecordT] = ()) -> None:
        self._kind = kind
        self._packed: list[bytes] = []
        for record in records:
            self.append(record)

    def append(self, record: RecordT) -> None:
        """Adds a record at the end.

        Raises:
            UnicodeEncodeError: it holds half a character pair, which no table can.
        """
        self._packed.append(_packed(record))

    def __setitem__(self, at: int, record: RecordT) -> None:
        self._packed[at] = _packed(record)

    @overload
    def __getitem__(self, at: int) -> RecordT: ...
    @overload
    def __getitem__(self, at: slice) -> list[RecordT]: ...
    def __getitem__(self, at: int | slice) -> RecordT | list[RecordT]:
        if isinstance(at, slice):
            return [self[place] for place in range(len(self))[at]]
        return self._kind.model_validate(_unpacked(self._packed[at]))

    def __len__(self) -> int:
        return len(self._packed)

    def objects(self) -> Iterator[JsonObject]:
        """The records as JSON objects, which costs much less than making records of them."""
        return map(_unpacked, self._packed)

    def frame(self, order: Iterable[int] | None = None) -> pl.DataFrame:
        """A frame with the record's `SCHEMA`.

        Args:
            order: positions of the records that it holds, in its order; by default all as they stand.
        """
        packed = self._packed if order is None else (self._packed[at] for at in order)
        return self._kind.frame_of(_unpacked(text) for text in packed)


def _packed(record: Record) -> bytes:
    # the order of fields is kept: in `parameters` it is the one in which the source names them
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def _unpacked(packed: bytes) -> JsonObject:
    values: JsonObject = json.loads(zlib.decompress(packed))
    return values
