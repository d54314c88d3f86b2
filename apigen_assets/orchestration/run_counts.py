"""How many runs an instance has, by status, and when the latest of each ended."""

import dagster as dg

_STATUSES = (
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTED,
)


def run_counts(instance: dg.DagsterInstance) -> tuple[dict[str, int], dict[str, float]]:
    """Number of runs by status in lower case, and seconds since the epoch at which the latest one ended."""
    counts, last = {}, {}
    for status in _STATUSES:
        filters = dg.RunsFilter(statuses=[status])
        name = status.value.lower()
        counts[name] = instance.get_runs_count(filters)
        for record in instance.get_run_records(filters, limit=1):
            if record.end_time is not None:
                last[name] = record.end_time
    return counts, last
