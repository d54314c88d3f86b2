"""The paper's ablation with a small model: what rejected rows do when they are added back (Fig. 5)."""

from statistics import mean, stdev
from typing import Any

import polars as pl
from pydantic import Field

from apigen_assets.domain.standin import any_standin
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.markdown import grid
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.training.examples import GROUPS

TINY_CHANGES: dict[str, str] = {"max_steps": "800", "fill_rows": "26000"}
"""How the ablation's runs differ from the recipe `tiny`: shorter, since there are nine."""


class AblationConfig(RunConfig):
    """What the ablation trains; one recipe, equal for every data set."""

    model: str = "tiny"
    """A packaged recipe, or the path of a .yaml file."""
    changes: dict[str, str] | None = None
    """Fields of the recipe to change, such as `max_steps: "100"`; by default those that shorten `tiny`."""
    seeds: list[int] = Field(default=[1, 2, 3], min_length=1)
    """One run per data set and seed, which sets the order of rows, and the initial weights of a model from scratch."""

    def recipe_changes(self) -> dict[str, str]:
        """The recipe's fields that every run changes, before its seed."""
        if self.changes is None and self.model == "tiny":
            return TINY_CHANGES
        return self.changes or {}


PAPER = {
    "plus_fail_semantic": {"xLAM-1B": -9.59, "xLAM-7B": -4.06},
    "plus_fail_execution": {"xLAM-1B": -12.17, "xLAM-7B": -5.94},
}
"""Points of BFCL accuracy that the paper lost by adding a stage's rejects back (Fig. 5)."""

ABLATION_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "dataset": pl.String,
        "seed": pl.Int64,
        "rows": pl.Int64,
        "steps": pl.Int64,
        "final_loss": pl.Float64,
        "all": pl.Float64,
        **{group: pl.Float64 for group in GROUPS},
        "heldout_rows": pl.Int64,
        "unseen_functions": pl.Float64,
        "unseen_functions_rows": pl.Int64,
        "parameters": pl.Int64,
        "stand_in": pl.Boolean,
    }
)


def ablation_row(dataset: str, seed: int, result: JsonMapping) -> JsonObject:
    """One run's row, from its `training.json`; accuracies are exact matches on held-out queries, null without rows."""
    accuracies = result["heldout"]["trained"]
    seen, unseen = accuracies["seen"], accuracies.get("unseen", {})
    overall = seen.get("all", {"accuracy": 0.0, "rows": 0})
    generators = (result.get("lineage") or {}).get("generators") or ()
    return {
        "model": result["recipe"]["name"],
        "dataset": dataset,
        "seed": seed,
        "rows": result["prepared"]["train"]["rows"],
        "steps": result["trained"]["steps"],
        "final_loss": result["trained"]["curve"][-1]["loss"],
        "all": overall["accuracy"],
        **{group: seen[group]["accuracy"] if group in seen else None for group in GROUPS},
        "heldout_rows": overall["rows"],
        "unseen_functions": unseen["all"]["accuracy"] if "all" in unseen else None,
        "unseen_functions_rows": unseen["all"]["rows"] if "all" in unseen else 0,
        "parameters": result["trained"]["parameters"],
        "stand_in": any_standin(generators),
    }


def ablation_markdown(frame: pl.DataFrame) -> str:
    """The table: mean, spread and difference per data set, beside the paper's differences."""
    models = ("xLAM-1B", "xLAM-7B")
    columns = (
        "data set",
        "rows",
        "functions seen in training, mean (spread over seeds)",
        "per seed",
        "against verified",
        "functions never seen",
        "against verified",
        *(f"paper, {name}" for name in models),
    )
    cells: list[tuple[str, ...]] = []
    for dataset in frame["dataset"].unique(maintain_order=True).to_list():
        rows = mean(map(float, frame.filter(pl.col("dataset") == dataset)["rows"].to_list()))
        values = _accuracies(frame, dataset, "all")
        paper = PAPER.get(dataset, {})
        cells.append(
            (
                dataset,
                f"{rows:,.0f}",
                _mean_and_spread(values),
                ", ".join(f"{100 * value:.1f}" for value in values),
                _against_verified(frame, dataset, "all"),
                _mean_and_spread(_accuracies(frame, dataset, "unseen_functions")),
                _against_verified(frame, dataset, "unseen_functions"),
                *(f"{paper[name]:+.2f}" if name in paper else "" for name in models),
            )
        )
    lines = [grid(columns, cells)]
    first = frame.row(0, named=True)
    notes = [
        "",
        f"Exact matches on held-out queries, the same for every data set: {first['heldout_rows']} on functions seen in "
        f"training, {first['unseen_functions_rows']} on others. The model is {first['model']} of "
        f"{first['parameters'] / 1e6:,.1f} M parameters; the paper's figures are BFCL points of models of 1B and 7B.",
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
        values = [100 * value for value in _accuracies(frame, name, "all")]
        axes.bar(place, mean(values), color="#c9d3fa", width=0.6)
        axes.plot([place] * len(values), values, "o", color="#4f6bed", markersize=4)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_ylabel("held-out exact match, %", fontsize=8)
    axes.set_ylim(0, 100)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return fig


def _accuracies(frame: pl.DataFrame, dataset: str, column: str) -> list[float]:
    return frame.filter(pl.col("dataset") == dataset)[column].drop_nulls().to_list()


def _mean_and_spread(values: list[float]) -> str:
    if not values:
        return ""
    spread = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * mean(values):.1f} %{spread}"


def _against_verified(frame: pl.DataFrame, dataset: str, column: str) -> str:
    values, baseline = _accuracies(frame, dataset, column), _accuracies(frame, "verified", column)
    if not values or not baseline or dataset == "verified":
        return ""
    return f"{100 * (mean(values) - mean(baseline)):+.1f} points"
