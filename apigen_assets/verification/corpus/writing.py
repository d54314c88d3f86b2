"""Verification on real writing: precision and recall per stage, per reason and per rule, over the packaged pairs."""

import json
from collections.abc import Iterator

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.reason import Stage
from apigen_assets.verification.corpus.corpus import labelled_pairs
from apigen_assets.verification.corpus.measure import wilson
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.semantic import check_semantic

ALL_SETS = "all"
ASKED = "asked"
"""Rows that no stage rejected, and of which a judge would be asked what grounding found."""

WRITING_SCHEMA = pl.Schema(
    {
        "set": pl.String,
        "by": pl.String,
        "name": pl.String,
        "good_in": pl.Int64,
        "bad_in": pl.Int64,
        "good_out": pl.Int64,
        "bad_out": pl.Int64,
        "precision": pl.Float64,
        "precision_low": pl.Float64,
        "precision_high": pl.Float64,
        "recall": pl.Float64,
        "recall_low": pl.Float64,
        "recall_high": pl.Float64,
    }
)
"""One row per set of pairs and what took rows out: `by` is `stage`, `reason`, `rule` or `asked`.

`good_in` and `bad_in` count the rows of the set that came so far, `good_out` and `bad_out` those that were taken out.
`precision`: bad ones among those taken out; `recall`: those taken out among the bad ones of the whole set. Intervals
are Wilson's at 95 %.
"""


def judged_pairs() -> pl.DataFrame:
    """The packaged pairs, each with what became of it without a judge and without running a call.

    Returns:
        `candidate_id`, `set`, `truth`, `query`, `answers`, `why`, and `stage`, `reason`, `detail` of the rejection
        (null where there was none), `rules` (list of the rules that found something).
    """
    pairs = labelled_pairs()
    formatted = FormatChecker().check(pairs.select(list(Candidate.SCHEMA)))
    grounded = check_semantic(formatted.filter("passed"))
    verdicts = pl.concat([formatted.filter(~pl.col("passed")), grounded]).select(
        "candidate_id",
        pl.when(~pl.col("passed")).then("stage").alias("stage"),
        "reason",
        pl.when(~pl.col("passed")).then("detail").alias("detail"),
        pl.col("findings").map_elements(_rules, return_dtype=pl.List(pl.String), skip_nulls=False).alias("rules"),
    )
    columns = ["candidate_id", "set", "truth", "query", "answers", "why"]
    return pairs.select(columns).join(verdicts, on="candidate_id", maintain_order="left")


def _rules(findings: str | None) -> list[str]:
    return sorted({finding["rule"] for finding in json.loads(findings)}) if findings else []


def writing_table(judged: pl.DataFrame) -> pl.DataFrame:
    """Precision and recall of `judged_pairs`, in `WRITING_SCHEMA`."""
    rows: list[dict[str, object]] = []
    for name in [ALL_SETS, *judged["set"].unique(maintain_order=True)]:
        own = judged if name == ALL_SETS else judged.filter(pl.col("set") == name)
        rows += _of_set(name, own)
    return pl.DataFrame(rows, schema=WRITING_SCHEMA, orient="row")


def _of_set(name: str, rows: pl.DataFrame) -> Iterator[dict[str, object]]:
    bad = rows.filter(pl.col("truth") == "bad").height
    reached = rows.filter(pl.col("stage").is_null() | (pl.col("stage") == Stage.SEMANTIC.value))
    kept = rows.filter(pl.col("stage").is_null())
    yield _line(name, "stage", Stage.FORMAT.value, rows, rows.filter(pl.col("stage") == Stage.FORMAT.value), bad)
    yield _line(name, "stage", "grounding", reached, reached.filter(pl.col("stage").is_not_null()), bad)
    yield _line(name, "stage", "all", rows, rows.filter(pl.col("stage").is_not_null()), bad)
    yield _line(name, ASKED, ASKED, kept, kept.filter(pl.col("rules").list.len() > 0), bad)
    for reason in sorted(rows["reason"].drop_nulls().unique()):
        yield _line(name, "reason", reason, rows, rows.filter(pl.col("reason") == reason), bad)
    for rule in sorted(rows["rules"].explode().drop_nulls().unique()):
        yield _line(name, "rule", rule, reached, reached.filter(pl.col("rules").list.contains(rule)), bad)


def _line(group: str, by: str, name: str, came: pl.DataFrame, out: pl.DataFrame, bad: int) -> dict[str, object]:
    good_in, bad_in = (came.filter(pl.col("truth") == truth).height for truth in ("good", "bad"))
    good_out, bad_out = (out.filter(pl.col("truth") == truth).height for truth in ("good", "bad"))
    precise, recalled = wilson(bad_out, good_out + bad_out), wilson(bad_out, bad)
    return {
        "set": group,
        "by": by,
        "name": name,
        "good_in": good_in,
        "bad_in": bad_in,
        "good_out": good_out,
        "bad_out": bad_out,
        "precision": bad_out / (good_out + bad_out) if out.height else None,
        "precision_low": precise[0],
        "precision_high": precise[1],
        "recall": bad_out / bad if bad else None,
        "recall_low": recalled[0],
        "recall_high": recalled[1],
    }
