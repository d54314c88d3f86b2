"""How varied rows are: their words, what they use of their APIs, and the forms of their values, by group."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl

from apigen_assets.dataset.facts import draw
from apigen_assets.dataset.meaning import share_said_again
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.verification.grounding.numbers import numbers_in

SAMPLE = 400
"""Queries of a group that are compared with each other, and whose words are counted: groups of any size compare."""

MOST_ROWS = 4_000
"""Rows of a data set that its figures by group are taken from."""

_REFERENCES = Path(__file__).with_name("reference_diversity.json")

FORMS = ("as written", "number in words", "otherwise")


class Diversity(NamedTuple):
    """Figures of one group of rows with calls."""

    group: str
    rows: int
    distinct_1: float
    """Different words / all words, of `SAMPLE` queries at most."""
    distinct_2: float
    """Different pairs of neighbouring words / all pairs, of the same queries."""
    self_similarity: float
    """Mean likeness of a query to the one most like it (shared word pairs / all, of the same queries)."""
    words: float
    """Median of words per query."""
    calls: float
    """Calls per row."""
    apis: int
    """Functions called."""
    optional_used: float
    """Share of the optional parameters of those functions that some row uses."""
    optional_share: float
    """Optional parameters used per call / optional parameters that the function has."""
    members_used: float | None
    """Share of the permitted values of the functions' parameters that some row uses; null where none are listed."""
    forms: dict[str, float]
    """Shares of single values by how the query says them (`FORMS`)."""
    said_again: float | None = None
    """Share of the rows that say in other words what one before them says; null without the extra `meaning`."""


def diversity(rows: pl.DataFrame, by: str | None = None, seed: int = 0) -> list[Diversity]:
    """The figures of every group; rows without calls do not count.

    Args:
        rows: `query`, `tools` and `answers` (JSON texts; tools with a JSON Schema or with flat parameters).
        by: the column to group by; null for all rows at once.
        seed: of the sample.
    """
    calling = rows.filter(pl.col("answers") != "[]")
    if by is None:
        return [_of("all", calling, seed)]
    groups = calling.with_columns(pl.col(by).cast(pl.String).fill_null("unknown")).partition_by(by, as_dict=True)
    return [_of(str(key[0]), groups[key], seed) for key in sorted(groups)]


def by_groups(
    rows: pl.DataFrame, rounds: pl.DataFrame | None = None, seed: int = 0
) -> list[tuple[str, list[Diversity]]]:
    """The figures of a data set over all, by style, by generator and by round, from `MOST_ROWS` drawn rows.

    Args:
        rows: rows of `DatasetRow.SCHEMA`.
        rounds: `candidate_id` and `round` of the verified rows; null leaves rounds out.
        seed: of the draw.
    """
    drawn = rows.filter(pl.col("answers") != "[]")
    if drawn.height > MOST_ROWS:
        places = pl.Series("_draw", [draw(seed, key) for key in drawn["candidate_id"]], dtype=pl.UInt64)
        drawn = drawn.with_columns(places).bottom_k(MOST_ROWS, by="_draw").drop("_draw")
    groups = [("all", diversity(drawn, None, seed))]
    groups += [(by, diversity(drawn, by, seed)) for by in ("style", "generator")]
    if rounds is not None:
        of_round = drawn.join(rounds.unique("candidate_id"), on="candidate_id", how="left")
        groups.append(("round", diversity(of_round.with_columns(pl.col("round").fill_null(1)), "round", seed)))
    return groups


def table_of(figures: Sequence[Diversity]) -> str:
    """The figures as a Markdown table."""
    head = (
        "| group | rows | distinct-1 | distinct-2 | self-similarity | words | calls | APIs | optional used | "
        "per call | members used | as written / words / other | said again |"
    )
    lines = [head, "|" + "---|" * 13]
    for one in figures:
        forms = " / ".join(f"{one.forms[form]:.0%}" for form in FORMS)
        lines.append(
            f"| {one.group} | {one.rows:,} | {one.distinct_1:.3f} | {one.distinct_2:.3f} | {one.self_similarity:.2f} | "
            f"{one.words:g} | {one.calls:.2f} | {one.apis} | {one.optional_used:.0%} | {one.optional_share:.0%} | "
            f"{members_text(one)} | {forms} | {said_again_text(one)} |"
        )
    return "\n".join(lines)


def references() -> list[Diversity]:
    """The figures of rows of others, as `benchmarks/diversity.py --references` measured them."""
    read = json.loads(_REFERENCES.read_text(encoding="utf-8"))
    return [Diversity(**figures) for figures in read["figures"]]


def members_text(figures: Diversity) -> str:
    """The share of permitted values that are used, or that the tools list none."""
    return "none listed" if figures.members_used is None else f"{figures.members_used:.0%}"


def said_again_text(figures: Diversity) -> str:
    """The share of rows that say what another one says, or that it was not measured."""
    return "not measured" if figures.said_again is None else f"{figures.said_again:.1%}"


