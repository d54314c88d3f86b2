"""How often each rule of grounding is right on real writing."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.corpus.corpus import labelled_pairs
from apigen_assets.verification.grounding.finding import Finding, Rule
from apigen_assets.verification.grounding.grounding import ground
from apigen_assets.verification.grounding.strength import (
    counts_of,
    measured,
    rejects,
    written_counts_of,
    written_precision_of,
)

_FORMAT = frozenset({"format", "execution", "hostile"})

RULES_SCHEMA = pl.Schema(
    {
        "rule": pl.String,
        "reason": pl.String,
        "any_language": pl.Boolean,
        "fired": pl.Int64,
        "right": pl.Int64,
        "wrong": pl.Int64,
        "wrong_on_good_rows": pl.Int64,
        "fired_elsewhere": pl.Int64,
        "written_right": pl.Int64,
        "written_wrong": pl.Int64,
        "written_precision": pl.Float64,
        "precision": pl.Float64,
        "precision_low": pl.Float64,
        "precision_high": pl.Float64,
        "rejects": pl.Boolean,
    }
)
"""One row per rule; the interval is Wilson's at 95 %. `fired_elsewhere` is the part of `fired` on rows that are not
packaged. `written_*` leaves damage out."""


class Counts(NamedTuple):
    """What was counted over good rows, labelled bad rows, and damage done to good rows."""

    fired: Counter[Rule]
    right: Counter[Rule]
    wrong_on_good: Counter[Rule]
    good_rows: int
    bad_rows: int


def wilson(right: int, tried: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) where nothing was tried."""
    if not tried:
        return 0.0, 1.0
    z, share = 1.96, right / tried
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return max(0.0, middle - half), min(1.0, middle + half)


def count_rules(good: pl.DataFrame, bad: pl.DataFrame, mutants: pl.DataFrame) -> Counts:
    """Fired, right and wrong of every rule.

    A finding on a good row is wrong. On a labelled bad row it is right. On damage it is right where it points at what
    was damaged, and wrong where it points elsewhere; what the undamaged row shows as well is not counted again.

    Args:
        good: right rows; `candidate_id`, `query`, `tools`, `answers`.
        bad: rows labelled bad, the same columns.
        mutants: damage (`MUTANT_SCHEMA`) done to rows of `good`.
    """
    counts = Counts(Counter(), Counter(), Counter(), good.height, bad.height + mutants.height)
    originals: dict[str, tuple[str, list[JsonObject], frozenset[Finding]]] = {}
    for key, query, tools, answers in _rows(good):
        found = ground(query, tools, answers).findings
        originals[key] = query, answers, frozenset(found)
        for rule in {finding.rule for finding in found}:
            counts.fired[rule] += 1
            counts.wrong_on_good[rule] += 1
    for _, query, tools, answers in _rows(bad):
        for rule in {finding.rule for finding in ground(query, tools, answers).findings}:
            counts.fired[rule] += 1
            counts.right[rule] += 1
    sources = mutants["source_id"].to_list()
    for (_, query, tools, answers), source in zip(_rows(mutants), sources, strict=True):
        before, calls, known = originals[source]
        damaged = _damaged(calls, answers) if query == before else None
        new = [finding for finding in ground(query, tools, answers).findings if finding not in known]
        for rule in {finding.rule for finding in new}:
            counts.fired[rule] += 1
            own = [finding for finding in new if finding.rule is rule]
            counts.right[rule] += damaged is None or any(_points_at(finding, damaged) for finding in own)
    return counts


def _rows(frame: pl.DataFrame) -> Iterable[tuple[str, str, list[JsonObject], list[JsonObject]]]:
    for key, query, tools, answers in frame.select("candidate_id", "query", "tools", "answers").iter_rows():
        yield key, query, json.loads(tools), json.loads(answers)


def _damaged(before: list[JsonObject], after: list[JsonObject]) -> set[str] | None:
    """Places `<call>.<parameter>` that differ; null where the calls themselves do."""
    if [call["name"] for call in before] != [call["name"] for call in after]:
        return None
    out: set[str] = set()
    for i, (one, two) in enumerate(zip(before, after, strict=True)):
        names = one["arguments"].keys() | two["arguments"].keys()
        out |= {f"{i}.{name}" for name in names if one["arguments"].get(name) != two["arguments"].get(name)}
    return out


