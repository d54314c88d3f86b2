"""Batches through the commands: exported, answered in two ways, imported twice; the tables and the journals."""

import contextlib
import io
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.cli.main import app
from apigen_assets.settings import settings
from resources.llm.journal import Journal
from tests.helpers.batch_server import BatchServer, vllm_answer


@dataclass(frozen=True)
class Batched:
    """What came of one way to have a batch answered."""

    lines: int
    """Exported."""
    answers: int
    """In the journal after the first import."""
    records: tuple[int, int]
    """In the journal after the first and after the second import."""
    left: int
    """Lines that a second export still has."""
    table: bytes
    """candidates.jsonl of `apigen generate` afterwards."""
    seconds: tuple[float, float]
    """Of the export and of the first import."""


def batch_files(lines: int) -> dict[str, Batched]:
    """The same lines answered by a Batch API on loopback, and in the format of `vllm run-batch`."""
    with tempfile.TemporaryDirectory() as folder, BatchServer() as server:
        server.done = True
        return {
            "Batch API": _api(Path(folder, "api"), lines, server),
            "vllm run-batch": _vllm(Path(folder, "vllm"), lines, server.url),
        }


def _api(folder: Path, lines: int, server: BatchServer) -> Batched:
    with _home(folder, server.url):
        exported, export_s = _export(folder, lines)
        _apigen("batch", "submit", *_files(folder), "-g", "g")
        started = time.perf_counter()
        _apigen("batch", "status")
        import_s = time.perf_counter() - started
        first = _records(folder)
        for file in _files(folder):
            for answers in sorted(folder.glob(f"{file.stem}.*.answers.jsonl")):
                _apigen("batch", "import", answers, "-e", file, "-g", "g")
        return _result(folder, exported, lines, first, (export_s, import_s))


def _vllm(folder: Path, lines: int, url: str) -> Batched:
    with _home(folder, url):
        exported, export_s = _export(folder, lines)
        seconds, first = 0.0, 0
        for time_ in (1, 2):
            for file in _files(folder):
                asked = [json.loads(line) for line in file.read_text().splitlines()]
                answers = folder / "answers.jsonl"
                answers.write_text("".join(json.dumps(vllm_answer(n, line)) + "\n" for n, line in enumerate(asked)))
                started = time.perf_counter()
                _apigen("batch", "import", answers, "-e", file, "-g", "g")
                seconds += (time.perf_counter() - started) * (time_ == 1)
            first = first or _records(folder)
        return _result(folder, exported, lines, first, (export_s, seconds))


def _export(folder: Path, lines: int) -> tuple[int, float]:
    started = time.perf_counter()
    _apigen("batch", "export", "builtin", "-g", "g", "-n", lines * 5, "-o", folder / "requests.jsonl")
    taken = time.perf_counter() - started
    return sum(len(file.read_text().splitlines()) for file in _files(folder)), taken


def _result(folder: Path, exported: int, lines: int, first: int, seconds: tuple[float, float]) -> Batched:
    second = _records(folder)
    _apigen("batch", "export", "builtin", "-g", "g", "-n", lines * 5, "-o", folder / "left.jsonl")
    _apigen("generate", "builtin", "-g", "g", "-n", lines * 5, "-o", folder / "out")
    return Batched(
        exported,
        len(Journal(folder / "home/journal/m")),
        (first, second),
        len((folder / "left.jsonl").read_text().splitlines()),
        (folder / "out/candidates.jsonl").read_bytes(),
        seconds,
    )


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("requests*.jsonl") if ".answers" not in file.name)


def _records(folder: Path) -> int:
    return sum(1 for _ in Journal(folder / "home/journal/m").records())


@contextlib.contextmanager
def _home(folder: Path, url: str) -> Iterator[None]:
    """The commands' settings, for as long as the block lasts."""
    folder.mkdir()
    models = folder / "models.yaml"
    models.write_text(json.dumps({"generators": [{"name": "g", "base_url": url, "model": "m"}]}))
    wanted = {"APIGEN_HOME": str(folder / "home"), "APIGEN_GENERATORS_FILE": str(models)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        settings.cache_clear()


def _apigen(*arguments: object) -> None:
    """A command, within this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            app([str(argument) for argument in arguments], standalone_mode=False)
        except SystemExit as stop:
            if stop.code:
                raise SystemExit(f"apigen {' '.join(map(str, arguments))}: {said.getvalue()[-2000:]}") from None
