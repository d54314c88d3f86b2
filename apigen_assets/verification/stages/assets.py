"""Assets of the three verification stages: each gives what it verified and what it rejected, with the reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.domain.reason import Stage
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.automation import FOLLOW
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.partitions import batch_by_generator
from apigen_assets.settings import settings
from apigen_assets.verification.audit.audit import Funnel, audit_rows
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows
from apigen_assets.verification.mutation.calibration import calibrate
from apigen_assets.verification.mutation.good import sampled, seed_rows
from apigen_assets.verification.mutation.suite import VALID, make_mutants, run_suite
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.semantic import check_semantic
from apigen_assets.verification.stages.stream import checked_by_chunk
from apigen_assets.verification.stages.versions import EXECUTION_VERSION, FORMAT_VERSION, SEMANTIC_VERSION
from resources.llm.generators import judge_names

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


def _outputs(stage: Stage, checked: pl.DataFrame, more: JsonObject | None = None) -> Iterator[dg.Output[Any]]:
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


_ALL_THAT_EXISTS = {"allow_missing_partitions": True}
_GOOD_INPUTS = {
    "semantic_verified": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
    "filtered_api_catalog": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
    "seed_examples": dg.AssetIn(),
}


class SuiteConfig(dg.Config):
    """How much the mutation suite does."""

    verified_rows: int = 400
    """Verified rows to damage, beside every seed."""
    seed: int = 0


@dg.asset(
    io_manager_key="lake",
    group_name="verification",
    kinds={"polars", "python"},
    code_version=SEMANTIC_VERSION,
    required_resource_keys={"executors"},
    ins=_GOOD_INPUTS,
)
def verification_report(
    context: dg.AssetExecutionContext,
    config: SuiteConfig,
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
) -> dg.Output[pl.DataFrame]:
    """Verification, measured: labelled damage through format, execution and grounding (no language model is asked).

    Good rows are the hand-written seeds and a draw of the verified rows; every kind of damage is done to each.
    """
    seeds = seed_rows(seed_examples, filtered_api_catalog)
    good = pl.concat([seeds, sampled(semantic_verified, config.verified_rows)]).unique(
        "candidate_id", maintain_order=True
    )
    mutants = make_mutants(good, config.seed)
    context.log.info(f"{good.height} good rows, {mutants.height} mutants")
    bindings = bindings_of(filtered_api_catalog)
    with context.resources.executors.open() as executor:
        report = run_suite(good, mutants, lambda frame: check_execution(frame, bindings, executor))
    of_faults = report.table.filter(pl.col("fault") != VALID)
    stacks = {
        str(row["fault"]): {
            **{stage: float(row[f"by_{stage}"]) / row["mutants"] for stage in ("format", "execution", "grounding")},
            "missed": float(row["missed"]) / row["mutants"],
        }
        for row in of_faults.iter_rows(named=True)
    }
    return dg.Output(
        report.table,
        metadata={
            "good_rows": good.height,
            "hand_written": seeds.height,
            "mutants": mutants.height,
            "wrongly_rejected": report.wrongly_rejected,
            **{f"precision_{stage}": value for stage, value in report.precision.items()},
            **{f"recall_{family}": value for family, value in report.recall.items()},
            "recall_plot": bar_plot({}, "Caught by stage, share of each fault's mutants", "share", stacks=stacks),
            "wrongly_rejected_rows": samples(report.examples, ["query", "answers", "caught_by", "detail"]),
        },
    )


class CalibrationConfig(dg.Config):
    """How many questions the judges are asked."""

    good_rows: int = 60
    faults_per_row: int = 2
    seed: int = 0


@dg.asset(
    io_manager_key="lake",
    group_name="verification",
    kinds={"polars", "openai"},
    code_version=SEMANTIC_VERSION,
    required_resource_keys={"executors", "llm"},
    ins=_GOOD_INPUTS,
)
def judge_calibration(
    context: dg.AssetExecutionContext,
    config: CalibrationConfig,
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
) -> dg.Output[pl.DataFrame]:
    """Each judge's precision and recall on seeded faults; asks every judge, so it never starts by itself."""
    seeds = seed_rows(seed_examples, filtered_api_catalog)
    good = pl.concat([sampled(seeds.lazy(), config.good_rows // 2), sampled(semantic_verified, config.good_rows)])
    good = good.head(config.good_rows)
    faults = ["off_by_one", "wrong_number", "wrong_magnitude", "wrong_entity", "wrong_choice", "arguments_swapped"]
    faults += [
        "stale_default",
        "hallucinated_optional",
        "call_missing",
        "call_added",
        "near_tool",
        "query_of_another_row",
    ]
    mutants = make_mutants(good, config.seed, faults, config.faults_per_row)
    bindings = bindings_of(filtered_api_catalog)
    checker = FormatChecker()
    with context.resources.executors.open() as executor:

        def executed(frame: pl.DataFrame) -> pl.DataFrame:
            passed = checker.check(frame).filter("passed")
            return check_execution(passed, bindings, executor).filter("passed")

        ran = executed(good)
        families = mutants.select("candidate_id", "family")
        ran_mutants = executed(mutants.select(good.columns)).join(families, on="candidate_id", maintain_order="left")
    table = calibrate(ran, ran_mutants, context.resources.llm, judge_names(), JudgeOptions(seed=settings().seed))
    whole = table.filter(pl.col("family") == "all")
    return dg.Output(
        table,
        metadata={
            "good_rows": ran.height,
            "faults": ran_mutants.height,
            "judges": dg.MetadataValue.md(_markdown(whole)),
            "recall_plot": bar_plot(
                {f"{row['judge']}: {row['family']}": float(row["recall"] or 0) for row in table.iter_rows(named=True)},
                "Seeded faults caught by each judge alone",
                "recall",
            ),
        },
    )


def _markdown(table: pl.DataFrame) -> str:
    head = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * table.width]
    return "\n".join([*head, *("| " + " | ".join(_cell(value) for value in row) + " |" for row in table.iter_rows())])


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


class AuditConfig(dg.Config):
    """Which data sets to audit."""

    files: list[str] = []
    """Paths of rows in xLAM or OpenAI format; empty: every file in `<home>/audit`."""


@dg.asset(io_manager_key="lake", group_name="verification", kinds={"polars"}, code_version=SEMANTIC_VERSION)
def audited_rows(context: dg.AssetExecutionContext, config: AuditConfig) -> dg.Output[pl.DataFrame]:
    """Verdicts on data sets made elsewhere: put files into `<home>/audit`. Nothing of them is executed.

    `apigen verify` does the same from the command line, and executes where functions are given.
    """
    folder = settings().home / "audit"
    files = [Path(one) for one in config.files] or sorted(one for one in folder.glob("*") if one.is_file())
    funnel = Funnel()
    rows: list[JsonObject] = []
    unusable: dict[str, str] = {}
    for file in files:
        try:
            for verdict in audit_rows(read_rows(file), funnel=funnel):
                row = {**verdict, "file": file.name, "id": str(verdict["id"]), "results": None}
                rows.append({name: row[name] for name in AUDIT_SCHEMA})
        except UnusableInputError as error:
            # One bad file does not take the others down.
            unusable[file.name] = str(error)
            context.log.warning(str(error))
    reasons = {f"{stage}: {reason}": count for (stage, reason), count in funnel.reasons.items()}
    return dg.Output(
        pl.DataFrame(rows, schema=AUDIT_SCHEMA, orient="row"),
        metadata={
            "files": len(files),
            "rows": funnel.rows,
            "kept": funnel.kept,
            "unusable_files": dumps(unusable),
            "reasons": counts_table(reasons),
            "reasons_plot": bar_plot(reasons, "defects"),
            "rows_with_tool_defects": funnel.tools.rows_affected,
            "tool_defects_by_row": counts_table(
                {defect.value: rows for defect, rows in funnel.tools.rows.items()}, "defect"
            ),
            **({} if files else {"hint": f"no files in {folder}"}),
        },
    )


AUDIT_SCHEMA = pl.Schema(
    {
        "file": pl.String,
        "id": pl.String,
        "keep": pl.Boolean,
        "stage": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "results": pl.String,
    }
)
"""Verdicts on the rows of audited files, in file and row order."""
