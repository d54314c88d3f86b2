"""Asks for candidates anew where those of a partition call nothing of its source any more."""

import json
from collections.abc import Iterator

import dagster as dg
import polars as pl

from apigen_assets.orchestration.jobs import job_named
from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from resources.lake.opening import open_lake
from sensors.batch_runs import batch_of, is_removed
from sensors.materializations import latest


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    request_job=job_named("rows"),
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
    description="Edits of a source make no candidates by themselves, except where it was mended or changed so that "
    "none of its rows could be kept: then each of its partitions is run once for that state of the source.",
)
def changed_sources(
    context: dg.RunStatusSensorContext, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Runs of the partitions that a run has left without a candidate of their source."""
    batch = batch_of(context.dagster_run.tags)
    if batch is None or is_removed(context.instance, batch):
        yield dg.SkipReason("this run was for no batch that exists")
        return
    requests = list(stale_partitions(context.instance, open_lake(settings), batch))
    yield from requests
    if not requests:
        yield dg.SkipReason(f"{batch}: its candidates are of its APIs")


def stale_partitions(instance: dg.DagsterInstance, lake: Lake, batch: str) -> Iterator[dg.RunRequest]:
    """A run for each generator whose candidates call none of a batch's APIs; its key says for which state of them.

    Partitions that were never written are left to automation, and a run that goes on or waits reads the catalog of now.
    """
    made = latest(instance, "filtered_api_catalog", batch)
    if made is None or made.asset_materialization is None:
        return
    present = set(lake.scan("filtered_api_catalog", {"api_batch": batch}).select("api_id").collect()["api_id"])
    if not present:
        return
    state = (made.asset_materialization.tags or {}).get("dagster/data_version", "")
    for path in lake.paths("raw_candidates"):
        if f"api_batch={batch}" not in path.parts:
            continue
        generator = next(part.partition("=")[2] for part in path.parts if part.startswith("generator="))
        partition = f"{batch}|{generator}"
        written = latest(instance, "raw_candidates", partition)
        if written is None:
            continue
        tools = lake.scan_paths([path]).select("tools").collect()["tools"]
        if _are_of_others(tools, present, is_older=written.timestamp < made.timestamp):
            yield dg.RunRequest(run_key=f"changed:{partition}:{state}", partition_key=partition)


def _are_of_others(tools: pl.Series, present: set[str], is_older: bool) -> bool:
    """Whether no candidate was offered an API that is present; none at all counts where they are older than these."""
    if not tools.len():
        return is_older
    return not any(tool.get("api_id") in present for text in tools.unique() for tool in json.loads(text or "[]"))
