"""Assets that leave the house. Nothing here starts by itself."""

from pathlib import Path

import dagster as dg
import polars as pl

from apigen_assets.dataset.funnel import funnel
from apigen_assets.release.card import dataset_card
from apigen_assets.release.tree import configs, content_hash, write_tree
from apigen_assets.settings import settings


@dg.asset(group_name="release", kinds={"huggingface", "parquet"}, code_version="1", required_resource_keys={"lake"})
def huggingface_dataset(
    context: dg.AssetExecutionContext, function_calling_dataset: pl.DataFrame
) -> dg.MaterializeResult[None]:
    """The release: Parquet shards, card and manifest, in the tree that `datasets.load_dataset` reads."""
    rows = function_calling_dataset
    table = funnel(context.resources.lake.lake)
    parts = configs(rows)
    target = Path(settings().release_dir).resolve() / "function-calling-dataset"
    card = dataset_card(rows, table, [part.name for part in parts], "Verified function calls")
    written = write_tree(target, parts, card, {"rows": rows.height, "funnel": [row._asdict() for row in table]})
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(str(target)),
            "written": written,
            "content_hash": content_hash(parts),
            "rows": rows.height,
            "configs": ", ".join(part.name for part in parts),
            "card": dg.MetadataValue.md(card.split("---", 2)[2]),
        }
    )
