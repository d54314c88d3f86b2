"""What a run is for: its batch of APIs, whether its source was removed meanwhile, and the assets it is to make.

A request for a partition that does not exist any more would fail its whole tick, and every tick after it.
"""

from collections.abc import Mapping, Set

import dagster as dg

from apigen_assets.partitions import api_batches, batch_by_generator

_PARTITION = "dagster/partition"
_BATCHES = str(api_batches.name)


def batch_of(tags: Mapping[str, str]) -> str | None:
    """The batch key of a run by its tags, whatever else it is partitioned by; null where it is for no batch."""
    if any(tag.startswith(f"{_PARTITION}/") for tag in tags):
        return tags.get(f"{_PARTITION}/{_BATCHES}")
    return tags.get(_PARTITION)


def batch_of_partition(key: str) -> str:
    """The batch key of a partition by batch and generator, as its key is written in one string."""
    return batch_by_generator.get_partition_key_from_str(key).keys_by_dimension[_BATCHES]


def is_removed(instance: dg.DagsterInstance, batch: str | None) -> bool:
    """Whether a batch lost its partition since: its source was removed, or became smaller."""
    return batch is not None and not instance.has_dynamic_partition(_BATCHES, batch)


def assets_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Set[dg.AssetKey]:
    """The assets that a run makes: those selected, else those that its whole job plans."""
    if run.asset_selection:
        return run.asset_selection
    of_type = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    records = instance.get_records_for_run(run.run_id, of_type=of_type).records
    events = [record.event_log_entry.dagster_event for record in records]
    return {event.asset_key for event in events if event is not None and event.asset_key is not None}
