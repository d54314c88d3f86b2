"""A local release: what is written, that it loads, that a repeat changes nothing and a failure leaves the old one."""

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.files import folders
from apigen_assets.files.row_hash import RowHash
from apigen_assets.release import shards
from apigen_assets.release.configs import (
    GRPO,
    OPENAI,
    PROMPT_COMPLETION,
    SHAREGPT,
    VERL,
    XLAM,
    Config,
    Split,
    features,
)
from apigen_assets.release.models import split_card
from apigen_assets.release.shards import columns, write_split
from apigen_assets.release.tree import complete, read_manifest
from apigen_assets.settings import Settings
from tests.helpers.paths import ROOT
from tests.helpers.releases import release, rows, with_split
from tests.helpers.rows import frame, tool, verified_row


def head(path):
    return split_card((path / "README.md").read_text())[0]


def test_every_config_is_declared_with_its_files_and_counts(tmp_path):
    tree = release(tmp_path / "release", with_split(rows()))
    told = head(tree.path)
    assert [config["config_name"] for config in told["configs"]] == ["xlam", "openai", "heldout"]
    assert [config.get("default") for config in told["configs"]] == [True, None, None]
    for config in told["configs"]:
        for split in config["data_files"]:
            assert list(tree.path.glob(split["path"])), split
    infos = {info["config_name"]: info for info in told["dataset_info"]}
    heldout = infos["heldout"]
    assert {split["name"]: split["num_examples"] for split in heldout["splits"]} == {"train": 20, "test": 5}
    files = list((tree.path / "data" / "heldout").iterdir())
    assert heldout["download_size"] == sum(file.stat().st_size for file in files)
    in_memory = sum(pq.read_table(file).nbytes for file in files)
    assert heldout["dataset_size"] == pytest.approx(in_memory, rel=0.01)


def test_rows_that_call_apis_of_both_sides_are_in_no_held_out_split(tmp_path):
    mixed = with_split(rows()).with_columns(
        pl.when(pl.col("id") == 0).then(pl.lit("mixed")).otherwise(pl.col("split")).alias("split")
    )
    told = release(tmp_path / "release", mixed).manifest["configs"]
    assert {name: split["rows"] for name, split in told["heldout"]["splits"].items()} == {"train": 19, "test": 5}
    assert told["xlam"]["splits"]["train"]["rows"] == 25


def test_no_held_out_rows_no_held_out_config(tmp_path):
    tree = release(tmp_path / "release", rows().with_columns(pl.lit("train").alias("split")))
    assert list(tree.manifest["configs"]) == ["xlam", "openai"]


def test_rejects_are_a_config_of_their_own_with_one_type_for_every_column(tmp_path):
    row = verified_row("c1", "a query", [tool("f")], [("f", {"amount": 1})])
    rejected = frame([{**row, "passed": False, "reason": "wrong_type", "detail": "no number"}])
    # A table in which nothing could be parsed has only nulls in some columns.
    unparsed = rejected.with_columns(pl.lit(None).alias("answers"), pl.lit(None).alias("execution"))
    tree = release(tmp_path / "release", rejects=[unparsed.lazy(), rejected.lazy()])
    table = pq.read_table(next((tree.path / "data" / "rejects").iterdir()))
    assert {str(field.type) for field in table.schema} == {"string"}
    assert table["reason"].to_pylist() == ["wrong_type"] * 2
    assert table["answers"].to_pylist()[0] is None


def test_the_openai_config_is_messages_and_tools(tmp_path):
    tree = release(tmp_path / "release")
    row = pq.read_table(next((tree.path / "data" / "openai").iterdir())).to_pylist()[0]
    question, answer = map(json.loads, row["messages"])
    assert question == {"role": "user", "content": question["content"]}
    (call,) = answer["tool_calls"]
    assert call["type"] == "function" and isinstance(call["function"]["arguments"], dict)
    assert answer["content"] is None and answer.keys() == {"role", "content", "tool_calls"}
    assert json.loads(row["tools"][1])["function"]["parameters"]["required"] == ["amount"]


