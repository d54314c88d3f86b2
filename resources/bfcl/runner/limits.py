"""Bounds on what one answer may cost."""

import faulthandler
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MEMORY_LIMIT = 4 << 30
"""Bytes of address space of the whole process."""

_GRACE_S = 5.0
_WALL_PER_CPU = 4


class TooSlowError(BaseException):
    """One item took longer than its limit. Not an `Exception`: the tools of the leaderboard catch those."""


def bound_process() -> None:
    """Set the memory limit and make the alarm raise `TooSlowError`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGPROF, _stop)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `TooSlowError` in the block after so many seconds of CPU, again each second until it gets through.

    CPU time, since no verdict may depend on what else the machine does. A block that cannot be interrupted (one
    operation on huge numbers) ends the process some time later; the other end then counts that answer as wrong and
    scores the rest.
    """
    faulthandler.dump_traceback_later(_WALL_PER_CPU * seconds + _GRACE_S, exit=True, file=sys.stderr)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def _stop(*_: object) -> None:
    raise TooSlowError
