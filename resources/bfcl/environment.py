"""The small environment that holds the Berkeley Function-Calling Leaderboard's package: made, found, and asked.

`bfcl-eval` pins numpy, filelock and a hundred more packages and runs `eval` on model output, so it never shares
an interpreter with this project. Its checker and data need 46 MB of it, without dependencies.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from apigen_assets.files.folders import swap
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import settings
from resources.bfcl.process import MPMATH_VERSION, BfclEnvironmentError, DiedError, ask, scratch_folder

VERSION = "2026.3.23"
"""The only version that scores are given for: other versions have other questions and answers."""

MPMATH = f"mpmath=={MPMATH_VERSION}"
"""What the tools of multi-turn compute with."""

PACKAGES = (
    f"bfcl-eval=={VERSION}",
    "tree-sitter==0.21.3",
    "tree-sitter-java==0.21.0",
    "tree-sitter-javascript==0.21.4",
    "filelock==3.20.0",
    "tenacity==9.2.1",
    MPMATH,
)
"""Installed without dependencies; the checker imports nothing else."""

PYTHONS = ((3, 10), (3, 11), (3, 12))
"""Interpreters that tree-sitter 0.21 has wheels for."""

_MARKER = "apigen.json"


@dataclass(frozen=True)
class Environment:
    """An interpreter that has `bfcl-eval`, with what it says of itself."""

    python: Path
    versions: dict[str, str]
    """`bfcl_eval`, `data`, `data_sha256`, `multi_turn_sha256`, `python`."""
    counts: dict[str, int]
    """Items per single-turn category."""
    multi_turn: dict[str, int] = field(default_factory=dict)
    """Items per multi-turn category; empty where the package that those need is not there."""

    def need_multi_turn(self) -> None:
        """Raise where multi-turn items cannot be run.

        Raises:
            BfclEnvironmentError: a package is missing.
        """
        if not self.multi_turn:
            raise BfclEnvironmentError(
                f"{self.python} cannot run multi-turn items: it lacks {MPMATH}. Install it there "
                f"(`pip install --no-deps {MPMATH}`), or unset APIGEN_BFCL_PYTHON and run `apigen bfcl-install`."
            )


def environment() -> Environment:
    """The environment to use: `APIGEN_BFCL_PYTHON`, else `<home>/bfcl-env`, made on first use.

    Raises:
        BfclEnvironmentError: it cannot be made, or lacks a package, or has another version of it.
    """
    config = settings()
    return environment_in(config.bfcl_python, config.home / "bfcl-env")


def environment_in(python: Path | None, folder: Path) -> Environment:
    """The environment of an interpreter, else the one in `folder`, made on first use.

    Raises:
        BfclEnvironmentError: it cannot be made, or lacks a package, or has another version of it.
    """
    if python is not None:
        return at(python.absolute())
    python = install(folder)
    return _environment(python, json.loads((python.parents[1] / _MARKER).read_text(encoding="utf-8"))["info"])


def install(folder: Path) -> Path:
    """Make the small environment in `folder` unless it is there; returns its interpreter.

    Safe against interruption (a half-made environment is never used) and against two processes at once.

    Raises:
        BfclEnvironmentError: no fitting Python, or the packages cannot be installed.
    """
    folder = folder.absolute()
    python = folder / "bin" / "python"
    if _is_current(folder):
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f".{folder.name}.lock")):
        if _is_current(folder):
            return python
        for stale in folder.parent.glob(f".{folder.name}.new-*"):
            shutil.rmtree(stale, ignore_errors=True)
        new = folder.with_name(f".{folder.name}.new-{os.getpid()}")
        try:
            _create(new)
            swap(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return python


@lru_cache
def at(python: Path) -> Environment:
    """The environment of an interpreter.

    Raises:
        BfclEnvironmentError: it cannot be run, or lacks a package, or has another version of it.
    """
    return _environment(python, _info(python))


def _info(python: Path) -> JsonObject:
    with scratch_folder() as scratch:
        try:
            told: JsonObject = json.loads(ask(python, ["info"], scratch, timeout_s=120))
        except DiedError as error:
            raise BfclEnvironmentError(
                f"{python} cannot run the leaderboard's checker: {error}. It needs a Python 3.10, 3.11 or 3.12 with, "
                f"installed by `pip install --no-deps`: {' '.join(PACKAGES)}."
            ) from None
    return told


def _environment(python: Path, told: JsonObject) -> Environment:
    if told["bfcl_eval"] != VERSION:
        raise BfclEnvironmentError(
            f"{python} has bfcl-eval {told['bfcl_eval']}, whose questions and answers are others than those of "
            f"{VERSION}. Install that version, or unset APIGEN_BFCL_PYTHON."
        )
    names = ("bfcl_eval", "data", "data_sha256", "multi_turn_sha256", "python")
    versions = {name: told[name] for name in names}
    multi_turn = told["multi_turn"] if told["mpmath"] else {}
    return Environment(python=python, versions=versions, counts=told["categories"], multi_turn=multi_turn)


def _create(folder: Path) -> None:
    base = _base_python()
    steps = [
        [str(base), "-m", "venv", "--without-pip", str(folder)],
        [
            *(str(base), "-m", "pip", "--python", str(folder / "bin" / "python")),
            *("--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-deps"),
            *("--only-binary", ":all:"),
            *PACKAGES,
        ],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False, timeout=900)
        if done.returncode != 0:
            told = "\n  ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise BfclEnvironmentError(
                f"the small environment for the leaderboard's checker could not be made:\n  {told}\n"
                f"It needs the package index once, for {' '.join(PACKAGES)} (46 MB). Without access to one, "
                "set APIGEN_BFCL_PYTHON to a Python 3.10 to 3.12 that has them (`pip install --no-deps`)."
            )
    # Only an environment that answers is ever put in place; what it says of itself is kept with it.
    marker = {"packages": list(PACKAGES), "info": _info(folder / "bin" / "python")}
    (folder / _MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")


def _base_python() -> Path:
    if sys.version_info[:2] in PYTHONS:
        return Path(sys.executable)
    for major, minor in reversed(PYTHONS):
        found = shutil.which(f"python{major}.{minor}")
        if found and _runs_pip(found):
            return Path(found)
    raise BfclEnvironmentError(
        f"the leaderboard's checker needs Python 3.10, 3.11 or 3.12 (its tree-sitter 0.21 has no wheels for others); "
        f"this is {sys.version_info.major}.{sys.version_info.minor}, and none of those is on PATH with pip. "
        "Install one, or set APIGEN_BFCL_PYTHON to one that has " + " ".join(PACKAGES) + "."
    )


def _runs_pip(python: str) -> bool:
    done = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def _is_current(folder: Path) -> bool:
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(marker.get("packages") == list(PACKAGES)) and (folder / "bin" / "python").exists()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
