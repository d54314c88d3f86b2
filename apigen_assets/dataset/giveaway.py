"""Whether the words of a query give away that it calls nothing: a bag-of-words classifier must hardly tell."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from apigen_assets.dataset.facts import draw
from apigen_assets.dataset.relevance import KINDS

FOLDS = 5
MOST = 0.6
"""Balanced accuracy above which the rows teach words instead of relevance; guessing is right half the time."""
_SMOOTHING = 0.5
_FEWEST = 20
"""Queries of each sort below which nothing can be said."""


def told_apart(relevance: Sequence[str], answerable: Sequence[str], seed: int = 0) -> float | None:
    """Balanced accuracy of naive Bayes over words that are there or not, in five folds; 0.5 is chance.

    A query of both sorts is in one fold. Null for too few queries.

    Args:
        relevance: queries of relevance rows.
        answerable: queries of rows with calls; as many as there are relevance rows are drawn.
        seed: of the draw and the folds.
    """
    sorts = [sorted(set(relevance)), sorted(set(answerable))]
    size = min(len(one) for one in sorts)
    if size < _FEWEST:
        return None
    drawn = [sorted(one, key=lambda query: draw(seed, query))[:size] for one in sorts]
    folds = [[draw(seed + 1, query) % FOLDS for query in one] for one in drawn]
    bags = [[set(re.findall(r"\w+", query.casefold())) for query in one] for one in drawn]
    rates = []
    for fold in range(FOLDS):
        counts, seen = [], []
        for sort in (0, 1):
            known = [bag for bag, place in zip(bags[sort], folds[sort], strict=True) if place != fold]
            counts.append(Counter(word for bag in known for word in bag))
            seen.append(len(known))
        # What a word's presence says beside its absence, and what the absence of all says.
        present: dict[str, float] = {}
        absent = 0.0
        for word in {*counts[0], *counts[1]}:
            shares = [(counts[sort][word] + _SMOOTHING) / (seen[sort] + 1) for sort in (0, 1)]
            gone = math.log((1 - shares[0]) / (1 - shares[1]))
            present[word] = math.log(shares[0] / shares[1]) - gone
            absent += gone
        for sort, sign in ((0, 1), (1, -1)):
            scores = [
                sign * (absent + sum(present.get(word, 0.0) for word in bag))
                for bag, place in zip(bags[sort], folds[sort], strict=True)
                if place == fold
            ]
            if scores:
                rates.append(sum(1.0 if score > 0 else 0.5 if score == 0 else 0.0 for score in scores) / len(scores))
    return sum(rates) / len(rates)


def told_apart_table(relevance: pl.DataFrame, chosen: pl.DataFrame) -> str:
    """How well words tell relevance rows from rows with calls, all and by kind, as a table in markdown."""
    answerable = chosen["query"].to_list()
    rates = {"all": told_apart(relevance["query"].to_list(), answerable)}
    for kind in KINDS:
        rates[kind] = told_apart(relevance.filter(kind=kind)["query"].to_list(), answerable)
    lines = [f"| {kind} | {'too few' if rate is None else f'{rate:.0%}'} |" for kind, rate in rates.items()]
    return "\n".join(["| kind | balanced accuracy (50 % is chance) |", "|---|---|", *lines])
