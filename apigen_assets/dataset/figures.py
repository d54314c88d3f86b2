"""Plots of the data set that are more than bars."""

from collections.abc import Mapping
from typing import Any


def grouped_figure(groups: Mapping[str, Mapping[str, float]], title: str, unit: str) -> Any:
    """A matplotlib figure of horizontal bars side by side: one bar per group for every name of the first group."""
    from matplotlib.figure import Figure

    names = list(next(iter(groups.values()), {}))
    fig = Figure(figsize=(7, 0.8 + 0.42 * max(1, len(names))), layout="constrained")
    axes = fig.add_subplot()
    height = 0.8 / max(1, len(groups))
    colours = ("#4f6bed", "#e0913a", "#9aa3b2", "#3f9f6b")
    for place, (group, values) in enumerate(groups.items()):
        at = [index + (place - (len(groups) - 1) / 2) * height for index in range(len(names))]
        axes.barh(at, [values.get(name, 0.0) for name in names], height, label=group, color=colours[place % 4])
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(unit, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    return fig
