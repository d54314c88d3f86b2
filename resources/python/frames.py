"""Length-prefixed frames over a stream: four bytes of length (big-endian), then the payload."""

import os
import struct

HEADER = struct.Struct(">I")

_read = os.read


def pack(payload: bytes) -> bytes:
    """The frame around a payload."""
    return HEADER.pack(len(payload)) + payload


def read_frame(fd: int) -> bytes | None:
    """One payload from a blocking descriptor; None at its end."""
    head = _read_exactly(fd, HEADER.size)
    return None if head is None else _read_exactly(fd, HEADER.unpack(head)[0])


def _read_exactly(fd: int, count: int) -> bytes | None:
    parts = []
    while count:
        part = _read(fd, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
