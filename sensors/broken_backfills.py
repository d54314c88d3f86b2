"""What a backfill left undone that broke as a whole, not by a failed run.

Automation asks for several partitions in one backfill. Where a source among them is removed before all runs are
launched, or the code location cannot be loaded for a moment, Dagster fails the backfill (1.13,
`_check_asset_backfill_data_validity`), cancels its runs, and never asks for the others again. A backfill of which a run
failed has another status.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime

import dagster as dg
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus, PartitionBackfill

from sensors.batch_runs import assets_of, batch_of_partition, is_removed

_LOOK_BACK_S = 86_400.0
_BY_AUTOMATION = "dagster/from_automation_condition"
_OVER = {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.CANCELING}


def left_by_broken_backfills(
    instance: dg.DagsterInstance, made_by: Mapping[str, Set[dg.AssetKey]], now: float | None = None
) -> Iterator[dg.RunRequest]:
    """Requests for the partitions of broken backfills that still exist and that no run took since.

    Args:
        instance: with the backfills of the last day.
        made_by: assets by the job that makes them.
        now: seconds since the epoch; default: now.
    """
    since = datetime.fromtimestamp((time.time() if now is None else now) - _LOOK_BACK_S, UTC)
    broken = BulkActionsFilter(statuses=[BulkActionStatus.FAILED], created_after=since)
    for backfill in instance.get_backfills(filters=broken):
        if backfill.error is None or _BY_AUTOMATION not in backfill.tags:
            continue
        for partition, assets in sorted(_targets(backfill).items()):
            batch = batch_of_partition(partition) if "|" in partition else partition
            if is_removed(instance, batch) or _was_taken(instance, backfill, partition, assets):
                continue
            for job, own in made_by.items():
                selected = assets & own
                if selected:
                    yield dg.RunRequest(
                        run_key=f"broken:{backfill.backfill_id}:{partition}:{job}",
                        job_name=job,
                        partition_key=partition,
                        asset_selection=sorted(selected),
                    )


def _targets(backfill: PartitionBackfill) -> dict[str, set[dg.AssetKey]]:
    """The assets that a backfill was to make, by partition."""
    targets: dict[str, set[dg.AssetKey]] = defaultdict(set)
    data = backfill.asset_backfill_data
    if isinstance(data, AssetBackfillData):
        for asset, subset in data.target_subset.partitions_subsets_by_asset_key.items():
            for partition in subset.get_partition_keys():
                targets[partition].add(asset)
    return targets


def _was_taken(
    instance: dg.DagsterInstance, backfill: PartitionBackfill, partition: str, assets: Set[dg.AssetKey]
) -> bool:
    """Whether a run of this partition for all the assets succeeded, goes on or waits, of the backfill or of another."""
    created = datetime.fromtimestamp(backfill.backfill_timestamp, UTC)
    runs = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": partition}, created_after=created))
    return any(run.status not in _OVER and assets <= assets_of(instance, run) for run in runs)
