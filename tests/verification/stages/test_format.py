"""The format check: every defect has its reason, and nothing wild gets past or stops it."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.reason import Reason
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.verification.stages.format import FormatLimits, check_format
from tests.helpers.verification_rows import GOOD, SPEED, WEATHER, call, candidate, frame, seed_rows


def reason_of(row, limits=None):
    checked = check_format(frame(row), limits)
    assert checked.schema == CHECKED_SCHEMA
    return checked["reason"][0]


def test_every_seed_passes():
    checked = check_format(seed_rows())
    assert checked.filter(~pl.col("passed")).select("query", "reason", "detail").rows() == []
    assert checked["candidate_id"].to_list() == seed_rows()["candidate_id"].to_list()


def with_(**changes):
    arguments = {**GOOD, **changes}
    return [call("final_velocity", **{name: value for name, value in arguments.items() if value is not Ellipsis})]


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        (with_(), None),
        (with_(time=10.0), None),
        (with_(unit="km/h"), None),
        (with_(time="10"), "wrong_type"),
        (with_(time=True), "wrong_type"),
        (with_(time=None), "wrong_type"),
        (with_(time=[10]), "wrong_type"),
        (with_(time=-1), "invalid_value"),
        (with_(unit="mph"), "not_in_enum"),
        (with_(time=...), "missing_argument"),
        (with_(gravity=9.8), "unknown_argument"),
        ([call("velocity", **GOOD)], "unknown_function"),
        ([call("__import__", name="os")], "unknown_function"),
        ([], "no_calls"),
        ([{"name": "final_velocity"}], "malformed_call"),
        ([{"arguments": GOOD}], "malformed_call"),
        ([{"name": None, "arguments": {}}], "malformed_call"),
        ([{"name": "final_velocity", "arguments": list(GOOD.values())}], "malformed_call"),
        ([{"name": "final_velocity", "arguments": json.dumps(GOOD)}], "malformed_call"),
        (["final_velocity(4, 9.8, 10)"], "malformed_call"),
        ([None], "malformed_call"),
        ([{**call("final_velocity", **GOOD), "id": 1}], "malformed_call"),
        ([call("final_velocity", **GOOD)] * 2, "duplicate_call"),
    ],
)
def test_reasons_of_calls(calls, reason):
    assert reason_of(candidate(calls)) == reason


TEXT = json.dumps([call("final_velocity", **GOOD)])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXT[:-2], "not_json"),
        (f"```json\n{TEXT}\n```", "not_json"),
        (str([call("final_velocity", **GOOD)]), "not_json"),
        (TEXT.replace("10", "NaN"), "non_finite_number"),
        (TEXT.replace("10", "1e999"), "non_finite_number"),
        (TEXT.replace('"time": 10', '"time": 10, "time": 11'), "duplicate_key"),
        (TEXT.replace("10", "[" * 100_000 + "]" * 100_000), "too_large"),
        (TEXT.replace("10", "[" * 20_000 + "]" * 20_000), "too_deep"),
        (TEXT.replace("10", "[" * 50 + "]" * 50), "too_deep"),
        (TEXT.replace("10", '"\\ud800"'), "not_json"),
        ('{"name": "final_velocity"}', "malformed_call"),
        ("7", "malformed_call"),
    ],
)
def test_reasons_of_text(text, reason):
    assert reason_of(candidate(text, style="simple")) == reason


def test_an_infinity_deep_inside_is_found():
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"v": {"type": "array"}}}}
    row = candidate('[{"name": "f", "arguments": {"v": [[1, 1e400]]}}]', tools=(tool,), style="simple")
    assert reason_of(row) == "non_finite_number"


@pytest.mark.parametrize(
    ("tools", "reason"),
    [
        ((), "bad_tools"),
        ((SPEED, SPEED), "bad_tools"),
        (({"name": "f"},), "bad_tools"),
        (({**SPEED, "parameters": {"type": "object", "properties": {"a": {"type": "str"}}}},), "bad_tools"),
        (({**SPEED, "parameters": {"type": "array"}},), "bad_tools"),
    ],
)
def test_reasons_of_tools(tools, reason):
    assert reason_of(candidate([call("final_velocity", **GOOD)], tools=tools)) == reason


def test_the_tools_of_this_row_count_and_no_others():
    rows = frame(
        candidate([call("forecast", city="Oslo")], tools=(WEATHER,)),
        candidate([call("forecast", city="Oslo")], tools=(SPEED,)),
    )
    assert check_format(rows)["reason"].to_list() == [None, "unknown_function"]


def test_two_tools_of_one_name_in_two_rows_do_not_mix():
    other = {**WEATHER, "parameters": {"type": "object", "properties": {"city": {"type": "integer"}}}}
    row = [call("forecast", city="Oslo")]
    rows = frame(*(candidate(row, tools=(tool,)) for tool in (WEATHER, other, WEATHER)))
    assert check_format(rows)["reason"].to_list() == [None, "wrong_type", None]


def test_the_style_is_the_one_asked_for():
    calls = [call("forecast", city="Oslo"), call("forecast", city="Rome")]
    assert reason_of(candidate(calls, tools=(WEATHER,), style="parallel")) is None
    assert reason_of(candidate(calls, tools=(WEATHER,), style="simple")) == "wrong_style"
    assert reason_of(candidate(calls, tools=(WEATHER, SPEED), style="parallel")) == "wrong_style"


def test_open_parameters_are_allowed_only_where_the_schema_says_so():
    parameters = {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}
    tool = {"name": "f", "parameters": parameters}
    assert reason_of(candidate([call("f", a=1)], tools=(tool,))) is None
    assert reason_of(candidate([call("f", a="x")], tools=(tool,))) == "wrong_type"
    closed = {"name": "f", "parameters": {"type": "object", "properties": {}}}
    assert reason_of(candidate([call("f", a=1)], tools=(closed,))) == "unknown_argument"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ({"pattern": "(a+)+$"}, "invalid_value"),
        ({"pattern": "(a+)+$", "not": {"const": "b"}}, "invalid_value"),
        ({"pattern": "^(?!x)(a|aa)+$"}, "bad_tools"),
        ({"pattern": "^(?!x)(a|aa)+$", "not": {"const": "b"}}, "bad_tools"),
    ],
)
def test_a_pattern_that_backtracks_without_end_costs_only_its_own_row(code, reason):
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"code": {"type": "string", **code}}}}
    evil, good = ([call("f", code=text)] for text in ("a" * 40 + "!", "aaa"))
    checked = check_format(frame(*(candidate(calls, tools=(tool,)) for calls in (good, evil, good))))
    assert checked["reason"].to_list() == [None, reason, None]
    assert checked["detail"][1].startswith("code: ")


@pytest.mark.parametrize(
    ("parse_error", "reason", "detail"),
    [
        ("truncated: cut at 2048 tokens", "truncated", "cut at 2048 tokens"),
        ("no_answer", "no_answer", "raw"),
        ("missing_field: answers", "missing_field", "answers"),
        ("duplicate_key: the key 'a' appears twice", "duplicate_key", "the key 'a' appears twice"),
        ("something else", "not_json", "something else"),
    ],
)
def test_failures_of_parsing_keep_their_reason(parse_error, reason, detail):
    row = {**candidate(None, parse_error=parse_error, raw_text="raw"), "answers": None}
    checked = check_format(frame(row))
    assert (checked["reason"][0], checked["detail"][0]) == (reason, detail)


def test_limits():
    row = candidate([call("final_velocity", **GOOD)])
    assert reason_of(row, FormatLimits(query_characters=5)) == "too_large"
    assert reason_of(row, FormatLimits(answer_characters=20)) == "too_large"
    assert reason_of({**row, "query": "  \n"}) == "empty_query"


def test_no_rows_give_no_rows():
    assert check_format(pl.DataFrame(schema=Candidate.SCHEMA)).schema == CHECKED_SCHEMA


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.text(max_size=60), json_values.map(json.dumps)),
    st.one_of(st.text(max_size=60), json_values.map(json.dumps)),
)
def test_wild_input_costs_only_its_own_row(answers, tools):
    good = candidate([call("final_velocity", **GOOD)])
    wild = {**good, "answers": answers, "tools": tools}
    checked = check_format(frame(good, wild, good))
    assert checked["passed"].to_list()[::2] == [True, True]
    assert checked["reason"][1] is None or checked["reason"][1] in set(Reason)
