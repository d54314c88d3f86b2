"""Assets of the three verification stages: each gives what it verified and what it rejected, with the reason."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.automation import FOLLOW
from apigen_assets.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.partitions import batch_by_generator
from apigen_assets.settings import settings
from apigen_assets.verification.execution import bindings_of, check_execution
from apigen_assets.verification.format import FormatChecker
from apigen_assets.verification.judge import JudgeOptions
from apigen_assets.verification.semantic import check_semantic
from apigen_assets.verification.stream import checked_by_chunk
from apigen_assets.verification.verdict import Stage
from apigen_assets.verification.versions import EXECUTION_VERSION, FORMAT_VERSION, SEMANTIC_VERSION
from resources.generators import judge_names

_SAMPLE_COLUMNS = ("query", "answers", "reason", "detail")


def _outs(stage: Stage, version: str, verified: str, rejected: str, kinds: set[str]) -> dict[str, dg.AssetOut]:
    def out(description: str) -> dg.AssetOut:
        return dg.AssetOut(
            io_manager_key="lake",
            group_name="verification",
            kinds=kinds,
            code_version=version,
            automation_condition=FOLLOW,
            description=description,
        )

    return {f"{stage}_verified": out(verified), f"{stage}_rejected": out(rejected)}


def _outputs(stage: Stage, checked: pl.DataFrame, more: dict[str, Any] | None = None) -> Iterator[dg.Output[Any]]:
    """Both tables of a stage, with counts, reasons, samples and a plot."""
    verified, rejected = checked.filter("passed"), checked.filter(~pl.col("passed"))
    reasons = column_counts(rejected, "reason")
    common = {"in": checked.height, "verified": verified.height, "rejected": rejected.height, **(more or {})}
    by_style = {
        style: {"verified": kept, "rejected": whole - kept}
        for style, kept, whole in checked.group_by("style")
        .agg(pl.col("passed").sum().cast(pl.Int64), pl.len().alias("rows"))
        .sort("style")
        .iter_rows()
    }
    yield dg.Output(
        verified,
        f"{stage}_verified",
        metadata={
            **common,
            "pass_rate": verified.height / checked.height if checked.height else 0.0,
            "samples": samples(verified, ["query", "answers", "execution"]),
            "styles": bar_plot({}, f"{stage} check, by style", stacks=by_style),
        },
    )
    yield dg.Output(
        rejected,
        f"{stage}_rejected",
        metadata={
            **common,
            "reasons": counts_table(reasons),
            "samples": samples(rejected, _SAMPLE_COLUMNS),
            "reasons_plot": bar_plot(reasons, f"rejected by the {stage} check"),
        },
    )


@dg.multi_asset(
    name="format_check",
    partitions_def=batch_by_generator,
    outs=_outs(
        Stage.FORMAT,
        FORMAT_VERSION,
        "Candidates whose answers are well-formed calls to the tools offered: strict JSON Schema, nothing coerced.",
        "Candidates that failed the format check, each with one reason.",
        {"polars"},
    ),
)
def format_check(raw_candidates: pl.LazyFrame) -> Iterator[dg.Output[Any]]:
    """Stage 1 (paper, section 3.2)."""
    checked = checked_by_chunk(raw_candidates, FormatChecker().check)
    yield from _outputs(Stage.FORMAT, checked)


@dg.multi_asset(
    name="execution_check",
    partitions_def=batch_by_generator,
    required_resource_keys={"executors"},
    outs=_outs(
        Stage.EXECUTION,
        EXECUTION_VERSION,
        "Candidates all of whose calls ran successfully, with the results.",
        "Candidates with a call that failed, each with the first failure as reason and every call's outcome.",
        {"polars", "python"},
    ),
)
def execution_check(
    context: dg.AssetExecutionContext, format_verified: pl.LazyFrame, filtered_api_catalog: pl.DataFrame
) -> Iterator[dg.Output[Any]]:
    """Stage 2 (paper, section 3.2)."""
    bindings = bindings_of(filtered_api_catalog)
    with context.resources.executors.open() as executor:
        checked = checked_by_chunk(format_verified, lambda frame: check_execution(frame, bindings, executor))
        more = {f"executor_{name}": value for name, value in executor.describe().items()}
    yield from _outputs(Stage.EXECUTION, checked, more)


@dg.multi_asset(
    name="semantic_check",
    partitions_def=batch_by_generator,
    required_resource_keys={"llm"},
    outs=_outs(
        Stage.SEMANTIC,
        SEMANTIC_VERSION,
        "Candidates whose calls are what the query asks for: grounded in it, and passed by the judges.",
        "Candidates rejected by grounding or by the judges, each with one reason.",
        {"polars", "openai"},
    ),
)
def semantic_check(context: dg.AssetExecutionContext, execution_verified: pl.LazyFrame) -> Iterator[dg.Output[Any]]:
    """Stage 3 (paper, section 3.2): deterministic grounding first, then the judges on what it leaves."""
    judges = judge_names()
    options = JudgeOptions(seed=settings().seed)
    checked = checked_by_chunk(
        execution_verified,
        lambda frame: check_semantic(frame, context.resources.llm, judges, options),
    )
    ungrounded = checked.filter(pl.col("detail").str.starts_with("grounding: ")).height
    asked = checked.height - ungrounded
    yield from _outputs(
        Stage.SEMANTIC, checked, {"judges": ", ".join(judges), "asked_judges": asked, "by_grounding": ungrounded}
    )
