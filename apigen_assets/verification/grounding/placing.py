"""Values at the wrong parameter, and values of the query that no argument took."""

import itertools
import re
from typing import Any

from apigen_assets.verification.grounding.arguments import Leaf, enum_of, parameter_cues
from apigen_assets.verification.grounding.matching import mentions, near_cues, unused_numbers
from apigen_assets.verification.grounding.text import Query, Span
from apigen_assets.verification.grounding.words import content_stems, fold, stem

_MONEY = frozenset(
    map(
        stem,
        [
            "price",
            "amount",
            "principal",
            "cost",
            "income",
            "balance",
            "salary",
            "payment",
            "money",
            "loan",
            "revenue",
            "deposit",
            "fee",
            "budget",
            "investment",
        ],
    )
)
_SHARES = frozenset(
    map(
        stem,
        [
            "rate",
            "percent",
            "percentage",
            "probability",
            "discount",
            "tax",
            "margin",
            "share",
            "interest",
            "markup",
            "growth",
            "confidence",
        ],
    )
)
_SPANS_OF_TIME = frozenset(
    map(stem, ["time", "period", "duration", "term", "year", "month", "day", "hour", "minute", "second", "week", "age"])
)
_ORIGINS = frozenset({"from", "source", "origin"})
_GOALS = frozenset({"to", "target", "destination"})


def find_misplaced(
    leaves: list[Leaf], query: Query, tools: dict[str, dict[str, Any]], calls: list[dict[str, Any]]
) -> str | None:
    """Two values of one call that the words beside them assign the other way round."""
    for _, group in itertools.groupby(leaves, key=lambda leaf: leaf.call):
        own = [leaf for leaf in group if leaf.matched and leaf.spans and not leaf.in_list and not leaf.path]
        for one, two in itertools.combinations(own, 2):
            if isinstance(one.value, str) != isinstance(two.value, str) or one.value == two.value:
                continue
            if isinstance(one.value, bool) or isinstance(two.value, bool):
                continue
            if enum_of(one.schema) != enum_of(two.schema) or _shape(one.value) != _shape(two.value):
                continue
            if len(one.spans) > 1 or len(two.spans) > 1 or one.spans[0] == two.spans[0]:
                continue
            straight = _fit(one, one.spans[0], query) + _fit(two, two.spans[0], query)
            crossed = _fit(one, two.spans[0], query) + _fit(two, one.spans[0], query)
            if crossed >= straight + 2 or (crossed > straight == 0):
                return (
                    f"{one.place} = {one.value!r} and {two.place} = {two.value!r} are swapped by the words beside them"
                )
    return None


def _shape(value: Any) -> str:
    """Kind of a value as far as two parameters could exchange theirs."""
    if not isinstance(value, str):
        return "number"
    if re.search(r"\d", value):
        return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", value))
    return "text"


def _fit(leaf: Leaf, span: Span, query: Query) -> int:
    """How many things beside a place in the query speak for a parameter."""
    cues = leaf.cues
    score = len(near_cues(query, span) & cues)
    before, after = query.text[max(0, span[0] - 2) : span[0]].strip(), query.text[span[1] : span[1] + 9].strip()
    inside = query.text[slice(*span)]
    if (inside[:1] in "$€£" or before in {"$", "€", "£"}) and cues & _MONEY:
        score += 1
    if ("%" in inside or after.startswith(("%", "percent"))) and cues & _SHARES:
        score += 1
    follower = re.match(r"[\s-]*([a-z]+)", query.text[span[1] :])
    if follower and stem(follower.group(1)) in _SPANS_OF_TIME and cues & _SPANS_OF_TIME:
        score += 1
    leader = re.search(r"([a-z]+)\s*[\"'$€£]?$", query.text[: span[0]])
    names = set(fold(leaf.parameter).split("_"))
    if leader:
        word = leader.group(1)
        if word == "from" and names & _ORIGINS:
            score += 1
        if word in {"to", "into", "until", "till"} and names & _GOALS:
            score += 1
    return score


def find_omitted(
    leaves: list[Leaf], query: Query, tools: dict[str, dict[str, Any]], calls: list[dict[str, Any]]
) -> str | None:
    """A value of the query that belongs to an optional parameter which the call leaves out."""
    unused = unused_numbers(query)
    for i, call in enumerate(calls):
        tool = tools.get(call["name"])
        if tool is None:
            continue
        properties = (tool.get("parameters") or {}).get("properties") or {}
        for name, schema in properties.items():
            if name in call["arguments"] or not isinstance(schema, dict):
                continue
            cues = parameter_cues(tool, name)
            if {"integer", "number"} & set(schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")]):
                for one in unused:
                    if near_cues(query, (one.start, one.end)) & cues:
                        said = query.text[one.start : one.end].strip()
                        return f"{i}.{name}: left out, though the query says {said}"
            members = enum_of(schema)
            if members and len(calls) == 1:
                of_tool = content_stems(f"{tool.get('name', '')} {tool.get('description') or ''}".replace("_", " "))
                for member in members:
                    if member == schema.get("default") or content_stems(member) & of_tool:
                        continue
                    if any(not query.is_used(*span) for span in mentions(member, query)) and not mentions(
                        str(schema.get("default")), query
                    ):
                        return f"{i}.{name}: left out, though the query says {member!r}"
    return None
