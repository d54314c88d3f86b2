"""A source whose candidates are of other APIs than it has gets candidates anew, once for each of its states."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from sensors.changed_sources import changed_sources, stale_partitions

BATCH, PARTITION = "pets", "pets|small"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def instance(tmp_path: Path):
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield instance


def catalog(instance: dg.DagsterInstance, lake: Lake, *api_ids: str) -> None:
    """The source is imported with these APIs."""
    path = lake.root / "filtered_api_catalog" / f"api_batch={BATCH}" / "data.parquet"
    lake.write(pl.DataFrame({"api_id": list(api_ids)}, schema={"api_id": pl.String}), path)
    made(instance, "filtered_api_catalog", BATCH, "|".join(api_ids))


def candidates(instance: dg.DagsterInstance, lake: Lake, *api_ids: str) -> None:
    """Candidates that were offered these APIs, one each."""
    path = lake.root / "raw_candidates" / f"api_batch={BATCH}" / "generator=small" / "data.parquet"
    tools = [f'[{{"name": "f", "api_id": "{api_id}"}}]' for api_id in api_ids]
    lake.write(pl.DataFrame({"tools": tools}, schema={"tools": pl.String}), path)
    made(instance, "raw_candidates", PARTITION, "|".join(api_ids))


def made(instance: dg.DagsterInstance, asset: str, partition: str, version: str) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(asset, partition=partition, tags={"dagster/data_version": version or "none"})
    )


def asked(instance: dg.DagsterInstance, lake: Lake) -> list[tuple[str | None, str | None]]:
    return [(request.partition_key, request.run_key) for request in stale_partitions(instance, lake, BATCH)]


def test_a_source_that_was_mended_is_run(instance, lake):
    catalog(instance, lake)
    candidates(instance, lake)
    assert asked(instance, lake) == [], "there is nothing to call yet"
    catalog(instance, lake, "a")
    assert asked(instance, lake) == [(PARTITION, f"changed:{PARTITION}:a")]
    candidates(instance, lake)
    assert asked(instance, lake) == [], "a model that writes nothing is not asked for ever"


def test_a_source_whose_apis_are_all_others_is_run_and_one_that_kept_some_is_not(instance, lake):
    catalog(instance, lake, "a", "b")
    candidates(instance, lake, "a")
    assert asked(instance, lake) == []
    catalog(instance, lake, "a", "c")
    assert asked(instance, lake) == [], "edits of a part spend nothing by themselves"
    catalog(instance, lake, "c", "d")
    assert asked(instance, lake) == [(PARTITION, f"changed:{PARTITION}:c|d")]
    candidates(instance, lake, "d")
    assert asked(instance, lake) == []


def test_what_was_never_written_is_left_to_automation(instance, lake):
    assert asked(instance, lake) == []
    catalog(instance, lake, "a")
    assert asked(instance, lake) == []


def test_a_tick_looks_at_all_that_was_made_since_the_one_before(instance, lake, monkeypatch, tmp_path):
    """Runs that ended one after the other would be looked at one in a tick, and the last after minutes."""
    monkeypatch.setenv("APIGEN_LAKE", str(tmp_path / "lake"))
    instance.add_dynamic_partitions("api_batch", [BATCH])
    catalog(instance, lake, "a")
    candidates(instance, lake, "z")
    asked_for, cursor = tick(instance, None)
    assert asked_for == [], "what was so before it first looked stays so"
    catalog(instance, lake, "b")
    asked_for, cursor = tick(instance, cursor)
    assert asked_for == [PARTITION]
    asked_for, cursor = tick(instance, cursor)
    assert asked_for == []
    catalog(instance, lake, "c")
    instance.delete_dynamic_partition("api_batch", BATCH)
    assert tick(instance, cursor)[0] == [], "its source was removed"


def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str | None], str | None]:
    """What one look asks for, and where the next begins."""
    result = changed_sources(dg.build_sensor_context(instance=instance, cursor=cursor), settings=Settings())
    return [request.partition_key for request in result.run_requests or ()], result.cursor
