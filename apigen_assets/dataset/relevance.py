"""Relevance rows: queries that no offered tool can serve, so that the answer is empty (paper, section 5.1).

Three kinds, each made from a verified row and each checked:
* `tool_removed`: the called tools are taken away; the others stay, and near misses of the same categories, which do
  something else, take the places;
* `other_domain`: the tools are those of other categories, so that the request is out of their scope;
* `argument_missing`: the value of a required argument is taken out of the query, for every call that it asks for.

The queries of all kinds come from rows with calls of every style, with several calls as often as those, so that their
words do not give them away.

A tool that might serve the query after all is not a distractor here: `may_serve` tells, by its words and by its
parameters, and leans to yes.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from apigen_assets.dataset.facts import called_apis, draw
from apigen_assets.dataset.missing_value import missing_label, without_values
from apigen_assets.dataset.rewording import Gapped, Rewording
from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.verification.grounding.english import content_stems

KINDS = ("tool_removed", "argument_missing", "other_domain")

Tool = JsonObject

_COLUMNS = (
    "candidate_id", "query", "tools", "answers", "generator", "batch", "style", "execution", "kind", "source_apis",
    "refusal",
)  # fmt: skip

_SEVERAL_CALLS = (Style.PARALLEL.value, Style.PARALLEL_MULTIPLE.value)

ALIKE = 0.4
"""Tools whose names and descriptions share so many stems (of the smaller set) may do the same."""
ALIKE_AND_FITTING = 0.2
"""Enough where the tool also takes the arguments of the call."""
ASKED_FOR = 0.6
"""A tool may serve a query that says so many of its own stems."""

_NO_TOOL = (
    "None of the tools I have can do this.",
    "I cannot help with that using the tools available to me.",
    "The functions offered here do not cover this request.",
)
_NO_VALUE = (
    "I need one more detail before I can do this: {what}.",
    "Please tell me {what}, so that I can answer.",
    "Your request does not say {what}, which I need.",
)


class RelevanceRow(NamedTuple):
    """Relevance rows and what is missing."""

    rows: pl.DataFrame
    """Candidates with empty answers and `kind`, `source_apis`, `refusal`."""
    shortfall: dict[str, int]
    """Rows missing to a third of the wish, by kind."""
    refused: Mapping[str, int] = {}
    """Why queries that lack a value kept the words that it left, counted."""


def relevance_rows(
    chosen: pl.DataFrame,
    categories: Mapping[str, str],
    count: int,
    seed: int,
    refusal: bool = False,
    rewording: Rewording | None = None,
) -> RelevanceRow:
    """At most `count` relevance rows, a third of each kind and no two alike; a kind is not filled from another.

    Args:
        chosen: rows of CHECKED_SCHEMA that make the data set.
        categories: category by API id; tools of another category are the foreign ones.
        count: how many rows are wanted.
        seed: seed of the draw.
        refusal: whether rows say in words why there is no call.
        rewording: puts the queries that lack a value in other words; null keeps them as the value leaves them.
    """
    room = {kind: count // len(KINDS) + (place < count % len(KINDS)) for place, kind in enumerate(KINDS)}
    rows_made: list[JsonObject] = []
    seen: set[tuple[str, ...]] = set()
    used: set[str] = set()
    counts: Counter[str] = Counter()
    foreign = _Foreign(chosen["tools"], categories)
    columns = chosen.select("candidate_id", "query", "tools", "answers", "generator", "batch", "style")
    drawn = [draw(seed, key) for key in columns["candidate_id"]]
    ordered = columns.with_columns(pl.Series("_draw", drawn, dtype=pl.UInt64)).sort("_draw", "candidate_id")
    # A value can be taken out of a query for one call more often than out of one for several: these have a share of
    # their own first, and what they cannot fill goes to the others.
    several = columns.select(pl.col("style").is_in(_SEVERAL_CALLS).mean()).item() or 0.0
    most_single = math.ceil(room["argument_missing"] * (1 - several))
    # So do the functions: where one value is the whole request it goes easily, and such queries would be told by topic.
    calling = Counter(_first_called(row) for row in columns["answers"])
    most_calling = {
        name: math.ceil(room["argument_missing"] * number / columns.height) for name, number in calling.items()
    }
    for is_last in (False, True):
        for row in ordered.drop("_draw").iter_rows(named=True):
            open_kinds = [kind for kind in KINDS if counts[kind] < room[kind]]
            if not open_kinds:
                break
            if row["candidate_id"] in used:
                continue
            single, first = row["style"] not in _SEVERAL_CALLS, _first_called(row["answers"])
            for kind in sorted(open_kinds, key=lambda kind: counts[kind]):
                full = counts[f"calls {first}"] >= most_calling[first] or (single and counts["single"] >= most_single)
                if kind == "argument_missing" and full and not is_last:
                    continue
                new = _make(kind, row, categories, foreign, seed)
                if new is None:
                    continue
                # Queries that differ in one value are the same once it is taken out, in whatever way; and two that
                # differ without it may be left with the same words.
                keys = {relevance_key(text, new["tools"]) for text in (new.pop("key"), new["query"])}
                if not keys & seen:
                    seen |= keys
                    used.add(row["candidate_id"])
                    counts[kind] += 1
                    counts["single"] += kind == "argument_missing" and single
                    counts[f"calls {first}"] += kind == "argument_missing"
                    rows_made.append({**row, **new, "kind": kind, "refusal": new["refusal"] if refusal else None})
                    break
    refused = _reworded(rows_made, rewording, seen) if rewording is not None else {}
    table = pl.DataFrame(
        [{**{name: row.get(name) for name in _COLUMNS}, "answers": "[]", "execution": "[]"} for row in rows_made],
        schema=dict.fromkeys(_COLUMNS, pl.String),
    )
    return RelevanceRow(table, {kind: room[kind] - counts[kind] for kind in KINDS}, refused)


def _reworded(rows: list[JsonObject], rewording: Rewording, seen: set[tuple[str, ...]]) -> Mapping[str, int]:
    """Put the queries of rows that lack a value in other words, where those are nobody else's and no tool serves them.

    Returns:
        Why queries kept their words, counted.
    """
    lacking = [row for row in rows if row["kind"] == "argument_missing"]
    gapped = [_gapped(row) for row in lacking]
    answer = rewording.reword(gapped)
    refused = Counter(answer.refused)
    for row, one, query in zip(lacking, gapped, answer.queries, strict=True):
        if query == row["query"]:
            continue
        tools: list[Tool] = json.loads(row["tools"])
        names = {tool["name"] for tool in one.tools}
        uncalled = [tool for tool in tools if tool["name"] not in names]
        key = relevance_key(query, row["tools"])
        if key in seen:
            refused["another row's query"] += 1
        elif any(may_serve(tool, query, one.tools, one.calls) for tool in uncalled):
            refused["another tool may serve it"] += 1
        else:
            seen.add(key)
            row["query"] = query
    return refused


def _gapped(row: JsonObject) -> Gapped:
    calls: list[JsonObject] = json.loads(row["answers"])
    called = {call["name"] for call in calls}
    tools = tuple(tool for tool in json.loads(row["tools"]) if tool["name"] in called)
    return Gapped(row["query"], tools, tuple(calls), frozenset(tuple(one) for one in row["gone"]))


def relevance_key(query: str, tools: str) -> tuple[str, ...]:
    """Equal for relevance rows that are copies: same query, case and spaces aside, and tools of the same names."""
    return " ".join(query.casefold().split()), *sorted({tool["name"] for tool in json.loads(tools)})


def may_serve(tool: Tool, query: str, removed: Sequence[Tool], calls: Sequence[JsonObject]) -> bool:
    """Whether an offered tool might serve a query in place of the removed ones; leans to yes.

    It may where its name and description share their stems with those of a removed tool (0.4 of the smaller
    set, or 0.2 where it also takes the arguments of the call), or where the query says most of its own stems.
    """
    own = _stems(tool)
    if not own:
        return True
    name = _name_stems(tool)
    asked = content_stems(query)
    says_most = len(own & asked) >= 2 and len(own & asked) / len(own) >= ASKED_FOR
    if says_most or (name and name <= asked):
        return True
    arguments = {call["name"]: call["arguments"] for call in calls}
    for gone in removed:
        theirs = _stems(gone)
        shared = len(own & theirs) / max(1, min(len(own), len(theirs)))
        if shared >= ALIKE or (shared >= ALIKE_AND_FITTING and _fits(tool, arguments.get(gone["name"], {}))):
            return True
    return False


def _first_called(answers: str) -> str:
    return str(json.loads(answers)[0]["name"])


def _make(
    kind: str, row: JsonMapping, categories: Mapping[str, str], foreign: "_Foreign", seed: int
) -> JsonObject | None:
    tools: list[Tool] = json.loads(row["tools"])
    calls: list[JsonObject] = json.loads(row["answers"])
    called = {call["name"] for call in calls}
    removed = [tool for tool in tools if tool["name"] in called]
    uncalled = [tool for tool in tools if tool["name"] not in called]
    query = key = row["query"]
    gone: tuple[tuple[str, str], ...] = ()
    chance = random.Random(draw(seed, f"relevance:{row['candidate_id']}"))
    if kind == "tool_removed":
        offered = [tool for tool in uncalled if not may_serve(tool, query, removed, calls)]
        names = {tool["name"] for tool in tools}
        own = {categories.get(tool["api_id"], "Other") for tool in removed}
        for tool in foreign.near_misses(own, removed, names, chance):
            if len(offered) >= len(tools):
                break
            if not may_serve(tool, query, removed, calls):
                offered.append(tool)
        chance.shuffle(offered)
        words = chance.choice(_NO_TOOL)
    elif kind == "other_domain":
        own = {categories.get(tool["api_id"], "Other") for tool in tools}
        offered = foreign.draw(len(tools), own, {tool["name"] for tool in tools}, chance)
        offered = [tool for tool in offered if not may_serve(tool, query, removed, calls)]
        words = chance.choice(_NO_TOOL)
    else:
        by_name = {tool["name"]: tool for tool in removed}
        gap = without_values(query, by_name, calls, chance)
        if gap is None or any(may_serve(tool, query, removed, calls) for tool in uncalled):
            return None
        offered, query, key, gone = tools, gap.query, gap.key, gap.parameters
        missing = dict.fromkeys(missing_label(by_name[tool], name) for tool, name in gap.parameters)
        words = chance.choice(_NO_VALUE).format(what=" and ".join(missing))
    if not offered:
        return None
    return {
        "key": key,
        "gone": gone,
        "query": query,
        "tools": json.dumps(offered, ensure_ascii=False),
        "source_apis": dumps(called_apis(tools, calls)),
        "refusal": words,
    }


class _Foreign:
    """The tools of the data set by category, each once."""

    def __init__(self, texts: Iterable[str], categories: Mapping[str, str]) -> None:
        pools: dict[str, dict[str, Tool]] = {}
        for text in texts:
            for tool in json.loads(text):
                pools.setdefault(categories.get(tool["api_id"], "Other"), {}).setdefault(tool["api_id"], tool)
        self._pools = {category: [pools[category][key] for key in sorted(pools[category])] for category in pools}

    def near_misses(
        self, own: set[str], removed: Sequence[Tool], names: set[str], chance: random.Random
    ) -> Iterator[Tool]:
        """Tools of the own categories and other names, those that share most words with the removed ones first."""
        stems = frozenset().union(*(_stems(tool) for tool in removed))
        pool = [tool for category in sorted(own) for tool in self._pools.get(category, ())]
        ranked = sorted((-len(_stems(tool) & stems) + 2 * chance.random(), place) for place, tool in enumerate(pool))
        taken = set(names)
        for _, place in ranked:
            if pool[place]["name"] not in taken:
                taken.add(pool[place]["name"])
                yield pool[place]

    def draw(self, count: int, own: set[str], names: set[str], chance: random.Random) -> list[Tool]:
        """At most `count` tools of distinct names, none of the own categories or names."""
        pool = [tool for category in sorted(self._pools) if category not in own for tool in self._pools[category]]
        picked: dict[str, Tool] = {}
        for tool in chance.sample(pool, min(len(pool), 4 * count)):
            if tool["name"] not in names and len(picked) < count:
                picked.setdefault(tool["name"], tool)
        return list(picked.values())


def _fits(tool: Tool, arguments: JsonMapping) -> bool:
    """Whether a tool takes arguments of these kinds: as many of each type, and no required one more."""
    schema = tool["parameters"]
    required = schema.get("required") or ()
    properties = schema.get("properties") or {}
    kinds = Counter(_kind(value) for value in arguments.values())
    wanted = Counter(_json_kind(properties.get(name, {})) for name in required)
    return bool(arguments) and all(kinds[kind] >= number for kind, number in wanted.items())


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "string"


def _json_kind(schema: JsonMapping) -> str:
    kind = schema.get("type")
    return "number" if kind == "integer" else str(kind)


def _stems(tool: Tool) -> frozenset[str]:
    return _stems_of(f"{tool['name'].replace('_', ' ').replace('.', ' ')} {tool.get('description') or ''}")


def _name_stems(tool: Tool) -> frozenset[str]:
    return _stems_of(tool["name"].replace("_", " ").replace(".", " "))


@lru_cache(maxsize=20_000)
def _stems_of(text: str) -> frozenset[str]:
    return content_stems(text)
