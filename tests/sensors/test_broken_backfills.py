"""A source that is removed takes none of the others down that automation asked for together with it."""

import time

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.partitions.subset import DefaultPartitionsSubset
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster_shared.error import SerializableErrorInfo

from sensors.broken_backfills import left_by_broken_backfills

BATCHES = dg.DynamicPartitionsDefinition(name="api_batch")
MADE_BY = {"catalog": {dg.AssetKey("table")}, "rows": {dg.AssetKey("others")}}
REMOVED = (
    "Targeted partitions for asset AssetKey(['table']) have been removed since this backfill was stored. The following "
    "partitions were removed: {'gone'}"
)
BY_AUTOMATION = {"dagster/from_automation_condition": "true"}


@dg.asset(partitions_def=BATCHES)
def table() -> None:
    """Made by whoever asks."""


@pytest.fixture
def instance(tmp_path):
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        instance.add_dynamic_partitions("api_batch", ["a", "b", "gone"])
        yield instance


def broken(instance, error=REMOVED, status=BulkActionStatus.FAILED, tags=BY_AUTOMATION):
    """A stored backfill of all three partitions, which ended so."""
    parts = DefaultPartitionsSubset({"a", "b", "gone"})
    wanted = AssetGraphSubset({table.key: parts}, set())  # type: ignore[call-arg]
    backfill = PartitionBackfill.from_asset_graph_subset(
        backfill_id="bf", backfill_timestamp=time.time(), tags=tags, dynamic_partitions_store=instance,
        asset_graph_subset=wanted, title=None, description=None, run_config=None,
    )  # fmt: skip
    instance.add_backfill(backfill.with_status(status).with_error(SerializableErrorInfo(error, [], "Error")))
    instance.delete_dynamic_partition("api_batch", "gone")


def left(instance):
    return [(request.partition_key, request.job_name, request.run_key) for request in asked(instance)]


def asked(instance):
    return list(left_by_broken_backfills(instance, MADE_BY))


def test_the_neighbours_of_a_removed_source_are_asked_for_once_each(instance):
    broken(instance)
    assert left(instance) == [("a", "catalog", "broken:bf:a:catalog"), ("b", "catalog", "broken:bf:b:catalog")]
    assert asked(instance)[0].asset_selection == [table.key]


def test_a_code_location_that_was_away_for_a_moment_costs_nothing(instance):
    broken(instance, "Asset AssetKey(['table']) existed at storage-time, but no longer does")
    assert [partition for partition, *_ in left(instance)] == ["a", "b"]


def test_what_a_run_has_made_since_is_not(instance):
    broken(instance)
    dg.materialize([table], instance=instance, partition_key="a")
    assert [partition for partition, *_ in left(instance)] == ["b"]


@pytest.mark.parametrize(
    ("error", "status", "tags"),
    [
        (REMOVED, BulkActionStatus.COMPLETED_FAILED, BY_AUTOMATION),  # one of its runs failed
        (REMOVED, BulkActionStatus.CANCELED, BY_AUTOMATION),
        (REMOVED, BulkActionStatus.FAILED, {}),  # what a person asked for waits for a person
    ],
)
def test_other_backfills_are_left_alone(instance, error, status, tags):
    broken(instance, error, status, tags)
    assert left(instance) == []
