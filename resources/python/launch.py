"""Starts workers at the best level this machine offers."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from apigen_assets.files.json_types import JsonObject
from resources.python.frames import HEADER, pack
from resources.python.limits import LEVELS, Level, SandboxError, SandboxLimits

_START_S = 30.0
_OWN = Path(__file__).resolve().parent
_PROGRAM = (
    "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {root!r}); "
    "from resources.python.supervisor import run; run({fd})"
)
_LIBRARIES = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
              "/usr/share/zoneinfo")  # fmt: skip

MECHANISMS = ("landlock", "seccomp")
"""What is added inside a level; a test can leave some out."""


@dataclass
class Launcher:
    """What every worker of one sandbox is started with."""

    limits: SandboxLimits
    level: Level
    mechanisms: Sequence[str] = MECHANISMS
    readable: tuple[str, ...] = ()
    """Files and folders that calls may read beside interpreter, packages and the code that is called."""
    bubblewrap: str | None = field(default_factory=lambda: shutil.which("bwrap"))

    def start(self, code: Iterable[str]) -> "Process":
        """Start one worker that may read `code`, and wait until it is locked in.

        Raises:
            SandboxError: when it does not come up at this level, with the reason.
        """
        return Process(self, sorted(code))

    def python_path(self) -> list[str]:
        """The import path of workers: the standard library, installed packages and `readable` alone."""
        allowed = [sys.base_prefix, sys.prefix, sysconfig.get_path("purelib"), *self.readable]
        return [
            entry
            for entry in sys.path
            if entry and os.path.exists(entry) and any(_is_below(entry, place) for place in allowed)
        ]

    def places(self, code: Iterable[str]) -> list[str]:
        """Everything a worker may read."""
        interpreter = os.path.realpath(sys.executable)
        places = [*_LIBRARIES, interpreter, *self.python_path(), *self.readable, *code]
        for prefix in {sys.base_prefix, os.path.realpath(sys.base_prefix)}:
            if prefix not in ("/", "/usr", "/usr/local"):
                places.append(prefix)
        places += [str(_OWN), str(_OWN.parent / "__init__.py")]
        return list(dict.fromkeys(place for place in places if os.path.exists(place)))


def _is_below(path: str, place: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(place))


class Process:
    """One running worker, as the pool holds it: a process group and a socket."""

    def __init__(self, launcher: Launcher, code: Sequence[str]) -> None:
        """Start it; see `Launcher.start`."""
        self.code = frozenset(code)
        self.active: list[str] = []
        self._scratch: str | None = None
        ours, theirs = socket.socketpair()
        self.socket = ours
        errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in the finally below)
        try:
            with theirs:
                self._process = self._spawn(launcher, code, theirs, errors)
            self._greet(launcher, code, errors)
        except BaseException:
            self.close()
            raise
        finally:
            errors.close()
        ours.setblocking(False)

    def _spawn(
        self, launcher: Launcher, code: Sequence[str], theirs: socket.socket, errors: BinaryIO
    ) -> "subprocess.Popen[bytes]":
        fd = theirs.fileno()
        program = _PROGRAM.format(root=str(_OWN.parent.parent), fd=fd)
        command = [os.path.realpath(sys.executable), "-s", "-S", "-B", "-P", "-X", "utf8", "-c", program]
        if launcher.level == "bubblewrap":
            if launcher.bubblewrap is None:
                raise SandboxError("the program bwrap is not installed")
            command = [launcher.bubblewrap, *self._walls(launcher, code), "--", *command]
        else:
            self._scratch = os.path.realpath(tempfile.mkdtemp(prefix="apigen-sandbox-"))
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(fd,),
                env={"TZ": "UTC", "PYTHONHASHSEED": "0"},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"{command[0]} cannot be started: {error}") from None

    @staticmethod
    def _walls(launcher: Launcher, code: Sequence[str]) -> list[str]:
        walls = ["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
        walls += ["--hostname", "sandbox", "--dev", "/dev"]
        # Broad folders first: a later bind covers an earlier one.
        for place in sorted(launcher.places(code), key=lambda place: place.count("/")):
            walls += ["--ro-bind", place, place]
        walls += ["--size", str(launcher.limits.scratch_mb * 2**20), "--tmpfs", "/scratch"]
        walls += ["--remount-ro", "/", "--chdir", "/scratch"]
        return walls

    def _greet(self, launcher: Launcher, code: Sequence[str], errors: BinaryIO) -> None:
        config: JsonObject = {
            "level": launcher.level,
            "mechanisms": list(launcher.mechanisms),
            "scratch": self._scratch or "/scratch",
            "sys_path": launcher.python_path(),
            "read": launcher.places(code),
            "limits": launcher.limits.model_dump(),
        }
        self.socket.settimeout(_START_S)
        try:
            self.socket.sendall(pack(json.dumps(config).encode()))
            head = self._exactly(HEADER.size)
            self.active = json.loads(self._exactly(HEADER.unpack(head)[0]))["active"]
        except (OSError, EOFError) as error:
            self._stop()
            errors.seek(0)
            lines = errors.read()[-2000:].decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"no sign of life within {_START_S:g} s ({error})"
            raise SandboxError(f"a worker at level {launcher.level} does not start: {why}") from None
        if launcher.level == "namespaces" and "network_namespace" not in self.active:
            raise SandboxError("the kernel allows no user and network namespaces here")

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("it ended")
            data += part
        return data

    @property
    def group(self) -> int:
        """The process group, which is also the session, of everything in this worker."""
        return self._process.pid

    def _stop(self) -> None:
        process = getattr(self, "_process", None)
        if process is None:
            return
        # The group first: its leader is not reaped yet, so the number cannot belong to anyone else.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """Kill the worker with everything in it, and remove its folder."""
        self._stop()
        self.socket.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def best_launcher(
    limits: SandboxLimits,
    minimum: Level,
    readable: tuple[str, ...] = (),
    level: Level | None = None,
    mechanisms: Sequence[str] = MECHANISMS,
) -> tuple[Launcher, Process, dict[str, str]]:
    """Try the levels, best first, and start a first worker at the first that works.

    Args:
        limits: Limits of calls.
        minimum: The weakest level that is acceptable.
        readable: Files and folders that calls may read in addition.
        level: Try this level only.
        mechanisms: What to add inside the level, where the kernel has it.

    Returns:
        The launcher, its first worker, and why each better level was not reached.

    Raises:
        SandboxError: when no acceptable level works; says why for each and what to do.
    """
    refused: dict[str, str] = {}
    wanted = [level] if level else [name for name in reversed(LEVELS) if name != "none"]
    for name in wanted:
        if LEVELS.index(name) < LEVELS.index(minimum):
            break
        launcher = Launcher(limits, name, mechanisms, readable)
        try:
            return launcher, launcher.start(()), refused
        except SandboxError as error:
            refused[name] = str(error)
    reasons = "; ".join(f"{name}: {why}" for name, why in refused.items()) or f"only {level} was allowed"
    raise SandboxError(
        f"this machine does not isolate calls at the level {minimum!r} that is demanded ({reasons}). "
        "Install bubblewrap and allow user namespaces, or accept a lower level with APIGEN_SANDBOX_MINIMUM."
    )
