"""So many verified rows of each style: how many prompts that takes, learned from what became of those asked before.

The prompts of a style are the first of that style in the order of the draws, so that more of them never change those
before; what is asked follows from the tables alone.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from apigen_assets.domain.style import Style
from apigen_assets.generation.samplers import Draw, Sampler

LOOK_AHEAD = 400
"""Draws to look at for one of a style that is wanted: a batch of one API has none of several tools."""
HOPELESS = 20
"""Prompts of a style without one verified row from which on no more are asked."""
MOST_TIMES = 20
"""Prompts of a style, as a multiple of those needed if every pair passed, from which on no more are asked."""


@dataclass(frozen=True)
class Yield:
    """What became of the prompts of one style."""

    prompts: int = 0
    verified: int = 0
    """Rows of that style that passed every stage."""


def yields(candidates: pl.DataFrame, verified: pl.DataFrame) -> dict[str, Yield]:
    """The yield of every style.

    Args:
        candidates: with `prompt_id` and `completion_key`.
        verified: rows with their `style`.
    """
    asked = dict(
        candidates.with_columns(pl.col("prompt_id").str.extract(r"^([a-z_]+)").alias("asked"))
        .group_by("asked")
        .agg(pl.col("completion_key").n_unique())
        .iter_rows()
    )
    passed = dict(verified.group_by("style").len().iter_rows())
    return {style: Yield(int(asked.get(style, 0)), int(passed.get(style, 0))) for style in Style}


def prompts_wanted(
    goal: int,
    pairs: int,
    so_far: Mapping[str, Yield],
    elsewhere: Mapping[str, Yield] | None = None,
    most: int | None = None,
) -> dict[str, int]:
    """Prompts of each style, those asked before among them, after which the goal is expected to be met.

    Where nothing is known of a style every pair is expected to pass, so that never more is asked than may be missing;
    what is known grows with each step, which asks for at most as much again as was asked before.

    Args:
        goal: verified rows wanted of each style.
        pairs: that one prompt asks for.
        so_far: what became of the prompts that were asked.
        elsewhere: what became of the generator's prompts for other batches, which tells what to begin with.
        most: prompts of all styles together; null for no limit but that of each style.
    """
    asked = {style: so_far.get(style, Yield()) for style in Style}
    wanted = {style: _wanted(goal, pairs, asked[style], (elsewhere or {}).get(style, Yield())) for style in Style}
    while most is not None and sum(wanted.values()) > most:
        # The style with the most further prompts gives one up, as long as one has any.
        further = {style: wanted[style] - asked[style].prompts for style in Style}
        style = max(Style, key=lambda style: further[style])
        if not further[style]:
            break
        wanted[style] -= 1
    return {str(style): count for style, count in wanted.items()}


def _wanted(goal: int, pairs: int, so_far: Yield, elsewhere: Yield) -> int:
    missing = goal - so_far.verified
    least = math.ceil(goal / pairs)
    if missing <= 0 or (so_far.prompts >= HOPELESS and not so_far.verified) or so_far.prompts >= MOST_TIMES * least:
        return so_far.prompts
    known = so_far if so_far.prompts else elsewhere
    each = min(float(pairs), max(known.verified, 0.5) / known.prompts) if known.prompts else float(pairs)
    further = math.ceil(missing / each)
    step = so_far.prompts if so_far.prompts else 4 * least
    return min(so_far.prompts + min(further, max(1, step)), MOST_TIMES * least)


def draws_of(sampler: Sampler, prompts: Mapping[str, int]) -> Iterator[Draw]:
    """The first draws of each style, so many as are wanted, in the order of the draws."""
    left = {style: count for style, count in prompts.items() if count > 0}
    missed = 0
    for index in itertools.count():
        if not left or missed >= LOOK_AHEAD:
            return
        draw = sampler.draw(index)
        if draw.style not in left:
            missed += 1
            continue
        missed = 0
        left[draw.style] -= 1
        if not left[draw.style]:
            del left[draw.style]
        yield draw


def missing(goal: int, so_far: Mapping[str, Yield]) -> dict[str, int]:
    """Verified rows that each style still lacks."""
    return {style: goal - so_far[style].verified for style in Style if so_far[style].verified < goal}
