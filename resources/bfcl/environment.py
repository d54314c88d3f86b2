"""The Berkeley Function-Calling Leaderboard's package, in a small environment of its own, as a subprocess.

`bfcl-eval` pins numpy, filelock and a hundred more packages and runs `eval` on model output, so it never shares
an interpreter with this project. Its checker and data need 46 MB of it, without dependencies.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from apigen_assets.files.folders import swap
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import settings

VERSION = "2026.3.23"
"""The only version that scores are given for: other versions have other questions and answers."""

PACKAGES = (
    f"bfcl-eval=={VERSION}",
    "tree-sitter==0.21.3",
    "tree-sitter-java==0.21.0",
    "tree-sitter-javascript==0.21.4",
    "filelock==3.20.0",
    "tenacity==9.2.1",
)
"""Installed without dependencies; the checker imports nothing else."""

PYTHONS = ((3, 10), (3, 11), (3, 12))
"""Interpreters that tree-sitter 0.21 has wheels for."""

ITEM_LIMIT_S = 10.0
"""Decoding, and checking, one answer may take this long; it takes well under a millisecond."""

_RUNNER = Path(__file__).with_name("runner")
_MARKER = "apigen.json"
_MAX_CRASHES = 20


class BfclEnvironmentError(RuntimeError):
    """The small environment cannot be made or used; the message says why and what to do."""


class IncompleteAnswersError(ValueError):
    """Ids are missing, doubled or unknown; `problems` is `{kind: {category: [ids]}}`."""

    def __init__(self, problems: dict[str, dict[str, list[str]]]) -> None:
        self.problems = problems
        lines = []
        for kind, by_category in problems.items():
            for category, ids in by_category.items():
                shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
                lines.append(f"{category}: {len(ids)} {kind} ({shown})")
        super().__init__(
            "every question needs exactly one answer, else the figure would mean something else:\n  "
            + "\n  ".join(lines)
        )


@dataclass(frozen=True)
class Environment:
    """An interpreter that has `bfcl-eval`, with what it says of itself."""

    python: Path
    versions: dict[str, str]
    """`bfcl_eval`, `data`, `data_sha256`, `python`."""
    counts: dict[str, int]
    """Items per single-turn category."""


@dataclass(frozen=True)
class BfclAnswer:
    """One model answer to one question.

    `failure` says that there is no answer because the question could not be put to the model (such as
    `context_too_long`); it counts as wrong in every category, with that reason.
    """

    id: str
    category: str
    answer: Any = None
    failure: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Scored:
    """Verdicts in the order of the answers, and the naming rule they were made under."""

    verdicts: list[JsonObject]
    """`id`, `category`, `valid`; where invalid `error_type`, `error`; `decoded`, or `undecodable` with the reason."""
    underscore_to_dot: bool
    underscore_reason: str
    names: dict[str, int] = field(default_factory=dict)
    """How many calls of dotted functions kept the dot (`dotted`), how many wrote `_` (`underscored`)."""


def environment() -> Environment:
    """The environment to use: `APIGEN_BFCL_PYTHON`, else `<home>/bfcl-env`, made on first use.

    Raises:
        BfclEnvironmentError: it cannot be made, or lacks a package, or has another version of it.
    """
    configured = settings().bfcl_python
    if configured:
        return _asked_of(configured.absolute())
    python = install(settings().home / "bfcl-env")
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


def questions(categories: Iterable[str] | None = None, env: Environment | None = None) -> list[JsonObject]:
    """The questions as they are put to a model.

    Args:
        categories: official names such as `simple_python`; all 13 single-turn ones by default.
        env: the environment to ask; by default `environment()`.

    Returns:
        `{id, category, question, functions}`: `question` is a list of chat messages, `functions` a list of
        `{name, description, parameters}` in the leaderboard's dialect of JSON Schema, with the official hint on
        the language and with the parameters of Java and JavaScript functions as text.

    Raises:
        BfclEnvironmentError: no environment.
        ValueError: an unknown category.
    """
    return _rows("questions", categories, env or environment())


def truths(categories: Iterable[str] | None = None, env: Environment | None = None) -> list[JsonObject]:
    """The accepted answers: `{id, category, functions, truth}`, for tests of scorers and for contamination checks.

    `functions` are as the checker sees them; `truth` is `[{name: {argument: [accepted values]}}]`, in which `""`
    among the values means that the argument may be left out, and null for questions without a true answer.
    Arguments and errors as in `questions`.
    """
    return _rows("truths", categories, env or environment())


def _rows(command: str, categories: Iterable[str] | None, env: Environment) -> list[JsonObject]:
    wanted = list(env.counts) if categories is None else list(categories)
    unknown = [one for one in wanted if one not in env.counts]
    if unknown:
        raise ValueError(f"unknown categories {', '.join(unknown)}; there are {', '.join(env.counts)}")
    with _scratch() as scratch:
        request, output = scratch / "request.json", scratch / "output.jsonl"
        request.write_text(json.dumps({"categories": wanted}), encoding="utf-8")
        _asked(env, [command, str(request), str(output)], scratch)
        with output.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def _asked(env: Environment, arguments: list[str], scratch: Path) -> None:
    try:
        _run(env.python, arguments, scratch, timeout_s=120)
    except _DiedError as error:
        raise BfclEnvironmentError(f"{env.python} could not answer {arguments[0]!r}: {error}") from None


def score(
    answers: Sequence[BfclAnswer],
    form: str,
    *,
    categories: Sequence[str] | None = None,
    ids: dict[str, list[str]] | None = None,
    underscore_to_dot: bool | None = None,
    model_name: str = "",
    env: Environment | None = None,
    timeout_s: float = 600.0,
) -> Scored:
    """Verdicts of the official checker, in one subprocess.

    Args:
        answers: exactly one per question of the categories.
        form: how the answers are written; one of `decoding.FORMS`.
        categories: the categories that must be complete; by default those of the answers.
        ids: for a sample, the ids that must be there, by category; by default all of a category.
        underscore_to_dot: whether the model was shown `_` for `.` in function names; by default the leaderboard's
            own setting for `model_name`, else what the names in the answers show.
        model_name: a name from the leaderboard's list, or any other.
        env: the environment to use; by default `environment()`.
        timeout_s: limit for the whole subprocess.

    Raises:
        IncompleteAnswersError: ids are missing, doubled or unknown.
        BfclEnvironmentError: the environment cannot be used.
    """
    env = env or environment()
    names = list(categories) if categories is not None else list(dict.fromkeys(one.category for one in answers))
    unknown = [one for one in names if one not in env.counts]
    if unknown:
        raise ValueError(f"unknown categories {', '.join(unknown)}; there are {', '.join(env.counts)}")
    header = {
        "form": form,
        "categories": names,
        "ids": ids or {},
        "underscore_to_dot": underscore_to_dot,
        "model_name": model_name,
        "item_limit_s": ITEM_LIMIT_S,
        "check_ids": True,
    }
    remaining = list(answers)
    crashed: dict[int, JsonObject] = {}
    positions = list(range(len(answers)))
    while True:
        outcome = _attempt(env, header, remaining, timeout_s)
        if "problems" in outcome:
            raise IncompleteAnswersError(outcome["problems"])
        if "culprit" not in outcome:
            break
        # One answer took the process down: it is wrong, and the others are scored without it.
        culprit = outcome["culprit"]
        if len(crashed) >= _MAX_CRASHES:
            raise BfclEnvironmentError(f"the checker died on {len(crashed) + 1} answers: {outcome['reason']}")
        one = remaining.pop(culprit)
        crashed[positions.pop(culprit)] = {
            "id": one.id,
            "category": one.category,
            "valid": False,
            "error_type": "checker:crash",
            "error": outcome["reason"],
            "decoded": None,
        }
        header["check_ids"] = False
    verdicts: list[JsonObject] = [{}] * len(answers)
    for position, verdict in zip(positions, outcome["verdicts"], strict=True):
        verdicts[position] = verdict
    for position, verdict in crashed.items():
        verdicts[position] = verdict
    rule = outcome["rule"]
    return Scored(
        verdicts=verdicts,
        underscore_to_dot=rule["underscore_to_dot"],
        underscore_reason=rule["underscore_reason"],
        names={"dotted": rule["names_dotted"], "underscored": rule["names_underscored"]},
    )


def known_models(env: Environment | None = None) -> dict[str, JsonObject]:
    """The leaderboard's own model names with their `underscore_to_dot` and `handler`."""
    env = env or environment()
    with _scratch() as scratch:
        output = scratch / "output.json"
        _asked(env, ["models", "-", str(output)], scratch)
        models: dict[str, JsonObject] = json.loads(output.read_text(encoding="utf-8"))
    return models


