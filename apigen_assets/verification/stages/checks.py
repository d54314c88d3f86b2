"""Blocking checks of the verification stages: nothing vanishes."""

import dagster as dg
import polars as pl

from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.files.excerpt import counted
from apigen_assets.files.json_types import JsonObject
from apigen_assets.partitions import batch_by_generator


def nothing_vanished(
    came_in: pl.DataFrame, verified: pl.DataFrame, rejected: pl.DataFrame, stage: Stage
) -> dict[str, int]:
    """Counts of what is wrong with a stage's two outputs; all zero where every row is in exactly one of them.

    Args:
        came_in: the rows that went in; only `candidate_id` is read.
        verified: what the stage verified; `candidate_id`, `passed` and `reason` are read.
        rejected: what it rejected, likewise.
        stage: which stage.
    """
    ids_in, ids_kept, ids_out = (frame["candidate_id"] for frame in (came_in, verified, rejected))
    reasons = {reason.value for reason in Reason if reason.stage is stage}
    return {
        "lost": ids_in.filter(~ids_in.is_in(pl.concat([ids_kept, ids_out]).implode())).len(),
        "invented": sum(ids.filter(~ids.is_in(ids_in.implode())).len() for ids in (ids_kept, ids_out)),
        "in_both": ids_kept.filter(ids_kept.is_in(ids_out.implode())).len(),
        "difference_of_counts": abs(ids_in.len() - ids_kept.len() - ids_out.len()),
        "rejected_without_reason_of_the_stage": rejected.filter(
            ~pl.col("reason").is_in(list(reasons)) | pl.col("reason").is_null()
        ).height,
        "verified_with_reason": verified.filter(pl.col("reason").is_not_null() | ~pl.col("passed")).height,
    }


def _result(faults: dict[str, int], came_in: pl.DataFrame) -> dg.AssetCheckResult:
    found = {name: count for name, count in faults.items() if count}
    return dg.AssetCheckResult(
        passed=not found,
        metadata={"in": came_in.height, **faults},
        description=", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in found.items())
        or f"{counted(came_in.height, 'row')} in, each verified or rejected",
    )


def _in_is_verified_plus_rejected(stage: Stage, came_in: str) -> dg.AssetChecksDefinition:
    """The check of one stage, whose rows come in from the asset of that name."""

    @dg.asset_check(
        asset=f"{stage}_verified",
        name=f"{stage}_in_is_verified_plus_rejected",
        blocking=True,
        partitions_def=batch_by_generator,
        additional_ins={"came_in": dg.AssetIn(came_in), "rejected": dg.AssetIn(f"{stage}_rejected")},
        description=f"Every row of {came_in} is in exactly one of {stage}_verified and {stage}_rejected.",
    )
    def check(verified: pl.LazyFrame, came_in: pl.LazyFrame, rejected: pl.LazyFrame) -> dg.AssetCheckResult:
        # Only what is compared is read: a partition of a million rows is gigabytes as a whole.
        ids = came_in.select("candidate_id").collect()
        kept, out = (frame.select("candidate_id", "passed", "reason").collect() for frame in (verified, rejected))
        return _result(nothing_vanished(ids, kept, out, stage), ids)

    return check


format_in_is_verified_plus_rejected = _in_is_verified_plus_rejected(Stage.FORMAT, "raw_candidates")
execution_in_is_verified_plus_rejected = _in_is_verified_plus_rejected(Stage.EXECUTION, "format_verified")
semantic_in_is_verified_plus_rejected = _in_is_verified_plus_rejected(Stage.SEMANTIC, "execution_verified")


@dg.asset_check(
    asset="execution_verified",
    partitions_def=batch_by_generator,
    description="Only calls that ran and succeeded are verified: a refused or simulated call never counts.",
)
def every_call_succeeded(execution_verified: pl.LazyFrame) -> dg.AssetCheckResult:
    """Each verified row has one `ok` per call."""
    outcome = pl.col("execution").str.count_matches('"outcome":"', literal=True)
    ok = pl.col("execution").str.count_matches('"outcome":"ok"', literal=True)
    bad = (
        execution_verified.filter(pl.col("execution").is_null() | (outcome == 0) | (ok != outcome))
        .select(pl.len())
        .collect(engine="streaming")
        .item()
    )
    return dg.AssetCheckResult(passed=bad == 0, metadata={"rows_with_a_failed_call": int(bad)})


@dg.asset_check(
    asset="semantic_verified",
    partitions_def=batch_by_generator,
    description="Every judge told rows known to be good from rows known to be bad, mixed in by the stage.",
)
def judges_tell_control_rows_apart(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """What the stage noted of its judges when it made the partition."""
    records = dg.AssetRecordsFilter(
        asset_key=dg.AssetKey("semantic_verified"), asset_partitions=[context.partition_key]
    )
    [made] = context.instance.fetch_materializations(records, limit=1).records
    assert made.asset_materialization is not None
    controls: list[JsonObject] = made.asset_materialization.metadata["controls"].value
    said = "; ".join(_said(control) for control in controls if not control["counts"])
    return dg.AssetCheckResult(
        passed=not said,
        metadata={"controls": dg.MetadataValue.json(controls)},
        description=said or "every judge that was asked told good control rows from bad ones",
    )


def _said(control: JsonObject) -> str:
    """What a stage noted of a judge; tables of earlier versions have the counts alone."""
    counts = f"passed {control['passed']} of {control['good']} good control rows, caught {control['caught']} of "
    return str(control.get("says") or f"{control['judge']}: {counts}{control['bad']} bad ones: its votes do not count")
