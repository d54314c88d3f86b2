"""Tables in markdown, as the UI and reports show them."""

from collections.abc import Iterable, Sequence

import polars as pl

from apigen_assets.files.excerpt import cut


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], width: int = 300) -> str:
    """A table; a cell is cut at `width` characters, and what would break the table is written harmlessly."""
    lines = [_line(columns), _line("---" for _ in columns)]
    return "\n".join([*lines, *(_line(_cell(value, width) for value in row) for row in rows)])


def frame_table(frame: pl.DataFrame, width: int = 300) -> str:
    """A frame as a table; figures with three decimals, nulls as a dash."""
    return table(frame.columns, frame.iter_rows(), width)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object, width: int) -> str:
    text = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
    text = cut(text, width)
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")
