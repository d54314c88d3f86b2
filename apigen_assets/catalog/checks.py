"""The catalog's asset checks: nothing vanishes, names and ids are unique, a source without usable APIs says why."""

import dagster as dg
import polars as pl

from apigen_assets.catalog.tables import catalog_faults, conservation_faults, importer_faults, reasons_against
from apigen_assets.files.excerpt import counted
from apigen_assets.files.markdown import inert
from apigen_assets.partitions import api_batches


def _result(faults: list[str], frame: pl.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not faults,
        description=inert("; ".join(faults[:5])) or counted(frame.height, "API"),
        metadata={"apis": frame.height, "faults": len(faults)},
    )


@dg.asset_check(
    asset="api_catalog",
    blocking=True,
    partitions_def=api_batches,
    additional_ins={"unimported_apis": dg.AssetIn()},
)
def api_catalog_is_sound(api_catalog: pl.DataFrame, unimported_apis: pl.DataFrame) -> dg.AssetCheckResult:
    """Each API is a valid record with an id and a name of its own, and no importer failed.

    A reject with the reason `internal_error` fails the check as a warning: what was imported is sound and goes on.
    """
    faults, own = catalog_faults(api_catalog), importer_faults(unimported_apis)
    return dg.AssetCheckResult(
        passed=not faults and not own,
        severity=dg.AssetCheckSeverity.ERROR if faults else dg.AssetCheckSeverity.WARN,
        description=inert("; ".join((faults + own)[:5])) or counted(api_catalog.height, "API"),
        metadata={"apis": api_catalog.height, "faults": len(faults), "importer_faults": len(own)},
    )


@dg.asset_check(
    asset="documented_apis",
    blocking=True,
    partitions_def=api_batches,
    additional_ins={"api_catalog": dg.AssetIn(), "undocumented_apis": dg.AssetIn()},
)
def documented_or_rejected(
    documented_apis: pl.DataFrame, api_catalog: pl.DataFrame, undocumented_apis: pl.DataFrame
) -> dg.AssetCheckResult:
    """Every API of `api_catalog` is in exactly one of `documented_apis` and `undocumented_apis`."""
    return _result(conservation_faults(api_catalog, documented_apis, undocumented_apis), documented_apis)


@dg.asset_check(
    asset="accessible_apis",
    blocking=True,
    partitions_def=api_batches,
    additional_ins={"documented_apis": dg.AssetIn(), "inaccessible_apis": dg.AssetIn()},
)
def accessible_or_rejected(
    accessible_apis: pl.DataFrame, documented_apis: pl.DataFrame, inaccessible_apis: pl.DataFrame
) -> dg.AssetCheckResult:
    """Every API of `documented_apis` is in exactly one of `accessible_apis` and `inaccessible_apis`."""
    return _result(conservation_faults(documented_apis, accessible_apis, inaccessible_apis), accessible_apis)


@dg.asset_check(
    asset="filtered_api_catalog",
    blocking=True,
    partitions_def=api_batches,
    additional_ins={"accessible_apis": dg.AssetIn()},
)
def filtered_api_catalog_is_sound(
    filtered_api_catalog: pl.DataFrame, accessible_apis: pl.DataFrame
) -> dg.AssetCheckResult:
    """Each API is a valid record with a name of its own; no API and no parameter came or went."""
    faults = catalog_faults(filtered_api_catalog)
    faults += conservation_faults(accessible_apis, filtered_api_catalog, None)
    return _result(faults, filtered_api_catalog)


@dg.asset_check(
    asset="filtered_api_catalog",
    partitions_def=api_batches,
    additional_ins={
        "unimported_apis": dg.AssetIn(),
        "undocumented_apis": dg.AssetIn(),
        "inaccessible_apis": dg.AssetIn(),
    },
)
def has_usable_apis(
    filtered_api_catalog: pl.DataFrame,
    unimported_apis: pl.DataFrame,
    undocumented_apis: pl.DataFrame,
    inaccessible_apis: pl.DataFrame,
) -> dg.AssetCheckResult:
    """The batch gives APIs to generate for; where it gives none, one sentence per reason says why."""
    why = reasons_against(pl.concat([unimported_apis, undocumented_apis, inaccessible_apis]))
    usable = filtered_api_catalog.height
    return dg.AssetCheckResult(
        passed=usable > 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "usable": usable,
            "reasons": dg.MetadataValue.md("\n".join(f"* {inert(line)}" for line in why) or "none"),
        },
        description=f"{usable} usable APIs"
        if usable
        else "No usable API. " + (inert(". ".join(why)) or "The source is empty."),  # the UI reads it as markdown
    )
