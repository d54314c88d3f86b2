"""Where the code of a binding lies, and what of it a worker may read."""

import importlib.util
import os
import sys

from apigen_assets.domain.outcome import CallResult, Outcome
from resources.python.batches import CodeUnit
from resources.python.results import failure


def file_unit(path: str, folder: str | None) -> CodeUnit | CallResult:
    """The unit of a file, or the result of calling what is not there."""
    full = os.path.realpath(path)
    if not os.path.isfile(full):
        return failure(Outcome.NOT_FOUND, f"there is no file {path}")
    if folder is None:
        stub = os.path.splitext(full)[0] + ".pyi"  # the types that the file does not name
        code = (full, stub) if os.path.isfile(stub) and not os.path.islink(stub) else (full,)
        return CodeUnit(key=f"file {full}", name=None, origin=None, locations=(), code=code)
    root = os.path.realpath(folder)
    if not full.startswith(root.rstrip("/") + "/"):
        return failure(Outcome.NOT_FOUND, f"{path} does not lie in {folder}")
    return CodeUnit(key=f"folder {root}", name=None, origin=None, locations=(), code=(root,), root=root, file=full)


def package_unit(name: str) -> CodeUnit | CallResult:
    """The unit of an installed package, found without importing it, or the result of calling what is not there."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError) as error:
        return failure(Outcome.NOT_FOUND, f"the module {name} cannot be found: {error}")
    if spec is None:
        return failure(Outcome.NOT_FOUND, f"there is no module {name}")
    locations = tuple(spec.submodule_search_locations or ())
    origin = spec.origin if spec.origin and os.path.isfile(spec.origin) else None
    if name in sys.stdlib_module_names or not (locations or origin):
        return CodeUnit(key=name, name=None, origin=None, locations=(), code=())
    return CodeUnit(key=name, name=name, origin=origin, locations=locations, code=locations or (origin or "",))
