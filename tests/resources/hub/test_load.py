"""What users do with a published release, with the clients they use."""

import json
import os
import subprocess
import sys

import polars as pl
import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.dataset.dataset_rows import dataset_rows, mixed
from resources.hub.resource import HubError, HubProblem, HubResource
from tests.helpers.hub_server import MULTIPART_FROM, LocalHub
from tests.helpers.releases import release, rows, with_split
from tests.helpers.rows import frame, tool, verified_row

pytest.importorskip("datasets", reason="needs the train extra")

REPO = "ada/calls"

LOAD = """
import itertools, json, sys
import datasets
repo, revisions = sys.argv[1], sys.argv[2:]
out = {}
for revision in revisions:
    for config in datasets.get_dataset_config_names(repo, revision=revision):
        loaded = datasets.load_dataset(repo, config, revision=revision)
        for split, data in loaded.items():
            out[f"{revision} {config} {split}"] = {
                "rows": data.num_rows, "features": str(data.features), "first": data[0],
            }
default = datasets.load_dataset(repo, split="train", revision=revisions[0])
out["default"] = default.column_names
out["streamed"] = [row["id"] for row in itertools.islice(
    datasets.load_dataset(repo, split="train", revision=revisions[0], streaming=True), 3)]
print("RESULT" + json.dumps(out))
"""

STRINGS = "{'id': Value('int64'), 'query': Value('string'), 'answers': Value('string'), 'tools': Value('string')}"
MESSAGES = "{'id': Value('int64'), 'messages': List(Json(decode=True)), 'tools': List(Json(decode=True))}"


def as_user(hub, tmp_path, program, *arguments):
    """Runs a program as a user would, with an own cache; its answer is the line that starts with RESULT."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "user"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))[6:])


def test_every_config_loads_by_revision_with_the_documented_types(hub, tmp_path):
    rejected = frame([{**verified_row("c", "q", [tool("f")], []), "passed": False, "reason": "no_calls"}])
    publisher = HubResource(endpoint=hub.url, backoff_s=0.02)
    first = publisher.publish(release(tmp_path / "release", rows(7)).path, REPO, version="v1")
    assert first.verified.startswith("every config loaded back with load_dataset: openai/train 7 rows")
    tree = release(tmp_path / "release", with_split(rows()), rejects=[rejected.lazy()])
    second = publisher.publish(tree.path, REPO, version="v2")
    assert hub.commits(REPO) == ["Release v2: 25 rows", "Release v1: 7 rows"]
    found = as_user(hub, tmp_path, LOAD, REPO, "v2", "v1", second.revision)
    counts = {name: one["rows"] for name, one in found.items() if isinstance(one, dict)}
    new = {"xlam train": 25, "openai train": 25, "heldout train": 20, "heldout test": 5, "rejects train": 1}
    assert counts == {
        "v1 xlam train": 7,
        "v1 openai train": 7,
        **{f"v2 {name}": count for name, count in new.items()},
        **{f"{second.revision} {name}": count for name, count in new.items()},
    }
    assert found["v2 xlam train"]["features"] == found["v2 heldout test"]["features"] == STRINGS
    assert found["v2 openai train"]["features"] == MESSAGES
    assert "int" not in found["v2 rejects train"]["features"] and found["v2 rejects train"]["first"]["stage"]
    assert found["default"] == ["id", "query", "answers", "tools"] and found["streamed"] == [0, 1, 2]
    row = found["v2 openai train"]["first"]
    assert "tool_calls" not in row["messages"][0] and row["messages"][1]["tool_calls"][0]["type"] == "function"


@pytest.mark.parametrize("config", ["xlam", "openai"])
def test_published_rows_pass_our_own_verify(hub, tmp_path, config):
    relevance = [verified_row(f"r{i}", f"sing {i}", [tool("f")], []) for i in range(3)]
    dataset = mixed(rows(), dataset_rows(frame(relevance).with_columns(kind=pl.lit("tool_removed")), {}), 1)
    done = HubResource(endpoint=hub.url, load_back=False).publish(release(tmp_path / "release", dataset).path, REPO)
    found = hub.repository(REPO)
    shard = tmp_path / "published.parquet"
    shard.write_bytes(
        found.content(found.files(done.revision)[f"data/{config}/train-00000-of-00001.parquet"]).read_bytes()
    )
    verified = CliRunner().invoke(app, ["verify", str(shard), "-o", str(tmp_path / "out.jsonl"), "--allow-empty"])
    assert verified.exit_code == 0, verified.output
    verdicts = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(verdicts) == 28 and "28 kept" in verified.output


def test_an_outage_while_loading_back_is_waited_out(hub, tmp_path):
    hub.fault("train-00000-of-00001.parquet", 500, 503)
    done = HubResource(endpoint=hub.url, backoff_s=0.02).publish(release(tmp_path / "release").path, REPO, version="v1")
    assert done.tagged and "loaded back" in done.verified and not hub.faults


def test_a_local_release_loads_and_a_damaged_one_does_not(tmp_path):
    import pyarrow.parquet as pq

    hub = HubResource(endpoint="http://127.0.0.1:9")
    tree = release(tmp_path / "release")
    report = hub.load(str(tree.path))
    assert report.rows == {"xlam/train": 25, "openai/train": 25}
    assert report.content_hash == tree.content_hash
    # What datasets itself lets through: a column that is missing reads as nulls.
    shard = next((tree.path / "data" / "xlam").iterdir())
    pq.write_table(pq.read_table(shard).drop_columns(["answers"]), shard)
    with pytest.raises(HubError) as caught:
        hub.load(str(tree.path))
    assert caught.value.problem is HubProblem.NOT_LOADABLE and "xlam" in str(caught.value)


CLIENT = """
import hashlib, io, json, os, sys, tempfile
from pathlib import Path
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
repo, size = sys.argv[1], int(sys.argv[2])
api = HfApi()
out = {}
out["me"] = api.whoami()["name"]
api.create_repo(repo, repo_type="dataset")
api.create_repo(repo, repo_type="dataset", exist_ok=True)
folder = Path(tempfile.mkdtemp())
(folder / "data").mkdir()
big = os.urandom(size)
(folder / "data" / "big.bin").write_bytes(big)
(folder / "data" / "small.bin").write_bytes(b"small")
(folder / "notes.txt").write_text("notes")
first = api.upload_folder(folder_path=folder, repo_id=repo, repo_type="dataset")
again = api.upload_folder(folder_path=folder, repo_id=repo, repo_type="dataset")
out["same_commit"] = first.oid == again.oid
api.create_tag(repo, tag="v1", repo_type="dataset")
try:
    api.create_tag(repo, tag="v1", repo_type="dataset")
