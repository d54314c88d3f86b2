"""Speed and memory of the verification stages.

    python benchmarks/verification.py format    # format check of 60,000 rows on one core
    python benchmarks/verification.py stages    # format, execution and semantic check over 60,000 candidates
    python benchmarks/verification.py million   # format and execution over 1,000,000 candidates, in bounded memory
    python benchmarks/verification.py assets    # 1,000,000 candidates through the assets, with their checks
    python benchmarks/verification.py assets --rows 100000

Rows are the seeds of the built-in functions over and over, every tenth damaged. The judge is a rule in this
process: these figures are the stages' own, without a language model.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
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
from apigen_assets.verification.stages.stream import CHUNK_ROWS, check_file

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


def chunks(rows: list[dict[str, Any]], count: int, step: int) -> Iterator[pl.DataFrame]:
    """`count` candidates, made `step` at a time."""
    for start in range(0, count, step):
        yield frame(rows, start, min(step, count - start))


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
    started = time.perf_counter()
    checker = FormatChecker()
    seconds = dict.fromkeys(("format", "execution", "semantic"), 0.0)
    kept = 0
    with PythonSandbox() as sandbox:
        for part in chunks(rows, ROWS, CHUNK_ROWS):
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
        _sink(chunks(rows, MILLION, 20_000), source)
        started = time.perf_counter()
        counts = check_file(source, FormatChecker().check, middle)
        wall = time.perf_counter() - started
        print(f"format: {MILLION:,} rows in {wall:.0f} s; {counts}; peak {peak_mb():,.0f} MB", flush=True)
        started = time.perf_counter()
        with PythonSandbox() as sandbox:
            counts = check_file(middle, lambda part: _execute(part, bindings, sandbox), target)
        wall = time.perf_counter() - started
        print(f"execution: {sum(counts.values()):,} rows in {wall:.0f} s; {counts}; peak {peak_mb():,.0f} MB")


def rule_llm() -> Any:
    """The rule-based judge as a Dagster resource; it knows the control rows that are bad."""
    import dagster as dg

    from apigen_assets.files.canonical import dumps
    from apigen_assets.verification.stages.controls import control_items
    from resources.llm.budget import Usage

    class RuleLlm(dg.ConfigurableResource):  # type: ignore[type-arg]
        def complete(
            self, generator: str, requests: Sequence[ChatRequest], on_progress: Any = None
        ) -> list[Completion]:
            wrong = [dumps(item.query) for item, good in control_items() if not good]
            few = len(requests) < 100  # the control rows are asked about by themselves
            return [
                Completion(
                    key="",
                    status="ok",
                    text='{"thought": "", "pass": "no", "rule": 1}'
                    if few and any(query in request.messages[1]["content"] for query in wrong)
                    else '{"thought": "", "pass": "yes"}',
                )
                for request in requests
            ]

        def usage(self, generator: str, purpose: str) -> Usage:
            return Usage()

    return RuleLlm()


def assets(count: int) -> None:
    """The three stages of one partition as Dagster runs them, with their checks, in this process."""
    import dagster as dg

    from apigen_assets.domain.api import Api
    from apigen_assets.partitions import api_batches, batch_by_generator
    from apigen_assets.settings import settings
    from apigen_assets.verification.stages import assets as stages_assets
    from apigen_assets.verification.stages import checks
    from resources.executors import ExecutorsResource
    from resources.lake.resource import LakeResource
    from resources.llm.generators import generator_names
    from resources.python.resource import SandboxResource

    rows, _ = seeds()
    catalog = Api.frame(import_python_package("apigen_assets.functions", "builtin").apis)
    batch, generator = "b", generator_names()[0]
    with tempfile.TemporaryDirectory() as folder:
        lake = LakeResource(root=folder)
        store = lake.lake()
        store.write(catalog, store.path("filtered_api_catalog", {"api_batch": batch}))
        target = store.path("raw_candidates", {"api_batch": batch, "generator": generator})
        target.parent.mkdir(parents=True)
        _sink(chunks(rows, count, 20_000), Path(str(target)))
        made = peak_mb()
        instance = dg.DagsterInstance.ephemeral()
        instance.add_dynamic_partitions("api_batch", [batch])
        sources = [
            dg.AssetSpec("raw_candidates", partitions_def=batch_by_generator).with_io_manager_key("lake"),
            dg.AssetSpec("filtered_api_catalog", partitions_def=api_batches).with_io_manager_key("lake"),
        ]
        cpu, started = time.process_time(), time.perf_counter()
        result = dg.materialize(
            [
                *sources,
                stages_assets.format_check,
                stages_assets.execution_check,
                stages_assets.semantic_check,
                checks.format_in_is_verified_plus_rejected,
                checks.execution_in_is_verified_plus_rejected,
                checks.semantic_in_is_verified_plus_rejected,
                checks.every_call_succeeded,
            ],
            partition_key=dg.MultiPartitionKey({"api_batch": batch, "generator": generator}),
            instance=instance,
            resources={
                "lake": lake,
                "executors": ExecutorsResource(python=SandboxResource.from_settings(settings())),
                "llm": rule_llm(),
                "settings": settings(),
            },
        )
        used, wall = time.process_time() - cpu, time.perf_counter() - started
        kept = store.scan("semantic_verified").select(pl.len()).collect().item()
    print(
        f"assets: {count:,} candidates, {kept:,} kept by all three, {'every' if result.success else 'NOT every'} step "
        f"succeeded; {used:.0f} s CPU without the sandbox's workers, {wall:.0f} s wall; "
        f"peak {peak_mb():,.0f} MB ({made:,.0f} MB before)"
    )


def _execute(part: pl.DataFrame, bindings: dict[str, Binding], sandbox: Any) -> pl.DataFrame:
    return check_execution(part.filter("passed"), bindings, sandbox)


def _sink(parts: Any, target: Path) -> None:
    from polars.io.plugins import register_io_source

    def source(with_columns: Any, predicate: Any, n_rows: Any, batch_size: Any) -> Any:
        yield from parts

    register_io_source(source, schema=Candidate.SCHEMA).sink_parquet(target, row_group_size=16_384)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"format": format_rows, "stages": stages, "million": million, "assets": None}
    parser.add_argument("command", nargs="*", choices=[*commands, []])
    parser.add_argument("--rows", type=int, default=MILLION, help="candidates of `assets`")
    given = parser.parse_args()
    for name in given.command or commands:
        command = commands[name]
        if command is None:
            assets(given.rows)
        else:
            command()


if __name__ == "__main__":
    main()
