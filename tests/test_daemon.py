"""The real daemon: a dropped file becomes verified rows in the data set, and nothing else runs."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from apigen_assets.definitions import build
from apigen_assets.files.json_types import JsonObject
from apigen_assets.orchestration.home import grant_slots, prepare
from apigen_assets.partitions import generators
from apigen_assets.settings import settings
from resources.lake.lake import Lake, LakeError
from tests.helpers.daemon import daemon
from tests.test_graph import FUNCTIONS

PATIENCE_S = 560
"""Of a machine that others load; on an idle one each test takes about a minute."""


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
    with daemon(tmp_path / "daemon.log") as process:
        (config.incoming_dir / "trees.py").write_text(FUNCTIONS)
        (config.incoming_dir / "half.py.part").write_text("def broken(")
        lake = Lake(config.lake_url)
        deadline = time.monotonic() + PATIENCE_S
        rows = None
        while time.monotonic() < deadline and process.poll() is None:
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


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 60)
def test_beside_a_lake_that_is_up_to_date_the_daemon_starts_nothing(monkeypatch, tmp_path):
    """As after `make demo`: runs were made by commands, and the daemon's sensors start with an empty memory."""
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "20")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    settings.cache_clear()
    config = settings()
    home = prepare(config)
    grant_slots(config)
    (config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    (config.incoming_dir / "broken.py").write_text("def f(:\n")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions("api_batch", ["trees", "broken"])
        run_all(build(config), instance)
        before = instance.get_runs_count()
        with daemon(tmp_path / "daemon.log") as process:
            wait_for_ticks(instance, {"new_apis": 5, "automation": 8}, process)
        assert [run.job_name for run in instance.get_runs()[: instance.get_runs_count() - before]] == []


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 60)
def test_a_run_that_goes_on_when_its_source_is_removed_is_canceled_and_no_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_REST_TIMEOUT_S", str(2 * PATIENCE_S))
    monkeypatch.setenv("APIGEN_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("APIGEN_REST_MODE", "live")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    settings.cache_clear()
    config = settings()
    home = prepare(config)
    grant_slots(config)
    source = config.incoming_dir / "slow.json"
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        socket.create_server(("127.0.0.1", 0)) as silent,
        daemon(tmp_path / "daemon.log") as process,
    ):
        source.write_text(json.dumps(specification(silent.getsockname()[1])))
        wait_until(lambda: steps_started(instance, "filter_accessibility"), process)
        source.unlink()
        imports = dg.RunsFilter(tags={"dagster/partition": "slow"})
        wait_until(lambda: all(run.is_finished for run in instance.get_runs(imports)), process)
        assert {run.status for run in instance.get_runs(imports)} == {dg.DagsterRunStatus.CANCELED}
        wait_until(lambda: instance.get_dynamic_partitions("api_batch") == [], process)
    lake = Lake(config.lake_url)
    assert made(lake, "documented_apis") is not None and made(lake, "accessible_apis") is None
    assert not list(config.home.rglob("failures.jsonl"))


def specification(port: int) -> JsonObject:
    """One API whose server accepts a call and never answers it."""
    city = {"name": "city", "in": "query", "required": True, "schema": {"type": "string"}, "example": "Oslo"}
    city["description"] = "Name of the city."
    operation: JsonObject = {
        "operationId": "now",
        "summary": "The weather in a city at this moment.",
        "parameters": [city],
        "responses": {"200": {"description": "The weather."}},
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Weather", "version": "1"},
        "servers": [{"url": f"http://127.0.0.1:{port}"}],
        "paths": {"/now": {"get": operation}},
    }


def wait_until(done: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.5)


def steps_started(instance: dg.DagsterInstance, step: str) -> bool:
    """Whether a step of any run has begun."""
    wanted = dg.DagsterEventType.STEP_START
    records = [instance.get_records_for_run(run.run_id, of_type=wanted).records for run in instance.get_runs()]
    return any(record.event_log_entry.step_key == step for of_run in records for record in of_run)


def run_all(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Everything that automation would make, by hand."""
    steps: list[tuple[str, str | dg.MultiPartitionKey | None]] = [
        ("seeds", None),
        ("catalog", "trees"),
        ("catalog", "broken"),
    ]
    for batch in ("trees", "broken"):
        steps += [
            ("rows", dg.MultiPartitionKey({"api_batch": batch, "generator": name}))
            for name in generators.get_partition_keys()
        ]
    for job, partition in [*steps, ("dataset", None), ("overview", None)]:
        assert definitions.resolve_job_def(job).execute_in_process(partition_key=partition, instance=instance).success


def wait_for_ticks(instance: dg.DagsterInstance, wanted: dict[str, int], process: "subprocess.Popen[bytes]") -> None:
    """Until each of these sensors was evaluated so often."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        ticks = {
            state.instigator_name: len(instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=20))
            for state in instance.all_instigator_state()
        }
        if all(ticks.get(name, 0) >= count for name, count in wanted.items()):
            return
        time.sleep(1)
    raise AssertionError(f"the sensors did not tick: {ticks}")


def groups_materialised(instance: dg.DagsterInstance) -> set[str]:
    from apigen_assets.definitions import defs

    specs = {spec.key: spec.group_name for spec in defs.resolve_all_asset_specs()}
    return {str(specs[key]) for key in instance.all_asset_keys() if instance.get_latest_materialization_event(key)}


def instance_batches(home: Path) -> list[str]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return sorted(instance.get_dynamic_partitions("api_batch"))
