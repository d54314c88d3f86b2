"""What lies in deploy/ is valid for what reads it, and says the same as the code."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import dagster as dg
import pytest
import yaml

from apigen_assets.orchestration.home import PROJECT
from apigen_assets.settings import Settings
from tests.helpers.paths import SHARED
from tests.helpers.postgres_server import postgres_server, programs

DEPLOY = PROJECT / "deploy"
MANIFESTS = sorted(DEPLOY.glob("k8s/*.yaml"))
CHART = Path(os.environ.get("DAGSTER_CHART") or SHARED / "dagster-chart")
"""The chart's folder, as `helm pull dagster/dagster --version 1.13.27 --untar` makes it."""
OF_THE_CHART = "apigen-dagster-instance"
"""The config map into which the chart writes the instance's file, installed under the name apigen."""


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def environment(value) -> set[str]:
    """Names of the program's variables anywhere in a document."""
    return set(re.findall(r"\bAPIGEN_[A-Z_]+\b", json.dumps(value)))


@pytest.mark.parametrize("path", [path for path in MANIFESTS if path.name != "values.yaml"], ids=lambda path: path.name)
def test_manifests_are_valid_for_kubernetes(path):
    validate = pytest.importorskip("kubernetes_validate", reason="pip install 'apigen[services]'")
    for document in documents(path):
        validate.validate(document, "1.33", strict=True)


