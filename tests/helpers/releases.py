"""Small releases for tests."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from apigen_assets.dataset.compose import chosen_rows, compose
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.release.configs import DEFAULT, configs, json_lines
from apigen_assets.release.dataset_card import dataset_card, facts
from apigen_assets.release.provenance import Provenance
from apigen_assets.release.tree import Tree, write_tree
from tests.helpers.rows import frame, tool, verified_row


def rows(count: int = 25, word: str = "query") -> pl.DataFrame:
    """`count` rows of `DatasetRow.SCHEMA`."""
    made = [
        verified_row(f"c{i}", f"{word} {i}", [tool("f"), tool("g", optional=("n",))], [("f", {"amount": i})])
        for i in range(count)
    ]
    table = frame(made).lazy()
    return dataset_rows(chosen_rows(table, compose(table, 4 * count, seed=1).fates), {"id-f": "Math"})


def release(
    target: Path,
    dataset: pl.DataFrame | None = None,
    *,
    rejects: Sequence[pl.LazyFrame] = (),
    provenance: Provenance | None = None,
    license_: str = "cc-by-4.0",
    names: Sequence[str] = DEFAULT,
    thoughts: bool = False,
) -> Tree:
    """Writes a release tree and returns it."""
    table = (rows() if dataset is None else dataset).lazy()
    parts, exports = configs(table, rejects, names, thoughts), json_lines(table, names)
    about = {part.name: part.about for part in parts} | {export.name: export.about for export in exports}
    told = facts(table, "Test", license_, provenance or Provenance(), about)
    record = (provenance or Provenance()).record()
    return write_tree(target, parts, lambda infos: dataset_card(told, infos), record, exports)


def with_split(dataset: pl.DataFrame, heldout: int = 5) -> pl.DataFrame:
    """The rows with a `split` column: the last `heldout` are held out."""
    return dataset.with_columns(
        pl.when(pl.col("id") >= dataset.height - heldout)
        .then(pl.lit("heldout"))
        .otherwise(pl.lit("train"))
        .alias("split")
    )
