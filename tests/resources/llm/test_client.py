"""The chat client against real loopback servers that behave badly."""

import asyncio
import email.utils
import json
import logging
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.domain.chat import BudgetError, ChatRequest, EndpointError
from resources.llm.client import ChatClient
from resources.llm.generators import Generator, MissingKeyError, UnknownGeneratorError
from resources.llm.journal import Journal, JournalError
from resources.llm.protocol import completion_of
from resources.rest.retry_after import retry_after
from tests.helpers.chat_server import ChatServer, completion, echo
from tests.helpers.paths import ROOT


def request(text: object, **more: Any) -> ChatRequest:
    return ChatRequest(messages=({"role": "user", "content": str(text)},), **more)


def client(server: ChatServer | str, folder: Path, budget: int | None = None, **more: Any) -> ChatClient:
    url = server if isinstance(server, str) else server.url
    settings = {"name": "g", "base_url": url, "model": "m", "concurrency": 4, **more}
    return ChatClient({"g": Generator(**settings)}, folder, budget)


def test_completions_come_back_in_order_and_are_asked_once(tmp_path: Path) -> None:
    async def slow_first(number: int, body: dict[str, Any]) -> web.Response:
        await asyncio.sleep(0.2 if number == 0 else 0)
        return echo(number, body)

    seen: list[tuple[int, int]] = []
    with ChatServer(slow_first) as server:
        with client(server, tmp_path) as chat:
            out = chat.complete("g", [request(i % 20) for i in range(40)], lambda done, of: seen.append((done, of)))
        assert [one.text for one in out] == [f"answer to {i % 20}" for i in range(40)]
        assert len(server.bodies) == 20
        assert server.most_flying <= 4
        assert seen[-1] == (40, 40)
        with client(server, tmp_path) as chat:
            again = chat.complete("g", [request(i) for i in range(20)])
            assert chat.usage[("g", "generate")].cached == 20
        assert all(one.cached for one in again)
        assert [one.key for one in again] == [one.key for one in out[:20]]
        assert len(server.bodies) == 20


def test_the_key_depends_on_what_is_sent_and_to_whom(tmp_path: Path) -> None:
    chat = client("http://127.0.0.1:9/v1", tmp_path)
    base = chat.key("g", request("a"))
    assert base == chat.key("g", request("a", purpose="judge"))
    others = [
        chat.key("g", request("b")),
        chat.key("g", request("a", temperature=0.0)),
        chat.key("g", request("a", sample=1)),
        client("http://127.0.0.1:9/v2", tmp_path).key("g", request("a")),
        client("http://127.0.0.1:9/v1", tmp_path, model="n").key("g", request("a")),
        client("http://127.0.0.1:9/v1", tmp_path, extra={"top_p": 0.9}).key("g", request("a")),
    ]
    assert len({base, *others}) == 7


def test_a_further_sample_is_another_completion(tmp_path: Path) -> None:
    with ChatServer() as server, client(server, tmp_path) as chat:
        chat.complete("g", [request("a"), request("a", sample=1), request("a", sample=1)])
        assert [body.get("seed") for body in server.bodies] == [None, 1]


def test_settings_of_the_endpoint_shape_the_body(tmp_path: Path) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}
    with ChatServer() as server:
        more: dict[str, Any] = {
            "max_tokens_field": "max_completion_tokens",
            "extra": {"top_k": 5},
            "response_format": "json_object",
        }
        with client(server, tmp_path, **more) as chat:
            chat.complete("g", [request("a", response_format=schema, max_tokens=7)])
        with client(server, tmp_path) as chat:
            chat.complete("g", [request("a", response_format=schema, max_tokens=7)])
    first, second = server.bodies
    assert first["max_completion_tokens"] == 7
    assert first["top_k"] == 5
    assert first["response_format"] == {"type": "json_object"}
    assert second["max_tokens"] == 7
    assert "response_format" not in second


def test_429_waits_as_long_as_the_server_says_for_everybody(tmp_path: Path) -> None:
    def throttled(number: int, body: dict[str, Any]) -> web.Response:
        if number < 4:
            return web.json_response({}, status=429, headers={"Retry-After": "1.2"})
        return echo(number, body)

    with ChatServer(throttled) as server, client(server, tmp_path, retries=0) as chat:
        out = chat.complete("g", [request(i) for i in range(12)])
        assert [one.status for one in out] == ["ok"] * 12
        early = [when for when in server.times if when < server.times[0] + 1.1]
        assert len(early) <= 4  # those in flight at the first refusal; nobody else tries meanwhile


