"""The single- and multi-turn categories of BFCL, their names through its versions, and the figures made of them.

Counts and formulas are those of bfcl-eval 2026.3.23 (BFCL V4) and, for the V1 view, of the boards of 2024.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

COUNTS: dict[str, int] = {
    "simple_python": 400,
    "simple_java": 100,
    "simple_javascript": 50,
    "multiple": 200,
    "parallel": 200,
    "parallel_multiple": 200,
    "irrelevance": 240,
    "live_simple": 258,
    "live_multiple": 1053,
    "live_parallel": 16,
    "live_parallel_multiple": 24,
    "live_irrelevance": 884,
    "live_relevance": 16,
}
"""Items per category; 3,641 in all."""

MULTI_TURN: dict[str, int] = {
    "multi_turn_base": 200,
    "multi_turn_miss_func": 200,
    "multi_turn_miss_param": 200,
    "multi_turn_long_context": 200,
}
"""Items per multi-turn category; 800 in all."""

ALL_COUNTS = {**COUNTS, **MULTI_TURN}
"""Items per category that is scored here."""

NON_LIVE = tuple(name for name in COUNTS if not name.startswith("live_"))

EARLIER_NAMES: dict[str, str] = {
    "simple": "simple_python",
    "java": "simple_java",
    "javascript": "simple_javascript",
    "multiple_function": "multiple",
    "parallel_function": "parallel",
    "parallel_multiple_function": "parallel_multiple",
    "relevance": "irrelevance",
}
"""Names of V1 to V3 for the same questions. V1 called `relevance` what is `irrelevance` now."""

NOT_SCORED = re.compile(r"^(exec_|executable_|rest$|sql$|chatable$|multi_turn|memory|web_search|format_sensitivity)")
"""Categories of the boards that are not scored here: other rules, and live services or a simulator."""

V1_ITEMS = 1700
V1_NOT_RUN = {"executable": 240, "rest": 70}
"""Items of the V1 board that need its executor and live services, and so are not in the V1 view."""


def official_name(name: str) -> str | None:
    """The V4 name of a category of any version, or null where it is not a single- or multi-turn category."""
    name = EARLIER_NAMES.get(name, name)
    return name if name in ALL_COUNTS else None


def split_id(entry_id: str) -> tuple[str, str] | None:
    """`("simple", "12")` of `simple_12`, `("live_simple", "3-1-0")` of `live_simple_3-1-0`; null for no such id."""
    stem, _, index = entry_id.rpartition("_")
    return (stem, index) if stem and re.fullmatch(r"\d+(-\d+){0,2}", index) else None


def official_id(entry_id: str | int, category: str | None = None) -> tuple[str, str] | None:
    """Category and V4 id of an entry: `parallel_function_7` is `parallel_7`, index 7 of a category is too.

    Args:
        entry_id: the id as stored; an integer (or its digits) is V1's index, and needs `category`.
        category: the official category where the file says it.
    """
    text = str(entry_id)
    if text.isdigit():
        return (category, f"{category}_{text}") if category else None
    parts = split_id(text)
    if parts is None:
        return None
    name = official_name(parts[0])
    return (name, f"{name}_{parts[1]}") if name else None


@dataclass(frozen=True)
class Tally:
    """How many of how many."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """Share that is correct, 0 to 1."""
        return self.correct / self.total


@dataclass(frozen=True)
class Figure:
    """A figure made of several categories.

    `accuracy`, `low` and `high` are shares (0 to 1); `low` and `high` bound a 95 % interval.
    """

    name: str
    accuracy: float
    low: float
    high: float
    items: int
    formula: str
    note: str = ""


def wilson(correct: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's 95 % score interval for a share (Wilson 1927); stays within 0 and 1 for any counts."""
    if total <= 0:
        return 0.0, 1.0
    share = correct / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == total else min(1.0, centre + half)
    return low, high


