"""Small tables for tests of the later stages."""

import json
from collections.abc import Sequence

import polars as pl

from apigen_assets.domain.style import style_of
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject


def tool(
    name: str, required: Sequence[str] = ("amount",), optional: Sequence[str] = (), api_id: str | None = None
) -> JsonObject:
    """A tool with number parameters."""
    return {
        "api_id": api_id or f"id-{name}",
        "name": name,
        "description": f"Does {name}.",
        "parameters": {
            "type": "object",
            "properties": {
                **{p: {"type": "number", "description": p} for p in required},
                **{p: {"type": "integer", "description": p, "default": 2} for p in optional},
            },
            "required": list(required),
        },
    }


def verified_row(
    candidate_id: str,
    query: str,
    tools: Sequence[JsonObject],
    calls: Sequence[tuple[str, JsonObject]],
    generator: str = "standin-small",
    batch: str = "b0",
) -> JsonObject:
    """One verified candidate."""
    return {
        "candidate_id": candidate_id,
        "generator": generator,
        "batch": batch,
        "style": style_of(len(tools), len(calls)).value,
        "query": query,
        "tools": dumps(tools),
        "answers": dumps([{"name": name, "arguments": arguments} for name, arguments in calls]),
        "thought": None,
        "prompt_id": "p",
        "completion_key": "k",
        "raw_text": None,
        "parse_error": None,
        "stage": "semantic",
        "passed": True,
        "reason": None,
        "detail": "",
        "execution": json.dumps([{"outcome": "ok", "result": "1"}]),
    }


def frame(rows: Sequence[JsonObject]) -> pl.DataFrame:
    """A CHECKED_SCHEMA frame."""
    return pl.DataFrame(rows, schema=CHECKED_SCHEMA, orient="row")
