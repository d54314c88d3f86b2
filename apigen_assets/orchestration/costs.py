"""What the rows of a partition have cost so far, as single figures that the UI draws over time."""

import dagster as dg

from apigen_assets.files.json_types import JsonObject

COST_OF_CANDIDATES = "cost_usd_in_all"
"""Metadata of `raw_candidates`: USD of every completion of the partition, whenever it was asked."""


def cost_of_candidates(context: dg.AssetExecutionContext) -> float:
    """USD of the completions behind a partition's candidates; 0 where they were made before it was noted."""
    wanted = dg.AssetRecordsFilter(dg.AssetKey("raw_candidates"), asset_partitions=[context.partition_key])
    records = context.instance.fetch_materializations(wanted, limit=1).records
    made = records[0].asset_materialization if records else None
    noted = made.metadata.get(COST_OF_CANDIDATES) if made is not None else None
    return float(noted.value) if noted is not None and isinstance(noted.value, int | float) else 0.0


def cost_per_row(cost: float, verified: int) -> JsonObject:
    """USD so far, and for each row that is left; without the latter where none is."""
    figures: JsonObject = {"cost_usd_so_far": round(cost, 6)}
    if verified:
        figures["cost_usd_per_verified_row"] = round(cost / verified, 6)
    return figures
