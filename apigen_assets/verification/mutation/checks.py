"""Checks of measured verification: damage is found, good rows pass, judges are good enough."""

import dagster as dg
import polars as pl

MAX_WRONGLY_REJECTED = 0.005
MIN_ARGUMENT_RECALL = 0.85
"""Damaged arguments that are rejected without a judge, or told to it as a question."""
MIN_ARGUMENT_RECALL_ALONE = 0.5
"""Damaged arguments that are rejected without a judge."""
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
        problems.append(f"only {figures['argument_recall']:.1%} of the damaged arguments were rejected or asked about")
    if figures["argument_recall_alone"] < MIN_ARGUMENT_RECALL_ALONE:
        problems.append(f"only {figures['argument_recall_alone']:.1%} of the damaged arguments were rejected")
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
    missed, asked = int(soft["missed"].sum()), int(soft["asked"].sum())
    passed = int(good["missed"].sum()) + int(good["asked"].sum())
    return {
        "format_and_execution_damage_kept": float(int(hard["missed"].sum()) + int(hard["asked"].sum())),
        "argument_recall": 1 - missed / mutants if mutants else 1.0,
        "argument_recall_alone": 1 - (missed + asked) / mutants if mutants else 1.0,
        "good_rows_rejected": 1 - passed / rows if rows else 0.0,
        "good_rows_asked_about": int(good["asked"].sum()) / rows if rows else 0.0,
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
