"""Relevance rows: queries that no offered tool can serve, so that the answer is empty (paper, section 5.1).

Three kinds, each made from a verified row and each true by construction:
* `tool_removed`: the called tools are taken away, the others stay;
* `other_domain`: the tools are those of a row of another category;
* `argument_missing`: the value of a required argument is taken out of the query.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

KINDS = ("tool_removed", "argument_missing", "other_domain")

_VAGUE = {"string": "a certain one", "integer": "some number", "number": "some amount"}


def relevance_rows(verified: pl.DataFrame, categories: dict[str, str], count: int, seed: int) -> pl.DataFrame:
    """At most `count` relevance rows as candidates with empty answers and a `kind` column.

    Args:
        verified: rows of CHECKED_SCHEMA that make the data set.
        categories: category by API id; tools of another category are the foreign ones.
        count: how many rows are wanted; fewer come back when the verified rows do not give more.
        seed: seed of the draw.
    """
    rows = sorted(
        verified.select("candidate_id", "query", "tools", "answers", "generator", "batch", "style").iter_rows(
            named=True
        ),
        key=lambda row: _draw(seed, row["candidate_id"]),
    )
    foreign = _tools_by_category(rows, categories)
    made: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        if len(made) == count:
            break
        for turn in range(len(KINDS)):
            kind = KINDS[(index + turn) % len(KINDS)]
            new = _make(kind, row, categories, foreign, seed)
            if new is not None:
                made.append(new)
                break
    return pl.DataFrame(
        [{**new, "answers": "[]", "execution": "[]"} for new in made], schema=dict.fromkeys(_COLUMNS, pl.String)
    )


_COLUMNS = ("candidate_id", "query", "tools", "answers", "generator", "batch", "style", "execution", "kind")


def without_value(query: str, tool: dict[str, Any], arguments: dict[str, Any]) -> str | None:
    """The query with the value of one required argument made vague, or None where that cannot be done surely.

    A value qualifies when its parameter is required, has no default, and its text stands in the query exactly
    once as a whole word, while no other argument has the same text.
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
        return re.sub(pattern, _VAGUE.get(str(schema.get("type")), "a certain one"), query)
    return None


def _make(
    kind: str, row: dict[str, Any], categories: dict[str, str], foreign: dict[str, list[dict[str, Any]]], seed: int
) -> dict[str, Any] | None:
    tools: list[dict[str, Any]] = json.loads(row["tools"])
    calls: list[dict[str, Any]] = json.loads(row["answers"])
    called = {call["name"] for call in calls}
    query = row["query"]
    if kind == "tool_removed":
        offered = [tool for tool in tools if tool["name"] not in called]
    elif kind == "other_domain":
        own = {categories.get(tool["api_id"], "") for tool in tools}
        names = {tool["name"] for tool in tools}
        others = [tool for category, pool in sorted(foreign.items()) if category not in own for tool in pool]
        others = [tool for tool in others if tool["name"] not in names]
        offered = sorted(others, key=lambda tool: _draw(seed, row["candidate_id"] + tool["api_id"]))[: len(tools)]
    else:
        offered = tools
        vague = without_value(query, _tool(tools, calls[0]["name"]), calls[0]["arguments"]) if len(calls) == 1 else None
        if vague is None:
            return None
        query = vague
    if not offered:
        return None
    return {
        "candidate_id": row["candidate_id"],
        "query": query,
        "tools": json.dumps(offered, ensure_ascii=False),
        "generator": row["generator"],
        "batch": row["batch"],
        "style": row["style"],
        "kind": kind,
    }


def _tools_by_category(rows: Iterable[dict[str, Any]], categories: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    pools: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        for tool in json.loads(row["tools"]):
            pools.setdefault(categories.get(tool["api_id"], ""), {}).setdefault(tool["api_id"], tool)
    return {category: [pool[key] for key in sorted(pool)] for category, pool in pools.items()}


def _tool(tools: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(tool for tool in tools if tool["name"] == name)


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    return str(value) if str(value).strip() else None


def _draw(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()
