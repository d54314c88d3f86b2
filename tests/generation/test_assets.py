"""The assets: materialised through Dagster with the real lake, resource and stand-in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate
from apigen_assets.generation.assets import raw_candidates, seed_examples, verified_examples
from apigen_assets.generation.checks import as_many_as_asked_for, every_pair_is_accounted_for
from apigen_assets.partitions import api_batches, batch_by_generator
from apigen_assets.settings import settings
from apigen_assets.verification.stages.format import check_format
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import Lake
from resources.llm.resource import LlmResource

BATCH = "b1"


@dg.asset(partitions_def=api_batches, io_manager_key="lake")
def filtered_api_catalog(context: dg.AssetExecutionContext) -> pl.DataFrame:
    apis = import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis[:15]
    return Api.frame([] if context.partition_key == "empty" else apis)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("api_batch", [BATCH, "empty"])
        yield instance


def llm(**more: Any) -> LlmResource:
    return LlmResource.from_settings(settings().model_copy(update=more))


def run(
    instance: dg.DagsterInstance,
    tmp_path: Path,
    generator: str = "standin-large",
    batch: str = BATCH,
    config: dict[str, Any] | None = None,
    **more: Any,
) -> dg.ExecuteInProcessResult:
    resources = {"lake": LakeIOManager(Lake(str(tmp_path / "lake"))), "llm": llm(**more), "settings": settings()}
    assets = [filtered_api_catalog, seed_examples, raw_candidates]
    common: dict[str, Any] = {"instance": instance, "resources": resources}
    assert dg.materialize(assets, selection=["filtered_api_catalog"], partition_key=batch, **common).success
    assert dg.materialize(assets, selection=["seed_examples"], **common).success
    key = dg.MultiPartitionKey({"api_batch": batch, "generator": generator})
    return dg.materialize(
        [*assets, as_many_as_asked_for, every_pair_is_accounted_for],
        selection=["raw_candidates"],
        partition_key=key,
        raise_on_error=False,
        run_config={"ops": {"raw_candidates": {"config": config or {}}}},
        **common,
    )


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    [made] = result.asset_materializations_for_node("raw_candidates")
    return {name: value.value for name, value in made.metadata.items()}


def test_a_partition_is_written_with_counts_and_samples_and_repeated_from_the_journal(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "60")
    settings.cache_clear()
    first = run(instance, tmp_path)
    assert first.success
    frame = Lake(str(tmp_path / "lake")).scan("raw_candidates").collect()
    assert frame.schema == Candidate.SCHEMA
    assert frame.height == 60
    assert set(frame["generator"]) == {"standin-large"}
    assert set(frame["batch"]) == {BATCH}
    said = metadata(first)
    assert said["candidates"] == 60
    assert said["asked"] == said["prompts"] >= 12
    assert said["stand_in"] is True
    assert "| style |" in str(said["samples"])
    assert all(check.passed for check in first.get_asset_check_evaluations())
    again = metadata(run(instance, tmp_path))
    assert again["asked"] == 0
    assert again["from_journal"] == said["prompts"]
    assert Lake(str(tmp_path / "lake")).scan("raw_candidates").collect().equals(frame)


def test_a_partition_draws_from_the_whole_catalog_as_it_was_at_first(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "60")
    settings.cache_clear()
    lake = Lake(str(tmp_path / "lake"))
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)

    def put(batch: str, part: list[Api]) -> None:
        lake.write(Api.frame(part), lake.path("filtered_api_catalog", {"api_batch": batch}))

    put("other", apis[40:80])
    first = run(instance, tmp_path)
    frame = lake.scan("raw_candidates").collect()
    offered = {tool["name"] for text in frame["tools"] for tool in json.loads(text)}
    assert offered & {api.name for api in apis[40:80]} and offered & {api.name for api in apis[:15]}
    put("third", apis[80:])
    put("other", apis[40:41])
    again = run(instance, tmp_path)
    assert metadata(again)["library_version"] == metadata(first)["library_version"]
    assert metadata(first)["library_apis"] == 55
    assert metadata(first)["apis_offered"] > 20
    assert metadata(first)["prompts_with_several_tools"] >= 5 and metadata(first)["of_which_mix_sources"] == 0
    assert lake.scan("raw_candidates").collect().equals(frame)


def test_a_second_round_shows_verified_rows_and_adds_its_candidates(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "60")
    settings.cache_clear()
    lake = Lake(str(tmp_path / "lake"))
    assert run(instance, tmp_path).success
    first = lake.scan("raw_candidates").collect()
    early = run(instance, tmp_path, config={"round": 2})
    [failure] = [event for event in early.all_events if event.is_step_failure]
    assert "materialise verified_examples" in str(failure.step_failure_data)
    good = check_format(first).filter("passed")
    lake.write(good, lake.path("semantic_verified", {"api_batch": BATCH, "generator": "standin-large"}))
    resources = {"lake": LakeIOManager(lake)}
    upstream = dg.AssetSpec(
        "semantic_verified", partitions_def=batch_by_generator, metadata={"dagster/io_manager_key": "lake"}
    )
    instance.report_runless_asset_event(
        dg.AssetMaterialization("semantic_verified", partition=f"{BATCH}|standin-large")
    )
    made = dg.materialize(
        [upstream, verified_examples], selection=["verified_examples"], instance=instance, resources=resources
    )
    assert made.success
    assert run(instance, tmp_path, config={"round": 2}).success
    both = lake.scan("raw_candidates").collect()
    assert both.filter(round=1).equals(first)
    assert both.filter(round=2).height == 60
    assert not set(both.filter(round=2)["candidate_id"]) & set(first["candidate_id"])
    shown = lake.scan("verified_examples").collect()["query"].to_list()
    assert len(shown) > 20
    assert run(instance, tmp_path, config={"round": 2}).success
    assert lake.scan("raw_candidates").collect().equals(both)
    result = run(instance, tmp_path)
    assert all(check.passed for check in result.get_asset_check_evaluations())
    assert lake.scan("raw_candidates").collect().equals(both)


def test_a_budget_leaves_a_part_and_a_warning(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIGEN_TOKEN_BUDGET", "20000")
    settings.cache_clear()
    result = run(instance, tmp_path)
    assert result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert checks["every_pair_is_accounted_for"].passed
    check = checks["as_many_as_asked_for"]
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "`stopped` on raw_candidates says why" in str(check.description)
    said = metadata(result)
    assert "APIGEN_TOKEN_BUDGET" in said["stopped"]
    assert 0 < said["candidates"] < 750
    assert said["prompt_tokens"] + said["completion_tokens"] <= 20_000


def test_an_empty_batch_gives_an_empty_table_and_asks_nobody(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    result = run(instance, tmp_path, batch="empty")
    assert result.success
    assert metadata(result)["asked"] == 0
    assert Lake(str(tmp_path / "lake")).scan("raw_candidates").collect().height == 0


def test_an_endpoint_that_is_not_there_fails_the_run_with_address_and_file(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    file = tmp_path / "generators.yaml"
    file.write_text("generators:\n- name: standin-large\n  base_url: http://127.0.0.1:9/v1\n  model: m\n")
    result = run(instance, tmp_path, generators_file=file)
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "nobody answers at http://127.0.0.1:9/v1" in str(failure.step_failure_data)
    assert not Lake(str(tmp_path / "lake")).paths("raw_candidates")


def test_a_malformed_generators_file_fails_with_its_line(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    file = tmp_path / "generators.yaml"
    file.write_text("generators:\n- name: standin-large\n  base_url: http://127.0.0.1:9/v1\n  modl: m\n")
    result = run(instance, tmp_path, generators_file=file)
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "line 4" in str(failure.step_failure_data)


def test_a_new_batch_is_generated_once_and_edits_above_spend_nothing(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    resources = {"lake": LakeIOManager(Lake(str(tmp_path / "lake"))), "llm": llm(), "settings": settings()}
    defs = dg.Definitions(assets=[filtered_api_catalog, seed_examples, raw_candidates], resources=resources)
    common: dict[str, Any] = {"instance": instance, "resources": resources}

    def tick(cursor: Any = None) -> tuple[set[str], Any]:
        result = dg.evaluate_automation_conditions(defs=defs, instance=instance, cursor=cursor)
        wanted = result.get_requested_partitions(dg.AssetKey("raw_candidates"))
        return {str(key) for key in wanted}, result.cursor

    wanted, cursor = tick()
    assert wanted == set()
    assert dg.materialize([seed_examples], **common).success
    assert dg.materialize([filtered_api_catalog], partition_key="empty", **common).success
    wanted, cursor = tick(cursor)
    assert wanted == {f"empty|standin-{size}" for size in ("small", "medium", "large")}
    for size in ("small", "medium", "large"):
        key = dg.MultiPartitionKey({"api_batch": "empty", "generator": f"standin-{size}"})
        assert dg.materialize(
            [filtered_api_catalog, seed_examples, raw_candidates],
            selection=["raw_candidates"],
            partition_key=key,
            **common,
        ).success
    wanted, cursor = tick(cursor)
    assert wanted == set()
    assert dg.materialize([filtered_api_catalog], partition_key="empty", **common).success
    assert dg.materialize([seed_examples], **common).success
    wanted, cursor = tick(cursor)
    assert wanted == set()
