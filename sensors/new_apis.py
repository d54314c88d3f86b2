"""Runs the catalog for what is dropped into the watched folder; everything downstream follows by automation."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dagster as dg

from apigen_assets.catalog.assets import FINGERPRINT
from apigen_assets.catalog.batches import BatchKey, kept_keys
from apigen_assets.catalog.incoming import Listing, listing
from apigen_assets.partitions import api_batches
from apigen_assets.settings import Settings
from sensors.batch_runs import batch_of
from sensors.materializations import latest

MOST_PER_TICK = 50
SETTLED_S = 2.0
"""Seconds without a change after which a file counts as whole."""
INTERVAL_S = 5

_PARTITION = "dagster/partition"
_WAITING = (dg.DagsterRunStatus.QUEUED,)
_GOING_ON = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)


@dataclass
class Cursor:
    """What the sensor knows between two ticks."""

    requested: dict[str, str] = field(default_factory=dict)
    """Batch key to the fingerprint it was last run for."""
    seen: dict[str, str] = field(default_factory=dict)
    """Slug to the fingerprint of the last tick, to tell what still changes."""
    gone: list[str] = field(default_factory=list)
    """Slugs that were missing in the last tick: removed when they are missing again."""
    returns: dict[str, int] = field(default_factory=dict)
    """How often a removed source came back: the same file must be run again then."""
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """The cursor of its text; one that cannot be read starts again, since runs are keyed by content anyway."""
        try:
            value = json.loads(text or "{}")
            return cls(**{name: value[name] for name in cls.__dataclass_fields__ if name in value})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def text(self) -> str:
        """The cursor as text."""
        return json.dumps(vars(self), sort_keys=True)


@dataclass
class Plan:
    """What a tick does."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    """Partition key and run key."""
    add: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    cursor: Cursor = field(default_factory=Cursor)
    news: list[str] = field(default_factory=list)
    """Sentences for the tick's log."""
    waiting: int = 0


Holds = Callable[[str], str | None]
"""From a batch key to the fingerprint that its tables were made from; null where they are not all there."""


def plan(
    listed: Listing,
    before: Cursor,
    partitions: set[str],
    config: Settings,
    now: float,
    holds: Holds = lambda key: None,
) -> Plan:
    """What to run, add and remove, from one look at the folder.

    Args:
        listed: what lies in the folder.
        before: the last tick's cursor.
        partitions: batch keys that exist.
        config: for the batch size and the kept imports.
        now: seconds since the epoch.
        holds: what was made already, by whomever: asked of sources that the cursor does not know.
    """
    out = Plan(cursor=Cursor(dict(before.requested), {}, [], dict(before.returns), dict(listed.problems)))
    for name, reason in listed.problems.items():
        if before.problems.get(name) != reason:
            out.news.append(f"{name} is left out: {reason}")
    for slug, entry in sorted(listed.entries.items()):
        out.cursor.seen[slug] = entry.fingerprint
        unchanged = before.seen.get(slug) == entry.fingerprint
        if not unchanged and now - entry.changed_at < SETTLED_S:
            out.waiting += 1
            continue
        for key in _keys(slug, entry.fingerprint, before, config):
            if before.requested.get(key) == entry.fingerprint:
                continue
            if key not in before.requested and key in partitions and holds(key) == entry.fingerprint:
                out.cursor.requested[key] = entry.fingerprint
                continue
            if len(out.requests) >= MOST_PER_TICK:
                out.waiting += 1
                continue
            times = before.returns.get(slug, 0)
            out.requests.append((key, f"{key}:{entry.fingerprint}" + (f":{times}" if times else "")))
            out.cursor.requested[key] = entry.fingerprint
            if key not in partitions:
                out.add.append(key)
        _shrunk(out, slug, entry.fingerprint, before, partitions, config)
    _removed(out, listed, before, partitions)
    return out


def _keys(slug: str, fingerprint: str, before: Cursor, config: Settings) -> list[str]:
    """The first batch; the others once the first has imported this very state of the source."""
    if before.requested.get(slug) != fingerprint:
        return [slug]
    return kept_keys(slug, fingerprint, config) or [slug]


def _shrunk(out: Plan, slug: str, fingerprint: str, before: Cursor, partitions: set[str], config: Settings) -> None:
    """A source that was imported again and has fewer APIs loses its last batches."""
    if before.requested.get(slug) != fingerprint:
        return
    keys = kept_keys(slug, fingerprint, config)
    if keys:
        gone = [key for key in partitions if BatchKey.parse(key).slug == slug and key not in keys]
        out.delete += sorted(gone)
        for key in gone:
            out.cursor.requested.pop(key, None)


