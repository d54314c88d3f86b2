"""The report: one file, no request, everything escaped, the same for the same rows."""

import base64
import re
import shutil
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.dataset.compose import chosen_rows, compose
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.dataset.funnel import FunnelRow
from apigen_assets.dataset.plots import plots
from apigen_assets.dataset.report import Report, page
from apigen_assets.dataset.statistics import PAPER_SHARES, sample_rows, statistics
from apigen_assets.files.atomic import write_text
from tests.helpers.rows import frame, tool, verified_row

REASONS = pl.DataFrame(
    [("standin-small", "format", "not_json", 3)],
    schema={"generator": pl.String, "stage": pl.String, "reason": pl.String, "count": pl.UInt32},
    orient="row",
)
CATALOG = pl.DataFrame({"name": ["f", "g"], "category": ["Math", "Music"]})
CONTAMINATED = pl.DataFrame(
    [("<b>query</b>", "ngram", "simple_python_1", 0.7, "detail")],
    schema={"query": pl.String, "kind": pl.String, "question": pl.String, "overlap": pl.Float64, "detail": pl.String},
    orient="row",
)


def rows(queries):
    table = frame(
        [
            verified_row(f"c{i}", query, [tool("f"), tool("g")], [("f", {"amount": i})])
            for i, query in enumerate(queries)
        ]
    ).lazy()
    return dataset_rows(chosen_rows(table, compose(table, 1000, 1).fates), {"id-f": "Math"})


def report(data, **changes):
    given_ = {
        "title": "A set",
        "statistics": statistics(data, CATALOG),
        "reasons": REASONS,
        "fates": {"chosen": data.height},
        "funnel": [FunnelRow("standin-small", 10, 3, 2, 1, 4)],
        "shortfall": {"simple": 5},
        "contaminated": CONTAMINATED,
        "compared": True,
        "stand_in": True,
    }
    return Report(**{**given_, **changes})


def html(data, **changes):
    return page(report(data, **changes), data)


