"""Ids of V3 whose questions have others in V4, matched by the question's text in both versions' data.

Of the 4,441 single- and multi-turn questions of V3 (bfcl-eval 2025.8.6.2), five have another id in V4: two were moved
from relevance to irrelevance, and those behind them closed the gap.
"""

from collections.abc import Collection

V3_IDS: dict[str, tuple[str, str]] = {
    "live_relevance_13-13-0": ("live_irrelevance", "live_irrelevance_882-882-0"),
    "live_relevance_14-14-0": ("live_relevance", "live_relevance_13-13-0"),
    "live_relevance_15-15-0": ("live_irrelevance", "live_irrelevance_883-883-0"),
    "live_relevance_16-16-0": ("live_relevance", "live_relevance_14-14-0"),
    "live_relevance_17-17-0": ("live_relevance", "live_relevance_15-15-0"),
}
"""The category and id in V4 by the id in V3."""

_ONLY_V3 = {"live_relevance_16-16-0", "live_relevance_17-17-0"}


def renumbered(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """The ids of one file that stand for other questions in V4; none where the file is of V4.

    A file is of V3 if it holds an id that only V3 has.
    """
    if not _ONLY_V3.intersection(ids):
        return {}
    return {entry_id: V3_IDS[entry_id] for entry_id in ids if entry_id in V3_IDS}
