"""The real Dagster daemon over a project folder of a test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.dagster_process import dagster_process


@contextmanager
def daemon(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A running daemon with its code servers, in the environment of this process; ended with the block."""
    with dagster_process("dagster-daemon", ["run"], log) as process:
        yield process
