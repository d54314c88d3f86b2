"""What was made last of an asset's partition, and when."""

import dagster as dg


def latest(instance: dg.DagsterInstance, asset: str, partition: str) -> dg.EventLogRecord | None:
    """The event of the last materialisation; null where there is none."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[partition])
    return next(iter(instance.fetch_materializations(wanted, limit=1).records), None)