except HfHubHTTPError as error:
    out["second_tag"] = error.response.status_code
refs = api.list_repo_refs(repo, repo_type="dataset")
out["refs"] = [one.name for one in [*refs.branches, *refs.tags]]
out["files"] = api.list_repo_files(repo, repo_type="dataset")
out["commits"] = [one.title for one in api.list_repo_commits(repo, repo_type="dataset")]
(info,) = api.get_paths_info(repo, ["data/big.bin"], repo_type="dataset")
out["lfs"] = info.lfs.sha256 == hashlib.sha256(big).hexdigest() and info.size == size
path = hf_hub_download(repo, "data/big.bin", repo_type="dataset", revision="v1")
out["download"] = Path(path).read_bytes() == big
snapshot = Path(snapshot_download(repo, repo_type="dataset"))
out["snapshot"] = sorted(str(p.relative_to(snapshot)) for p in snapshot.rglob("*") if p.is_file())
with HfFileSystem().open(f"datasets/{repo}/data/big.bin") as file:
    file.seek(size - 10)
    out["range"] = file.read() == big[-10:]
for name, action in {
    "no_file": lambda: hf_hub_download(repo, "none", repo_type="dataset"),
    "no_revision": lambda: api.repo_info(repo, repo_type="dataset", revision="v9"),
    "no_repo": lambda: api.repo_info("ada/none", repo_type="dataset"),
}.items():
    try:
        action()
    except (EntryNotFoundError, RevisionNotFoundError, RepositoryNotFoundError) as error:
        out[name] = type(error).__name__
api.delete_tag(repo, tag="v1", repo_type="dataset")
print("RESULT" + json.dumps(out))
"""


def test_the_test_hub_serves_the_unmodified_clients(hub, tmp_path):
    found = as_user(hub, tmp_path, CLIENT, "ada/files", str(MULTIPART_FROM + 12_345))
    assert found["me"] == "ada"
    assert found["same_commit"] and found["second_tag"] == 409
    assert found["refs"] == ["main", "v1"]
    assert found["files"] == [".gitattributes", "data/big.bin", "data/small.bin", "notes.txt"]
    assert found["snapshot"] == found["files"]
    assert len(found["commits"]) == 2
    assert found["lfs"] and found["download"] and found["range"]
    assert (found["no_file"], found["no_revision"]) == ("RemoteEntryNotFoundError", "RevisionNotFoundError")
    assert found["no_repo"] == "RepositoryNotFoundError"
    assert len([line for line in hub.requests("/_lfs/", "PUT") if line[1].count("/") > 2]) > 1, "several parts"
    assert hub.requests("/complete", "POST")


def test_the_test_hub_keeps_its_repositories(hub, tmp_path):
    HubResource(endpoint=hub.url, load_back=False).publish(release(tmp_path / "release").path, REPO)
    with LocalHub(tmp_path / "hub") as later:
        assert later.commits(REPO) == hub.commits(REPO) and later.url != hub.url
