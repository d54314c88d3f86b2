"""Assets of the three verification stages: each gives what it verified and what it rejected, with the reason."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl

from apigen_assets.catalog.pinned_library import LibraryBindings
from apigen_assets.domain.reason import Stage
from apigen_assets.domain.verdict import Decision
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.automation import FOLLOW
from apigen_assets.orchestration.costs import cost_of_candidates, cost_per_row
from apigen_assets.orchestration.data_versions import chunked_content_version
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import BatchPartition, batch_by_generator
from apigen_assets.settings import Settings
from apigen_assets.verification.grounding import Status
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.options import SHAPING, judge_options
from apigen_assets.verification.stages.semantic import SemanticCheck
from apigen_assets.verification.stages.stream import CHUNK_ROWS, Check, check_file
from apigen_assets.verification.stages.versions import EXECUTION_VERSION, FORMAT_VERSION, SEMANTIC_VERSION
from resources.executors import ExecutorsResource
from resources.lake.io_manager import LakeIOManager
from resources.llm.generators import judge_names
from resources.llm.resource import LlmResource

_Results = Iterator[dg.MaterializeResult[pl.LazyFrame]]


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


def _stage(
    stage: Stage,
    rows: pl.LazyFrame,
    check: Check,
    cost: Callable[[], float],
    describe: Callable[[pl.LazyFrame], JsonObject] | None = None,
) -> _Results:
    """Both tables of a stage, with counts, reasons, samples and a plot; a few thousand rows are in memory at a time.

    Args:
        stage: the stage.
        rows: what comes in.
        check: from a chunk of rows to the same rows with their verdicts.
        cost: USD that the rows have cost so far, once they are checked.
        describe: further metadata, from the checked table.
    """
    with tempfile.TemporaryDirectory(prefix=f"apigen-{stage}-") as folder:
        target = Path(folder) / "checked.parquet"
        check_file(rows, check, target)
        checked = pl.scan_parquet(target)
        yield from _results(stage, checked, cost(), describe(checked) if describe else {})


def _results(stage: Stage, checked: pl.LazyFrame, cost: float, more: JsonObject) -> _Results:
    verified, rejected = checked.filter("passed"), checked.filter(~pl.col("passed"))
    reasons = column_counts(rejected.select("reason").collect(engine="streaming"), "reason")
    styles = checked.group_by("style").agg(pl.col("passed").sum().cast(pl.Int64), pl.len().alias("rows")).sort("style")
    by_style = {
        style: {"verified": kept, "rejected": whole - kept}
        for style, kept, whole in styles.collect(engine="streaming").iter_rows()
    }
    kept = sum(counts["verified"] for counts in by_style.values())
    lost = sum(counts["rejected"] for counts in by_style.values())
    common = {"in": kept + lost, "verified": kept, "rejected": lost, **more}
    version = chunked_content_version([checked.collect_batches(chunk_size=CHUNK_ROWS, maintain_order=True)])
    yield dg.MaterializeResult(
        asset_key=f"{stage}_verified",
        value=verified,
        data_version=version,
        metadata={
            **common,
            "pass_rate": round(kept / (kept + lost), 4) if kept + lost else 0.0,
            **cost_per_row(cost, kept),
            "samples": samples(_spread(verified, kept), ["query", "answers", "execution"]),
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
            "samples": samples(_spread(rejected, lost), ["query", "answers", "reason", "detail"]),
            "reasons_plot": bar_plot(reasons, f"rejected by the {stage} check"),
        },
    )


def _spread(rows: pl.LazyFrame, count: int, wanted: int = 3) -> pl.DataFrame:
    """A few rows spread evenly over a table, of which no more than these are in memory."""
    step = max(1, count // wanted)
    spread = rows.with_row_index("_row").filter(pl.col("_row") % step == 0).head(wanted).drop("_row")
    return spread.collect(engine="streaming")


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
def format_check(context: dg.AssetExecutionContext, raw_candidates: pl.LazyFrame) -> _Results:
    """Stage 1 (paper, section 3.2)."""
    yield from _stage(Stage.FORMAT, raw_candidates, FormatChecker().check, lambda: cost_of_candidates(context))


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
        yield from _stage(
            Stage.EXECUTION,
            format_verified,
            lambda frame: check_execution(frame, bindings, executor),
            lambda: cost_of_candidates(context),
            lambda _: {f"executor_{name}": value for name, value in executor.describe().items()},
        )


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
        SHAPING,
    ),
)
def semantic_check(
    context: dg.AssetExecutionContext,
    execution_verified: pl.LazyFrame,
    llm: LlmResource,
    settings: dg.ResourceParam[Settings],
) -> _Results:
    """Stage 3 (paper, section 3.2): deterministic grounding first, then the judges on what it leaves."""
    check = SemanticCheck(llm, judge_names(settings), judge_options(settings), context.partition_key)

    def cost() -> float:
        usages = [llm.usage(judge, "judge") for judge in check.judges]
        return cost_of_candidates(context) + sum(usage.cost + usage.cached_cost for usage in usages)

    yield from _stage(Stage.SEMANTIC, execution_verified, check, cost, lambda checked: _described(checked, check))


def _described(checked: pl.LazyFrame, check: SemanticCheck) -> JsonObject:
    """What the judges and grounding did, and how the judges told the control items apart."""
    ungrounded, undecided, asked = (
        checked.select(
            (pl.col("grounding") == Status.UNGROUNDED.value).sum(),
            (pl.col("decision") == Decision.UNDECIDED.value).sum(),
            pl.col("votes").is_not_null().sum(),
        )
        .collect(engine="streaming")
        .row(0)
    )
    open_rows = checked.filter(pl.col("decision") == Decision.UNDECIDED.value)
    return {
        "judges": ", ".join(check.judges),
        "asked_judges": int(asked),
        "by_grounding": int(ungrounded),
        "undecided": int(undecided),
        "undecided_samples": samples(_spread(open_rows, int(undecided)), ["query", "answers", "findings", "votes"]),
        "controls": dg.MetadataValue.json([control.to_json() for control in check.controls]),
    }
