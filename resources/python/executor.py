"""The process that calls functions: a fork of the zygote, for one batch of one trust unit."""

import errno
import inspect
import io
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Coroutine
from time import perf_counter
from typing import Any, NoReturn

from resources.python import kernel
from resources.python.arguments import ArgumentRefused, converters, defaults
from resources.python.encode import Unserialisable, encode
from resources.python.frames import read_frame
from resources.python.json_types import JsonMapping, JsonObject, JsonValue
from resources.python.snapshot import Snapshot

Answer = tuple[str, str | None, bool, str, float]
"""Outcome, result, truncated, detail, seconds: what crosses to the pool as one JSON line."""

CANNOT_ANSWER = 97
"""Exit status of an executor whose result channel was closed by the function."""

_REFUSED = {errno.EPERM, errno.EACCES, errno.EROFS, errno.ENETUNREACH, errno.ENETDOWN, errno.EAFNOSUPPORT}
_TOO_MUCH = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_MISSING = object()
_DETAIL = 500

_write, _exit, _loads, _dumps = os.write, os._exit, json.loads, json.dumps


class OutputLimitExceeded(Exception):
    """A function printed more than it may."""


class _Bytes(io.RawIOBase):
    """Counts and discards bytes."""

    def __init__(self, sink: "Sink") -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: JsonValue) -> int:
        self._sink.count(len(data))
        return len(data)


class Sink(io.TextIOBase):
    """Standard output and error of functions: counted, then discarded; no print reaches the protocol."""

    encoding = "utf-8"

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.written = 0
        self.buffer = _Bytes(self)

    def count(self, size: int) -> None:
        """Add to what was written.

        Raises:
            OutputLimitExceeded: beyond the limit.
        """
        self.written += size
        if self.written > self.limit:
            raise OutputLimitExceeded(f"printed more than {self.limit} bytes")

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Count and discard."""
        self.count(len(text))
        return len(text)


class Target:
    """One function that may be called, its signature read once."""

    __slots__ = ("allowed", "by_place", "converters", "defaults", "function", "required", "signature")

    def __init__(self, function: JsonValue) -> None:
        """Read the signature of a function.

        Raises:
            ValueError: when it has none.
        """
        self.function = function
        self.signature = inspect.signature(function)
        kinds = inspect.Parameter
        named = {kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY}
        parameters = self.signature.parameters.values()
        by_place = [p for p in parameters if p.kind is kinds.POSITIONAL_ONLY]
        self.by_place = {p.name: None if p.default is kinds.empty else p.default for p in by_place}
        """Parameters that Python takes by their place alone, each with its default."""
        self.allowed: frozenset[str] | None = frozenset(p.name for p in parameters if p.kind in named)
        namespace = getattr(inspect.unwrap(function), "__globals__", {})
        described = defaults(self.signature, namespace)
        self.defaults = {name: make for name, make in described.items() if make is not None}
        without = {p.name for p in parameters if p.default is kinds.empty} | described.keys()
        starred = {p.name for p in parameters if p.kind in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)}
        self.required = frozenset(without - self.defaults.keys() - starred)
        if any(p.kind is kinds.VAR_KEYWORD for p in parameters):
            self.allowed = None
        self.converters = converters(self.signature, namespace)

    def misfit(self, arguments: JsonMapping) -> str:
        """Why the arguments do not bind to the signature; empty when they do."""
        names = arguments.keys()
        if self.required <= names and (self.allowed is None or names <= self.allowed):
            return ""
        missing = self.required - names
        try:
            if not missing or not self.by_place:
                given = {**dict.fromkeys(self.defaults), **arguments}
                self.signature.bind(*self.placed(given), **given)
        except TypeError as error:
            return str(error)
        return f"missing a required argument: {sorted(missing)[0]!r}" if missing else ""

    def placed(self, arguments: JsonObject) -> list[JsonValue]:
        """Take those arguments out that Python takes by their place, in their order, with defaults in the gaps."""
        last = max((at for at, name in enumerate(self.by_place) if name in arguments), default=-1)
        return [arguments.pop(name, default) for name, default in list(self.by_place.items())[: last + 1]]


def find_target(module: types.ModuleType, name: str) -> Target | str:
    """The public function of that name which the module itself defines, or why there is none.

    `Class.name` is a static or class method; others need an object, which no call carries.
    """
    owner, _, last = name.rpartition(".")
    if last.startswith("_") or owner.startswith("_"):
        return f"{name} is private"
    holder: JsonValue = module
    if owner:
        holder = vars(module).get(owner)
        if not isinstance(holder, type) or not isinstance(vars(holder).get(last), staticmethod | classmethod):
            return f"{module.__name__} has no static or class method {name}"
    candidate = getattr(holder, last, _MISSING) if owner else vars(module).get(last, _MISSING)
    if candidate is _MISSING:
        return f"{module.__name__} has no function {name}"
    try:
        inner = inspect.unwrap(candidate) if callable(candidate) else candidate
        inner = getattr(inner, "__func__", inner) if owner else inner
        if not isinstance(inner, types.FunctionType):
            return f"{name} is not a Python function but of type {type(candidate).__name__}"
        if inner.__module__ != module.__name__:
            return f"{name} is not defined in {module.__name__} but in {inner.__module__}"
        return Target(candidate)
    except (ValueError, TypeError) as error:
        return f"{name} has no signature: {error}"


class Units:
    """Modules of one trust unit: what can be called in them, or why they could not be imported."""

    def __init__(self) -> None:
        """Start without modules."""
        self.modules: dict[str, types.ModuleType] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self._targets: dict[tuple[str, str], Target | str] = {}

    def add(self, name: str, module: types.ModuleType) -> None:
        """Make a module's public functions callable under the name that requests use."""
        self.modules[name] = module
        for label, value in list(vars(module).items()):
            if label.startswith("_") or not callable(value):
                continue
            self._targets[name, label] = find_target(module, label)
            if isinstance(value, type) and value.__module__ == module.__name__:
                for method, kind in list(vars(value).items()):
                    if isinstance(kind, staticmethod | classmethod) and not method.startswith("_"):
                        dotted = f"{label}.{method}"
                        self._targets[name, dotted] = find_target(module, dotted)

    def target(self, module: str, function: str) -> Target | tuple[str, str]:
        """The function to call, or the outcome and detail that say why there is none."""
        target = self._targets.get((module, function))
        if isinstance(target, Target):
            return target
        if module not in self.modules:
            return self.failures.get(module, ("not_found", f"the module {module} was not imported"))
        return ("not_found", target or str(find_target(self.modules[module], function)))