@pytest.mark.parametrize("schema", [OPENAI, PROMPT_COMPLETION])
def test_json_columns_are_not_declared_so_that_earlier_readers_can_read_the_other_configs(schema):
    assert features(schema) is None


def test_the_card_declares_only_types_that_every_reader_of_the_hub_knows(tmp_path):
    names = Settings.model_fields["release_configs"].default
    infos = head(release(tmp_path / "release", names=names).path)["dataset_info"]
    assert {"openai", "prompt_completion"} == {info["config_name"] for info in infos if "features" not in info}
    assert "json" not in str(infos) and "'dtype': 'string'" in str(infos)


@pytest.mark.parametrize("schema", [XLAM, SHAREGPT, GRPO, VERL])
def test_declared_features_are_those_of_the_files(schema):
    datasets = pytest.importorskip("datasets", reason="needs the train extra")
    declared = datasets.Features._from_yaml_list(features(schema))
    assert declared == datasets.Features.from_arrow_schema(schema)


def test_the_same_content_is_not_written_again(tmp_path):
    tree = release(tmp_path / "release")
    assert tree.changed
    before = (tree.path / "release.json").stat().st_mtime_ns
    assert not release(tmp_path / "release").changed
    assert (tree.path / "release.json").stat().st_mtime_ns == before
    assert release(tmp_path / "release", rows(3)).changed


def test_a_release_with_a_file_missing_is_written_again(tmp_path):
    tree = release(tmp_path / "release")
    next((tree.path / "data" / "xlam").iterdir()).unlink()
    assert release(tmp_path / "release").changed
    assert complete(tree.path, read_manifest(tree.path) or {})


def test_the_same_rows_give_the_same_bytes(tmp_path):
    one, two = release(tmp_path / "one"), release(tmp_path / "two")
    for path in one.path.rglob("*"):
        if path.is_file():
            assert (two.path / path.relative_to(one.path)).read_bytes() == path.read_bytes(), path


def test_the_content_hash_follows_rows_and_order_and_nothing_else(tmp_path, monkeypatch):
    data = rows()
    plain = release(tmp_path / "a", data).content_hash
    monkeypatch.setattr(shards, "ROW_GROUP_BYTES", 500)
    monkeypatch.setattr(shards, "SHARD_BYTES", 1_000)
    assert release(tmp_path / "b", data).content_hash == plain
    assert len(list((tmp_path / "b" / "data" / "xlam").iterdir())) > 3
    assert release(tmp_path / "c", data, license_="apache-2.0").content_hash == plain
    assert release(tmp_path / "d", data.reverse()).content_hash != plain
    edited = data.with_columns(pl.when(pl.col("id") == 3).then(pl.lit("x")).otherwise("query").alias("query"))
    assert release(tmp_path / "e", edited).content_hash != plain


def test_many_shards_have_small_row_groups_and_one_schema(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "ROW_GROUP_BYTES", 500)
    monkeypatch.setattr(shards, "SHARD_BYTES", 1_500)
    release(tmp_path / "release")
    files = sorted((tmp_path / "release" / "data" / "xlam").iterdir())
    assert [file.name for file in files] == [f"train-{i:05d}-of-{len(files):05d}.parquet" for i in range(len(files))]
    assert len({str(pq.read_schema(file)) for file in files}) == 1
    for file in files:
        parquet = pq.ParquetFile(file)
        for group in range(parquet.metadata.num_row_groups):
            assert parquet.read_row_group(group).nbytes <= 1_000
            assert parquet.metadata.row_group(group).column(1).has_column_index
    assert pq.read_table(files)["id"].to_pylist() == list(range(25))


def test_a_split_without_rows_is_a_file_without_rows(tmp_path):
    written = write_split(tmp_path, "train", XLAM, [])
    assert written.rows == 0 and pq.read_table(written.files[0]).schema == XLAM


