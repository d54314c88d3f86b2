"""A candidate: one query-answer pair as a generator wrote it, before any check (paper, section 3.1)."""

import re
from typing import ClassVar

import polars as pl

from apigen_assets.domain.record import Record
from apigen_assets.domain.style import Style
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject, JsonValue


class Candidate(Record):
    """One pair out of one completion, or a completion that could not be parsed at all.

    `answers` is null exactly when the pair could not be parsed into calls; `raw_text` then holds what was
    written and `parse_error` the reason, so that the format stage can reject it with both. A pair that was read and
    repeats its prompt has `answers` and a `parse_error` of the kind `copied_example`.
    """

    SCHEMA: ClassVar[pl.Schema] = pl.Schema(
        {
            "candidate_id": pl.String,
            "generator": pl.String,
            "batch": pl.String,
            "style": pl.String,
            "query": pl.String,
            "tools": pl.String,
            "answers": pl.String,
            "thought": pl.String,
            "prompt_id": pl.String,
            "completion_key": pl.String,
            "raw_text": pl.String,
            "parse_error": pl.String,
            "repairs": pl.String,
            "round": pl.Int64,
        }
    )

    candidate_id: str
    generator: str
    batch: str
    style: Style
    """The style that the pair has, by its counts; the style asked for where it cannot be read or calls nothing."""
    query: str
    tools: list[JsonObject]
    """The tools offered, as `Api.tool()` gave them: `{api_id, name, description, parameters}`."""
    answers: list[JsonValue] | None
    """The calls as written. Not validated here: whether they are calls is the format stage's question."""
    thought: str | None = None
    prompt_id: str
    completion_key: str
    """Key of the completion in the journal; one completion gives several candidates."""
    raw_text: str | None = None
    parse_error: str | None = None
    repairs: list[str] | None = None
    """What had to be forgiven so that the pair could be read, by name; null in tables of before these were noted."""
    round: int | None = None
    """Round of generation, from 1; null in tables of earlier versions, which had one."""


_PROMPT_LANGUAGE = re.compile(r"[^/@]*/[^/@]*/([a-z]{2})(?:-[A-Za-z]+)?@")


def stated_language(prompt_id: str | None) -> str | None:
    """The language that a candidate's prompt asked its queries in, as an ISO 639-1 code.

    Args:
        prompt_id: `<style>/<wording>[/<language>]@<hash>`.

    Returns:
        The code; null where the prompt names none.
    """
    match = _PROMPT_LANGUAGE.match(prompt_id or "")
    return match[1] if match else None


def make_candidate_id(completion_key: str, index: int) -> str:
    """Id of the `index`-th pair of a completion: stable over re-runs, distinct for every pair."""
    return content_hash([completion_key, index])