def figures(tallies: Mapping[str, Tally]) -> list[Figure]:
    """The figures whose categories are all there in full; never one over a part of its questions.

    The overall figure of the V4 board is never among them: it needs the agentic categories as well.
    """
    whole = {name: tally for name, tally in tallies.items() if tally.total == ALL_COUNTS.get(name)}
    known = []
    for make in (_non_live, _live, _irrelevance, _v1, _multi_turn, _v3_overall):
        figure = make(whole)
        if figure is not None:
            known.append(figure)
    return known


def _non_live(of: Mapping[str, Tally]) -> Figure | None:
    simple = ("simple_python", "simple_java", "simple_javascript")
    larger = ("multiple", "parallel", "parallel_multiple")
    if not _all(of, (*simple, *larger)):
        return None
    weights = {**{name: 1 / 12 for name in simple}, **{name: 1 / 4 for name in larger}}
    formula = "mean(mean(simple_python, simple_java, simple_javascript), multiple, parallel, parallel_multiple)"
    return _weighted("non_live", of, weights, formula)


def _live(of: Mapping[str, Tally]) -> Figure | None:
    names = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
    return _pooled("live", of, names, "correct / total over the four live categories with answers")


def _irrelevance(of: Mapping[str, Tally]) -> Figure | None:
    names = ("irrelevance", "live_irrelevance")
    return _weighted("irrelevance_mean", of, dict.fromkeys(names, 0.5), "mean(irrelevance, live_irrelevance)")


def _v1(of: Mapping[str, Tally]) -> Figure | None:
    figure = _pooled("v1_ast_relevance", of, NON_LIVE, "correct / total over the seven non-live categories")
    if figure is None:
        return None
    note = (
        f"{figure.items:,} of the {V1_ITEMS:,} questions of the V1 board, which the paper's figures are about; its "
        f"{sum(V1_NOT_RUN.values())} executable ones are not run. Answers as corrected up to V4."
    )
    return replace(figure, note=note)


def _multi_turn(of: Mapping[str, Tally]) -> Figure | None:
    weights = dict.fromkeys(MULTI_TURN, 1 / len(MULTI_TURN))
    return _weighted("multi_turn", of, weights, "mean of the four multi-turn categories")


def _v3_overall(of: Mapping[str, Tally]) -> Figure | None:
    simple = ("simple_python", "simple_java", "simple_javascript")
    further = ("multiple", "parallel", "parallel_multiple", "irrelevance")
    live = {name: count for name, count in COUNTS.items() if name.startswith("live_")}
    weights = {
        **{name: 1 / 45 for name in simple},
        **{name: 1 / 15 for name in further},
        **{name: count / sum(live.values()) / 3 for name, count in live.items()},
        **{name: 1 / 12 for name in MULTI_TURN},
    }
    figure = _weighted(
        "v3_overall",
        of,
        weights,
        "mean(mean(simple, multiple, parallel, parallel_multiple, irrelevance), correct / total over the six live "
        "categories, multi_turn)",
    )
    if figure is None:
        return None
    return replace(figure, note="the overall figure of the V3 board, on the questions and answers of V4")


def _all(of: Mapping[str, Tally], names: Iterable[str]) -> bool:
    return all(name in of for name in names)


def _pooled(name: str, of: Mapping[str, Tally], names: Sequence[str], formula: str) -> Figure | None:
    if not _all(of, names):
        return None
    correct, total = sum(of[name].correct for name in names), sum(of[name].total for name in names)
    low, high = wilson(correct, total)
    return Figure(name, correct / total, low, high, total, formula)


def _weighted(name: str, of: Mapping[str, Tally], weights: Mapping[str, float], formula: str) -> Figure | None:
    """A weighted mean; its interval combines those of the parts (each side's squared distances add up, weighted)."""
    if not _all(of, weights):
        return None
    value = sum(weight * of[name].accuracy for name, weight in weights.items())
    below = above = 0.0
    for category, weight in weights.items():
        low, high = wilson(of[category].correct, of[category].total)
        below += (weight * (of[category].accuracy - low)) ** 2
        above += (weight * (high - of[category].accuracy)) ** 2
    items = sum(of[name].total for name in weights)
    return Figure(name, value, max(0.0, value - math.sqrt(below)), min(1.0, value + math.sqrt(above)), items, formula)
