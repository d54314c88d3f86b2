"""Starting and stopping the stand-in server as a child process that cannot outlive its parent."""

import subprocess
import sys
import threading
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_START_S = 60.0


class StandinProcess:
    """The stand-in server in a child process on a free loopback port, started at first need.

    The child reads a pipe from this process and ends when it closes; after `kill -9` the kernel closes it.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """The base URL, with the server running.

        Raises:
            OSError: the server does not come up.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._url
            process = subprocess.Popen(
                [sys.executable, "-m", "resources.local.standin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_ROOT,
                # Its own group: an interruption at the terminal is for the parent, which drains first.
                start_new_session=True,
            )
            assert process.stdout is not None
            timer = threading.Timer(_START_S, process.kill)
            timer.start()
            line = process.stdout.readline().decode().strip()
            timer.cancel()
            if not line.startswith("http://"):
                process.kill()
                raise OSError(f"it ended with status {process.wait()} before it was ready")
            self._process, self._url = process, line
            return line

    def stop(self) -> None:
        """End the server; harmless where none runs."""
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
