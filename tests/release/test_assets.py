"""The release assets inside Dagster: gate, local release, publication."""

import os
import subprocess
import sys

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.partitions import batch_by_generator, model_by_dataset
from apigen_assets.release.assets import huggingface_dataset, huggingface_models
from apigen_assets.release.guards import GUARDED_OF_MODELS, guarding_checks
from apigen_assets.settings import settings
from apigen_assets.training.released import released_as
from resources.hub.resource import HubResource
from resources.lake.lake import Lake
from resources.lake.resource import LakeResource
from tests.helpers.hub_server import LocalHub
from tests.helpers.paths import ROOT
from tests.helpers.releases import rows


@pytest.fixture
def lake():
    made = Lake(settings().lake_url)
    made.write(rows(), made.path("function_calling_dataset"))
    return made


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", LocalHub.WRITE)
    with LocalHub(tmp_path / "hub") as running:
        monkeypatch.setenv("APIGEN_HUB_ENDPOINT", running.url)
        monkeypatch.setenv("APIGEN_HUB_REPO", "ada/calls")
        settings.cache_clear()
        yield running


KEY = dg.MultiPartitionKey({"model": "tiny", "dataset": "verified"})


def passing(asset, name):
    @dg.asset_check(asset=asset, name=name)
    def check():
        return dg.AssetCheckResult(passed=True, metadata={"compared": True})

    return check


def definitions(passed=True, severity=dg.AssetCheckSeverity.ERROR):
    """The release assets beside small ones with the checks of the real ones; `passed` may be an exception."""

    @dg.asset_check(asset="function_calling_dataset", blocking=True)
    def dataset_is_sound():
        if isinstance(passed, Exception):
            raise passed
        return dg.AssetCheckResult(passed=passed, severity=severity)

    @dg.asset(partitions_def=model_by_dataset)
    def xlam_checkpoints():
        pass

    @dg.asset_check(asset=xlam_checkpoints, partitions_def=model_by_dataset)
    def checkpoint_works():
        return dg.AssetCheckResult(passed=passed)

    @dg.asset(io_manager_key="lake")
    def function_calling_dataset() -> pl.DataFrame:
        return rows()

    return dg.Definitions(
        assets=[huggingface_dataset, huggingface_models, function_calling_dataset, xlam_checkpoints],
        asset_checks=[
            dataset_is_sound,
            passing("function_calling_dataset", "splits_share_no_api"),
            passing("function_calling_dataset", "is_decontaminated"),
            checkpoint_works,
        ],
        jobs=[
            dg.define_asset_job("release", selection=["huggingface_dataset"]),
            dg.define_asset_job("dataset", selection=["function_calling_dataset"]),
            dg.define_asset_job(
                "dataset_unchecked",
                selection=dg.AssetSelection.assets("function_calling_dataset").without_checks(),
            ),
            dg.define_asset_job("training", selection=["xlam_checkpoints"]),
            dg.define_asset_job("models", selection=["huggingface_models"]),
        ],
        resources={
            "settings": settings(),
            "lake": LakeResource(root=settings().lake_url),
            "hub": HubResource(endpoint=settings().hub_endpoint, backoff_s=0.02, load_back=False),
        },
    )


def run(job, instance, defs=None, **more):
    return (
        (defs or definitions()).resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **more)
    )


def metadata(result):
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def description(result):
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


