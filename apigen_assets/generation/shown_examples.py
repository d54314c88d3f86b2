"""Examples shown to a generator: hand-written seeds, and verified rows of earlier rounds (paper, section 3.1)."""

import json
from collections.abc import Iterable
from typing import ClassVar

import polars as pl

from apigen_assets.domain.call import Call
from apigen_assets.domain.record import Record
from apigen_assets.domain.style import Style, style_of
from apigen_assets.files.canonical import content_hash
from apigen_assets.functions.seed import Seed


class ShownExample(Record):
    """One query with the calls that answer it, and the names of the tools that were offered."""

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "example_id": pl.String,
            "style": pl.String,
            "query": pl.String,
            "answers": pl.String,
            "tools": pl.String,
            "origin": pl.String,
        }
    )

    example_id: str
    style: Style
    query: str
    answers: list[Call]
    tools: list[str]
    origin: str
    """`seed`, or `verified` for a row that passed all three stages in an earlier round."""


def from_seeds(seeds: Iterable[Seed]) -> list[ShownExample]:
    """Seeds as examples, each once."""
    out: dict[str, ShownExample] = {}
    for seed in seeds:
        answers = list(seed.answers)
        one = _example(seed.query, answers, list(seed.tools), "seed")
        out.setdefault(one.example_id, one)
    return list(out.values())


def from_verified(rows: pl.DataFrame, limit: int = 5_000) -> list[ShownExample]:
    """Verified candidates as examples, at most `limit`: those with the smallest ids, whatever their order here."""
    out = []
    for row in rows.sort("candidate_id").head(limit).iter_rows(named=True):
        answers = [Call.model_validate(call) for call in json.loads(row["answers"])]
        names = [tool["name"] for tool in json.loads(row["tools"])]
        out.append(_example(row["query"], answers, names, "verified"))
    return out


def _example(query: str, answers: list[Call], tools: list[str], origin: str) -> ShownExample:
    return ShownExample(
        example_id=content_hash([query, [call.model_dump() for call in answers], tools]),
        style=style_of(len(tools), len(answers)),
        query=query,
        answers=answers,
        tools=tools,
        origin=origin,
    )
