"""Which rules reject by themselves: those measured to be right on real writing.

The table is packaged data (`measured.json`), written by `python benchmarks/grounding_rules.py` over the packaged corpus
of labelled pairs, the hand-written seeds, and the damage done to good ones.

Damage tells whether a rule points at what is wrong; it can be planted as often as one likes, and so says nothing of
how often a rule is wrong where people and models write. That is counted on labelled pairs alone, good and bad ones
weighing the same, and what a rule did wrong on pairs that it had never been tried on counts against it for good, also
after the kind has been mended.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypedDict

from apigen_assets.verification.grounding.finding import Rule

MIN_PRECISION = 0.98
MIN_FIRED = 20
MAX_WRONG_RATE = 1 / 500
"""Damage is planted as often as one likes, good rows are what is lost: a rule wrong on more of them only asks."""


ASKS = frozenset(
    {
        Rule.UNSTATED_TEXT,
        Rule.OTHER_QUANTITY,
        Rule.SAID_ONCE,
        Rule.BOUND_TURNED,
        Rule.UNLIKE_FELLOWS,
        Rule.ENUMERATION_CUT,
        Rule.TEXT_ALTERED,
    }
)
"""Rules that ask, whatever was counted: they fired on damage mostly, and writers compose texts that a query only
describes; what turns the ends of a range (`from 12 to` before an arrival) was written for pairs it is counted on."""


class Counted(TypedDict):
    """What was counted on some rows."""

    good_rows: int
    bad_rows: int
    rules: dict[str, dict[str, int]]
    """By rule how often it `fired`, how often that was `right`, and how often it was `wrong_on_good`."""


class Measured(TypedDict):
    """What `measured.json` holds."""

    corpus: Counted
    """On the packaged corpus, the seeds among its good rows, and on the damage done to it."""
    writing: Counted
    """On the labelled pairs of the corpus alone."""
    first_runs: Counted
    """On pairs that no rule had been tried on, when they were judged for the first time."""
    elsewhere: Counted
    """On right rows of another origin, which are not packaged, and on the damage done to them."""


@cache
def measured() -> Measured:
    """The packaged table."""
    text = files("apigen_assets.verification.grounding").joinpath("measured.json").read_text(encoding="utf-8")
    table: Measured = json.loads(text)
    return table


@cache
def counts_of(rule: Rule) -> dict[str, int]:
    """`fired`, `right` and `wrong_on_good` of a rule, over all that was measured."""
    parts = [table["rules"].get(rule.value, {}) for table in (measured()["corpus"], measured()["elsewhere"])]
    return {name: sum(part.get(name, 0) for part in parts) for name in ("fired", "right", "wrong_on_good")}


@cache
def written_counts_of(rule: Rule) -> dict[str, int]:
    """`right` and `wrong` of a rule on labelled pairs and other right rows, without damage."""
    table = measured()
    own, first, other = (table[part]["rules"].get(rule.value, {}) for part in ("writing", "first_runs", "elsewhere"))
    wrong = max(own.get("wrong_on_good", 0), first.get("wrong_on_good", 0)) + other.get("wrong_on_good", 0)
    return {"right": own.get("right", 0), "wrong": wrong}


@cache
def precision_of(rule: Rule) -> float:
    """The share of a rule's findings that were right; 0 for a rule that never fired."""
    counts = counts_of(rule)
    return counts["right"] / counts["fired"] if counts["fired"] else 0.0


@cache
def written_precision_of(rule: Rule) -> float | None:
    """As `precision_of` on written rows, were as many good as bad; null where the rule never fired on one."""
    table = measured()
    return balanced_precision(
        written_counts_of(rule),
        table["writing"]["good_rows"] + table["elsewhere"]["good_rows"],
        table["writing"]["bad_rows"],
    )


def balanced_precision(counts: Mapping[str, int], good_rows: int, bad_rows: int) -> float | None:
    """The precision of a rule on as many good rows as bad ones; null where it was neither `right` nor `wrong`."""
    right, wrong = counts.get("right", 0) / max(1, bad_rows), counts.get("wrong", 0) / max(1, good_rows)
    return right / (right + wrong) if right + wrong else None


def rejects_with(counts: Mapping[str, int], good_rows: int, written: float | None = None) -> bool:
    """Whether a rule rejects a row by itself.

    Args:
        counts: `fired`, `right` and `wrong_on_good` over all rows, damage among them.
        good_rows: good rows among them.
        written: its precision on written rows; null where it never fired on one.
    """
    fired, right, wrong = counts.get("fired", 0), counts.get("right", 0), counts.get("wrong_on_good", 0)
    if fired < MIN_FIRED or right / fired < MIN_PRECISION or wrong > MAX_WRONG_RATE * good_rows:
        return False
    return written is None or written >= MIN_PRECISION


@cache
def rejects(rule: Rule) -> bool:
    """Whether a finding of this rule rejects a row by itself."""
    good_rows = measured()["corpus"]["good_rows"] + measured()["elsewhere"]["good_rows"]
    return rule not in ASKS and rejects_with(counts_of(rule), good_rows, written_precision_of(rule))
