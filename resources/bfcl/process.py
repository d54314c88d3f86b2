"""One command of the small environment, as a subprocess: JSON in files, nothing shared."""

import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_START = (
    "import sys; sys.path += [sys.argv.pop(1), sys.argv.pop(1)]; from runner.commands import main; main(sys.argv[1:])"
)
_KEPT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR")


MPMATH_VERSION = "1.3.0"
"""Of what the tools of multi-turn compute with; pure Python."""


class BfclEnvironmentError(RuntimeError):
    """The small environment cannot be made or used; the message says why and what to do."""


class DiedError(Exception):
    """The subprocess ended with an error, a signal or at its time limit."""


def ask(python: Path, arguments: list[str], scratch: Path, timeout_s: float) -> str:
    """Run one command of `runner.commands` in the environment; returns what it printed.

    Raises:
        DiedError: it ended with an error, a signal or at the time limit.
        BfclEnvironmentError: the interpreter cannot be started.
    """
    command = [str(python), "-I", "-c", _START, str(_HERE), str(_lent(scratch)), *arguments]
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=scratch,
            env={**kept, "BFCL_PROJECT_ROOT": str(scratch), "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DiedError(f"not done after {timeout_s:g} s") from None
    except OSError as error:
        raise BfclEnvironmentError(
            f"cannot run {python}: {error.strerror or error}. Set APIGEN_BFCL_PYTHON to a Python 3.10, 3.11 or 3.12 "
            "that has the leaderboard's package, or unset it and run `apigen bfcl-install`."
        ) from None
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()
        timed_out = next((line for line in last if line.startswith("Timeout")), None)
        raise DiedError(timed_out or (last[-1] if last else f"exit status {done.returncode}"))
    return done.stdout


def _lent(scratch: Path) -> Path:
    """A folder with `mpmath` of this interpreter, if it has the version that is pinned, and with nothing else.

    It comes last on the path: interpreters prepared before multi-turn was scored lack the package.
    """
    folder = scratch / "lent"
    folder.mkdir(exist_ok=True)
    spec = importlib.util.find_spec("mpmath")
    if spec is not None and spec.submodule_search_locations and metadata.version("mpmath") == MPMATH_VERSION:
        link = folder / "mpmath"
        if not link.exists():
            link.symlink_to(next(iter(spec.submodule_search_locations)), target_is_directory=True)
    return folder


def complete_lines(path: Path) -> list[Any]:
    """The JSON lines of a file, without one that was not finished."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for one command, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="apigen-bfcl-") as name:
        yield Path(name)
