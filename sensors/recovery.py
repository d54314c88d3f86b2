"""Takes up what a fault of the machine left behind: runs whose process is gone, and runs that had no space to write.

A deterministic failure is never run again here; a killed process is, by Dagster's own `run_retries`, once its run is
known to have failed. Those leave out runs of a backfill that counts as over, and one of `dagster job backfill` does so
from the moment on when its runs are launched: these are run again here.
"""

import re
import shutil
import time
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus
from dagster._core.storage.tags import BACKFILL_ID_TAG, WILL_RETRY_TAG

from apigen_assets.files.processes import is_alive
from apigen_assets.orchestration.jobs import jobs
from apigen_assets.settings import Settings
from sensors.batch_runs import assets_of, batch_of, is_removed
from sensors.broken_backfills import left_by_broken_backfills

INTERVAL_S = 20
AGAIN = "apigen/again"
"""Tag: how often a run was asked for again because the machine had failed it."""
MOST_AGAIN = 10
FREE_BYTES = 64 << 20
"""Bytes that must be free before anything is run again."""
WAIT_S = 30.0
"""Seconds after a failure before the first new try; the second waits twice as long, and so on."""
LOOK_BACK_S = 86_400.0

_STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")
_MACHINE = re.compile(
    r"No space left on device|[Dd]isk is full|database or disk is full|disk I/O error|[Dd]isk quota exceeded"
    r"|os error 28\b|ObjectStoreError|UserCodeUnreachableError"
)


_AUTOMATIC = ("seeds", "catalog", "rows", "dataset", "overview")
"""Jobs that run by themselves: what a person started waits for a person."""


@dg.sensor(
    jobs=list(jobs),
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends runs whose process is gone, and runs again what a full disk or a failed backfill stopped.",
)
def recovery(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SensorResult:
    """End runs whose process is gone, so that they give back their slots; repeat what a disk or a backfill stopped."""
    lost = end_lost_runs(context.instance)
    for run_id in lost:
        context.log.warning(f"run {run_id} went on without a process: it counts as ended now")
    if shutil.disk_usage(_existing(settings.home)).free < FREE_BYTES:
        return dg.SensorResult(skip_reason=f"the disk of {settings.home} is full: free some space")
    repository = context.repository_def
    assert repository is not None
    made_by = {name: repository.get_job(name).asset_layer.selected_asset_keys for name in (job.name for job in jobs)}
    automatic = {name: assets for name, assets in made_by.items() if name in _AUTOMATIC}
    requests = [
        *again(context.instance, made_by, time.time()),
        *left_by_broken_backfills(context.instance, automatic),
    ]
    if not requests:
        return dg.SensorResult(skip_reason=f"{len(lost)} lost runs, nothing to run again")
    return dg.SensorResult(run_requests=requests)


def end_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of this machine whose process is gone as failed, or as canceled where that was asked; their ids.

    Dagster learns of an end from the process or from its parent. Where both go at once, or neither can write it down,
    the run would count as running for ever, with its slots.
    """
    if not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return []  # other launchers are asked after their workers by Dagster itself
    lost = []
    status = dg.DagsterRunStatus
    for run in instance.get_runs(dg.RunsFilter(statuses=[status.STARTING, status.STARTED, status.CANCELING])):
        pid = process_of(instance, run.run_id)
        if pid is None or is_alive(pid):
            continue
        time.sleep(0.2)  # the process may have written its end and left between the two looks
        now = instance.get_run_by_id(run.run_id)
        if now is None or now.is_finished:
            continue
        message = f"The process of this run ({pid}) is gone and did not say how it ended."
        if now.status is status.CANCELING:
            instance.report_run_canceled(now, message)
        else:
            instance.report_run_failed(now, message)
        lost.append(run.run_id)
    return lost


def again(instance: dg.DagsterInstance, made_by: Mapping[str, Set[dg.AssetKey]], now: float) -> Iterator[dg.RunRequest]:
    """Requests for what the machine failed and nobody has asked for since.

    Args:
        instance: with the runs of the last day.
        made_by: assets by the job that makes them.
        now: seconds since the epoch.
    """
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=_moment(now - LOOK_BACK_S))
    for record in instance.get_run_records(failed):
        run = record.dagster_run
        times = int(run.tags.get(AGAIN, "0"))
        ended = record.end_time or record.update_timestamp.timestamp()
        if times >= MOST_AGAIN or not 0 <= WAIT_S * (times + 1) < now - ended:
            continue
        if is_removed(instance, batch_of(run.tags)):
            continue
        left_by_backfill = _left_by_backfill(instance, run)
        if not left_by_backfill and not _machine_failed(instance, run.run_id):
            continue
        partition = run.tags.get("dagster/partition")
        assets = assets_of(instance, run)
        if not assets or _asked_since(instance, record, assets):
            continue
        kept = {name: value for name, value in run.tags.items() if not name.lstrip(".").startswith("dagster/")}
        for job in (run.job_name,) if left_by_backfill else _AUTOMATIC:
            selected = assets & made_by.get(job, set())
            if selected:
                yield dg.RunRequest(
                    run_key=f"again:{run.run_id}:{job}",
                    job_name=job,
                    partition_key=partition,
                    asset_selection=sorted(selected),
                    # Of a run over several jobs, the configuration of one would not fit the others.
                    run_config=run.run_config if selected == assets else None,
                    tags={**kept, AGAIN: str(times + 1)},
                )


def process_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process of a run, as its event log names it; null before it has one."""
    of_engine = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in reversed(of_engine):
        event = record.event_log_entry.dagster_event
        named = _STARTED.search((event.message if event else None) or "")
        if named:
            return int(named[1])
    return None


def _machine_failed(instance: dg.DagsterInstance, run_id: str) -> bool:
    failures = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.ENGINE_EVENT}
    for record in instance.get_records_for_run(run_id, of_type=failures).records:
        event = record.event_log_entry.dagster_event
        data = event.event_specific_data if event else None
        error = getattr(data, "error", None)
        while error is not None:
            if _MACHINE.search(f"{error.cls_name}: {error.message}"):
                return True
            error = error.cause
    return False


def _left_by_backfill(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether Dagster would have run it again, but for a backfill whose every run had been launched."""
    backfill_id = run.tags.get(BACKFILL_ID_TAG)
    if backfill_id is None or run.tags.get(WILL_RETRY_TAG) != "true":
        return False
    backfill = instance.get_backfill(backfill_id)
    return backfill is not None and backfill.status is BulkActionStatus.COMPLETED


def _asked_since(instance: dg.DagsterInstance, failed: dg.RunRecord, assets: Set[dg.AssetKey]) -> bool:
    """Whether a later run has the same partition and at least these assets."""
    partition = failed.dagster_run.tags.get("dagster/partition")
    tags = {"dagster/partition": partition} if partition else {}
    later = instance.get_run_records(dg.RunsFilter(tags=tags, created_after=failed.create_timestamp))
    return any(
        assets <= (assets_of(instance, run))
        for run in (record.dagster_run for record in later)
        if run.run_id != failed.dagster_run.run_id and run.tags.get("dagster/partition") == partition
    )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
