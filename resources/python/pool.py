"""Spreads calls over workers and gives their results back in order."""

import importlib.util
import json
import os
import selectors
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from apigen_assets.domain.api import PythonBinding
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.files.json_types import JsonObject
from resources.python.frames import HEADER, pack
from resources.python.launch import MECHANISMS, Process, best_launcher
from resources.python.limits import Level, SandboxError, SandboxLimits
from resources.rest.structure import judge

Determinism = Literal["never", "first", "always"]

_QUIET_S = 15.0
"""A worker gives a sign of life twice a second; after this long without one it is taken for dead."""
_BATCHES_AHEAD = 2
_BATCH = 128
"""Most calls whose answers are believed together; see `Unit.call_all` of the supervisor."""
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True)
class _Unit:
    """A trust unit: code of one author that may share a process. A top-level package, a dropped folder, or one file."""

    key: str
    name: str | None
    origin: str | None
    locations: tuple[str, ...]
    code: tuple[str, ...]
    """What workers must be able to read for it."""
    root: str | None = None
    """The folder of a unit whose modules import each other."""
    file: str | None = None
    """The file of this binding's module, where the unit has several."""


@dataclass
class _Batch:
    unit: _Unit
    modules: list[tuple[str, str | None, str | None]]
    """Name, file and folder of each."""
    items: list[tuple[int, bytes]]

    def frame(self) -> bytes:
        head = {
            "key": self.unit.key,
            "name": self.unit.name,
            "origin": self.unit.origin,
            "locations": self.unit.locations,
            "modules": self.modules,
        }
        return pack(json.dumps(head).encode() + b"\n" + b"\n".join(line for _, line in self.items))

    def split(self) -> "list[_Batch]":
        return [_Batch(self.unit, self.modules, [item]) for item in self.items]


@dataclass
class _Worker:
    process: Process
    batches: deque[_Batch] = field(default_factory=deque)
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)
    heard: float = 0.0

    def frames(self) -> Iterator[bytes]:
        """Complete payloads received so far."""
        while len(self.incoming) >= HEADER.size:
            stop = HEADER.size + HEADER.unpack_from(self.incoming)[0]
            if len(self.incoming) < stop:
                return
            payload = bytes(self.incoming[HEADER.size : stop])
            del self.incoming[:stop]
            yield payload


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
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._code: set[str] = set()
        self._units: dict[tuple[str, str | None], _Unit | CallResult] = {}
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

    def _add(self, process: Process) -> _Worker:
        worker = _Worker(process, heard=time.monotonic())
        self._workers.append(worker)
        self._selector.register(process.socket, selectors.EVENT_READ, worker)
        return worker

    def _remove(self, worker: _Worker) -> None:
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
        run = _Run(self, iter(requests))
        try:
            yield from run.results()
        finally:
            self._running = False
            for worker in [worker for worker in self._workers if worker.batches]:
                self._remove(worker)

    def place(self, binding: PythonBinding) -> _Unit | CallResult:
        """The trust unit of a binding, or the result of every call of it where there is no such code."""
        name = binding.root or (binding.module if binding.path else binding.module.partition(".")[0])
        key = (name, binding.path)
        if key not in self._units:
            if binding.path:
                self._units[key] = _file_unit(binding.path, binding.root)
            else:
                self._units[key] = _package_unit(key[0])
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


