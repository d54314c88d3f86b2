"""Asks for candidates anew where those of a partition call nothing of its source any more."""

import json
from collections.abc import Iterator

import dagster as dg
import polars as pl

from apigen_assets.orchestration.jobs import job_named
from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from resources.lake.opening import open_lake
from sensors.batch_runs import batch_of_partition, is_removed
from sensors.materializations import latest

_MOST = 5_000
"""Events of one asset to look at in one tick."""
_ASSETS = ("filtered_api_catalog", "raw_candidates")
"""What can leave a batch without candidates of its own: a new catalog, and candidates of the one before."""


@dg.sensor(
    job=job_named("rows"),
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Edits of a source make no candidates by themselves, except where it was mended or changed so that "
    "none of its rows could be kept: then each of its partitions is run once for that state of the source.",
)
def changed_sources(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SensorResult:
    """Runs of the partitions that were left without a candidate of their source since the tick before.

    What was so when the sensor first looked stays so: nobody has changed it.
    """
    before = int(context.cursor) if context.cursor else None
    batches, last = _made_since(context.instance, before)
    if before is None:
        return dg.SensorResult(skip_reason="looks from now on", cursor=str(last))
    lake = open_lake(settings)
    there = [batch for batch in sorted(batches) if not is_removed(context.instance, batch)]
    requests = [request for batch in there for request in stale_partitions(context.instance, lake, batch)]
    if not requests:
        why = f"of {len(there)} batches that were made anew, none lacks candidates of its APIs"
        return dg.SensorResult(skip_reason=why, cursor=str(last))
    return dg.SensorResult(run_requests=requests, cursor=str(last))


def _made_since(instance: dg.DagsterInstance, before: int | None) -> tuple[set[str], int]:
    """The batches that were made after an event of the log, and the last event; none where there is no such event."""
    batches: set[str] = set()
    last = before or 0
    for asset in _ASSETS:
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), after_storage_id=before)
        for record in instance.fetch_materializations(wanted, limit=1 if before is None else _MOST).records:
            last = max(last, record.storage_id)
            key = record.partition_key
            if key is not None and before is not None:
                batches.add(batch_of_partition(key) if "|" in key else key)
    return batches, last


def stale_partitions(instance: dg.DagsterInstance, lake: Lake, batch: str) -> Iterator[dg.RunRequest]:
    """A run for each generator whose candidates call none of a batch's APIs; its key says for which state of them.

    Partitions that were never written are left to automation.
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
