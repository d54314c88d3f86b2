"""What a fault of the machine left behind is taken up: lost runs end, full disks are tried again, nothing else is."""

import subprocess
import sys
import time

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster_shared.error import SerializableErrorInfo

from sensors.recovery import AGAIN, MOST_AGAIN, WAIT_S, again, end_lost_runs

BATCHES = dg.DynamicPartitionsDefinition(name="api_batch")
MADE_BY = {"catalog": {dg.AssetKey("table")}, "rows": {dg.AssetKey("others")}}
RETRIES = {"run_retries": {"enabled": True, "max_retries": 3, "retry_on_asset_or_op_failure": False}}
FAILING = {"error": OSError(28, "No space left on device")}


@dg.asset(partitions_def=BATCHES)
def table() -> None:
    raise FAILING["error"]


@pytest.fixture
def instance(tmp_path):
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        instance.add_dynamic_partitions("api_batch", ["a", "b"])
        yield instance


def fail(instance, error, tags=None, partition="a"):
    FAILING["error"] = error
    dg.materialize([table], instance=instance, partition_key=partition, raise_on_error=False, tags=tags)
    return instance.get_runs(limit=1)[0].run_id


def later():
    return time.time() + WAIT_S * (MOST_AGAIN + 2)


def started(instance, pid, status=dg.DagsterRunStatus.STARTED):
    """A run that the instance believes to go on in a process."""
    job = dg.define_asset_job("job", [table])
    run = instance.create_run_for_job(dg.Definitions([table], jobs=[job]).resolve_job_def("job"), status=status)
    instance.report_engine_event(f"Started process for run (pid: {pid}).", run)
    return run.run_id


def test_a_run_whose_process_is_gone_fails_and_one_that_goes_on_is_left_alone(instance):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        lost, fine, young = started(instance, ended.pid), started(instance, living.pid), started(instance, "none yet")
        assert end_lost_runs(instance) == [lost]
        status = {run.run_id: run.status for run in instance.get_runs()}
        assert status[lost] is dg.DagsterRunStatus.FAILURE
        assert status[fine] is status[young] is dg.DagsterRunStatus.STARTED
        assert end_lost_runs(instance) == []
    finally:
        living.communicate(b"\n")


def test_a_child_that_ended_and_was_not_waited_for_is_gone_too(instance):
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    zombie.stdout.read()
    time.sleep(0.2)
    run_id = started(instance, zombie.pid)
    assert end_lost_runs(instance) == [run_id]
    zombie.wait()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED),
    ],
)
def test_a_run_that_is_lost_while_it_starts_or_is_canceled_ends_too(instance, before, after):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    run_id = started(instance, ended.pid, before)
    assert end_lost_runs(instance) == [run_id]
    assert instance.get_run_by_id(run_id).status is after


def test_what_a_full_disk_stopped_is_asked_for_again_after_a_while(instance):
    run_id = fail(instance, OSError(28, "No space left on device"))
    assert list(again(instance, MADE_BY, time.time())) == []
    (request,) = again(instance, MADE_BY, later())
    assert (request.job_name, request.partition_key) == ("catalog", "a")
    assert request.asset_selection == [dg.AssetKey("table")]
    assert request.run_key == f"again:{run_id}:catalog" and request.tags[AGAIN] == "1"


@pytest.mark.parametrize(
    "error",
    [
        OSError(122, "Disk quota exceeded"),
        RuntimeError("journal data/journal: the disk is full; free some space"),
        RuntimeError("(sqlite3.OperationalError) database or disk is full"),
    ],
)
def test_every_way_of_being_full_counts_also_as_a_cause(instance, error):
    wrapped = RuntimeError("the step failed")
    wrapped.__cause__ = error
    fail(instance, wrapped)
    assert len(list(again(instance, MADE_BY, later()))) == 1


