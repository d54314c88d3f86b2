"""The order of rows in training, and how rows become padded tensors.

The order is laid out in advance for the whole run. A step's rows depend on the seed only, not on the number
of processes or on the size of a micro-batch, so the same recipe computes the same steps on any machine, and a
resumed run goes on with the row it would have had.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.recipe import Recipe
from apigen_assets.training.tokens import TokenStore

IGNORED = -100
"""The label of a position that has no loss."""

_AS_IT_IS = 128
"""Tokens up to which a batch is as long as its longest row."""
_TAIL_STEP = 16
"""The tail that logits are computed for has a multiple of so many positions, in batches longer than that."""
_NO_LIMIT = 1 << 30


class BatchError(ValueError):
    """A batch that cannot be divided among the processes."""


@dataclass(frozen=True)
class BatchPlan:
    """How one step's rows are divided: `processes x micro_batch x accumulation = batch_rows`."""

    batch_rows: int
    processes: int
    micro_batch: int
    accumulation: int


def plan_batch(recipe: Recipe, processes: int) -> BatchPlan:
    """The division with the largest micro-batch that the recipe allows and that keeps `batch_rows` exactly.

    Raises:
        BatchError: `batch_rows` is not a multiple of the number of processes.
    """
    if recipe.batch_rows % processes:
        fitting = [n for n in range(1, recipe.batch_rows + 1) if recipe.batch_rows % n == 0]
        near = [n for n in fitting if n < processes][-1:] + [n for n in fitting if n > processes][:1]
        raise BatchError(
            f"{recipe.batch_rows} rows a step cannot be divided evenly among {processes} processes: use "
            f"{' or '.join(map(str, near))} processes, or change `batch_rows`"
        )
    share = recipe.batch_rows // processes
    micro = max(n for n in range(1, min(recipe.micro_batch, share) + 1) if share % n == 0)
    return BatchPlan(recipe.batch_rows, processes, micro, share // micro)


def step_count(rows: int, recipe: Recipe) -> int:
    """Steps of a run over that many rows; the last one is filled up from the next epoch's order."""
    steps = max(1, int(np.ceil(rows * recipe.epochs / recipe.batch_rows - 1e-9)))
    return min(steps, recipe.max_steps) if recipe.max_steps else steps


def row_order(lengths: NDArray[np.int64], recipe: Recipe) -> NDArray[np.int64]:
    """Row indices for all steps, `batch_rows` per step.

    Every epoch is a new permutation. The rows of `bucket_steps` steps are sorted by length and cut into
    steps, which are then shuffled: rows that are padded together are alike in length, and no row shares a
    sequence with another.
    """
    rng = np.random.default_rng(recipe.seed)
    steps = step_count(len(lengths), recipe)
    needed = steps * recipe.batch_rows
    epochs = -(-needed // len(lengths))
    order = np.concatenate([rng.permutation(len(lengths)) for _ in range(epochs)])[:needed]
    bucket = recipe.bucket_steps * recipe.batch_rows
    for start in range(0, needed, bucket):
        part = order[start : start + bucket]
        by_length = part[np.argsort(lengths[part], kind="stable")]
        parts = by_length.reshape(-1, recipe.batch_rows)
        order[start : start + bucket] = parts[rng.permutation(len(parts))].reshape(-1)
    return order


class OrderedRows:
    """Rows of a store in a given order, as a map-style data set."""

    def __init__(self, store: TokenStore, order: NDArray[np.int64]) -> None:
        """`order` holds row indices; an index may occur several times."""
        self.store = store
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> JsonObject:
        """Token ids and the length of the prompt."""
        ids, prompt = self.store.row(int(self.order[index]))
        return {"ids": ids, "prompt": prompt}


def padded_length(longest: int, limit: int) -> int:
    """The length that a batch is padded to: one of eight per doubling beyond 128 tokens, at most `limit`.

    With a length of its own for every batch, memory grows with every batch on a CPU: blocks of ever new sizes leave
    gaps in the C library's heap, and kernels are kept for every shape. Up to 128 tokens blocks are small, and padding
    would be a large part of the work.
    """
    if longest <= _AS_IT_IS:
        return longest
    step = 1 << (longest.bit_length() - 4)
    return max(longest, min(_multiple(longest, step), limit))


def _multiple(number: int, step: int) -> int:
    return -(-number // step) * step


def collate(rows: Sequence[JsonObject], pad_id: int, limit: int = _NO_LIMIT) -> JsonObject:
    """Rows padded on the right into one batch, with labels on the answers alone.

    No attention mask is needed: padding comes after everything that is learnt, and attention looks back only.
    Logits are computed for the tail of positions that holds all answers (`logits_to_keep`), since the
    vocabulary is the largest matrix and prompts are most of a row; `labels` covers that tail.

    Args:
        rows: token ids and the length of the prompt, as `OrderedRows` gives them.
        pad_id: the token to pad with.
        limit: tokens that a row may have; no batch is padded beyond it.
    """
    import torch

    longest = padded_length(max(len(row["ids"]) for row in rows), limit)
    tail = longest - min(row["prompt"] for row in rows) + 1
    if longest > _AS_IT_IS:
        tail = _multiple(tail, _TAIL_STEP)
    ids = torch.full((len(rows), longest), pad_id, dtype=torch.long)
    labels = torch.full((len(rows), longest), IGNORED, dtype=torch.long)
    for i, row in enumerate(rows):
        own = torch.as_tensor(np.asarray(row["ids"], dtype=np.int64))
        ids[i, : len(own)] = own
        labels[i, row["prompt"] : len(own)] = own[row["prompt"] :]
    tail = min(tail, longest)
    return {"input_ids": ids, "labels": labels[:, longest - tail :], "logits_to_keep": tail}
