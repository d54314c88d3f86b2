"""Calls as they travel to a worker."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from resources.python.frames import HEADER, pack
from resources.python.launch import Process


@dataclass(frozen=True)
class CodeUnit:
    """A trust unit: code of one author that may share a process. A top-level package, a dropped folder, or one file."""

    key: str
    name: str | None
    origin: str | None
    locations: tuple[str, ...]
    code: tuple[str, ...]
    """What workers must be able to read for it."""
    root: str | None = None
    """The folder of a unit whose modules import each other."""
    file: str | None = None
    """The file of this binding's module, where the unit has several."""


@dataclass
class Batch:
    """Calls of one unit that travel together: index in the execution and line."""

    unit: CodeUnit
    modules: list[tuple[str, str | None, str | None]]
    """Name, file and folder of each."""
    items: list[tuple[int, bytes]]

    def frame(self) -> bytes:
        """The batch as it is sent."""
        head = {
            "key": self.unit.key,
            "name": self.unit.name,
            "origin": self.unit.origin,
            "locations": self.unit.locations,
            "modules": self.modules,
        }
        return pack(json.dumps(head).encode() + b"\n" + b"\n".join(line for _, line in self.items))

    def split(self) -> "list[Batch]":
        """One batch per call."""
        return [Batch(self.unit, self.modules, [item]) for item in self.items]


@dataclass
class Worker:
    """One worker as the pool sees it: its process and the batches it has."""

    process: Process
    batches: deque[Batch] = field(default_factory=deque)
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)
    heard: float = 0.0

    def frames(self) -> Iterator[bytes]:
        """Complete payloads received so far."""
        while len(self.incoming) >= HEADER.size:
            stop = HEADER.size + HEADER.unpack_from(self.incoming)[0]
            if len(self.incoming) < stop:
                return
            payload = bytes(self.incoming[HEADER.size : stop])
            del self.incoming[:stop]
            yield payload
