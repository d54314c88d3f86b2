"""One of Dagster's own programs over the project, in a process group of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from apigen_assets.orchestration.home import PROJECT


@contextmanager
def dagster_process(
    program: str, arguments: list[str], log: Path, **variables: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """The running program with all that it starts, ended with the block.

    Args:
        program: its name, such as `dagster-daemon`.
        arguments: what it is called with; the workspace is added.
        log: where it writes.
        variables: added to the environment of this process.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name(program)), *arguments, "-w", str(PROJECT / "workspace.yaml")],
            cwd=PROJECT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **variables},
            # A shell's background jobs ignore SIGINT, and Dagster makes SIGTERM do the same: it would never end.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            # A code server may outlive the program that started it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
