"""Assets of the data set: relevance rows, the composed set, its ablations."""

from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.automation import follow
from apigen_assets.dataset.compose import Composition, compose, unique_rows
from apigen_assets.dataset.funnel import funnel, markdown
from apigen_assets.dataset.relevance import relevance_rows as make_relevance_rows
from apigen_assets.dataset.row import DatasetRow
from apigen_assets.dataset.rows import dataset_rows
from apigen_assets.metadata import bar_plot, column_counts, counts_table, samples
from apigen_assets.settings import settings

_ALL_THAT_EXISTS = {"allow_missing_partitions": True}


def categories_of(catalog: pl.DataFrame) -> dict[str, str]:
    """Category by API id."""
    return dict(catalog.select("api_id", "category").iter_rows())


def _chosen(verified: pl.LazyFrame) -> Composition:
    config = settings()
    calls = round(config.dataset_size * (1 - config.relevance_share))
    return compose(verified, calls, config.seed)


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars", "duckdb"},
    code_version="1",
    automation_condition=follow("semantic_verified"),
    ins={
        "semantic_verified": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
        "filtered_api_catalog": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
    },
)
def relevance_rows(semantic_verified: pl.LazyFrame, filtered_api_catalog: pl.DataFrame) -> dg.Output[pl.DataFrame]:
    """Queries that no offered tool can serve, with an empty answer: 8,000 beside 60,000 in the paper (section 5.1)."""
    categories = categories_of(filtered_api_catalog)
    chosen = _chosen(semantic_verified).rows
    share = settings().relevance_share
    wanted = round(chosen.height * share / (1 - share))
    rows = dataset_rows(make_relevance_rows(chosen, categories, wanted, settings().seed), categories)
    return dg.Output(
        rows,
        metadata={
            "wanted": wanted,
            "made": rows.height,
            "kinds": counts_table(column_counts(rows, "kind"), "kind"),
            "samples": samples(rows, ["query", "tools", "answers", "kind"]),
        },
    )


@dg.asset(
    io_manager_key="lake",
    group_name="dataset",
    kinds={"polars", "duckdb"},
    code_version="1",
    automation_condition=follow("semantic_verified", "relevance_rows"),
    required_resource_keys={"lake"},
    ins={
        "semantic_verified": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
        "filtered_api_catalog": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
    },
)
def function_calling_dataset(
    context: dg.AssetExecutionContext,
    semantic_verified: pl.LazyFrame,
    filtered_api_catalog: pl.DataFrame,
    relevance_rows: pl.DataFrame,
) -> dg.Output[pl.DataFrame]:
    """The data set: verified rows by style quotas, exact duplicates out, relevance rows mixed in by the seed."""
    composition = _chosen(semantic_verified)
    calls = dataset_rows(composition.rows, categories_of(filtered_api_catalog))
    rows = mixed(calls, relevance_rows, settings().seed)
    return dg.Output(rows, metadata=_metadata(context, rows, composition))


def _ablation(stage: str) -> dg.AssetsDefinition:
    rejected = f"{stage}_rejected"

    @dg.asset(
        name=f"plus_fail_{stage}_dataset",
        io_manager_key="lake",
        group_name="dataset",
        kinds={"polars", "duckdb"},
        code_version="1",
        automation_condition=follow("function_calling_dataset"),
        ins={
            "rejected": dg.AssetIn(rejected, metadata=_ALL_THAT_EXISTS),
            "filtered_api_catalog": dg.AssetIn(metadata=_ALL_THAT_EXISTS),
        },
        description=f"The data set with the rows that failed the {stage} check added back (paper, Fig. 5): every "
        "verified row stays, and each rejected row with readable calls is added once, whatever its style.",
    )
    def ablation(
        function_calling_dataset: pl.DataFrame, rejected: pl.LazyFrame, filtered_api_catalog: pl.DataFrame
    ) -> dg.Output[pl.DataFrame]:
        added = dataset_rows(unique_rows(rejected, settings().seed), categories_of(filtered_api_catalog))
        added = added.with_columns(pl.lit(f"failed_{stage}").alias("kind"))
        rows = mixed(function_calling_dataset, added, settings().seed)
        return dg.Output(
            rows,
            metadata={
                "verified": function_calling_dataset.height,
                "added": added.height,
                "kinds": counts_table(column_counts(rows, "kind"), "kind"),
                "samples": samples(added, ["query", "tools", "answers", "style"]),
            },
        )

    return ablation


plus_fail_semantic_dataset = _ablation("semantic")
plus_fail_execution_dataset = _ablation("execution")


def mixed(calls: pl.DataFrame, relevance: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Both kinds of rows in one seeded order, numbered from 0."""
    both = pl.concat([calls, relevance]).with_columns(
        pl.concat_str(pl.lit(str(seed)), pl.col("kind"), pl.col("candidate_id")).alias("_key")
    )
    order = both["_key"].map_elements(_digest, return_dtype=pl.String)
    ordered = both.with_columns(order.alias("_key")).sort("_key").drop("_key")
    return ordered.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("id")).select(list(DatasetRow.SCHEMA))


def _digest(key: str) -> str:
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()


def _metadata(context: dg.AssetExecutionContext, rows: pl.DataFrame, composition: Composition) -> dict[str, Any]:
    table = funnel(context.resources.lake.lake)
    styles = column_counts(rows.filter(pl.col("kind") == "call"), "style")
    return {
        "funnel": dg.MetadataValue.md(markdown(table)),
        "funnel_plot": bar_plot(
            {},
            "Candidates by generator and fate",
            stacks={
                row.generator: {
                    "verified": row.verified,
                    "failed semantic": row.failed_semantic,
                    "failed execution": row.failed_execution,
                    "failed format": row.failed_format,
                }
                for row in table
            },
        ),
        "styles": counts_table(styles, "style"),
        "kinds": counts_table(column_counts(rows, "kind"), "kind"),
        "categories": counts_table(column_counts(rows, "category"), "category"),
        "duplicates_removed": composition.duplicates,
        "shortfall": counts_table(composition.shortfall, "style"),
        "over_quota": counts_table(composition.over_quota, "style"),
        "samples": samples(rows, ["query", "tools", "answers", "style"]),
    }
