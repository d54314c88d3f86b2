"""The supervisor's end of the socket to the pool."""

import os
import time

from resources.python.frames import pack

STEP_S = 0.5
"""Between two signs of life to the pool."""


class PoolGone(Exception):
    """The pool closed the channel or died."""


class Channel:
    """The way to the pool."""

    def __init__(self, fd: int) -> None:
        """Use a connected stream socket."""
        self.fd = fd
        self._last = time.monotonic()

    def send(self, payload: bytes) -> None:
        """Send one frame.

        Raises:
            PoolGone: when nobody listens any more.
        """
        data = memoryview(pack(payload))
        self._last = time.monotonic()
        try:
            while data:
                data = data[os.write(self.fd, data) :]
        except OSError:
            raise PoolGone from None

    def sign_of_life(self) -> None:
        """Send an empty frame from time to time, so that the pool can tell a long call from a dead worker."""
        if time.monotonic() - self._last > STEP_S:
            self.send(b"")
