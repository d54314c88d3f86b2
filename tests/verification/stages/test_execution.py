"""The execution check: every call made as asked, every outcome a reason."""

import json

import pytest

from apigen_assets.domain.api import Api, McpBinding, PythonBinding, Source
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.domain.reason import Stage
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.verification.stages.execution import REASON_OF, ExecutionOptions, bindings_of, check_execution
from apigen_assets.verification.stages.format import check_format
from resources.executors import Executors
from tests.helpers.verification_rows import (
    BINDINGS,
    GOOD,
    WEATHER,
    InProcess,
    Scripted,
    call,
    candidate,
    frame,
    seed_bindings,
    seed_rows,
)

OK = CallResult(outcome=Outcome.OK, result="98.0")
ONCE = ExecutionOptions(metamorphic_share=0)


def test_every_outcome_but_ok_has_a_reason_of_this_stage():
    assert set(REASON_OF) == set(Outcome) - {Outcome.OK}
    assert {reason.stage for reason in REASON_OF.values()} == {Stage.EXECUTION}
    assert len(set(REASON_OF.values())) == len(REASON_OF)


def test_every_seed_runs():
    checked = check_execution(
        check_format(seed_rows()), seed_bindings(), InProcess(), ExecutionOptions(metamorphic_share=1)
    )
    assert checked.filter(~checked["passed"]).select("query", "reason", "detail").rows() == []


def test_arguments_go_by_name_and_results_are_kept():
    executor = Scripted(OK)
    checked = check_execution(frame(candidate([call("final_velocity", **GOOD)])), BINDINGS, executor, ONCE)
    assert executor.made[0].arguments == GOOD
    assert checked.schema == CHECKED_SCHEMA
    assert json.loads(checked["execution"][0]) == [
        {
            "mode": "live",
            "name": "final_velocity",
            "outcome": "ok",
            "result": "98.0",
            "status": None,
            "truncated": False,
        }
    ]


def test_all_calls_of_a_row_must_succeed():
    calls = [call("forecast", city="Oslo"), call("forecast", city="Rome")]
    failed = CallResult(outcome=Outcome.TIMEOUT, detail="killed after 5 s")
    rows = frame(candidate(calls, tools=(WEATHER,)), candidate(calls[:1], tools=(WEATHER,)))
    checked = check_execution(rows, BINDINGS, Scripted(OK, failed, OK), ONCE)
    assert checked["reason"].to_list() == ["timeout", None]
    assert checked["detail"][0] == "call 2 (forecast): killed after 5 s"
    assert [one["outcome"] for one in json.loads(checked["execution"][0])] == ["ok", "timeout"]


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.OK])
def test_only_ok_counts_as_executed(outcome):
    result = CallResult(outcome=outcome, result='{"simulated": true}')
    checked = check_execution(frame(candidate([call("final_velocity", **GOOD)])), BINDINGS, Scripted(result), ONCE)
    assert checked["reason"][0] == REASON_OF[outcome].value


def test_an_api_that_is_not_in_the_catalog_is_not_called():
    executor = Scripted(OK)
    checked = check_execution(frame(candidate([call("final_velocity", **GOOD)])), {}, executor)
    assert checked["reason"].to_list() == ["unavailable"]
    assert executor.made == []


def test_durations_leave_no_trace():
    row = frame(candidate([call("final_velocity", **GOOD)]))
    slow = CallResult(outcome=Outcome.OK, result="98.0", duration_s=3.0)
    assert check_execution(row, BINDINGS, Scripted(OK)).equals(check_execution(row, BINDINGS, Scripted(slow)))


def test_a_result_that_depends_on_argument_order_is_rejected():
    class ByPosition:
        def execute(self, requests):
            for request in requests:
                yield CallResult(outcome=Outcome.OK, result=json.dumps(list(request.arguments.values())))

    options = ExecutionOptions(metamorphic_share=1)
    checked = check_execution(frame(candidate([call("final_velocity", **GOOD)])), BINDINGS, ByPosition(), options)
    assert checked["reason"].to_list() == ["inconsistent"]


def test_a_stated_default_that_is_not_the_real_one_is_found():
    class OtherDefault:
        def execute(self, requests):
            for request in requests:
                yield CallResult(outcome=Outcome.OK, result=str(request.arguments.get("days", 7)))

    row = candidate([call("forecast", city="Oslo", days=3)], tools=(WEATHER,))
    checked = check_execution(frame(row), BINDINGS, OtherDefault(), ExecutionOptions(metamorphic_share=1))
    assert checked["reason"].to_list() == ["inconsistent"]
    assert "without its default days" in checked["detail"][0]


def test_an_executor_that_loses_results_stops_the_run():
    class Loses:
        def execute(self, requests):
            return iter([])

    with pytest.raises(RuntimeError, match="0 results for 1 calls"):
        check_execution(frame(candidate([call("final_velocity", **GOOD)])), BINDINGS, Loses())


def test_no_rows():
    assert check_execution(check_format(frame()), BINDINGS, Scripted(OK)).schema == CHECKED_SCHEMA


def test_bindings_come_from_the_catalog_table():
    source = Source(name="s", file="f", format="python", content_hash="h", original_name="f")
    api = Api(
        api_id="i",
        name="f",
        description="d",
        parameters={"type": "object"},
        binding=PythonBinding(module="m", function="f"),
        source=source,
    )
    assert bindings_of(Api.frame([api])) == {"i": api.binding}


class TestExecutors:
    def request(self, kind, n):
        binding = PythonBinding(module="m", function="f") if kind == "python" else McpBinding(tool="t", url="http://x")
        return CallRequest(binding=binding, arguments={"n": n})

    def test_order_is_kept_over_kinds_and_groups(self):
        class Echo:
            def execute(self, requests):
                for request in requests:
                    yield CallResult(outcome=Outcome.OK, result=str(request.arguments["n"]))

        executors = Executors({"python": Echo(), "mcp": Echo()}, group=4)
        requests = [self.request("python" if n % 3 else "mcp", n) for n in range(25)]
        assert [one.result for one in executors.execute(iter(requests))] == [str(n) for n in range(25)]

    def test_a_kind_nobody_runs_is_unavailable(self):
        results = list(Executors({"python": Scripted(OK)}).execute([self.request("mcp", 1), self.request("python", 2)]))
        assert [one.outcome for one in results] == [Outcome.UNAVAILABLE, Outcome.OK]

    def test_an_executor_that_loses_results_is_found(self):
        class Loses:
            def execute(self, requests):
                return iter([])

        with pytest.raises(RuntimeError, match="python executor gave 0 results"):
            list(Executors({"python": Loses()}).execute([self.request("python", 1)]))
