"""The leaderboard: our models beside the published ones, and what the ablation's data sets change."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from apigen_assets.evaluation.categories import ALL_COUNTS, Tally, figures, wilson
from apigen_assets.evaluation.published import ABLATION, PUBLISHED
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.files.markdown import grid

BOARD_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "dataset": pl.String,
        "measure": pl.String,
        "percent": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "correct": pl.Int64,
        "items": pl.Int64,
        "of": pl.Int64,
        "source": pl.String,
        "note": pl.String,
    }
)
"""One row per model, data set and measure; `percent` with its 95 % interval. `measure` is an official category, a
figure of `categories.figures`, or `v1_overall` (published models only). `of` is how many items the measure has."""

VERIFIED = "verified"

STAND_IN = "trained on stand-in data: shows that the machine works, not how good a model is"
"""Label of every figure of a model whose rows were not written by a language model."""


def leaderboard(scores: pl.DataFrame) -> pl.DataFrame:
    """The board of every model that has scores, ours first, then the published ones.

    Args:
        scores: rows of `bfcl_scores`, of any number of models and data sets.
    """
    rows = [*_ours(scores), *_published()]
    return pl.DataFrame(rows, schema=BOARD_SCHEMA, orient="row")


def deltas(board: pl.DataFrame) -> pl.DataFrame:
    """Points that each ablation data set gains over `verified`: ours per measure, the paper's overall.

    Columns `model, dataset, measure, delta, low, high, paper`. `low` and `high` bound the difference (95 %, the
    intervals of both figures combined); measured where both figures exist. `paper` is the printed overall delta.
    """
    ours = board.filter(pl.col("source").str.starts_with("measured"))
    base = ours.filter(pl.col("dataset") == VERIFIED).select(
        "model",
        "measure",
        "items",
        pl.col("percent").alias("base"),
        pl.col("low").alias("base_low"),
        pl.col("high").alias("base_high"),
    )
    joined = ours.filter(pl.col("dataset") != VERIFIED).join(
        base, on=["model", "measure", "items"], how="inner", maintain_order="left"
    )
    paper = pl.DataFrame(
        [(run.model, run.dataset, run.delta) for run in ABLATION],
        schema={"model": pl.String, "dataset": pl.String, "paper": pl.Float64},
        orient="row",
    )
    delta = pl.col("percent") - pl.col("base")
    down = ((pl.col("percent") - pl.col("low")) ** 2 + (pl.col("base_high") - pl.col("base")) ** 2).sqrt()
    up = ((pl.col("high") - pl.col("percent")) ** 2 + (pl.col("base") - pl.col("base_low")) ** 2).sqrt()
    return (
        joined.with_columns(delta=delta, low=delta - down, high=delta + up)
        .select("model", "dataset", "measure", "delta", "low", "high")
        .join(paper, on=["model", "dataset"], how="left", maintain_order="left")
    )


def _ours(scores: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    if scores.is_empty():
        return
    for (model, dataset), rows in scores.group_by(["model", "dataset"], maintain_order=True):
        counted = rows.group_by("category", maintain_order=True).agg(
            pl.col("valid").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("total")
        )
        tallies = {name: Tally(correct, total) for name, correct, total in counted.iter_rows()}
        sampled = bool(rows["sampled"].any())
        called = bool((rows["calls"] > 0).any())
        source = f"measured here, bfcl-eval {rows['bfcl_eval'][0]}"
        labels = ["a sample of the questions"] if sampled else []
        labels += [STAND_IN] if bool(rows["stand_in"].any()) else []
        note = "; ".join(labels)
        for name in ALL_COUNTS:
            if name not in tallies or (not called and name.endswith("irrelevance")):
                # A model that never calls would have full marks for irrelevance: that says nothing of it.
                continue
            tally = tallies[name]
            low, high = wilson(tally.correct, tally.total)
            yield (
                model, dataset, name, 100 * tally.accuracy, 100 * low, 100 * high, tally.correct, tally.total,
                ALL_COUNTS[name], source, note,
            )  # fmt: skip
        if called:
            for figure in figures(tallies):
                yield (
                    model, dataset, figure.name, 100 * figure.accuracy, 100 * figure.low, 100 * figure.high, None,
                    figure.items, figure.items, source, "; ".join([*labels, figure.note or figure.formula]),
                )  # fmt: skip


def _published() -> Iterator[tuple[JsonValue, ...]]:
    for score in PUBLISHED:
        note = "; ".join(part for part in (f"rank {score.rank}" if score.rank else "", score.note) if part)
        yield score.model, None, "v1_overall", score.overall, None, None, None, 1700, 1700, score.source, note
        derived = score.ast_relevance
        if derived is not None:
            correct = round(derived * 1390 / 100)
            low, high = wilson(correct, 1390)
            yield (
                score.model, None, "v1_ast_relevance", derived, 100 * low, 100 * high, correct, 1390, 1390,
                score.source, "derived from the published AST and relevance columns",
            )  # fmt: skip


def board_markdown(
    board: pl.DataFrame, measures: tuple[str, ...] = ("v1_ast_relevance", "non_live", "live", "multi_turn")
) -> str:
    """A table in markdown: a row per model, best first by the first measure, with interval, overall and source."""
    order: list[tuple[float, list[str]]] = []
    for (model, dataset), rows in board.group_by(["model", "dataset"], maintain_order=True):
        of = {row["measure"]: row for row in rows.iter_rows(named=True)}
        cells = [_cell(of.get(name)) for name in measures]
        overall = of.get("v1_overall")
        cells.append(f"{overall['percent']:.2f}" if overall else "not run in full")
        first = of.get(measures[0]) or overall
        label = f"{model} *(stand-in data)*" if rows["note"].str.contains(STAND_IN, literal=True).any() else model
        line = [label, str(dataset or ""), *cells, str(rows["source"][0])]
        order.append((-first["percent"] if first else 0.0, line))
    ranked = [line for _, line in sorted(order, key=lambda pair: pair[0])]
    return grid(("model", "data set", *measures, "V1 overall", "source"), ranked)


def _cell(row: JsonObject | None) -> str:
    if row is None:
        return "–"
    return f"{row['percent']:.2f} ({row['low']:.1f} to {row['high']:.1f})"


def board_figure(board: pl.DataFrame, measure: str = "v1_ast_relevance") -> Any:
    """A matplotlib figure: one measure over all models with 95 % intervals, ours in another colour."""
    from matplotlib.figure import Figure

    rows = board.filter(pl.col("measure") == measure).sort("percent")
    fig = Figure(figsize=(8, 1 + 0.32 * max(1, rows.height)), layout="constrained")
    axes = fig.add_subplot()
    for place, row in enumerate(rows.iter_rows(named=True)):
        ours = row["source"].startswith("measured")
        colour = "#4f6bed" if ours else "#9aa0a6"
        reach = [[row["percent"] - row["low"]], [row["high"] - row["percent"]]]
        axes.barh(place, row["percent"], color=colour)
        axes.errorbar(row["percent"], place, xerr=reach, color="black", capsize=2, linewidth=0.8)
    names = [
        f"{model} · {dataset}" if dataset else model for model, dataset in rows.select("model", "dataset").iter_rows()
    ]
    axes.set_yticks(range(rows.height), names, fontsize=7)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% correct, with 95 % interval", fontsize=8)
    axes.set_title(f"BFCL {measure}: measured here (blue) and published (grey)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return fig
