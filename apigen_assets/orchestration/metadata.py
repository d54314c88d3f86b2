"""What a materialisation shows in the UI: counts, reasons, sample rows, small plots."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.files.markdown import grid, plain


def counts_table(counts: Mapping[str, int], label: str = "reason") -> dg.MetadataValue:
    """A table of counts, largest first, with each one's share of the sum."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return _shares(ordered, sum(counts.values()), label)


def funnel_table(counts: Mapping[str, int]) -> dg.MetadataValue:
    """A table of the steps of a funnel in their order, with each one's share of what came in at the first."""
    return _shares(list(counts.items()), next(iter(counts.values()), 0), "step")


def _shares(counts: list[tuple[str, int]], whole: int, label: str) -> dg.MetadataValue:
    records = [
        dg.TableRecord({label: name, "count": count, "share": f"{count / whole:.1%}" if whole else "-"})
        for name, count in counts
    ]
    columns = [
        dg.TableColumn(label, "string"),
        dg.TableColumn("count", "int"),
        dg.TableColumn("share", "string"),
    ]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def column_counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """How often each value of a column occurs; nulls are left out."""
    counted = frame.select(pl.col(column).drop_nulls().value_counts(sort=True)).unnest(column)
    return {str(name): int(count) for name, count in counted.iter_rows()}


def samples(frame: pl.DataFrame, columns: Sequence[str], rows: int = 3, width: int = 600) -> dg.MetadataValue:
    """`rows` rows spread evenly over the frame, each as a small two-column table in markdown."""
    if frame.is_empty():
        return dg.MetadataValue.md("*no rows*")
    step = max(1, frame.height // rows)
    parts = []
    for row in frame[::step].head(rows).select(columns).iter_rows(named=True):
        cells = [
            (name, "" if value is None else plain(str(value), width, line_break="<br>")) for name, value in row.items()
        ]
        parts.append(grid(("field", "value"), cells))
    return dg.MetadataValue.md("\n\n".join(parts))


def bar_plot(
    counts: Mapping[str, float],
    title: str,
    unit: str = "rows",
    stacks: Mapping[str, Mapping[str, float]] | None = None,
) -> dg.MetadataValue:
    """A horizontal bar plot as a picture; with `stacks` (bar -> part -> value) the bars are stacked."""
    return figure(bar_figure(counts, title, unit, stacks))


def bar_figure(
    counts: Mapping[str, float],
    title: str,
    unit: str = "rows",
    stacks: Mapping[str, Mapping[str, float]] | None = None,
) -> Any:
    """The matplotlib figure behind `bar_plot`."""
    from matplotlib.figure import Figure

    names = list(stacks or counts)
    fig = Figure(figsize=(7, 0.8 + 0.34 * max(1, len(names))), layout="constrained")
    axes = fig.add_subplot()
    if stacks:
        left = [0.0] * len(names)
        for part in dict.fromkeys(part for bar in stacks.values() for part in bar):
            values = [float(stacks[name].get(part, 0)) for name in names]
            axes.barh(names, values, left=left, label=part)
            left = [a + b for a, b in zip(left, values, strict=True)]
        axes.legend(fontsize=7, loc="best")
    else:
        bars = axes.barh(names, [float(value) for value in counts.values()], color="#4f6bed")
        axes.bar_label(bars, fontsize=7, padding=2)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(unit, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return fig


def figure(fig: object, alt: str = "plot") -> dg.MetadataValue:
    """A matplotlib figure as a picture inside markdown, which the UI shows in place."""
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(png(fig)).decode()})")


def png(fig: Any) -> bytes:
    """The bytes of a matplotlib figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    return buffer.getvalue()
