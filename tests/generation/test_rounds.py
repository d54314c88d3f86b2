"""Rounds: verified rows of the round before, a few per API; candidates are added and never replaced."""

import json
from pathlib import Path

import polars as pl
import pytest

from apigen_assets.domain.candidate import Candidate
from apigen_assets.generation.rounds import RoundError, pool_of, read_other_rounds, read_pool, rows_of_round
from apigen_assets.generation.shown_examples import ShownExample
from resources.lake.lake import Lake

PARTITION = {"api_batch": "b", "generator": "g"}


def rows(count: int, round_: int | None, name: str = "f") -> pl.DataFrame:
    return Candidate.frame(
        Candidate(
            candidate_id=f"{name}{round_}-{i:03}",
            generator="g",
            batch="b",
            style="simple",
            query=f"{name} of {i}?",
            tools=[{"api_id": "1", "name": name, "description": "", "parameters": {"type": "object"}}],
            answers=[{"name": name, "arguments": {"x": i}}],
            prompt_id="simple/terse/de@12345678",
            completion_key=f"k{i}",
            round=round_,
        )
        for i in range(count)
    )


def test_a_pool_holds_a_few_rows_per_api_whatever_their_order() -> None:
    verified = pl.concat([rows(30, 1), rows(3, 1, "g")])
    pool = pool_of(verified, 8)
    assert sorted(one.answers[0].name for one in pool) == ["f"] * 8 + ["g"] * 3
    assert pool_of(verified.reverse(), 8) == pool
    assert {(one.origin, one.wording, one.language) for one in pool} == {("verified", "terse", "de")}


def test_a_round_shows_the_round_before_it_and_no_other() -> None:
    table = pl.concat([rows(2, 1), rows(3, 2, "g"), rows(1, None, "h")]).lazy()
    assert set(rows_of_round(table, 1)["query"].str.slice(0, 1)) == {"f", "h"}
    assert set(rows_of_round(table, 2)["query"].str.slice(0, 1)) == {"g"}
    assert rows_of_round(table.drop("round"), 1).height == 6
    assert rows_of_round(table.drop("round"), 2).height == 0


def test_candidates_of_other_rounds_stay_and_later_rounds_need_earlier_ones(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert read_other_rounds(lake, PARTITION, 1) == []
    with pytest.raises(RoundError, match="materialise round 1 first"):
        read_other_rounds(lake, PARTITION, 2)
    lake.write(pl.concat([rows(2, None), rows(3, 2)]).drop("repairs"), lake.path("raw_candidates", PARTITION))
    assert [frame["round"].to_list() for frame in read_other_rounds(lake, PARTITION, 2)] == [[1, 1]]
    assert [frame["round"].to_list() for frame in read_other_rounds(lake, PARTITION, 3)] == [[1, 1, 2, 2, 2]]
    assert [frame["round"].to_list() for frame in read_other_rounds(lake, PARTITION, 1)] == [[2, 2, 2]]


def test_the_pool_of_a_round_is_that_round_s_or_the_message_says_what_to_do(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert read_pool(lake, 1) == []
    with pytest.raises(RoundError, match="materialise verified_examples with `round: 2`"):
        read_pool(lake, 2)
    pool = ShownExample.frame(pool_of(rows(3, 1), 8)).with_columns(pl.lit(2, pl.Int64).alias("round"))
    lake.write(pool, lake.path("verified_examples"))
    assert len(read_pool(lake, 2)) == 3
    with pytest.raises(RoundError):
        read_pool(lake, 3)
    assert json.loads(pool["answers"][0])[0]["name"] == "f"
