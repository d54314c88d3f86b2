"""The share of relevance rows among the rows that a run trains on.

A data set's own share (paper: 8,000 of 68,000) changes once rows are too long for a context: those with several tools
and calls go first and relevance rows stay, so that a model sees more of these than of choices among tools.
"""

import json
import os
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

from apigen_assets.files.atomic import write_text
from apigen_assets.training.examples import GROUPS, RELEVANCE
from apigen_assets.training.tokens import TokenCounts, TokenStore


def limit_relevance(folder: Path, share: float, seed: int) -> tuple[TokenCounts, int]:
    """Leave relevance rows out of a store of tokens until they are at most `share` of its rows.

    Which ones stay is drawn by the seed; the order of rows stays as it is. Rows with calls are never left out, and no
    row is repeated where there are too few.

    Args:
        folder: what `write_tokens` wrote.
        share: at least 0, below 1.
        seed: the run's.

    Returns:
        What is in the store now, and how many rows were left out.
    """
    store = TokenStore(folder)
    group = GROUPS.index(RELEVANCE)
    relevance = np.flatnonzero(store.groups == group)
    most = int((len(store) - len(relevance)) * share / (1 - share) + 1e-9)
    if len(relevance) <= most:
        return store.counts, 0
    dropped = random.Random(f"{seed}:relevance").sample(relevance.tolist(), len(relevance) - most)
    stays = np.ones(len(store), dtype=bool)
    stays[dropped] = False
    return _rewrite(store, folder, np.flatnonzero(stays)), len(dropped)


def _rewrite(store: TokenStore, folder: Path, rows: np.ndarray) -> TokenCounts:
    written = folder / "tokens.new"
    answer_tokens = 0
    with written.open("wb") as out:
        for row in rows.tolist():
            ids, prompt = store.row(row)
            out.write(ids.tobytes())
            answer_tokens += len(ids) - prompt
    lengths = store.lengths[rows]
    counts = TokenCounts(
        **{
            **asdict(store.counts),
            "rows": len(rows),
            "tokens": int(lengths.sum()),
            "answer_tokens": answer_tokens,
            "longest": int(lengths.max(initial=0)),
            "by_group": dict(Counter(GROUPS[group] for group in store.groups[rows].tolist())),
        }
    )
    os.replace(written, folder / "tokens.bin")
    np.save(folder / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    np.save(folder / "prompts.npy", store.prompts[rows])
    np.save(folder / "groups.npy", store.groups[rows])
    write_text(folder / "counts.json", json.dumps(asdict(counts)))
    return counts
