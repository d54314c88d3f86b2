"""The code location: what is in it, what starts by itself, what loading it costs."""

import itertools
import json
import re
import subprocess
import sys

import dagster as dg
import pytest
import yaml

from apigen_assets.definitions import build
from apigen_assets.orchestration.home import PROJECT
from apigen_assets.settings import Settings

HEAVY = ["torch", "transformers", "deepspeed", "datasets", "matplotlib", "mcp", "openai", "aiohttp"]

NEVER_ALONE = {"release", "training", "evaluation"}


@pytest.fixture(scope="module")
def defs():
    from apigen_assets.definitions import defs

    return defs


def specs(defs):
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_everything_loads(defs):
    dg.Definitions.validate_loadable(defs)


def test_loading_imports_nothing_heavy():
    code = f"import sys, json, apigen_assets.definitions; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(out.stdout) == []


def test_the_path_from_catalog_to_leaderboard(defs):
    graph = defs.resolve_asset_graph()
    path = [
        "api_catalog",
        "documented_apis",
        "accessible_apis",
        "filtered_api_catalog",
        "raw_candidates",
        "format_verified",
        "execution_verified",
        "semantic_verified",
        "function_calling_dataset",
        "xlam_checkpoints",
        "bfcl_scores",
        "leaderboard",
    ]
    for above, below in itertools.pairwise(path):
        assert dg.AssetKey(above) in graph.get(dg.AssetKey(below)).parent_keys, f"{below} does not follow {above}"


def test_every_asset_has_a_group_a_description_kinds_and_a_code_version(defs):
    for name, spec in specs(defs).items():
        assert spec.group_name != "default", name
        assert spec.description and len(spec.description) > 20, name
        assert spec.kinds, name
        assert spec.code_version, name


def test_release_training_and_evaluation_never_start_by_themselves(defs):
    for name, spec in specs(defs).items():
        if spec.group_name in NEVER_ALONE:
            assert spec.automation_condition is None, name


def test_releases_run_one_at_a_time(defs):
    config = yaml.safe_load((PROJECT / "deploy" / "laptop" / "dagster.yaml").read_text())
    assert config["concurrency"]["pools"]["default_limit"] == 1
    for name in ("huggingface_dataset", "huggingface_models"):
        assert defs.resolve_assets_def(name).op.pool == "hub", name


def test_each_stage_conserves_its_rows_by_a_blocking_check(defs):
    graph = defs.resolve_asset_graph()
    blocking = {key.asset_key.to_user_string() for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    assert {"format_verified", "execution_verified", "semantic_verified", "function_calling_dataset"} <= blocking


def test_one_job_per_thing_a_person_starts(defs):
    names = {job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    assert {"catalog", "rows", "dataset", "release", "training", "evaluation", "ablation", "board", "models"} <= names


def test_every_asset_has_an_owner(defs):
    for name, spec in specs(defs).items():
        assert spec.owners, name


def test_a_changed_setting_shows_what_it_shaped_as_stale_and_nothing_else():
    before, after = (specs(build(Settings(_env_file=None, dataset_size=size))) for size in (60_000, 50))
    changed = {name for name in before if before[name].code_version != after[name].code_version}
    assert changed == {"composition"}
    assert after["composition"].metadata["settings"].value["APIGEN_DATASET_SIZE"] == 50


def test_assets_and_checks_get_their_settings_from_the_resource():
    for path in sorted((PROJECT / "apigen_assets").rglob("*.py")) + sorted((PROJECT / "sensors").glob("*.py")):
        if path.name in {"assets.py", "checks.py"} or path.parent.name == "sensors":
            assert "settings()" not in path.read_text(), path


def test_no_secret_is_shown_on_a_definition():
    config = Settings(
        _env_file=None, failure_webhook="https://hooks.example/secret-part", lake_options={"key": "env:K"}
    )
    shown = str([spec.metadata for spec in build(config).resolve_all_asset_specs()])
    assert "secret-part" not in shown and "secret-part" not in repr(config)


def test_the_graph_is_as_the_snapshot_says(defs, snapshot):
    """What a person sees of the graph; `pytest tests/test_definitions.py --snapshot-update` after a meant change."""
    shown = {
        name: {
            "group": spec.group_name,
            "owners": sorted(spec.owners),
            "kinds": sorted(spec.kinds),
            "follows": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "partitions": type(spec.partitions_def).__name__ if spec.partitions_def else None,
            "automation": spec.automation_condition.get_label() if spec.automation_condition else None,
            "settings": sorted(spec.metadata["settings"].value) if "settings" in spec.metadata else [],
            "description": str(spec.description).splitlines()[0],
        }
        for name, spec in sorted(specs(defs).items())
    }
    assert shown == snapshot


def test_no_step_that_automation_starts_makes_a_check_itself(defs):
    """Of a single partition Dagster would ask for that check and no other; what waits for the others is never made."""
    graph = defs.resolve_asset_graph()
    automated = [
        definition
        for definition in graph.assets_defs
        if any(graph.get(key).automation_condition is not None for key in definition.keys)
    ]
    assert len(automated) > 10
    assert not [spec.key.to_user_string() for definition in automated for spec in definition.check_specs]


def test_operations_names_every_sensor_and_all_of_them_run_by_themselves(defs):
    named = re.findall(r"^\| sensor `(\w+)`", (PROJECT / "docs/operations.md").read_text(), re.M)
    sensors = {sensor.name: sensor for sensor in defs.get_repository_def().sensor_defs}
    assert sorted(named) == sorted(sensors)
    assert {sensor.default_status for sensor in sensors.values()} == {dg.DefaultSensorStatus.RUNNING}
