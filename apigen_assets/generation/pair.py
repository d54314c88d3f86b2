"""A pair of a query and its calls, as found in a completion."""

import json
from dataclasses import dataclass

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonValue

MAX_RAW = 20_000
"""Characters kept of a text that cannot be read."""


@dataclass(frozen=True)
class Pair:
    """One pair of a completion: readable (`answers` set) or not (`error` and `raw` set)."""

    query: str = ""
    answers: list[JsonValue] | None = None
    thought: str | None = None
    raw: str | None = None
    error: str | None = None
    """`<code>: <detail>`; the code is a reason of the format stage."""
    repairs: tuple[str, ...] = ()
    """What had to be forgiven; `respelled` a call in another spelling, `isolated` other text around, ..."""


def unwritable(query: str, answers: list[JsonValue]) -> str | None:
    """Why no table could hold the pair, if so."""
    try:
        dumps([query, answers]).encode()
    except UnicodeEncodeError:
        return "not_json: a lone surrogate is not a character"
    except ValueError:
        return "non_finite_number: a number is too large for a double"
    except RecursionError:
        return "too_deep: nested too deeply to be written"
    return None


def is_text(text: str) -> bool:
    """Whether a table could hold a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def raw_text(value: object) -> str:
    """A value as text, for people who look at what was written."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except (ValueError, RecursionError):
        return repr(type(value).__name__)
