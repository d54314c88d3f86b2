"""The lake: whole files, one frame over all partitions, clear errors."""

import json
import multiprocessing
import os
import resource
import signal

import dagster as dg
import polars as pl
import pytest

from apigen_assets.settings import Settings
from resources.lake.lake import SCHEMA_VERSION, Lake, LakeError
from resources.lake.opening import storage_options_of
from resources.lake.resource import LakeResource

BATCHES = dg.DynamicPartitionsDefinition(name="api_batch")
GENERATORS = dg.StaticPartitionsDefinition(["g0", "g1"])
BOTH = dg.MultiPartitionsDefinition({"api_batch": BATCHES, "generator": GENERATORS})


@dg.asset(partitions_def=BATCHES, io_manager_key="lake")
def catalog(context: dg.AssetExecutionContext) -> pl.DataFrame:
    return pl.DataFrame({"batch": [context.partition_key]})


@dg.asset(partitions_def=BOTH, io_manager_key="lake")
def rows(context: dg.AssetExecutionContext, catalog: pl.DataFrame) -> pl.DataFrame:
    keys = context.partition_key.keys_by_dimension
    count = 0 if keys["api_batch"] == "b2" else 2
    return pl.DataFrame(
        {"batch": [keys["api_batch"]] * count, "generator": [keys["generator"]] * count},
        schema={"batch": pl.String, "generator": pl.String},
    )


@dg.asset(io_manager_key="lake", ins={"rows": dg.AssetIn(metadata={"allow_missing_partitions": True})})
def everything(rows: pl.LazyFrame) -> pl.DataFrame:
    assert isinstance(rows, pl.LazyFrame)
    return rows.collect()


def run(root, selection, partition=None):
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("api_batch", ["b0", "b1", "b2"])
    return dg.materialize(
        [catalog, rows, everything],
        selection=selection,
        partition_key=partition,
        instance=instance,
        resources={"lake": LakeResource(root=str(root))},
    )


def fill(root, batches=("b0", "b1", "b2"), generators=("g0", "g1")):
    for batch in batches:
        run(root, [catalog], batch)
        for generator in generators:
            run(root, [rows], dg.MultiPartitionKey({"api_batch": batch, "generator": generator}))


def test_partitions_are_hive_paths_and_the_fan_in_is_one_frame(tmp_path):
    fill(tmp_path)
    assert (tmp_path / "rows/api_batch=b1/generator=g0/data.parquet").is_file()
    assert (tmp_path / "catalog/api_batch=b1/data.parquet").is_file()
    run(tmp_path, [everything])
    frame = Lake(str(tmp_path)).scan("everything").collect()
    assert frame.height == 8
    assert set(frame.columns) == {"batch", "generator"}


def test_fan_in_takes_what_exists(tmp_path):
    fill(tmp_path, batches=("b0",), generators=("g1",))
    run(tmp_path, [everything])
    assert Lake(str(tmp_path)).scan("everything").collect().height == 2


def test_fan_in_of_nothing_says_what_to_materialise(tmp_path):
    with pytest.raises(LakeError, match="rows has no materialised partition"):
        run(tmp_path, [everything])


def test_an_empty_partition_is_written_with_its_schema(tmp_path):
    fill(tmp_path, batches=("b2",))
    frame = Lake(str(tmp_path)).scan("rows", {"api_batch": "b2"}).collect()
    assert frame.height == 0
    assert frame.schema == {"batch": pl.String, "generator": pl.String}


def test_a_materialisation_shows_rows_schema_and_preview(tmp_path):
    result = run(tmp_path, [catalog], "b0")
    metadata = result.asset_materializations_for_node("catalog")[0].metadata
    assert metadata["dagster/row_count"].value == 1
    assert metadata["dagster/column_schema"].value.columns[0].name == "batch"
    assert "b0" in metadata["preview"].value


