import json
import os
import sys
import time
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from apigen_assets.catalog.batches import load_batch
from apigen_assets.catalog.incoming import listing
from apigen_assets.settings import Settings
from sensors.new_apis import Cursor, cancel, new_apis, plan

_QUEUED, _STARTED = dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTED


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming"


@pytest.fixture
def tick(tmp_path, folder, monkeypatch):
    """Evaluates the sensor once and applies its partition changes, as the daemon does."""
    config = Settings(home=tmp_path, batch_size=3, _env_file=None)
    with dg.DagsterInstance.ephemeral() as instance:

        def evaluate(cursor=None):
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"settings": config})
            result = new_apis(context)
            if isinstance(result, dg.SkipReason):
                return [], context.cursor, result
            for change in result.dynamic_partitions_requests:
                if isinstance(change, dg.AddDynamicPartitionsRequest):
                    instance.add_dynamic_partitions("api_batch", change.partition_keys)
                else:
                    for key in change.partition_keys:
                        instance.delete_dynamic_partition("api_batch", key)
            return [(run.partition_key, run.run_key) for run in result.run_requests], result.cursor, result

        once: Any = evaluate
        once.instance = instance
        once.config = config
        yield once


def drop(folder, name, text='def f(x: int) -> int:\n    """Double x."""\n', age=10.0):
    path = folder / name
    path.write_text(text)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def keys(runs):
    return [key for key, _ in runs]


