"""What composition needs to know of a verified row, read once, in bounded memory."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from apigen_assets.dataset.query_words import text_hash
from apigen_assets.files.canonical import plain_numbers
from apigen_assets.files.json_types import JsonObject

_NEEDED = ("candidate_id", "generator", "style", "query", "tools", "answers")
_CHUNK = 20_000
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

FACTS_SCHEMA = pl.Schema(
    [
        ("candidate_id", pl.String()),
        ("generator", pl.Categorical()),
        ("style", pl.Categorical()),
        ("category", pl.Categorical()),
        ("draw", pl.UInt64()),
        ("exact", pl.UInt64()),
        ("calls", pl.UInt64()),
        ("functions", pl.UInt64()),
        ("has_arguments", pl.Boolean()),
        ("apis", pl.List(pl.UInt64())),
    ]
)
"""Per verified row: its place in the draw, and hashes of the query with the calls, of the calls, of the functions."""


def batches(verified: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The needed columns in the order of the table, chunk by chunk."""
    yield from verified.select(_NEEDED).collect_batches(chunk_size=_CHUNK, maintain_order=True)


def facts_of(batch: pl.DataFrame, seed: int, categories: Mapping[str, str]) -> pl.DataFrame:
    """`FACTS_SCHEMA` of some verified rows."""
    rows = [_facts(row, seed, categories) for row in batch.select(_NEEDED).iter_rows()]
    return pl.DataFrame(rows, schema=FACTS_SCHEMA, orient="row")


def called_apis(tools: list[JsonObject], calls: list[JsonObject]) -> list[str]:
    """Ids of the APIs called, each once, in the order of the calls."""
    ids = {tool["name"]: tool["api_id"] for tool in tools}
    return list(dict.fromkeys(ids[call["name"]] for call in calls))


def canonical_calls(calls: list[JsonObject]) -> list[str]:
    """The calls in one spelling: any order of the calls and of the arguments, 2 and 2.0 alike."""
    return sorted(_ENCODE([call["name"], plain_numbers(call["arguments"])]) for call in calls)


def _facts(row: tuple[Any, ...], seed: int, categories: Mapping[str, str]) -> tuple[Any, ...]:
    candidate_id, generator, style, query, tools_text, answers = row
    tools: list[JsonObject] = json.loads(tools_text)
    calls: list[JsonObject] = json.loads(answers)
    apis = called_apis(tools, calls)
    spelled = canonical_calls(calls)
    return (
        candidate_id,
        generator,
        style,
        categories.get(apis[0], "Other") if apis else "Other",
        draw(seed, candidate_id),
        text_hash(" ".join(str(query).casefold().split()) + "\0" + "\0".join(spelled)),
        text_hash("\0".join([style, *spelled])),
        text_hash("\0".join(sorted({call["name"] for call in calls}))),
        all(call["arguments"] for call in calls),
        [text_hash(api) for api in apis],
    )


def draw(seed: int, key: str) -> int:
    """The place of a row in the seeded order: a number that depends on nothing else."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest(), "big")
