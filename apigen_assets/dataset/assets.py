"""Assets of the data set: composition, contaminated rows, relevance rows, the set, its ablations, the report."""

import re
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.dataset.bfcl_questions import QuestionsUnavailableError, benchmark
from apigen_assets.dataset.compose import (
    ABLATION_RULE,
    DUPLICATES,
    OVER_QUOTA,
    Fate,
    chosen_rows,
    compose,
    quotas_of,
    shortfall_of,
    unique_rows,
)
from apigen_assets.dataset.contamination import MATCHES_SCHEMA
from apigen_assets.dataset.dataset_rows import dataset_rows, mixed
from apigen_assets.dataset.diversity import by_groups, table_of
from apigen_assets.dataset.funnel import TABLES as FUNNEL_TABLES
from apigen_assets.dataset.funnel import funnel, markdown, reasons
from apigen_assets.dataset.giveaway import told_apart_table
from apigen_assets.dataset.meaning import MeaningUnavailableError
from apigen_assets.dataset.plots import funnel_plot, plots
from apigen_assets.dataset.relevance import relevance_rows as make_relevance_rows
from apigen_assets.dataset.report import Report, page
from apigen_assets.dataset.rewording import rewording_of
from apigen_assets.dataset.statistics import statistics
from apigen_assets.domain.standin import any_standin
from apigen_assets.files.atomic import write_text
from apigen_assets.orchestration.automation import follow
from apigen_assets.orchestration.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.orchestration.shaping import shaped_by, values_of
from apigen_assets.partitions import ALL_THAT_EXISTS
from apigen_assets.settings import Settings
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import Lake, LakeError

_VERIFIED = {
    "semantic_verified": dg.AssetIn(metadata=ALL_THAT_EXISTS),
    "filtered_api_catalog": dg.AssetIn(metadata=ALL_THAT_EXISTS),
}
CONTAMINATED_SCHEMA = pl.Schema(
    {
        "candidate_id": pl.String,
        "generator": pl.String,
        "query": pl.String,
        "tools": pl.String,
        "answers": pl.String,
        "kind": pl.String,
        "question": pl.String,
        "overlap": pl.Float64,
        "detail": pl.String,
    }
)


