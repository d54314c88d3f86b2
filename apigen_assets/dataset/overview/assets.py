"""The asset with one line per source of APIs."""

import dagster as dg
import polars as pl

from apigen_assets.catalog.incoming import listing
from apigen_assets.dataset.overview.sources import TABLES as SOURCE_TABLES
from apigen_assets.dataset.overview.sources import sources as sources_table
from apigen_assets.files.markdown import frame_table
from apigen_assets.orchestration.automation import follow
from apigen_assets.orchestration.metadata import column_counts, counts_table
from apigen_assets.settings import Settings
from resources.lake.io_manager import LakeIOManager


@dg.asset(
    io_manager_key="lake",
    group_name="catalog",
    kinds={"polars"},
    code_version="1",
    deps=SOURCE_TABLES,
    automation_condition=follow("filtered_api_catalog", "unimported_apis", "semantic_verified"),
)
def sources(
    lake: dg.ResourceParam[LakeIOManager], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[pl.DataFrame]:
    """One row per source of APIs: its state, what it holds, why APIs were rejected, rows made, what to do."""
    folder = listing(settings.incoming_dir)
    table = sources_table(lake.lake, set(folder.entries), folder.problems)
    return dg.MaterializeResult(
        value=table,
        metadata={
            "sources": table.height,
            "states": counts_table(column_counts(table, "state"), "state"),
            "usable_apis": int(table["usable"].sum()),
            "verified_rows": int(table["verified"].sum()),
            "table": dg.MetadataValue.md(frame_table(table)),
        },
    )