def test_what_pods_mount_and_read_exists():
    objects = [document for path in MANIFESTS if path.name != "values.yaml" for document in documents(path)]
    claims = {item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolumeClaim"}
    maps = {item["metadata"]["name"] for item in objects if item["kind"] == "ConfigMap"}
    assert set(re.findall(r'"configMap": {"name": "([^"]+)"', json.dumps(objects))) <= maps | {OF_THE_CHART}
    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    text = json.dumps([objects, values])
    assert set(re.findall(r'"claimName": "([^"]+)"', text)) == claims
    assert {volume["configMap"]["name"] for volume in deployment["volumes"] if "configMap" in volume} == maps
    assert {mount["name"] for mount in deployment["volumeMounts"]} == {
        volume["name"] for volume in deployment["volumes"]
    }
    service = next(item for item in objects if item["kind"] == "Service")
    (generators,) = (item["data"]["generators.yaml"] for item in objects if item["kind"] == "ConfigMap")
    assert yaml.safe_load(generators)["generators"][0]["base_url"] == f"http://{service['metadata']['name']}:8000/v1"


def test_the_values_fit_the_charts_own_schema():
    schema = CHART / "values.schema.json"
    if not schema.exists():
        pytest.skip(
            f"no chart in {CHART}: helm pull dagster/dagster --version 1.13.27 --untar, and DAGSTER_CHART names it"
        )
    import jsonschema

    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    jsonschema.validate(merged(defaults, values), json.loads(schema.read_text()))


def test_the_instance_that_the_values_make_is_one_for_dagster(tmp_path):
    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    daemon = values["dagsterDaemon"]
    # The chart writes a custom coordinator as it is; its form of the queued one knows no retries, and adds a limit
    coordinator = daemon["runCoordinator"]["config"]["customRunCoordinator"]
    assert daemon["runCoordinator"]["type"] == "CustomRunCoordinator"
    instance = {"run_coordinator": coordinator, **values["additionalInstanceConfig"]}
    assert valid_instance(instance, tmp_path)["run_coordinator"] == coordinator
    (laptop,) = documents(DEPLOY / "laptop" / "dagster.yaml")
    for name in ("max_user_code_failure_retries", "user_code_failure_retry_delay"):
        assert coordinator["config"][name] == laptop["run_coordinator"]["config"][name]


def test_the_rendered_chart_is_valid_and_makes_no_secret(tmp_path):
    helm = pytest.importorskip("helm_python", reason="pip install helm-python-sdk")
    if not CHART.exists():
        pytest.skip(f"no chart in {CHART}")
    shutil.copytree(CHART, tmp_path / "chart")
    for schema in (tmp_path / "chart").rglob("values.schema.json"):
        # Those of the subchart name definitions on the web; the manifests are checked below
        schema.write_text(re.sub(r'"\$ref": "https?://[^"]+"', '"title": ""', schema.read_text()))
    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    with helm.Chart.load(str(tmp_path / "chart")) as chart:
        rendered = chart.render(values, name="apigen", namespace="default")
    files = [text for name, text in rendered.items() if name.endswith(".yaml")]
    objects = [item for text in files for item in yaml.safe_load_all(text) if item]
    validate = pytest.importorskip("kubernetes_validate", reason="pip install 'apigen[services]'").validate
    for item in objects:
        validate(item, "1.33", strict=False)
    # A secret of the chart's would stand in the way of the one made by hand, with a password that everybody knows
    assert {item["kind"] for item in objects} >= {"Deployment", "StatefulSet", "ConfigMap"}
    assert not [item for item in objects if item["kind"] == "Secret"]
    (config,) = [item for item in objects if item["metadata"]["name"] == OF_THE_CHART]
    instance = valid_instance(yaml.safe_load(config["data"]["dagster.yaml"]), tmp_path)
    assert instance["run_coordinator"]["config"]["max_user_code_failure_retries"] == 20


def valid_instance(instance, folder):
    """An instance's file as Dagster reads it; what it refuses raises."""
    from dagster._core.instance.config import dagster_instance_config

    (folder / "dagster.yaml").write_text(yaml.safe_dump(instance))
    read, custom = dagster_instance_config(str(folder))
    assert custom is None
    return read


def merged(below, above):
    """Values over the chart's, as Helm does it."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: merged(below.get(key), above[key]) if key in above else below[key] for key in below | above}
    return above


def test_the_run_launcher_takes_the_values():
    launcher = pytest.importorskip("dagster_k8s", reason="pip install 'apigen[k8s]'").K8sRunLauncher
    from dagster._config import process_config

    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    said = values["runLauncher"]["config"]["k8sRunLauncher"]
    names = {
        "containerConfig": "container_config",
        "podSpecConfig": "pod_spec_config",
        "jobSpecConfig": "job_spec_config",
    }
    run = {names[key]: value for key, value in said["runK8sConfig"].items()}
    # The chart writes these names into the instance's file
    config = {
        "service_account_name": "dagster",
        "instance_config_map": "apigen-instance",
        "dagster_home": "/opt/dagster",
        "image_pull_policy": said["imagePullPolicy"],
        "load_incluster_config": said["loadInclusterConfig"],
        "labels": said["labels"],
        "fail_pod_on_run_failure": said["failPodOnRunFailure"],
        "run_k8s_config": run,
    }
    assert process_config(launcher.config_type(), config).success


@pytest.mark.parametrize("name", ["laptop", "compose", "ray"])
def test_every_instance_frees_slots_and_repeats_only_what_died(name):
    (instance,) = documents(DEPLOY / name / "dagster.yaml")
    assert instance["run_monitoring"]["enabled"] and instance["run_monitoring"]["free_slots_after_run_end_seconds"]
    assert instance["run_retries"] == {"enabled": True, "max_retries": 3, "retry_on_asset_or_op_failure": False}
    (values,) = documents(DEPLOY / "k8s" / "values.yaml")
    assert values["additionalInstanceConfig"]["run_retries"] == instance["run_retries"]
    assert values["additionalInstanceConfig"]["concurrency"]["pools"] == instance["concurrency"]["pools"]


def test_every_setting_that_they_set_is_one():
    known = {f"APIGEN_{field.upper()}" for field in Settings.model_fields} | {"APIGEN_RAY_ADDRESS"}
    for path in [*DEPLOY.rglob("*.yaml"), DEPLOY / "Dockerfile"]:
        text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
        assert environment(text) <= known, path


def test_compose_names_files_that_exist_and_secrets_only_from_the_environment():
    (compose,) = documents(DEPLOY / "compose" / "compose.yaml")
    build = compose["services"]["code"]["build"]
    context = (DEPLOY / "compose" / build["context"]).resolve()
    assert context == PROJECT and (context / build["dockerfile"]).exists()
    copied = re.findall(r"^COPY (?:--chown=\w+ )?(.+) \S+$", (context / build["dockerfile"]).read_text(), re.MULTILINE)
    assert copied and all((PROJECT / name).exists() for line in copied for name in line.split())
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?", (DEPLOY / "compose" / "compose.yaml").read_text()))
    assert wanted <= set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose" / ".env.example").read_text(), re.MULTILINE))
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|TOKEN|KEY", name) or "${" in value, name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_compose_is_valid_for_docker():
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("no docker compose here")
    environ = os.environ | {"POSTGRES_PASSWORD": "x", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    command = [docker, "compose", "-f", str(DEPLOY / "compose" / "compose.yaml"), "config", "--quiet"]
    subprocess.run(command, check=True, env=environ)


def test_the_instance_lives_in_postgres(tmp_path, monkeypatch):
    if programs() is None:
        pytest.skip("no Postgres server: apt install postgresql")
    pytest.importorskip("dagster_postgres", reason="pip install 'apigen[postgres]'")

    @dg.asset(pool="llm")
    def table() -> int:
        return 1

    shutil.copyfile(DEPLOY / "compose" / "dagster.yaml", tmp_path / "dagster.yaml")
    with postgres_server() as url:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            instance.event_log_storage.set_concurrency_slots("llm", 3)
            assert dg.materialize([table], instance=instance).success
            instance.add_dynamic_partitions("api_batch", ["a"])
        # Another process of the cluster sees the same
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            assert instance.get_latest_materialization_event(dg.AssetKey("table")) is not None
            assert instance.get_dynamic_partitions("api_batch") == ["a"]
            assert instance.event_log_storage.get_concurrency_info("llm").slot_count == 3
    assert not [path for path in tmp_path.rglob("*.db")]
