"""The stand-in server: speaks the protocol, writes for any API, never outlives its parent, errs as stated."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.files.json_types import JsonObject
from apigen_assets.generation import prompts
from apigen_assets.generation.pair_plan import FORMS, PairPlan
from apigen_assets.generation.prompts import LANGUAGES, WORDINGS, make_messages
from apigen_assets.generation.shown_examples import ShownExample
from apigen_assets.generation.templates import Wording
from apigen_assets.verification.stages.judge_prompt import judge_messages
from resources.local.standin import errors
from resources.local.standin.process import StandinProcess
from resources.local.standin.reader import kind_of, read_task
from resources.local.standin.server import answer
from tests.helpers.paths import ROOT

AREA = {
    "name": "circle_area",
    "description": "Calculate the area of a circle.",
    "parameters": {
        "type": "object",
        "properties": {"radius": {"type": "number", "description": "Radius in metres, between 1 and 50."}},
        "required": ["radius"],
    },
}
WEATHER = {
    "name": "getForecast",
    "description": "Returns the weather forecast for a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Name of the city"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "units": {"type": "string", "enum": ["metric", "imperial"]},
            "from_date": {"type": "string", "format": "date"},
        },
        "required": ["city", "days"],
    },
}
EXAMPLE = ShownExample(
    example_id="e",
    style=Style.SIMPLE,
    query="How big is a circle with radius 12.5?",
    answers=[Call(name="circle_area", arguments={"radius": 12.5})],
    tools=["circle_area"],
    origin="seed",
)


@pytest.fixture
def faultless(monkeypatch: pytest.MonkeyPatch) -> str:
    none = errors.Rates(**{field.name: 0.0 for field in fields(errors.Rates)})
    monkeypatch.setitem(errors.RATES, "standin-large", none)
    monkeypatch.setitem(errors.JUDGE_ERROR, "standin-large", 0.0)
    return "standin-large"


def write(model: str, style: Style, tools: list[dict[str, Any]], seed: int = 0, **more: Any) -> list[dict[str, Any]]:
    wording = more.pop("wording", WORDINGS[0])
    tools = [{"api_id": one["name"], **one} for one in tools]
    targets = more.pop("targets", [tools[0]["name"]])
    messages = make_messages(style, wording, 5, tools, targets, more.pop("examples", ()), **more)
    return json.loads(answer(model, [dict(one) for one in messages], seed))


def test_it_writes_what_the_prompt_asks_for(faultless: str) -> None:
    for style, tools, targets in (
        (Style.SIMPLE, [AREA], ["circle_area"]),
        (Style.MULTIPLE, [AREA, WEATHER], ["getForecast"]),
        (Style.PARALLEL, [AREA], ["circle_area"]),
        (Style.PARALLEL_MULTIPLE, [AREA, WEATHER], ["circle_area", "getForecast"]),
    ):
        schemas: JsonObject = {str(tool["name"]): tool["parameters"] for tool in tools}
        pairs = write(faultless, style, tools, targets=targets)
        assert len(pairs) == 5
        for pair in pairs:
            assert (len(pair["answers"]) > 1) == (style in (Style.PARALLEL, Style.PARALLEL_MULTIPLE))
            assert {call["name"] for call in pair["answers"]} <= set(targets)
            for call in pair["answers"]:
                jsonschema.validate(call["arguments"], schemas[call["name"]])
                assert 1 <= call["arguments"].get("radius", 1) <= 50


def test_the_query_says_every_value(faultless: str) -> None:
    for wording in WORDINGS:
        for pair in write(faultless, Style.SIMPLE, [WEATHER], wording=wording):
            for name, value in pair["answers"][0]["arguments"].items():
                said = pair["query"].lower()
                assert str(value).lower() in said or name in ("from_date", "days"), (wording.name, pair)


def test_an_example_is_imitated_with_other_values(faultless: str) -> None:
    queries = [
        pair["query"] for seed in range(8) for pair in write(faultless, Style.SIMPLE, [AREA], seed, examples=[EXAMPLE])
    ]
    alike = [one for one in queries if one.startswith("How big is a circle with radius ")]
    assert 3 < len(alike) < 35
    assert len(set(alike)) > 3


def test_languages_are_heard(faultless: str) -> None:
    for code in LANGUAGES:
        for pair in write(faultless, Style.SIMPLE, [AREA], language=code):
            assert not pair["query"].startswith(("Calculate", "What", "Please"))


def test_every_style_wording_language_and_plan_reaches_them_whatever_the_prompt_says(monkeypatch: Any) -> None:
    """They read the task's JSON: an edit of the library's English changes nothing for them."""
    plans = [
        PairPlan(use=("units",), set={"units": "metric"}, form=form, level="hard", length="long", who="a nurse")
        for form in (None, *FORMS)
    ]
    monkeypatch.setattr(prompts, "SYSTEM", "Edited.")
    for style in Style:
        monkeypatch.setitem(prompts.STYLE_RULES, style, "Edited.")
        for wording in WORDINGS:
            for language in (None, *LANGUAGES):
                edited = Wording(wording.name, wording.share, "Edited.")
                tools = [{"api_id": "a", **AREA}, {"api_id": "b", **WEATHER}]
                messages = [
                    *make_messages(style, edited, 6, tools, ["getForecast"], [EXAMPLE], language, plans, ["Old?"])
                ]
                assert kind_of(messages) == "generate"
                task = read_task(messages)
                assert task is not None
                read = (task.number, task.style, task.wording, task.language, task.targets)
                assert read == (6, style, wording.name, language and LANGUAGES[language], ["getForecast"])
                assert [one["name"] for one in task.functions] == ["circle_area", "getForecast"]
                assert [one.query for one in task.examples] == [EXAMPLE.query]
                assert [one.form for one in task.pairs] == ["", *FORMS.values()]
                assert all((one.use, one.values) == (["units"], {"units": "metric"}) for one in task.pairs)


def test_no_wording_or_style_falls_back_to_another(faultless: str) -> None:
    written = {
        wording.name: [
            pair["query"] for seed in range(4) for pair in write(faultless, Style.SIMPLE, [AREA], seed, wording=wording)
        ]
        for wording in WORDINGS
    }
    for one, other in itertools.combinations(written, 2):
        assert written[one] != written[other], (one, other)
    assert all(query.startswith(("Hi", "Hey", "Hello", "Good")) for query in written["chatty"])


def test_a_prompt_for_pairs_without_its_task_is_refused_loudly() -> None:
    messages = [
        dict(one) for one in make_messages(Style.SIMPLE, WORDINGS[0], 5, [{"api_id": "a", **AREA}], ["circle_area"], ())
    ]
    messages[1]["content"] = messages[1]["content"].split("# Task")[0]
    assert "understand only prompts" in answer("standin-large", messages)


def test_plans_are_followed(faultless: str) -> None:
    plans = [
        PairPlan(use=("units",), set={"units": "imperial"}),
        PairPlan(),
        PairPlan(use=("from_date",), form="calendar"),
        PairPlan(form="words"),
        PairPlan(use=("units", "from_date"), set={"units": "metric"}),
    ]
    for style in (Style.SIMPLE, Style.PARALLEL):
        for seed in range(6):
            pairs = write(faultless, style, [WEATHER], seed, plans=plans)
            first = [pair["answers"][0]["arguments"] for pair in pairs]
            assert [first[0]["units"], first[4]["units"]] == ["imperial", "metric"]
            assert [set(one) - {"city", "days"} for one in first] == [
                {"units"},
                set(),
                {"from_date"},
                set(),
                {"units", "from_date"},
            ]
            if style is Style.SIMPLE:
                assert first[2]["from_date"] not in pairs[2]["query"]
                assert str(first[3]["days"]) not in pairs[3]["query"]


def test_the_same_request_has_the_same_answer_and_another_seed_another() -> None:
    assert write("standin-large", Style.SIMPLE, [AREA]) == write("standin-large", Style.SIMPLE, [AREA])
    assert write("standin-large", Style.SIMPLE, [AREA]) != write("standin-large", Style.SIMPLE, [AREA], seed=1)


def test_weaker_models_err_more_and_rates_are_shares() -> None:
    total = {name: sum(getattr(rates, kind) for kind in errors.PAIR_KINDS) for name, rates in errors.RATES.items()}
    assert 1 > total["standin-small"] > total["standin-medium"] > total["standin-large"] > 0
    assert set(errors.JUDGE_ERROR) == set(errors.RATES)


_SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "number", "boolean", "null"])},
        optional={
            "description": st.text(max_size=60),
            "minimum": st.integers(-5, 5),
            "maximum": st.integers(6, 20),
            "enum": st.lists(st.text(max_size=5) | st.integers(), min_size=1, max_size=3),
            "default": st.none() | st.text(max_size=5) | st.integers(),
            "examples": st.lists(st.text(max_size=5) | st.integers(), max_size=2),
            "format": st.sampled_from(["date", "date-time", "email", "uri", "ipv4", "uuid", "odd"]),
            "pattern": st.sampled_from(["^[A-Z]{2}$", "(", "^[^a]+$", "a|b", r"\d{3}-\w+"]),
        },
    )
    | st.just({})
    | st.just(True),
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=8), inner)})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=2)})
        | st.fixed_dictionaries({"type": st.just("array"), "prefixItems": st.lists(inner, max_size=2)})
        | st.just({"$ref": "#/$defs/loop"})
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text("abc_XYZ019.-", min_size=1, max_size=20),
    st.text(max_size=80),
    st.dictionaries(st.text("abcxyz_km", min_size=1, max_size=8), _SCHEMAS, max_size=4),
    st.sampled_from(list(Style)),
    st.sampled_from(WORDINGS),
    st.integers(0, 3),
)
def test_any_api_can_be_written_for(
    name: str, text: str, properties: Any, style: Style, wording: Any, seed: int
) -> None:
    tool = {
        "api_id": "x",
        "name": name,
        "description": text,
        "parameters": {"type": "object", "properties": properties, "required": list(properties)[:2]},
    }
    other = {"api_id": "y", **AREA}
    messages = make_messages(style, wording, 3, [tool, other], [name], ())
    written = answer("standin-small", [dict(one) for one in messages], seed)
    assert written


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": st.text()}), max_size=3))
def test_any_messages_get_an_answer(messages: list[dict[str, str]]) -> None:
    assert isinstance(answer("standin-small", messages), str)


def _judge(model: str, query: str, calls: list[dict[str, Any]], results: list[dict[str, Any]] | None = None) -> Any:
    results = results or [{"name": call["name"], "outcome": "ok", "result": "1"} for call in calls]
    messages = judge_messages(query, [AREA, WEATHER], calls, results, variant=len(query))
    return json.loads(answer(model, [dict(one) for one in messages]))


def test_it_judges_by_rule(faultless: str) -> None:
    area = {"name": "circle_area", "arguments": {"radius": 5}}
    query = "What is the area of a circle with radius 5?"
    assert _judge(faultless, query, [area]) == {"thought": "", "pass": "yes", "rule": 0}
    assert _judge(faultless, "What is the area of a circle with radius five?", [area])["pass"] == "yes"
    wrong = _judge(faultless, query, [{"name": "circle_area", "arguments": {"radius": 6}}])
    assert (wrong["pass"], wrong["rule"]) == ("no", 1)
    other = _judge(faultless, query, [{"name": "getForecast", "arguments": {"city": "circle", "days": 5}}])
    assert (other["pass"], other["rule"]) == ("no", 2)
    twice = _judge(faultless, query, [area, area])
    assert (twice["pass"], twice["rule"]) == ("no", 3)
    failed = _judge(faultless, query, [area], [{"name": "circle_area", "outcome": "ok", "result": '{"error": "x"}'}])
    assert (failed["pass"], failed["rule"]) == ("no", 5)


def test_it_classifies_and_documents_in_json() -> None:
    api = json.dumps({"name": "get_stock_price", "description": "Price of a stock", "parameters": {"ticker": {}}})
    said = answer(
        "standin-large",
        [{"role": "user", "content": f"Choose one of these categories: Finance, Sports, Other\n\n# API\n{api}"}],
    )
    assert json.loads(said) == {"category": "Finance"}
    said = answer("standin-large", [{"role": "user", "content": f"Write a better description.\n\n# API\n{api}"}])
    assert json.loads(said)["description"] == "Get stock price by ticker."
    listed = json.dumps({"1": {"name": "get_stock_price"}, "2": {"name": "football_scores", "description": "League"}})
    said = answer(
        "standin-large",
        [
            {
                "role": "system",
                "content": "Sort APIs. The categories are:\n- Finance: money\n- Sports: games\n- Other: rest",
            },
            {"role": "user", "content": listed},
        ],
    )
    assert json.loads(said) == {"1": "Finance", "2": "Sports"}


def test_the_server_speaks_the_protocol_and_stops() -> None:
    process = StandinProcess()
    url = process.start()
    try:
        assert process.start() == url
        with urllib.request.urlopen(f"{url}/models") as reply:
            names = [one["id"] for one in json.load(reply)["data"]]
        assert names == ["standin-small", "standin-medium", "standin-large"]
        for body, status in (
            ({"model": "gpt", "messages": []}, 404),
            ({"model": "standin-small"}, 400),
            ({"model": "standin-small", "messages": "hello"}, 400),
            ([], 400),
        ):
            with pytest.raises(urllib.error.HTTPError) as caught:
                _post(url, body)
            assert caught.value.code == status
        messages = make_messages(Style.SIMPLE, WORDINGS[0], 5, [{"api_id": "a", **AREA}], ["circle_area"], ())
        short = _post(url, {"model": "standin-large", "messages": messages, "max_tokens": 5})
        assert short["choices"][0]["finish_reason"] == "length"
        assert len(short["choices"][0]["message"]["content"]) == 20
        pid = process.pid
    finally:
        process.stop()
    assert not _alive(pid)
    process.stop()


def test_no_orphan_when_the_parent_is_killed() -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from resources.local.standin.reader import kind_of, read_task
from resources.local.standin.process import StandinProcess
server = StandinProcess()
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _alive(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _post(url: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def _alive(pid: int | None) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
