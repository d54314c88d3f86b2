"""What the data set is made of, in counts: for the report and the plots in the UI."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from apigen_assets.dataset.query_words import words_of
from apigen_assets.domain.api import CATEGORIES
from apigen_assets.files.json_types import JsonObject

PAPER_SHARES: Mapping[str, float] = dict(
    zip(
        CATEGORIES,
        (11.7, 11.1, 9.0, 8.1, 7.9, 6.9, 5.6, 4.7, 3.8, 3.7, 3.2, 3.0, 3.0, 2.9, 2.7, 2.5, 2.4, 2.2, 2.1, 1.8, 1.6),
        strict=True,
    )
)
"""Percent of the paper's 3,673 APIs by category, read off the pie chart of its project page."""

_CHUNK = 10_000
_NGRAM_ROWS = 100_000
WORD_BINS = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 40), (41, 60), (61, 100), (101, None))


class Statistics(NamedTuple):
    """Counts over rows of `DatasetRow.SCHEMA`."""

    rows: int
    calls: int
    """Rows with calls."""
    kinds: dict[str, int]
    styles: dict[str, int]
    generators: dict[str, int]
    splits: dict[str, int]
    categories: dict[str, int]
    """Of rows with calls, for all 21."""
    api_categories: dict[str, int]
    """Of the APIs in the catalog, for all 21."""
    tools_per_row: dict[str, int]
    calls_per_row: dict[str, int]
    query_words: dict[str, int]
    query_words_median: float
    row_characters: tuple[int, int, int]
    """Median, 95th percentile and largest count of characters of query, tools and answers together."""
    apis: dict[str, int]
    """Rows by the name of the tool called, most first."""
    diversity: dict[str, float]
    """Counts under names that begin with `APIs`, else shares of 1."""

    @property
    def diversity_shares(self) -> dict[str, float]:
        """What of `diversity` is a share of 1."""
        return {name: value for name, value in self.diversity.items() if not name.startswith("APIs")}


def statistics(rows: pl.DataFrame, catalog: pl.DataFrame) -> Statistics:
    """The counts; `catalog` has `name` and `category` per API."""
    calling = rows.filter(pl.col("answers") != "[]")
    tools, calls, names = _json_counts(rows)
    lengths = rows.select(
        (pl.col("query").str.len_chars() + pl.col("tools").str.len_chars() + pl.col("answers").str.len_chars()).alias(
            "n"
        )
    )["n"]
    words, diversity = _diversity(rows["query"])
    diversity |= _spread(names, catalog.height)
    return Statistics(
        rows=rows.height,
        calls=calling.height,
        kinds=_counted(rows["kind"]),
        styles=_counted(calling["style"]),
        generators=_counted(rows["generator"]),
        splits=_counted(rows["split"]),
        categories={name: _counted(calling["category"]).get(name, 0) for name in CATEGORIES},
        api_categories={name: _counted(catalog["category"]).get(name, 0) for name in CATEGORIES},
        tools_per_row={str(key): tools[key] for key in sorted(tools)},
        calls_per_row={str(key): calls[key] for key in sorted(calls)},
        query_words=_binned(words),
        query_words_median=float(np.median(words)) if len(words) else 0.0,
        row_characters=_summary(lengths),
        apis=dict(sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))),
        diversity=diversity,
    )


def _json_counts(rows: pl.DataFrame) -> tuple[Counter[int], Counter[int], Counter[str]]:
    tools: Counter[int] = Counter()
    calls: Counter[int] = Counter()
    names: Counter[str] = Counter()
    for offered, answers in rows.select("tools", "answers").iter_rows():
        row_calls: list[JsonObject] = json.loads(answers)
        tools[len(json.loads(offered))] += 1
        calls[len(row_calls)] += 1
        names.update({call["name"] for call in row_calls})
    return tools, calls, names


def _diversity(queries: pl.Series) -> tuple["np.ndarray[Any, Any]", dict[str, float]]:
    """Words per query, and the share of distinct n-grams among all (distinct-n, Li et al. 2016)."""
    lengths = []
    distinct: dict[str, float] = {}
    for start in range(0, len(queries), _CHUNK):
        lengths.append(np.diff(words_of(queries[start : start + _CHUNK]).offsets))
    words = words_of(queries[:_NGRAM_ROWS])
    for size in (1, 2, 3):
        grams, _ = words.ngrams(size)
        distinct[f"distinct {size}-grams / all"] = len(np.unique(grams)) / max(1, len(grams))
    # A query with its numbers and quoted texts taken out: what is left is the sentence around the values.
    frames = queries.str.to_lowercase().str.replace_all(r"\d+([.,:/-]\d+)*|'[^']*'|\"[^\"]*\"", "#")
    distinct["distinct sentences around the values / rows"] = frames.n_unique() / max(1, len(frames))
    return (np.concatenate(lengths) if lengths else np.empty(0, np.int64)), distinct


def _spread(names: Mapping[str, int], apis: int) -> dict[str, float]:
    total = sum(names.values())
    entropy = -sum(count / total * math.log2(count / total) for count in names.values()) if total else 0.0
    top = sorted(names.values(), reverse=True)[:10]
    return {
        "APIs called": float(len(names)),
        "APIs in the catalog": float(apis),
        "entropy of the APIs called, of its maximum": entropy / math.log2(len(names)) if len(names) > 1 else 0.0,
        "calls of the ten most called APIs / all": sum(top) / total if total else 0.0,
    }


def _counted(column: pl.Series) -> dict[str, int]:
    counted = column.drop_nulls().value_counts(sort=True, name="rows")
    pairs = sorted(counted.iter_rows(), key=lambda pair: (-pair[1], str(pair[0])))
    return {str(name): int(count) for name, count in pairs}


def _binned(words: "np.ndarray[Any, Any]") -> dict[str, int]:
    return {
        f"{low}-{high}" if high else f"{low}+": int(np.count_nonzero((words >= low) & (words <= (high or 10**9))))
        for low, high in WORD_BINS
    }


def _summary(lengths: pl.Series) -> tuple[int, int, int]:
    if lengths.is_empty():
        return 0, 0, 0
    values = np.sort(lengths.to_numpy())
    return int(values[len(values) // 2]), int(values[int(0.95 * (len(values) - 1))]), int(values[-1])


def sample_rows(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """At most `count` rows by id: those with calls spread over styles and categories, and one in seven without."""
    calling = rows.filter(pl.col("answers") != "[]")
    refusing = rows.filter(pl.col("answers") == "[]")
    few = min(refusing.height, max(count // 7, count - calling.height))
    return pl.concat(
        [_spread_rows(calling, count - few, ("style", "category")), _spread_rows(refusing, few, ("kind", "category"))]
    ).sort("id")


def _spread_rows(rows: pl.DataFrame, count: int, over: tuple[str, ...]) -> pl.DataFrame:
    """The first rows of each group in turn."""
    turn = pl.int_range(pl.len()).over(over)
    return rows.with_columns(turn.alias("_turn")).sort("_turn", "id").head(count).drop("_turn")
