"""Segments on an object store: what was taken down is in the store, whoever wrote it and whatever ended him."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.domain.outcome import CallResult, Outcome
from apigen_assets.files import mirror
from apigen_assets.files.jsonl_store import Entry, JsonlStore
from apigen_assets.files.mirror import mirror_folder, remote_of, remove_segments, segment_folders
from apigen_assets.files.object_store import ObjectStore, ObjectStoreError
from apigen_assets.settings import Settings, settings
from resources.llm.journal import Journal
from resources.rest.recordings import Recordings
from tests.helpers.paths import ROOT

WRITER = """
import sys
from pathlib import Path
from apigen_assets.files.jsonl_store import Entry, JsonlStore
store = JsonlStore(Path(sys.argv[1]), lambda record: Entry(record["key"]))
for n in range(int(sys.argv[3])):
    store.append({"key": f"{sys.argv[2]} {n}", "text": "x" * (n % 700)})
    print(n, flush=True)
"""


def entry_of(record):
    return Entry(record["key"])


def writer(folder, name, count):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def objects(url):
    return {item.name: item.size for item in ObjectStore(url).list()}


def test_a_mirror_says_in_its_path_what_it_mirrors(tmp_path):
    folder = mirror_folder(tmp_path, "s3://bucket/a/b/")
    assert folder == tmp_path / "mirror" / "s3:" / "bucket" / "a" / "b"
    assert remote_of(folder) == "s3://bucket/a/b"
    assert remote_of(Path(str(folder)) / "model-7") == "s3://bucket/a/b/model-7"
    for plain in (tmp_path, tmp_path / "mirror" / "x", tmp_path / "s3:" / "bucket", Path("mirror/http:/x/y")):
        assert remote_of(plain) is None


def test_the_settings_name_a_store_or_a_folder(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, journal="s3://bucket/journal", recordings=str(tmp_path / "r"))
    assert remote_of(settings.journal_dir) == "s3://bucket/journal"
    assert settings.recordings_dir == tmp_path / "r"
    assert Settings(_env_file=None, home=tmp_path).journal_dir == tmp_path / "journal"


def test_a_line_is_in_the_store_before_append_returns_and_the_mirror_holds_the_same_bytes(bucket, tmp_path):
    folder = mirror_folder(tmp_path, bucket)
    store = JsonlStore(folder, entry_of)
    for n in range(3):
        store.append({"key": f"k{n}"})
        (name,) = objects(bucket)
        assert ObjectStore(bucket).read(name).count(b"\n") == n + 1
    assert (folder / name).read_bytes() == ObjectStore(bucket).read(name)
    elsewhere = JsonlStore(mirror_folder(tmp_path / "elsewhere", bucket), entry_of)
    assert len(elsewhere) == 3 and elsewhere.get("k1") == {"key": "k1"}


def test_others_lines_come_with_a_refresh_also_into_a_segment_that_grew(bucket, tmp_path):
    ours = JsonlStore(mirror_folder(tmp_path / "a", bucket), entry_of)
    theirs = JsonlStore(mirror_folder(tmp_path / "b", bucket), entry_of)
    for n in range(3):
        theirs.append({"key": f"theirs {n}"})
        ours.append({"key": f"ours {n}"})
        assert f"theirs {n}" not in ours
        ours.refresh()
        assert ours.get(f"theirs {n}") and ours.get("ours 0")
    assert len(objects(bucket)) == 2
    assert len(list(ours.records())) == 6


def test_a_large_journal_is_many_small_objects(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "SEGMENT_BYTES", 2000)
    store = JsonlStore(mirror_folder(tmp_path, bucket), entry_of)
    for n in range(40):
        store.append({"key": f"k{n}", "text": "x" * 150})
    sizes = objects(bucket).values()
    assert len(sizes) > 3 and max(sizes) <= 2000
    store.refresh()
    assert [store.get(f"k{n}")["key"] for n in range(40)] == [f"k{n}" for n in range(40)]
    assert [record["key"] for record in store.records()] == [f"k{n}" for n in range(40)]


@pytest.mark.parametrize("same_machine", [True, False])
def test_two_processes_write_and_one_is_killed_and_no_acknowledged_line_is_lost(bucket, tmp_path, same_machine):
    folders = [mirror_folder(tmp_path / ("one" if same_machine else name), bucket) for name in ("one", "two")]
    killed, kept = writer(folders[0], "killed", 100_000), writer(folders[1], "kept", 150)
    watching = JsonlStore(folders[0], entry_of)
    for _ in range(60):
        assert killed.stdout.readline()
        watching.refresh()  # another process of this machine fetches what the writers write
    killed.send_signal(signal.SIGKILL)
    acknowledged = 60 + len(killed.stdout.read().splitlines())
    assert kept.wait(60) == 0
    killed.wait()
    for home in (tmp_path / "fresh", tmp_path / "one"):
        store = JsonlStore(mirror_folder(home, bucket), entry_of)
        assert not store.torn
        assert all(f"killed {n}" in store for n in range(acknowledged))
        assert all(store.get(f"kept {n}")["text"] == "x" * (n % 700) for n in range(150))
        assert acknowledged + 150 <= len(store) <= acknowledged + 151  # one more may be in the store, unacknowledged
        assert len(list(store.records())) == len(store)
    watching.refresh()
    assert len(watching) == len(store) and not watching.torn


def test_a_store_that_is_away_fails_the_line_and_the_next_one_begins_anew(bucket, tmp_path, monkeypatch):
    store = JsonlStore(mirror_folder(tmp_path, bucket), entry_of)
    store.append({"key": "before"})
    put = ObjectStore.put

    def lost_reply(self, name, data):
        put(self, name, data)
        raise ObjectStoreError("connection reset")

    monkeypatch.setattr(ObjectStore, "put", lost_reply)
    with pytest.raises(OSError, match="connection reset"):
        store.append({"key": "doubtful"})
    assert "doubtful" not in store
    monkeypatch.setattr(ObjectStore, "put", put)
    elsewhere = JsonlStore(mirror_folder(tmp_path / "b", bucket), entry_of)
    assert "doubtful" in elsewhere  # it did arrive, and stays: what somebody may have seen does not change
    store.append({"key": "after"})
    elsewhere.refresh()
    assert [elsewhere.get(key) for key in ("before", "doubtful", "after")] == [
        {"key": "before"}, {"key": "doubtful"}, {"key": "after"}
    ]  # fmt: skip
    assert store.get("before") and store.get("after") and not elsewhere.torn


def test_a_segment_deleted_from_the_store_goes_from_every_mirror(bucket, tmp_path):
    store = JsonlStore(mirror_folder(tmp_path / "a", bucket), entry_of)
    store.append({"key": "old"})
    store.close()
    other = mirror_folder(tmp_path / "b", bucket)
    assert len(JsonlStore(other, entry_of)) == 1
    remove_segments(mirror.segments_of(mirror_folder(tmp_path / "a", bucket)))
    assert objects(bucket) == {}
    assert len(JsonlStore(other, entry_of)) == 0


def test_names_of_objects_cannot_lead_out_of_the_mirror(bucket, tmp_path):
    for name in ("good.jsonl", "notes.txt"):
        ObjectStore(bucket).put(name, b'{"key":"x"}\n')
    folder = mirror_folder(tmp_path, bucket)
    assert [path.name for path in mirror.segments_of(folder)] == ["good.jsonl"]
    assert not mirror._is_segment("../x.jsonl") and not mirror._is_segment("a//x.jsonl")


def test_the_journal_of_models_lies_in_a_store(bucket, tmp_path):
    root = Settings(_env_file=None, home=tmp_path, journal=bucket).journal_dir
    key = hashlib.sha256(b"prompt").hexdigest()
    journal = Journal(root / "model-7")
    journal.append({"key": key, "generator": "g", "request": {}, "body": json.dumps({"x": 1}), "outcome": "answer"})
    journal.close()
    elsewhere = Settings(_env_file=None, home=tmp_path / "node", journal=bucket).journal_dir
    assert [folder.name for folder in segment_folders(elsewhere)] == ["model-7"]
    assert Journal(elsewhere / "model-7").answered(key)


def test_a_store_that_does_not_answer_is_named(tmp_path, monkeypatch):
    pytest.importorskip("obstore")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setattr("apigen_assets.files.object_store._RETRY_S", 1)
    began = time.monotonic()
    with pytest.raises(ObjectStoreError, match=r"s3://bucket/x.*AWS_ENDPOINT_URL") as caught:
        JsonlStore(mirror_folder(tmp_path, "s3://bucket/x"), entry_of)
    assert "very-secret" not in str(caught.value)
    assert time.monotonic() - began < 60


def test_commands_prune_and_count_a_journal_in_a_store(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("APIGEN_JOURNAL", bucket)
    settings.cache_clear()
    folder = settings().journal_dir / "model-7"
    journal = Journal(folder)
    body = json.dumps({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]})
    for n in range(3):
        key = hashlib.sha256(str(n).encode()).hexdigest()
        journal.append({"key": key, "generator": "g", "request": {}, "status": 200, "outcome": "answer", "body": body})
        journal.append({"key": key, "generator": "g", "outcome": "passing", "error": "503"})
    journal.close()
    (before,) = objects(bucket)
    result = CliRunner().invoke(app, ["journal", "prune"])
    assert result.exit_code == 0 and "3 answers stay, 3 records go" in result.output
    (after,) = objects(bucket)
    assert after != before
    elsewhere = Journal(mirror_folder(tmp_path / "node", bucket) / "model-7")
    assert len(elsewhere) == len(list(elsewhere.records())) == 3


def test_a_backup_says_what_a_store_keeps(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("APIGEN_JOURNAL", bucket)
    monkeypatch.setenv("APIGEN_RECORDINGS", str(tmp_path / "elsewhere"))
    settings.cache_clear()
    Recordings(settings().recordings_dir).add("k", {}, CallResult(outcome=Outcome.OK, result="kept"), at=1.0)
    archive = tmp_path / "backup.tar"
    result = CliRunner().invoke(app, ["backup", str(archive)])
    assert result.exit_code == 0, result.output
    assert f"not in it: the journal {bucket}" in result.output
    names = subprocess.run(["tar", "-tf", archive], capture_output=True, text=True, check=True).stdout
    assert "recordings/" in names and "journal/" not in names
