"""Assets of the three verification stages: each gives what it verified and what it rejected, with the reason."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from apigen_assets.catalog.pinned_library import LibraryBindings
from apigen_assets.domain.reason import Stage
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.automation import FOLLOW
from apigen_assets.orchestration.data_versions import content_version
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import BatchPartition, batch_by_generator
from apigen_assets.settings import Settings
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.semantic import check_semantic
from apigen_assets.verification.stages.stream import checked_by_chunk
from apigen_assets.verification.stages.versions import EXECUTION_VERSION, FORMAT_VERSION, SEMANTIC_VERSION
from resources.executors import ExecutorsResource
from resources.lake.io_manager import LakeIOManager
from resources.llm.generators import judge_names
from resources.llm.resource import LlmResource

_Results = Iterator[dg.MaterializeResult[pl.DataFrame]]


def _tables(
    stage: Stage,
    deps: tuple[str, ...],
    version: str,
    verified: str,
    rejected: str,
    kinds: set[str],
    shaping: tuple[str, ...] = (),
) -> list[dg.AssetSpec]:
    """The two tables of a stage with their descriptions."""
    return [
        dg.AssetSpec(
            f"{stage}_{fate}",
            description=description,
            group_name="verification",
            kinds=kinds,
            deps=deps,
            code_version=version,
            automation_condition=FOLLOW,
            metadata=shaped_by(*shaping),
        ).with_io_manager_key("lake")
        for fate, description in (("verified", verified), ("rejected", rejected))
    ]


def _results(stage: Stage, checked: pl.DataFrame, more: JsonObject | None = None) -> _Results:
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
    version = content_version(checked)
    yield dg.MaterializeResult(
        asset_key=f"{stage}_verified",
        value=verified,
        data_version=version,
        metadata={
            **common,
            "pass_rate": verified.height / checked.height if checked.height else 0.0,
            "samples": samples(verified, ["query", "answers", "execution"]),
            "styles": bar_plot({}, f"{stage} check, by style", stacks=by_style),
        },
    )
    yield dg.MaterializeResult(
        asset_key=f"{stage}_rejected",
        value=rejected,
        data_version=version,
        metadata={
            **common,
            "reasons": counts_table(reasons),
            "samples": samples(rejected, ["query", "answers", "reason", "detail"]),
            "reasons_plot": bar_plot(reasons, f"rejected by the {stage} check"),
        },
    )


@dg.multi_asset(
    name="format_check",
    partitions_def=batch_by_generator,
    specs=_tables(
        Stage.FORMAT,
        ("raw_candidates",),
        FORMAT_VERSION,
        "Candidates whose answers are well-formed calls to the tools offered: strict JSON Schema, nothing coerced.",
        "Candidates that failed the format check, each with one reason.",
        {"polars"},
    ),
)
def format_check(raw_candidates: pl.LazyFrame) -> _Results:
    """Stage 1 (paper, section 3.2)."""
    yield from _results(Stage.FORMAT, checked_by_chunk(raw_candidates, FormatChecker().check))


@dg.multi_asset(
    name="execution_check",
    partitions_def=batch_by_generator,
    specs=_tables(
        Stage.EXECUTION,
        ("format_verified", "filtered_api_catalog"),
        EXECUTION_VERSION,
        "Candidates all of whose calls ran successfully, with the results.",
        "Candidates with a call that failed, each with the first failure as reason and every call's outcome.",
        {"polars", "python"},
        (
            "call_timeout_s",
            "sandbox_minimum",
            "sandbox_memory_mb",
            "rest_mode",
            "rest_timeout_s",
            "allow_unsafe_methods",
        ),
    ),
)
def execution_check(
    context: dg.AssetExecutionContext,
    format_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    executors: ExecutorsResource,
    lake: dg.ResourceParam[LakeIOManager],
) -> _Results:
    """Stage 2 (paper, section 3.2)."""
    # Rows may call APIs of other batches; those are looked up where one does, and are not a dependency of this one.
    bindings = LibraryBindings(bindings_of(filtered_api_catalog), lake.lake, BatchPartition.of(context).batch)
    with executors.open() as executor:
        checked = checked_by_chunk(format_verified, lambda frame: check_execution(frame, bindings, executor))
        more = {f"executor_{name}": value for name, value in executor.describe().items()}
    yield from _results(Stage.EXECUTION, checked, more)


@dg.multi_asset(
    name="semantic_check",
    partitions_def=batch_by_generator,
    pool="llm",
    specs=_tables(
        Stage.SEMANTIC,
        ("execution_verified",),
        SEMANTIC_VERSION,
        "Candidates whose calls are what the query asks for: grounded in it, and passed by the judges.",
        "Candidates rejected by grounding or by the judges, each with one reason.",
        {"polars", "openai"},
        ("seed", "judges"),
    ),
)
def semantic_check(
    execution_verified: pl.LazyFrame, llm: LlmResource, settings: dg.ResourceParam[Settings]
) -> _Results:
    """Stage 3 (paper, section 3.2): deterministic grounding first, then the judges on what it leaves."""
    judges = judge_names(settings)
    options = JudgeOptions(seed=settings.seed)
    checked = checked_by_chunk(execution_verified, lambda frame: check_semantic(frame, llm, judges, options))
    ungrounded = checked.filter(pl.col("detail").str.starts_with("grounding: ")).height
    asked = checked.height - ungrounded
    yield from _results(
        Stage.SEMANTIC, checked, {"judges": ", ".join(judges), "asked_judges": asked, "by_grounding": ungrounded}
    )
