"""Relevance rows: queries that no offered tool can serve, so that the answer is empty (paper, section 5.1).

Three kinds, each made from a verified row and each checked:
* `tool_removed`: the called tools are taken away, the others stay;
* `other_domain`: the tools are those of other categories;
* `argument_missing`: the value of a required argument is taken out of the query.

A tool that might serve the query after all is not a distractor here: `may_serve` tells, by its words and by its
parameters, and leans to yes.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from apigen_assets.dataset.facts import called_apis, draw
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.verification.grounding.arguments import Status
from apigen_assets.verification.grounding.english import content_stems
from apigen_assets.verification.grounding.grounding import ground

KINDS = ("tool_removed", "argument_missing", "other_domain")

Tool = JsonObject

_VAGUE = {"string": "a certain one", "integer": "some number", "number": "some amount"}
_COLUMNS = (
    "candidate_id", "query", "tools", "answers", "generator", "batch", "style", "execution", "kind", "source_apis",
    "refusal",
)  # fmt: skip

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


def relevance_rows(
    chosen: pl.DataFrame, categories: Mapping[str, str], count: int, seed: int, refusal: bool = False
) -> RelevanceRow:
    """At most `count` relevance rows, a third of each kind and no two alike; a kind is not filled from another.

    Args:
        chosen: rows of CHECKED_SCHEMA that make the data set.
        categories: category by API id; tools of another category are the foreign ones.
        count: how many rows are wanted.
        seed: seed of the draw.
        refusal: whether rows say in words why there is no call.
    """
    room = {kind: count // len(KINDS) + (place < count % len(KINDS)) for place, kind in enumerate(KINDS)}
    rows_made: list[JsonObject] = []
    seen: set[tuple[str, ...]] = set()
    counts: Counter[str] = Counter()
    foreign = _Foreign(chosen["tools"], categories)
    columns = chosen.select("candidate_id", "query", "tools", "answers", "generator", "batch", "style")
    drawn = [draw(seed, key) for key in columns["candidate_id"]]
    ordered = columns.with_columns(pl.Series("_draw", drawn, dtype=pl.UInt64)).sort("_draw", "candidate_id")
    for row in ordered.drop("_draw").iter_rows(named=True):
        open_kinds = [kind for kind in KINDS if counts[kind] < room[kind]]
        if not open_kinds:
            break
        for kind in sorted(open_kinds, key=lambda kind: counts[kind]):
            new = _make(kind, row, categories, foreign, seed)
            # Queries that differ in one value are the same once it is taken out.
            if new is not None and (key := relevance_key(new["query"], new["tools"])) not in seen:
                seen.add(key)
                counts[kind] += 1
                rows_made.append({**row, **new, "kind": kind, "refusal": new["refusal"] if refusal else None})
                break
    table = pl.DataFrame(
        [{**row, "answers": "[]", "execution": "[]"} for row in rows_made], schema=dict.fromkeys(_COLUMNS, pl.String)
    )
    return RelevanceRow(table, {kind: room[kind] - counts[kind] for kind in KINDS})


def relevance_key(query: str, tools: str) -> tuple[str, ...]:
    """Equal for relevance rows that are copies: same query, case and spaces aside, and tools of the same names."""
    return " ".join(query.casefold().split()), *sorted({tool["name"] for tool in json.loads(tools)})


def without_value(query: str, tool: Tool, arguments: JsonObject) -> tuple[str, str] | None:
    """The query with the value of one required argument made vague, and that parameter; None where unsure.

    A value qualifies when its parameter is required, has no default and no list of allowed values, its text
    stands in the query exactly once as a whole word while no other argument has the same text, and grounding
    does not find the value in the new query any more.
    """
    properties = tool["parameters"].get("properties", {})
    texts = [_text(value) for value in arguments.values()]
    for name in tool["parameters"].get("required", ()):
        schema, value = properties.get(name, {}), arguments.get(name)
        text = _text(value)
        if "default" in schema or text is None or texts.count(text) > 1 or "enum" in schema:
            continue
        pattern = rf"(?<![\w.,-])[\"'“]?{re.escape(text)}[\"'”]?(?![\w%]|[.,]\d)"
        if len(re.findall(pattern, query)) != 1 or query.count(text) != 1:
            continue
        vague = re.sub(pattern, _VAGUE.get(str(schema.get("type")), "a certain one"), query)
        if not _is_grounded(vague, tool, arguments, name):
            return vague, name
    return None


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


def _make(
    kind: str, row: JsonMapping, categories: Mapping[str, str], foreign: "_Foreign", seed: int
) -> JsonObject | None:
    tools: list[Tool] = json.loads(row["tools"])
    calls: list[JsonObject] = json.loads(row["answers"])
    called = {call["name"] for call in calls}
    removed = [tool for tool in tools if tool["name"] in called]
    uncalled = [tool for tool in tools if tool["name"] not in called]
    query = row["query"]
    chance = random.Random(draw(seed, f"relevance:{row['candidate_id']}"))
    if kind == "tool_removed":
        offered = [tool for tool in uncalled if not may_serve(tool, query, removed, calls)]
        words = chance.choice(_NO_TOOL)
    elif kind == "other_domain":
        own = {categories.get(tool["api_id"], "Other") for tool in tools}
        offered = foreign.draw(len(tools), own, {tool["name"] for tool in tools}, chance)
        offered = [tool for tool in offered if not may_serve(tool, query, removed, calls)]
        words = chance.choice(_NO_TOOL)
    else:
        shortened = without_value(query, removed[0], calls[0]["arguments"]) if len(calls) == 1 else None
        if shortened is None or any(may_serve(tool, query, removed, calls) for tool in uncalled):
            return None
        offered, (query, missing) = tools, shortened
        what = removed[0]["parameters"]["properties"][missing].get("description") or missing.replace("_", " ")
        words = chance.choice(_NO_VALUE).format(what=f"{missing.replace('_', ' ')} ({str(what).rstrip('. ')})")
    if not offered:
        return None
    return {
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

    def draw(self, count: int, own: set[str], names: set[str], chance: random.Random) -> list[Tool]:
        """At most `count` tools of distinct names, none of the own categories or names."""
        pool = [tool for category in sorted(self._pools) if category not in own for tool in self._pools[category]]
        picked: dict[str, Tool] = {}
        for tool in chance.sample(pool, min(len(pool), 4 * count)):
            if tool["name"] not in names and len(picked) < count:
                picked.setdefault(tool["name"], tool)
        return list(picked.values())


def _is_grounded(query: str, tool: Tool, arguments: JsonObject, name: str) -> bool:
    grounding = ground(query, [tool], [{"name": tool["name"], "arguments": arguments}])
    places = [status for place, status, _ in grounding.arguments if place.split(".", 1)[1].split("[")[0] == name]
    return any(status is Status.GROUNDED for status in places)


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


def _text(value: object) -> str | None:
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    return str(value) if str(value).strip() else None
