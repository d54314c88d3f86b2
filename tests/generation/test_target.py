"""A goal in verified rows per style: the pass rate is learned, what is missing is asked for, and no more."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.style import Style
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.reached import partition_yield
from apigen_assets.generation.samplers import Sampler
from apigen_assets.generation.shown_examples import from_seeds
from apigen_assets.generation.target import HOPELESS, MOST_TIMES, Yield, draws_of, missing, prompts_wanted
from apigen_assets.settings import settings
from resources.lake.lake import Lake
from sensors.verified_goal import further_run
from tests.generation.test_assets import BATCH, metadata, run

STYLES = list(Style)


def test_what_is_not_known_is_expected_to_pass_and_what_is_known_counts() -> None:
    assert set(prompts_wanted(20, 5, {}).values()) == {4}
    half: dict[str, Yield] = {style: Yield(4, 10) for style in STYLES}
    assert set(prompts_wanted(20, 5, half).values()) == {8}
    elsewhere: dict[str, Yield] = {style: Yield(100, 100) for style in STYLES}
    assert set(prompts_wanted(20, 5, {}, elsewhere).values()) == {16}
    mixed = prompts_wanted(20, 5, {"simple": Yield(6, 21), "multiple": Yield(6, 20), "parallel": Yield(6, 18)})
    assert mixed == {"simple": 6, "multiple": 6, "parallel": 7, "parallel_multiple": 4}


def test_it_ends_where_nothing_passes_and_at_a_most() -> None:
    assert prompts_wanted(20, 5, {"simple": Yield(HOPELESS, 0)})["simple"] == HOPELESS
    assert prompts_wanted(1_000, 5, {"simple": Yield(200 * MOST_TIMES, 10)})["simple"] == 200 * MOST_TIMES
    assert sum(prompts_wanted(1_000, 5, {}, most=37).values()) == 37
    asked = {"simple": Yield(30, 3)}
    assert prompts_wanted(1_000, 5, asked, most=37)["simple"] >= 30


@given(rate=st.floats(0.02, 1.0), goal=st.integers(1, 400), pairs=st.integers(1, 8), seed=st.integers(0, 99))
@hypothesis_settings(max_examples=60, deadline=None)
def test_the_goal_is_met_in_few_steps_and_little_is_asked_beyond_it(
    rate: float, goal: int, pairs: int, seed: int
) -> None:
    rng = random.Random(seed)
    passed: list[int] = []
    steps = 0
    while True:
        so_far = {"simple": Yield(len(passed), sum(passed))}
        wanted = prompts_wanted(goal, pairs, so_far)["simple"]
        if wanted == len(passed):
            break
        assert wanted > len(passed)
        before = sum(passed)
        passed += [sum(rng.random() < rate for _ in range(pairs)) for _ in range(wanted - len(passed))]
        steps += 1
        if before:
            # At most what the rate so far promises, and never more than was asked before.
            assert len(passed) <= 2 * so_far["simple"].prompts
    least = -(-goal // pairs)
    assert sum(passed) >= goal or len(passed) >= min(HOPELESS, MOST_TIMES * least)
    assert len(passed) <= max(HOPELESS * 2, MOST_TIMES * least)
    assert steps < 40


def test_more_prompts_of_a_style_leave_the_others_as_they_were() -> None:
    apis = import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis[:20]
    sampler = Sampler(apis, from_seeds(all_seeds()), 1, "b")
    few = [draw.index for draw in draws_of(sampler, {"simple": 2, "parallel": 3})]
    draws = list(draws_of(sampler, {"simple": 2, "parallel": 7}))
    assert Counter(draw.style for draw in draws) == {"simple": 2, "parallel": 7}
    assert set(few) < {draw.index for draw in draws}
    alone = Sampler(apis[:1], from_seeds(all_seeds()), 1, "b")
    assert {draw.style for draw in draws_of(alone, {"simple": 2, "multiple": 2})} == {"simple"}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("api_batch", [BATCH])
        yield instance


def verify(lake: Lake, share: float) -> pl.DataFrame:
    """Stands for the stages: so many of a partition's candidates are verified, the others rejected."""
    partition = {"api_batch": BATCH, "generator": "standin-large"}
    rows = lake.scan_paths([lake.path("raw_candidates", partition)]).collect()
    passed = rows.filter(pl.int_range(pl.len()).over("style") < pl.len().over("style") * share)
    lake.write(passed, lake.path("semantic_verified", partition))
    rest = rows.filter(~pl.col("candidate_id").is_in(passed["candidate_id"].implode()))
    lake.write(rest, lake.path("format_rejected", partition))
    return passed


