"""`apigen train` with mistakes: one message, and where files show the mistake nothing is launched."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from resources.trainer.trainer import Trainer
from tests.training.conftest import SMALL, environment


@pytest.fixture
def launches(monkeypatch):
    started: list[object] = []
    monkeypatch.setattr(Trainer, "run", lambda self, job: started.append(job))
    return started


@pytest.fixture
def base(tmp_path):
    """A folder with the files of a model of four layers."""
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "num_hidden_layers": 4}))
    for name in ("tokenizer_config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    return folder


def _train(tmp_path, *more, recipe="tiny", rows):
    return CliRunner().invoke(app, ["train", recipe, "--rows", str(rows), "--out", str(tmp_path / "model"), *more])


def _refused(result, launches, *parts):
    assert result.exit_code == 2 and launches == [], result.output
    assert result.stderr.count("error: ") == 1 and "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr


def test_rows_that_cannot_be_trained_on_are_refused_before_anything_is_launched(launches, tmp_path, rows_file):
    (tmp_path / "garbage.jsonl").write_text("not a row\n")
    (tmp_path / "empty.jsonl").write_text("")
    for rows, part in (
        (tmp_path / "none.parquet", "does not exist"),
        (tmp_path, "is a folder"),
        (tmp_path / "garbage.jsonl", "garbage.jsonl"),
        (tmp_path / "empty.jsonl", "empty.jsonl"),
    ):
        _refused(_train(tmp_path, rows=rows), launches, str(rows), part)
    _refused(_train(tmp_path, "--heldout-rows", str(tmp_path / "h.parquet"), rows=rows_file), launches, "h.parquet")


def test_a_base_that_is_not_the_recipes_is_refused_before_anything_is_launched(launches, tmp_path, rows_file, base):
    def named(source):
        change = f"base.source={source}"
        return _train(tmp_path, "--set", change, recipe="smollm2-135m", rows=rows_file)

    _refused(named(base), launches, "num_hidden_layers 4", "written for 30")
    _refused(named(tmp_path / "nothing"), launches, "apigen import-base")
    (base / "config.json").write_text("[")
    _refused(named(base), launches, "config.json cannot be read")
    (base / "model.safetensors").unlink()
    _refused(named(base), launches, "lacks *.safetensors")


def test_settings_that_contradict_are_refused_before_anything_is_launched(launches, tmp_path, rows_file):
    _refused(_train(tmp_path, "--set", "relevance_share=2", rows=rows_file), launches, "relevance_share")
    _refused(_train(tmp_path, "--set", "batch_rows=7", "--processes", "2", rows=rows_file), launches, "7 rows a step")
    _refused(_train(tmp_path, rows=rows_file, recipe="large"), launches, "no recipe 'large'")
    (tmp_path / "model").write_text("")
    _refused(_train(tmp_path, rows=rows_file), launches, "is a file")


def test_what_is_right_is_launched(launches, tmp_path, rows_file):
    assert _train(tmp_path, rows=rows_file).exit_code == 0 and len(launches) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_message_of_the_program_stands_alone_without_the_launchers_words(tmp_path, rows_file):
    pytest.importorskip("deepspeed")
    changes = [part for key, value in {**SMALL, "max_length": "16"}.items() for part in ("--set", f"{key}={value}")]
    finished = subprocess.run(
        [str(Path(sys.executable).parent / "apigen"), "train", "tiny", "--rows", str(rows_file), "--processes", "2",
         "--out", str(tmp_path / "model"), *changes],
        env=environment(), capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].startswith("error: every one of the")
    assert finished.stderr.count("error: ") == 1
    assert "Traceback" not in finished.stderr and "elastic" not in finished.stderr