class Tags(HTMLParser):
    VOID = {"meta", "input", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.links, self.seen = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "srcset", "data"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag


def parsed(text):
    tags = Tags()
    tags.feed(text)
    tags.close()
    assert tags.open == []
    return tags


def test_nothing_is_requested_from_anywhere():
    text = html(rows(["one query", "another one"]))
    tags = parsed(text)
    assert tags.links == []
    assert "link" not in tags.seen and "img" not in tags.seen
    assert not re.search(r"url\(|@import|https?://|fetch\(|XMLHttpRequest|import\(", text)
    assert "default-src 'none'" in text


def test_it_shows_the_funnel_the_reasons_the_categories_and_the_samples():
    text = html(rows(["one query", "another one"]))
    for said in ("one query", "f(amount=0", "not_json", "40.0%", "simple 5", "simple_python_1", "prefers-color-scheme"):
        assert said in text, said
    assert all(f"<th>{name}</th>" in text for name in PAPER_SHARES)
    assert "stand-in" in text and "stand-in" not in html(rows(["one query"]), stand_in=False)
    assert "Not compared" in html(rows(["one"]), compared=False)


def test_a_sample_shows_query_tools_calls_and_what_they_returned():
    data = rows(["one query"]).with_columns(execution=pl.lit('[{"outcome": "ok", "result": "<42> metres"}]'))
    [card] = re.findall(r"<article .*?</article>", html(data), re.DOTALL)
    for said in ("one query", "f(amount=0", "<b>ok</b> &lt;42&gt; metres", "2 tools offered", "Does g."):
        assert said in card, said


def test_everything_is_a_picture_in_the_ui_and_a_section_of_the_page():
    data = rows(["one query", "another one"])
    pictures = plots(report(data))
    assert set(pictures) == {
        f"plot_{name}"
        for name in (
            "funnel", "fates", "rejects", "styles", "categories", "tools", "calls", "lengths", "diversity"
        )
    }  # fmt: skip
    for name, value in pictures.items():
        picture = re.fullmatch(r"!\[[^\]]*\]\(data:image/png;base64,(.+)\)", value.value)
        assert base64.b64decode(picture[1]).startswith(b"\x89PNG"), name
    text = html(data)
    for title in (
        "Funnel", "Verified rows", "Rejects by reason", "Styles", "The 21 categories", "Tools offered per row",
        "Calls per row", "Words per query", "Diversity",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text, title
    [shares] = re.findall(r"<h2>Diversity</h2>.*?</section>", text, re.DOTALL)
    assert shares.count("<td class='bar'>") == len(report(data).statistics.diversity_shares) == 6


def test_the_most_called_apis_have_shares_of_all_rows_with_calls():
    data = rows([f"query {i}" for i in range(60)])
    stats = report(data).statistics
    [section] = re.findall(r"<h2>Most called APIs</h2>.*?</section>", html(data), re.DOTALL)
    most = next(iter(stats.apis.values()))
    assert f"<td class='n'>{most:,}</td><td class='n dim'>{most / stats.calls:.1%}</td>" in section


def test_it_is_the_same_for_the_same_rows():
    assert html(rows(["one query", "another one"])) == html(rows(["one query", "another one"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), max_size=6))
def test_wild_queries_cannot_break_out(queries):
    parsed(html(rows([*queries, "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "' onclick='x"])))


def test_an_empty_data_set_has_a_report():
    empty = rows([])
    parsed(html(empty, fates={}, funnel=[], reasons=REASONS[:0], contaminated=CONTAMINATED[:0]))


def test_samples_are_spread_over_the_groups():
    data = rows([f"query {i}" for i in range(300)])
    data = data.with_columns(
        category=pl.when(pl.col("id") < 230).then(pl.lit("Math")).otherwise(pl.lit("Music")),
        answers=pl.when(pl.col("id") % 10 == 0).then(pl.lit("[]")).otherwise("answers"),
    )
    shown = sample_rows(data, 40)
    assert shown.height == 40
    assert (shown["category"] == "Music").sum() >= 9
    assert (shown["answers"] == "[]").sum() == 5
    assert sample_rows(data, 1000).height == 250


def test_the_statistics_count_what_is_there():
    data = rows(["add 1 and 2", "add 3 and 4", "something quite different"])
    found = statistics(data, CATALOG)
    assert (found.rows, found.calls, found.tools_per_row, found.calls_per_row) == (3, 3, {"2": 3}, {"1": 3})
    assert found.apis == {"f": 3} and found.categories["Math"] == 3 and found.api_categories["Music"] == 1
    assert found.query_words == {**dict.fromkeys(found.query_words, 0), "1-5": 3}
    assert found.diversity["distinct sentences around the values / rows"] == 2 / 3
    assert abs(sum(PAPER_SHARES.values()) - 99.9) < 0.05


def test_the_file_is_written_whole(tmp_path):
    path = tmp_path / "a" / "report.html"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two" and [one.name for one in path.parent.iterdir()] == ["report.html"]


@pytest.mark.slow
def test_a_browser_shows_it_without_errors_and_filters_the_samples(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    path = tmp_path / "report.html"
    path.write_text(html(rows([f"ask for {word}" for word in ("apples", "pears", "<i>plums</i>")])))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        requests, errors = [], []
        view.on("request", lambda request: requests.append(request.url))
        view.on("pageerror", lambda error: errors.append(str(error)))
        view.on("console", lambda message: errors.append(message.text))
        view.goto(path.as_uri())
        assert view.locator("article:visible").count() == 3
        view.fill("#text", "pears")
        assert view.locator("article:visible").count() == 1
        assert view.inner_text("#count") == "1 shown."
        assert "<i>plums</i>" in view.locator("#rows").text_content()
        assert requests == [path.as_uri()] and errors == []
        browser.close()