def test_failures_that_pass_are_tried_again_and_others_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda a, b: 0.05)
    tries: dict[str, int] = {}

    def flaky(number: int, body: dict[str, Any]) -> web.Response:
        text = body["messages"][0]["content"]
        tries[text] = tries.get(text, 0) + 1
        if text == "too long":
            return web.json_response({"error": {"message": "context length"}}, status=400)
        if text == "flaky" and tries[text] < 3:
            return web.Response(status=500, text="boom")
        if text == "proxy" and tries[text] < 2:
            return web.Response(text="<html>gateway</html>", content_type="text/html")
        if text == "dead":
            return web.Response(status=502)
        return echo(number, body)

    with ChatServer(flaky) as server, client(server, tmp_path, retries=2) as chat:
        out = chat.complete("g", [request(one) for one in ("too long", "flaky", "proxy", "dead", "fine")])
        assert [one.status for one in out] == ["error", "ok", "ok", "error", "ok"]
        assert "context length" in out[0].text
        assert "502" in out[3].text
        assert tries == {"too long": 1, "flaky": 3, "proxy": 2, "dead": 3, "fine": 1}
        assert chat.usage[("g", "generate")].failed == 2
        # Errors are kept for reading, and asked again next time.
        assert chat.complete("g", [request("dead")])[0].status == "error"
        assert tries["dead"] == 6
    errors = [one for one in Journal(tmp_path / "m").records() if one.get("error")]
    assert len(errors) == 3


def test_a_hanging_server_costs_one_deadline_even_while_bytes_arrive(tmp_path: Path) -> None:
    requests: list[web.Request] = []

    async def drip(number: int, body: dict[str, Any]) -> web.StreamResponse:
        if number:
            return echo(number, body)
        response = web.StreamResponse()
        await response.prepare(requests[-1])
        for _ in range(100):
            await response.write(b"\n")
            await asyncio.sleep(0.1)
        return response

    class Dripping(ChatServer):
        async def _complete(self, request: web.Request) -> web.StreamResponse:
            requests.append(request)
            return await super()._complete(request)

    with Dripping(drip) as server, client(server, tmp_path, timeout_s=0.7, retries=1) as chat:
        [out] = chat.complete("g", [request("a")])
        assert out.status == "ok"
        assert len(server.bodies) == 2
    with Dripping(drip) as server, client(server, tmp_path / "b", timeout_s=0.7, retries=0) as chat:
        [out] = chat.complete("g", [request("a")])
        assert out.status == "error"
        assert "no answer within 0.7 s" in out.text


