"""One row explained: where every argument comes from, and what speaks against it."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from apigen_assets.domain.codec import read_calls, read_tools
from apigen_assets.verification.audit.read_rows import AuditRow
from apigen_assets.verification.grounding import Grounding, ground


class Explanation(NamedTuple):
    """What grounding sees of a row."""

    row: AuditRow
    grounding: Grounding | None
    """Null where the row cannot be read or its calls fail the format check."""
    problem: str
    """Why there is no grounding; empty where there is."""
    values: dict[str, str]
    """The value, as JSON, at each of grounding's places."""


def find_row(rows: Iterable[AuditRow], identity: str) -> AuditRow | None:
    """The first row of that id, or whose place in the file that is; null where there is none."""
    return next((row for row in rows if str(row.id) == identity), None)


def explain(row: AuditRow) -> Explanation:
    """Trace a row's arguments to its query."""
    if row.problem or row.query is None or row.tools is None or row.answers is None:
        return Explanation(row, None, row.problem or "the row has no query, tools or answers", {})
    try:
        calls = read_calls(row.answers)
        grounding = ground(row.query, read_tools(row.tools), calls, row.language)
    except (ValueError, KeyError, TypeError) as error:
        return Explanation(row, None, f"its calls or tools cannot be read: {str(error)[:300]}", {})
    values: dict[str, str] = {}
    for i, call in enumerate(calls):
        for name, value in call.arguments.items():
            values[f"{i}.{name}"] = json.dumps(value, ensure_ascii=False)
    return Explanation(row, grounding, "", values)
