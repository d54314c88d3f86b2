"""Recorded calls: what is kept, found again, and lost."""

import json
import os
import subprocess
import sys

import pytest

from apigen_assets.domain.api import RestBinding, RestParameter
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.files.json_types import JsonObject
from resources.rest.recordings import Recordings, RecordingsError, call_key, instead_of_call
from tests.helpers.paths import ROOT

OK = CallResult(outcome=Outcome.OK, result='{"a":1}', status=200, duration_s=0.1)
DOWN = CallResult(outcome=Outcome.HTTP_5XX, detail="HTTP 503", status=503)
KEY, OTHER = call_key("GET", "https://a/{x}", {"x": 1}), call_key("GET", "https://a/{x}", {"x": 2})


def test_the_key_is_method_template_and_arguments():
    assert call_key("get", "u", {"a": 1, "b": [1, {"c": 2}]}) == call_key("GET", "u", {"b": [1, {"c": 2}], "a": 1})
    assert call_key("GET", "u", {"a": 1, "b": None}) == call_key("GET", "u", {"a": 1})
    different: list[tuple[str, str, JsonObject]] = [
        ("GET", "u", {}),
        ("POST", "u", {}),
        ("GET", "v", {}),
        ("GET", "u", {"a": 1}),
        ("GET", "u", {"a": "1"}),
    ]
    assert len({call_key(*call) for call in different}) == len(different)


def test_a_recording_is_found_again_by_another_process(tmp_path):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {"url": "https://a/1"}, OK)
    for other in (recordings, Recordings(tmp_path)):
        found = other.get(KEY)
        assert found.result.mode == "replayed"
        assert found.result.model_copy(update={"mode": "live"}) == OK
        assert other.get(OTHER) is None


def test_the_newest_recording_is_valid(tmp_path):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {}, DOWN, at=100.0)
    recordings.add(KEY, {}, OK, at=200.0)
    recordings.add(KEY, {}, DOWN, at=150.0)
    for one in (recordings, Recordings(tmp_path)):
        assert one.get(KEY).result.outcome is Outcome.OK and len(one) == 1
    assert len(list(recordings.records())) == 3


def test_a_passing_failure_is_used_while_young_and_a_definite_answer_always(tmp_path):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {}, DOWN, at=1.0)
    recordings.add(OTHER, {}, CallResult(outcome=Outcome.SOFT_ERROR), at=1.0)
    assert recordings.usable(KEY, 3600) is None and recordings.get(KEY) is not None
    assert recordings.usable(OTHER, 3600).result.outcome is Outcome.SOFT_ERROR
    recordings.add(KEY, {}, DOWN)
    assert recordings.usable(KEY, 3600) is not None


@pytest.mark.parametrize("outcome", ["auth", "transport", "unavailable"])
def test_a_key_that_was_wrong_or_a_server_that_was_down_is_tried_again_at_once(tmp_path, outcome):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {}, CallResult(outcome=Outcome(outcome)))
    assert recordings.usable(KEY, 3600) is None
    assert instead_of_call(recordings, KEY, "replay", 3600).outcome is Outcome(outcome)


def test_an_unfinished_last_line_is_no_record_and_no_error(tmp_path):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {}, OK)
    recordings.add(OTHER, {}, OK)
    recordings.close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[:-20])
    after = Recordings(tmp_path)
    assert KEY in after and OTHER not in after and not after.torn


def test_a_damaged_line_costs_itself_only(tmp_path):
    recordings = Recordings(tmp_path)
    for key in (KEY, OTHER):
        recordings.add(key, {}, OK)
    recordings.close()
    (segment,) = tmp_path.iterdir()
    lines = segment.read_bytes().splitlines(keepends=True)
    bad = [b"not json\n", b"[1]\n", b'{"key": 5}\n', b'{"key": "x", "outcome": "no such"}\n', b"\xff\xfe\n"]
    segment.write_bytes(lines[0] + b"".join(bad) + lines[1])
    after = Recordings(tmp_path)
    assert KEY in after and OTHER in after and len(after.torn) == len(bad)


def test_what_another_process_writes_is_seen_after_a_refresh(tmp_path):
    ours, theirs = Recordings(tmp_path), Recordings(tmp_path)
    theirs.add(KEY, {}, OK)
    assert KEY not in ours
    ours.refresh()
    assert KEY in ours


