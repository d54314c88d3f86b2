"""One execution over the pool: calls are read ahead, dispatched, and answered in their order."""

import json
import selectors
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apigen_assets.domain.api import PythonBinding
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from resources.python.batches import Batch, CodeUnit, Worker
from resources.python.results import failure, parse

if TYPE_CHECKING:
    from resources.python.pool import PythonSandbox

_QUIET_S = 15.0
"""A worker gives a sign of life twice a second; after this long without one it is taken for dead."""


_BATCHES_AHEAD = 2


_BATCH = 128
"""Most calls whose answers are believed together; see `Unit.call_all` of the supervisor."""


class PoolRun:
    """One pass over requests."""

    def __init__(self, sandbox: "PythonSandbox", requests: Iterator[CallRequest]) -> None:
        self._sandbox = sandbox
        self._requests = requests
        self._size = min(_BATCH, sandbox.limits.calls_per_process)
        self._window = 4 * sandbox._count * self._size
        self._queue: deque[Batch] = deque()
        self._ready: dict[int, CallResult] = {}
        self._bindings: dict[int, PythonBinding] = {}
        self._taken = self._given = 0
        self._exhausted = False
        self._pumped = time.monotonic()

    def results(self) -> Iterator[CallResult]:
        """The results in the order of the requests, as they are consumed."""
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
        groups: dict[str, Batch] = {}
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
            batch = groups.setdefault(unit.key, Batch(unit, [], []))
            if module not in batch.modules:
                batch.modules.append(module)
            batch.items.append((index, line))
        for batch in groups.values():
            share = -(-len(batch.items) // (2 * self._sandbox._count))
            size = max(1, min(self._size, share))
            for start in range(0, len(batch.items), size):
                self._queue.append(Batch(batch.unit, batch.modules, batch.items[start : start + size]))

    def _line(
        self, index: int, request: CallRequest
    ) -> CallResult | tuple[CodeUnit, tuple[str, str | None, str | None], bytes]:
        binding = request.binding
        if not isinstance(binding, PythonBinding):
            return failure(Outcome.UNAVAILABLE, f"the Python sandbox cannot run a {binding.kind} binding")
        place = self._sandbox.place(binding)
        if isinstance(place, CallResult):
            return place
        twice = self._sandbox.twice(binding)
        arguments = request.arguments
        if binding.wire_names:
            arguments = {binding.wire_names.get(name, name): value for name, value in arguments.items()}
        try:
            text = json.dumps([binding.module, binding.function, twice, arguments], allow_nan=False)
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

    def _flush(self, worker: Worker) -> None:
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

    def _receive(self, worker: Worker) -> None:
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

    def _settle(self, worker: Worker, payload: bytes) -> bool:
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

    def _bury(self, worker: Worker, why: str) -> None:
        """Take a dead worker's calls back; its first batch runs again call by call: a death has one owner."""
        batches = list(worker.batches)
        self._sandbox._remove(worker)
        again: list[Batch] = []
        if batches:
            first, *rest = batches
            if len(first.items) == 1:
                self._ready[first.items[0][0]] = failure(Outcome.CRASHED, why)
            else:
                again += first.split()
            again += rest
        self._queue.extendleft(reversed(again))
