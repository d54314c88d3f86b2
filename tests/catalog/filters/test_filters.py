import json

import pytest

from apigen_assets.catalog.filters.accessibility import NOT_PROBED, ProbeCache, probe
from apigen_assets.catalog.filters.categories import category_by_rules, classify, parse_categories
from apigen_assets.catalog.filters.documentation import check_documentation, fault, is_test_tool
from apigen_assets.catalog.filters.example_values import example_arguments
from apigen_assets.catalog.filters.rewriting import noise, revised, rewrite
from apigen_assets.catalog.tables import catalog_apis, conservation_faults
from apigen_assets.domain.api import Api, McpBinding, PythonBinding, RestBinding, RestParameter, Source
from apigen_assets.domain.chat import Completion
from apigen_assets.domain.outcome import CallResult, Outcome
from apigen_assets.files.canonical import content_hash
from apigen_assets.tool_formats.json_schema import is_valid


def make(name="w.now", description="Current weather of a place.", properties=None, required=(), binding=None, **source):
    base = {
        "name": "w",
        "file": "w.json",
        "format": "toolbench",
        "content_hash": "0",
        "original_name": f"Weather/w/{name}",
    }
    return Api(
        api_id=f"id-{name}",
        name=name,
        description=description,
        parameters={
            "type": "object",
            "properties": {"q": {"type": "string", "description": "Place."}} if properties is None else properties,
            "required": list(required),
        },
        binding=binding or RestBinding(url="https://w.example/now"),
        source=Source(**(base | source)),
    )