def test_a_refused_key_stops_at_once_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("APIGEN_TEST_KEY", "sk-very-secret")

    def refuse(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response({"error": {"message": "Incorrect key sk-very-secret"}}, status=401)

    for models_status in (401, 404):  # refused at the first look, and by an endpoint that lists no models
        with (
            ChatServer(refuse, models_status) as server,
            client(server, tmp_path, api_key_variable="APIGEN_TEST_KEY", concurrency=2) as chat,
        ):
            with pytest.raises(EndpointError) as caught:
                chat.complete("g", [request(i) for i in range(50)])
            assert server.url in str(caught.value)
            assert "APIGEN_TEST_KEY" in str(caught.value)
            assert len(server.bodies) <= 2
            assert "very-secret" not in str(caught.value)
    assert "very-secret" not in caplog.text
    assert not any("very-secret" in path.read_text() for path in tmp_path.rglob("*.jsonl"))


def test_the_key_is_sent_and_not_journalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIGEN_TEST_KEY", "sk-very-secret")
    with ChatServer() as server, client(server, tmp_path, api_key_variable="APIGEN_TEST_KEY") as chat:
        chat.complete("g", [request("a")])
        assert server.headers[0]["Authorization"] == "Bearer sk-very-secret"
    assert not any(b"very-secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_key_that_is_not_set_is_named_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APIGEN_TEST_KEY", raising=False)
    with ChatServer() as server, client(server, tmp_path, api_key_variable="APIGEN_TEST_KEY") as chat:
        with pytest.raises(MissingKeyError, match="APIGEN_TEST_KEY"):
            chat.complete("g", [request("a")])
        assert server.bodies == []


def test_nobody_there_is_said_with_address_and_remedy(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with client(url, tmp_path) as chat, pytest.raises(EndpointError, match="nobody answers at") as caught:
        chat.complete("g", [request(i) for i in range(20)])
    assert url in str(caught.value)
    assert "base_url" in str(caught.value)


def refusal(status: int, text: str, number: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, text=text)


def test_an_unknown_model_and_an_empty_account_stop_at_once(tmp_path: Path) -> None:
    for status, text, said in (
        (404, "no such model", "knows no model 'm'"),
        (402, "Insufficient Balance", "no credit left"),
        (429, '{"error": {"code": "insufficient_quota"}}', "no credit left"),
    ):
        with (
            ChatServer(partial(refusal, status, text)) as server,
            client(server, tmp_path, concurrency=1) as chat,
        ):
            with pytest.raises(EndpointError, match=said):
                chat.complete("g", [request(i) for i in range(5)])
            assert len(server.bodies) == 1


def test_an_endpoint_that_dies_on_the_way_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    def dying(number: int, body: dict[str, Any]) -> web.Response:
        return echo(number, body) if number < 10 else web.Response(status=500)

    with ChatServer(dying) as server, client(server, tmp_path, retries=0, concurrency=1) as chat:
        got = []
        with pytest.raises(EndpointError, match="8 requests in a row failed"):
            for one in chat.stream("g", [request(i) for i in range(200)]):
                got.append(one)
        assert [one.status for one in got[:10]] == ["ok"] * 10
        assert len(server.bodies) == 18
    assert len(Journal(tmp_path / "m")) == 10


def test_the_budget_stops_before_it_is_exceeded_and_keeps_the_prefix(tmp_path: Path) -> None:
    def costly(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response(completion("x", prompt=100, written=400))

    with ChatServer(costly) as server, client(server, tmp_path, budget=5_000) as chat:
        got = []
        with pytest.raises(BudgetError, match="APIGEN_TOKEN_BUDGET"):
            for one in chat.stream("g", [request(f"{i:0400}", max_tokens=500) for i in range(100)]):
                got.append(one)
        spent = 500 * len(server.bodies)
        assert 3_500 <= spent <= 5_000
        assert len(got) == len(server.bodies)


def test_the_budget_knows_from_the_journal_how_a_model_counts_its_prompts(tmp_path: Path) -> None:
    """A tokenizer that counts a token per character, as for many scripts: four times the guess."""

    def counted(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response(completion("x", prompt=len(body["messages"][0]["content"]), written=10))

    with ChatServer(counted) as server:
        with client(server, tmp_path, concurrency=8) as chat:
            chat.complete("g", [request(f"{i:0400}", max_tokens=10) for i in range(8)])
        # 410 tokens each; by the guess it would be 110, and the first request would pass the budget.
        for budget, asked in ((400, 8), (1_000, 10)):
            with client(server, tmp_path, budget=budget) as chat, pytest.raises(BudgetError, match="may need 410"):
                chat.complete("g", [request(f"{i:0400}", max_tokens=10) for i in range(100, 130)])
            assert len(server.bodies) == asked


def test_a_larger_budget_pays_for_the_difference(tmp_path: Path) -> None:
    def costly(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response(completion("x", prompt=100, written=400))

    requests = [request(f"{i:0400}", max_tokens=500) for i in range(12)]
    with ChatServer(costly) as server:
        with client(server, tmp_path, budget=3_000) as chat, pytest.raises(BudgetError):
            chat.complete("g", requests)
        paid = len(server.bodies)
        with client(server, tmp_path, budget=3_000) as chat, pytest.raises(BudgetError):
            chat.complete("g", requests)
        assert len(server.bodies) == paid  # the same budget buys nothing more
        with client(server, tmp_path, budget=None) as chat:
            assert len(chat.complete("g", requests)) == 12
        assert sorted(server.asked) == sorted(one.messages[0]["content"] for one in requests)


def test_two_callers_of_one_client_ask_once(tmp_path: Path) -> None:
    async def slow(number: int, body: dict[str, Any]) -> web.Response:
        await asyncio.sleep(0.2)
        return echo(number, body)

    with ChatServer(slow) as server, client(server, tmp_path) as chat:
        results: list[Any] = []
        threads = [
            threading.Thread(target=lambda: results.append(chat.complete("g", [request(i) for i in range(6)])))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.bodies) == 6
        assert [len(one) for one in results] == [6, 6, 6]


def test_a_consumer_that_stops_early_leaves_nothing_running(tmp_path: Path) -> None:
    async def slow(number: int, body: dict[str, Any]) -> web.Response:
        await asyncio.sleep(0.05)
        return echo(number, body)

    with ChatServer(slow) as server, client(server, tmp_path) as chat:
        stream = chat.stream("g", (request(i) for i in range(10_000)))
        next(stream)
        stream.close()
        asked = len(server.bodies)
        time.sleep(0.3)
        assert len(server.bodies) == asked < 40
    # What was in flight was waited for and kept.
    assert len(Journal(tmp_path / "m")) == asked


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_process_drains_what_it_has_paid_for(tmp_path: Path, number: int) -> None:
    arrived = threading.Event()

    async def slow(count: int, body: dict[str, Any]) -> web.Response:
        if count >= 3:
            arrived.set()
        await asyncio.sleep(1.8)
        return echo(count, body)

    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from pathlib import Path
from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
one = Generator(name="g", base_url=sys.argv[1], model="m", concurrency=4)
with ChatClient({{"g": one}}, Path(sys.argv[2])) as chat:
    chat.complete("g", [ChatRequest(messages=({{"role": "user", "content": str(i)}},)) for i in range(100)])
"""
    with ChatServer(slow) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", code, server.url, str(tmp_path)], stderr=subprocess.PIPE, text=True
        )
        assert arrived.wait(60)
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
        assert child.returncode != 0
        assert re.search(r"waiting up to \d+ s for \d answers in flight", said)
        asked = len(server.bodies)
        assert asked <= 8
        assert len(Journal(tmp_path / "m")) == asked


def test_a_termination_within_a_finalizer_is_not_lost(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator

# As from a shell: what the tests' own process ignores, a child would ignore too
signal.signal(signal.SIGTERM, signal.SIG_DFL)

class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass

def strike(done, wanted):
    if done == 4:
        Last()

one = Generator(name="g", base_url=sys.argv[1], model="m", concurrency=4)
with ChatClient({{"g": one}}, Path(sys.argv[2])) as chat:
    asked = [ChatRequest(messages=({{"role": "user", "content": str(i)}},)) for i in range(400)]
    chat.complete("g", asked, strike)
"""

    async def steady(count: int, body: dict[str, Any]) -> web.Response:
        await asyncio.sleep(0.02)
        return echo(count, body)

    with ChatServer(steady) as server:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url, str(tmp_path)], capture_output=True, text=True, timeout=60
        )
        assert "SystemExit" in done.stderr, "the interpreter says that a finalizer lost it"
        assert done.returncode == 128 + signal.SIGTERM
        assert len(Journal(tmp_path / "m")) == len(server.bodies) < 400


def test_a_killed_process_loses_only_what_was_in_flight(tmp_path: Path) -> None:
    half = threading.Event()

    async def steady(count: int, body: dict[str, Any]) -> web.Response:
        if count == 40:
            half.set()
        await asyncio.sleep(0.02)
        return echo(count, body)

    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
one = Generator(name="g", base_url=sys.argv[1], model="m", concurrency=4)
with ChatClient({{"g": one}}, Path(sys.argv[2])) as chat:
    chat.complete("g", [ChatRequest(messages=({{"role": "user", "content": str(i)}},)) for i in range(200)])
"""
    with ChatServer(steady) as server:
        child = subprocess.Popen([sys.executable, "-c", code, server.url, str(tmp_path)])
        assert half.wait(60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
        time.sleep(0.1)
        before = list(server.asked)
        kept = len(Journal(tmp_path / "m"))
        assert kept >= len(before) - 4
        with client(server, tmp_path) as chat:
            out = chat.complete("g", [request(i) for i in range(200)])
        assert [one.text for one in out] == [f"answer to {i}" for i in range(200)]
        assert sum(one.cached for one in out) == kept
        assert len(server.bodies) - len(before) == 200 - kept


def test_a_full_disk_stops_the_run_and_says_where(tmp_path: Path) -> None:
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
try:
    with ChatClient({{"g": Generator(name="g", base_url=sys.argv[1], model="m")}}, Path(sys.argv[2])) as chat:
        chat.complete("g", [ChatRequest(messages=({{"role": "user", "content": str(i)}},)) for i in range(100)])
except Exception as error:
    print(type(error).__name__, error)
"""
    with ChatServer() as server:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url, str(tmp_path)], capture_output=True, text=True, timeout=60
        )
        assert done.stdout.startswith("JournalError")
        assert str(tmp_path / "m") in done.stdout
        kept = len(Journal(tmp_path / "m"))
        assert 0 < kept < 100
        asked = len(server.bodies)
        assert asked < 100  # it stopped instead of paying for answers it cannot keep
        with client(server, tmp_path) as chat:
            assert len(chat.complete("g", [request(i) for i in range(100)])) == 100
        assert len(server.bodies) == asked + 100 - kept


def test_what_endpoints_answer_is_read_into_a_status() -> None:
    def read(message: dict[str, Any], finish: str = "stop", **more: Any) -> Any:
        body = {"choices": [{"message": message, "finish_reason": finish}], **more}
        return completion_of({"key": "k", "body": json.dumps(body)})

    assert read({"content": "x"}).status == "ok"
    assert read({"content": "x"}, "length").status == "length"
    assert read({"content": None}).status == "empty"
    assert read({"content": " \n"}).status == "empty"
    assert read({"content": None, "refusal": "no"}).status == "refused"
    assert read({"content": ""}, "content_filter").status == "refused"
    assert read({"content": [{"type": "text", "text": "ab"}]}).text == "ab"
    assert read({"content": "a\ud800b"}).text == "a?b"
    assert read({"content": "abcdefgh"}).completion_tokens == 2
    assert read({"content": "x"}, usage={"prompt_tokens": 3, "completion_tokens": 4}).prompt_tokens == 3
    for body in (
        "",
        "[]",
        "{}",
        '{"choices": []}',
        '{"choices": [{}]}',
        '{"choices": [{"message": null}]}',
        "[" * 5000,
    ):
        assert completion_of({"key": "k", "body": body}).status == "error"


_FIELDS = st.sampled_from(["choices", "message", "content", "usage", "finish_reason", "prompt_tokens"])
_JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(_FIELDS, inner)
)


