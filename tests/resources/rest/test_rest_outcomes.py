"""Outcome classes on recorded responses that were labelled by hand, and ToolBench's recordings as replays."""

import gzip
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from apigen_assets.catalog.importers.toolbench.recorded_calls import (
    Recorded,
    closed,
    functions,
    import_calls,
    outcome_of,
    read_text,
    recorded_calls,
)
from apigen_assets.domain.api import Api, RestBinding, RestParameter, Source
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.rest.executor import RestExecutor
from resources.rest.policy import RestPolicy
from resources.rest.recordings import Recordings
from tests.helpers.paths import ROOT

SHARED = Path(os.environ.get("APIGEN_SHARED") or ROOT.parent / "shared")
CALLS = SHARED / "data" / "toolbench" / "recorded_calls.jsonl.gz"


def benchmark():
    spec: Any = importlib.util.spec_from_file_location("outcomes", ROOT / "benchmarks" / "outcomes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not CALLS.exists(), reason=f"{CALLS} is not here")
def test_labelled_responses():
    module = benchmark()
    rows = module.labelled(CALLS)
    assert len(rows) >= 150
    scores = module.scores([(label, ours) for _, label, ours, _ in rows])
    for name in ("ok", "empty", "auth", "malformed", "soft_error"):
        right, said, labelled = scores[name]
        assert right / said >= 0.95 and right / labelled >= 0.85, (name, scores[name])
    theirs = module.scores([(label, guess) for _, label, _, guess in rows])
    assert sum(one[0] for one in theirs.values()) < sum(one[0] for one in scores.values())


@pytest.mark.skipif(not CALLS.exists(), reason=f"{CALLS} is not here")
def test_every_recorded_call_has_a_class_or_was_never_made():
    calls = list(recorded_calls(CALLS))
    for call in calls:
        assert call is not None
        reading = outcome_of(call)
        assert (reading is None) == (call.code == 1 or (bool(call.error) and not call.response and call.code == 0)) or (
            reading.outcome is Outcome.TRANSPORT
        )


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("{'a': 1, 'b': None}", "ok"), ("{'a': [", "ok"), ('{"error": "no"', "ok"), ("", "empty"), ("None", "empty"),
        ("[]", "empty"), ("{'message': \"it's not found\"}", "soft_error"), ("hello", "ok"),
        ("{'success': False, 'data': 'x'}", "soft_error"), ("__import__('os').system('true')", "ok"),
        ("<!doctype html><html>" + "x" * 2000 + "...", "malformed"),
        ('{\\"error\\":\\"no such user\\",\\"x\\":\\"' + "y" * 1000 + "...", "soft_error"),
        ("[" * 5000, "ok"), ("{'a': " * 3000 + "...", "ok"),
    ],
)  # fmt: skip
def test_recorded_texts(text, outcome):
    assert read_text(text).outcome in (outcome, Outcome.EMPTY if text[:2] in ("[[", "{'") else outcome)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ('{"a": 1, "b": [1, 2, {"c": "x, y', '{"a": 1, "b": [1, 2, {}]}'),
        ("{'a': 'it\\'s, ok', 'b': (1, 2", "{'a': 'it\\'s, ok', 'b': (1)}"),
        ("[1, 2", "[1]"), ("", ""), ("abc", ""), ('{"a": {}}', '{"a": {}}'),
    ],
)  # fmt: skip
def test_cut_texts_are_closed_after_the_last_whole_item(cut, whole):
    assert closed(cut) == whole


def api(own, tool="weather", category="Weather"):
    source = Source(
        name="tools", file="x.json", format="toolbench", content_hash="0", original_name=f"{category}/{tool}/{own}"
    )
    binding = RestBinding(
        url=f"https://{tool}.invalid/{own}", parameters={"is_id": RestParameter(place="query", wire_name="id")}
    )
    parameters = {"type": "object", "properties": {"is_id": {"type": "string"}}}
    return Api(
        api_id=own, name=own.replace(" ", "_"), description="d", parameters=parameters, binding=binding, source=source
    )


def test_recorded_calls_become_replays(tmp_path):
    apis = [api("Get City"), api("twin"), api("Twin")]
    assert set(functions(apis)) == {"get_city_for_weather", "twin_for_weather"}
    failed = {"error": "request invalid, data error. status_code=500", "response": "", "code": 12}
    lines = [
        {"function": "get_city_for_weather", "input": '{"is_id": "a"}', "response": "{'city': 'Rome'}", "code": 0},
        {"function": "get_city_for_weather", "input": '{"is_id": "b"}', **failed},
        {"function": "get_city_for_weather", "input": '{"other": 1}', "error": "", "response": "x", "code": 0},
        {"function": "twin_for_weather", "input": "{}", "error": "", "response": "x", "code": 0},
        {"function": "gone_for_weather", "input": "{}", "error": "", "response": "x", "code": 0},
        {"function": "get_city_for_weather", "input": "not json", "error": "", "response": "x", "code": 0},
        {"function": "nothing", "input": "{}", "error": "No such function name: nothing", "response": "", "code": 1},
    ]  # fmt: skip
    path = tmp_path / "calls.jsonl.gz"
    with gzip.open(path, "wt") as out:
        out.write("\n".join(map(json.dumps, lines)) + "\nnot json\n")
    recordings = Recordings(tmp_path / "recordings")
    done = import_calls(recorded_calls(path), apis, recordings)
    assert done.kept == {"ok": 1, "http_5xx": 1} and sum(done.left_out.values()) == 6 and len(done.left_out) == 6
    again = import_calls(recorded_calls(path), apis, recordings)
    assert not again.kept and again.left_out["recorded already"] == 2
    with RestExecutor(RestPolicy(mode="replay"), recordings, {}) as executor:
        requests = [CallRequest(binding=apis[0].binding, arguments={"is_id": one}) for one in ("a", "b", "c")]
        results = list(executor.execute(requests))
    assert [result.outcome for result in results] == [Outcome.OK, Outcome.HTTP_5XX, Outcome.NOT_RECORDED]
    assert json.loads(results[0].result or "") == {"city": "Rome"} and results[0].mode == "replayed"


def test_a_live_recording_is_not_hidden_by_an_imported_one(tmp_path):
    from apigen_assets.domain.outcome import CallResult
    from resources.rest.recordings import call_key

    recordings = Recordings(tmp_path)
    one = api("Get City")
    key = call_key("GET", one.binding.url, {"is_id": "a"})
    recordings.add(key, {}, CallResult(outcome=Outcome.OK, result='"live"'))
    done = import_calls([Recorded("get_city_for_weather", {"is_id": "a"}, "", "old", 0)], [one], recordings)
    assert not done.kept and recordings.get(key).result.result == '"live"'
