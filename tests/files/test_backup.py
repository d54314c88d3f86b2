"""A backup that is taken while others write is whole, and is restored whole or not at all."""

import io
import sqlite3
import tarfile
from contextlib import closing

import dagster as dg
import pytest
from typer.testing import CliRunner

from apigen_assets.catalog.incoming import fingerprint_of
from apigen_assets.cli.main import app
from apigen_assets.files.backup import BackupError, restore_backup, write_backup
from apigen_assets.orchestration.home import prepare
from apigen_assets.settings import settings


@pytest.fixture
def home(tmp_path):
    """A journal that is being written, a database that is open, a link, and what is made again by itself."""
    folder = tmp_path / "data"
    (folder / "journal" / "m").mkdir(parents=True)
    (folder / "journal" / "m" / "1.jsonl").write_bytes(b'{"key": "a"}\n{"key": "b", "unfini')
    (folder / "journal" / "m" / "1.idx").write_bytes(b"cache")
    (folder / "journal" / "link").symlink_to("/etc")
    with closing(sqlite3.connect(folder / "runs.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE runs (id INTEGER)")
        database.execute("INSERT INTO runs VALUES (7)")
        database.commit()
        yield folder


def parts(folder):
    return {"journal": folder / "journal", "runs.db": folder / "runs.db", "absent": folder / "absent"}


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_what_was_written_comes_back(home, tmp_path, ending):
    archive = tmp_path / f"b.{ending}"
    write_backup(archive, parts(home))
    manifest = restore_backup(archive, parts(tmp_path / "new"))
    assert set(manifest["files"]) == {"journal/m/1.jsonl", "runs.db"}
    assert (tmp_path / "new" / "journal" / "m" / "1.jsonl").read_bytes() == b'{"key": "a"}\n', "whole lines only"
    with closing(sqlite3.connect(tmp_path / "new" / "runs.db")) as database:
        assert database.execute("SELECT id FROM runs").fetchall() == [(7,)], "also what stands in the WAL yet"
    assert not list((tmp_path / "new").glob(".restore-*"))


def test_nothing_is_overwritten(home, tmp_path):
    archive = tmp_path / "b.tar"
    write_backup(archive, parts(home))
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(archive, parts(home))


def damaged(archive, how):
    data = archive.read_bytes()
    if how == "cut":
        archive.write_bytes(data[: len(data) // 2])
    elif how == "changed":
        archive.write_bytes(data.replace(b'"key": "a"', b'"key": "x"'))
    else:
        with tarfile.open(archive, "w") as tar:
            member = tarfile.TarInfo("../../escaped" if how == "outside" else "journal/x")
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))


@pytest.mark.parametrize("how", ["cut", "changed", "outside", "foreign"])
def test_a_damaged_or_foreign_archive_restores_nothing(home, tmp_path, how):
    archive = tmp_path / "b.tar"
    write_backup(archive, parts(home))
    damaged(archive, how)
    with pytest.raises(BackupError):
        restore_backup(archive, parts(tmp_path / "deep" / "er" / "new"))
    assert not list((tmp_path / "deep" / "er" / "new").iterdir()) and not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("content", [b"junk", b""])
def test_what_is_no_archive_is_refused_in_one_line(monkeypatch, tmp_path, content):
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "new"))
    settings.cache_clear()
    archive = tmp_path / "backup.tar"
    archive.write_bytes(content)
    for name, why in ((archive, "it is no tar file, or cut off"), (tmp_path / "absent.tar", "No such file")):
        refused = CliRunner().invoke(app, ["restore", str(name)])
        assert (refused.exit_code, refused.output.count("\n")) == (1, 1) and why in refused.output


def test_an_empty_home_is_no_backup(monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "mistyped"))
    settings.cache_clear()
    refused = CliRunner().invoke(app, ["backup", str(tmp_path / "b.tar")])
    assert refused.exit_code == 2 and "nothing to back up" in refused.output and not (tmp_path / "b.tar").exists()


def test_the_commands_move_a_home_whose_sources_count_as_unchanged(monkeypatch, tmp_path):
    config = settings()
    instance_home = prepare(config)
    (config.incoming_dir / "trees.py").write_text("def f(n: int) -> int:\n    return n\n")
    with dg.DagsterInstance.from_config(str(instance_home)) as instance:
        instance.add_dynamic_partitions("api_batch", ["trees"])
    before = fingerprint_of(config.incoming_dir / "trees.py")[0]
    monkeypatch.delenv("DAGSTER_HOME")
    archive = tmp_path / "b.tar.gz"
    assert CliRunner().invoke(app, ["backup", str(archive)]).exit_code == 0
    assert CliRunner().invoke(app, ["restore", str(archive)]).exit_code == 1
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "moved"))
    settings.cache_clear()
    result = CliRunner().invoke(app, ["restore", str(archive)])
    assert result.exit_code == 0, result.output
    assert fingerprint_of(settings().incoming_dir / "trees.py")[0] == before
    with dg.DagsterInstance.from_config(str(tmp_path / "moved" / "dagster_home")) as instance:
        assert instance.get_dynamic_partitions("api_batch") == ["trees"]
