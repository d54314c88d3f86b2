"""The report's figures as pictures for the UI."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.dataset.figures import grouped_figure
from apigen_assets.dataset.funnel import FunnelRow
from apigen_assets.dataset.report import Report
from apigen_assets.dataset.statistics import PAPER_SHARES
from apigen_assets.orchestration.metadata import bar_plot, figure


def plots(report: Report) -> dict[str, dg.MetadataValue[Any]]:
    """The report's figures as pictures."""
    stats = report.statistics
    by_reason = report.reasons.with_columns(pl.concat_str("stage", pl.lit(": "), "reason").alias("why"))
    reject_stacks: dict[str, dict[str, float]] = {}
    for generator, why, count in (
        by_reason.select("generator", "why", "count").sort("count", descending=True).iter_rows()
    ):
        reject_stacks.setdefault(why, {})[generator] = float(count)
    rows, apis = max(1, sum(stats.categories.values())), max(1, sum(stats.api_categories.values()))
    return {
        "plot_funnel": funnel_plot(report.funnel),
        "plot_fates": bar_plot(report.fates, "Verified rows by what became of them"),
        "plot_rejects": bar_plot({}, "Rejects by reason", "candidates", reject_stacks),
        "plot_styles": bar_plot(stats.styles, "Rows by style"),
        "plot_categories": figure(
            grouped_figure(
                {
                    "rows": {name: 100 * count / rows for name, count in stats.categories.items()},
                    "APIs": {name: 100 * count / apis for name, count in stats.api_categories.items()},
                    "the paper's APIs": dict(PAPER_SHARES),
                },
                "Categories",
                "%",
            )
        ),
        "plot_tools": bar_plot(stats.tools_per_row, "Tools offered per row"),
        "plot_calls": bar_plot(stats.calls_per_row, "Calls per row"),
        "plot_lengths": bar_plot(stats.query_words, "Words per query"),
        "plot_diversity": bar_plot(
            {name: round(value, 3) for name, value in stats.diversity_shares.items()}, "Diversity", "share"
        ),
        **({"plot_diversity_by_group": _by_group(report)} if report.groups else {}),
    }


def _by_group(report: Report) -> dg.MetadataValue[Any]:
    """Shares of each group side by side, the rounds among them."""
    measures = {
        "distinct-2": "distinct_2",
        "self-similarity": "self_similarity",
        "optional parameters used": "optional_used",
        "permitted values used": "members_used",
    }
    named = {f"{by}: {one.group}": one for by, figures in report.groups for one in figures}
    bars = {
        measure: {name: 100 * float(getattr(one, field) or 0) for name, one in named.items()}
        for measure, field in measures.items()
    }
    return figure(grouped_figure(bars, "Diversity by style, generator and round", "%"))


def funnel_plot(table: Sequence[FunnelRow]) -> dg.MetadataValue[Any]:
    """Candidates of each generator, stacked by what became of them."""
    stacks = {
        row.generator: {
            "verified": row.verified,
            "failed semantic": row.failed_semantic,
            "failed execution": row.failed_execution,
            "failed format": row.failed_format,
        }
        for row in table
    }
    return bar_plot({}, "Candidates by generator and fate", stacks=stacks)
