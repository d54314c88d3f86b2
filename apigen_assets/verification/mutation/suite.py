"""Run the stages over good rows and over damage derived from them, and count what was caught where."""

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.reason import Stage
from apigen_assets.domain.record import in_schema
from apigen_assets.files.canonical import content_hash, dumps
from apigen_assets.verification.mutation import format_faults, row_faults, subtle_faults, value_faults
from apigen_assets.verification.mutation.fault import FAULTS, Pool, row_of
from apigen_assets.verification.stages.format import FormatChecker

__all__ = ["MUTANT_SCHEMA", "REPORT_SCHEMA", "Report", "make_mutants", "run_suite"]

_REGISTERED = (format_faults, row_faults, subtle_faults, value_faults)

Check = Callable[[pl.DataFrame], pl.DataFrame]

MUTANT_SCHEMA = pl.Schema(
    [
        *Candidate.SCHEMA.items(),
        ("fault", pl.String),
        ("family", pl.String),
        ("source_id", pl.String),
        ("note", pl.String),
    ]
)
"""Damaged candidates; `source_id` is the good row's `candidate_id`."""

REPORT_SCHEMA = pl.Schema(
    {
        "fault": pl.String,
        "family": pl.String,
        "mutants": pl.Int64,
        "by_format": pl.Int64,
        "by_execution": pl.Int64,
        "by_grounding": pl.Int64,
        "by_judge": pl.Int64,
        "asked": pl.Int64,
        "missed": pl.Int64,
        "recall": pl.Float64,
        "missed_samples": pl.String,
    }
)
"""One row per fault; the row `valid rows` counts good rows that were rejected, by stage.

`asked` are rows that no stage rejected and of which a judge would be asked what grounding found; they are not `missed`,
and `recall` counts them as found.
"""

VALID = "valid rows"
ASKED = "asked"
_STAGES = ("format", "execution", "grounding", "judge")


class Report(NamedTuple):
    """What the suite found."""

    table: pl.DataFrame
    """`REPORT_SCHEMA`."""
    precision: dict[str, float]
    """Per stage (`format`, `execution`, `grounding`, `judge`): rejected mutants in all that the stage rejected."""
    recall: dict[str, float]
    """Per family: caught mutants in all of the family; `arguments_without_judge` leaves the judge out."""
    wrongly_rejected: float
    """Share of the good rows that some stage rejected."""
    examples: pl.DataFrame
    """Good rows that were rejected: candidate_id, stage, reason, detail, query, answers."""


def make_mutants(
    good: pl.DataFrame, seed: int = 0, faults: Sequence[str] | None = None, per_row: int | None = None
) -> pl.DataFrame:
    """Damage every good row by every fault that fits it.

    Args:
        good: rows of `Candidate.SCHEMA` (further columns are ignored) that are right.
        seed: chooses values; equal seeds give equal mutants.
        faults: names of faults; all of them by default.
        per_row: at most so many faults per row, drawn by the seed.

    Returns:
        A frame of `MUTANT_SCHEMA`.

    Raises:
        ValueError: an unknown fault.
    """
    unknown = set(faults or ()) - set(FAULTS)
    if unknown:
        raise ValueError(f"unknown faults {sorted(unknown)}; there are: {', '.join(FAULTS)}")
    columns = ["candidate_id", "style", "query", "tools", "answers"]
    rows = [row_of(*values) for values in good.select(columns).iter_rows()]
    pool = Pool.of(rows)
    out: list[dict[str, str | None]] = []
    for row, source in zip(rows, in_schema(good, Candidate.SCHEMA).iter_rows(named=True), strict=True):
        names = list(faults or FAULTS)
        if per_row is not None:
            Random(content_hash([seed, row.candidate_id])).shuffle(names)
        made = 0
        for name in names:
            rng = Random(content_hash([seed, row.candidate_id, name]))
            damaged = FAULTS[name].damage(row.copy(), rng, pool)
            if damaged is None or (
                damaged.answers == row.answers and damaged.query == row.query and name not in _IN_TOOLS
            ):
                continue
            out.append(
                {
                    **source,
                    "candidate_id": content_hash([row.candidate_id, name]),
                    "query": damaged.query,
                    "tools": dumps(damaged.tools),
                    "answers": damaged.answers,
                    "fault": name,
                    "family": FAULTS[name].family,
                    "source_id": row.candidate_id,
                    "note": damaged.note,
                }
            )
            made += 1
            if made == per_row:
                break
    return pl.DataFrame(out, schema=MUTANT_SCHEMA, orient="row")


_IN_TOOLS = frozenset({"tool_offered_twice", "unknown_api"})


