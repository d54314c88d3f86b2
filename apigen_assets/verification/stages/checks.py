"""Blocking checks of the verification stages: nothing vanishes."""

import dagster as dg
import polars as pl

from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.partitions import batch_by_generator


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
        or f"{came_in.height} rows in, each verified or rejected",
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
    def check(verified: pl.DataFrame, came_in: pl.DataFrame, rejected: pl.DataFrame) -> dg.AssetCheckResult:
        return _result(nothing_vanished(came_in, verified, rejected, stage), came_in)

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
        .collect()
        .item()
    )
    return dg.AssetCheckResult(passed=bad == 0, metadata={"rows_with_a_failed_call": int(bad)})


MAX_WRONGLY_REJECTED = 0.005
MIN_ARGUMENT_RECALL = 0.85
MIN_JUDGE_PRECISION = 0.8
MIN_JUDGE_RECALL = 0.5


@dg.asset_check(
    asset="verification_report",
    description="No format or execution damage is kept, good rows pass, damaged arguments are found without a judge.",
)
def damage_is_found(verification_report: pl.DataFrame) -> dg.AssetCheckResult:
    """The mutation suite's figures against their thresholds."""
    figures = suite_figures(verification_report)
    problems = []
    if figures["format_and_execution_damage_kept"]:
        problems.append(
            f"{figures['format_and_execution_damage_kept']:.0f} rows with format or execution damage were kept"
        )
    if figures["good_rows_rejected"] > MAX_WRONGLY_REJECTED:
        problems.append(f"{figures['good_rows_rejected']:.2%} of the good rows were rejected")
    if figures["argument_recall"] < MIN_ARGUMENT_RECALL:
        problems.append(f"only {figures['argument_recall']:.1%} of the damaged arguments were found")
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=figures,
        description="; ".join(problems) or "damage is found, good rows pass",
    )


def suite_figures(report: pl.DataFrame) -> dict[str, float]:
    """What the check of the mutation suite compares, from the report's table."""
    hard = report.filter(pl.col("family").is_in(["format", "execution"]))
    soft = report.filter(pl.col("family") == "arguments")
    good = report.filter(pl.col("family") == "valid")
    mutants = int(soft["mutants"].sum())
    rows = int(good["mutants"].sum())
    return {
        "format_and_execution_damage_kept": float(hard["missed"].sum()),
        "argument_recall": 1 - int(soft["missed"].sum()) / mutants if mutants else 1.0,
        "good_rows_rejected": 1 - int(good["missed"].sum()) / rows if rows else 0.0,
    }


@dg.asset_check(
    asset="judge_calibration",
    description="Every judge finds seeded faults and leaves good rows alone, at least as well as the thresholds.",
)
def judges_are_good_enough(judge_calibration: pl.DataFrame) -> dg.AssetCheckResult:
    """Each judge's precision and recall against their thresholds."""
    weak = judge_calibration.filter(
        (pl.col("family") == "all")
        & (
            (pl.col("precision").fill_null(0.0) < MIN_JUDGE_PRECISION)
            | (pl.col("recall").fill_null(0.0) < MIN_JUDGE_RECALL)
        )
    )
    said = [
        f"{row['judge']}: precision {row['precision'] or 0:.2f}, recall {row['recall'] or 0:.2f}"
        for row in weak.iter_rows(named=True)
    ]
    return dg.AssetCheckResult(
        passed=weak.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"least_precision": MIN_JUDGE_PRECISION, "least_recall": MIN_JUDGE_RECALL},
        description="; ".join(said) or "every judge is above the thresholds",
    )
