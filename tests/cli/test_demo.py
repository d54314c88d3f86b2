"""`apigen demo`: what it promises when all goes well, when it is repeated, and when the machine is not fit."""

import json
import os
import subprocess
import sys

import pytest

from resources.lake.lake import SCHEMA_VERSION
from tests.helpers.paths import ROOT


def demo(home, *options, **variables):
    environment = {**os.environ, "APIGEN_HOME": str(home), "APIGEN_CANDIDATES_PER_PARTITION": "15", **variables}
    environment.pop("DAGSTER_HOME", None)
    return subprocess.run(
        [sys.executable, "-c", "from apigen_assets.cli.main import run; run()", "demo", *options],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280,
    )  # fmt: skip


def journalled(home):
    return sorted(line for path in (home / "journal").rglob("*.jsonl") for line in path.read_text().splitlines())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_ends_with_what_was_made_and_a_repeat_asks_for_nothing(tmp_path):
    first = demo(tmp_path / "home", "--no-training")
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr[-2000:]
    for promised in ("standin-small", "standin-large", "simple", "make ui", str(tmp_path / "home" / "release")):
        assert promised in first.stdout
    assert (tmp_path / "home" / "release" / "function-calling-dataset" / "README.md").is_file()
    asked = journalled(tmp_path / "home")
    assert asked
    second = demo(tmp_path / "home", "--no-training")
    assert second.returncode == 0, second.stdout[-3000:]
    assert journalled(tmp_path / "home") == asked


def test_a_malformed_generators_file_stops_before_anything_is_made(tmp_path):
    bad = tmp_path / "generators.yaml"
    bad.write_text("generators:\n  - name: [1\n")
    result = demo(tmp_path / "home", APIGEN_GENERATORS_FILE=str(bad))
    assert result.returncode != 0
    assert "generators.yaml" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert not (tmp_path / "home" / "lake").exists()


def test_a_newer_lake_stops_it_and_stays_as_it_is(tmp_path):
    marker = tmp_path / "home" / "lake" / "_lake.json"
    marker.parent.mkdir(parents=True)
    marker.write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    result = demo(tmp_path / "home", "--no-training")
    assert result.returncode != 0
    assert "APIGEN_LAKE" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert [path.name for path in marker.parent.iterdir()] == ["_lake.json"]


def test_models_that_cost_are_not_asked_by_a_demo(tmp_path):
    paid = tmp_path / "generators.yaml"
    paid.write_text("generators:\n  - {name: big, base_url: 'http://127.0.0.1:9/v1', model: big}\n")
    result = demo(tmp_path / "home", APIGEN_GENERATORS_FILE=str(paid))
    assert result.returncode == 2
    assert "big" in result.stdout and "APIGEN_GENERATORS_FILE=none" in result.stdout
    assert not (tmp_path / "home" / "lake").exists()


def test_a_setting_that_cannot_be_read_is_named(tmp_path):
    result = demo(tmp_path / "home", APIGEN_BATCH_SIZE="many", APIGEN_STYLE_SHARES="{}")
    assert result.returncode == 2
    assert "APIGEN_BATCH_SIZE" in result.stderr and "Traceback" not in result.stderr
    result = demo(tmp_path / "home", APIGEN_STYLE_SHARES="half")
    assert result.returncode == 2
    assert "style_shares" in result.stderr and "Traceback" not in result.stderr
