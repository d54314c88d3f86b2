"""The whole graph, step by step, on one machine: what `make demo` runs."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import dagster as dg
import polars as pl

from apigen_assets.catalog.batches import BatchKey, load_batch
from apigen_assets.files.excerpt import counted
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.home import PROJECT
from apigen_assets.partitions import api_batches, generators
from apigen_assets.settings import Settings
from resources.lake.lake import Lake, LakeError
from resources.lake.opening import open_lake

REST_DESCRIPTION = PROJECT / "resources" / "local" / "rest" / "openapi.yaml"
"""The embedded REST server's own description, dropped into the watched folder as a user would."""


class Step(NamedTuple):
    """One run: a job, one partition of it, and what it says when it is done."""

    job: str
    partition: str | dg.MultiPartitionKey | None
    title: str
    summary: Callable[[Lake], str]
    config: JsonObject | None = None


class Done(NamedTuple):
    """A finished step."""

    step: Step
    seconds: float
    error: str | None
    text: str


class Phase(NamedTuple):
    """Steps that depend only on earlier phases; made late, since importing a source adds batches."""

    title: str
    steps: Callable[[dg.DagsterInstance], list[Step]]


def register(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Make the sources of the demo known to the instance, and give their first batches."""
    incoming = settings.incoming_dir / "embedded-rest.yaml"
    if not incoming.exists() or incoming.read_bytes() != REST_DESCRIPTION.read_bytes():
        shutil.copyfile(REST_DESCRIPTION, incoming)
    sources = ["builtin", incoming.stem]
    instance.add_dynamic_partitions(str(api_batches.name), sources)
    return sources


def phases(sources: list[str], training: bool, settings: Settings) -> list[Phase]:
    """The demo in order."""
    parts = [
        Phase("Seed examples", lambda _: [Step("seeds", None, "seed examples", _table_summary("seed_examples"))]),
        Phase("Catalog", lambda _: catalog_steps(sources)),
        Phase(
            "Catalog: further batches",
            lambda instance: catalog_steps(further(instance, sources, settings)),
        ),
        Phase("Generation and verification", lambda instance: row_steps(known_batches(instance, sources))),
        Phase("Sources", lambda _: [Step("overview", None, "a line per source", _table_summary("sources"))]),
        Phase("Data set", lambda _: [Step("dataset", None, "composition", _table_summary("function_calling_dataset"))]),
        Phase(
            "Release",
            lambda _: [Step("release", None, "local release", lambda _: "read it with datasets.load_dataset")],
        ),
    ]
    if training:
        tiny = dg.MultiPartitionKey({"model": "tiny", "dataset": "verified"})
        parts += [
            Phase("Training", lambda _: [Step("training", tiny, "tiny, from scratch", _training_summary(settings))]),
            Phase("Evaluation", lambda _: [Step("evaluation", tiny, "BFCL, a sample", _bfcl_summary, _BFCL_SAMPLE)]),
            Phase(
                "Leaderboard",
                lambda _: [Step("board", None, "beside the paper's", _table_summary("leaderboard"))],
            ),
        ]
    return parts


def further(instance: dg.DagsterInstance, sources: list[str], settings: Settings) -> list[str]:
    """The batches after the first ones, made known to the instance as the sensor `new_apis` would."""
    keys = [key for source in sources for key in load_batch(source, settings).keys if key not in sources]
    instance.add_dynamic_partitions(str(api_batches.name), keys)
    return keys


def catalog_steps(batches: list[str]) -> list[Step]:
    """Import and filter every batch."""
    return [Step("catalog", batch, f"catalog of {batch}", _catalog_summary(batch)) for batch in batches]


def row_steps(batches: list[str]) -> list[Step]:
    """Generate and verify every batch with every generator."""
    return [
        Step(
            "rows",
            dg.MultiPartitionKey({"api_batch": batch, "generator": generator}),
            f"{generator} on {batch}",
            _rows_summary(batch, generator),
        )
        for generator in generators.get_partition_keys()
        for batch in batches
    ]


def known_batches(instance: dg.DagsterInstance, sources: list[str]) -> list[str]:
    """The batches of these sources that the instance knows: a user's own sources are not the demo's to spend on."""
    keys = instance.get_dynamic_partitions(str(api_batches.name))
    return sorted(key for key in keys if BatchKey.parse(key).slug in sources)


def run_steps(
    definitions: dg.Definitions, instance: dg.DagsterInstance, steps: list[Step], settings: Settings
) -> Iterator[Done]:
    """Run the steps one after the other; a failing step is reported and the next one runs."""
    for step in steps:
        started = time.monotonic()
        error = None
        try:
            result = definitions.resolve_job_def(step.job).execute_in_process(
                partition_key=step.partition,
                instance=instance,
                raise_on_error=False,
                run_config=_QUIET | ({"ops": step.config} if step.config else {}),
            )
            if not result.success:
                error = _reason(result)
        except Exception as caught:
            error = str(caught)
        seconds = time.monotonic() - started
        yield Done(step, seconds, error, "" if error else _safely(step.summary, settings))


_BFCL_SAMPLE = {"bfcl_scores": {"config": {"per_category": 20}}}
"""20 questions of each of the 13 single-turn categories: the whole board would take most of the demo's time."""

_QUIET: JsonObject = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def _reason(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            return f"{event.step_key}: {error.message.strip() if error else 'failed'}"
    failed = [event.message for event in result.all_events if event.is_failure and event.message]
    return failed[-1] if failed else "the run failed"


def _safely(summary: Callable[[Lake], str], settings: Settings) -> str:
    try:
        return summary(open_lake(settings))
    except (LakeError, OSError) as error:
        return str(error)


def _height(lake: Lake, asset: str, partition: dict[str, str]) -> int:
    try:
        return int(lake.scan(asset, partition).select("candidate_id").collect().height)
    except LakeError:
        return 0


def _training_summary(settings: Settings) -> Callable[[Lake], str]:
    def summary(_: Lake) -> str:
        folder = settings.checkpoints_dir / "tiny" / "verified"
        heldout = json.loads((folder / "training.json").read_text(encoding="utf-8"))["heldout"]

        def exact(model: str, group: str) -> str:
            accuracy = heldout.get(model, {}).get(group, {}).get("all")
            return f"{accuracy['accuracy']:.1%}" if accuracy else "-"

        return (
            f"exact match on unseen queries: {exact('trained', 'seen')} for functions seen in training, "
            f"{exact('trained', 'unseen')} for functions never seen, {exact('untrained', 'seen')} untrained"
        )

    return summary


def _bfcl_summary(lake: Lake) -> str:
    scores = lake.scan("bfcl_scores", {"model": "tiny"}).collect()
    calls = scores.filter(~pl.col("category").str.contains("relevance"))
    return (
        f"{calls['valid'].sum():,} of {calls.height:,} sampled questions that want a call are right "
        "(a tiny model from scratch on stand-in rows: a low figure is the honest one)"
    )


def _table_summary(asset: str) -> Callable[[Lake], str]:
    return lambda lake: counted(lake.scan(asset).collect().height, "row")


def _catalog_summary(batch: str) -> Callable[[Lake], str]:
    def summary(lake: Lake) -> str:
        part = {"api_batch": batch}
        kept = lake.scan("filtered_api_catalog", part).collect().height
        return f"{counted(lake.scan('api_catalog', part).collect().height, 'API')} imported, {kept} pass the filters"

    return summary


def _rows_summary(batch: str, generator: str) -> Callable[[Lake], str]:
    def summary(lake: Lake) -> str:
        part = {"api_batch": batch, "generator": generator}
        verified = _height(lake, "semantic_verified", part)
        return f"{counted(_height(lake, 'raw_candidates', part), 'candidate')}, {verified:,} verified"

    return summary
