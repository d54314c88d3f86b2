"""The report as one HTML file: figures and browsable samples, without a request to anywhere."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

import polars as pl

from apigen_assets.dataset.compose import DUPLICATES
from apigen_assets.dataset.diversity import FORMS, SAMPLE, Diversity, members_text, references, said_again_text
from apigen_assets.dataset.funnel import FunnelRow
from apigen_assets.dataset.statistics import PAPER_SHARES, Statistics, sample_rows
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonMapping

SAMPLES = 300
_FOLDER = Path(__file__).with_name("report_page")
_STACK = ("verified", "failed semantic", "failed execution", "failed format")


class Report(NamedTuple):
    """What the report shows."""

    title: str
    statistics: Statistics
    funnel: list[FunnelRow]
    reasons: pl.DataFrame
    """`generator, stage, reason, count`."""
    fates: dict[str, int]
    """Verified rows by what became of them."""
    shortfall: dict[str, int]
    contaminated: pl.DataFrame
    """Contaminated rows with `query, kind, question, overlap, detail`."""
    compared: bool
    """Whether the rows were compared with BFCL."""
    stand_in: bool
    groups: tuple[tuple[str, list[Diversity]], ...] = ()
    """Figures on diversity, by what the rows are grouped by."""


def page(report: Report, rows: pl.DataFrame) -> str:
    """The report's HTML; the same input gives the same text.

    Args:
        report: the figures.
        rows: the data set, of which some rows are shown.
    """
    stats = report.statistics
    shown = sample_rows(rows, SAMPLES)
    body = [
        _header(report),
        _section("Funnel", "What became of every candidate, by generator (as Table 1 of the paper).", _funnel(report)),
        '<div class="grid">',
        _section("Verified rows", "Every verified row has one fate.", _bars(report.fates) + _short(report.shortfall)),
        _section("Rejects by reason", "Candidates that a check turned away.", _reasons(report.reasons)),
        _section("Styles", "Rows with calls, by counts of tools offered and calls made.", _bars(stats.styles)),
        _section("Kinds", "Relevance rows hold a query that no offered tool serves.", _bars(stats.kinds)),
        _section("Generators", "Rows by who wrote them.", _bars(stats.generators)),
        _section("Splits by API", "Rows that call APIs of both sides are mixed.", _bars(stats.splits)),
        _section("Tools offered per row", "", _bars(stats.tools_per_row)),
        _section("Calls per row", "", _bars(stats.calls_per_row)),
        _section("Words per query", f"Median {stats.query_words_median:g}.", _bars(stats.query_words)),
        _section(
            "Most called APIs",
            f"{len(stats.apis):,} are called at all; shares of the rows with calls.",
            _bars(dict(_first(stats.apis, 12)), stats.calls),
        ),
        _section("Diversity", "Over the queries and the APIs they lead to.", _diversity(stats)),
        "</div>",
        _section(
            "The 21 categories",
            "Share of the rows with calls, and of the APIs here, beside the share of the paper's 3,673 APIs.",
            _categories(stats),
        ),
        _section(
            "Diversity by group",
            f"Words and likeness of {SAMPLE} queries of a group at most; what calls use of the functions they call. "
            "Beside them, rows of others; fewer queries have more distinct words. Rows that say in other words what "
            "one before them says are found with the extra `meaning` (pip install 'apigen[meaning]').",
            _groups(report.groups),
        ),
        _section("Against BFCL", _bfcl_text(report), _contaminated(report.contaminated)),
        _samples(shown),
    ]
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}: report</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + f"\n</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _header(report: Report) -> str:
    stats = report.statistics
    tiles = {
        "rows": stats.rows,
        "with calls": stats.calls,
        "relevance rows": stats.rows - stats.calls,
        "APIs called": len(stats.apis),
        "generators": len(stats.generators),
        "duplicates removed": sum(report.fates.get(fate, 0) for fate in DUPLICATES),
        "contaminated, removed": report.contaminated.height,
    }
    cells = "".join(
        f"<div><strong>{count:,}</strong><span>{escape(name)}</span></div>" for name, count in tiles.items()
    )
    note = (
        '<p class="note">Rule-based stand-in models (<code>standin-*</code>), not language models, wrote or judged '
        "rows of this set. The figures show that the pipeline works, and say nothing about a language model.</p>"
        if report.stand_in
        else ""
    )
    median, high, largest = stats.row_characters
    return (
        f"<header><h1>{escape(report.title)}</h1>{note}<div class='tiles'>{cells}</div>"
        f"<p class='dim'>Characters per row (query, tools, answers): median {median:,}, 95 % have at most {high:,}, "
        f"largest {largest:,}.</p></header>"
    )


def _section(title: str, about: str, inner: str) -> str:
    text = f"<p class='dim'>{escape(about)}</p>" if about else ""
    return f"<section><h2>{escape(title)}</h2>{text}{inner}</section>"


def _bars(counts: Mapping[str, int], whole: int | None = None) -> str:
    """Bars with shares of `whole`, which is the sum of the counts unless they are only the largest of many."""
    if not counts:
        return "<p class='dim'>none</p>"
    most, total = max([*counts.values(), 1]), max(1, sum(counts.values()) if whole is None else whole)
    lines = [
        f"<tr><th>{escape(str(name))}</th><td class='bar'><i style='width:{100 * count / most:.1f}%'></i></td>"
        f"<td class='n'>{count:,}</td><td class='n dim'>{count / total:.1%}</td></tr>"
        for name, count in counts.items()
    ]
    return f"<table class='bars'>{''.join(lines)}</table>"


def _short(shortfall: Mapping[str, int]) -> str:
    missing = {name: count for name, count in shortfall.items() if count}
    if not missing:
        return "<p class='dim'>Every quota is full.</p>"
    text = ", ".join(f"{escape(name)} {count:,}" for name, count in missing.items())
    return f"<p class='dim'>Missing to the target, and not filled from elsewhere: {text}.</p>"


def _funnel(report: Report) -> str:
    if not report.funnel:
        return "<p class='dim'>none</p>"
    head = "".join(
        f"<th>{name}</th>"
        for name in ("generator", "candidates", "failed format", "failed execution", "failed semantic", "verified")
    )
    lines = []
    for row in report.funnel:
        parts = dict(
            zip(_STACK, (row.verified, row.failed_semantic, row.failed_execution, row.failed_format), strict=True)
        )
        stack = "".join(
            f"<i class='s{place}' style='width:{100 * count / max(1, row.candidates):.2f}%' "
            f"title='{name}: {count:,}'></i>"
            for place, (name, count) in enumerate(parts.items())
        )
        cells = "".join(
            f"<td class='n'>{count:,}</td>"
            for count in (row.candidates, row.failed_format, row.failed_execution, row.failed_semantic, row.verified)
        )
        lines.append(
            f"<tr><th>{escape(row.generator)}</th>{cells}<td class='n'>{row.pass_rate:.1%}</td>"
            f"<td class='stack'>{stack}</td></tr>"
        )
    legend = "".join(f"<span><i class='s{place}'></i>{name}</span>" for place, name in enumerate(_STACK))
    return (
        f"<div class='wide'><table class='data'><thead><tr>{head}<th>pass rate</th><th class='fill'></th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div><p class='legend'>{legend}</p>"
    )


def _reasons(reasons: pl.DataFrame) -> str:
    summed = (
        reasons.group_by("stage", "reason").agg(pl.col("count").sum()).sort("count", "reason", descending=[True, False])
    )
    return _bars({f"{stage}: {reason}": int(count) for stage, reason, count in summed.iter_rows()})


def _categories(stats: Statistics) -> str:
    rows, apis = max(1, sum(stats.categories.values())), max(1, sum(stats.api_categories.values()))
    shares = {
        name: (100 * stats.categories[name] / rows, 100 * stats.api_categories[name] / apis, paper)
        for name, paper in PAPER_SHARES.items()
    }
    most = max(max(values) for values in shares.values()) or 1
    lines = []
    for name, values in shares.items():
        bars = "".join(
            f"<i class='c{i}' style='width:{100 * value / most:.1f}%'></i>" for i, value in enumerate(values)
        )
        cells = "".join(f"<td class='n'>{value:.1f}</td>" for value in values)
        lines.append(f"<tr><th>{name}</th>{cells}<td class='multi fill'>{bars}</td></tr>")
    return (
        "<div class='wide'><table class='data'><thead><tr><th>category</th><th><i class='c0'></i>rows, %</th>"
        "<th><i class='c1'></i>APIs, %</th><th><i class='c2'></i>paper's APIs, %</th><th></th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _diversity(stats: Statistics) -> str:
    shares = stats.diversity_shares
    lines = [
        f"<tr><th>{escape(name)}</th><td class='bar'><i style='width:{100 * value:.1f}%'></i></td>"
        f"<td class='n'>{value:.3f}</td></tr>"
        for name, value in shares.items()
    ]
    counts = ", ".join(f"{name} {value:,.0f}" for name, value in stats.diversity.items() if name not in shares)
    return f"<table class='bars'>{''.join(lines)}</table><p class='dim'>{escape(counts)}.</p>"


def _groups(groups: Iterable[tuple[str, list[Diversity]]]) -> str:
    head = "".join(
        f"<th>{name}</th>"
        for name in (
            "group",
            "rows",
            "distinct-1",
            "distinct-2",
            "self-similarity",
            "words",
            "calls",
            "APIs",
            "optional parameters used",
            "per call",
            "permitted values used",
            *(f"values {form}" for form in FORMS),
            "say what another row says",
        )
    )
    lines = []
    for by, figures in [*groups, ("beside", references())]:
        for one in figures:
            shares = (one.optional_used, one.optional_share)
            cells = [
                f"{one.rows:,}",
                f"{one.distinct_1:.3f}",
                f"{one.distinct_2:.3f}",
                f"{one.self_similarity:.2f}",
                f"{one.words:g}",
                f"{one.calls:.2f}",
                f"{one.apis:,}",
                *(f"{share:.0%}" for share in shares),
                members_text(one),
                *(f"{one.forms[form]:.0%}" for form in FORMS),
                said_again_text(one),
            ]
            name = one.group if by == one.group else f"{by}: {one.group}"
            lines.append(f"<tr><th>{escape(name)}</th>{''.join(f'<td class=n>{cell}</td>' for cell in cells)}</tr>")
    if not lines:
        return "<p class='dim'>none</p>"
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f"<div class='wide'><table class='data'>{body}</table></div>"


def _bfcl_text(report: Report) -> str:
    if not report.compared:
        return "Not compared: the leaderboard's questions were not available when the set was composed."
    return f"{report.contaminated.height:,} verified rows held one of its questions or tools, and were removed."


def _contaminated(rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return ""
    lines = [
        f"<tr><td>{escape(row['kind'])}</td><td class='n'>{row['overlap']:.2f}</td>"
        f"<td>{escape(cut(row['query'], 200))}</td>"
        f"<td>{escape(row['question'])}: {escape(cut(row['detail'], 200))}</td></tr>"
        for row in rows.head(20).iter_rows(named=True)
    ]
    head = "<tr><th>match</th><th>overlap</th><th>row</th><th>of the leaderboard</th></tr>"
    return f"<div class='wide'><table class='data'><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table></div>"


def _samples(rows: pl.DataFrame) -> str:
    options = {name: sorted(rows[name].unique().to_list()) for name in ("style", "category", "kind", "generator")}
    menus = "".join(
        f"<label>{name} <select data-by='{name}'><option value=''>all</option>"
        + "".join(f"<option>{escape(value)}</option>" for value in values)
        + "</select></label>"
        for name, values in options.items()
    )
    cards = "\n".join(_card(row) for row in rows.iter_rows(named=True))
    return (
        f"<section id='samples'><h2>Samples</h2><p class='dim'>{rows.height:,} rows, spread over styles, kinds and "
        f"categories. <output id='count'></output></p><form id='filters'>{menus}<label>text <input type='search' "
        f"id='text' placeholder='query, tool or value'></label></form><div id='rows'>{cards}</div></section>"
    )


def _card(row: JsonMapping) -> str:
    calls, results = json.loads(row["answers"]), json.loads(row["execution"] or "[]")
    tools = json.loads(row["tools"])
    called = {call["name"] for call in calls}
    data = " ".join(f"data-{name}='{escape(str(row[name]))}'" for name in ("style", "category", "kind", "generator"))
    if calls:
        items = "".join(
            f"<li><code>{escape(_call(call))}</code>{_result(results[place]) if place < len(results) else ''}</li>"
            for place, call in enumerate(calls)
        )
        answer = f"<ol>{items}</ol>"
    else:
        answer = "<p class='dim'>no call: no offered tool serves this</p>"
        if row["refusal"]:
            answer += f"<p>{escape(row['refusal'])}</p>"
    offered = "".join(_tool(tool, tool["name"] in called) for tool in tools)
    tags = (f"#{row['id']}", row["style"], row["kind"], row["category"], row["generator"], row["split"])
    shown = "".join(f"<span>{escape(str(tag))}</span>" for tag in tags if tag)
    return (
        f"<article {data}><p class='tags'>{shown}</p><p class='query'>{escape(row['query'])}</p>{answer}"
        f"<details><summary>{len(tools)} tool{'s' if len(tools) != 1 else ''} offered</summary>{offered}</details>"
        "</article>"
    )


def _call(call: JsonMapping) -> str:
    arguments = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call["arguments"].items()
    )
    return f"{call['name']}({arguments})"


def _result(result: JsonMapping) -> str:
    text = result.get("result")
    shown = cut("" if text is None else str(text), 400)
    return f"<div class='result'><b>{escape(str(result.get('outcome', '')))}</b> {escape(shown)}</div>"


def _tool(tool: JsonMapping, called: bool) -> str:
    lines = "".join(_parameter(name, schema) for name, schema in tool["parameters"].items())
    mark = " <span class='called'>called</span>" if called else ""
    return (
        f"<div class='tool'><p><code>{escape(tool['name'])}</code>{mark} {escape(cut(tool['description'], 400))}</p>"
        f"<table class='data'>{lines}</table></div>"
    )


def _parameter(name: str, schema: JsonMapping) -> str:
    about = cut(str(schema.get("description", "")), 300)
    if "default" in schema:
        about += f" Default: {json.dumps(schema['default'], ensure_ascii=False)}."
    return (
        f"<tr><th>{escape(name)}{' *' if schema.get('required') else ''}</th>"
        f"<td><code>{escape(str(schema.get('type', '')))}</code></td><td>{escape(about)}</td></tr>"
    )


def _first(counts: Mapping[str, int], count: int) -> Iterable[tuple[str, int]]:
    return list(counts.items())[:count]