def categories_of(catalog: pl.DataFrame) -> dict[str, str]:
    """Category by API id."""
    return dict(catalog.select("api_id", "category").iter_rows())


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars"},
    code_version="1",
    metadata=shaped_by("bfcl_install"),
    automation_condition=follow("semantic_verified"),
    ins={"semantic_verified": dg.AssetIn(metadata=ALL_THAT_EXISTS)},
)
def contaminated_rows(
    context: dg.AssetExecutionContext, semantic_verified: pl.LazyFrame, settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[pl.DataFrame]:
    """Verified rows that hold a question or a tool of BFCL, each with the match: they never enter the data set.

    Where the leaderboard's questions cannot be had, no row is compared, which the check
    `is_decontaminated` says.
    """
    try:
        known = benchmark(settings)
    except QuestionsUnavailableError as error:
        context.log.warning(f"rows are not compared with BFCL: {error}")
        empty = pl.DataFrame(schema=CONTAMINATED_SCHEMA)
        return dg.MaterializeResult(value=empty, metadata={"compared": False, "reason": str(error)})
    parts = []
    columns = ["candidate_id", "generator", "query", "tools", "answers"]
    for batch in semantic_verified.select(columns).collect_batches(chunk_size=20_000, maintain_order=True):
        matches = known.matches(batch)
        parts.append(pl.concat([batch[matches["row"]], matches.drop("row")], how="horizontal"))
    rows = pl.concat(parts) if parts else pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), **MATCHES_SCHEMA})
    rows = rows.select(list(CONTAMINATED_SCHEMA)).sort("candidate_id")
    return dg.MaterializeResult(
        value=rows,
        metadata={
            "compared": True,
            "questions": len(known.ids),
            "kinds": counts_table(column_counts(rows, "kind"), "kind"),
            "samples": samples(rows, ["query", "kind", "question", "overlap", "detail"]),
        },
    )


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars"},
    code_version="1",
    metadata=shaped_by(
        "seed",
        "dataset_size",
        "style_shares",
        "generator_shares",
        "category_share",
        "rows_per_api",
        "near_duplicate",
        "near_meaning",
        "rows_per_call",
    ),
    automation_condition=follow("semantic_verified", "contaminated_rows"),
    ins=_VERIFIED,
)
def composition(
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    contaminated_rows: pl.DataFrame,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """What becomes of every verified row: chosen with its place, or left out with the reason.

    Contaminated rows and duplicates go (exact, same calls, near queries, the same in other words), then styles,
    generators, categories and APIs have their quotas. A kind with too few rows is a shortfall, and is not filled from
    another.
    """
    try:
        composed = compose(
            semantic_verified,
            settings.dataset_size,
            settings.seed,
            quotas_of(settings),
            categories_of(filtered_api_catalog),
            set(contaminated_rows["candidate_id"]),
        )
    except MeaningUnavailableError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    fates = {name: count for name, count in composed.counts.items() if count}
    return dg.MaterializeResult(
        value=composed.fates,
        metadata={
            "wanted": settings.dataset_size,
            "chosen": composed.counts[Fate.CHOSEN],
            "duplicates": composed.duplicates,
            "over_quota": composed.over_quota,
            "contaminated": composed.counts[Fate.CONTAMINATED],
            "fates": counts_table(fates, "fate"),
            "shortfall": counts_table(composed.shortfall, "style"),
            "plot": bar_plot(fates, "Verified rows by what became of them"),
        },
    )


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars"},
    code_version="3",
    metadata=shaped_by("seed", "relevance_share", "relevance_refusal", "relevance_rewording", "heldout_share"),
    automation_condition=follow("composition"),
    ins=_VERIFIED,
)
def relevance_rows(
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    composition: pl.DataFrame,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """Queries that no offered tool can serve, with an empty answer: 8,000 beside 60,000 in the paper (section 5.1).

    A third each: the needed tool removed, a required value taken out of the query, tools of other domains. Tools
    that might serve after all are not offered.
    """
    categories = categories_of(filtered_api_catalog)
    chosen = chosen_rows(semantic_verified, composition)
    wanted = round(chosen.height * settings.relevance_share / (1 - settings.relevance_share))
    with rewording_of(settings) as rewording:
        relevance = make_relevance_rows(
            chosen, categories, wanted, settings.seed, settings.relevance_refusal, rewording
        )
    rows = dataset_rows(relevance.rows, categories, heldout_share=settings.heldout_share)
    return dg.MaterializeResult(
        value=rows,
        metadata={
            "wanted": wanted,
            "made": rows.height,
            "kinds": counts_table(column_counts(rows, "kind"), "kind"),
            "shortfall": counts_table(relevance.shortfall, "kind"),
            "reworded_by": rewording.generator
            if rewording
            else "nobody: APIGEN_RELEVANCE_REWORDING is off, or only stand-ins are configured",
            "rewording_refused": counts_table(relevance.refused),
            "told_apart_by_words": dg.MetadataValue.md(told_apart_table(rows, chosen)),
            "samples": samples(rows, ["query", "tools", "answers", "kind"]),
        },
    )


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars"},
    code_version="2",
    metadata=shaped_by("seed", "heldout_share"),
    automation_condition=follow("composition", "relevance_rows"),
    ins=_VERIFIED,
    deps=[table for table in FUNNEL_TABLES if table not in _VERIFIED],
)
def function_calling_dataset(
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    composition: pl.DataFrame,
    relevance_rows: pl.DataFrame,
    lake: dg.ResourceParam[LakeIOManager],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """The data set: the chosen rows and the relevance rows in one seeded order, with the split by API."""
    chosen = chosen_rows(semantic_verified, composition)
    calls = dataset_rows(chosen, categories_of(filtered_api_catalog), heldout_share=settings.heldout_share)
    rows = mixed(calls, relevance_rows, settings.seed)
    return dg.MaterializeResult(value=rows, metadata=_metadata(lake.lake, rows, composition))


def _rounds(lake: Lake) -> pl.DataFrame | None:
    """The round of every verified row; null for tables of earlier versions, which knew none."""
    try:
        verified = lake.scan("semantic_verified")
    except LakeError:
        return None
    return verified.select("candidate_id", "round").collect() if "round" in verified.collect_schema() else None


def _ablation(stage: str) -> dg.AssetsDefinition:
    rejected = f"{stage}_rejected"

    @dg.asset(
        name=f"plus_fail_{stage}_dataset",
        io_manager_key="lake",
        group_name="dataset",
        kinds={"polars"},
        code_version="2",
        metadata=shaped_by("seed", "heldout_share"),
        automation_condition=follow("function_calling_dataset"),
        ins={
            "rejected": dg.AssetIn(rejected, metadata=ALL_THAT_EXISTS),
            "filtered_api_catalog": dg.AssetIn(metadata=ALL_THAT_EXISTS),
        },
        description=f"The data set with the rows that failed the {stage} check added back (paper, Fig. 5). Size: "
        f"{ABLATION_RULE}.",
    )
    def ablation(
        function_calling_dataset: pl.DataFrame,
        rejected: pl.LazyFrame,
        filtered_api_catalog: pl.DataFrame,
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult[pl.DataFrame]:
        categories = categories_of(filtered_api_catalog)
        clean, contaminated = _without_contaminated(unique_rows(rejected, settings.seed), settings)
        added = dataset_rows(clean, categories, heldout_share=settings.heldout_share)
        added = added.with_columns(pl.lit(f"failed_{stage}").alias("kind"))
        rows = mixed(function_calling_dataset, added, settings.seed)
        return dg.MaterializeResult(
            value=rows,
            metadata={
                "size_rule": ABLATION_RULE,
                "verified": function_calling_dataset.height,
                "added": added.height,
                "contaminated": contaminated,
                "kinds": counts_table(column_counts(rows, "kind"), "kind"),
                "samples": samples(added, ["query", "tools", "answers", "style"]),
            },
        )

    return ablation


plus_fail_semantic_dataset = _ablation("semantic")
plus_fail_execution_dataset = _ablation("execution")


@dg.asset(
    group_name="dataset",
    kinds={"html"},
    code_version="1",
    metadata=shaped_by("release_title"),
    automation_condition=follow("function_calling_dataset"),
    deps=FUNNEL_TABLES,
    ins={"filtered_api_catalog": dg.AssetIn(metadata=ALL_THAT_EXISTS)},
)
def dataset_report(
    context: dg.AssetExecutionContext,
    function_calling_dataset: pl.DataFrame,
    filtered_api_catalog: pl.DataFrame,
    composition: pl.DataFrame,
    contaminated_rows: pl.DataFrame,
    lake: dg.ResourceParam[LakeIOManager],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[None]:
    """The data set in figures and samples: plots here, and one HTML file that opens without a network."""
    rows = function_calling_dataset
    stats = statistics(rows, filtered_api_catalog)
    table, rejected = funnel(lake.lake), reasons(lake.lake)
    report = Report(
        title=settings.release_title,
        statistics=stats,
        funnel=table,
        reasons=rejected,
        fates=column_counts(composition, "fate"),
        shortfall=shortfall_of(composition, settings.dataset_size, quotas_of(settings)),
        contaminated=contaminated_rows,
        compared=_compared(context.instance),
        stand_in=any_standin(row.generator for row in table),
        groups=tuple(by_groups(rows, _rounds(lake.lake))),
    )
    path = report_file(settings)
    write_text(path, page(report, rows))
    return dg.MaterializeResult(
        metadata={
            "settings": dg.MetadataValue.json(values_of(settings, "release_title")),
            "path": dg.MetadataValue.path(str(path)),
            "open": dg.MetadataValue.url(path.as_uri()),
            "funnel": dg.MetadataValue.md(markdown(table)),
            # single numbers, which the UI draws over time
            **{f"diversity_{_key(name)}": round(float(value), 4) for name, value in stats.diversity.items()},
            "diversity": dg.MetadataValue.json({name: round(value, 4) for name, value in stats.diversity.items()}),
            "diversity_by_group": dg.MetadataValue.md(
                table_of([one._replace(group=f"{by}: {one.group}") for by, figures in report.groups for one in figures])
            ),
            **plots(report),
        }
    )


def _key(name: str) -> str:
    """A figure's name as a metadata key."""
    return "_".join(re.findall(r"[a-z0-9]+", name.lower()))


def _compared(instance: dg.DagsterInstance) -> bool:
    """Whether the latest run of `contaminated_rows` had the leaderboard's questions, as it says itself."""
    event = instance.get_latest_materialization_event(dg.AssetKey("contaminated_rows"))
    materialization = None if event is None else event.asset_materialization
    compared = None if materialization is None else materialization.metadata.get("compared")
    return compared is not None and bool(compared.value)


def report_file(settings: Settings) -> Path:
    """Where the report stands."""
    return (settings.home / "report" / "dataset-report.html").resolve()


def _without_contaminated(rows: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, int]:
    """Rows that do not match BFCL, and how many did; all of them where the questions cannot be had."""
    try:
        contaminated = benchmark(settings).contaminated(rows)
    except QuestionsUnavailableError:
        return rows, 0
    return rows.filter(pl.Series(~contaminated)), int(contaminated.sum())


def _metadata(lake: Lake, rows: pl.DataFrame, composition: pl.DataFrame) -> dict[str, Any]:
    table = funnel(lake)
    styles = column_counts(rows.filter(pl.col("kind") == "call"), "style")
    fates = column_counts(composition, "fate")
    candidates = sum(row.candidates for row in table)
    return {
        # single numbers, which the UI draws over time
        "rows_with_calls": sum(styles.values()),
        "relevance_rows": rows.height - sum(styles.values()),
        "pass_rate": round(sum(row.verified for row in table) / candidates, 4) if candidates else 0.0,
        "released_share_of_candidates": round(sum(styles.values()) / candidates, 4) if candidates else 0.0,
        "apis_called": rows["api_ids"].str.json_decode(pl.List(pl.String)).explode().n_unique() if rows.height else 0,
        "funnel": dg.MetadataValue.md(markdown(table)),
        "funnel_plot": funnel_plot(table),
        "styles": counts_table(styles, "style"),
        "kinds": counts_table(column_counts(rows, "kind"), "kind"),
        "categories": counts_table(column_counts(rows, "category"), "category"),
        "splits": counts_table(column_counts(rows, "split"), "split"),
        "duplicates_removed": sum(fates.get(fate, 0) for fate in DUPLICATES),
        "contaminated_removed": fates.get(Fate.CONTAMINATED, 0),
        "over_quota": sum(fates.get(fate, 0) for fate in OVER_QUOTA),
        "samples": samples(rows, ["query", "tools", "answers", "style"]),
    }
