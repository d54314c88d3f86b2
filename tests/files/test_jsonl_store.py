"""Records are found by key over files that processes share, whatever happens to a process or a line."""

import json
import os
import subprocess
import sys

import pytest

from apigen_assets.files.jsonl_store import Entry, JsonlStore, append_record
from tests.helpers.paths import ROOT


def entry_of(record):
    return Entry(record["key"], record.get("at", 0)) if record["key"] else None


@pytest.fixture(params=["folder", "file.jsonl"])
def place(tmp_path, request):
    return tmp_path / request.param


def files(place):
    return [place] if place.suffix == ".jsonl" else sorted(place.iterdir())


def test_records_are_found_again_by_another_process(place):
    store = JsonlStore(place, entry_of)
    assert len(store) == 0 and store.get("a") is None
    store.append({"key": "a", "n": 1}, {"key": "b", "n": 2}, {"key": None, "n": 3})
    store.close()
    again = JsonlStore(place, entry_of)
    assert again.get("a") == {"key": "a", "n": 1} and "b" in again and len(again) == 2
    assert [record["n"] for record in again.records()] == [1, 2, 3]


def test_the_higher_note_is_valid_and_of_equal_ones_the_later(place):
    store = JsonlStore(place, entry_of)
    for at, n in ((2, 1), (1, 2), (3, 3), (3, 4)):
        store.append({"key": "a", "at": at, "n": n})
    for seen in (store, JsonlStore(place, entry_of)):
        assert seen.get("a")["n"] == 4 and seen.note("a") == 3
    first = JsonlStore(place, entry_of, lambda new, old: False)
    assert first.get("a")["n"] == 1


def test_what_others_write_is_seen_after_a_refresh(place):
    ours, theirs = JsonlStore(place, entry_of), JsonlStore(place, entry_of)
    ours.append({"key": "a", "n": 1})
    theirs.append({"key": "b", "n": 2})
    ours.append({"key": "c", "n": 3})
    assert "b" not in ours
    ours.refresh()
    assert [ours.get(key)["n"] for key in "abc"] == [1, 2, 3]


def test_an_unfinished_line_costs_itself_only(place):
    store = JsonlStore(place, entry_of)
    store.append({"key": "a", "n": 1}, {"key": "b", "n": 2})
    store.close()
    (path,) = files(place)
    path.write_bytes(path.read_bytes()[:-5])
    after = JsonlStore(place, entry_of)
    assert "a" in after and "b" not in after and not after.torn
    after.append({"key": "c", "n": 3})
    assert JsonlStore(place, entry_of).get("c") == {"key": "c", "n": 3}


def test_a_damaged_or_edited_line_gives_no_wrong_record(place):
    store = JsonlStore(place, entry_of)
    store.append({"key": "a", "n": 1}, {"key": "b", "n": 2})
    (path,) = files(place)
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"x"') + b"[1]\nnot json\n\xff\n{}\n")
    assert store.get("a") is None and store.get("b")["n"] == 2 and len(store.torn) == 1
    after = JsonlStore(place, entry_of)
    assert "x" in after and len(after.torn) == 4


def test_nothing_is_written_of_what_has_no_json_form(place):
    store = JsonlStore(place, entry_of)
    with pytest.raises(ValueError):
        store.append({"key": "a"}, {"key": "b", "n": float("nan")})
    assert len(store) == 0 and list(store.records()) == []


def test_processes_write_side_by_side(place):
    program = (
        "import sys; from pathlib import Path; from apigen_assets.files.jsonl_store import *; "
        "s = JsonlStore(Path(sys.argv[1]), lambda r: Entry(r['key'])); "
        "[s.append({'key': f'{sys.argv[2]} {n}', 'n': 'x' * n}) for n in range(200)]"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", program, place, str(n)], env=environment) for n in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    store = JsonlStore(place, entry_of)
    assert len(store) == 600 and not store.torn and store.get("1 150")["n"] == "x" * 150


def test_an_empty_line_is_not_a_torn_record(tmp_path):
    """One that finds another's line half visible begins a line of its own, and leaves an empty one."""
    place = tmp_path / "x.jsonl"
    place.write_bytes(b'{"key": "a"}\n\n{"key": "b"}\n')
    store = JsonlStore(place, entry_of)
    assert len(store) == 2 and not store.torn


def test_a_file_can_be_held_by_one_process(tmp_path):
    place = tmp_path / "x.jsonl"
    place.write_bytes(b'{"key": "a"}\n{"key": "b"')
    store = JsonlStore(place, entry_of)
    with store.held():
        with pytest.raises(BlockingIOError), JsonlStore(place, entry_of).held():
            pass
        store.append({"key": "c"})
    assert place.read_bytes() == b'{"key": "a"}\n{"key":"c"}\n'
    with JsonlStore(place, entry_of).held():
        pass


def test_a_report_is_one_line_per_record(tmp_path):
    path = tmp_path / "reports" / "failures.jsonl"
    append_record(path, {"error": "é\nx"})
    append_record(path, {"error": "y"})
    assert [json.loads(line)["error"] for line in path.read_text().splitlines()] == ["é\nx", "y"]
