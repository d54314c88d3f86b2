"""Starting and stopping the embedded REST server as a child process that cannot outlive its parent."""

import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from resources.http.policy import EMBEDDED_HOST

_ROOT = Path(__file__).parents[3]
_START_S = 60.0


def demo_source() -> Path:
    """The OpenAPI file that describes the embedded server, to be imported like any user's."""
    return Path(__file__).with_name("openapi.yaml")


class LocalRestServer:
    """The embedded server in a child process on a free loopback port, started at first need.

    URLs name it `http://embedded.apigen.invalid`, whatever the port: `RestPolicy.embedded` takes `address`, and the
    executor connects there. The child reads a pipe from this process and ends when it closes; after `kill -9` the
    kernel closes it.
    """

    base_url = f"http://{EMBEDDED_HOST}"
    """What URLs of the server begin with, in every run and process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "LocalRestServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return self._process.pid if self._process else None

    def address(self) -> tuple[str, int]:
        """Loopback address and port, with the server running.

        Raises:
            OSError: the server does not come up.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return "127.0.0.1", self._port
            process = subprocess.Popen(
                [sys.executable, "-m", "resources.local.rest"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_ROOT,
                # Its own group: an interruption at the terminal is for the parent, which finishes its calls first.
                start_new_session=True,
            )
            assert process.stdout is not None
            timer = threading.Timer(_START_S, process.kill)
            timer.start()
            line = process.stdout.readline().decode().strip()
            timer.cancel()
            if not line.isdigit():
                process.kill()
                raise OSError(f"the embedded REST server ended with status {process.wait()} before it was ready")
            self._process, self._port = process, int(line)
            return "127.0.0.1", self._port

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
