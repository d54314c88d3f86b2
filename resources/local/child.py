"""An embedded server as a child process that cannot outlive its parent."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

_ROOT = Path(__file__).parents[2]
_START_S = 60.0


class Child:
    """`python -m <module>` as a child process, started at first need; it prints one line once it listens.

    The child reads a pipe from this process and ends when it closes; after `kill -9` the kernel closes it.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._line = ""
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """The line that says where the server listens, with the server running.

        Raises:
            OSError: the server does not come up.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._line
            process = subprocess.Popen(
                [sys.executable, "-m", self._module],
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
            if not line:
                process.kill()
                raise OSError(f"{self._module} ended with status {process.wait()} before it was ready")
            self._process, self._line = process, line
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


async def serve_until_closed(app: "web.Application", port: int = 0, line: str = "{port}") -> None:
    """The child's side: listen on loopback, print the line, serve until the pipe from the parent closes.

    Args:
        app: what to serve.
        port: 0 for a free one.
        line: what is printed once it listens, with the port for `{port}`.
    """
    from aiohttp import web

    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print(line.format(port=runner.addresses[0][1]), flush=True)
    # The pipe from the parent reports end of file also when the parent is killed.
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    await runner.cleanup()
