"""Blocking checks of the verification stages: nothing vanishes."""

import dagster as dg
import polars as pl

from apigen_assets.partitions import batch_by_generator
from apigen_assets.verification.verdict import STAGE_OF, Stage


def nothing_vanished(
    came_in: pl.DataFrame, verified: pl.DataFrame, rejected: pl.DataFrame, stage: Stage
) -> dict[str, int]:
    """Counts of what is wrong with a stage's two outputs; all zero where every row is in exactly one of them.

    Args:
        came_in: the rows that went in; only `candidate_id` is read.
        verified: what the stage verified.
        rejected: what it rejected.
        stage: which stage.
    """
    ids_in, ids_kept, ids_out = (frame["candidate_id"] for frame in (came_in, verified, rejected))
    reasons = {reason.value for reason, of in STAGE_OF.items() if of is stage}
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
        or f"{came_in.height} rows in, each verified or rejected",
    )


def _ins(*names: str) -> dict[str, dg.AssetIn]:
    return {name: dg.AssetIn(name) for name in names}


@dg.asset_check(
    asset="format_verified",
    blocking=True,
    partitions_def=batch_by_generator,
    additional_ins=_ins("raw_candidates", "format_rejected"),
    description="Every candidate is in exactly one of format_verified and format_rejected, with a reason.",
)
def format_in_is_verified_plus_rejected(
    format_verified: pl.DataFrame, raw_candidates: pl.DataFrame, format_rejected: pl.DataFrame
) -> dg.AssetCheckResult:
    """In = verified + rejected."""
    return _result(nothing_vanished(raw_candidates, format_verified, format_rejected, Stage.FORMAT), raw_candidates)


@dg.asset_check(
    asset="execution_verified",
    blocking=True,
    partitions_def=batch_by_generator,
    additional_ins=_ins("format_verified", "execution_rejected"),
    description="Every row of format_verified is in exactly one of execution_verified and execution_rejected.",
)
def execution_in_is_verified_plus_rejected(
    execution_verified: pl.DataFrame, format_verified: pl.DataFrame, execution_rejected: pl.DataFrame
) -> dg.AssetCheckResult:
    """In = verified + rejected."""
    faults = nothing_vanished(format_verified, execution_verified, execution_rejected, Stage.EXECUTION)
    return _result(faults, format_verified)


@dg.asset_check(
    asset="semantic_verified",
    blocking=True,
    partitions_def=batch_by_generator,
    additional_ins=_ins("execution_verified", "semantic_rejected"),
    description="Every row of execution_verified is in exactly one of semantic_verified and semantic_rejected.",
)
def semantic_in_is_verified_plus_rejected(
    semantic_verified: pl.DataFrame, execution_verified: pl.DataFrame, semantic_rejected: pl.DataFrame
) -> dg.AssetCheckResult:
    """In = verified + rejected."""
    faults = nothing_vanished(execution_verified, semantic_verified, semantic_rejected, Stage.SEMANTIC)
    return _result(faults, execution_verified)


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
        .collect()
        .item()
    )
    return dg.AssetCheckResult(passed=bad == 0, metadata={"rows_with_a_failed_call": int(bad)})
