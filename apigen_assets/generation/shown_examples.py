"""Examples shown to a generator: hand-written seeds, and verified rows of earlier rounds (paper, section 3.1)."""

import json
import re
from collections.abc import Iterable
from typing import ClassVar

import polars as pl

from apigen_assets.domain.call import Call
from apigen_assets.domain.record import Record
from apigen_assets.domain.style import Style, style_of
from apigen_assets.files.canonical import content_hash
from apigen_assets.functions.seed import Seed
from apigen_assets.generation.query_wording import wording_of


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
            "wording": pl.String,
            "language": pl.String,
        }
    )

    example_id: str
    style: Style
    query: str
    answers: list[Call]
    tools: list[str]
    origin: str
    """`seed`; `own` for a seed of the user's; `query` for a user's query without answers; `verified` for a row that
    passed all three stages in an earlier round; `built` for one made for a prompt."""
    wording: str | None = None
    """Name of the wording; null where it is not known."""
    language: str | None = None
    """Code of the query's language; null for English."""


def from_seeds(seeds: Iterable[Seed]) -> list[ShownExample]:
    """Seeds as examples, each once."""
    out: dict[str, ShownExample] = {}
    for seed in seeds:
        example = make_example(seed.query, list(seed.answers), list(seed.tools), "seed", wording_of(seed.query))
        out.setdefault(example.example_id, example)
    return list(out.values())


def from_verified(rows: pl.DataFrame, limit: int = 5_000) -> list[ShownExample]:
    """Verified candidates as examples, at most `limit`: those with the smallest ids, whatever their order here."""
    out = []
    for row in rows.sort("candidate_id").head(limit).iter_rows(named=True):
        answers = [Call.model_validate(call) for call in json.loads(row["answers"])]
        names = [tool["name"] for tool in json.loads(row["tools"])]
        wording, language = _of_prompt(row.get("prompt_id"))
        example = make_example(row["query"], answers, names, "verified", wording or wording_of(row["query"]), language)
        out.append(example)
    return out


def make_example(
    query: str,
    answers: list[Call],
    tools: list[str],
    origin: str,
    wording: str | None = None,
    language: str | None = None,
) -> ShownExample:
    """An example; its style follows from the counts, its id from what it says."""
    return ShownExample(
        example_id=content_hash([query, [call.model_dump() for call in answers], tools]),
        style=style_of(len(tools), len(answers)),
        query=query,
        answers=answers,
        tools=tools,
        origin=origin,
        wording=wording,
        language=language,
    )


def _of_prompt(prompt_id: str | None) -> tuple[str | None, str | None]:
    """Wording and language of `<style>/<wording>[/<language>]@<hash>`."""
    match = re.match(r"\w+/(\w+)(?:/(\w+))?@", prompt_id or "")
    return (match[1], match[2]) if match else (None, None)
