"""Training rows: read from the data set's table, and split into what is trained on and what is measured on.

The split depends on the text of the row alone (hashes of its query and of its functions' names), so that
every data set of an ablation keeps the same queries and functions out, and one query never stands on both
sides.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import ValidationError

from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.recipe import Heldout

RELEVANCE = "relevance"
"""The group of rows that no call answers, beside the four styles."""
GROUPS = (*(style.value for style in Style), RELEVANCE)

Split = Literal["train", "seen", "unseen"]
"""`seen`: queries kept out, over functions that training sees; `unseen`: over functions kept out
altogether."""

COLUMNS = ("query", "answers", "tools", "style")


class DataError(ValueError):
    """Rows that cannot be trained on; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One row: its query, the tools offered, the calls that answer it, its group (a style or relevance)."""

    query: str
    tools: list[JsonObject]
    answers: list[Call]
    group: str

    @property
    def functions(self) -> frozenset[str]:
        """Names of the functions called."""
        return frozenset(call.name for call in self.answers)


def iter_examples(path: str | Path) -> Iterator[TrainingExample]:
    """The rows of a Parquet table with the released columns, in their order, read in bounded batches.

    Raises:
        DataError: the table is missing, lacks a column, holds no row, or a row is not one; with its number.
    """
    try:
        frame = pl.scan_parquet(str(path))
        missing = [name for name in COLUMNS if name not in frame.collect_schema()]
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"cannot read the rows {path}: {error}") from None
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}: it is not a table of data set rows")
    number = 0
    for batch in frame.select(COLUMNS).collect_batches(chunk_size=20_000, maintain_order=True):
        for query, answers, tools, style in batch.iter_rows():
            yield _example(query, answers, tools, style, f"{path}, row {number}")
            number += 1
    if number == 0:
        raise DataError(f"{path} holds no rows: materialise the data set first")


def split_of(example: TrainingExample, heldout: Heldout) -> Split:
    """Where a row belongs; relevance rows call nothing and are split by their query alone."""
    if any(is_kept_out(name, heldout) for name in example.functions):
        return "unseen"
    return "seen" if _fraction("query", _folded(example.query)) < heldout.query_share else "train"


def is_kept_out(function: str, heldout: Heldout) -> bool:
    """Whether the rows of this function are all kept out of training."""
    return _fraction("function", function) < heldout.function_share


def without_unseen_tools(example: TrainingExample, heldout: Heldout) -> TrainingExample:
    """The row without offered tools that training must not see; those called are never among them."""
    tools = [tool for tool in example.tools if not is_kept_out(str(tool["name"]), heldout)]
    if len(tools) == len(example.tools) or not tools:
        return example
    return TrainingExample(example.query, tools, example.answers, example.group)


def sample_by_group(examples: Iterator[TrainingExample], per_group: int) -> list[TrainingExample]:
    """At most `per_group` rows of each group: those whose queries hash lowest, so independent of order.

    A query is taken once per group, since asking it again measures nothing new.
    """
    best: dict[str, dict[str, tuple[float, TrainingExample]]] = {}
    for example in examples:
        kept = best.setdefault(example.group, {})
        key = _folded(example.query)
        rank = _fraction("sample", key)
        if key in kept:
            continue
        kept[key] = (rank, example)
        if len(kept) > per_group:
            del kept[max(kept, key=lambda name: (kept[name][0], name))]
    return [
        example
        for group in GROUPS
        for _, example in sorted(best.get(group, {}).values(), key=lambda pair: (pair[0], pair[1].query))
    ]


def _example(query: Any, answers: Any, tools: Any, style: Any, where: str) -> TrainingExample:
    try:
        calls = [Call.model_validate(call) for call in json.loads(answers)]
        offered = json.loads(tools)
        if not isinstance(offered, list) or not all(isinstance(tool, dict) and "name" in tool for tool in offered):
            raise ValueError("`tools` is not a JSON list of tools")
        if not isinstance(query, str) or not query.strip():
            raise ValueError("`query` is empty")
        group = Style(style).value if calls else RELEVANCE
    except (ValueError, TypeError, ValidationError) as error:
        raise DataError(f"{where}: {str(error).splitlines()[0]}") from None
    return TrainingExample(query, offered, calls, group)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _fraction(salt: str, text: str) -> float:
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
