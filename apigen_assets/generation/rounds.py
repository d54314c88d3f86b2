"""Rounds of generation: verified rows of one round are the examples of the next (paper, section 3.1, Fig. 2).

A round adds its candidates to those of the others, and is repeated without touching them. It shows verified rows of the
round before it alone, a few per API, so that no row echoes through all rounds and none crowds out the seeds.
"""

import json

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.record import in_schema
from apigen_assets.files.canonical import content_hash
from apigen_assets.generation.shown_examples import ShownExample, from_verified
from resources.lake.lake import Lake, LakeError

POOL = "verified_examples"
CANDIDATES = "raw_candidates"


class RoundError(Exception):
    """A round cannot be made yet; the message says what to do first."""


def rows_of_round(rows: pl.LazyFrame, round_: int) -> pl.DataFrame:
    """The rows of one round; those of earlier versions' tables, which know no rounds, are of the first."""
    if "round" in rows.collect_schema():
        return rows.filter(pl.col("round").fill_null(1) == round_).collect()
    return (rows if round_ == 1 else rows.head(0)).collect()


def pool_of(verified: pl.DataFrame, rows_per_api: int) -> list[ShownExample]:
    """Verified rows as examples, at most so many for the API called first; the choice follows from the rows alone."""
    columns = ["candidate_id", "query", "answers", "tools", "prompt_id"]
    keyed = verified.select(columns).with_columns(
        pl.col("answers").map_elements(_first_name, pl.String).alias("_api"),
        pl.col("candidate_id").map_elements(content_hash, pl.String).alias("_draw"),
    )
    few = keyed.sort("_draw").group_by("_api", maintain_order=True).head(rows_per_api)
    return from_verified(few.select(columns), few.height)


def read_pool(lake: Lake, round_: int) -> list[ShownExample]:
    """The pool of a later round; nothing for the first.

    Raises:
        RoundError: the pool of this round was not made.
    """
    if round_ == 1:
        return []
    try:
        pool = lake.scan(POOL).filter(pl.col("round") == round_).collect()
    except LakeError:
        pool = None
    if pool is None or not pool.height:
        raise RoundError(
            f"round {round_} has no verified rows to show: materialise {POOL} with `round: {round_}` after round "
            f"{round_ - 1} was verified"
        )
    return [ShownExample.from_row(row) for row in pool.iter_rows(named=True)]


def read_other_rounds(lake: Lake, partition: dict[str, str], round_: int) -> list[pl.DataFrame]:
    """The candidates of a partition that are not of this round, in the order of their rounds.

    Raises:
        RoundError: a later round is asked for where the partition has no earlier one.
    """
    path = lake.path(CANDIDATES, partition)
    rows = in_schema(lake.scan_paths([path]).collect(), Candidate.SCHEMA) if path.exists() else Candidate.frame([])
    rounds = rows.with_columns(pl.col("round").fill_null(1))
    others = rounds.filter(pl.col("round") != round_).sort("round", maintain_order=True)
    if round_ > 1 and not (others["round"] < round_).any():
        raise RoundError(f"{dict(partition)} has no candidates of a round before {round_}: materialise round 1 first")
    return [others] if others.height else []


def _first_name(answers: str) -> str:
    calls = json.loads(answers)
    return str(calls[0]["name"]) if calls else ""
