"""The pool of isolated workers: spreads calls over them and gives their results back in order."""

import selectors
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from apigen_assets.domain.api import PythonBinding
from apigen_assets.domain.outcome import CallRequest, CallResult
from apigen_assets.files.json_types import JsonObject
from resources.python.batches import CodeUnit, Worker
from resources.python.code_units import file_unit, package_unit
from resources.python.launch import MECHANISMS, Process, best_launcher
from resources.python.limits import Level, SandboxError, SandboxLimits
from resources.python.pool_run import PoolRun

Determinism = Literal["never", "first", "always"]


class PythonSandbox:
    """Calls Python functions in isolated, warm workers; a `CallExecutor` for `PythonBinding`.

    Use it as a context manager. A call that hangs, crashes or misbehaves costs its own result and nothing
    else.
    """

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        workers: int = 2,
        minimum: Level = "rlimits",
        *,
        check_determinism: Determinism = "always",
        readable: Sequence[str | Path] = (),
        level: Level | None = None,
        mechanisms: Sequence[str] = MECHANISMS,
    ) -> None:
        """Describe the sandbox; nothing starts before it is entered.

        Args:
            limits: Limits of each call.
            workers: Calls that run at the same time.
            minimum: The weakest isolation that is acceptable.
            check_determinism: Make a call a second time and compare: never, for the first call of each function
                (and all of one that was found to differ), or always. A second call costs what the function
                itself costs and some 15 microseconds; only it finds functions that differ now and then.
            readable: Files and folders that functions may read beside their own code. Modules are found in those
                of these folders that are on `sys.path`.
            level: Use exactly this level instead of the best.
            mechanisms: What to add inside the level, of `landlock` and `seccomp`.

        Raises:
            SandboxError: for settings that cannot work.
        """
        if workers < 1:
            raise SandboxError(f"workers is {workers}; at least one is needed")
        self.limits = limits or SandboxLimits()
        self.level: Level = "none"
        self._minimum, self._wanted, self._mechanisms = minimum, level, tuple(mechanisms)
        self._count = workers
        self._determinism = check_determinism
        self._readable = tuple(str(Path(path).resolve()) for path in readable)
        self._workers: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._code: set[str] = set()
        self._units: dict[tuple[str, str | None], CodeUnit | CallResult] = {}
        self._seen: set[tuple[str, str | None, str]] = set()
        self._suspects: set[tuple[str, str | None, str]] = set()
        self._running = False
        self._refused: dict[str, str] = {}

    # Life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Find the level and start the first worker; the others start when there is work for them.

        Raises:
            SandboxError: when the machine does not reach the demanded minimum.
        """
        if self._workers:
            return
        self._launcher, first, self._refused = best_launcher(
            self.limits, self._minimum, self._readable, self._wanted, self._mechanisms
        )
        self.level = self._launcher.level
        self._add(first)

    def close(self) -> None:
        """Kill all workers. The sandbox can be started again."""
        for worker in list(self._workers):
            self._remove(worker)

    def describe(self) -> JsonObject:
        """The level reached, the mechanisms in force, and why better levels were not reached."""
        active = self._workers[0].process.active if self._workers else []
        return {
            "level": self.level,
            "mechanisms": active,
            "unavailable": dict(self._refused),
            "workers": self._count,
            "limits": self.limits.model_dump(),
        }

    def _add(self, process: Process) -> Worker:
        worker = Worker(process, heard=time.monotonic())
        self._workers.append(worker)
        self._selector.register(process.socket, selectors.EVENT_READ, worker)
        return worker

    def _remove(self, worker: Worker) -> None:
        self._workers.remove(worker)
        with suppress(KeyError, ValueError):
            self._selector.unregister(worker.process.socket)
        worker.process.close()

    # Calls

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        """One result per request, in order. Reads ahead of what was consumed by a bounded number of requests.

        Raises:
            SandboxError: when workers cannot be started any more, or when results of an earlier call of this
                method are still being read.
        """
        if self._running:
            raise SandboxError("this sandbox is still giving results of another execute(); read or close that first")
        self._running = True
        run = PoolRun(self, iter(requests))
        try:
            yield from run.results()
        finally:
            self._running = False
            for worker in [worker for worker in self._workers if worker.batches]:
                self._remove(worker)

    def place(self, binding: PythonBinding) -> CodeUnit | CallResult:
        """The trust unit of a binding, or the result of every call of it where there is no such code."""
        name = binding.root or (binding.module if binding.path else binding.module.partition(".")[0])
        key = (name, binding.path)
        if key not in self._units:
            if binding.path:
                self._units[key] = file_unit(binding.path, binding.root)
            else:
                self._units[key] = package_unit(key[0])
        return self._units[key]

    def twice(self, binding: PythonBinding) -> bool:
        """Whether to make the next call of this function a second time."""
        if self._determinism != "first":
            return self._determinism == "always"
        key = (binding.module, binding.path, binding.function)
        if key in self._suspects:
            return True
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def suspect(self, binding: PythonBinding) -> None:
        """Have every later call of a function made twice."""
        self._suspects.add((binding.module, binding.path, binding.function))
