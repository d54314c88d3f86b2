"""The packaged pairs.

The sets: `llm`, written by a large language model for this program's own prompts and labelled before any verdict was
seen; `hand`, written by people for kinds of mistakes, before the rules were tried on them; `languages`, the same in
ten languages; `small`, written by small models; `varied`, with functions of their own and built-in ones, as a large
model writes, in eleven parts by id (`varied-*` to `varied11-*`), each labelled before any verdict on it was seen,
`varied6-*`, `varied7-*`, `varied9-*`, `varied10-*` and `varied11-*` by authors who had not read the rules.

`pairs.jsonl` names tools by key, `tools.jsonl` holds them.
"""

import json
from functools import cache
from importlib.resources import files

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject

CORPUS_SCHEMA = pl.Schema(
    [
        *Candidate.SCHEMA.items(),
        ("set", pl.String),
        ("language", pl.String),
        ("truth", pl.String),
        ("why", pl.String),
    ]
)
"""Candidates with their label: `truth` is `good` or `bad`, `why` says what is wrong with a bad one."""


@cache
def _text(name: str) -> list[JsonObject]:
    text = files("apigen_assets.verification.corpus").joinpath(name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@cache
def labelled_pairs() -> pl.DataFrame:
    """Every pair, in the file's order.

    Returns:
        A frame of `CORPUS_SCHEMA`. `answers` is null for pairs that were no JSON.
    """
    tools = {entry["key"]: entry["tool"] for entry in _text("tools.jsonl")}
    rows = []
    for pair in _text("pairs.jsonl"):
        offered = [tools[key] for key in pair["tools"]]
        rows.append(
            {
                **{name: "" if kind == pl.String else None for name, kind in CORPUS_SCHEMA.items()},
                "candidate_id": pair["id"],
                "style": pair["style"],
                "query": pair["query"],
                "tools": dumps([{"api_id": tool["name"], **tool} for tool in offered]),
                "answers": None if pair["answers"] is None else dumps(pair["answers"]),
                "thought": None,
                "raw_text": None if pair["answers"] is not None else pair["why"],
                "parse_error": None if pair["answers"] is not None else "not_json: the pair was no JSON",
                "set": pair["set"],
                "language": pair["language"],
                "truth": pair["truth"],
                "why": pair["why"],
            }
        )
    return pl.DataFrame(rows, schema=CORPUS_SCHEMA, orient="row")