class Server:
    """An executor that answers as told and counts what it was asked."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.asked = []

    def execute(self, requests):
        for request in requests:
            self.asked.append(request)
            yield CallResult(outcome=self.outcomes.pop(0), result="x" * 5000, status=200)


class Model:
    """A chat model that answers as told."""

    def __init__(self, *texts, status="ok"):
        self.texts, self.status, self.requests = list(texts), status, []

    def complete(self, generator, requests, on_progress=None):
        self.requests += requests
        return [Completion(key=str(i), status=self.status, text=self.texts.pop(0)) for i, _ in enumerate(requests)]


# documentation


@pytest.mark.parametrize(
    ("api", "reason"),
    [
        (make(), None),
        (make(properties={}), "no_parameters"),
        (make(description="Rain"), None),
        (make("rain", "rain", {"q": {"type": "string"}}), "undocumented"),
        (make("rain", "", {"q": {"type": "string"}}), "undocumented"),
        (make("rain", "", {"q": {"type": "string", "description": "Town."}}), None),
        (make("get_rain_of_town", "", {"q": {"type": "string"}}), None),
        (make(original_name="Data/demo_project/Get Order"), "test_tool"),
        (make(original_name="Data/petstore_v2/Get Order"), "test_tool"),
        (make(original_name="Data/dns/test"), "test_tool"),
        (make(original_name="Tools/viewdns/Chinese Firewall Test"), None),
        (make(original_name="Health/covid_test_centers/Find"), None),
        (make(original_name="Data/us_demographics/By State"), None),
        (make(original_name="Sports/latest_scores/Contest"), None),
    ],
)
def test_documentation(api, reason):
    assert (fault(api) or (None,))[0] == reason


def test_every_api_is_kept_or_rejected_with_itself_inside():
    before = Api.frame([make(), make("rain", "", {})])
    kept, rejected = check_documentation(before)
    assert (kept.height, rejected.height) == (1, 1)
    assert json.loads(rejected["api"][0])["api_id"] == "id-rain"
    assert conservation_faults(before, kept, rejected) == []


def test_most_of_toolbench_with_parameters_stays(toolbench):
    kept = sum(fault(api) is None for api in toolbench.apis)
    with_parameters = sum(bool(api.parameters["properties"]) for api in toolbench.apis)
    assert kept / with_parameters > 0.9  # the paper rewrote terse APIs, it did not drop them
    assert not is_test_tool("Weather/weather_forecast/Latest")


# accessibility


def test_arguments_come_from_the_documentation_before_they_are_made_up():
    schema = {
        "properties": {
            "a": {"type": "integer", "examples": [7], "default": 8},
            "b": {"type": "string", "default": "d"},
            "c": {"type": "string", "enum": ["e", "f"]},
            "city": {"type": "string"},
            "n": {"type": "integer", "minimum": 40, "maximum": 41},
            "optional": {"type": "string"},
            "shown": {"type": "string", "examples": ["s"]},
            "p": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]},
            "l": {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
        },
        "required": ["a", "b", "c", "city", "n", "p", "l"],
    }
    example = example_arguments(schema)
    assert example.arguments == {
        "a": 7, "b": "d", "c": "e", "city": "Paris", "n": 40, "shown": "s", "p": {"lat": 48.85}, "l": [True, True],
    }  # fmt: skip
    assert example.guessed == ("city", "n", "p", "l")


def test_made_up_arguments_fit_the_schemas_of_all_of_toolbench(toolbench):
    for api in toolbench.apis:
        arguments = example_arguments(api.parameters).arguments
        assert is_valid(arguments, api.parameters), api.name


@pytest.mark.parametrize(
    ("outcome", "known", "passes"),
    [
        (Outcome.OK, True, True),
        (Outcome.HTTP_4XX, True, False),
        (Outcome.HTTP_4XX, False, True),
        (Outcome.EMPTY, False, True),
        (Outcome.AUTH, False, False),
        (Outcome.TIMEOUT, False, False),
        (Outcome.HTTP_5XX, False, False),
        (Outcome.UNAVAILABLE, False, False),
    ],
)
def test_a_made_up_argument_excuses_only_what_it_can_explain(outcome, known, passes):
    schema = {"type": "string", "examples": ["Rome"]} if known else {"type": "string"}
    (probed,) = probe([make(properties={"q": schema}, required=["q"])], Server(outcome))
    assert (probed.reason is None) is passes
    assert probed.api.probe.outcome == outcome.value
    assert len(probed.api.probe.result or "") == 2000


def test_nothing_that_could_change_something_is_called():
    server = Server(Outcome.OK)
    apis = [
        make("post", binding=RestBinding(method="POST", url="https://w.example")),
        make("tool", binding=McpBinding(url="https://w.example", tool="t")),
        make("read", binding=McpBinding(url="https://w.example", tool="t", read_only=True)),
    ]
    probed = probe(apis, server)
    assert [one.api.probe.outcome for one in probed] == [NOT_PROBED, NOT_PROBED, "ok"]
    assert [one.reason for one in probed] == ["refused", "refused", None]
    assert len(server.asked) == 1
    allowed = probe(apis, Server(Outcome.OK), allow_unsafe=True)
    assert [(one.api.probe.outcome, one.reason) for one in allowed[:2]] == [(NOT_PROBED, None)] * 2


@pytest.mark.parametrize(("place", "passes"), [("path", True), ("query", False)])
def test_a_404_is_excused_by_a_made_up_part_of_the_path_only(place, passes):
    binding = RestBinding(url="https://w.example/{q}", parameters={"q": RestParameter(place=place, wire_name="q")})
    api = make(properties={"q": {"type": "string"}}, required=["q"], binding=binding)
    (probed,) = probe([api], Server(Outcome.NOT_FOUND))
    assert (probed.reason is None) is passes


def test_outcomes_are_kept_and_asked_again_when_old(tmp_path):
    path, apis = tmp_path / "probes.jsonl", [make("a"), make("b", binding=RestBinding(url="https://w.example/b"))]
    day = 86_400
    assert len(run(apis, ProbeCache(path, 0), Outcome.OK, Outcome.HTTP_5XX)) == 2
    assert run(apis, ProbeCache(path, day / 2)) == []
    assert len(run(apis, ProbeCache(path, 2 * day), Outcome.OK)) == 1  # the bad one is given another chance
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    assert run(apis, ProbeCache(path, 2.5 * day)) == []
    assert len(run(apis, ProbeCache(path, 30 * day), Outcome.OK, Outcome.OK)) == 2


@pytest.mark.parametrize("outcome", ["refused", "auth", "transport", "unavailable", "not_recorded"])
def test_what_a_person_mends_at_this_end_is_asked_again_at_once(tmp_path, outcome):
    """Also where an earlier version kept it."""
    path, apis = tmp_path / "probes.jsonl", [make("b", binding=RestBinding(url="https://w.example/b"))]
    (asked,) = run(apis, ProbeCache(path, 0), Outcome(outcome))
    assert not path.exists() or outcome not in path.read_text()
    assert len(run(apis, ProbeCache(path, 1), Outcome.OK)) == 1
    kept = json.loads(path.read_text().splitlines()[-1])
    path.write_text(json.dumps(kept | {"result": kept["result"] | {"outcome": outcome}}) + "\n")
    assert run(apis, ProbeCache(path, 2), Outcome.OK) == [asked]


def test_a_kept_failure_says_when_it_was_asked_and_how_it_is_asked_again(tmp_path):
    path, apis = tmp_path / "probes.jsonl", [make("b", binding=RestBinding(url="https://w.example/b"))]
    run(apis, ProbeCache(path, 1_782_720_000), Outcome.HTTP_5XX)
    (probed,) = probe(apis, Server(), ProbeCache(path, 1_782_720_001))
    assert probed.reason == "http_5xx"
    assert "asked 2026-06-29 08:00 UTC" in probed.detail and "APIGEN_REST_MODE=live" in probed.detail


def test_probes_kept_by_an_earlier_version_are_found(tmp_path):
    """The key is that of the whole binding as it was before styles and names came to it."""
    places = {"q": RestParameter(place="query", wire_name="q")}
    api = make("b", binding=RestBinding(url="https://w.example/b", parameters=places))
    before = {"kind": "rest", "method": "GET", "url": "https://w.example/b", "constants": {}, "body_type": None}
    before |= {"parameters": {"q": {"place": "query", "wire_name": "q", "explode": True}}, "whole_body": None}
    (asked,) = run([api], None, Outcome.OK)
    key = content_hash([{**before, "credentials": []}, asked.arguments])
    result = {"outcome": "ok", "result": "1", "truncated": False, "detail": "", "status": 200, "duration_s": 0.1}
    path = tmp_path / "probes.jsonl"
    path.write_text(json.dumps({"key": key, "at": 5, "result": result}) + "\n")
    assert run([api], ProbeCache(path, 10)) == []


def test_where_calls_are_to_be_live_no_kept_outcome_answers(tmp_path):
    path, apis = tmp_path / "probes.jsonl", [make("b", binding=RestBinding(url="https://w.example/b"))]
    assert len(run(apis, ProbeCache(path, 0), Outcome.OK)) == 1
    assert len(run(apis, ProbeCache(path, 1, reuse=False), Outcome.HTTP_5XX)) == 1
    server = Server()
    (probed,) = probe(apis, server, ProbeCache(path, 2))
    assert server.asked == [] and probed.api.probe.outcome == "http_5xx"


def run(apis, cache, *outcomes):
    server = Server(*outcomes)
    probe(apis, server, cache)
    return server.asked


def test_python_calls_are_made_with_seed_arguments():
    server = Server(Outcome.EXCEPTION)
    api = make("area", required=["q"], binding=PythonBinding(module="m", function="area"))
    (probed,) = probe([api], server, None, {"area": {"q": "seed"}})
    assert server.asked[0].arguments == {"q": "seed"}
    assert probed.reason == "exception"  # with known arguments an exception is no excuse


# rewriting

GOOD = json.dumps({"description": "Gives the current weather of one place.", "parameters": {"q": "Name of the place."}})


def test_noisy_texts_are_rewritten_and_the_old_ones_kept():
    clean, noisy = make(), make("b", "See https://w.example **now**")
    model = Model(f"Here you are:\n```json\n{GOOD}\n```")
    result = rewrite([clean, noisy], model, "gpt")
    assert [api.api_id for api in result.apis] == [clean.api_id, noisy.api_id]
    assert result.apis[0] == clean and len(model.requests) == 1
    assert result.apis[1].description == "Gives the current weather of one place."
    assert result.apis[1].parameters["properties"] == {"q": {"type": "string", "description": "Name of the place."}}
    assert result.apis[1].original == {"description": noisy.description, "parameters": {"q": "Place."}}
    assert model.requests[0].purpose == "document"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {}}, "q gone"),
        ({"parameters": {"q": "A.", "extra": "B."}}, "extra new"),
        ({"parameters": {"q": ""}}, "text of q"),
        ({"parameters": {"q": 7}}, "text of q"),
        ({"description": "Weather"}, "characters"),
        ({"description": "Read more about it at https://x.example"}, "link"),
        ({"description": None}, "no `description`"),
    ],
)
def test_a_model_cannot_change_what_an_api_is(change, message):
    with pytest.raises(ValueError, match=message):
        revised(make(), json.dumps(json.loads(GOOD) | change))


@pytest.mark.parametrize("answer", ["", "no json", "[1]", '{"a": ', "{" * 5000 + "}" * 5000])
def test_an_answer_that_is_no_object_leaves_the_original(answer):
    api = make(description="**x**")
    result = rewrite([api], Model(answer), "gpt")
    assert result.apis == [api] and list(result.refused) == [api.api_id]
    assert rewrite([api], Model(answer, status="error"), "gpt").apis == [api]


def test_noise_is_named():
    assert noise(make()) is None
    assert noise(make("now", "now")) == "says_nothing"
    assert noise(make(description="Weather **here** today")) == "markup"
    assert noise(make(description="Weather. 1 credit per call, premium users only")) == "plan_talk"
    assert noise(make(properties={"q": {"type": "string"}})) == "parameters_undescribed"


# categories


def test_rules_on_the_hand_labelled_sample(toolbench, labels, capsys):
    given = {
        api.source.original_name: category_by_rules(api) for api in toolbench.apis if api.source.original_name in labels
    }
    assert given.keys() == labels.keys() and len(labels) >= 200
    right = sum(given[name] == label for name, label in labels.items())
    with capsys.disabled():
        print(f"\ncategories by rules: {right} of {len(labels)} labelled APIs ({right / len(labels):.1%})")
    assert right / len(labels) >= 0.8


def test_every_built_in_module_has_a_category():
    from apigen_assets.catalog.filters.category_rules import MODULES
    from apigen_assets.catalog.importers.sources import import_builtin

    assert {api.source.original_category for api in import_builtin().apis} <= set(MODULES)


def test_a_model_decides_where_it_answers_and_the_rules_where_it_does_not():
    apis = [make("a"), make("b"), make("c")]
    by_rules = category_by_rules(apis[0])
    model = Model('Sure! {"1": "health", "2": "Weather", "9": "Music"}')
    result = classify(apis, model, "gpt")
    assert result.categories == ["Health", by_rules, by_rules] and result.by == ["model", "rules", "rules"]
    assert classify(apis).by == ["rules"] * 3
    assert parse_categories("nothing", 3) == {}


def test_the_record_survives_its_table():
    api = make().model_copy(update={"original": {"description": "Old.", "parameters": {}}})
    assert catalog_apis(Api.frame([api])) == [api]
