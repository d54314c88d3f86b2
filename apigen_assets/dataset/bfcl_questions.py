"""The leaderboard's questions at hand: asked of its environment once, then read from a file."""

import json
import time
from pathlib import Path

from apigen_assets.dataset.contamination import Benchmark
from apigen_assets.files.atomic import whole_file
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings
from resources.bfcl import questions as board
from resources.bfcl.environment import VERSION, environment_in
from resources.bfcl.process import BfclEnvironmentError

_RETRY_S = 86_400.0
HOW = (
    "run `apigen bfcl-install` where a package index can be reached, or set APIGEN_BFCL_PYTHON to an interpreter that "
    "has the package (docs/bfcl.md), and materialise `contaminated_rows` again"
)


class QuestionsUnavailableError(Exception):
    """The questions are not here and cannot be had now; the message says why and what to do."""


def questions_file(config: Settings) -> Path:
    """Where the questions are kept; the name holds the version that they are of."""
    return config.home / f"bfcl-questions-{VERSION}.jsonl"


def benchmark(config: Settings) -> Benchmark:
    """The questions, indexed.

    Raises:
        QuestionsUnavailableError: there is no file, and no environment to ask.
    """
    return Benchmark(questions(config))


def questions(config: Settings) -> list[JsonObject]:
    """The questions of `resources.bfcl.questions.questions`, from the file where there is one.

    Without a file they are asked of the environment, which is made on first use where `bfcl_install` allows;
    where that failed, it is tried again after a day, so that no run waits for a dead network twice.

    Raises:
        QuestionsUnavailableError: they cannot be had.
    """
    path = questions_file(config)
    if path.exists():
        return _read(path)
    failed = path.with_suffix(".failed")
    present = config.bfcl_python is not None or (config.home / "bfcl-env" / "bin" / "python").exists()
    if not present:
        if not config.bfcl_install:
            raise QuestionsUnavailableError(f"the leaderboard's environment is not installed: {HOW}")
        if failed.exists() and time.time() - failed.stat().st_mtime < _RETRY_S:
            reason = failed.read_text(encoding="utf-8")
            raise QuestionsUnavailableError(
                f"the leaderboard's environment could not be made: {reason}. {_capital(HOW)}"
            )
    try:
        rows = board.questions(env=environment_in(config.bfcl_python, config.home / "bfcl-env"))
    except BfclEnvironmentError as error:
        config.home.mkdir(parents=True, exist_ok=True)
        failed.write_text(str(error)[:2000], encoding="utf-8")
        raise QuestionsUnavailableError(
            f"the leaderboard's questions cannot be had: {error}. {_capital(HOW)}"
        ) from None
    _write(path, rows)
    failed.unlink(missing_ok=True)
    return rows


def _read(path: Path) -> list[JsonObject]:
    try:
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except ValueError as error:
        raise QuestionsUnavailableError(f"{path} is damaged ({error}): delete it and run again") from None


def _write(path: Path, rows: list[JsonObject]) -> None:
    with whole_file(path) as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in ("id", "category", "question", "functions")}) + "\n")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
