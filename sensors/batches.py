"""Takes up answers that came as batches: runs the partitions of `raw_candidates` that waited for them."""

import time
from collections.abc import Iterator

import dagster as dg

from apigen_assets.settings import Settings
from resources.llm.batch_api import OVER, BatchApi, BatchApiError
from resources.llm.batch_notes import BatchNote, BatchNotes
from resources.llm.generators import MissingKeyError, UnknownGeneratorError, find_generator
from sensors.batch_runs import batch_of_partition, is_removed

INTERVAL_S = 60
LOOK_S = 10.0
"""For one question to an endpoint: a tick has to end."""
TICK_S = 40.0


@dg.sensor(
    target=dg.AssetSelection.assets("raw_candidates"),
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks after batches that partitions of raw_candidates wait for, and runs those whose batch is over.",
)
def batches(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run per batch that is over; the run reads its answers and goes on."""
    until = time.monotonic() + TICK_S
    waiting = arrived = 0
    for note in BatchNotes(settings.batches_dir):
        if note.partition is None or is_removed(context.instance, batch_of_partition(note.partition)):
            continue
        if _is_over(context, note, settings, until):
            arrived += 1
            yield dg.RunRequest(run_key=f"batch:{note.id}", partition_key=note.partition)
        else:
            waiting += 1
    if not arrived:
        under_way = "1 batch is under way" if waiting == 1 else f"{waiting} batches are under way"
        yield dg.SkipReason(under_way if waiting else "nothing waits for a batch")


def _is_over(context: dg.SensorEvaluationContext, note: BatchNote, settings: Settings, until: float) -> bool:
    """Whether a batch has arrived; false where it cannot be known now."""
    if note.collected or note.by == "files":
        return note.collected
    if time.monotonic() > until:
        return False
    try:
        state = BatchApi(find_generator(note.generator, settings), LOOK_S).state(note)
    except (BatchApiError, MissingKeyError, UnknownGeneratorError) as error:
        context.log.warning(f"batch {note.id} of {note.partition}: {error}")
        return False
    return state.split(" ")[0] in OVER
