"""Asks for more candidates of a partition whose verified rows are fewer than the goal, as long as that may help."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from apigen_assets.generation.reached import partition_yield
from apigen_assets.generation.target import prompts_wanted
from apigen_assets.orchestration.jobs import job_named
from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from resources.lake.opening import open_lake
from sensors.batch_runs import is_removed
from sensors.materializations import latest


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    request_job=job_named("rows"),
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
    description="With APIGEN_VERIFIED_PER_STYLE: once a partition is verified, asks for the candidates that its "
    "verified rows lack, by the pass rate so far. It ends at the goal, at the most candidates of a partition, at a "
    "budget, and where a style gives nothing.",
)
def verified_goal(
    context: dg.RunStatusSensorContext, settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """One further run of the partition that a run has verified, or the reason for none."""
    if settings.verified_per_style is None:
        return dg.SkipReason("no goal: APIGEN_VERIFIED_PER_STYLE is not set")
    run = context.dagster_run
    partition = run.tags.get("dagster/partition")
    keys = {name: run.tags.get(f"dagster/partition/{name}", "") for name in ("api_batch", "generator")}
    if partition is None or not all(keys.values()):
        return dg.SkipReason("this run was not for a batch and a generator")
    if is_removed(context.instance, keys["api_batch"]):
        return dg.SkipReason(f"{partition}: its source was removed")
    verified = latest(context.instance, "semantic_verified", partition)
    if verified is None or verified.run_id != run.run_id:
        return dg.SkipReason(f"{partition} was not verified by this run")
    return further_run(context.instance, open_lake(settings), settings, partition, keys)


def further_run(
    instance: dg.DagsterInstance, lake: Lake, settings: Settings, partition: str, keys: Mapping[str, str]
) -> dg.RunRequest | dg.SkipReason:
    """The run that a verified partition still takes; its key says how far that is, so that it is asked for once."""
    written = latest(instance, "raw_candidates", partition)
    said = _metadata(written)
    goal, most = said.get("verified_wanted_per_style"), said.get("target")
    if goal is None or most is None:
        return dg.SkipReason(f"{partition} was written without a goal: materialise it to take the goal up")
    if said.get("round") != 1:
        return dg.SkipReason(f"{partition}: a later round is asked for by a person")
    if said.get("ended") == "budget":
        return dg.SkipReason(f"{partition} stopped at a budget: {said.get('stopped')}")
    so_far, decided = partition_yield(lake, keys, 1)
    if not decided:
        return dg.SkipReason(f"{partition}: some of its rows are not judged yet")
    pairs = settings.pairs_per_prompt
    wanted = sum(prompts_wanted(int(goal), pairs, so_far, most=-(-int(most) // pairs)).values())
    asked = sum(count.prompts for count in so_far.values())
    if wanted <= asked:
        return dg.SkipReason(f"{partition}: the goal is met, or more prompts would not help")
    # Where a run brought nothing new the key is the one before, and nothing more is asked.
    verified = sum(count.verified for count in so_far.values())
    return dg.RunRequest(run_key=f"goal:{goal}:{partition}:{asked}:{verified}", partition_key=partition)


def _metadata(record: dg.EventLogRecord | None) -> dict[str, Any]:
    made = record.asset_materialization if record else None
    return {name: value.value for name, value in made.metadata.items()} if made else {}
