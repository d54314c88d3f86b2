"""The journal: nothing written is lost, nothing torn is served, processes do not disturb each other."""

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources.llm.journal import Journal, JournalError
from tests.helpers.paths import ROOT


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def record(number: int, **more: object) -> dict[str, object]:
    return {"body": f"text {number} ü", **more, "key": key_of(number)}


def test_records_are_found_again_by_another_process_and_by_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for number in range(200):
        journal.append(record(number))
    assert journal.get(key_of(7)) == record(7)
    other = Journal(tmp_path / "j")
    assert len(other) == 200
    assert other.get(key_of(199)) == record(199)
    assert key_of(200) not in other
    assert other.get(key_of(200)) is None
    journal.close()
    # Closed, with an index file: the same again.
    assert list((tmp_path / "j").glob("*.idx"))
    again = Journal(tmp_path / "j")
    assert len(again) == 200
    assert again.get(key_of(0)) == record(0)
    journal.append(record(201))
    again.refresh()
    assert again.get(key_of(201)) == record(201)


def test_an_error_is_kept_and_never_served(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(record(1, error="HTTP 500"))
    assert key_of(1) not in journal
    journal.close()
    journal = Journal(tmp_path)
    assert key_of(1) not in journal
    journal.append(record(1))
    assert journal.get(key_of(1)) == record(1)
    assert [one.get("error") for one in journal.records()] == ["HTTP 500", None]


def test_a_torn_last_line_is_dropped_and_completed_later(tmp_path: Path) -> None:
    whole = [json.dumps(record(number)).encode() + b"\n" for number in range(3)]
    segment = tmp_path / "a.jsonl"
    segment.write_bytes(whole[0] + whole[1] + whole[2][:20])
    journal = Journal(tmp_path)
    assert len(journal) == 2
    assert journal.torn == []
    segment.write_bytes(b"".join(whole))
    journal.refresh()
    assert journal.get(key_of(2)) == record(2)


def test_a_torn_line_in_the_middle_costs_itself_and_is_reported(tmp_path: Path) -> None:
    lines = [json.dumps(record(0)).encode(), b'{"key": "12', b"\xff\xfe", b"[1]", b"", json.dumps(record(1)).encode()]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    journal = Journal(tmp_path)
    assert journal.get(key_of(0)) == record(0)
    assert journal.get(key_of(1)) == record(1)
    assert len(journal.torn) == 3  # an empty line holds no record
    assert journal.torn[0].startswith("a.jsonl:")


def test_a_damaged_or_stale_index_is_no_danger(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(5):
        journal.append(record(number))
    journal.close()
    [index] = tmp_path.glob("*.idx")
    [segment] = tmp_path.glob("*.jsonl")
    good = index.read_bytes()
    for bad in (b"", good[:30], b"x" * 100, good[:-3]):
        index.write_bytes(bad)
        assert Journal(tmp_path).get(key_of(3)) == record(3)
    index.write_bytes(good)
    # Somebody rewrote the segment under the index: a miss, never a wrong answer.
    text = segment.read_bytes()
    segment.write_bytes(text.replace(b"text 3", b"TEXT 33")[: len(text)])
    changed = Journal(tmp_path).get(key_of(4))
    assert changed is None or changed == record(4)


def _write(folder: str, start: int) -> None:
    journal = Journal(Path(folder))
    for number in range(start, start + 300):
        journal.append(record(number))
    os._exit(0)  # as a killed process: no close, no index


def test_processes_write_side_by_side(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_write, args=(str(tmp_path), start)) for start in (0, 1000, 2000)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    journal = Journal(tmp_path)
    assert len(journal) == 900
    assert journal.torn == []
    assert journal.get(key_of(1299)) == record(1299)


def test_a_forked_child_does_not_write_into_its_parents_segment(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(record(1))
    pid = os.fork()
    if pid == 0:
        journal.append(record(2))
        os._exit(0)
    os.waitpid(pid, 0)
    journal.append(record(3))
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    assert len(Journal(tmp_path)) == 3


def test_a_full_disk_stops_with_the_folder_named_and_keeps_what_was_written(tmp_path: Path) -> None:
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from resources.llm.journal import Journal, JournalError
import hashlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
journal = Journal(Path({str(tmp_path / "j")!r}))
written = 0
try:
    for number in range(100):
        journal.append({{"key": hashlib.sha256(str(number).encode()).hexdigest(), "body": "x" * 300}})
        written += 1
except JournalError as error:
    print(written, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    written, _, said = done.stdout.partition(" ")
    assert "the disk is full" in said
    assert str(tmp_path / "j") in said
    journal = Journal(tmp_path / "j")
    assert len(journal) == int(written) > 5
    assert journal.torn == []
    # The partial record was taken back, so the next one starts on a line of its own.
    [segment] = (tmp_path / "j").glob("*.jsonl")
    assert segment.read_bytes().endswith(b"\n")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"journal .*file/j"):
        Journal(tmp_path / "file" / "j").append(record(1))


def test_memory_holds_places_not_texts(tmp_path: Path) -> None:
    code = f"""
import resource, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from resources.llm.journal import Journal
import hashlib
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
journal = Journal(Path({str(tmp_path)!r}))
for number in range(2000):
    journal.append({{"key": hashlib.sha256(str(number).encode()).hexdigest(), "body": "x" * 20_000}})
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20  # MiB, of 40 written
