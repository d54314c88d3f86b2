"""What breaks in use, and what is promised for it: docs/operations.md, "When something breaks"."""

import hashlib
import json
import time

import dagster as dg
import polars as pl
import pytest

from apigen_assets.catalog.incoming import listing
from apigen_assets.domain.outcome import CallResult, Outcome
from apigen_assets.orchestration.home import grant_slots, prepare
from apigen_assets.settings import Settings, settings
from resources.lake.lake import Lake, LakeError
from resources.llm.journal import Journal
from resources.rest.recordings import Recordings
from sensors.new_apis import Cursor, plan
from tests.helpers.daemon import daemon
from tests.test_daemon import PATIENCE_S, made
from tests.test_graph import FUNCTIONS

KEY = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(4)]


def answer(n):
    body = json.dumps({"choices": [{"message": {"content": f"answer {n}"}, "finish_reason": "stop"}]})
    return {"key": KEY[n], "generator": "g", "request": {}, "status": 200, "outcome": "answer", "body": body}


def test_a_lost_or_damaged_table_is_named_with_what_to_do_and_never_read_in_part(tmp_path):
    lake = Lake(str(tmp_path))
    for batch in ("a", "b"):
        lake.write(pl.DataFrame({"n": list(range(5000))}), lake.path("rows", {"api_batch": batch}))
    path = lake.path("rows", {"api_batch": "b"})
    whole = path.read_bytes()
    for damaged in (whole[:-100], b"", whole[:4] + b"\0" * 40, b"not a table"):
        path.write_bytes(damaged)
        with pytest.raises(LakeError, match=r"api_batch=b/data\.parquet is damaged.*materialise its asset again"):
            lake.scan("rows")
    path.unlink()
    with pytest.raises(LakeError, match=r"api_batch=b/data\.parquet is gone.*materialise its asset again"):
        lake.scan_paths([path])
    assert lake.scan("rows").collect().height == 5000  # the other partition


def test_a_damaged_segment_gives_its_whole_lines_and_the_rest_is_asked_for_again(tmp_path):
    journal = Journal(tmp_path)
    for n in range(3):
        journal.append(answer(n))
    journal.close()
    (segment,) = tmp_path.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(lines[0] + b"\0" * 300 + b"\n" + lines[1][:50] + b"\n" + lines[2])
    for _ in range(2):  # with the index of before, which does not fit any more, and with a new one
        after = Journal(tmp_path)
        assert after.get(KEY[0]) and after.get(KEY[2]) in (answer(2), None)
        assert after.get(KEY[1]) is None and not after.answered(KEY[1])
        after.close()
        for index in tmp_path.glob("*.idx"):
            index.unlink()
    fresh = Journal(tmp_path)
    assert [fresh.answered(key) for key in KEY[:3]] == [True, False, True] and len(fresh.torn) == 2
    fresh.append(answer(1))
    assert Journal(tmp_path).get(KEY[1]) == answer(1)


def test_a_clock_that_jumps_back_loses_no_answer_and_holds_no_source_up(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "journal")
    journal.append(answer(0))
    journal.close()
    now = time.time_ns()
    with monkeypatch.context() as patched:
        patched.setattr("time.time_ns", lambda: now - 10**15)
        journal.append(answer(1))
        journal.close()
    assert all(Journal(tmp_path / "journal").answered(key) for key in KEY[:2])

    config = Settings(_env_file=None, home=tmp_path)
    config.incoming_dir.mkdir()
    (config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    yesterday = time.time() - 86_400
    first = plan(listing(config.incoming_dir), Cursor(), set(), config, yesterday)
    assert (first.requests, first.waiting) == ([], 1)
    second = plan(listing(config.incoming_dir), first.cursor, set(), config, yesterday + 5)
    assert [key for key, _ in second.requests] == ["trees"]


def test_of_two_recordings_the_one_with_the_later_time_counts_whatever_the_order(tmp_path):
    recordings = Recordings(tmp_path)
    recordings.add("k", {}, CallResult(outcome=Outcome.OK, result="by the right clock"), at=2000.0)
    recordings.add("k", {}, CallResult(outcome=Outcome.OK, result="by a clock that was behind"), at=1000.0)
    for seen in (recordings, Recordings(tmp_path)):
        assert seen.get("k").result.result == "by the right clock"


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE_S)
def test_two_daemons_double_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "15")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    generators = tmp_path / "generators.yaml"
    generators.write_text('generators:\n  - {name: s, base_url: "standin:", model: standin-large, judge: true}\n')
    monkeypatch.setenv("APIGEN_GENERATORS_FILE", str(generators))
    settings.cache_clear()
    config = settings()
    home = prepare(config)
    grant_slots(config)
    lake = Lake(config.lake_url)
    with daemon(tmp_path / "one.log"), daemon(tmp_path / "two.log"):
        (config.incoming_dir / "trees.py").write_text(FUNCTIONS)
        deadline = time.monotonic() + PATIENCE_S
        while made(lake, "function_calling_dataset") is None and time.monotonic() < deadline:
            time.sleep(1)
        time.sleep(10)
    rows = made(lake, "function_calling_dataset")
    assert rows is not None and rows["id"].n_unique() == rows.height > 0
    candidates = lake.scan("raw_candidates").collect()
    assert candidates["candidate_id"].n_unique() == candidates.height == 15
    with dg.DagsterInstance.from_config(str(home)) as instance:
        keys = [run.tags["dagster/run_key"] for run in instance.get_runs() if "dagster/run_key" in run.tags]
        assert len(keys) == len(set(keys))
        assert instance.get_dynamic_partitions("api_batch") == ["trees"]