def test_without_a_token_the_release_is_local_and_loads(lake, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("APIGEN_HUB_REPO", "ada/calls")
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        told = metadata(run("release", instance))
        assert told["published"] == "no: HF_TOKEN is not set"
        assert told["loaded"].startswith("load_dataset reads every config")
        shapes = ("xlam", "openai", "prompt_completion", "sharegpt", "grpo", "verl")
        assert told["rows"] == {f"{name}/train": 25 for name in shapes}
        lines = sorted((settings().release_dir / "function-calling-dataset" / "jsonl").iterdir())
        assert [file.name for file in lines] == ["nemo_gym.jsonl", "openai_finetuning.jsonl"]
        assert (settings().release_dir / "function-calling-dataset" / "release.json").exists()
        again = metadata(run("release", instance))
        assert not again["written"] and again["content_hash"] == told["content_hash"]


def test_with_repository_and_token_it_is_published_with_lineage(lake, hub):
    with dg.DagsterInstance.ephemeral() as instance:
        defs = definitions()
        made = run("dataset", instance, defs)
        config = {"ops": {"huggingface_dataset": {"config": {"version": "v1"}}}}
        told = metadata(run("release", instance, defs, run_config=config))
        assert told["published"] == "a new commit" and told["version"] == "v1"
        assert hub.commits("ada/calls") == ["Release v1: 25 rows"]
        found = hub.repository("ada/calls")
        card = found.content(found.files("v1")["README.md"]).read_text()
        assert f"| `function_calling_dataset` | {made.run_id} |" in card
        assert "No row matches a single-turn question" in card
        table = settings().home / "rows.parquet"
        rows().write_parquet(table)
        assert released_as(settings().release_dir, table) == {
            "content_hash": told["content_hash"],
            "repository": "ada/calls",
            "revision": told["revision"],
            "version": "v1",
        }
        rows(word="other").write_parquet(table)
        assert released_as(settings().release_dir, table) == {}, "as many rows, but others"
        # Made again with the same rows, by another run: nothing new.
        run("dataset", instance, defs)
        again = metadata(run("release", instance, defs, run_config=config))
        assert again["published"] == "the repository held this release already"
        assert len(hub.commits("ada/calls")) == 1


def test_a_failed_check_stops_the_release(lake, hub):
    with dg.DagsterInstance.ephemeral() as instance:
        run("dataset", instance, definitions(passed=False))
        stopped = run("release", instance)
        assert not stopped.success and "function_calling_dataset: dataset_is_sound" in description(stopped)
        assert not hub.log and not settings().release_dir.exists()
        run("dataset", instance, definitions(passed=True))
        assert run("release", instance).success


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ([("dataset", ValueError("the check's own fault"))], "dataset_is_sound (broke off, or has not ended)"),
        ([("dataset_unchecked", True)], "dataset_is_sound (not run)"),
        ([("dataset", True), ("dataset_unchecked", True)], "is_decontaminated (not run since the asset was made again"),
    ],
)
def test_rows_without_a_passed_check_of_their_own_are_not_released(lake, hub, before, says):
    with dg.DagsterInstance.ephemeral() as instance:
        for job, passed in before:
            run(job, instance, definitions(passed=passed))
        assert says in description(run("release", instance))
        assert not hub.log


def stage(passed):
    """A small stage with the conservation check of the real one."""

    @dg.asset(partitions_def=batch_by_generator)
    def format_verified():
        pass

    @dg.asset_check(
        asset=format_verified,
        name="format_in_is_verified_plus_rejected",
        partitions_def=batch_by_generator,
        blocking=True,
    )
    def check():
        return dg.AssetCheckResult(passed=passed)

    jobs = [dg.define_asset_job("stage", selection=["format_verified"])]
    return dg.Definitions(assets=[format_verified], asset_checks=[check], jobs=jobs)


