"""Assets that measure verification: the mutation suite, and the judges on planted faults."""

import dagster as dg
import polars as pl

from apigen_assets.files.markdown import frame_table
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.orchestration.metadata import bar_plot, samples
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import ALL_THAT_EXISTS
from apigen_assets.settings import Settings
from apigen_assets.verification.corpus.measure import rule_table
from apigen_assets.verification.corpus.writing import ALL_SETS, ASKED, judged_pairs, writing_table
from apigen_assets.verification.mutation.calibration import calibrate
from apigen_assets.verification.mutation.good import sampled, seed_rows
from apigen_assets.verification.mutation.suite import VALID, make_mutants, run_suite
from apigen_assets.verification.stages.execution import bindings_of, check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.options import judge_options
from apigen_assets.verification.stages.versions import SEMANTIC_VERSION
from resources.executors import ExecutorsResource
from resources.llm.generators import judge_names
from resources.llm.resource import LlmResource

_GOOD_INPUTS = {
    "semantic_verified": dg.AssetIn(metadata=ALL_THAT_EXISTS),
    "filtered_api_catalog": dg.AssetIn(metadata=ALL_THAT_EXISTS),
    "seed_examples": dg.AssetIn(),
}


class SuiteConfig(RunConfig):
    """How much the mutation suite does."""

    verified_rows: int = 400
    """Verified rows to damage, beside every seed."""
    seed: int = 0
    """Chooses the rows and the damage; the same seed gives the same suite."""


@dg.asset(
    io_manager_key="lake",
    group_name="verification",
    kinds={"polars", "python"},
    code_version=SEMANTIC_VERSION,
    ins=_GOOD_INPUTS,
)
def verification_report(
    context: dg.AssetExecutionContext,
    config: SuiteConfig,
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
    executors: ExecutorsResource,
) -> dg.MaterializeResult[pl.DataFrame]:
    """Verification, measured: labelled damage through format, execution and grounding (no language model is asked).

    Good rows are the hand-written seeds and a draw of the verified rows; every kind of damage is done to each. Beside
    it, precision and recall on real writing, and what each rule of grounding is worth.
    """
    seeds = seed_rows(seed_examples, filtered_api_catalog)
    good = pl.concat([seeds, sampled(semantic_verified, config.verified_rows)]).unique(
        "candidate_id", maintain_order=True
    )
    mutants = make_mutants(good, config.seed)
    context.log.info(f"{good.height} good rows, {mutants.height} mutants")
    bindings = bindings_of(filtered_api_catalog)
    with executors.open() as executor:
        report = run_suite(good, mutants, lambda frame: check_execution(frame, bindings, executor))
    of_faults = report.table.filter(pl.col("fault") != VALID)
    stacks = {
        str(row["fault"]): {
            **{stage: float(row[f"by_{stage}"]) / row["mutants"] for stage in ("format", "execution", "grounding")},
            "asked": float(row["asked"]) / row["mutants"],
            "missed": float(row["missed"]) / row["mutants"],
        }
        for row in of_faults.iter_rows(named=True)
    }
    return dg.MaterializeResult(
        value=report.table,
        metadata={
            "good_rows": good.height,
            "hand_written": seeds.height,
            "mutants": mutants.height,
            "wrongly_rejected": report.wrongly_rejected,
            **{f"precision_{stage}": value for stage, value in report.precision.items()},
            **{f"recall_{family}": value for family, value in report.recall.items()},
            "recall_plot": bar_plot({}, "Caught by stage, share of each fault's mutants", "share", stacks=stacks),
            **_writing_metadata(writing_table(judged_pairs())),
            **_rules_metadata(rule_table()),
            "wrongly_rejected_rows": samples(report.examples, ["query", "answers", "caught_by", "detail"]),
        },
    )


