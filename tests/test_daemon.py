"""The real daemon: a dropped file becomes verified rows in the data set, and nothing else runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from apigen_assets.orchestration.home import PROJECT, grant_slots, prepare
from apigen_assets.settings import settings
from resources.lake.lake import Lake, LakeError
from tests.test_graph import FUNCTIONS

PATIENCE_S = 280


def made(lake: Lake, asset: str) -> pl.DataFrame | None:
    try:
        return lake.scan(asset).collect()
    except LakeError:
        return None


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 60)
def test_a_dropped_file_reaches_the_data_set_and_nothing_else_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "20")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    settings.cache_clear()
    config = settings()
    home = prepare(config)
    grant_slots(config)
    log = (tmp_path / "daemon.log").open("wb")
    daemon = subprocess.Popen(
        [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(PROJECT / "workspace.yaml")],
        cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env=os.environ.copy(),
    )  # fmt: skip
    try:
        (config.incoming_dir / "trees.py").write_text(FUNCTIONS)
        (config.incoming_dir / "half.py.part").write_text("def broken(")
        lake = Lake(config.lake_url)
        deadline = time.monotonic() + PATIENCE_S
        rows = None
        while time.monotonic() < deadline and daemon.poll() is None:
            verified = made(lake, "semantic_verified")
            rows = made(lake, "function_calling_dataset")
            # the data set follows the last of the three generators
            if rows is not None and verified is not None and verified["generator"].n_unique() == 3:
                break
            time.sleep(1)
        assert rows is not None and rows.height > 0, (tmp_path / "daemon.log").read_text()[-4000:]
        with dg.DagsterInstance.from_config(str(home)) as instance:
            groups = groups_materialised(instance)
            failed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert not failed, [run.job_name for run in failed]
        assert groups <= {"catalog", "generation", "verification", "dataset"}
        assert instance_batches(home) == ["trees"]
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
        log.close()


def groups_materialised(instance: dg.DagsterInstance) -> set[str]:
    from apigen_assets.definitions import defs

    specs = {spec.key: spec.group_name for spec in defs.resolve_all_asset_specs()}
    return {str(specs[key]) for key in instance.all_asset_keys() if instance.get_latest_materialization_event(key)}


def instance_batches(home: Path) -> list[str]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return sorted(instance.get_dynamic_partitions("api_batch"))