class Executor:
    """Calls functions of one trust unit and answers in lines."""

    def __init__(self, units: Units, sink: Sink, snapshot: Snapshot, limits: JsonMapping) -> None:
        """Take what can be called, the state to keep and the limits of `SandboxLimits`."""
        self._snapshot = snapshot
        self._units = units
        self._sink = sink
        self._result_bytes: int = limits["result_bytes"]
        self._stored: int = limits["stored_characters"]
        self._tired = False

    def serve(self, order: JsonMapping, lines: list[bytes], control: int, out: int) -> NoReturn:
        """Run a batch, and further ones from `control` as long as each leaves this process as it found it."""
        try:
            while self._run(order, lines, out) and order["stay"]:
                frame = read_frame(control)
                if frame is None:
                    break
                head, _, body = frame.partition(b"\n")
                order = _loads(head)
                if "nonce" not in order:
                    break
                lines = body.split(b"\n")
        except BaseException:
            _exit(CANNOT_ANSWER)
        _exit(0)

    def _run(self, order: JsonMapping, lines: list[bytes], out: int) -> bool:
        """Answer every line, between marks.

        The marks are `S`: the batch was received; at the end `C`: the process is as it was; `E`: so it is,
        but the process ends nevertheless; `D` and a text: something is different now.
        Carefully means: look after each call, and stop at the first that left something behind.
        """
        nonce, careful = order["nonce"].encode(), order["careful"]
        _send(out, nonce + b"S\n")
        for line in lines:
            answer = self._answer(line, out, nonce)
            _send(out, nonce + _dumps(answer).encode() + b"\n")
            if careful or self._tired:
                if changed := self._snapshot.changed():
                    break
                if self._tired:
                    break
        else:
            changed = "" if careful else self._snapshot.changed()
        stays = order["stay"] and not changed and not self._tired
        mark = b"D " + changed.encode(errors="replace") if changed else b"C" if stays else b"E"
        _send(out, nonce + mark + b"\n")
        return bool(stays)

    def _answer(self, line: bytes, out: int, nonce: bytes) -> Answer:
        module, function, twice, arguments = _loads(line)
        target = self._units.target(module, function)
        if not isinstance(target, Target):
            return (target[0], None, False, target[1], 0.0)
        if misfit := target.misfit(arguments):
            return ("argument_error", None, False, misfit, 0.0)
        started = perf_counter()
        outcome, text = self._call(target, arguments)
        seconds = perf_counter() - started
        if twice and outcome == "ok":
            if seconds > 0.005:
                _send(out, nonce + b"H\n")  # the deadline is for each of the two calls
            again = self._call(target, _loads(line)[3])
            if again != (outcome, text):
                return ("non_deterministic", None, False, _difference(text, again), seconds)
        if outcome != "ok":
            return (outcome, None, False, text, seconds)
        if len(text) > self._stored:
            return ("ok", text[: self._stored], True, "", seconds)
        return ("ok", text, False, "", seconds)

    def _call(self, target: Target, arguments: JsonObject) -> tuple[str, str]:
        """Outcome and the result's JSON text, or the detail of what went wrong."""
        self._sink.written = 0
        if target.converters and (refusal := self._convert(target, arguments)):
            return refusal
        try:
            for name, make in target.defaults.items():
                if name not in arguments:
                    arguments[name] = make()
            value = target.function(*target.placed(arguments), **arguments)
            if type(value) is types.CoroutineType:
                value = _awaited(value)
        except BaseException as error:
            return self._failure(error)
        if issubclass(type(value), Exception):  # returned where others raise it
            return self._failure(value)
        if self._sink.written > self._sink.limit:
            return ("output_limit", f"printed more than {self._sink.limit} bytes")
        limit = self._result_bytes
        if type(value) in (str, list, tuple, dict, set, frozenset) and len(value) > limit:
            self._tired = True
            return (
                "output_limit",
                f"the result has {len(value)} elements or characters, allowed are {limit}",
            )
        try:
            text = encode(value)
        except Unserialisable as error:
            return ("unserialisable", str(error))
        except MemoryError:
            self._tired = True
            return ("output_limit", "the result is too large for memory as JSON")
        except BaseException as error:
            return ("unserialisable", f"reading the result raised {describe(error)}")
        if len(text) > limit:
            self._tired = True
            return ("output_limit", f"the result has {len(text)} characters as JSON, allowed are {limit}")
        return ("ok", text)

    def _convert(self, target: Target, arguments: JsonObject) -> tuple[str, str] | None:
        """Replace arguments by what their annotations name; outcome and detail where one cannot be.

        It runs code of the user's classes, so it belongs to the call.
        """
        for name, convert in target.converters.items():
            if name in arguments:
                try:
                    arguments[name] = convert(arguments[name])
                except ArgumentRefused as error:
                    return ("argument_error", str(error)[:_DETAIL])
                except BaseException as error:
                    outcome, detail = self._failure(error)
                    if outcome == "exception" and isinstance(error, Exception):
                        outcome = "argument_error"
                    return (outcome, f"{name}: {detail}")
        return None

    def _failure(self, error: BaseException) -> tuple[str, str]:
        detail = describe(error)
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            self._tired = True
            return ("memory_limit", detail)
        if isinstance(error, OutputLimitExceeded) or self._sink.written > self._sink.limit:
            return ("output_limit", f"printed more than {self._sink.limit} bytes")
        if isinstance(error, RecursionError):
            self._tired = True
        for link in _chain(error):
            if isinstance(link, OSError):
                if link.errno in _REFUSED or type(link).__name__ == "gaierror":
                    return ("blocked", detail)
                if link.errno in _TOO_MUCH:
                    return ("output_limit", detail)
        return ("exception", detail)