def test_what_could_not_be_launched_since_the_code_location_was_away_is_asked_for_again(instance):
    job = dg.define_asset_job("catalog", [table])
    run = instance.create_run_for_job(
        dg.Definitions([table], jobs=[job]).resolve_job_def("catalog"), tags={"dagster/partition": "a"}
    )
    away = SerializableErrorInfo("Could not reach user code server", [], "DagsterUserCodeUnreachableError")
    instance.report_engine_event("Caught an unrecoverable error while dequeuing", run, EngineEventData(error=away))
    instance.report_run_failed(run)
    (request,) = again(instance, MADE_BY, later())
    assert (request.job_name, request.partition_key) == ("catalog", "a")


@pytest.mark.parametrize("error", [ValueError("the source is broken"), OSError(13, "Permission denied")])
def test_a_failure_that_would_come_again_is_left_alone(instance, error):
    fail(instance, error)
    assert list(again(instance, MADE_BY, later())) == []


def test_it_ends_after_some_tries_and_where_somebody_asked_already(instance):
    fail(instance, OSError(28, "No space left on device"), {AGAIN: str(MOST_AGAIN)}, partition="b")
    assert list(again(instance, MADE_BY, later())) == []
    fail(instance, OSError(28, "No space left on device"))
    fail(instance, ValueError("a later run of the same partition"))
    assert list(again(instance, MADE_BY, later())) == []


def test_nothing_is_asked_for_of_a_source_that_was_removed(instance):
    """A request for a partition that does not exist fails the whole tick, and the next one."""
    fail(instance, OSError(28, "No space left on device"))
    instance.delete_dynamic_partition("api_batch", "a")
    assert list(again(instance, MADE_BY, later())) == []


@pytest.fixture
def retrying(tmp_path):
    with dg.instance_for_test(temp_dir=str(tmp_path), overrides=RETRIES) as instance:
        instance.add_dynamic_partitions("api_batch", ["a"])
        yield instance


def lose(instance, status, tags=None):
    """A run of a backfill whose worker is gone, marked as failed by the monitor."""
    backfill = PartitionBackfill(
        backfill_id="bf", status=status, from_failure=False, tags={}, backfill_timestamp=time.time()
    )
    instance.add_backfill(backfill)
    job = dg.define_asset_job("catalog", [table])
    run = instance.create_run_for_job(
        dg.Definitions([table], jobs=[job]).resolve_job_def("catalog"),
        status=dg.DagsterRunStatus.STARTED,
        run_config={"ops": {"table": {}}},
        tags={"dagster/backfill": "bf", "dagster/partition": "a", "dagster-ray/config": "{}", **(tags or {})},
    )
    instance.report_run_failed(run, "Detected run worker status FAILED. Marking run as failed.")
    return run.run_id


def test_a_lost_run_of_a_backfill_that_counts_as_over_is_asked_for_again_as_it_was(retrying):
    run_id = lose(retrying, BulkActionStatus.COMPLETED)
    assert list(again(retrying, MADE_BY, time.time())) == []
    (request,) = again(retrying, MADE_BY, later())
    assert (request.job_name, request.partition_key) == ("catalog", "a")
    assert request.run_key == f"again:{run_id}:catalog"
    assert request.tags == {"dagster-ray/config": "{}", AGAIN: "1"}
    assert request.run_config == {"ops": {"table": {}}}


@pytest.mark.parametrize(
    ("status", "tags"),
    [
        (BulkActionStatus.REQUESTED, {}),  # Dagster's own retries take it
        (BulkActionStatus.CANCELED, {}),  # a person stopped it
        (BulkActionStatus.COMPLETED, {"dagster/max_retries": "0"}),
        (BulkActionStatus.COMPLETED, {AGAIN: str(MOST_AGAIN)}),
    ],
)
def test_a_lost_run_of_another_backfill_is_left_to_others(retrying, status, tags):
    lose(retrying, status, tags)
    assert list(again(retrying, MADE_BY, later())) == []
