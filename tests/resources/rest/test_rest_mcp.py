"""MCP calls against a real server of the official SDK."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apigen_assets.catalog.api import McpBinding, PythonBinding
from apigen_assets.verification.outcome import CallRequest, Outcome
from resources.mcp_client import McpExecutor
from resources.recordings import Recordings

pytest.importorskip("mcp", reason="the extra mcp is not installed")
PROGRAM = str(Path(__file__).with_name("mcp_tools.py"))
COMMAND = (sys.executable, PROGRAM)


def request(tool, arguments=None, **binding):
    binding = {"command": COMMAND, "read_only": True, **binding}
    return CallRequest(binding=McpBinding(tool=tool, **binding), arguments=arguments or {})


def run(*requests, **options):
    with McpExecutor(**{"mode": "live", "environment": {}, **options}) as executor:
        return list(executor.execute(requests))


def alive(pid):
    try:
        os.kill(pid, 0)
        return not Path(f"/proc/{pid}/stat").exists() or ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def gone_soon(pid):
    return any(not alive(pid) or time.sleep(0.05) for _ in range(200))


def test_tools_are_called_and_results_come_in_order():
    results = run(*(request("add", {"a": n, "b": 1}) for n in range(20)), request("lookup", {"name": "Ada"}))
    assert {result.outcome for result in results} == {Outcome.OK}
    assert [json.loads(result.result)["result"] for result in results[:-1]] == list(range(1, 21))
    assert json.loads(results[-1].result)["phone"] == "123"


def test_outcomes():
    results = run(
        request("fails"), request("no_such_tool"), request("add", {"a": "x"}), request("text", {"kind": "empty"}),
        request("text", {"kind": "plain"}),
    )  # fmt: skip
    assert [result.outcome for result in results[:2]] == [Outcome.SOFT_ERROR, Outcome.NOT_FOUND]
    assert results[2].outcome in (Outcome.ARGUMENT_ERROR, Outcome.SOFT_ERROR)
    assert results[3].outcome is Outcome.EMPTY and results[4].outcome is Outcome.OK
    assert "the tool broke" in results[0].detail


def test_one_session_serves_all_calls():
    first, second = run(request("pid"), request("pid"))
    assert first.result == second.result


def test_a_hanging_call_ends_at_its_deadline_and_the_next_one_works():
    hang, after = run(request("hangs"), request("add", {"a": 1, "b": 1}), call_timeout_s=2.0)
    assert hang.outcome is Outcome.TIMEOUT and after.outcome is Outcome.OK


def test_a_server_that_dies_is_started_again():
    died, after = run(request("dies"), request("add", {"a": 1, "b": 1}))
    assert died.outcome is Outcome.TRANSPORT and after.outcome is Outcome.OK


def test_the_server_and_its_children_end_with_the_block():
    server, child = (int(json.loads(one.result)["result"]) for one in run(request("pid"), request("child")))
    assert gone_soon(server)
    # A child that closed its ties is the server's own; what is promised is the server's group where it must be killed.
    if alive(child):
        os.kill(child, 9)


def test_only_named_variables_are_handed_on():
    environment = {"TOOLS_KEY": "s3cr3t-value", "OTHER_KEY": "hidden"}
    (result,) = run(request("environment", variables=("TOOLS_KEY",)), environment=environment)
    names = json.loads(result.result)["result"]
    assert "TOOLS_KEY" in names and "OTHER_KEY" not in names


def test_a_secret_is_in_no_result_and_no_recording(tmp_path):
    options = {"environment": {"TOOLS_KEY": "s3cr3t-value"}, "recordings": Recordings(tmp_path), "mode": "record"}
    (result,) = run(request("secret", variables=("TOOLS_KEY",)), **options)
    assert "the key is ***" in result.result
    assert "s3cr3t" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_what_is_not_declared_read_only_is_refused():
    results = run(request("add", {"a": 1, "b": 2}, read_only=None), request("add", {"a": 1, "b": 2}, read_only=False))
    assert {result.outcome for result in results} == {Outcome.REFUSED}
    (allowed,) = run(request("add", {"a": 1, "b": 2}, read_only=None), allow_unsafe=True)
    assert allowed.outcome is Outcome.OK


def test_a_server_that_cannot_start_fails_its_calls_only():
    command = (sys.executable, "-c", "import sys; sys.exit('no licence')")
    *bad, good = run(*(request("x", command=command) for _ in range(5)), request("pid"))
    assert {result.outcome for result in bad} == {Outcome.TRANSPORT} and "no licence" in bad[0].detail
    assert good.outcome is Outcome.OK
    (missing,) = run(request("x", command=("/no/such/program",)))
    assert missing.outcome is Outcome.TRANSPORT


def test_a_result_is_cut_and_a_huge_one_is_too_large():
    (cut,) = run(request("big"), result_characters=100)
    assert cut.truncated and len(cut.result) == 100
    (huge,) = run(request("big"), max_result_characters=1000)
    assert huge.outcome is Outcome.TOO_LARGE and huge.result is None


def test_record_then_replay_without_a_server(tmp_path):
    (live,) = run(request("add", {"a": 1, "b": 2}), recordings=Recordings(tmp_path), mode="record")
    assert live.mode == "live"
    again, unknown = run(
        request("add", {"b": 2, "a": 1}),
        request("add", {"a": 9, "b": 9}),
        recordings=Recordings(tmp_path),
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
