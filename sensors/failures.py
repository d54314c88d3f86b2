"""Reports runs that failed: one line per failure in a file, and optionally to a webhook."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import requests

from apigen_assets.files.jsonl_store import append_record
from apigen_assets.settings import Settings
from sensors.batch_runs import batch_of, is_removed

MAX_MESSAGE = 500


def report_path(home: Path) -> Path:
    """The file of failures: JSON lines, oldest first."""
    return home / "reports" / "failures.jsonl"


@dg.run_failure_sensor(
    name="failures",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=15,
    monitor_all_code_locations=False,
)
def failures(context: dg.RunFailureSensorContext, settings: dg.ResourceParam[Settings]) -> None:
    """Write what failed, where and why to `<home>/reports/failures.jsonl`.

    A run whose source was removed meanwhile is no failure to report: nobody can do anything about it.
    """
    run = context.dagster_run
    if is_removed(context.instance, batch_of(run.tags)):
        context.log.info(f"run {run.run_id} of {run.tags.get('dagster/partition')} failed after its source was removed")
        return
    steps = context.get_step_failure_events()
    error = steps[0].step_failure_data.error if steps else None
    message = (error.cause.message if error and error.cause else error.message if error else "") or (
        context.failure_event.message or "no message"
    )
    record = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "run_id": run.run_id,
        "job": run.job_name,
        "partition": run.tags.get("dagster/partition"),
        "step": steps[0].step_key if steps else None,
        "error": " ".join(message.split())[:MAX_MESSAGE],
    }
    append_record(report_path(settings.home), record)
    context.log.error(f"{record['job']} {record['partition'] or ''} failed at {record['step']}: {record['error']}")
    if settings.failure_webhook is not None:
        _post(context, settings.failure_webhook.get_secret_value(), record)


def _post(context: dg.RunFailureSensorContext, url: str, record: dict[str, str | None]) -> None:
    where = " ".join(part for part in (record["job"], record["partition"], record["step"]) if part)
    try:
        response = requests.post(url, json={"text": f"apigen: {where} failed: {record['error']}"}, timeout=10)
        response.raise_for_status()
    except requests.RequestException as error:
        # the address is a secret and part of the error's text
        context.log.warning(f"the failure webhook did not take the report: {type(error).__name__}")
