"""The catalog's assets: from dropped sources to the APIs that generation may use (paper, section 3.2)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.catalog.batches import IMPORTER_VERSION, BatchKey, load_batch
from apigen_assets.catalog.filters.accessibility import ACCESS_VERSION, ProbeCache, probe, seed_arguments
from apigen_assets.catalog.filters.categories import RULES_VERSION, classify
from apigen_assets.catalog.filters.documentation import DOCUMENTATION_VERSION, check_documentation
from apigen_assets.catalog.filters.rewriting import REWRITING_VERSION, noise, rewrite
from apigen_assets.catalog.incoming import NoSourceError
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.catalog.tables import catalog_apis, reject
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.functions.library import all_seeds
from apigen_assets.orchestration.automation import FOLLOW
from apigen_assets.orchestration.data_versions import content_version
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, funnel_table, samples
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import api_batches
from apigen_assets.settings import Settings
from resources.executors import ExecutorsResource
from resources.llm.generators import catalog_name
from resources.llm.resource import LlmResource

_CALLED = ("rest_mode", "allow_private_addresses", "allow_unsafe_methods", "sandbox_minimum", "call_timeout_s")


FINGERPRINT = "source_fingerprint"
"""Metadata of `api_catalog`: the state of the dropped source that it was made from."""


def _tables(
    kept: tuple[str, str],
    rejected: tuple[str, str],
    code_version: str,
    deps: tuple[str, ...] = (),
    automation: dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey] | None = None,
    shaping: tuple[str, ...] = (),
    skippable: bool = False,
) -> list[dg.AssetSpec]:
    """The two tables of a step, each as name and description: what it keeps, and what it rejects."""
    return [
        dg.AssetSpec(
            name,
            description=description,
            group_name="catalog",
            kinds={"polars", "parquet"},
            deps=deps,
            code_version=code_version,
            automation_condition=automation,
            metadata=shaped_by(*shaping),
            skippable=skippable,
        ).with_io_manager_key("lake")
        for name, description in (kept, rejected)
    ]


def _results(
    kept: pl.DataFrame,
    rejected: pl.DataFrame,
    names: tuple[str, str],
    more: Mapping[str, Any] | None = None,
    version: dg.DataVersion | None = None,
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    reasons = column_counts(rejected, "reason")
    funnel = {"in": kept.height + rejected.height, **{f"rejected: {k}": v for k, v in reasons.items()}}
    funnel["kept"] = kept.height
    yield dg.MaterializeResult(
        asset_key=names[0],
        value=kept,
        data_version=version,
        metadata={
            "apis": kept.height,
            "rejected": rejected.height,
            "funnel": funnel_table(funnel),
            "samples": samples(kept, ["name", "category", "description", "parameters"]),
            **(more or {}),
        },
    )
    yield dg.MaterializeResult(
        asset_key=names[1],
        value=rejected,
        data_version=version,
        metadata={
            "rejected": rejected.height,
            "reasons": counts_table(reasons),
            "samples": samples(rejected, ["original_name", "reason", "detail"]),
        },
    )


@dg.multi_asset(
    specs=_tables(
        (
            "api_catalog",
            "Every API of the dropped sources as one record: name, description, JSON Schema parameters, how to call "
            "it. One partition per source, or per 100 APIs of a large one.",
        ),
        ("unimported_apis", "What the importers could not read, with the reason: in a source's first batch."),
        IMPORTER_VERSION,
        shaping=("batch_size",),
        skippable=True,
    ),
    partitions_def=api_batches,
)
def import_apis(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.MaterializeResult[pl.DataFrame] | dg.AssetObservation]:
    """Import one batch of a source; the sensor `new_apis` adds the partitions of the others.

    A source that was removed since the run was asked for is skipped, with everything below it.
    """
    try:
        batch = load_batch(context.partition_key, settings)
    except NoSourceError as error:
        context.log.warning(f"nothing is imported: {error}")
        yield dg.AssetObservation("api_catalog", partition=context.partition_key, metadata={"skipped": str(error)})
        return
    for warning in batch.warnings:
        context.log.warning(warning)
    yield from _results(
        batch.apis,
        batch.rejects,
        ("api_catalog", "unimported_apis"),
        {
            "source_funnel": funnel_table(batch.funnel),
            "batches_of_source": len(batch.keys),
            "warnings": len(batch.warnings),
            FINGERPRINT: batch.fingerprint,
        },
        content_version(batch.apis, batch.rejects),
    )


@dg.multi_asset(
    specs=_tables(
        (
            "documented_apis",
            "APIs with parameters and a usable description. Terse ones stay: their text is rewritten later.",
        ),
        ("undocumented_apis", "APIs rejected for their documentation, with the reason."),
        DOCUMENTATION_VERSION,
        ("api_catalog",),
        FOLLOW,
    ),
    partitions_def=api_batches,
)
def filter_documentation(api_catalog: pl.DataFrame) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """Apply the paper's data-quality filter."""
    kept, rejected = check_documentation(api_catalog)
    yield from _results(kept, rejected, ("documented_apis", "undocumented_apis"))


