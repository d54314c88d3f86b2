"""Tables: what cells hold does not break them."""

import polars as pl

from apigen_assets.files.excerpt import cut, excerpt
from apigen_assets.files.markdown import escaped, frame_table, grid, table


def test_a_grid_keeps_markdown_and_aligns_numbers_to_the_right() -> None:
    assert grid(("name", "rows"), [("`a`", "1,000")], right=("rows",)) == "| name | rows |\n|---|---:|\n| `a` | 1,000 |"


def test_values_cannot_break_their_table() -> None:
    text = table(("query",), [("a|b\nc `d` " + "x" * 400,)], width=20)
    (line,) = text.splitlines()[2:]
    assert line == "| a\\|b c 'd' xxxxxxxxx… |"
    assert escaped("a|b\nc", "<br>") == "a\\|b<br>c"


def test_a_frame_shows_figures_short_and_nulls_as_a_dash() -> None:
    frame = pl.DataFrame({"share": [0.123456, None], "count": [1, 2]})
    assert frame_table(frame).splitlines()[2:] == ["| 0.123 | 1 |", "| - | 2 |"]


def test_what_is_cut_says_so_and_is_never_longer() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert excerpt({"a": ["x\n y"]}, 12) == '{"a": ["x\\n…'