def test_a_stage_that_lost_rows_in_any_of_its_partitions_stops_the_release(lake, hub):
    generator = batch_by_generator.get_partitions_def_for_dimension("generator").get_partition_keys()[0]
    bad, good = (dg.MultiPartitionKey({"api_batch": name, "generator": generator}) for name in ("bad", "good"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("api_batch", ["bad", "good"])
        run("stage", instance, stage(passed=False), partition_key=bad)
        run("stage", instance, stage(passed=True), partition_key=good)
        said = description(run("release", instance))
        assert f"format_in_is_verified_plus_rejected (failed, partition bad|{generator})" in said
        assert not hub.log
        run("stage", instance, stage(passed=True), partition_key=bad)
        assert run("release", instance).success
        run("stage", instance, stage(passed=False), partition_key=bad)
        instance.delete_dynamic_partition("api_batch", "bad")
        assert run("release", instance).success, "a batch that is gone stands in no way"


def test_a_composition_that_lost_rows_stops_the_release():
    assert {key.name for key in guarding_checks()} >= {
        "composition_conserves_rows",
        "format_in_is_verified_plus_rejected",
        "execution_in_is_verified_plus_rejected",
        "semantic_in_is_verified_plus_rejected",
        "every_call_succeeded",
    }


def test_a_check_that_only_warns_does_not_stop_it(lake, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        run("dataset", instance, definitions(passed=False, severity=dg.AssetCheckSeverity.WARN))
        assert run("release", instance).success


def test_a_useless_token_is_told_before_the_work(lake, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    with dg.DagsterInstance.ephemeral() as instance:
        stopped = run("release", instance)
        assert "expired, revoked or mistyped" in description(stopped)
        assert not settings().release_dir.exists()


@pytest.fixture
def checkpoint():
    folder = settings().checkpoints_dir / "tiny" / "verified"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_model_is_published(hub, checkpoint):
    with dg.DagsterInstance.ephemeral() as instance:
        told = metadata(run("models", instance, partition_key=KEY))
        assert told["published"] == "a new commit"
        assert "model.safetensors" in hub.repository("ada/tiny-verified", "model").files("main")
        again = metadata(run("models", instance, partition_key=KEY))
        assert again["published"] == "the repository held this release already"


def test_a_model_whose_check_failed_is_not_published_and_others_are(hub, checkpoint):
    other = dg.MultiPartitionKey({"model": "tiny", "dataset": "plus_fail_semantic"})
    with dg.DagsterInstance.ephemeral() as instance:
        run("training", instance, definitions(passed=True), partition_key=KEY)
        run("training", instance, definitions(passed=False), partition_key=other)
        assert run("models", instance, partition_key=KEY).success
        run("training", instance, definitions(passed=False), partition_key=KEY)
        run("training", instance, definitions(passed=True), partition_key=other)
        commits = len(hub.commits("ada/tiny-verified", "model"))
        stopped = run("models", instance, partition_key=KEY)
        assert "xlam_checkpoints: checkpoint_works (failed)" in description(stopped)
        assert len(hub.commits("ada/tiny-verified", "model")) == commits == 1


def test_the_checks_of_checkpoint_and_scores_guard_a_model():
    assert {key.name for key in guarding_checks(GUARDED_OF_MODELS)} == {
        "checkpoint_works",
        "every_question_is_scored",
        "no_failure_counts_as_an_answer",
        "training_taught_something",
    }


def test_a_model_that_is_not_trained_is_told(hub):
    with dg.DagsterInstance.ephemeral() as instance:
        assert "train the model first" in description(run("models", instance, partition_key=KEY))


def apigen(*arguments):
    """The command, in a process of its own: settings are read once per process."""
    done = subprocess.run(
        [sys.executable, "-c", "from apigen_assets.cli.main import app; app()", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_publishes_and_shows_what_it_would_do(lake, hub):
    would = CliRunner().invoke(app, ["publish", "--dry-run", "--version", "v1"])
    assert would.exit_code == 0, would.output
    assert "does not exist and would be created (private)" in would.output
    assert "+ data/xlam/train-00000-of-00001.parquet" in would.output
    assert not hub.repository("ada/calls").exists
    status, told = apigen("publish", "--version", "v1")
    assert status == 0, told
    assert "a new commit" in told and list(hub.repository("ada/calls").meta["tags"]) == ["v1"]
    again = CliRunner().invoke(app, ["publish", "--dry-run"])
    assert "holds this release already" in again.output and "no commit" in again.output


def test_the_command_says_what_is_wrong(lake, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    status, told = apigen("publish")
    assert status == 1 and "expired, revoked or mistyped" in told and "Traceback" not in told
    lake.write(rows().head(0), lake.path("function_calling_dataset"))
    nothing = CliRunner().invoke(app, ["publish", "--dry-run"])
    assert nothing.exit_code == 1 and "nothing to release" in nothing.output


def test_a_secret_in_anything_kept_stops_the_publication_and_is_not_shown(lake, hub, monkeypatch):
    secret = "a-value-of-7-words-only"
    monkeypatch.setenv("WEATHER_API_KEY", secret)
    home = settings().home
    lake.write(pl.DataFrame({"page": [f"key {secret}"]}), lake.path("notes"))
    for folder in ("journal/m", "recordings", "dagster_home/storage/run/compute_logs", "report"):
        (home / folder).mkdir(parents=True)
        (home / folder / "one.jsonl").write_text(f'{{"body": "key={secret}"}}\n')
    with dg.DagsterInstance.ephemeral() as instance:
        assert run("dataset", instance).success
        result = run("release", instance)
        assert not result.success and not hub.requests("/commit/")
        (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.check_name == "no_secrets" and not evaluation.passed
    said = description(result)
    assert "WEATHER_API_KEY" in said and "lake/notes/data.parquet, row 0, column page" in said
    for place in ("journal/m", "recordings", "dagster_home/storage/run/compute_logs", "report"):
        assert f"{place}/one.jsonl, line 1" in said
    assert secret not in "".join(str(event) for event in result.all_events)
