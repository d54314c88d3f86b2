"""The catalog's assets: from dropped sources to the APIs that generation may use (paper, section 3.2)."""

from collections import Counter
from collections.abc import Iterator

import dagster as dg
import polars as pl

from apigen_assets.catalog.batches import IMPORTER_VERSION, BatchKey, load_batch
from apigen_assets.catalog.filters.accessibility import ACCESS_VERSION, ProbeCache, probe, seed_arguments
from apigen_assets.catalog.filters.categories import RULES_VERSION, classify
from apigen_assets.catalog.filters.documentation import DOCUMENTATION_VERSION, check_documentation
from apigen_assets.catalog.filters.rewriting import REWRITING_VERSION, noise, rewrite
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.catalog.tables import catalog_apis, reject
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.domain.chat import ChatModel
from apigen_assets.files.json_types import JsonObject
from apigen_assets.functions.library import all_seeds
from apigen_assets.orchestration.automation import FOLLOW
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.partitions import api_batches
from apigen_assets.settings import settings
from resources.llm.generators import generators

GROUP = "catalog"
IO_MANAGER = "lake"


def _out(
    description: str,
    code_version: str,
    automation: dg.AutomationCondition[dg.AssetKey | dg.AssetCheckKey] | None = None,
) -> dg.AssetOut:
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
    kept: pl.DataFrame, rejected: pl.DataFrame, names: tuple[str, str], extra: JsonObject | None = None
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
            IMPORTER_VERSION,
        ),
        "unimported_apis": _out(
            "What the importers could not read, with the reason: in a source's first batch.", IMPORTER_VERSION
        ),
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
            DOCUMENTATION_VERSION,
            FOLLOW,
        ),
        "undocumented_apis": _out(
            "APIs rejected for their documentation, with the reason.", DOCUMENTATION_VERSION, FOLLOW
        ),
    },
    partitions_def=api_batches,
)
def filter_documentation(api_catalog: pl.DataFrame) -> Iterator[dg.Output[pl.DataFrame]]:
    """Apply the paper's data-quality filter."""
    kept, rejected = check_documentation(api_catalog)
    yield from _both(kept, rejected, ("documented_apis", "undocumented_apis"))


@dg.multi_asset(
    outs={
        "accessible_apis": _out("APIs that answered one polite call with example values.", ACCESS_VERSION, FOLLOW),
        "inaccessible_apis": _out("APIs that could not be called, with the outcome as reason.", ACCESS_VERSION, FOLLOW),
    },
    partitions_def=api_batches,
    required_resource_keys={"executors"},
)
def filter_accessibility(
    context: dg.AssetExecutionContext, documented_apis: pl.DataFrame
) -> Iterator[dg.Output[pl.DataFrame]]:
    """Call every API once with example values; keep those that can be called."""
    key = BatchKey.parse(context.partition_key)
    seeds = seed_arguments(all_seeds()) if key.slug == BUILTIN else {}
    cache = ProbeCache(settings().home / "probes" / f"{key.slug}.jsonl")
    with context.resources.executors.open() as executor:
        probed = probe(catalog_apis(documented_apis), executor, cache, seeds, settings().allow_unsafe_methods)
    kept = Api.frame(one.api for one in probed if one.reason is None)
    rejected = RejectedApi.frame(
        reject(one.api, "accessibility", one.reason, one.detail) for one in probed if one.reason is not None
    )
    outcomes = Counter(one.api.probe.outcome for one in probed if one.api.probe is not None)
    yield from _both(
        kept,
        rejected,
        ("accessible_apis", "inaccessible_apis"),
        {"outcomes": counts_table(dict(outcomes), "outcome of the probe")},
    )


@dg.asset(
    partitions_def=api_batches,
    group_name=GROUP,
    io_manager_key=IO_MANAGER,
    kinds={"polars", "parquet"},
    code_version=f"{REWRITING_VERSION}.{RULES_VERSION}",
    automation_condition=FOLLOW,
    required_resource_keys={"llm"},
)
def filtered_api_catalog(context: dg.AssetExecutionContext, accessible_apis: pl.DataFrame) -> dg.Output[pl.DataFrame]:
    """The APIs that generation may use: documented, callable, noisy texts rewritten, one of 21 categories each."""
    apis = catalog_apis(accessible_apis)
    generator = language_model()
    model: ChatModel = context.resources.llm
    refused: dict[str, str] = {}
    if generator and BatchKey.parse(context.partition_key).slug != BUILTIN:
        rewritten = rewrite(apis, model, generator)
        apis, refused = rewritten.apis, rewritten.refused
    noisy = Counter(reason for api in apis if (reason := noise(api)) is not None)
    classified = classify(apis, model if generator else None, generator)
    frame = Api.frame(
        api.model_copy(update={"category": category}) for api, category in zip(apis, classified.categories, strict=True)
    )
    return dg.Output(
        frame,
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


def language_model() -> str | None:
    """The first configured generator that is no stand-in; stand-ins can neither document nor classify."""
    return next((name for name, one in generators().items() if not one.is_standin), None)