def _points_at(finding: Finding, damaged: set[str]) -> bool:
    head = finding.place.split("[")[0]
    if finding.rule in _OF_TWO:
        return any(head.split(".")[0] == place.split(".")[0] for place in damaged)
    return any(head == place or head.startswith(f"{place}.") or place in finding.says for place in damaged)


_OF_TWO = frozenset({Rule.SWAPPED, Rule.SWAPPED_ORDER, Rule.RANGE_TURNED, Rule.ORDER_DIFFERS, Rule.OF_ANOTHER_CALL})
"""Rules that set two values against each other; either may be the damaged one."""


def rule_table() -> pl.DataFrame:
    """What was measured of every rule, as packaged, in a table of `RULES_SCHEMA`; the most tried first."""
    elsewhere = measured()["elsewhere"]["rules"]
    rows = []
    for rule in Rule:
        counts = counts_of(rule)
        written = written_counts_of(rule)
        fired, right = counts["fired"], counts["right"]
        low, high = wilson(right, fired)
        rows.append(
            {
                "rule": rule.value,
                "reason": rule.reason.value,
                "any_language": rule.any_language,
                "fired": fired,
                "right": right,
                "wrong": fired - right,
                "wrong_on_good_rows": counts["wrong_on_good"],
                "fired_elsewhere": elsewhere.get(rule.value, {}).get("fired", 0),
                "written_right": written["right"],
                "written_wrong": written["wrong"],
                "written_precision": written_precision_of(rule),
                "precision": right / fired if fired else None,
                "precision_low": low,
                "precision_high": high,
                "rejects": rejects(rule),
            }
        )
    return pl.DataFrame(rows, schema=RULES_SCHEMA, orient="row").sort("fired", descending=True, maintain_order=True)


def measure_writing() -> Counts:
    """Counts of every rule over the packaged pairs that pass the format check, without damage."""
    pairs = _formatted_pairs()
    good, bad = (pairs.filter(pl.col("truth") == truth).select(_COLUMNS) for truth in ("good", "bad"))
    return count_rules(good, bad, good.clear().with_columns(source_id=pl.lit("")))


def _formatted_pairs() -> pl.DataFrame:
    from apigen_assets.verification.stages.format import FormatChecker

    pairs = labelled_pairs()
    passed = set(FormatChecker().check(pairs.select(list(Candidate.SCHEMA))).filter("passed")["candidate_id"])
    return pairs.filter(pl.col("candidate_id").is_in(passed))


_COLUMNS = ["candidate_id", "query", "tools", "answers"]


def measure_rules(more_good: pl.DataFrame | None = None, seeds: Sequence[int] = (0, 1, 2)) -> Counts:
    """Counts of every rule over the packaged pairs and the damage done to their good ones.

    Args:
        more_good: further rows that are right, such as the hand-written seeds.
        seeds: each chooses damage anew; equal damage counts once.
    """
    pairs = _formatted_pairs()
    good = pairs.filter(pl.col("truth") == "good").select(list(Candidate.SCHEMA))
    if more_good is not None:
        good = pl.concat([good, more_good.select(good.columns)])
    return measure_damage(good, pairs.filter(pl.col("truth") == "bad"), seeds)


def measure_damage(good: pl.DataFrame, bad: pl.DataFrame | None = None, seeds: Sequence[int] = (0,)) -> Counts:
    """Counts of every rule over right rows, the damage done to them, and rows labelled bad.

    Args:
        good: right rows, of `Candidate.SCHEMA`.
        bad: rows labelled bad that passed the format check.
        seeds: each chooses damage anew; equal damage counts once.
    """
    from apigen_assets.verification.mutation.fault import FAULTS
    from apigen_assets.verification.mutation.suite import make_mutants
    from apigen_assets.verification.stages.format import FormatChecker

    columns = ["candidate_id", "style", "query", "tools", "answers"]
    faults = [name for name, planted in FAULTS.items() if planted.family not in _FORMAT and name != "call_order"]
    mutants = pl.concat([make_mutants(good, seed, faults) for seed in seeds])
    mutants = mutants.unique(["query", "answers", "tools"], maintain_order=True).with_columns(
        candidate_id=pl.concat_str("candidate_id", pl.int_range(pl.len()).cast(pl.String))
    )
    mutants = (
        FormatChecker()
        .check(mutants.select(good.columns))
        .filter("passed")
        .select(good.columns)
        .join(mutants.select("candidate_id", "source_id", "fault"), on="candidate_id", maintain_order="left")
    )
    bad = good.clear() if bad is None else bad
    return count_rules(good.select(columns), bad.select(columns), mutants)
