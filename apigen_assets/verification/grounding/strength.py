"""Which rules reject by themselves: those measured to be right on real writing.

The table is packaged data (`measured.json`), written by `python benchmarks/grounding_rules.py` over the packaged corpus
of labelled pairs, the hand-written seeds, and the damage done to good ones.
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


ASKS = frozenset({Rule.UNSTATED_TEXT, Rule.OTHER_QUANTITY, Rule.SAID_ONCE})
"""Rules that ask, whatever was counted: they fired on damage mostly, and writers compose texts that a query only
describes."""


class Counted(TypedDict):
    """What was counted on some rows and on the damage done to them."""

    good_rows: int
    bad_rows: int
    rules: dict[str, dict[str, int]]
    """By rule how often it `fired`, how often that was `right`, and how often it was `wrong_on_good`."""


class Measured(TypedDict):
    """What `measured.json` holds."""

    corpus: Counted
    """On the packaged corpus, the seeds among its good rows."""
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
def precision_of(rule: Rule) -> float:
    """The share of a rule's findings that were right; 0 for a rule that never fired."""
    counts = counts_of(rule)
    return counts["right"] / counts["fired"] if counts["fired"] else 0.0


def rejects_with(counts: Mapping[str, int], good_rows: int) -> bool:
    """Whether a rule with these counts (`fired`, `right`, `wrong_on_good`) rejects a row by itself."""
    fired, right, wrong = counts.get("fired", 0), counts.get("right", 0), counts.get("wrong_on_good", 0)
    return fired >= MIN_FIRED and right / fired >= MIN_PRECISION and wrong <= MAX_WRONG_RATE * good_rows


@cache
def rejects(rule: Rule) -> bool:
    """Whether a finding of this rule rejects a row by itself."""
    return rule not in ASKS and rejects_with(
        counts_of(rule), measured()["corpus"]["good_rows"] + measured()["elsewhere"]["good_rows"]
    )