class _Run:
    """One pass over requests."""

    def __init__(self, sandbox: PythonSandbox, requests: Iterator[CallRequest]) -> None:
        self._sandbox = sandbox
        self._requests = requests
        self._size = min(_BATCH, sandbox.limits.calls_per_process)
        self._window = 4 * sandbox._count * self._size
        self._queue: deque[_Batch] = deque()
        self._ready: dict[int, CallResult] = {}
        self._bindings: dict[int, PythonBinding] = {}
        self._taken = self._given = 0
        self._exhausted = False
        self._pumped = time.monotonic()

    def results(self) -> Iterator[CallResult]:
        self._sandbox.start()
        while True:
            if not self._exhausted and self._taken - self._given <= self._window // 2:
                self._read_ahead()
            self._dispatch()
            while self._given in self._ready:
                result = self._ready.pop(self._given)
                self._bindings.pop(self._given, None)
                self._given += 1
                yield result
                if not self._exhausted and self._taken - self._given <= self._window // 2:
                    break
            else:
                if self._given == self._taken:
                    if self._exhausted:
                        return
                else:
                    self._pump()

    def _read_ahead(self) -> None:
        groups: dict[str, _Batch] = {}
        while self._taken - self._given < self._window:
            try:
                request = next(self._requests)
            except StopIteration:
                self._exhausted = True
                break
            index = self._taken
            self._taken += 1
            unit_or_result = self._line(index, request)
            if isinstance(unit_or_result, CallResult):
                self._ready[index] = unit_or_result
                continue
            unit, module, line = unit_or_result
            batch = groups.setdefault(unit.key, _Batch(unit, [], []))
            if module not in batch.modules:
                batch.modules.append(module)
            batch.items.append((index, line))
        for batch in groups.values():
            share = -(-len(batch.items) // (2 * self._sandbox._count))
            size = max(1, min(self._size, share))
            for start in range(0, len(batch.items), size):
                self._queue.append(_Batch(batch.unit, batch.modules, batch.items[start : start + size]))

    def _line(
        self, index: int, request: CallRequest
    ) -> CallResult | tuple[_Unit, tuple[str, str | None, str | None], bytes]:
        binding = request.binding
        if not isinstance(binding, PythonBinding):
            return failure(Outcome.UNAVAILABLE, f"the Python sandbox cannot run a {binding.kind} binding")
        place = self._sandbox.place(binding)
        if isinstance(place, CallResult):
            return place
        twice = self._sandbox.twice(binding)
        try:
            text = json.dumps([binding.module, binding.function, twice, request.arguments], allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            return failure(Outcome.ARGUMENT_ERROR, f"the arguments have no JSON form: {error}")
        self._bindings[index] = binding
        return place, (binding.module, place.file or binding.path, place.root), text.encode()

    def _dispatch(self) -> None:
        sandbox = self._sandbox
        while self._queue:
            worker = min(sandbox._workers, key=lambda worker: len(worker.batches), default=None)
            if (worker is None or worker.batches) and len(sandbox._workers) < sandbox._count:
                self._announce()
                worker = sandbox._add(sandbox._launcher.start(sandbox._code))
            if worker is None or len(worker.batches) >= _BATCHES_AHEAD:
                return
            batch = self._queue[0]
            if not worker.process.code.issuperset(batch.unit.code):
                if worker.batches:  # it must end first: what a worker can read is fixed at its start
                    return
                self._announce()
                sandbox._remove(worker)
                worker = sandbox._add(sandbox._launcher.start(sandbox._code))
            self._queue.popleft()
            if not worker.batches:
                worker.heard = time.monotonic()
            worker.batches.append(batch)
            worker.outgoing += batch.frame()
            self._flush(worker)

    def _announce(self) -> None:
        """Let the next worker read all code that waits: one start serves many files."""
        for batch in self._queue:
            self._sandbox._code.update(batch.unit.code)

    def _flush(self, worker: _Worker) -> None:
        try:
            while worker.outgoing:
                sent = worker.process.socket.send(worker.outgoing)
                del worker.outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            worker.outgoing.clear()  # it is dead; reading from it will say so
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.outgoing else 0)
        self._sandbox._selector.modify(worker.process.socket, events, worker)

    def _pump(self) -> None:
        """Wait for workers and take what they send."""
        self._forgive()  # the consumer was away
        ready = self._sandbox._selector.select(1.0)
        self._forgive()  # the machine was at a standstill
        for key, events in ready:
            if events & selectors.EVENT_WRITE:
                self._flush(key.data)
            if events & selectors.EVENT_READ:
                self._receive(key.data)
        self._pumped = now = time.monotonic()
        for worker in list(self._sandbox._workers):
            if worker.batches and now - worker.heard > _QUIET_S:
                self._bury(worker, f"the worker gave no sign of life for {_QUIET_S:g} s")

    def _forgive(self) -> None:
        """Start to wait for signs of life anew when nobody listened to them for a while."""
        now = time.monotonic()
        if now - self._pumped > 2:
            for worker in self._sandbox._workers:
                worker.heard = now
        self._pumped = now

    def _receive(self, worker: _Worker) -> None:
        try:
            data = worker.process.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._bury(worker, "the worker died")
            return
        worker.heard = time.monotonic()
        worker.incoming += data
        for payload in worker.frames():
            if payload and not self._settle(worker, payload):
                self._bury(worker, "the worker's answer cannot be read")
                return

    def _settle(self, worker: _Worker, payload: bytes) -> bool:
        if not worker.batches:
            return False
        lines = payload.split(b"\n")
        items = worker.batches[0].items
        if len(lines) != len(items):
            return False
        worker.batches.popleft()
        for (index, _), line in zip(items, lines, strict=True):
            result = parse(line)
            self._ready[index] = result
            if result.outcome is Outcome.NON_DETERMINISTIC:
                self._sandbox.suspect(self._bindings[index])
        return True

    def _bury(self, worker: _Worker, why: str) -> None:
        """Take a dead worker's calls back; its first batch runs again call by call: a death has one owner."""
        batches = list(worker.batches)
        self._sandbox._remove(worker)
        again: list[_Batch] = []
        if batches:
            first, *rest = batches
            if len(first.items) == 1:
                self._ready[first.items[0][0]] = failure(Outcome.CRASHED, why)
            else:
                again += first.split()
            again += rest
        self._queue.extendleft(reversed(again))


def parse(line: bytes) -> CallResult:
    """The result in one line of a worker; what is not of the agreed form is a crash of the call."""
    try:
        outcome, result, truncated, detail, seconds = json.loads(line)
        fits = (
            (result is None or type(result) is str)
            and type(truncated) is bool
            and type(detail) is str
            and type(seconds) is float
        )
        if fits:
            verdict = _OUTCOMES[outcome]
            if verdict is Outcome.OK and result and not truncated and (error_text := _error_payload(result)):
                verdict, detail = Outcome.SOFT_ERROR, error_text
            return CallResult.model_construct(
                outcome=verdict,
                result=result,
                truncated=truncated,
                detail=detail,
                status=None,
                duration_s=seconds,
                mode="live",
            )
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return failure(Outcome.CRASHED, "the function spoiled the answer of its process")


def _error_payload(result: str) -> str:
    """What a returned object says of an error, by the structure that tells one in a response; empty where none."""
    if result[:1] != "{" and result[:2] != "[{":
        return ""  # a text is what the function was asked for, whatever it says
    outcome, detail = judge(json.loads(result))
    return "" if outcome in (Outcome.OK, Outcome.EMPTY) else detail


def failure(outcome: Outcome, detail: str) -> CallResult:
    """The result of a call that was not made or has no answer."""
    return CallResult(outcome=outcome, detail=detail)


def _file_unit(path: str, folder: str | None) -> _Unit | CallResult:
    full = os.path.realpath(path)
    if not os.path.isfile(full):
        return failure(Outcome.NOT_FOUND, f"there is no file {path}")
    if folder is None:
        return _Unit(key=f"file {full}", name=None, origin=None, locations=(), code=(full,))
    root = os.path.realpath(folder)
    if not full.startswith(root.rstrip("/") + "/"):
        return failure(Outcome.NOT_FOUND, f"{path} does not lie in {folder}")
    return _Unit(key=f"folder {root}", name=None, origin=None, locations=(), code=(root,), root=root, file=full)


def _package_unit(name: str) -> _Unit | CallResult:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError) as error:
        return failure(Outcome.NOT_FOUND, f"the module {name} cannot be found: {error}")
    if spec is None:
        return failure(Outcome.NOT_FOUND, f"there is no module {name}")
    locations = tuple(spec.submodule_search_locations or ())
    origin = spec.origin if spec.origin and os.path.isfile(spec.origin) else None
    if name in sys.stdlib_module_names or not (locations or origin):
        return _Unit(key=name, name=None, origin=None, locations=(), code=())
    return _Unit(key=name, name=name, origin=origin, locations=locations, code=locations or (origin or "",))
