"""A generator that is asked through batches: the partition says what it waits for, and goes on when it has arrived."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.cli.main import app
from apigen_assets.domain.api import Api
from apigen_assets.generation.assets import raw_candidates, seed_examples
from apigen_assets.orchestration.automation import ONCE_OR_WAITING
from apigen_assets.partitions import api_batches
from apigen_assets.settings import settings
from apigen_assets.verification.stages.assets import format_check
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import Lake
from resources.llm.journal import Journal
from resources.llm.resource import LlmResource
from sensors.batches import batches
from tests.helpers.batch_server import BatchServer, pairs_answer, vllm_answer

# A name of the configured generators: the keys of the partition dimension are fixed when the definitions load.
NAME = "standin-large"
KEY = dg.MultiPartitionKey({"api_batch": "b1", "generator": NAME})


@dg.asset(partitions_def=api_batches, io_manager_key="lake")
def filtered_api_catalog() -> pl.DataFrame:
    return Api.frame(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis[:8])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APIGEN_GENERATORS_FILE", str(tmp_path / "models.yaml"))
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "40")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("api_batch", ["b1"])
        yield instance


def configure(home: Path, url: str, by: str) -> None:
    entry = {"name": NAME, "base_url": url, "model": "m", "batch": by, "price": {"input": 1, "output": 2}}
    (home / "models.yaml").write_text(json.dumps({"generators": [entry]}))


def resources(home: Path) -> dict[str, Any]:
    llm = LlmResource.from_settings(settings())
    return {"lake": LakeIOManager(Lake(str(home / "lake"))), "llm": llm, "settings": settings()}


def run(instance: dg.DagsterInstance, home: Path, *selection: str) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [filtered_api_catalog, seed_examples, raw_candidates],
        selection=list(selection),
        partition_key="b1" if selection[0] == "filtered_api_catalog" else KEY if "raw" in selection[0] else None,
        instance=instance,
        resources=resources(home),
        raise_on_error=False,
    )


def tick(instance: dg.DagsterInstance) -> list[dg.RunRequest | dg.SkipReason]:
    context = dg.build_sensor_context(instance=instance, resources={"settings": settings()})
    return list(cast("Iterator[dg.RunRequest | dg.SkipReason]", batches(context)))


def state_of(instance: dg.DagsterInstance) -> dict[str, Any]:
    wanted = dg.AssetRecordsFilter(dg.AssetKey("raw_candidates"), asset_partitions=[KEY])
    [record, *_] = instance.fetch_observations(wanted, limit=1).records
    assert record.asset_observation is not None
    return {name: value.value for name, value in record.asset_observation.metadata.items()}


def made(instance: dg.DagsterInstance) -> int:
    return len(instance.fetch_materializations(dg.AssetKey("raw_candidates"), limit=9).records)


def test_a_partition_waits_for_its_batch_and_is_made_when_it_has_arrived(
    instance: dg.DagsterInstance, home: Path
) -> None:
    with BatchServer() as server:
        # One answer is lost: what makes up for it is another batch.
        server.answer = lambda n, line: (
            {"custom_id": line["custom_id"], "response": None, "error": {"message": "lost"}}
            if n == 3 and len(server.batches) == 1
            else pairs_answer(n, line)
        )
        configure(home, server.url, "api")
        run(instance, home, "filtered_api_catalog")
        run(instance, home, "seed_examples")
        assert isinstance(tick(instance)[0], dg.SkipReason)

        waits = run(instance, home, "raw_candidates")
        assert waits.success
        assert made(instance) == 0
        state = state_of(instance)
        assert (state["batches"], state["requests"]) == ("batch_1", 8)
        assert "waits for a batch: batch_1 (8 requests, submitted)" in state["state"]

        # Asked again too early, it finds the same and sends nothing twice.
        assert run(instance, home, "raw_candidates").success
        assert len(server.batches) == 1
        assert "in_progress" in state_of(instance)["state"]
        [skip] = tick(instance)
        assert isinstance(skip, dg.SkipReason)
        assert "1 batch is under way" in str(skip.skip_message)

        server.done = True
        [request] = tick(instance)
        assert isinstance(request, dg.RunRequest)
        assert (request.run_key, request.partition_key) == ("batch:batch_1", str(KEY))
        instance.delete_dynamic_partition("api_batch", "b1")
        assert isinstance(tick(instance)[0], dg.SkipReason), "its source is removed: no request may name its partition"
        instance.add_dynamic_partitions("api_batch", ["b1"])
        assert run(instance, home, "raw_candidates").success
        assert (made(instance), state_of(instance)["requests"]) == (0, 1)
        assert "batch:batch_2" in {getattr(request, "run_key", None) for request in tick(instance)}
        done = run(instance, home, "raw_candidates")
        assert done.success
        assert made(instance) == 1
        table = done.output_for_node("raw_candidates")
        assert table.height == 40
        assert table["parse_error"].null_count() == 40
        assert len(Journal(home / "home/journal/m")) == 8
        # Ten tokens in and five out, eight times.
        [written] = done.asset_materializations_for_node("raw_candidates")
        assert written.metadata["cost_usd_in_all"].value == pytest.approx(0.00016)
        assert written.metadata["cost_usd_per_readable_row"].value == pytest.approx(0.000004)
        checked = dg.materialize(
            [filtered_api_catalog, seed_examples, raw_candidates, format_check],
            selection=[format_check],
            partition_key=KEY,
            instance=instance,
            resources=resources(home),
        )
        verified, _ = checked.asset_materializations_for_node("format_check")
        assert verified.metadata["cost_usd_so_far"].value == pytest.approx(0.00016)
        assert "cost_usd_per_verified_row" not in verified.metadata, "none of these rows calls what is offered"


def test_a_batch_that_ends_without_an_answer_stops_the_partition_and_is_not_sent_again_by_itself(
    instance: dg.DagsterInstance, home: Path
) -> None:
    with BatchServer() as server:
        server.done, server.state = True, "expired"
        configure(home, server.url, "api")
        run(instance, home, "filtered_api_catalog")
        run(instance, home, "seed_examples")
        run(instance, home, "raw_candidates")
        stopped = run(instance, home, "raw_candidates")
        assert not stopped.success
        [failure] = stopped.get_step_failure_events()
        assert "batch_1" in str(failure.step_failure_data.user_failure_data)
        assert "ended as `expired` without one answer" in str(failure.step_failure_data.user_failure_data)
        assert len(server.batches) == 1


def test_a_partition_waits_for_a_file_that_somebody_answers(instance: dg.DagsterInstance, home: Path) -> None:
    configure(home, "http://127.0.0.1:9/v1", "files")
    run(instance, home, "filtered_api_catalog")
    run(instance, home, "seed_examples")
    assert run(instance, home, "raw_candidates").success
    state = state_of(instance)
    file = Path(state["files"])
    assert "have " + str(file) in state["state"]
    assert isinstance(tick(instance)[0], dg.SkipReason)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    answers = home / "answers.jsonl"
    answers.write_text("".join(json.dumps(vllm_answer(n, line)) + "\n" for n, line in enumerate(lines)))
    shown = CliRunner().invoke(app, ["batch", "status"])
    assert str(file) in shown.output.replace("\n", "")
    done = CliRunner().invoke(app, ["batch", "import", str(answers), "-e", str(file), "-g", NAME])
    assert done.exit_code == 0, done.output
    [request] = tick(instance)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == str(KEY)
    assert run(instance, home, "raw_candidates").output_for_node("raw_candidates").height == 40


def test_automation_asks_once_for_what_waits_and_again_when_something_above_was_made(
    instance: dg.DagsterInstance,
) -> None:
    @dg.asset(partitions_def=api_batches)
    def above() -> None: ...

    @dg.asset(partitions_def=api_batches, deps=[above], automation_condition=ONCE_OR_WAITING, output_required=False)
    def waits() -> Iterator[dg.AssetObservation]:
        yield dg.AssetObservation("waits")

    defs = dg.Definitions([above, waits])
    cursor = dg.evaluate_automation_conditions(defs, instance).cursor

    def requested() -> set[str | None]:
        """Of two looks: what appeared just now is looked at once more."""
        nonlocal cursor
        partitions: set[str | None] = set()
        for _ in range(2):
            result = dg.evaluate_automation_conditions(defs, instance, cursor=cursor)
            cursor = result.cursor
            partitions |= result.get_requested_partitions(waits.key)
        return partitions

    def make(asset: dg.AssetsDefinition, batch: str) -> None:
        assert dg.materialize([above, waits], selection=[asset], partition_key=batch, instance=instance).success

    assert requested() == set()
    make(above, "b1")
    assert requested() == {"b1"}
    make(waits, "b1")
    assert [requested() for _ in range(3)] == [set()] * 3
    instance.add_dynamic_partitions("api_batch", ["b2"])
    make(above, "b2")
    assert requested() == {"b2"}
    make(above, "b1")
    assert requested() == {"b1"}
    assert requested() == set()