def test_batches_join_seamlessly(monkeypatch):
    from apigen_assets.release import configs as module

    monkeypatch.setattr(module, "BATCH_ROWS", 10)
    for count in (0, 9, 10, 11, 20):
        config = Config("xlam", "", XLAM, (Split("train", rows(25).head(count).lazy()),))
        found = [number for table in config.batches(config.splits[0]) for number in table["id"].to_pylist()]
        assert found == list(range(count))


texts = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts), max_size=12), st.integers(1, 12))
def test_the_hash_of_what_is_read_is_that_of_what_was_written(tmp_path_factory, values, cut):
    table = pa.Table.from_pylist(
        [{"id": i, "query": q, "answers": a, "tools": t} for i, (q, a, t) in enumerate(values)], schema=XLAM
    )
    parts = [table.slice(start, cut) for start in range(0, len(values), cut)]
    written = write_split(tmp_path_factory.mktemp("split"), "train", XLAM, parts)
    one, other = RowHash(columns(XLAM)), RowHash(columns(XLAM))
    for part in parts:
        one.update(part)
    other.update(pq.read_table(written.files[0]))
    assert one.hexdigest() == other.hexdigest()


def test_a_failing_write_leaves_the_release_and_no_rubbish(tmp_path, monkeypatch):
    release(tmp_path / "release")
    old = (tmp_path / "release" / "release.json").read_text()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(folders, "swap", fail)
    with pytest.raises(OSError, match="disk full"):
        release(tmp_path / "release", rows(2))
    assert (tmp_path / "release" / "release.json").read_text() == old
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["release"]


def test_without_an_atomic_exchange_the_folder_is_replaced_too(tmp_path, monkeypatch):
    release(tmp_path / "release")
    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    tree = release(tmp_path / "release", rows(2))
    assert complete(tree.path, read_manifest(tree.path) or {})
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["release"]


WRITE = """
import sys, time
from pathlib import Path
from apigen_assets.files import folders
from tests.helpers.releases import release, rows
where = sys.argv[2]
def stop(*_, **__):
    print("here", flush=True)
    time.sleep(60)
if where == "before the swap":
    folders.swap = stop
elif where == "within the swap":
    folders._exchange = lambda *_: False
    real = folders.os.replace
    def replace(source, target):
        if str(target) == sys.argv[1]:
            stop()
        real(source, target)
    folders.os.replace = replace
else:
    folders.shutil.rmtree = stop
release(Path(sys.argv[1]), rows(2))
"""


@pytest.mark.parametrize("where", ["before the swap", "within the swap", "after the swap"])
def test_kill_9_leaves_the_old_release_or_the_new_one(tmp_path, where):
    target = tmp_path / "out" / "release"
    release(target)
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(target), where],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert target.exists() == (where != "within the swap")
    assert len(list(target.parent.iterdir())) > 1
    folders.recover(target)
    manifest = read_manifest(target) or {}
    assert complete(target, manifest)
    assert manifest["configs"]["xlam"]["splits"]["train"]["rows"] == (2 if where == "after the swap" else 25)
    assert [path.name for path in target.parent.iterdir()] == ["release"]
    assert release(target, rows(2)).manifest["configs"]["xlam"]["splits"]["train"]["rows"] == 2


def test_folders_of_running_processes_are_left_alone(tmp_path):
    mine = tmp_path / f".release.{os.getpid()}.abc.staging"
    mine.mkdir()
    other = tmp_path / ".release.notes"
    other.mkdir()
    folders.recover(tmp_path / "release")
    assert mine.exists() and other.exists()


def test_the_card_is_yaml_that_reads_back(tmp_path):
    tree = release(tmp_path / "release", license_="cc0-1.0")
    text = (tree.path / "README.md").read_text()
    assert yaml.safe_load(text.split("---")[1])["license"] == "cc0-1.0"
    assert "## Known limits" in text and "@article" in text
    assert time.strftime("%Y-%m-%d") not in text