@pytest.fixture(autouse=True)
def old_files(monkeypatch):
    """Time of change cannot be set on a file, so the clock is moved instead: everything dropped is old."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 60)


def test_a_dropped_file_gives_one_run_with_its_slug_and_never_again(tick, folder):
    drop(folder, "Mein Wetter-Dienst (v2).py")
    runs, cursor, _ = tick()
    assert keys(runs) == ["mein-wetter-dienst-v2"]
    assert tick.instance.get_dynamic_partitions("api_batch") == ["mein-wetter-dienst-v2"]
    again, cursor, skip = tick(cursor)
    assert again == [] and "nothing new" in skip.skip_message


def test_a_changed_file_runs_again_under_another_run_key(tick, folder):
    drop(folder, "shop.py")
    first, cursor, _ = tick()
    drop(folder, "shop.py", "def g(x: int) -> int:\n    return x\n", age=5)
    second, _, _ = tick(cursor)
    assert keys(first) == keys(second) == ["shop"]
    assert first[0][1] != second[0][1]


def test_a_file_still_being_written_waits(tick, folder, monkeypatch):
    monkeypatch.undo()
    drop(folder, "growing.py", age=0)
    runs, cursor, skip = tick()
    assert runs == [] and "1 still being written" in skip.skip_message
    runs, _, _ = tick(cursor)
    assert keys(runs) == ["growing"]


@pytest.mark.parametrize("name", ["a.py.part", "b.json.tmp", ".hidden.py", "c.py~", "d.zip.crdownload"])
def test_unfinished_and_hidden_names_are_no_sources(tick, folder, name):
    drop(folder, name)
    runs, _, skip = tick()
    assert runs == [] and "left out" not in skip.skip_message


def test_bad_entries_are_reported_and_do_not_stop_good_ones(tick, folder):
    drop(folder, "good.py")
    drop(folder, "???.py")
    drop(folder, "builtin.py")
    drop(folder, "notes.docx")
    drop(folder, "Twin.py")
    drop(folder, "twin.json", "{}")
    (folder / "dangling.py").symlink_to(folder / "nowhere.py")
    runs, cursor, _ = tick()
    assert keys(runs) == ["good"]
    problems = Cursor.read(cursor).problems
    assert set(problems) == {"???.py", "builtin.py", "notes.docx", "Twin.py", "twin.json", "dangling.py"}
    _, _, skip = tick(cursor)
    assert "6 left out" in skip.skip_message


def test_no_more_than_fifty_runs_in_one_tick_and_none_lost(tick, folder):
    for i in range(120):
        drop(folder, f"api{i:03d}.py")
    seen, cursor = [], None
    for expected in (50, 50, 20):
        runs, cursor, _ = tick(cursor)
        assert len(runs) == expected
        seen += keys(runs)
    assert sorted(seen) == [f"api{i:03d}" for i in range(120)]


def test_further_batches_are_asked_for_once_the_first_has_imported(tick, folder):
    drop(folder, "many.py", "\n".join(f'def f{i}(x: int) -> int:\n    """F."""' for i in range(8)))
    first, cursor, _ = tick()
    nothing, cursor, _ = tick(cursor)
    assert keys(first) == ["many"] and nothing == []
    load_batch("many", tick.config)
    rest, cursor, _ = tick(cursor)
    assert keys(rest) == ["many--001", "many--002"]
    assert tick(cursor)[0] == []


def test_a_removed_source_loses_its_partitions_and_runs_again_when_it_returns(tick, folder, tmp_path):
    path = drop(folder, "shop.py")
    first, cursor, _ = tick()
    path.rename(tmp_path / "away.py")
    _, cursor, _ = tick(cursor)
    assert tick.instance.get_dynamic_partitions("api_batch") == ["shop"]  # could be a file being replaced
    _, cursor, _ = tick(cursor)
    assert tick.instance.get_dynamic_partitions("api_batch") == []
    (tmp_path / "away.py").rename(path)
    again, _, _ = tick(cursor)
    assert keys(again) == ["shop"] and again[0][1] != first[0][1]


def test_a_second_file_with_the_same_slug_does_not_remove_the_first_ones_rows(tick, folder):
    drop(folder, "shop.py")
    _, cursor, _ = tick()
    drop(folder, "Shop.json", "{}")
    for _ in range(3):
        _, cursor, _ = tick(cursor)
    assert tick.instance.get_dynamic_partitions("api_batch") == ["shop"]


def test_a_folder_changes_when_a_file_in_it_does(tick, folder):
    (folder / "tools" / "Weather").mkdir(parents=True)
    drop(folder / "tools" / "Weather", "wind.json", "{}")
    _, cursor, _ = tick()
    assert tick(cursor)[0] == []
    drop(folder / "tools" / "Weather", "rain.json", "{}")
    runs, cursor, _ = tick(cursor)
    assert keys(runs) == ["tools"]
    (folder / "tools" / "Weather" / "wind.json").unlink()
    assert keys(tick(cursor)[0]) == ["tools"]


def test_a_missing_folder_and_a_damaged_cursor_are_no_errors(tick, folder):
    folder.rmdir()
    assert tick()[0] == []
    assert Cursor.read("not json") == Cursor()
    assert Cursor.read(json.dumps([1])) == Cursor()


def test_a_source_that_shrank_loses_its_last_batches(tick, folder):
    text = "".join(f'def f{i}(x: int) -> int:\n    """Number {i}."""\n    return x\n\n\n' for i in range(7))
    drop(folder, "many.py", text)
    _, cursor, _ = tick()
    load_batch("many", tick.config)
    runs, cursor, _ = tick(cursor)
    assert keys(runs) == ["many--001", "many--002"]
    drop(folder, "many.py", text[: text.index("def f2")])
    _, cursor, _ = tick(cursor)
    assert set(tick.instance.get_dynamic_partitions("api_batch")) == {"many", "many--001", "many--002"}, "not yet known"
    load_batch("many", tick.config)
    _, cursor, _ = tick(cursor)
    assert tick.instance.get_dynamic_partitions("api_batch") == ["many"]


def test_what_the_lake_already_holds_is_not_run_again(folder, tmp_path):
    """A sensor that starts with an empty memory, beside a lake that was made by commands."""
    drop(folder, "made.py")
    config = Settings(home=tmp_path, _env_file=None)
    fingerprint = listing(folder).entries["made"].fingerprint
    first = plan(listing(folder), Cursor(), {"made"}, config, time.time(), {"made": fingerprint}.get)
    assert first.requests == [] and first.cursor.requested == {"made": fingerprint}
    other = plan(listing(folder), Cursor(), {"made"}, config, time.time(), {"made": "an older state"}.get)
    assert keys(other.requests) == ["made"]


def test_runs_of_a_removed_or_changed_source_are_canceled_if_nothing_is_left_to_do(tick, folder, tmp_path):
    overrides = {"run_coordinator": {"module": "dagster.core.run_coordinator", "class": "QueuedRunCoordinator"}}
    with dg.instance_for_test(temp_dir=str(tmp_path), overrides=overrides) as instance:
        sensor = {"dagster/sensor_name": "new_apis"}
        rows_of_gone = {"dagster/partition": "gone|one", "dagster/partition/api_batch": "gone"}
        runs = {
            "import of the removed": ({"dagster/partition": "gone", **sensor}, _QUEUED),
            "rows of the removed": (rows_of_gone, _QUEUED),
            "rows of the removed, going on": (rows_of_gone, _STARTED),
            "training of that name": ({"dagster/partition": "gone", "dagster/partition/model": "gone"}, _STARTED),
            "import of the changed": ({"dagster/partition": "new", **sensor}, _QUEUED),
            "import of the changed, going on": ({"dagster/partition": "new", **sensor}, _STARTED),
            "a person's of the changed": ({"dagster/partition": "new"}, _QUEUED),
            "rows of the changed": ({"dagster/partition": "new|one", "dagster/partition/api_batch": "new"}, _QUEUED),
            "import of another": ({"dagster/partition": "other", **sensor}, _STARTED),
        }
        ids = {name: added(instance, tags, status) for name, (tags, status) in runs.items()}
        context = dg.build_sensor_context(instance=instance)
        # what goes on is told to end; there is no worker here that would say it has
        assert cancel(context, removed=["gone"], asked_anew=["new"]) == 3
        status = {name: instance.get_run_by_id(run_id).status for name, run_id in ids.items()}
        ended = {name for name, value in status.items() if value is dg.DagsterRunStatus.CANCELED}
        assert ended == {"import of the removed", "rows of the removed", "import of the changed"}
        ending = {name for name, value in status.items() if value is dg.DagsterRunStatus.CANCELING}
        assert ending == {"rows of the removed, going on"}
        assert cancel(context, removed=[], asked_anew=[]) == 0


def added(instance, tags, status):
    origin = RemoteJobOrigin(
        repository_origin=RemoteRepositoryOrigin(
            code_location_origin=InProcessCodeLocationOrigin(
                LoadableTargetOrigin(executable_path=sys.executable), location_name="here"
            ),
            repository_name="all",
        ),
        job_name="catalog",
    )
    run = dg.DagsterRun(job_name="catalog", status=status, tags=tags, remote_job_origin=origin)
    return instance.add_run(run).run_id
