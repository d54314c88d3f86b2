"""The embedded server: its description, its answers, its failures, its end."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from apigen_assets.catalog.importers.openapi.document import import_openapi
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.local.rest.describe import text
from resources.local.rest.endpoint import BadArgumentError, NotFoundError
from resources.local.rest.misbehaving import MISBEHAVIOURS
from resources.local.rest.process import LocalRestServer, demo_source
from resources.local.rest.server import ENDPOINTS
from resources.rest.policy import EMBEDDED_HOST
from resources.rest.resource import RestResource
from tests.helpers.paths import ROOT

PACKAGES = ("airportsdata", "astral", "babel", "emoji", "holidays", "periodictable", "phonenumbers", "pint", "stdnum",
            "webcolors")  # fmt: skip
GOOD = {endpoint.name for endpoint in ENDPOINTS}


@pytest.fixture
def data():
    for package in PACKAGES:
        pytest.importorskip(package, reason="the extra embedded is not installed")


@pytest.fixture(scope="module")
def apis():
    return import_openapi(demo_source(), "everyday").apis


@pytest.fixture(scope="module")
def executor():
    with RestResource(mode="live").open() as executor:
        yield executor


def examples(parameters):
    """Every combination of the examples."""
    names = list(parameters["properties"])
    pools = [parameters["properties"][name].get("examples") or [None] for name in names]
    return [
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in itertools.product(*pools)
    ]


def own_name(api):
    return api.name.removeprefix("everyday_")


def test_the_description_is_the_one_of_the_endpoints():
    """Otherwise: python -m resources.local.rest.describe."""
    assert demo_source().read_text(encoding="utf-8") == text()


def test_there_is_enough_of_everything(apis):
    assert len(GOOD) >= 60 and len({endpoint.tag for endpoint in ENDPOINTS}) >= 12
    assert len(MISBEHAVIOURS) >= 10
    assert len(apis) == len(ENDPOINTS) + len(MISBEHAVIOURS) + 2
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_no_port_is_in_any_binding(apis):
    for api in apis:
        assert api.binding.url.startswith((f"http://{EMBEDDED_HOST}/", "http://gone.apigen.invalid/"))


def test_every_parameter_is_described_and_has_an_example():
    for endpoint in ENDPOINTS:
        assert endpoint.description and endpoint.parameters, endpoint.name
        for parameter in endpoint.parameters:
            assert parameter.description and parameter.examples, (endpoint.name, parameter.name)


def test_every_combination_of_examples_has_an_answer(data):
    for endpoint in ENDPOINTS:
        pools = [parameter.examples for parameter in endpoint.parameters]
        for values in itertools.product(*pools):
            query = {
                parameter.name: [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
                for parameter, value in zip(endpoint.parameters, values, strict=True)
            }
            answer = endpoint.run(**endpoint.arguments({}, query))
            assert isinstance(answer, dict) and json.dumps(answer, allow_nan=False), endpoint.name


def test_every_good_endpoint_answers_over_http(apis, executor, data):
    requests = [
        (own_name(api), CallRequest(binding=api.binding, arguments=examples(api.parameters)[0])) for api in apis
    ]
    results = executor.execute(request for _, request in requests)
    outcomes = {name: result for (name, _), result in zip(requests, results, strict=True)}
    assert [(name, outcomes[name]) for name in sorted(GOOD) if outcomes[name].outcome is not Outcome.OK] == []


def test_every_misbehaviour_ends_as_said(apis, executor):
    expected = {one.name: one.expected for one in MISBEHAVIOURS}
    chosen = [api for api in apis if own_name(api) in expected]
    requests = [CallRequest(binding=api.binding, arguments=examples(api.parameters)[-1]) for api in chosen]
    found = {
        own_name(api): result.outcome.value for api, result in zip(chosen, executor.execute(requests), strict=True)
    }
    assert found == expected
    assert len(Counter(expected.values())) >= 10


def test_known_answers(data):
    by_name = {endpoint.name: endpoint for endpoint in ENDPOINTS}

    def ask(name, **query):
        endpoint = by_name[name]
        return endpoint.run(**endpoint.arguments({}, {key: [str(value)] for key, value in query.items()}))

    assert ask("get_airport", iata="jfk")["city"] == "New York"
    assert ask("get_airport_distance", origin="JFK", destination="LHR")["kilometres"] == pytest.approx(5540, abs=15)
    assert ask("convert_time", time="2025-07-01T12:00", source_zone="Europe/Berlin", target_zone="Asia/Tokyo")[
        "target"
    ].startswith("2025-07-01T19:00")
    country = ask("get_country", code="CH")
    assert (country["alpha3"], country["numeric"], country["currencies"], country["calling_code"]) == (
        "CHE", "756", ["CHF"], "+41",
    )  # fmt: skip
    assert ask("get_country", code="US")["first_weekday"] == "Sunday"
    assert ask("get_country", code="BQ")["first_weekday"] is None
    with pytest.raises(NotFoundError, match="no atom that has a mass"):
        ask("get_composition", formula="H0")
    assert [one["code"] for one in ask("get_country_currencies", country="DE", date="1995-06-01")["currencies"]] == [
        "DEM"
    ]
    assert ask("check_public_holiday", country="FR", date="2025-07-14")["is_holiday"] is True
    assert ask("get_easter_date", year=2025)["easter_sunday"] == "2025-04-20"
    assert ask("count_working_days", country="US", start="2025-01-01", end="2025-01-31")["working_days"] == 21
    assert ask("check_market_open", market="NYSE", date="2025-07-04")["open"] is False
    assert ask("get_element", symbol="fe")["atomic_number"] == 26
    assert ask("get_molar_mass", formula="H2O")["molar_mass_g_mol"] == pytest.approx(18.015, abs=0.01)
    assert ask("convert_temperature", value=100, source="celsius", target="fahrenheit")["result"] == pytest.approx(212)
    assert ask("convert_length", value=1, source="mile", target="kilometer")["result"] == pytest.approx(1.609344)
    assert ask("validate_iban", iban="DE89 3704 0044 0532 0130 00")["valid"] is True
    assert ask("validate_iban", iban="DE88370400440532013000")["valid"] is False
    assert ask("parse_phone_number", number="+442083661177")["region"] == "GB"
    assert ask("get_sun_times", latitude=52.52, longitude=13.405, date="2025-06-21")["sunrise"].startswith(
        "2025-06-21T02:4"
    )
    assert ask("get_moon_phase", date="2025-03-14")["phase"] == "full moon"
    assert ask("get_note_frequency", note="A", octave=4)["frequency_hz"] == 440
    assert ask("get_dice_probability", dice=2, sides=6, total=7)["exactly"] == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("get_moon_phase", {}), ("get_moon_phase", {"date": ["2025-02-30"]}), ("get_moon_phase", {"date": ["today"]}),
        ("get_moon_phase", {"date": ["2025-01-01"], "x": ["1"]}), ("factor_integer", {"value": ["1.5"]}),
        ("factor_integer", {"value": ["1"]}), ("get_chord_notes", {"root": ["H"], "quality": ["major"]}),
        ("get_delay_times", {"bpm": ["nan"]}), ("get_delay_times", {"bpm": ["1e400"]}),
        ("get_moon_phase", {"date": ["2025-01-01", "2025-01-02"]}),
    ],
)  # fmt: skip
def test_bad_arguments_are_told(name, query):
    (endpoint,) = [one for one in ENDPOINTS if one.name == name]
    with pytest.raises(BadArgumentError):
        endpoint.arguments({}, query)


def test_bad_arguments_over_http(apis, executor):
    (api,) = [one for one in apis if own_name(one) == "explain_http_status"]
    requests = [CallRequest(binding=api.binding, arguments={"code": code}) for code in (404, 299, 9999, "x")]
    outcomes = [result.outcome for result in executor.execute(requests)]
    assert outcomes == [Outcome.OK, Outcome.NOT_FOUND, Outcome.HTTP_4XX, Outcome.HTTP_4XX]


def alive(pid):
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def gone_soon(pid):
    return any(not alive(pid) or time.sleep(0.05) for _ in range(200))


def test_the_server_ends_with_the_block_and_starts_again():
    with LocalRestServer() as server:
        assert server.pid is None
        address = server.address()
        assert server.address() == address
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert gone_soon(first)
        server.address()
        second = server.pid
    assert gone_soon(second)


def test_the_server_ends_with_its_parent():
    program = (
        "from resources.local.rest.process import LocalRestServer as S; s = S(); s.address(); "
        "print(s.pid, flush=True); import time; time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone_soon(pid)


def test_a_resource_that_calls_nothing_starts_nothing():
    with RestResource(mode="live").open() as executor:
        assert list(executor.execute([])) == []
        assert executor.policy.embedded.__self__.pid is None