def test_a_partition_asks_for_what_its_verified_rows_lack_and_no_more(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_VERIFIED_PER_STYLE", "10")
    settings.cache_clear()
    lake = Lake(str(tmp_path / "lake"))
    first = metadata(run(instance, tmp_path))
    assert first["prompts"] == 8
    assert first["verified_wanted_per_style"] == 10
    # Not judged yet: asked again, it asks for the same, which the journal answers.
    again = metadata(run(instance, tmp_path))
    assert (again["prompts"], again["asked"]) == (8, 0)
    verify(lake, 0.5)
    second = metadata(run(instance, tmp_path))
    assert all(4 <= lacking <= 6 for lacking in second["missing_before"].values())
    assert second["asked"] == sum(second["further_prompts"].values()) == 8
    verify(lake, 0.5)
    third = metadata(run(instance, tmp_path))
    assert third["asked"] == sum(third["further_prompts"].values()) <= 4
    verify(lake, 0.9)
    met = metadata(run(instance, tmp_path))
    assert (met["missing_before"], met["asked"]) == ({}, 0)
    settings.cache_clear()


KEYS = {"api_batch": BATCH, "generator": "standin-large"}
PARTITION = f"{BATCH}|standin-large"


def goal_run(
    instance: dg.DagsterInstance, tmp_path: Path, share: float, **config: Any
) -> dg.RunRequest | dg.SkipReason:
    """What the sensor says once so many of the candidates of a further run are verified."""
    lake = Lake(str(tmp_path / "lake"))
    run(instance, tmp_path, **config)
    verify(lake, share)
    return further_run(instance, lake, settings(), PARTITION, KEYS)


def test_the_sensor_asks_until_the_goal_is_met_and_each_state_once(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_VERIFIED_PER_STYLE", "10")
    settings.cache_clear()
    first = goal_run(instance, tmp_path, 0.5)
    assert isinstance(first, dg.RunRequest) and first.partition_key == PARTITION
    again = further_run(instance, Lake(str(tmp_path / "lake")), settings(), PARTITION, KEYS)
    assert isinstance(again, dg.RunRequest) and again.run_key == first.run_key
    keys = [first.run_key]
    while isinstance(said := goal_run(instance, tmp_path, 0.5), dg.RunRequest):
        keys.append(said.run_key)
        assert len(keys) < 8
    assert len(set(keys)) == len(keys)
    so_far, _ = partition_yield(Lake(str(tmp_path / "lake")), KEYS, 1)
    assert not missing(10, so_far)
    settings.cache_clear()


@pytest.mark.parametrize(("share", "budget"), [(0.0, None), (0.5, 9_000)])
def test_the_sensor_ends_where_nothing_passes_and_at_a_budget(
    share: float,
    budget: int | None,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APIGEN_VERIFIED_PER_STYLE", "10")
    settings.cache_clear()
    keys: list[str] = []
    for _ in range(12):
        said = goal_run(instance, tmp_path, share, token_budget=budget)
        if isinstance(said, dg.SkipReason):
            break
        assert said.run_key is not None
        keys.append(said.run_key)
    assert isinstance(said, dg.SkipReason), keys
    assert ("budget" in str(said.skip_message)) == (budget is not None)
    assert keys or budget
    settings.cache_clear()


def test_without_a_goal_or_a_verdict_for_every_row_the_sensor_is_quiet(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(str(tmp_path / "lake"))
    run(instance, tmp_path)
    assert isinstance(further_run(instance, lake, settings(), PARTITION, KEYS), dg.SkipReason)
    monkeypatch.setenv("APIGEN_VERIFIED_PER_STYLE", "10")
    settings.cache_clear()
    run(instance, tmp_path)
    said = further_run(instance, lake, settings(), PARTITION, KEYS)
    assert isinstance(said, dg.SkipReason) and "not judged" in str(said.skip_message)
    settings.cache_clear()