def _attempt(env: Environment, header: JsonObject, answers: list[BfclAnswer], timeout_s: float) -> JsonObject:
    with _scratch() as scratch:
        request, output = scratch / "request.jsonl", scratch / "output.jsonl"
        with request.open("w", encoding="utf-8") as file:
            file.write(json.dumps(header) + "\n")
            for one in answers:
                file.write(json.dumps(_entry(one)) + "\n")
        reason = None
        try:
            _run(env.python, ["score", str(request), str(output)], scratch, timeout_s)
        except _DiedError as error:
            reason = str(error)
        lines = _complete_lines(output)
    if reason is None:
        if "problems" in lines[0]:
            return {"problems": lines[0]["problems"]}
        rule = next(line for line in lines[1:] if line != "d")
        return {"rule": rule, "verdicts": lines[-len(answers) :] if answers else []}
    if not lines:
        raise BfclEnvironmentError(f"the checker could not start: {reason}")
    decoded = sum(1 for line in lines if line == "d")
    culprit = decoded if decoded < len(answers) else max(0, len(lines) - decoded - 2)
    if culprit >= len(answers):
        raise BfclEnvironmentError(f"the checker died after the last answer: {reason}")
    return {"culprit": culprit, "reason": reason}


def _entry(one: BfclAnswer) -> JsonObject:
    try:
        json.dumps(one.answer)
        answer = one.answer
    except RecursionError:
        answer = None
    entry = {"id": one.id, "category": one.category, "answer": answer}
    if one.failure:
        entry |= {"failure": one.failure, "detail": one.detail}
    return entry


