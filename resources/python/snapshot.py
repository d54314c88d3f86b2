"""Tells whether a call left something behind that could change a later call in the same process.

It sees what functions do by accident or by mischief: rebound names in modules, changed containers,
defaults and classes, threads, files, handlers, a changed folder, environment, recursion limit, number
context, open descriptors. A function that searches the heap for this very object can hide from it, but
only from its own trust unit: no other unit's calls run in its process.
"""

import _thread
import atexit
import copy
import decimal
import gc
import locale
import os
import signal
import sys
import types
import warnings
from collections.abc import Iterable
from operator import is_

from resources.python.json_types import JsonValue

_MUTABLE = (list, dict, set, bytearray)
_DEEP_LIMIT = 2_000
"""Elements of a module-level container up to which its contents are compared, not only its length."""

_SIGNALS = tuple(sorted(signal.valid_signals()))[:31]
_all, _len, _map, _getcwd, _listdir = all, len, map, os.getcwd, os.listdir


class _Names:
    """The names of one namespace and the very objects they had."""

    def __init__(self, label: str, space: JsonValue) -> None:
        self.label = label
        self.space = space
        self.values = list(space.values())

    def same(self) -> bool:
        return _len(self.space) == _len(self.values) and _all(_map(is_, self.space.values(), self.values))


class Snapshot:
    """State of a process before it calls functions."""

    def __init__(self, scratch: str) -> None:
        """Record the interpreter's state; modules imported so far count as the standard library's.

        Args:
            scratch: The folder in which calls run.
        """
        self._scratch = scratch
        self._modules = {name: module for name, module in sys.modules.items() if name != "__main__"}
        self._names = [_Names(name, vars(module)) for name, module in self._modules.items()]
        self._containers: list[tuple[str, JsonValue, JsonValue]] = []
        self._functions: list[tuple[JsonValue, ...]] = []
        self._process: tuple[JsonValue, ...] = ()
        self._threads = 0

    def add(self, module: types.ModuleType) -> None:
        """Watch a user's module: its names, its containers' contents, its functions and its classes."""
        name = module.__name__
        self._modules[name] = module
        self._names.append(_Names(name, vars(module)))
        for label, value in list(vars(module).items()):
            if isinstance(value, _MUTABLE) and label != "__builtins__":
                self._containers.append((f"{name}.{label}", value, self._contents(value)))
            elif isinstance(value, types.FunctionType):
                self._watch(f"{name}.{label}", value)
            elif isinstance(value, type) and value.__module__ == name:
                self._names.append(_Names(f"{name}.{label}", vars(value)))

    def _watch(self, label: str, function: types.FunctionType) -> None:
        self._functions.append((label, function, function.__code__, function.__defaults__))
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            if isinstance(value, _MUTABLE):
                self._containers.append((f"default of {label}", value, self._contents(value)))
        self._containers.append((f"attributes of {label}", vars(function), dict(vars(function))))

    @staticmethod
    def _contents(value: JsonValue) -> JsonValue:
        """A copy to compare with, or the length where that would cost too much or cannot be copied."""
        if _len(value) > _DEEP_LIMIT or _elements(value, _DEEP_LIMIT) > _DEEP_LIMIT:
            return _len(value)
        try:
            duplicate = copy.deepcopy(value)
            return duplicate if duplicate == value else _len(value)
        except Exception:
            return _len(value)

    def start(self) -> None:
        """Record what belongs to this very process; call it in the executor before the first call."""
        for names in self._names:
            if not names.same():  # the fork itself renews a few, such as the main thread's record
                names.values = list(names.space.values())
        self._threads = _thread._count()  # the module's import may have left some in the zygote
        self._process = self._state()

    def _state(self) -> tuple[JsonValue, ...]:
        lowest = os.dup(1)
        os.close(lowest)
        return (
            lowest,
            dict(os.environ),
            sys.getrecursionlimit(),
            sys.gettrace(),
            sys.getprofile(),
            sys.get_int_max_str_digits(),
            list(sys.path),
            list(sys.meta_path),
            list(sys.path_hooks),
            repr(decimal.getcontext()).split("flags")[0],
            locale.setlocale(locale.LC_ALL),
            atexit._ncallbacks(),
            gc.isenabled(),
            list(gc.callbacks),
            _len(warnings.filters),
            [signal.getsignal(number) for number in _SIGNALS],
            signal.getitimer(signal.ITIMER_REAL),
            signal.getitimer(signal.ITIMER_VIRTUAL),
            signal.getitimer(signal.ITIMER_PROF),
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        )

    def changed(self) -> str:
        """What is different now, in words; empty when nothing is."""
        for check in (self._changed_process, self._changed_modules, self._changed_contents):
            try:
                difference = check()
            except BaseException as error:
                return f"the state cannot be read: {type(error).__name__}"
            if difference:
                return difference
        return ""

    def _changed_process(self) -> str:
        if _thread._count() != self._threads:
            return "a thread was left running"
        if _getcwd() != self._scratch:
            return "the working folder was changed"
        if _listdir(self._scratch):
            return "files were left"
        if self._state() != self._process:
            return "a setting of the interpreter or an open file was left"
        return ""

    def _changed_modules(self) -> str:
        for names in self._names:
            if not names.same():
                return f"names in {names.label} were changed"
        loaded = sys.modules
        for name, module in self._modules.items():
            if loaded.get(name) is not module:
                return f"the module {name} was replaced"
        return ""

    def _changed_contents(self) -> str:
        for label, value, before in self._containers:
            now = _len(value) if isinstance(before, int) else value
            if now != before:
                return f"{label} was changed"
        for label, function, code, defaults in self._functions:
            if function.__code__ is not code or function.__defaults__ is not defaults:
                return f"{label} was changed"
        return ""


def _elements(value: object, most: int) -> int:
    """Number of elements in nested containers, counted up to `most`."""
    count, todo = 0, [value]
    while todo and count <= most:
        item = todo.pop()
        children: Iterable[JsonValue] = ()
        if isinstance(item, dict):
            children = [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            children = item
        elif not isinstance(item, str | int | float | bytes | bytearray | bool | None):
            return most + 1
        for child in children:
            count += 1
            todo.append(child)
    return count
