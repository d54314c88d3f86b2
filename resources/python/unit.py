"""One unit of code in a worker: its zygote, and the calls that are made of it."""

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import Any

import resources.python.zygote as zygote_module
from resources.python import kernel
from resources.python.answers_of_run import End, Reader, manner_of_end
from resources.python.channel import STEP_S, Channel, PoolGone
from resources.python.executor import describe
from resources.python.frames import pack
from resources.python.json_types import JsonMapping, JsonObject
from resources.python.processes import empty_folder, kill_group, reap_orphans

_FORK_S = 10.0
"""In which a zygote must have forked; the deadline of the first call starts after that."""


class ZygoteDied(Exception):
    """The zygote died or hung; `outcome` and `detail` say how."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


class Unit:
    """One trust unit as the supervisor sees it: its zygote, started on demand and again after it died."""

    def __init__(self, description: JsonMapping, channel: Channel, config: JsonMapping) -> None:
        """Describe the unit; nothing starts yet."""
        self._description = description
        self._channel = channel
        self._config = config
        self._timeout: float = config["limits"]["timeout_s"]
        self.pid = 0
        self._control = self._status = self._out = -1
        self._imported: set[str] = set()
        self._failed: dict[str, tuple[str, str]] = {}
        self._said = b""  # by the zygote, not yet read as a message
        self._executor = 0
        self._called = 0  # by this executor

    def begin(self, description: JsonMapping) -> None:
        """Take a batch's description: the same unit, perhaps with other modules."""
        self._description = description
        self.prepare(description["modules"])

    # The zygote

    def _start(self) -> None:
        control_r, self._control = os.pipe()
        self._status, status_w = os.pipe()
        self._out, out_w = os.pipe()
        for fd in (self._control, self._status, self._out):
            os.set_blocking(fd, False)
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                kernel.die_with_parent(signal.SIGKILL)
                kept = {control_r, status_w, out_w}
                for fd in range(3, 256):
                    if fd not in kept:
                        with suppress(OSError):
                            os.close(fd)
                zygote_module.Zygote(self._description, control_r, status_w, out_w, self._config).serve()
            except BaseException as error:
                os.write(status_w, json.dumps({"broken": describe(error)}).encode() + b"\n")
            finally:
                os._exit(99)
        for fd in (control_r, status_w, out_w):
            os.close(fd)
        self.pid = pid
        self._executor = 0
        self._said = b""
        self._imported = set()
        for name, (outcome, detail) in self._failed.items():
            self._order({"failed": name, "outcome": outcome, "detail": detail})

    def stop(self) -> None:
        """Kill the zygote; what it had imported is forgotten."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            for fd in (self._control, self._status, self._out):
                os.close(fd)
            self.pid = 0

    def _order(self, head: JsonMapping, body: bytes = b"") -> None:
        data = memoryview(pack(json.dumps(head).encode() + b"\n" + body))
        deadline = time.monotonic() + 10
        while data:
            try:
                data = data[os.write(self._control, data) :]
            except BlockingIOError:
                select.select([], [self._control], [], 0.5)
                self._channel.sign_of_life()
                if time.monotonic() > deadline:
                    raise ZygoteDied("crashed", "the module's process does not respond") from None
            except BrokenPipeError:
                raise ZygoteDied("crashed", "the module's process ended") from None

    def prepare(self, modules: list[list[Any]]) -> None:
        """Import what was not imported yet; a module that kills or hangs its process is not tried again."""
        for name, path, *root in modules:
            if not self.pid:
                self._start()
            if name in self._imported or name in self._failed:
                continue
            try:
                self._dismiss()
                self._order({"import": name, "path": path, "root": root[0] if root else None})
                self._await_import(name)
                self._imported.add(name)
            except ZygoteDied as death:
                self.stop()
                self._failed[name] = (death.outcome, f"importing {name}: {death.detail}")
        if not self.pid:
            self._start()
        missing = [module for module in modules if module[0] not in self._imported | self._failed.keys()]
        if missing:  # a later module took the process, and the earlier imports, with it
            self.prepare(missing)

    def _await_import(self, name: str) -> None:
        allowed = self._config["limits"]["import_timeout_s"]
        message = self._message(allowed, ZygoteDied("timeout", f"took longer than {allowed:g} s"))
        if message != {"imported": name}:
            raise ZygoteDied("crashed", "wrote into the sandbox's own channel")

    def _message(self, seconds: float, late: ZygoteDied | None = None) -> JsonObject:
        """The zygote's next message; empty where that is not a message, since the zygote runs a user's code.

        Raises:
            ZygoteDied: `late` when none comes in time; also when the zygote ended or says that it is broken.
        """
        deadline = time.monotonic() + seconds
        while b"\n" not in self._said:
            left = deadline - time.monotonic()
            ready = self._wait([self._status], min(STEP_S, max(0.0, left)))
            if self._status in ready:
                part = os.read(self._status, 4096)
                if not part:
                    raise ZygoteDied("crashed", self._epitaph())
                self._said += part
            elif left <= 0:
                raise late or ZygoteDied("crashed", "the module's process does not respond")
        line, _, self._said = self._said.partition(b"\n")
        message = _loads(line)
        if "broken" in message:
            raise ZygoteDied("crashed", str(message["broken"])[:500])
        return message

    def _epitaph(self) -> str:
        """How the zygote died."""
        with suppress(ChildProcessError):
            _, status = os.waitpid(self.pid, 0)
            self.pid = 0
            for fd in (self._control, self._status, self._out):
                os.close(fd)
            return manner_of_end(os.waitstatus_to_exitcode(status))
        return "the process ended"

    def _wait(self, fds: list[int], seconds: float) -> list[int]:
        """Descriptors that are readable within some seconds; notices the end of the pool."""
        poller = select.poll()
        poller.register(self._channel.fd, 0)
        for fd in fds:
            poller.register(fd, select.POLLIN)
        ready = [fd for fd, _ in poller.poll(seconds * 1000)]
        if self._channel.fd in ready:
            raise PoolGone
        self._channel.sign_of_life()
        return ready

    # Calls

    def call_all(self, lines: list[bytes]) -> list[bytes]:
        """One answer per line, in order.

        A batch runs in one executor. When that executor left something behind, or died, nothing that it had
        answered is believed: those calls run again, each followed by a look at the process. Otherwise an
        earlier call could forge or spoil the answer of a later one.
        """
        answers: list[bytes] = [b""] * len(lines)
        start = 0
        while start < len(lines):
            answered, end = self._attempt(lines[start:], careful=False)
            stop = start + len(answered)
            if end.kind == "clean" or (len(answered) + (end.kind == "died") <= 1 and not end.doubtful):
                answers[start:stop] = answered
                if end.kind == "died":
                    answers[stop] = _answer(end)
                    stop += 1
                start = stop
                continue
            spoiled = self._call_carefully(lines, answers, start, stop)
            start = stop
            if end.kind == "died":
                if spoiled or end.doubtful:
                    self._call_carefully(lines, answers, stop, stop + 1)
                else:
                    answers[stop] = _answer(end)
                start += 1
        return answers

    def _call_carefully(self, lines: list[bytes], answers: list[bytes], start: int, stop: int) -> bool:
        """Fill `answers[start:stop]`; true when a call left something behind or died."""
        spoiled = False
        while start < stop:
            answered, end = self._attempt(lines[start:stop], careful=True)
            answers[start : start + len(answered)] = answered
            start += len(answered)
            if end.kind == "died":
                answers[start] = _answer(end)
                start += 1
            spoiled = spoiled or end.kind != "clean"
        return spoiled

    def _attempt(self, lines: list[bytes], careful: bool) -> tuple[list[bytes], End]:
        """Run one executor over lines: its answers and its end. At least one line is answered or charged."""
        try:
            if not self.pid:
                self._start()
                self.prepare([list(module) for module in self._description["modules"]])
            answered, end = self._run(lines, careful)
        except ZygoteDied as death:
            self.stop()
            answered, end = [], End("died", death.outcome, death.detail)
        if end.kind != "died" and not answered:
            end = End("died", "crashed", "the process ended without an answer")
        if len(answered) == len(lines) and end.kind == "died":
            # Every call was answered, then the end went wrong: the last one did that.
            answered, end = answered[:-1], End("died", end.outcome, end.detail)
        empty_folder(self._config["scratch"])
        return answered, end

    def _dismiss(self) -> None:
        """Have an idle executor end."""
        if not self._executor:
            return
        self._order({"end": True})
        self._message(5)
        self._executor = 0
        Reader.discard(self._out)

    def _run(self, lines: list[bytes], careful: bool) -> tuple[list[bytes], End]:
        nonce = os.urandom(9).hex() + " "
        most = self._config["limits"]["calls_per_process"]
        if careful or self._called + len(lines) > most:
            self._dismiss()
        self._called = self._called + len(lines) if self._executor else len(lines)
        stay = not careful and self._called < most
        reused = bool(self._executor)
        self._order({"nonce": nonce, "careful": careful, "stay": stay}, b"\n".join(lines))
        if not self._executor:
            # Before any answer is read: an executor whose number is not known can be neither killed nor dismissed.
            pid = self._message(_FORK_S).get("pid")
            if not isinstance(pid, int):
                raise ZygoteDied("crashed", "its process is damaged")
            self._executor = pid
        reader = Reader(nonce.encode(), len(lines))
        killed: End | None = None
        looked = time.monotonic()
        deadline = looked + self._timeout
        while True:
            now = time.monotonic()
            if now - looked > 2 * STEP_S:  # the machine was at a standstill: no call is to blame for that
                deadline += now - looked
            looked = now
            if now > deadline:
                if killed is not None:
                    raise ZygoteDied("crashed", "the module's process does not respond")
                killed = End("died", "timeout", f"no result within {self._timeout:g} s")
                kill_group(self._executor)
                deadline = now + 5
            ready = self._wait([self._out, self._status], min(STEP_S, max(0.001, deadline - now)))
            if self._out in ready and killed is None:
                if reader.read(self._out):
                    deadline = time.monotonic() + self._timeout
                if reader.violated:
                    killed = End("died", "crashed", "wrote into the sandbox's own channel")
                    kill_group(self._executor)
                    deadline = time.monotonic() + 5
                elif reader.stays:
                    return reader.answers, End("clean")
                elif not reader.ended:
                    time.sleep(0.0005)  # let answers gather: fewer wake-ups leave more of the processor to calls
            elif self._out in ready:
                reader.discard(self._out)
            if self._status in ready or b"\n" in self._said:
                code = self._message(STEP_S).get("exit")
                kill_group(self._executor)
                self._executor = 0
                reap_orphans({unit.pid for unit in UNITS.values()})
                if killed is None:
                    reader.read(self._out)
                reader.discard(self._out)  # what is left would be taken for the next executor's
                if not isinstance(code, int):
                    raise ZygoteDied("crashed", "its process is damaged")
                end = killed or reader.end(code)
                if reused and end.kind == "died":
                    end.doubtful = end.outcome == "crashed"
                    if not reader.started:
                        self.stop()  # the batch may still lie in the channel
                return reader.answers, end


def _loads(line: bytes) -> JsonObject:
    """A zygote's message; empty where it is not one, since the zygote runs a user's code."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _answer(end: End) -> bytes:
    return json.dumps([end.outcome, None, False, end.detail, 0.0]).encode()


UNITS: dict[str, Unit] = {}
"""The units of this worker by key, the most recently used last."""