def run_suite(
    good: pl.DataFrame,
    mutants: pl.DataFrame,
    execute: Check | None = None,
    judge: Check | None = None,
) -> Report:
    """Send good rows and mutants through the stages, as rows go through them in production.

    Args:
        good: rows of `Candidate.SCHEMA` that are right.
        mutants: damage, of `MUTANT_SCHEMA`.
        execute: the execution check; null: not made (its faults are left out).
        judge: the semantic check with judges; null: grounding alone.
    """
    if execute is None:
        mutants = mutants.filter(pl.col("family") != "execution")
    both = pl.concat([in_schema(good, Candidate.SCHEMA), in_schema(mutants, Candidate.SCHEMA)])
    fates = _fates(both, execute, judge)
    labelled = mutants.select("candidate_id", "source_id", "fault", "family", "note").join(
        fates, on="candidate_id", how="left", maintain_order="left"
    )
    labelled = _without_equivalents(labelled, fates)
    kept = good.select("candidate_id", "query", "answers").join(
        fates, on="candidate_id", how="left", maintain_order="left"
    )
    table = _table(labelled, kept)
    rejected_good = kept.filter(pl.col("caught_by").is_in(_STAGES))
    precision = {}
    for stage in _STAGES:
        true = labelled.filter((pl.col("caught_by") == stage) & (pl.col("fault") != "call_order")).height
        false = rejected_good.filter(pl.col("caught_by") == stage).height
        if true + false:
            precision[stage] = true / (true + false)
    return Report(
        table=table,
        precision=precision,
        recall=_recall(labelled),
        wrongly_rejected=rejected_good.height / kept.height if kept.height else 0.0,
        examples=rejected_good.select("candidate_id", "caught_by", "reason", "detail", "query", "answers"),
    )


def _fates(rows: pl.DataFrame, execute: Check | None, judge: Check | None) -> pl.DataFrame:
    """Per row: what caught it (null: nothing), the reason, and the results of its calls."""
    from apigen_assets.verification.stages.semantic import check_semantic

    done: list[pl.DataFrame] = []

    def settle(checked: pl.DataFrame, by: pl.Expr) -> pl.DataFrame:
        rejected = checked.filter(~pl.col("passed"))
        done.append(rejected.select("candidate_id", by.alias("caught_by"), "reason", "detail", "execution"))
        return checked.filter("passed")

    left = settle(FormatChecker().check(rows), pl.lit(Stage.FORMAT.value))
    if execute is not None:
        left = settle(execute(left), pl.lit(Stage.EXECUTION.value))
    grounded = check_semantic(left)
    questions = grounded.filter(pl.col("findings").is_not_null() & pl.col("passed"))["candidate_id"].implode()
    left = settle(grounded, pl.lit("grounding"))
    if judge is not None:
        left = settle(judge(left), pl.lit("judge"))
    asked = pl.when(pl.col("candidate_id").is_in(questions)).then(pl.lit(ASKED)).alias("caught_by")
    done.append(left.select("candidate_id", asked, "reason", "detail", "execution"))
    return pl.concat(done)


def _without_equivalents(labelled: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """Without mutants that are none: the damage gives the same results as the good row."""
    harmless = [name for name, one in FAULTS.items() if one.harmless_if_same_result and name != "call_order"]
    originals = fates.select(pl.col("candidate_id").alias("source_id"), pl.col("execution").alias("original"))
    joined = labelled.join(originals, on="source_id", how="left", maintain_order="left")
    same = (
        pl.col("fault").is_in(harmless)
        & pl.col("execution").is_not_null()
        & (pl.col("execution") == pl.col("original"))
    )
    return joined.filter(~same.fill_null(False)).drop("original")


def _recall(labelled: pl.DataFrame) -> dict[str, float]:
    real = labelled.filter(pl.col("fault") != "call_order")
    out: dict[str, float] = {}
    for family in sorted(real["family"].unique().to_list()):
        of = real.filter(pl.col("family") == family)
        out[family] = int(of["caught_by"].is_not_null().sum()) / of.height
    arguments = real.filter(pl.col("family") == "arguments")
    if arguments.height:
        by_whom = arguments["caught_by"]
        rejected = int(by_whom.is_in(["format", "execution", "grounding"]).fill_null(False).sum())
        out["arguments_without_judge"] = rejected / arguments.height
        asked = int((by_whom == ASKED).fill_null(False).sum())
        out["arguments_with_questions"] = (rejected + asked) / arguments.height
    return out


def _table(labelled: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    def counted(frame: pl.DataFrame, fault: str, family: str) -> dict[str, object]:
        by = {stage: int((frame["caught_by"] == stage).sum()) for stage in _STAGES}
        missed = frame.filter(pl.col("caught_by").is_null())
        return {
            "fault": fault,
            "family": family,
            "mutants": frame.height,
            **{f"by_{stage}": count for stage, count in by.items()},
            "asked": int((frame["caught_by"] == ASKED).sum()),
            "missed": missed.height,
            "recall": 1 - missed.height / frame.height if frame.height else None,
            "missed_samples": dumps(missed["candidate_id"].head(3).to_list()),
        }

    rows = [
        counted(frame, str(name), str(family))
        for (family, name), frame in sorted(labelled.group_by("family", "fault"), key=lambda pair: str(pair[0]))
    ]
    rows.append(counted(good, VALID, "valid"))
    return pl.DataFrame(rows, schema=REPORT_SCHEMA, orient="row")