def test_processes_write_side_by_side(tmp_path):
    program = (
        "import sys; from pathlib import Path; from resources.rest.recordings import *; "
        "from apigen_assets.domain.outcome import *; r = Recordings(Path(sys.argv[1])); "
        "[r.add(call_key('GET', sys.argv[2], {'n': n}), {}, CallResult(outcome=Outcome.OK)) for n in range(50)]"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", program, tmp_path, str(n)], env=environment) for n in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(Recordings(tmp_path)) == 150


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingsError, match="APIGEN_HOME"):
        Recordings(tmp_path / "file" / "recordings").add(KEY, {}, OK)


def test_a_forked_child_that_cannot_write_costs_its_parent_nothing(tmp_path, monkeypatch):
    recordings = Recordings(tmp_path)
    recordings.add(KEY, {}, OK)
    go, gone = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go, 1)
        monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        try:
            recordings.add(OTHER, {}, OK)
        except RecordingsError:
            os._exit(0)
        os._exit(1)
    recordings.add(OTHER, {}, OK)
    os.write(gone, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(go)
    os.close(gone)
    assert len(Recordings(tmp_path)) == 2


def test_a_folder_that_is_not_there_is_empty(tmp_path):
    assert len(Recordings(tmp_path / "none")) == 0 and not (tmp_path / "none").exists()


def query(site, value, **binding):
    parameters = {"q": RestParameter(place="query", wire_name="q")}
    return CallRequest(
        binding=RestBinding(url=site.url("/x"), parameters=parameters, **binding), arguments={"q": value}
    )


def test_record_mode_calls_once_and_replay_never(site, make_executor, tmp_path):
    site.routes["/x"] = (200, {}, {"a": 1})
    first, second = make_executor(Recordings(tmp_path), mode="record").execute([query(site, 1), query(site, 2)])
    assert (first.mode, second.mode, site.hits["/x"]) == ("live", "live", 2)
    (again,) = make_executor(Recordings(tmp_path), mode="record").execute([query(site, 1)])
    assert again.mode == "replayed" and again.result == first.result and site.hits["/x"] == 2
    offline = list(make_executor(Recordings(tmp_path), mode="replay").execute([query(site, 2), query(site, 3)]))
    assert [result.outcome for result in offline] == [Outcome.OK, Outcome.NOT_RECORDED]
    assert {result.mode for result in offline} == {"replayed"} and site.hits["/x"] == 2


def test_live_mode_calls_always_and_records_the_newest(site, make_executor, tmp_path):
    site.routes["/x"] = (200, {}, {"a": 1})
    list(make_executor(Recordings(tmp_path)).execute([query(site, 1)]))
    site.routes["/x"] = (404, {}, {"message": "gone"})
    list(make_executor(Recordings(tmp_path)).execute([query(site, 1)]))
    (result,) = make_executor(Recordings(tmp_path), mode="replay").execute([query(site, 1)])
    assert result.outcome is Outcome.NOT_FOUND and site.hits["/x"] == 2


def test_replay_needs_no_credential(site, make_executor, tmp_path):
    from apigen_assets.domain.api import Credential

    site.routes["/x"] = (200, {}, {"a": 1})
    key = (Credential(place="header", wire_name="K", variable="KEY"),)
    request = query(site, 1, credentials=key)
    list(make_executor(Recordings(tmp_path), environment={"KEY": "abcdefgh"}).execute([request]))
    (result,) = make_executor(Recordings(tmp_path), mode="replay").execute([request])
    assert result.outcome is Outcome.OK


def test_what_was_never_sent_is_not_recorded(site, make_executor, tmp_path):
    from apigen_assets.domain.api import Credential

    key = (Credential(place="header", wire_name="K", variable="KEY"),)
    requests = [query(site, 1, credentials=key), query(site, 2, method="POST")]
    assert {r.outcome for r in make_executor(Recordings(tmp_path)).execute(requests)} == {Outcome.AUTH, Outcome.REFUSED}
    assert len(Recordings(tmp_path)) == 0


def test_a_record_holds_request_outcome_and_response(site, make_executor, tmp_path):
    site.routes["/x"] = (200, {}, {"a": "y" * 100})
    list(make_executor(Recordings(tmp_path), result_characters=20).execute([query(site, 1)]))
    (record,) = Recordings(tmp_path).records()
    assert record["request"]["url"].endswith("/x?q=1") and record["request"]["arguments"] == {"q": 1}
    assert (record["outcome"], record["status"], record["truncated"]) == ("ok", 200, True)
    assert len(record["result"]) == 20 and json.dumps(record)