@dg.asset(io_manager_key="lake", group_name="verification", kinds={"polars"}, code_version=SEMANTIC_VERSION)
def verification_on_writing() -> dg.MaterializeResult[pl.DataFrame]:
    """Precision and recall of verification on the packaged pairs, which models and people wrote.

    Per set of pairs, by stage, by reason and by rule of grounding; no judge is asked and no call is made.
    """
    judged = judged_pairs()
    table = writing_table(judged)
    wrong = judged.filter((pl.col("truth") == "good") & pl.col("stage").is_not_null())
    missed = judged.filter((pl.col("truth") == "bad") & pl.col("stage").is_null() & (pl.col("rules").list.len() == 0))
    return dg.MaterializeResult(
        value=table,
        metadata={
            **_writing_metadata(table),
            "good_rows_rejected": samples(wrong, ["query", "answers", "reason", "detail"]),
            "bad_rows_missed": samples(missed, ["query", "answers", "why"]),
        },
    )


def _writing_metadata(table: pl.DataFrame) -> dict[str, dg.MetadataValue | float]:
    stages = table.filter(pl.col("by").is_in(["stage", ASKED])).drop("by")
    whole = table.row(
        by_predicate=(pl.col("set") == ALL_SETS) & (pl.col("by") == "stage") & (pl.col("name") == "all"), named=True
    )
    return {
        "real_writing": dg.MetadataValue.md(frame_table(stages)),
        "real_writing_good_rejected": whole["good_out"] / max(1, whole["good_in"]),
        "real_writing_bad_caught": whole["recall"] or 0.0,
    }


@dg.asset(io_manager_key="lake", group_name="verification", kinds={"polars"}, code_version=SEMANTIC_VERSION)
def grounding_rules() -> dg.MaterializeResult[pl.DataFrame]:
    """Every rule of grounding: how often it fired, how often it was right, and whether it rejects rows by itself.

    Measured by `benchmarks/grounding_rules.py` on real writing and on damage done to it. This table decides.
    """
    table = rule_table()
    return dg.MaterializeResult(value=table, metadata=_rules_metadata(table))


def _rules_metadata(table: pl.DataFrame) -> dict[str, dg.MetadataValue | float]:
    columns = ["rule", "fired", "right", "wrong", "precision", "precision_low"]
    columns += ["written_right", "written_wrong", "written_precision", "rejects"]
    return {
        "rules": dg.MetadataValue.md(frame_table(table.select(columns))),
        "rules_that_reject": int(table["rejects"].sum()),
    }


class CalibrationConfig(RunConfig):
    """How many questions the judges are asked."""

    good_rows: int = 60
    """Rows known to be good; each judge is asked about every one."""
    faults_per_row: int = 2
    """Damaged copies of each good row that the judges are asked about too."""
    seed: int = 0
    """Chooses the rows and the damage; the same seed asks the same."""


@dg.asset(
    io_manager_key="lake",
    group_name="verification",
    kinds={"polars", "openai"},
    code_version=SEMANTIC_VERSION,
    pool="llm",
    metadata=shaped_by("judges"),
    ins=_GOOD_INPUTS,
)
def judge_calibration(
    config: CalibrationConfig,
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    seed_examples: pl.DataFrame,
    executors: ExecutorsResource,
    llm: LlmResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
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
    with executors.open() as executor:

        def executed(frame: pl.DataFrame) -> pl.DataFrame:
            passed = checker.check(frame).filter("passed")
            return check_execution(passed, bindings, executor).filter("passed")

        ran = executed(good)
        families = mutants.select("candidate_id", "family")
        ran_mutants = executed(mutants.select(good.columns)).join(families, on="candidate_id", maintain_order="left")
    table = calibrate(ran, ran_mutants, llm, judge_names(settings), judge_options(settings))
    whole = table.filter(pl.col("family") == "all")
    return dg.MaterializeResult(
        value=table,
        metadata={
            "good_rows": ran.height,
            "faults": ran_mutants.height,
            "judges": dg.MetadataValue.md(frame_table(whole)),
            "recall_plot": bar_plot(
                {f"{row['judge']}: {row['family']}": float(row["recall"] or 0) for row in table.iter_rows(named=True)},
                "Seeded faults caught by each judge alone",
                "recall",
            ),
        },
    )
