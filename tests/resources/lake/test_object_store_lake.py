"""The lake on an S3-compatible server: the same tables as in a folder, published whole, read by Polars and DuckDB."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from apigen_assets.files.object_store import ObjectStore
from apigen_assets.release.secrets.scan import scan
from apigen_assets.settings import Settings
from resources.lake.lake import SCHEMA_VERSION, Lake, LakeError
from resources.lake.opening import open_lake
from resources.lake.remote import RemoteFiles
from tests.helpers.paths import ROOT
from tests.resources.lake.test_lake import everything, fill, run

REPLACES = """
import sys, polars as pl
from resources.lake.lake import Lake
lake = Lake(sys.argv[1])
for n in range(int(sys.argv[2]), 100_000):
    lake.write(pl.DataFrame({"writer": [n] * 5_000, "again": [n] * 5_000}), lake.path("table"))
    print(n, flush=True)
"""


def digests(root: str) -> dict[str, str]:
    if "://" in root:
        store = ObjectStore(root)
        contents = {item.name: store.read(item.name) for item in store.list()}
    else:
        files = [path for path in Path(root).rglob("*") if path.is_file()]
        contents = {str(path.relative_to(root)): path.read_bytes() for path in files}
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def test_the_graph_of_partitions_gives_the_bytes_of_a_folder(bucket, tmp_path):
    for root in (bucket, str(tmp_path)):
        fill(root)
        run_of_all = Lake(root)
        assert run_of_all.assets() == ["catalog", "rows"]
    assert digests(bucket) == digests(str(tmp_path))
    for root in (bucket, str(tmp_path)):
        materialised(root)
    assert digests(bucket) == digests(str(tmp_path))


def materialised(root: str) -> None:
    result = run(root, [everything])
    assert result.asset_materializations_for_node("everything")[0].metadata["dagster/row_count"].value == 8


def test_polars_and_duckdb_read_it(bucket):
    fill(bucket)
    lake = Lake(bucket)
    assert lake.scan("rows").collect().height == 8
    assert lake.scan("rows", {"api_batch": "b1"}, in_ranges=True).collect().height == 4
    counted = lake.sql("select api_batch, generator, count(*) n from rows group by all order by all")
    assert counted.rows() == [("b0", "g0", 2), ("b0", "g1", 2), ("b1", "g0", 2), ("b1", "g1", 2)]


def test_a_table_replaced_while_it_is_read_is_read_as_it_was(bucket):
    lake = Lake(bucket)
    lake.write(pl.DataFrame({"a": [1] * 10, "b": [1] * 10}), lake.path("t"))
    frame = lake.scan("t")
    lake.write(pl.DataFrame({"a": [2] * 10, "b": [2] * 10}), lake.path("t"))
    assert frame.collect().sum().row(0) == (10, 10)
    assert lake.scan("t").collect().sum().row(0) == (20, 20)


def test_processes_that_replace_a_table_and_are_killed_leave_a_whole_one(bucket):
    Lake(bucket).write(pl.DataFrame({"writer": [-1], "again": [-1]}), Lake(bucket).path("table"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", REPLACES, bucket, str(n)], env=environment, stdout=subprocess.PIPE, text=True
        )
        for n in (0, 50_000)
    ]
    for writer in writers:
        assert writer.stdout.readline()
    lake = Lake(bucket)
    for n in range(15):
        if n in (5, 10):
            writers[n // 10].send_signal(signal.SIGKILL)
        frame = lake.scan("table").collect()
        assert frame.height == 5_000 and frame.n_unique() == 1 and (frame["writer"] == frame["again"]).all()
    for writer in writers:
        writer.kill()
        writer.wait()
    assert [item.name for item in ObjectStore(bucket).list()] == ["_lake.json", "table/data.parquet"]


def test_a_failed_write_publishes_nothing(bucket):
    lake = Lake(bucket)
    lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    failing = pl.LazyFrame({"a": [2]}).map_batches(lambda frame: frame.select(pl.col("nothing")))
    with pytest.raises(pl.exceptions.PolarsError):
        lake.write(failing, lake.path("t"))
    assert lake.scan("t").collect()["a"].to_list() == [1]


def test_of_two_programs_that_begin_a_lake_the_newer_one_is_respected(bucket, monkeypatch):
    read, looks = RemoteFiles.read, []

    def somebody_is_quicker(self, path):
        looks.append(read(self, path))
        if len(looks) == 1:
            ObjectStore(bucket).create("_lake.json", newer)
        return looks[-1]

    newer = json.dumps({"schema_version": SCHEMA_VERSION + 1}).encode()
    lake = Lake(bucket)
    monkeypatch.setattr(RemoteFiles, "read", somebody_is_quicker)
    with pytest.raises(LakeError, match="Update the program"):
        lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    assert ObjectStore(bucket).read("_lake.json") == newer and not lake.assets()


ONLY_S3 = pytest.mark.skipif(os.environ.get("APIGEN_TEST_STORE") == "az", reason="it is about the variables of S3")


@ONLY_S3
def test_credentials_may_be_named_instead_of_standing_in_the_usual_variables(bucket, monkeypatch):
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    for name, mine in (("AWS_ACCESS_KEY_ID", "LAKE_KEY"), ("AWS_SECRET_ACCESS_KEY", "LAKE_SECRET")):
        monkeypatch.setenv(mine, os.environ[name])
        monkeypatch.delenv(name)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    options = {"key": "env:LAKE_KEY", "secret": "env:LAKE_SECRET", "endpoint_url": endpoint}
    lake = open_lake(Settings(_env_file=None, lake=bucket, lake_options=options))
    lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    assert lake.scan("t", in_ranges=True).collect().height == lake.sql("select * from t").height == 1


def test_what_is_gone_or_damaged_is_named(bucket):
    lake = Lake(bucket)
    lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    ObjectStore(bucket).put("t/data.parquet", b"PAR1 no more")
    with pytest.raises(LakeError, match=r"t/data\.parquet is damaged.*materialise its asset again"):
        lake.scan("t")
    path = lake.path("t")
    ObjectStore(bucket).delete("t/data.parquet")
    with pytest.raises(LakeError, match=r"t/data\.parquet is gone"):
        lake.scan_paths([path])


@ONLY_S3
def test_a_wrong_key_is_refused_without_being_shown(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with pytest.raises(LakeError) as caught:
        lake = Lake(bucket)
        lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    assert "not-the-secret" not in str(caught.value) and "AWS_" in str(caught.value)


def test_copies_go_with_the_lake(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lake = Lake(bucket)
    lake.write(pl.DataFrame({"a": [1]}), lake.path("t"))
    lake.scan("t").collect()
    lake.scan("t").collect()
    (folder,) = tmp_path.iterdir()
    assert len(list(folder.iterdir())) == 1  # unchanged: fetched once
    del lake
    assert not list(tmp_path.iterdir())


def test_a_lake_on_a_store_is_searched_for_secrets(bucket, monkeypatch):
    monkeypatch.setenv("WEATHER_KEY", "a-secret-of-the-environment")
    lake = Lake(bucket)
    lake.write(pl.DataFrame({"said": ["nothing", "it is a-secret-of-the-environment"]}), lake.path("t"))
    report = scan({"lake": lake.root}, {"WEATHER_KEY": "a-secret-of-the-environment"})
    (finding,) = report.findings
    assert "t/data.parquet, row 1, column said" in finding.sentence()
