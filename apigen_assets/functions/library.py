"""The library of built-in functions: every module of this folder that holds seeds, found by looking.

A module counts when it has a module-level `SEEDS`. Its functions are the public ones defined in it; imported
helpers and names with a leading underscore are not. A new domain is a new file, and nothing else.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from apigen_assets import functions
from apigen_assets.functions.seed import Seed


@cache
def modules() -> tuple[ModuleType, ...]:
    """The domain modules, by name."""
    domains = []
    for name in sorted(info.name for info in pkgutil.iter_modules(functions.__path__)):
        if name.startswith("_") or name == "library":
            continue
        module = importlib.import_module(f"{functions.__name__}.{name}")
        if hasattr(module, "SEEDS"):
            domains.append(module)
    return tuple(domains)


def functions_of(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The public functions defined in one module, in the order of its text."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


@cache
def _all_functions() -> dict[str, Callable[..., Any]]:
    return merged(modules())


def merged(parts: tuple[ModuleType, ...]) -> dict[str, Callable[..., Any]]:
    """The functions of several modules by name.

    Raises:
        ValueError: If two modules define the same name; the message gives both.
    """
    together: dict[str, Callable[..., Any]] = {}
    for module in parts:
        for name, function in functions_of(module).items():
            if name in together:
                first = together[name].__module__
                raise ValueError(f"{name!r} is defined in {first} and in {module.__name__}: rename one of them")
            together[name] = function
    return together


def all_functions() -> dict[str, Callable[..., Any]]:
    """Every built-in function by name: modules by name, functions in the order of the text.

    Raises:
        ValueError: If a name is defined twice.
    """
    return dict(_all_functions())


def all_seeds() -> tuple[Seed, ...]:
    """Every seed example, modules by name, seeds in the order of the text.

    Raises:
        ValueError: If a seed calls or offers a function that does not exist.
    """
    known = _all_functions()
    seeds: list[Seed] = []
    for module in modules():
        for seed in module.SEEDS:
            missing = [name for name in seed.tools if name not in known]
            if missing:
                raise ValueError(
                    f"a seed of {module.__name__} names {', '.join(missing)}, which no module defines: {seed.query!r}"
                )
            seeds.append(seed)
    return tuple(seeds)
