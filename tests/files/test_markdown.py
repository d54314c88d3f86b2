"""Tables: what cells hold does not break them."""

import re

import polars as pl
import pytest
from markdown_it import MarkdownIt

from apigen_assets.files.excerpt import cut, excerpt
from apigen_assets.files.markdown import escaped, fenced, frame_table, grid, inert, table


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


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "![x](http://evil.test/beacon.png)",
    "![x](/graphql?query=mutation%7B...%7D)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "`code` ``` fence",
    "\\\\[a](b) \\![a](b)",
    "[a]: http://evil.test\n\n![x][a]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_give_no_link_no_picture_and_no_html(text: str) -> None:
    row = table(("name",), [(text,)]).splitlines()[-1]
    html = MARKDOWN.render(table(("name",), [(text,)]))
    assert not re.search(r"<(?:img|script|a|code)\b", html), row
    assert "<h2>" in MARKDOWN.render("## " + inert(text).replace("\n", " "))


def test_a_block_of_code_holds_whatever_is_in_it() -> None:
    text = "a\n```\n![x](http://evil.test)\n~~~~\n`````\n"
    html = MARKDOWN.render(fenced(text) + "\n\nafter")
    assert html.count("<pre>") == 1 and "<img" not in html and html.rstrip().endswith("<p>after</p>")
