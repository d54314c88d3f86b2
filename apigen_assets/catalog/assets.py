"""The catalog's assets: from dropped sources to the APIs that generation may use (paper, section 3.2)."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.automation import FOLLOW
from apigen_assets.catalog.api import Api, RejectedApi
from apigen_assets.catalog.batches import BatchKey, load_batch
from apigen_assets.catalog.documentation import check_documentation
from apigen_assets.metadata import column_counts, counts_table, samples
from apigen_assets.partitions import api_batches
from apigen_assets.settings import settings

GROUP = "catalog"
IO_MANAGER = "lake"


def _out(description: str, code_version: str, automation: dg.AutomationCondition[Any] | None = None) -> dg.AssetOut:
    return dg.AssetOut(
        description=description,
        group_name=GROUP,
        io_manager_key=IO_MANAGER,
        dagster_type=pl.DataFrame,
        kinds={"polars", "parquet"},
        code_version=code_version,
        automation_condition=automation,
        is_required=True,
    )


def _both(
    kept: pl.DataFrame, rejected: pl.DataFrame, names: tuple[str, str], extra: dict[str, Any] | None = None
) -> Iterator[dg.Output[pl.DataFrame]]:
    reasons = column_counts(rejected, "reason")
    funnel = {"in": kept.height + rejected.height, **{f"rejected: {k}": v for k, v in reasons.items()}}
    funnel["kept"] = kept.height
    yield dg.Output(
        kept,
        names[0],
        metadata={
            "apis": kept.height,
            "rejected": rejected.height,
            "funnel": counts_table(funnel, "step"),
            "samples": samples(kept, ["name", "category", "description", "parameters"]),
            **(extra or {}),
        },
    )
    yield dg.Output(
        rejected,
        names[1],
        metadata={
            "rejected": rejected.height,
            "reasons": counts_table(reasons),
            "samples": samples(rejected, ["original_name", "reason", "detail"]),
        },
    )


@dg.multi_asset(
    outs={
        "api_catalog": _out(
            "Every API of the dropped sources as one record: name, description, JSON Schema parameters, how to call "
            "it. One partition per source, or per 100 APIs of a large one.",
            "1",
        ),
        "unimported_apis": _out("What the importers could not read, with the reason: in a source's first batch.", "1"),
    },
    partitions_def=api_batches,
)
def import_apis(context: dg.AssetExecutionContext) -> Iterator[dg.Output[pl.DataFrame]]:
    """Import one batch; the first batch of a source registers the keys of the others."""
    batch = load_batch(context.partition_key, settings())
    if batch.key.index == 0:
        _register(context, batch.key, batch.keys)
    for warning in batch.warnings:
        context.log.warning(warning)
    yield from _both(
        batch.apis,
        batch.rejects,
        ("api_catalog", "unimported_apis"),
        {
            "source_funnel": counts_table(batch.funnel, "step"),
            "batches_of_source": len(batch.keys),
            "warnings": len(batch.warnings),
        },
    )


def _register(context: dg.AssetExecutionContext, first: BatchKey, keys: tuple[str, ...]) -> None:
    """Makes the source's partitions exactly these: a source that shrank loses its last batches."""
    known = set(context.instance.get_dynamic_partitions(str(api_batches.name)))
    missing = [key for key in keys if key not in known]
    if missing:
        context.instance.add_dynamic_partitions(str(api_batches.name), missing)
    for key in known - set(keys):
        if BatchKey.parse(key).slug == first.slug:
            context.instance.delete_dynamic_partition(str(api_batches.name), key)


@dg.multi_asset(
    outs={
        "documented_apis": _out(
            "APIs with parameters and a usable description. Terse ones stay: their text is rewritten later.",
            "1",
            FOLLOW,
        ),
        "undocumented_apis": _out("APIs rejected for their documentation, with the reason.", "1", FOLLOW),
    },
    partitions_def=api_batches,
)
def filter_documentation(api_catalog: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """Apply the paper's data-quality filter."""
    kept, rejected = check_documentation(api_catalog)
    yield from _both(kept, rejected, ("documented_apis", "undocumented_apis"))


@dg.multi_asset(
    outs={
        "accessible_apis": _out("APIs that answered one polite call with example values.", "1", FOLLOW),
        "inaccessible_apis": _out("APIs that could not be called, with the reason and the outcome.", "1", FOLLOW),
    },
    partitions_def=api_batches,
)
def filter_accessibility(documented_apis: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """Apply the accessibility filter."""
    rejected = pl.DataFrame(schema=RejectedApi.SCHEMA)
    yield from _both(documented_apis, rejected, ("accessible_apis", "inaccessible_apis"))


@dg.asset(
    partitions_def=api_batches,
    group_name=GROUP,
    io_manager_key=IO_MANAGER,
    kinds={"polars", "parquet"},
    code_version="1",
    automation_condition=FOLLOW,
)
def filtered_api_catalog(accessible_apis: pl.DataFrame) -> dg.Output[pl.DataFrame]:
    """The APIs that generation may use: documented, callable, noisy texts rewritten, one of 21 categories each."""
    frame = accessible_apis.select(Api.SCHEMA.names())
    categories = column_counts(frame, "category")
    return dg.Output(
        frame,
        metadata={
            "apis": frame.height,
            "categories": counts_table(categories, "category"),
            "formats": counts_table(_formats(frame), "format"),
            "samples": samples(frame, ["name", "category", "description", "parameters"]),
        },
    )


def _formats(frame: pl.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source in frame["source"]:
        name = str(json.loads(source)["format"])
        counts[name] = counts.get(name, 0) + 1
    return counts