def _complete_lines(path: Path) -> list[Any]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


class _DiedError(Exception):
    """The subprocess ended with an error, a signal or at its time limit."""


def _run(python: Path, arguments: list[str], scratch: Path, timeout_s: float) -> str:
    command = [str(python), "-I", str(_RUNNER), *arguments]
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR") if key in os.environ}
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
        raise _DiedError(f"not done after {timeout_s:g} s") from None
    except OSError as error:
        raise BfclEnvironmentError(
            f"cannot run {python}: {error.strerror or error}. Set APIGEN_BFCL_PYTHON to a Python "
            f"3.10, 3.11 or 3.12 that has {PACKAGES[0]}, or unset it and run `apigen bfcl-install`."
        ) from None
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise _DiedError(last[0])
    return done.stdout


@lru_cache
def _asked_of(python: Path) -> Environment:
    return _environment(python, _info(python))


def _info(python: Path) -> JsonObject:
    with _scratch() as scratch:
        try:
            told: JsonObject = json.loads(_run(python, ["info"], scratch, timeout_s=120))
        except _DiedError as error:
            raise BfclEnvironmentError(
                f"{python} cannot run the leaderboard's checker: {error}. It needs, installed with "
                f"`pip install --no-deps`: {' '.join(PACKAGES)}."
            ) from None
    return told


def _environment(python: Path, told: JsonObject) -> Environment:
    if told["bfcl_eval"] != VERSION:
        raise BfclEnvironmentError(
            f"{python} has bfcl-eval {told['bfcl_eval']}, whose questions and answers are others than those of "
            f"{VERSION}. Install that version, or unset APIGEN_BFCL_PYTHON."
        )
    versions = {key: told[key] for key in ("bfcl_eval", "data", "data_sha256", "python")}
    return Environment(python=python, versions=versions, counts=told["categories"])


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


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="apigen-bfcl-") as name:
        yield Path(name)


def data_digest(answers: Iterable[BfclAnswer]) -> str:
    """A short hash of what was scored, so that two reports can be told apart."""
    digest = hashlib.sha256()
    for one in answers:
        digest.update(json.dumps([one.id, one.answer, one.failure], sort_keys=True).encode())
    return digest.hexdigest()[:16]
