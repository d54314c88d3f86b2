"""MCP calls against a real server of the official SDK."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apigen_assets.domain.api import McpBinding, NestedNames, PythonBinding
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.mcp.executor import McpExecutor
from resources.rest.recordings import Recordings
from tests.helpers.paths import HELPERS

pytest.importorskip("mcp", reason="the extra mcp is not installed")
PROGRAM = str(HELPERS / "mcp_tools.py")
COMMAND = (sys.executable, PROGRAM)


def request(tool, arguments=None, **binding):
    binding = {"command": COMMAND, "read_only": True, **binding}
    return CallRequest(binding=McpBinding(tool=tool, **binding), arguments=arguments or {})


def run(*requests, **options):
    with McpExecutor(**{"mode": "live", "environment": {}, **options}) as executor:
        return list(executor.execute(requests))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One started server for the tests that leave it alone: starting one takes seconds on a busy machine."""
    folder = tmp_path_factory.mktemp("recordings")
    environment = {"TOOLS_KEY": "s3cr3t-value", "OTHER_KEY": "hidden"}
    with McpExecutor("live", Recordings(folder), environment=environment) as executor:
        yield executor


def ask(executor, *calls):
    return list(executor.execute(request(*call, variables=("TOOLS_KEY",)) for call in calls))


def alive(pid):
    try:
        os.kill(pid, 0)
        return not Path(f"/proc/{pid}/stat").exists() or ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def gone_soon(pid):
    return any(not alive(pid) or time.sleep(0.05) for _ in range(200))


def test_tools_are_called_and_results_come_in_order(shared):
    results = ask(shared, *(("add", {"a": n, "b": 1}) for n in range(20)), ("lookup", {"name": "Ada"}))
    assert {result.outcome for result in results} == {Outcome.OK}
    assert [json.loads(result.result)["result"] for result in results[:-1]] == list(range(1, 21))
    assert json.loads(results[-1].result)["phone"] == "123"


def test_outcomes(shared):
    calls = [("fails",), ("no_such_tool",), ("add", {"a": "x"}), ("text", {"kind": "empty"}), ("text", {"kind": "a"})]
    results = ask(shared, *calls)
    assert [result.outcome for result in results[:2]] == [Outcome.SOFT_ERROR, Outcome.NOT_FOUND]
    assert results[2].outcome in (Outcome.ARGUMENT_ERROR, Outcome.SOFT_ERROR)
    assert results[3].outcome is Outcome.EMPTY and results[4].outcome is Outcome.OK
    assert "fails" in results[0].detail


@pytest.mark.parametrize("value", ["half a pair \ud800", float("nan"), object()], ids=["surrogate", "nan", "object"])
def test_arguments_without_a_wire_form_leave_their_neighbours_alone(shared, value):
    results = ask(shared, ("add", {"a": 1, "b": 1}), ("lookup", {"name": value}), ("add", {"a": 1, "b": 2}))
    assert [result.outcome for result in results] == [Outcome.OK, Outcome.ARGUMENT_ERROR, Outcome.OK]


def test_one_session_serves_all_calls(shared):
    first, second = ask(shared, ("pid",), ("pid",))
    assert first.result == second.result


@pytest.mark.slow
def test_a_hanging_call_ends_at_its_deadline_and_the_next_one_works():
    hang, after = run(request("hangs"), request("add", {"a": 1, "b": 1}), call_timeout_s=2.0)
    assert hang.outcome is Outcome.TIMEOUT and after.outcome is Outcome.OK


@pytest.mark.slow
def test_a_server_that_dies_is_started_again():
    died, after = run(request("dies"), request("add", {"a": 1, "b": 1}))
    assert died.outcome is Outcome.TRANSPORT and after.outcome is Outcome.OK


@pytest.mark.slow
def test_a_server_that_does_not_notice_the_end_is_killed_with_its_children():
    """A hanging server does not see that its input closed: its process group is killed."""
    with McpExecutor("live", environment={}, call_timeout_s=3.0) as executor:
        results = list(executor.execute([request("pid"), request("child"), request("hangs")]))
    server, child = (int(json.loads(result.result or "")["result"]) for result in results[:2])
    assert results[2].outcome is Outcome.TIMEOUT
    assert gone_soon(server) and gone_soon(child)


def test_only_named_variables_are_handed_on(shared):
    (result,) = ask(shared, ("environment",))
    names = json.loads(result.result)["result"]
    assert "TOOLS_KEY" in names and "OTHER_KEY" not in names


def test_a_secret_is_in_no_result_and_no_recording(shared):
    (result,) = ask(shared, ("secret",))
    assert "the key is ***" in result.result
    assert "s3cr3t" not in "".join(path.read_text() for path in shared.recordings.folder.iterdir())


