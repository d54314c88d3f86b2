"""Tables in markdown, as the UI, the cards and the reports show them."""

import re
from collections.abc import Collection, Iterable, Sequence

import polars as pl

from apigen_assets.files.excerpt import cut

_ACTIVE = re.compile(r"[\\\[\]*~]|!(?=\[)")
_BACKTICKS = re.compile("`+")


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[str] = ()) -> str:
    """A table of cells that are markdown already; the columns named in `right` are aligned to the right."""
    rule = "|" + "".join("---:|" if column in right else "---|" for column in columns)
    return "\n".join([_line(columns), rule, *map(_line, rows)])


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], width: int = 300) -> str:
    """A table of values; a cell is cut at `width` characters, and what would break the table is written harmlessly."""
    return grid(columns, ([plain(_text(value), width) for value in row] for row in rows))


def frame_table(frame: pl.DataFrame, width: int = 300) -> str:
    """A frame as a table; figures with three decimals, nulls as a dash."""
    return table(frame.columns, frame.iter_rows(), width)


def plain(text: str, width: int, line_break: str = " ") -> str:
    """A text as a cell: cut at `width` characters, and nothing in it is taken for markdown or HTML."""
    return inert(cut(text, width)).replace("|", "\\|").replace("\n", line_break)


def inert(text: str) -> str:
    """A text of foreign origin inside a line of markdown: no link, no picture, no HTML and no code comes of it.

    A picture would be loaded by whoever opens the page, from wherever its address leads.
    """
    return _ACTIVE.sub(r"\\\g<0>", text).replace("`", "'").replace("<", "&lt;")


def fenced(text: str) -> str:
    """A text of foreign origin as a block of code, which nothing in it ends."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def escaped(text: str, line_break: str = " ") -> str:
    """A text that stays in its cell: bars and line ends do not end it."""
    return text.replace("|", "\\|").replace("\n", line_break)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _text(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