@dg.multi_asset(
    specs=_tables(
        ("accessible_apis", "APIs that answered one polite call with example values."),
        ("inaccessible_apis", "APIs that could not be called, with the outcome as reason."),
        ACCESS_VERSION,
        ("documented_apis",),
        FOLLOW,
        _CALLED,
    ),
    partitions_def=api_batches,
)
def filter_accessibility(
    context: dg.AssetExecutionContext,
    documented_apis: pl.DataFrame,
    executors: ExecutorsResource,
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """Call every API once with example values; keep those that can be called."""
    key = BatchKey.parse(context.partition_key)
    seeds = seed_arguments(all_seeds()) if key.slug == BUILTIN else {}
    cache = ProbeCache(settings.home / "probes" / f"{key.slug}.jsonl", reuse=settings.rest_mode != "live")
    with executors.open() as executor:
        probed = probe(catalog_apis(documented_apis), executor, cache, seeds, settings.allow_unsafe_methods)
    kept = Api.frame(answer.api for answer in probed if answer.reason is None)
    rejected = RejectedApi.frame(
        reject(answer.api, "accessibility", answer.reason, answer.detail)
        for answer in probed
        if answer.reason is not None
    )
    outcomes = Counter(answer.api.probe.outcome for answer in probed if answer.api.probe is not None)
    yield from _results(
        kept,
        rejected,
        ("accessible_apis", "inaccessible_apis"),
        {"outcomes": counts_table(dict(outcomes), "outcome of the probe")},
        content_version(kept.drop("probe"), rejected.drop("api")),
    )


@dg.asset(
    partitions_def=api_batches,
    group_name="catalog",
    io_manager_key="lake",
    kinds={"polars", "parquet"},
    code_version=f"{REWRITING_VERSION}.{RULES_VERSION}",
    automation_condition=FOLLOW,
    metadata=shaped_by("generators_file"),
    pool="llm",
)
def filtered_api_catalog(
    context: dg.AssetExecutionContext,
    accessible_apis: pl.DataFrame,
    llm: LlmResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """The APIs that generation may use: documented, callable, noisy texts rewritten, one of 21 categories each."""
    apis = catalog_apis(accessible_apis)
    generator = language_model(settings)
    refused: dict[str, str] = {}
    if generator and BatchKey.parse(context.partition_key).slug != BUILTIN:
        rewritten = rewrite(apis, llm, generator)
        apis, refused = rewritten.apis, rewritten.refused
    noisy = Counter(reason for api in apis if (reason := noise(api)) is not None)
    classified = classify(apis, llm if generator else None, generator)
    frame = Api.frame(
        api.model_copy(update={"category": category}) for api, category in zip(apis, classified.categories, strict=True)
    )
    return dg.MaterializeResult(
        value=frame,
        data_version=content_version(frame.drop("probe")),
        metadata={
            "apis": frame.height,
            "language_model": generator or "none: only stand-ins are configured",
            "rewritten": sum(api.original is not None for api in apis),
            "rewriting_refused": counts_table(Counter(refused.values())),
            "still_noisy": counts_table(noisy),
            "classified_by": counts_table(Counter(classified.by), "by"),
            "categories": counts_table(column_counts(frame, "category"), "category"),
            "categories_plot": bar_plot(column_counts(frame, "category"), "APIs by category", "APIs"),
            "formats": counts_table(Counter(api.source.format for api in apis), "format"),
            "samples": samples(frame, ["name", "category", "description", "parameters"]),
        },
    )


def language_model(settings: Settings) -> str | None:
    """The generator that writes the catalog's texts; stand-ins can neither document nor classify."""
    return catalog_name(settings)