def test_what_is_not_declared_read_only_is_refused():
    results = run(request("add", {"a": 1, "b": 2}, read_only=None), request("add", {"a": 1, "b": 2}, read_only=False))
    assert {result.outcome for result in results} == {Outcome.REFUSED}


@pytest.mark.slow
def test_a_switch_allows_what_is_not_declared_and_the_server_ends_with_the_block():
    huge, allowed = run(request("big"), request("pid", read_only=None), allow_unsafe=True, max_result_characters=1000)
    assert huge.outcome is Outcome.TOO_LARGE and huge.result is None
    assert allowed.outcome is Outcome.OK
    assert gone_soon(int(json.loads(allowed.result)["result"]))


def test_a_server_that_cannot_start_fails_its_calls_and_says_why():
    command = (sys.executable, "-c", "import sys; sys.exit('no licence')")
    *bad, missing = run(*(request("x", command=command) for _ in range(5)), request("x", command=("/no/such/program",)))
    assert {result.outcome for result in bad} == {Outcome.TRANSPORT} and "no licence" in bad[0].detail
    assert missing.outcome is Outcome.TRANSPORT and "/no/such/program" in missing.detail


def test_a_long_result_is_cut(shared):
    (cut,) = ask(shared, ("big",))
    assert cut.truncated and len(cut.result) == 4000


def test_a_call_is_replayed_without_a_server(shared):
    (live,) = ask(shared, ("add", {"a": 1, "b": 2}))
    assert live.mode == "live"
    again, unknown = run(
        request("add", {"b": 2, "a": 1}),
        request("add", {"a": 9, "b": 9}),
        recordings=Recordings(shared.recordings.folder),
        mode="replay",
    )
    assert (again.mode, again.result) == ("replayed", live.result)
    assert unknown.outcome is Outcome.NOT_RECORDED


def test_other_bindings_are_unavailable():
    (result,) = run(CallRequest(binding=PythonBinding(module="math", function="sqrt"), arguments={}))
    assert result.outcome is Outcome.UNAVAILABLE


@pytest.fixture
def http_server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, PROGRAM, str(port)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    process.wait()


@pytest.mark.slow
def test_streamable_http(http_server):
    remote = {"command": (), "url": http_server}
    (refused,) = run(request("add", {"a": 1, "b": 2}, **remote))
    assert refused.outcome is Outcome.REFUSED and "loopback" in refused.detail
    results = run(
        *(request("add", {"a": n, "b": 2}, **remote) for n in range(8)),
        request("add", {"a": 1, "b": 2}, token_variable="NO_TOKEN", **remote),
        allow_private_addresses=True,
    )
    assert [json.loads(result.result)["result"] for result in results[:-1]] == list(range(2, 10))
    assert results[-1].outcome is Outcome.AUTH and "NO_TOKEN" in results[-1].detail


def test_results_are_checked_against_their_schema_and_names_are_the_servers_own():
    raw = (sys.executable, str(HELPERS / "mcp_raw_server.py"), "odd")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    checked = {"command": raw, "result_schema": schema}
    wire_names = {"top": "$top", "filter_a": "filter[a]"}
    nested = (NestedNames(inner={"top": 1}), NestedNames(fields={"a_b": "a b"}))
    good, bad, renamed, inside = run(
        request("result", {"x": 1}, **checked),
        request("result", {"x": 0}, **checked),
        request("names", {"top": 2.0, "filter_a": "q"}, command=raw, wire_names=wire_names),
        request("names", {"top": {"a_b": 2.0}}, command=raw, wire_names=wire_names, nested=nested),
    )
    assert good.outcome is Outcome.OK and json.loads(good.result) == {"n": 5}
    assert bad.outcome is Outcome.MALFORMED and "n" in bad.detail
    assert json.loads(renamed.result)["arguments"] == {"$top": 2, "filter[a]": "q"}
    assert json.loads(inside.result)["arguments"] == {"$top": {"a b": 2}}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [('{"n": 5}', Outcome.OK), ("five", Outcome.MALFORMED), ('{"n": "five"}', Outcome.MALFORMED)],
)
def test_a_tool_that_says_its_results_schema_and_gives_the_text_alone(text, outcome):
    raw = (sys.executable, str(HELPERS / "mcp_raw_server.py"), "odd")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

    (result,) = run(request("result", {"x": text}, command=raw, result_schema=schema))

    assert result.outcome is outcome


def test_a_plain_value_without_the_object_that_its_schema_puts_around_it():
    raw = (sys.executable, str(HELPERS / "mcp_raw_server.py"), "odd")
    schema = {"type": "object", "properties": {"result": {"type": "string"}}, "required": ["result"]}

    (result,) = run(request("result", {"x": "sunny"}, command=raw, result_schema=schema))

    assert (result.outcome, result.result) == (Outcome.OK, '"sunny"')