def test_sql_has_a_view_per_asset_with_partition_columns(tmp_path):
    fill(tmp_path)
    lake = Lake(str(tmp_path))
    assert lake.assets() == ["catalog", "rows"]
    counted = lake.sql("select api_batch, generator, count(*) n from rows group by all order by all")
    assert counted.rows() == [("b0", "g0", 2), ("b0", "g1", 2), ("b1", "g0", 2), ("b1", "g1", 2)]


def test_a_newer_lake_is_refused_and_left_alone(tmp_path):
    marker = tmp_path / "_lake.json"
    marker.write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(LakeError, match="APIGEN_LAKE"):
        Lake(str(tmp_path))
    assert json.loads(marker.read_text()) == {"schema_version": SCHEMA_VERSION + 1}


def test_a_damaged_marker_is_named(tmp_path):
    (tmp_path / "_lake.json").write_text("{")
    with pytest.raises(LakeError, match=r"_lake\.json"):
        Lake(str(tmp_path))


def test_scanning_what_is_not_there_names_the_asset(tmp_path):
    with pytest.raises(LakeError, match="raw_candidates"):
        Lake(str(tmp_path)).scan("raw_candidates")


def _write_too_much(root):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    lake = Lake(root)
    try:
        lake.write(pl.DataFrame({"noise": [os.urandom(50).hex() for _ in range(20_000)]}), lake.path("noise"))
    except LakeError as error:
        os._exit(7 if "untouched" in str(error) and "APIGEN_LAKE" in str(error) else 8)
    os._exit(9)


def test_a_disk_that_fills_up_leaves_the_old_partition(tmp_path):
    lake = Lake(str(tmp_path))
    lake.write(pl.DataFrame({"noise": ["old"]}), lake.path("noise"))
    process = multiprocessing.get_context("spawn").Process(target=_write_too_much, args=(str(tmp_path),))
    process.start()
    process.join(60)
    assert process.exitcode == 7
    assert lake.scan("noise").collect()["noise"].to_list() == ["old"]
    assert [path.name for path in (tmp_path / "noise").iterdir()] == ["data.parquet"]


def test_an_object_store_keeps_the_same_layout():
    from upath import UPath

    lake = Lake("memory://lake-test")
    lake.write(pl.DataFrame({"a": [1]}), lake.path("things", {"api_batch": "b0"}))
    assert UPath("memory://lake-test/things/api_batch=b0/data.parquet").exists()
    assert lake.assets() == ["things"]


def test_credentials_of_an_object_store_come_from_the_environment_by_name(monkeypatch, tmp_path):
    options = {"key": "env:LAKE_KEY", "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(LakeError, match="LAKE_KEY is not set"):
        storage_options_of(options)
    monkeypatch.setenv("LAKE_KEY", "abc")
    assert storage_options_of(options) == {"key": "abc", "endpoint_url": "http://127.0.0.1:9"}
    shown = LakeResource.from_settings(Settings(_env_file=None, lake="s3://bucket/lake", lake_options=options))
    assert "abc" not in repr(shown)


def test_sql_reads_a_lake_that_is_not_on_this_disk():
    lake = Lake("memory://lake-of-a-test")
    lake.write(pl.DataFrame({"x": [1, 2]}), lake.path("numbers", {"api_batch": "b"}))
    assert lake.sql("SELECT sum(x) AS s, any_value(api_batch) AS b FROM numbers").rows() == [(3, "b")]


def test_a_name_is_no_sql(tmp_path):
    """Folders of the lake become names of views."""
    name = 'x" AS SELECT 1; CREATE TABLE owned (i INT); --'
    lake = Lake(str(tmp_path / "it's"))
    lake.write(pl.DataFrame({"a": [1]}), lake.path(name, {"api_batch": "b'; DROP VIEW x; --"}))
    assert lake.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").rows() == [(name,)]
    assert lake.sql("SELECT count(*) FROM duckdb_tables()").rows() == [(0,)]
