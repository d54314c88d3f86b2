"""The paper's ablation with a small model: what rejected rows do when they are added back (Fig. 5)."""

from statistics import mean, stdev
from typing import Any

import polars as pl

from apigen_assets.domain.standin import any_standin
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.markdown import grid
from apigen_assets.training.examples import GROUPS

SEEDS = (1, 2, 3)
"""Seeds of one data set's runs: initial weights and the order of rows."""

CHANGES: dict[str, str] = {"max_steps": "800", "fill_rows": "26000"}
"""How the ablation's runs differ from the recipe `tiny`: shorter, since there are nine; equal for every data set."""

PAPER = {
    "plus_fail_semantic": {"xLAM-1B": -9.59, "xLAM-7B": -4.06},
    "plus_fail_execution": {"xLAM-1B": -12.17, "xLAM-7B": -5.94},
}
"""Points of BFCL accuracy that the paper lost by adding a stage's rejects back (Fig. 5)."""

ABLATION_SCHEMA = pl.Schema(
    {
        "dataset": pl.String,
        "seed": pl.Int64,
        "rows": pl.Int64,
        "steps": pl.Int64,
        "final_loss": pl.Float64,
        "all": pl.Float64,
        **{group: pl.Float64 for group in GROUPS},
        "heldout_rows": pl.Int64,
        "stand_in": pl.Boolean,
    }
)


def ablation_row(dataset: str, seed: int, result: JsonMapping) -> JsonObject:
    """One run's row, from its `training.json`; accuracies on held-out queries of seen functions, null without rows."""
    seen = result["heldout"]["trained"]["seen"]
    overall = seen.get("all", {"accuracy": 0.0, "rows": 0})
    generators = (result.get("lineage") or {}).get("generators") or ()
    return {
        "dataset": dataset,
        "seed": seed,
        "rows": result["prepared"]["train"]["rows"],
        "steps": result["trained"]["steps"],
        "final_loss": result["trained"]["curve"][-1]["loss"],
        "all": overall["accuracy"],
        **{group: seen[group]["accuracy"] if group in seen else None for group in GROUPS},
        "heldout_rows": overall["rows"],
        "stand_in": any_standin(generators),
    }


def ablation_markdown(frame: pl.DataFrame) -> str:
    """The table: mean, spread and difference per data set, beside the paper's differences."""
    baseline = _accuracies(frame, "verified")
    models = ("xLAM-1B", "xLAM-7B")
    columns = ("data set", "rows", "exact match, mean (spread over seeds)", "per seed", "against verified")
    cells: list[tuple[str, ...]] = []
    for dataset in frame["dataset"].unique(maintain_order=True).to_list():
        values = _accuracies(frame, dataset)
        rows = mean(map(float, frame.filter(pl.col("dataset") == dataset)["rows"].to_list()))
        spread = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
        change = f"{100 * (mean(values) - mean(baseline)):+.1f} points" if baseline and dataset != "verified" else ""
        paper = PAPER.get(dataset, {})
        cells.append(
            (
                dataset,
                f"{rows:,.0f}",
                f"{100 * mean(values):.1f} %{spread}",
                ", ".join(f"{100 * value:.1f}" for value in values),
                change,
                *(f"{paper[name]:+.2f}" if name in paper else "" for name in models),
            )
        )
    lines = [grid((*columns, *(f"paper, {name}" for name in models)), cells)]
    notes = [
        "",
        f"Held-out queries: {max(frame['heldout_rows'].to_list())} per run, the same for every data set. The paper's "
        "figures are BFCL points of models of 1B and 7B; these are exact matches of a model of a million parameters.",
    ]
    if frame["stand_in"].any():
        notes.append("The rows come from stand-ins: the comparison shows the mechanism, not a language model's errors.")
    return "\n".join([*lines, *notes])


def ablation_figure(frame: pl.DataFrame) -> Any:
    """Bars of the mean per data set with every seed as a point."""
    from matplotlib.figure import Figure

    names = frame["dataset"].unique(maintain_order=True).to_list()
    fig = Figure(figsize=(6, 3), layout="constrained")
    axes = fig.add_subplot()
    for place, name in enumerate(names):
        values = [100 * value for value in _accuracies(frame, name)]
        axes.bar(place, mean(values), color="#c9d3fa", width=0.6)
        axes.plot([place] * len(values), values, "o", color="#4f6bed", markersize=4)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_ylabel("held-out exact match, %", fontsize=8)
    axes.set_ylim(0, 100)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return fig


def _accuracies(frame: pl.DataFrame, dataset: str) -> list[float]:
    return [float(value) for value in frame.filter(pl.col("dataset") == dataset)["all"].to_list()]
