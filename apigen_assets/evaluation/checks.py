"""Checks of the evaluation: every question answered, no failure counted as an answer, training did something."""

import json

import dagster as dg
import polars as pl

from apigen_assets.evaluation.categories import ALL_COUNTS, MULTI_TURN
from apigen_assets.evaluation.failures import inference_error
from apigen_assets.partitions import ModelPartition, model_by_dataset
from apigen_assets.settings import Settings


def incomplete(scores: pl.DataFrame) -> dict[str, str]:
    """Categories whose questions are not all there exactly once, with what is wrong; a sample must cover all.

    Single-turn categories must all be there; the multi-turn ones all or none.
    """
    faults = {}
    counted = dict(scores.group_by("category").len().iter_rows())
    distinct = dict(scores.group_by("category").agg(pl.col("id").n_unique()).iter_rows())
    sampled = bool(scores["sampled"].any()) if scores.height else False
    conversed = any(name in counted for name in MULTI_TURN)
    for name, expected in ALL_COUNTS.items():
        if name in MULTI_TURN and not conversed:
            continue
        rows = counted.get(name, 0)
        if rows != distinct.get(name, 0):
            faults[name] = f"{rows - distinct[name]} ids twice"
        elif rows == 0 or (rows != expected and not sampled):
            faults[name] = f"{rows} of {expected}"
    return faults


@dg.asset_check(
    asset="bfcl_scores", partitions_def=model_by_dataset, description="Every question has exactly one verdict."
)
def every_question_is_scored(bfcl_scores: pl.DataFrame) -> dg.AssetCheckResult:
    """Items complete."""
    wrong = incomplete(bfcl_scores)
    return dg.AssetCheckResult(
        passed=not wrong,
        metadata={"questions": bfcl_scores.height, **wrong},
        description="; ".join(f"{name}: {what}" for name, what in wrong.items()) or "complete",
    )


def failures_as_answers(scores: pl.DataFrame) -> list[str]:
    """Ids whose stored answer is the failure of an endpoint or a program."""
    rows = scores.select("id", "answer").drop_nulls().iter_rows()
    return [name for name, answer in rows if inference_error({}, answer) is not None]


@dg.asset_check(
    asset="bfcl_scores", partitions_def=model_by_dataset, description="No failure was counted as an answer."
)
def no_failure_counts_as_an_answer(bfcl_scores: pl.DataFrame) -> dg.AssetCheckResult:
    """No inference errors."""
    failures = failures_as_answers(bfcl_scores)
    return dg.AssetCheckResult(
        passed=not failures,
        description=f"{len(failures)} stored answers are failures, such as {failures[0]}: evaluate again"
        if failures
        else "no answer is a failure",
        metadata={"failures": len(failures), "first": ", ".join(failures[:5])},
    )


@dg.asset_check(
    asset="bfcl_scores",
    partitions_def=model_by_dataset,
    description="On held-out queries the trained model is right more often than before training.",
)
def training_taught_something(
    context: dg.AssetCheckExecutionContext, bfcl_scores: pl.DataFrame, settings: dg.ResourceParam[Settings]
) -> dg.AssetCheckResult:
    """Trained above untrained, on queries kept out of training."""
    names = bfcl_scores.select("model", "dataset").unique().rows()
    model, dataset = names[0] if len(names) == 1 else ModelPartition.of(context)
    path = settings.checkpoints_dir / model / dataset / "training.json"
    try:
        heldout = json.loads(path.read_text(encoding="utf-8"))["heldout"]
        before, after = heldout["untrained"]["seen"]["all"], heldout["trained"]["seen"]["all"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return dg.AssetCheckResult(
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{path} has no held-out accuracy ({type(error).__name__})",
        )
    return dg.AssetCheckResult(
        passed=after["accuracy"] > before["accuracy"],
        description=f"{after['accuracy']:.1%} of the held-out answers are right, {before['accuracy']:.1%} untrained",
        metadata={
            "untrained": before["accuracy"],
            "trained": after["accuracy"],
            "untrained_rows": before["rows"],
            "trained_rows": after["rows"],
        },
    )
