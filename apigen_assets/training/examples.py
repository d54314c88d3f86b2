"""Training rows: read from a table or another file, and split into what is trained on and what is measured on.

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
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows

RELEVANCE = "relevance"
"""The group of rows that no call answers, beside the four styles."""
GROUPS = (*(style.value for style in Style), RELEVANCE)

Split = Literal["train", "seen", "unseen"]
"""`seen`: queries kept out, over functions that training sees; `unseen`: over functions kept out
altogether."""

COLUMNS = ("query", "answers", "tools", "style")
"""What a table of the data set has at least."""
SCHEMAS = "tool_schemas"
"""Its column of whole JSON Schemas, where the table has it: tools are shown with them instead of the flat form."""


_FOREIGN = {
    "answers", "messages", "conversations", "completion", "ground_truth", "reward_model", "expected_answers",
}  # fmt: skip
"""Columns of which rows of another data set have one at least."""


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
    """The rows of a file, in their order, read in bounded batches.

    A Parquet table with the columns of the data set is read as such. Any other file is read as `apigen verify` reads
    it: JSON, JSON Lines or Parquet, in any of the shapes of `tool_formats.foreign_rows`.

    Raises:
        DataError: the file is missing or holds no row, or a row is not one; with its number.
    """
    empty = True
    for example in _table_examples(path) if _is_table(path) else _foreign_examples(path):
        empty = False
        yield example
    if empty:
        raise DataError(f"{path} holds no rows: materialise the data set first")


def _is_table(path: str | Path) -> bool:
    try:
        with Path(path).open("rb") as file:
            if file.read(4) != b"PAR1":
                return False
        schema = pl.scan_parquet(str(path)).collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"cannot read the rows {path}: {error}") from None
    missing = [name for name in COLUMNS if name not in schema]
    if missing and not _FOREIGN & set(schema):
        raise DataError(f"{path} has no column {', '.join(missing)}: it is not a table of data set rows")
    return not missing and all(schema[name] == pl.String for name in COLUMNS)


def _table_examples(path: str | Path) -> Iterator[TrainingExample]:
    frame = pl.scan_parquet(str(path))
    schemas = pl.col(SCHEMAS) if SCHEMAS in frame.collect_schema() else pl.lit(None, dtype=pl.String).alias(SCHEMAS)
    number = 0
    for batch in frame.select(*COLUMNS, schemas).collect_batches(chunk_size=20_000, maintain_order=True):
        for query, answers, tools, style, whole in batch.iter_rows():
            yield _example(query, answers, whole or tools, style, f"{path}, row {number}")
            number += 1


def _foreign_examples(path: str | Path) -> Iterator[TrainingExample]:
    try:
        for number, row in enumerate(read_rows(Path(path))):
            where = f"{path}, row {number}"
            if row.problem is not None:
                raise DataError(f"{where}: {row.problem}; `apigen verify {path}` lists all such rows")
            yield _example(row.query, row.answers, row.tools, row.style, where)
    except UnusableInputError as error:
        raise DataError(str(error)) from None


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
