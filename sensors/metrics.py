"""Writes the figures that Prometheus reads from a file, while the daemon runs."""

import dagster as dg

from apigen_assets.dataset.overview.metrics import metrics as registry_of
from apigen_assets.orchestration.run_counts import run_counts
from apigen_assets.settings import Settings
from resources.lake.opening import open_lake
from resources.llm.usage import JournalUsage

FILE = "apigen.prom"
_MOST_BYTES = 100_000_000
"""Of the journal per tick: the first look at a large one takes several."""

_usage: dict[str, JournalUsage] = {}


@dg.sensor(
    name="metrics",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes `<home>/metrics/apigen.prom` every minute, for the textfile collector of Prometheus.",
)
def metrics(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SkipReason:
    """Bring the file up to date; no run is started."""
    from prometheus_client import write_to_textfile

    usage = _usage.setdefault(str(settings.journal_dir), JournalUsage(settings.journal_dir))
    if not usage.refresh(_MOST_BYTES):
        return dg.SkipReason("the journal is being read for the first time")
    path = settings.home / "metrics" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry_of(settings, open_lake(settings), usage, *run_counts(context.instance)))
    return dg.SkipReason(f"{path} is up to date")
