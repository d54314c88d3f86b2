"""A local release: load_dataset reads every config, a repeat changes nothing, a failure leaves the old one."""

import json

import pytest

from apigen_assets.dataset.compose import compose
from apigen_assets.dataset.rows import dataset_rows
from apigen_assets.release import tree
from apigen_assets.release.card import dataset_card
from tests.rows import frame, tool, verified_row


@pytest.fixture
def dataset():
    rows = [
        verified_row(f"c{i}", f"query {i}", [tool("f"), tool("g", optional=("n",))], [("f", {"amount": i})])
        for i in range(25)
    ]
    return dataset_rows(compose(frame(rows).lazy(), 100, seed=1).rows, {"id-f": "Math"})


def write(target, dataset):
    parts = tree.configs(dataset)
    return tree.write_tree(target, parts, dataset_card(dataset, [], [p.name for p in parts], "Test"), {})


def test_load_dataset_reads_every_config(tmp_path, dataset, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="needs the train extra")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    assert write(tmp_path / "release", dataset)
    xlam = datasets.load_dataset(str(tmp_path / "release"), split="train", cache_dir=str(tmp_path / "cache"))
    assert xlam.column_names == ["id", "query", "answers", "tools"]
    assert {name: feature.dtype for name, feature in xlam.features.items()}["id"] == "int64"
    assert json.loads(xlam[0]["answers"])[0]["name"] == "f"
    openai = datasets.load_dataset(
        str(tmp_path / "release"), "openai", split="train", cache_dir=str(tmp_path / "cache")
    )
    row = openai[0]
    assert json.loads(row["messages"])[1]["tool_calls"][0]["function"]["name"] == "f"
    assert json.loads(row["tools"])[1]["function"]["parameters"]["required"] == ["amount"]


def test_the_same_content_is_not_written_again(tmp_path, dataset):
    assert write(tmp_path / "release", dataset)
    before = (tmp_path / "release" / "release.json").stat().st_mtime_ns
    assert not write(tmp_path / "release", dataset)
    assert (tmp_path / "release" / "release.json").stat().st_mtime_ns == before
    assert write(tmp_path / "release", dataset.head(3))


def test_a_failing_write_leaves_the_release_and_no_rubbish(tmp_path, dataset, monkeypatch):
    write(tmp_path / "release", dataset)
    old = (tmp_path / "release" / "release.json").read_text()
    monkeypatch.setattr(tree, "_swap", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "release", dataset.head(2))
    assert (tmp_path / "release" / "release.json").read_text() == old
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
