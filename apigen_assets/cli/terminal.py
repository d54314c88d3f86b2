"""What the commands write to a terminal: descriptions and answers of others must not drive it."""

import re
import sys
from typing import Any, TextIO

_COLOUR = r"\x1b\[[0-9;]*m"
_DRIVING = re.compile(
    rf"({_COLOUR})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""Control characters (C0, C1) and those that turn the direction of writing, but not colours, tabs and line ends."""


def harmless(text: str) -> str:
    """The text with every character that could drive a terminal written as an escape, as Python writes it."""
    return _DRIVING.sub(lambda match: match.group(1) or _written(match.group()), text)


def _written(character: str) -> str:
    return ascii(character)[1:-1]


class _Guarded:
    """A stream that is a terminal; everything but `write` is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(harmless(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def guard_terminal() -> None:
    """From now on this process writes to its terminal harmlessly; files and pipes get every text as it is."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream.isatty() and not isinstance(stream, _Guarded):
            setattr(sys, name, _Guarded(stream))


def unguarded(stream: TextIO) -> TextIO:
    """The stream itself, for what draws on a terminal and shows nothing of others."""
    return stream.stream if isinstance(stream, _Guarded) else stream