def _of(group: str, rows: pl.DataFrame, seed: int) -> Diversity:
    queries = sorted(rows["query"].unique().to_list(), key=lambda query: draw(seed, query))[:SAMPLE]
    words = [re.findall(r"\w+", query.casefold()) for query in queries]
    pairs = [list(pairwise(one)) for one in words]
    use = _Use()
    for query, tools, answers in rows.select("query", "tools", "answers").iter_rows():
        use.count(query, json.loads(tools), json.loads(answers))
    lengths = rows["query"].str.split(" ").list.len()
    return Diversity(
        group=group,
        rows=rows.height,
        distinct_1=_distinct(words),
        distinct_2=_distinct(pairs),
        self_similarity=_self_similarity([frozenset(one) for one in pairs]),
        words=float(lengths.median() or 0.0),  # type: ignore[arg-type]
        calls=use.calls / max(1, rows.height),
        apis=len(use.optional),
        optional_used=_share(use.used, use.optional),
        optional_share=use.optional_given / max(1, use.optional_offered),
        members_used=_share(use.used_members, use.members) if use.members else None,
        forms={form: use.forms[form] / max(1, use.forms.total()) for form in FORMS},
        said_again=share_said_again(rows),
    )


class _Use:
    """What calls use of the functions they call."""

    def __init__(self) -> None:
        self.calls = 0
        self.optional: dict[str, set[str]] = {}
        self.used: dict[str, set[str]] = {}
        self.members: dict[str, set[str]] = {}
        self.used_members: dict[str, set[str]] = {}
        self.optional_given = 0
        self.optional_offered = 0
        self.forms: Counter[str] = Counter()

    def count(self, query: str, tools: Iterable[JsonMapping], calls: Iterable[JsonObject]) -> None:
        """Take note of one row."""
        offered = {tool["name"]: tool for tool in tools}
        said = query.casefold()
        in_words = None
        for call in calls:
            tool = offered.get(call.get("name"))
            if tool is None or not isinstance(call.get("arguments"), dict):
                continue
            self.calls += 1
            name, arguments = str(call["name"]), call["arguments"]
            optional, members = _parameters(tool)
            self.optional.setdefault(name, set()).update(optional)
            self.used.setdefault(name, set()).update(optional & set(arguments))
            self.optional_offered += len(optional)
            self.optional_given += len(optional & set(arguments))
            for parameter, values in members.items():
                key = f"{name}.{parameter}"
                self.members.setdefault(key, set()).update(values)
                if json.dumps(arguments.get(parameter)) in values:
                    self.used_members.setdefault(key, set()).add(json.dumps(arguments[parameter]))
            for value in arguments.values():
                if isinstance(value, bool | list | dict) or value is None:
                    continue
                if re.search(rf"(?<![\w.]){re.escape(str(value).casefold())}(?!\w|\.\d)", said):
                    self.forms["as written"] += 1
                    continue
                if in_words is None:
                    in_words = {reading for number in numbers_in(said) for reading in number.values}
                self.forms["number in words" if value in in_words else "otherwise"] += 1


def _parameters(tool: JsonMapping) -> tuple[set[str], dict[str, set[str]]]:
    """The optional parameters of a tool, and the permitted values of those that have some, as JSON."""
    parameters = tool.get("parameters") or {}
    schema = isinstance(parameters.get("properties"), dict)
    properties = parameters["properties"] if schema else parameters
    required = set(parameters.get("required") or ()) if schema else _required(properties)
    members = {
        name: {json.dumps(member) for member in one["enum"]}
        for name, one in properties.items()
        if isinstance(one, dict) and isinstance(one.get("enum"), list)
    }
    return set(properties) - required, members


def _required(flat: JsonMapping) -> set[str]:
    """The required ones of flat parameters: by `required`, else those without default and not marked optional."""
    if any(isinstance(one, dict) and "required" in one for one in flat.values()):
        return {name for name, one in flat.items() if isinstance(one, dict) and one.get("required")}
    return {
        name
        for name, one in flat.items()
        if isinstance(one, dict) and "optional" not in str(one.get("type")) and one.get("default") in (None, "")
    }


def _distinct(grams: Sequence[Sequence[object]]) -> float:
    total = sum(len(one) for one in grams)
    return len({gram for one in grams for gram in one}) / total if total else 0.0


def _self_similarity(sets: Sequence[frozenset[object]]) -> float:
    best = [0.0] * len(sets)
    for i, one in enumerate(sets):
        for j in range(i):
            shared = len(one & sets[j])
            if shared:
                likeness = shared / len(one | sets[j])
                best[i], best[j] = max(best[i], likeness), max(best[j], likeness)
    return sum(best) / len(best) if best else 0.0


def _share(used: Mapping[str, set[str]], of: Mapping[str, set[str]]) -> float:
    total = sum(len(one) for one in of.values())
    return sum(len(one) for one in used.values()) / total if total else 0.0