def _difference(first: str, again: tuple[str, str]) -> str:
    outcome, second = again
    if outcome != "ok":
        return f"the same call gave {first[:120]}, then {outcome}: {second[:120]}"
    return f"the same call gave {first[:120]}, then {second[:120]}"


def _chain(error: BaseException) -> list[BaseException]:
    """The error and those it came from, including `reason` (urllib keeps the cause there)."""
    out: list[BaseException] = []
    todo: list[JsonValue] = [error]
    while todo and len(out) < 10:
        item = todo.pop()
        if isinstance(item, BaseException) and all(item is not known for known in out):
            out.append(item)
            todo += [item.__cause__, item.__context__, getattr(item, "reason", None)]
    return out


def describe(error: BaseException) -> str:
    """Type and message of an error, short."""
    try:
        message = str(error)[:_DETAIL]
    except BaseException:
        message = "(its message cannot be read)"
    name = type(error).__qualname__
    return f"{name}: {message}" if message else name


def _awaited(coroutine: Coroutine[Any, Any, JsonValue]) -> JsonValue:
    """What an asynchronous function gives, in a loop of its own."""
    import asyncio  # most units have no such function

    return asyncio.run(coroutine)


def _send(out: int, data: bytes) -> None:
    while data:
        data = data[_write(out, data) :]


def lock_in(scratch: str, base_bytes: int, limits: JsonMapping) -> None:
    """Apply to this process what holds for called functions only."""
    os.setpgid(0, 0)
    kernel.die_with_parent(signal.SIGKILL)
    os.chdir(scratch)
    kernel.limit(resource.RLIMIT_AS, base_bytes + limits["memory_mb"] * 2**20)
    kernel.limit(resource.RLIMIT_CPU, int(limits["timeout_s"] * 8 * limits["calls_per_process"]) + 2)
    if not kernel.seccomp_executor() and os.geteuid() != 0:
        kernel.limit(resource.RLIMIT_NPROC, 0)
    sys.stdin = None
