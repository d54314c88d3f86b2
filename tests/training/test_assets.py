"""The assets over the real program, with a small model; and what they say when there is nothing to train on."""

import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from apigen_assets.settings import settings
from apigen_assets.training import assets as training
from apigen_assets.training.ablation import ABLATION_SCHEMA, ablation_markdown
from apigen_assets.training.checks import checkpoint_works
from resources.lake.lake import Lake
from resources.lake.resource import LakeResource
from resources.trainer.resource import TrainerResource
from resources.trainer.trainer import Trainer, TrainingJob
from tests.training.conftest import SMALL, make_rows

KEY = dg.MultiPartitionKey({"model": "tiny", "dataset": "verified"})


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def _resources(home, changes):
    lake = LakeResource(root=str(home / "lake"))
    trainer = TrainerResource(processes=1, changes={"tiny": changes})
    return {"lake": lake, "trainer": trainer, "settings": settings()}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_materialised_checkpoint_shows_what_was_measured_and_passes_its_check(home):
    lake = Lake(str(home / "lake"))
    lake.write(make_rows(240), lake.path("function_calling_dataset"))
    result = dg.materialize(
        [training.xlam_checkpoints, checkpoint_works],
        partition_key=KEY,
        resources=_resources(home, {**SMALL, "max_steps": "30", "zero_stage": "1"}),
        raise_on_error=False,
    )
    assert result.success
    [shown] = result.asset_materializations_for_node("xlam_checkpoints")
    for name in ("held_out_accuracy", "loss", "learning_rate", "tokens_per_second", "samples", "card", "exact_match"):
        assert name in shown.metadata, name
    assert "Stand-in data" in shown.metadata["held_out_accuracy"].value
    folder = home / "checkpoints" / "tiny" / "verified"
    assert Path(shown.metadata["path"].value) == folder.resolve()
    recorded = json.loads((folder / "training.json").read_text())
    assert recorded["lineage"]["generators"] == ["standin-template"]
    [check] = result.get_asset_check_evaluations()
    assert check.metadata["same"].value >= 0.9 * check.metadata["probes"].value, "the files repeat the answers"
    # Thirty steps teach nothing: the check must say so instead of passing
    assert check.passed == (check.metadata["trained"].value > check.metadata["untrained"].value)


def test_a_table_that_is_missing_is_said_in_one_line(home):
    result = dg.materialize(
        [training.xlam_checkpoints], partition_key=KEY, resources=_resources(home, {}), raise_on_error=False
    )
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "function_calling_dataset has no table" in failure.step_failure_data.user_failure_data.description


def test_nothing_trains_by_itself():
    for asset in (training.xlam_checkpoints, training.ablation_report):
        assert all(spec.automation_condition is None for spec in asset.specs)
        assert asset.op.pool == "gpu"


def test_the_launcher_follows_the_number_of_processes_and_machines(tmp_path):
    job = TrainingJob("tiny", tmp_path / "rows.parquet", tmp_path / "out", changes={"seed": "3"})
    assert Trainer(1).command(job)[1:3] == ["-m", "apigen_assets.training.train"]
    assert "--nproc_per_node" in Trainer(8).command(job)
    several = Trainer(8, "deepspeed", hostfile="hosts").command(job)
    assert several[1:5] == ["-m", "deepspeed.launcher.runner", "--hostfile", "hosts"]
    local = Trainer(1, changes={"tiny": {"seed": "1", "epochs": "2"}, "xlam-1b": {"seed": "9"}}).command(job)
    assert local[-4:] == ["--set", "seed=3", "--set", "epochs=2"]


def test_the_ablation_table_has_the_spread_and_the_papers_figures():
    rows = []
    for dataset, base in (("verified", 0.8), ("plus_fail_semantic", 0.7), ("plus_fail_execution", 0.6)):
        for seed in (1, 2, 3):
            rows.append(
                {name: None for name in ABLATION_SCHEMA}
                | {"dataset": dataset, "seed": seed, "rows": 100, "all": base + seed / 100, "heldout_rows": 50,
                   "stand_in": True}
            )  # fmt: skip
    table = ablation_markdown(pl.DataFrame(rows, schema=ABLATION_SCHEMA, orient="row"))
    assert "| verified | 100 | 82.0 % ± 1.0 | 81.0, 82.0, 83.0 |  |" in table
    assert "| -10.0 points | -9.59 | -4.06 |" in table and "| -20.0 points | -12.17 | -5.94 |" in table
    assert "stand-ins" in table