@given(st.text() | _JSON.map(json.dumps))
def test_no_answer_breaks_the_reader(body: str) -> None:
    assert completion_of({"key": "k", "body": body}).status in ("ok", "length", "refused", "empty", "error")


def test_retry_after_in_every_form() -> None:
    now = 1_700_000_000.0
    date = email.utils.formatdate(now + 90, usegmt=True)
    assert retry_after({"Retry-After": "7200"}, now) == 7200
    assert retry_after({"retry-after": "0.5"}, now) == 0.5
    assert retry_after({"Retry-After-Ms": "250", "Retry-After": "9"}, now) == 0.25
    assert retry_after({"Retry-After": date}, now) == pytest.approx(90)
    assert retry_after({"Retry-After": email.utils.formatdate(now - 90, usegmt=True)}, now) == 0
    for nonsense in ({}, {"Retry-After": "soon"}, {"Retry-After": "nan"}, {"Retry-After": "inf"}):
        assert retry_after(nonsense, now) is None


def test_an_unknown_generator_is_named(tmp_path: Path) -> None:
    with client("http://127.0.0.1:9/v1", tmp_path) as chat, pytest.raises(UnknownGeneratorError, match=r"'x'.*: g"):
        chat.complete("x", [])


def test_a_deleted_journal_is_said(tmp_path: Path) -> None:
    def deleting(number: int, body: dict[str, Any]) -> web.Response:
        return echo(number, body)

    with ChatServer(deleting) as server, client(server, tmp_path) as chat:
        stream = chat.stream("g", (request(i) for i in range(3)))
        next(stream)
        for path in (tmp_path / "m").glob("*.jsonl"):
            os.truncate(path, 0)
        with pytest.raises(JournalError, match="run again"):
            list(stream)
