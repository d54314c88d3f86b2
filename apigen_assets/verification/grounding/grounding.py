"""Grounding of one row: match every argument with the query, then judge what is left on both sides.

Precision first. An argument is `ungrounded` only where the query gives evidence against it: it says another value
that no argument uses, another member of the enum, another date; or an optional argument that nothing in the query
asks for. Whatever could follow from knowledge or wording stays `undecided`, for the judge.
"""

from typing import NamedTuple

from apigen_assets.domain.reason import Reason
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.verification.grounding.arguments import Status, leaves_of
from apigen_assets.verification.grounding.matching import judge_absent, match_leaf
from apigen_assets.verification.grounding.placing import (
    find_broken_query,
    find_misplaced,
    find_omitted,
    find_wrong_tool,
)
from apigen_assets.verification.grounding.query import Query

GROUNDING_VERSION = content_hash(["grounding", 2], 8)
"""Raised by hand when a rule changes."""

_ORDER = {str: 0, bool: 2, int: 1, float: 1}


class Grounding(NamedTuple):
    """What grounding says of a row."""

    status: Status
    """`ungrounded` where one argument is, else `undecided` where one is, else `grounded`."""
    rejection: tuple[Reason, str] | None
    """Reason and detail where the row is surely wrong."""
    arguments: tuple[tuple[str, Status, str], ...] = ()
    """Per value its place (`1.rate`, `0.points[2].x`), its status and why."""


def ground(query: str, tools: list[JsonObject], calls: list[JsonObject]) -> Grounding:
    """Trace every argument value of a row's calls to its query.

    Args:
        query: the query.
        tools: the tools offered, `{name, description, parameters}` with a JSON Schema.
        calls: calls that passed the format check.
    """
    text = Query(query)
    by_name = {tool["name"]: tool for tool in tools}
    leaves = [
        leaf
        for i, call in enumerate(calls)
        if call["name"] in by_name
        for leaf in leaves_of(i, call, by_name[call["name"]])
    ]
    # Texts first, the longest first: a number inside a quoted text is part of it.
    order = sorted(
        leaves,
        key=lambda leaf: (_ORDER.get(type(leaf.value), 3), -len(str(leaf.value)) if isinstance(leaf.value, str) else 0),
    )
    for leaf in order:
        match_leaf(leaf, text)
    for leaf in order:
        if not leaf.matched:
            judge_absent(leaf, text, leaves)
    arguments = tuple((leaf.place, leaf.status, leaf.why) for leaf in leaves)
    wrong = next((leaf for leaf in leaves if leaf.status is Status.UNGROUNDED), None)
    if wrong is not None:
        return Grounding(Status.UNGROUNDED, (Reason.UNGROUNDED, f"grounding: {wrong.place}: {wrong.why}"), arguments)
    problem = find_misplaced(leaves, text, by_name, calls) or find_omitted(leaves, text, by_name, calls)
    if problem is not None:
        return Grounding(Status.UNGROUNDED, (Reason.WRONG_ARGUMENTS, f"grounding: {problem}"), arguments)
    problem = find_broken_query(leaves, text)
    if problem is not None:
        return Grounding(Status.UNGROUNDED, (Reason.UNGROUNDED, f"grounding: {problem}"), arguments)
    problem = find_wrong_tool(text, by_name, calls)
    if problem is not None:
        return Grounding(Status.UNGROUNDED, (Reason.WRONG_FUNCTION, f"grounding: {problem}"), arguments)
    undecided = any(leaf.status is Status.UNDECIDED for leaf in leaves)
    return Grounding(Status.UNDECIDED if undecided else Status.GROUNDED, None, arguments)


__all__ = ["GROUNDING_VERSION", "Grounding", "Status", "ground"]
