"""Plots of a run."""

from collections.abc import Sequence
from typing import Any

_LABELS = {"loss": "loss", "lr": "learning rate", "grad_norm": "gradient norm"}


def curve_figure(curve: Sequence[dict[str, float]], key: str) -> Any:
    """A matplotlib figure of one value over the steps; the loss with a running mean."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 2.6), layout="constrained")
    axes = fig.add_subplot()
    steps = [point["step"] for point in curve]
    values = [point[key] for point in curve]
    axes.plot(steps, values, linewidth=0.8, color="#9db0f5" if key == "loss" else "#4f6bed")
    if key == "loss" and len(values) > 20:
        width = max(5, len(values) // 40)
        mean = [sum(values[max(0, i - width) : i + 1]) / (i + 1 - max(0, i - width)) for i in range(len(values))]
        axes.plot(steps, mean, linewidth=1.5, color="#4f6bed")
        axes.set_yscale("log")
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel(_LABELS.get(key, key), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return fig
