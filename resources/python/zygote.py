"""The process that imports the modules of one trust unit and forks an executor for each batch of calls."""

import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import sys
import types
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from typing import NoReturn

from resources.python import kernel
from resources.python.executor import Executor, Sink, Units, describe, lock_in
from resources.python.frames import read_frame
from resources.python.json_types import JsonMapping
from resources.python.snapshot import Snapshot
from resources.python.stubs import give_types

_IMPORT_MEMORY = 4 * 2**30
"""Address space that importing may take; libraries such as numpy reserve far more than they use."""


class _KnownPlace(MetaPathFinder):
    """Finds one top-level package or module where the pool said it is: its parent folder cannot be listed."""

    def __init__(self, name: str, origin: str | None, locations: Sequence[str]) -> None:
        self._name = name
        self._origin = origin
        self._locations = list(locations)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        if self._origin is not None:
            return importlib.util.spec_from_file_location(
                fullname, self._origin, submodule_search_locations=self._locations or None
            )
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = self._locations
        return spec


class Zygote:
    """Serves the supervisor: imports, then one executor after another."""

    def __init__(self, unit: JsonMapping, control: int, status: int, out: int, config: JsonMapping) -> None:
        """Take the unit to serve and the three channels.

        Args:
            unit: `name`, `origin` and `locations` of the top-level package, or nothing for a file.
            control: Frames from the supervisor.
            status: JSON lines to the supervisor; closed in executors.
            out: Where executors write their answers.
            config: The supervisor's configuration.
        """
        self._control, self._status, self._out = control, status, out
        self._scratch: str = config["scratch"]
        self._limits: JsonMapping = config["limits"]
        self._units = Units()
        self._sink = Sink(self._limits["output_bytes"])
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = self._sink  # type: ignore[misc, assignment]
        if unit.get("name"):
            sys.meta_path.insert(0, _KnownPlace(unit["name"], unit["origin"], unit["locations"]))
        self._snapshot = Snapshot(self._scratch)
        self._watched: set[str] = set()
        in_use = kernel.address_space_in_use()
        kernel.limit(resource.RLIMIT_AS, in_use + _IMPORT_MEMORY)
        self._in_use = in_use

    def serve(self) -> NoReturn:
        """Answer frames until the supervisor closes the channel."""
        while (frame := read_frame(self._control)) is not None:
            head, _, body = frame.partition(b"\n")
            order = json.loads(head)
            if "import" in order:
                self._import(order["import"], order["path"], order.get("root"))
            elif "failed" in order:
                self._units.failures[order["failed"]] = (order["outcome"], order["detail"])
            elif "nonce" in order:
                self._fork(order, body.split(b"\n"))
        os._exit(0)

    def _report(self, **message: object) -> None:
        os.write(self._status, json.dumps(message).encode() + b"\n")

    def _import(self, name: str, path: str | None, root: str | None) -> None:
        try:
            os.chdir(self._scratch)
            if path and root:
                module = _import_below(name, path, root)
            else:
                module = _import_file(name, path) if path else importlib.import_module(name)
            came: list[types.ModuleType] = []
            while new := self._new(module, root):  # what a stub imports may be one more
                came += new
                for helper in new:
                    give_types(helper)
            self._units.add(name, module)
            for helper in came:
                self._snapshot.add(helper)
        except ModuleNotFoundError as error:
            missing = error.name or ""
            absent = path is None and (missing == name or name.startswith(missing + "."))
            self._fail(name, "not_found" if absent else "exception", error)
        except MemoryError as error:
            self._fail(name, "memory_limit", error)
        except BaseException as error:
            self._fail(name, "exception", error)
        self._sink.written = 0
        gc.collect()
        gc.freeze()  # the collector of an executor then leaves the shared pages alone
        self._in_use = kernel.address_space_in_use()
        self._report(imported=name)

    def _new(self, module: types.ModuleType, root: str | None) -> list[types.ModuleType]:
        """The module and the helpers of its own package or folder that came with it, each told once."""
        own = module.__name__.partition(".")[0] + "."
        new = []
        for name, imported in list(sys.modules.items()):
            related = imported is module or name.startswith(own) or (root is not None and _lies_in(imported, root))
            if related and name not in self._watched and isinstance(imported, types.ModuleType):
                self._watched.add(name)
                new.append(imported)
        return new

    def _fail(self, name: str, outcome: str, error: BaseException) -> None:
        self._units.failures[name] = (outcome, f"importing {name} failed: {describe(error)}")

    def _fork(self, order: JsonMapping, lines: list[bytes]) -> None:
        child = os.fork()
        if child == 0:
            try:
                os.close(self._status)
                lock_in(self._scratch, self._in_use, self._limits)
                self._snapshot.start()
                executor = Executor(self._units, self._sink, self._snapshot, self._limits)
                executor.serve(order, lines, self._control, self._out)
            finally:
                os._exit(98)
        self._report(pid=child)
        _, status = os.waitpid(child, 0)
        self._report(exit=os.waitstatus_to_exitcode(status))


def _import_below(name: str, path: str, root: str) -> types.ModuleType:
    """Import a module of a folder of the user's together with its neighbours, as Python does from that folder.

    Args:
        name: dotted; where the folder itself is the package, its first part is the folder's name.
        path: its file.
        root: the folder. Nothing beside it is on the import path.

    Raises:
        ImportError: also where another module of that name comes before it.
    """
    top, _, rest = name.partition(".")
    start = path.removesuffix(".py").removesuffix("/__init__")
    for _ in range(name.count(".") + 1):
        start = os.path.dirname(start)
    known = sys.modules.get(top)
    taken = top in sys.stdlib_module_names or (known is not None and not _lies_in(known, os.path.join(start, top)))
    if taken and not rest and not path.endswith("/__init__.py"):
        return _import_file(name, path)
    if taken:  # a twin of another name: what the modules import of each other by `from .` is found
        top = f"_user_{top}"
    package = path if not rest else os.path.join(start, name.partition(".")[0], "__init__.py")
    if (taken or not _is_below(start, root)) and top not in sys.modules:
        origin = package if os.path.isfile(package) else None
        sys.meta_path.insert(0, _KnownPlace(top, origin, [os.path.dirname(package)]))
    for place in (root, start):
        if place not in sys.path and _is_below(place, root):
            sys.path.insert(0, place)
            if place == root:  # `from shop.base import half` within the folder `shop`, where nothing else has its name
                sys.meta_path.append(_KnownPlace(os.path.basename(root), None, [root]))
    module = importlib.import_module(f"{top}.{rest}" if rest else top)
    if os.path.realpath(module.__file__ or "") != os.path.realpath(path):
        raise ImportError(f"{name} is {module.__file__} here, not {path}: two modules have the same name")
    return module


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _lies_in(module: types.ModuleType, place: str) -> bool:
    files = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    return any(isinstance(file, str) and os.path.realpath(file).startswith(place) for file in files)


def _import_file(name: str, path: str) -> types.ModuleType:
    """Import a user's file; a name that is taken does not replace the other module of that name."""
    unique = name if name not in sys.modules and name not in sys.stdlib_module_names else f"_user_{name}"
    spec = importlib.util.spec_from_file_location(
        unique, path, loader=importlib.machinery.SourceFileLoader(unique, path)
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be read as a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(unique, None)
        raise
    return module
