"""Good rows to damage: hand-written seeds, and verified rows."""

import json

import polars as pl

from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.record import in_schema
from apigen_assets.files.canonical import dumps


def seed_rows(seeds: pl.DataFrame, catalog: pl.DataFrame) -> pl.DataFrame:
    """Seeds (`query`, `answers`, `tools` as names) as candidates; those whose tools the catalog lacks are left out."""
    tools = {api.name: api.tool() for api in map(Api.from_row, catalog.iter_rows(named=True))}
    rows = []
    for seed in seeds.filter(pl.col("origin") == "seed").iter_rows(named=True):
        names = json.loads(seed["tools"])
        if all(name in tools for name in names):
            rows.append(
                {
                    **{name: "" if kind == pl.String else None for name, kind in Candidate.SCHEMA.items()},
                    "candidate_id": seed["example_id"],
                    "style": seed["style"],
                    "query": seed["query"],
                    "tools": dumps([tools[name] for name in names]),
                    "answers": seed["answers"],
                    **dict.fromkeys(("thought", "raw_text", "parse_error", "repairs")),
                }
            )
    return pl.DataFrame(rows, schema=Candidate.SCHEMA, orient="row")


def sampled(rows: pl.LazyFrame, count: int) -> pl.DataFrame:
    """`count` rows of a table of candidates: those with the smallest ids, which are hashes and so a fair draw."""
    return in_schema(rows, Candidate.SCHEMA).bottom_k(count, by="candidate_id").collect()