def _removed(out: Plan, listed: Listing, before: Cursor, partitions: set[str]) -> None:
    known = {BatchKey.parse(key).slug for key in before.requested}
    # a source that is there under a name that cannot be used now (a second file took the slug) is not removed
    in_question = listed.slugs_in_question
    for slug in sorted(known - set(listed.entries) - in_question):
        if slug not in before.gone:
            out.cursor.gone.append(slug)
            continue
        keys = [key for key in partitions if BatchKey.parse(key).slug == slug]
        out.delete += sorted(keys)
        out.cursor.requested = {
            key: value for key, value in out.cursor.requested.items() if BatchKey.parse(key).slug != slug
        }
        out.cursor.returns[slug] = before.returns.get(slug, 0) + 1
        out.news.append(f"{slug} was removed: its {len(keys)} partitions are gone, its tables stay in the lake")


@dg.sensor(
    target=dg.AssetSelection.groups("catalog") - dg.AssetSelection.assets("sources"),
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the incoming folder: new and changed sources run, removed ones lose their partitions.",
)
def new_apis(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
) -> dg.SensorResult | dg.SkipReason:
    """Watch the incoming folder: new and changed sources run, removed ones lose their partitions.

    A file is taken when it did not change for two seconds. Its partition key is the slug of its name. At most 50
    runs are asked for in one tick; the rest follow in the next ones.
    """
    name = str(api_batches.name)
    partitions = set(context.instance.get_dynamic_partitions(name))
    tick = plan(
        listing(settings.incoming_dir),
        Cursor.read(context.cursor),
        partitions,
        settings,
        time.time(),
        partial(_made_from, context.instance),
    )
    for line in tick.news:
        context.log.warning(line)
    canceled = cancel(context, removed=tick.delete, asked_anew=[key for key, _ in tick.requests])
    if canceled:
        context.log.info(f"{canceled} runs were canceled: their sources are gone, or asked for anew")
    changes: list[Any] = []
    if tick.add:
        changes.append(api_batches.build_add_request(tick.add))
    if tick.delete:
        changes.append(api_batches.build_delete_request(tick.delete))
    if not tick.requests and not changes:
        context.update_cursor(tick.cursor.text())
        waiting = f"{tick.waiting} still being written" if tick.waiting else "nothing new"
        bad = f"; {len(tick.cursor.problems)} left out: {_listed(tick.cursor.problems)}" if tick.cursor.problems else ""
        return dg.SkipReason(f"{settings.incoming_dir}: {waiting}{bad}")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key, partition_key=key) for key, run_key in tick.requests],
        dynamic_partitions_requests=changes,
        cursor=tick.cursor.text(),
    )


def cancel(context: dg.SensorEvaluationContext, removed: Sequence[str], asked_anew: Sequence[str]) -> int:
    """Cancel runs that have nothing to do any more; how many there were.

    Args:
        context: of the tick, with the instance.
        removed: batch keys without a source: their runs end, of whichever generator, whether they wait or go on.
        asked_anew: batch keys whose import is requested again: one that waits would do the same.
    """
    if not removed and not asked_anew:
        return 0
    canceled = 0
    for run in context.instance.get_runs(dg.RunsFilter(statuses=[*_WAITING, *(_GOING_ON if removed else ())])):
        batch = batch_of(run.tags)
        again = run.status in _WAITING and run.tags.get(_PARTITION) in asked_anew
        if batch in removed or (again and run.tags.get("dagster/sensor_name") == "new_apis"):
            try:
                canceled += context.instance.run_coordinator.cancel_run(run.run_id)
            except Exception as error:  # a worker that cannot be reached; the partitions go all the same
                context.log.warning(f"run {run.run_id} of {batch} could not be canceled: {type(error).__name__}")
    return canceled


def _made_from(instance: dg.DagsterInstance, key: str) -> str | None:
    """The fingerprint of the source that a batch was made from, where every catalog table of it was made since."""
    imported = latest(instance, "api_catalog", key)
    filtered = latest(instance, "filtered_api_catalog", key)
    if imported is None or filtered is None or filtered.storage_id < imported.storage_id:
        return None
    materialization = imported.asset_materialization
    said = None if materialization is None else materialization.metadata.get(FINGERPRINT)
    return None if said is None else str(said.value)


def _listed(problems: dict[str, str]) -> str:
    shown = [f"{name} ({reason})" for name, reason in sorted(problems.items())]
    return "; ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
