"""Speed and memory of the verification stages.

    python benchmarks/verification.py format    # format check of 60,000 rows on one core
    python benchmarks/verification.py stages    # format, execution and semantic check over 60,000 candidates
    python benchmarks/verification.py million   # format and execution over 1,000,000 candidates, in bounded memory

Rows are the seeds of the built-in functions over and over, every tenth damaged. The judge is a rule in this
process: these figures are the stages' own, without a language model.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Binding
from apigen_assets.domain.candidate import Candidate, make_candidate_id
from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.functions.library import all_seeds
from apigen_assets.verification.stages.execution import check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.semantic import check_semantic
from apigen_assets.verification.stages.stream import check_file

ROWS = 60_000
MILLION = 1_000_000


class RuleJudge:
    """Answers at once, as a model would answer at best."""

    def complete(self, generator: str, requests: Sequence[ChatRequest], on_progress: Any = None) -> list[Completion]:
        """One verdict per request."""
        return [Completion(key="", status="ok", text='{"thought": "", "pass": "yes"}') for _ in requests]


def seeds() -> tuple[list[dict[str, Any]], dict[str, Binding]]:
    apis = import_python_package("apigen_assets.functions", "builtin").apis
    tools = {api.name: api.tool() for api in apis}
    rows = []
    for number, seed in enumerate(all_seeds()):
        if all(name in tools for name in seed.tools):
            candidate = Candidate(
                candidate_id=make_candidate_id("seed", number),
                generator="g",
                batch="b",
                style=seed.style,
                query=seed.query,
                tools=[tools[name] for name in seed.tools],
                answers=[call.model_dump(mode="json") for call in seed.answers],
                prompt_id="p",
                completion_key="k",
            )
            rows.append(candidate.row())
    return rows, {api.api_id: api.binding for api in apis}


def frame(rows: list[dict[str, Any]], start: int, count: int) -> pl.DataFrame:
    """Rows `start` to `start + count` of the endless repetition; every tenth has an argument too many."""
    made = []
    for number in range(start, start + count):
        row = dict(rows[number % len(rows)], candidate_id=make_candidate_id("bench", number))
        if number % 10 == 9:
            row["answers"] = row["answers"].replace('"arguments":{', '"arguments":{"no_such_argument":1,', 1)
        made.append(row)
    return pl.DataFrame(made, schema=Candidate.SCHEMA, orient="row")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def format_rows() -> None:
    rows, _ = seeds()
    table = frame(rows, 0, ROWS)
    started, cpu = time.perf_counter(), time.process_time()
    checked = FormatChecker().check(table)
    wall, used = time.perf_counter() - started, time.process_time() - cpu
    print(f"format: {ROWS:,} rows in {wall:.2f} s wall, {used:.2f} s CPU, {checked['passed'].sum():,} passed")


def stages() -> None:
    from resources.python.resource import PythonSandbox

    rows, bindings = seeds()
    table = frame(rows, 0, ROWS)
    started = time.perf_counter()
    checker = FormatChecker()
    seconds = dict.fromkeys(("format", "execution", "semantic"), 0.0)
    kept = 0
    with PythonSandbox() as sandbox:
        for part in table.iter_slices(4096):
            at = time.perf_counter()
            part = checker.check(part).filter("passed")
            seconds["format"] += time.perf_counter() - at
            at = time.perf_counter()
            part = check_execution(part, bindings, sandbox).filter("passed")
            seconds["execution"] += time.perf_counter() - at
            at = time.perf_counter()
            kept += check_semantic(part, RuleJudge(), ["rule"]).filter("passed").height
            seconds["semantic"] += time.perf_counter() - at
    wall = time.perf_counter() - started
    split = ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())
    print(f"three stages: {ROWS:,} candidates in {wall:.1f} s ({split}); {kept:,} verified; peak {peak_mb():,.0f} MB")


def million() -> None:
    from resources.python.resource import PythonSandbox

    rows, bindings = seeds()
    with tempfile.TemporaryDirectory() as folder:
        source, middle, target = (Path(folder) / f"{name}.parquet" for name in ("raw", "format", "execution"))
        step = 20_000
        parts = (frame(rows, start, step) for start in range(0, MILLION, step))
        with source.open("wb"):
            pass
        _sink(parts, source)
        started = time.perf_counter()
        counts = check_file(source, FormatChecker().check, middle)
        wall = time.perf_counter() - started
        print(f"format: {MILLION:,} rows in {wall:.0f} s; {counts}; peak {peak_mb():,.0f} MB", flush=True)
        started = time.perf_counter()
        with PythonSandbox() as sandbox:
            counts = check_file(middle, lambda part: _execute(part, bindings, sandbox), target)
        wall = time.perf_counter() - started
        print(f"execution: {sum(counts.values()):,} rows in {wall:.0f} s; {counts}; peak {peak_mb():,.0f} MB")


def _execute(part: pl.DataFrame, bindings: dict[str, Binding], sandbox: Any) -> pl.DataFrame:
    return check_execution(part.filter("passed"), bindings, sandbox)


def _sink(parts: Any, target: Path) -> None:
    from polars.io.plugins import register_io_source

    def source(with_columns: Any, predicate: Any, n_rows: Any, batch_size: Any) -> Any:
        yield from parts

    register_io_source(source, schema=Candidate.SCHEMA).sink_parquet(target, row_group_size=16_384)


if __name__ == "__main__":
    commands = {"format": format_rows, "stages": stages, "million": million}
    for name in sys.argv[1:] or commands:
        commands[name]()
