"""What comes back from the process that makes calls, line by line, and how it ended."""

import os
import signal
from contextlib import suppress

from resources.python.executor import CANNOT_ANSWER

_MOST_LINE = 1 << 17


class End:
    """How an executor ended: `clean`, `dirty`, or `died` with outcome and detail of its last call."""

    def __init__(self, kind: str, outcome: str = "", detail: str = "") -> None:
        self.kind = kind
        self.doubtful = False
        """Whether a call of an earlier batch could be to blame."""
        self.outcome = outcome
        self.detail = detail


class Reader:
    """Reads an executor's lines; one without the batch's nonce was not written by its loop."""

    def __init__(self, nonce: bytes, expected: int) -> None:
        self._nonce = nonce
        self._expected = expected
        self._rest = b""
        self._beats = 0
        self._mark = b""
        self.answers: list[bytes] = []
        self.started = False
        self.violated = False

    @property
    def ended(self) -> bool:
        """Whether the last line came."""
        return bool(self._mark)

    @property
    def stays(self) -> bool:
        """Whether the executor waits for another batch."""
        return self._mark == b"C" and len(self.answers) == self._expected and not self.violated

    def read(self, fd: int) -> bool:
        """Take all that is there; true when a call got further."""
        moved = False
        while True:
            try:
                data = os.read(fd, 1 << 16)
            except BlockingIOError:
                return moved
            if not data:
                return moved
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                moved = self._take(line) or moved
                if self.violated:  # what follows may be in the wrong place
                    return moved
            if len(self._rest) > _MOST_LINE or (
                self._rest and not self._rest.startswith(self._nonce[: len(self._rest)])
            ):
                self.violated = True
            if self.violated:
                return moved

    def _take(self, line: bytes) -> bool:
        body = line[len(self._nonce) :]
        if not line.startswith(self._nonce) or self._mark or len(line) > _MOST_LINE:
            self.violated = True
        elif body == b"S" and not self.started:
            self.started = True
            return True
        elif body == b"H" and self._beats == len(self.answers):
            self._beats = len(self.answers) + 1
            return True
        elif body[:1] in (b"C", b"D", b"E"):
            self._mark = body
        elif body[:1] == b"[" and len(self.answers) < self._expected:
            self.answers.append(body)
            self._beats = len(self.answers)
            return True
        else:
            self.violated = True
        return False

    @staticmethod
    def discard(fd: int) -> None:
        """Read what is left, for nothing."""
        with suppress(BlockingIOError):
            while os.read(fd, 1 << 16):
                pass

    def end(self, code: int) -> End:
        """The executor's end, from its last line and its exit status."""
        if self.violated:
            return End("died", "crashed", "wrote into the sandbox's own channel")
        if self._mark and code == 0:
            return (
                End("clean")
                if self._mark in (b"C", b"E")
                else End("dirty", "", self._mark[2:].decode(errors="replace"))
            )
        if code == CANNOT_ANSWER:
            return End("died", "crashed", "closed the channel of its results")
        if code == -signal.SIGXCPU:
            return End("died", "timeout", "the processor time ran out")
        return End("died", "crashed", manner_of_end(code))


def manner_of_end(code: int) -> str:
    """How a process ended, for people; a negative code is a signal."""
    if code >= 0:
        return f"the process ended itself with status {code}"
    with suppress(ValueError):
        return f"the process died of {signal.Signals(-code).name}"
    return f"the process died of signal {-code}"
