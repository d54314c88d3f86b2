"""`apigen generate` against loopback servers that behave as real endpoints do: nothing paid for is lost."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from apigen_assets.cli.main import app
from apigen_assets.domain.api import Api
from apigen_assets.settings import settings
from resources.lake.lake import Lake
from resources.llm.journal import Journal
from tests.generation.test_odd_catalogs import api as odd_api
from tests.helpers.chat_server import Behaviour, ChatServer, completion

SHOWN = ("candidate_id", "generator", "style", "query", "tools", "answers", "thought", "parse_error", "repairs")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("APIGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    return tmp_path


def pairs(number: int, count: int = 5) -> str:
    """Pairs of a query and a call; their number makes them differ between completions."""
    return json.dumps(
        [
            {
                "query": f"Which version is newer, {number}.{i}.0 or {number}.{i}.1?",
                "answers": [{"name": "f", "arguments": {"x": number, "y": i}}],
            }
            for i in range(count)
        ]
    )


def answer(number: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(completion(pairs(number)))


def configure(home: Path, url: str, **more: Any) -> Path:
    entry = {"name": "g", "base_url": url, "model": "m", "concurrency": 4, "judge": True, **more}
    file = home / "models.yaml"
    file.write_text("generators:\n- " + "\n  ".join(f"{key}: {json.dumps(value)}" for key, value in entry.items()))
    return file


def generate(home: Path, url: str, *more: str, candidates: int = 40, **entry: Any) -> Result:
    file = configure(home, url, **entry)
    arguments = ["builtin", "--generator", "g", "--candidates", str(candidates), "--out", str(home / "out")]
    return CliRunner().invoke(app, ["generate", *arguments, "--generators-file", str(file), *more])


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_candidates_are_written_and_paid_for_once(home: Path) -> None:
    with ChatServer(answer) as server:
        done = generate(home, server.url)
        assert done.exit_code == 0, done.output
        written = lines(home / "out/candidates.jsonl")
        assert len(written) == 40
        assert all(set(SHOWN) <= set(row) for row in written)
        assert {row["parse_error"] for row in written} == {None}
        assert {len(row["repairs"]) for row in written} == {0}
        assert isinstance(written[0]["tools"], list)
        assert isinstance(written[0]["answers"][0]["arguments"], dict)
        assert len(server.bodies) == 8
        again = generate(home, server.url)
        assert again.exit_code == 0
        assert lines(home / "out/candidates.jsonl") == written
        assert len(server.bodies) == 8
        more = generate(home, server.url, candidates=50)
        assert more.exit_code == 0
        assert len(server.bodies) == 10
        assert lines(home / "out/candidates.jsonl")[:40] == written
        other = generate(home, server.url, "--seed", "7")
        assert other.exit_code == 0
        assert len(server.bodies) == 18


class Once:
    """Does something at the first request for each prompt, or at some of them, and answers else."""

    def __init__(self, wrong: Any, share: int = 1, times: int = 1) -> None:
        self.wrong, self.share, self.times = wrong, share, times
        self.tries: dict[str, int] = {}

    def __call__(self, number: int, body: dict[str, Any]) -> web.StreamResponse:
        text = body["messages"][-1]["content"]
        self.tries[text] = self.tries.get(text, 0) + 1
        place = list(self.tries).index(text)
        if place % self.share == 0 and self.tries[text] <= self.times:
            return self.wrong() if callable(self.wrong) else self.wrong
        return web.json_response(completion(pairs(place)))


def json_of(body: Any, status: int = 200, **headers: str) -> Any:
    return lambda: web.json_response(body, status=status, headers=headers)


def message(**fields: Any) -> dict[str, Any]:
    finish = fields.pop("finish", "stop")
    more = fields.pop("choice", {})
    return {"choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": finish, **more}]}


PASSING = {
    "empty, usage 0 (ollama #13371)": json_of({**message(content=None), "usage": {"completion_tokens": 0}}),
    "blank": json_of(message(content=" \n")),
    "finish reason error (nodetool PR 5755)": json_of(message(content='[{"query": "How', finish="error")),
    "insufficient_system_resource": json_of(message(content=pairs(99), finish="insufficient_system_resource")),
    "an error in the choice": json_of(message(content="x", choice={"error": {"code": 502, "message": "gone"}})),
    "429 with a header": json_of({"error": {"message": "slow down"}}, 429, **{"Retry-After": "0.2"}),
    "429 in a 200 (litellm #8448)": json_of({"error": {"code": 429, "metadata": {"headers": {"Retry-After": "0.2"}}}}),
    "429 with words": json_of({"error": {"message": "Rate limit. Please try again in 200ms."}}, 429),
    "429 as Gemini says it": json_of(
        {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "0.2s"}]}}, 429
    ),
    "overloaded": json_of(
        {"error": {"type": "overloaded_error", "message": "Overloaded"}}, 529, **{"Retry-After": "0"}
    ),
    "a model that loads": json_of({"error": {"message": "Loading model"}}, 503, **{"Retry-After": "0.1"}),
    "500": json_of({"error": "boom"}, 500),
    "502 in HTML": lambda: web.Response(text="<html>Bad gateway</html>", status=502, content_type="text/html"),
    "HTML in a 200": lambda: web.Response(text="<html>please wait</html>", content_type="text/html"),
    "a random 400 (groq-ruby #12)": json_of(
        {"error": {"message": "Failed to generate JSON.", "code": "json_validate_failed", "failed_generation": ""}}, 400
    ),
    "an error as text": json_of({"error": "upstream timed out"}),
    "reasoning only": json_of(message(content="", reasoning_content="Okay, let me think of a draft. [1] Hmm.")),
    "408": json_of({}, 408),
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_may_pass_is_tried_again_and_never_stored_as_an_answer(kind: str, home: Path) -> None:
    # every second prompt, so that the first contact is not the only kind of trouble
    with ChatServer(Once(PASSING[kind], share=2)) as server:
        done = generate(home, server.url, candidates=20)
        assert done.exit_code == 0, done.output
        written = lines(home / "out/candidates.jsonl")
        assert [row["parse_error"] for row in written] == [None] * 20
        assert len(server.bodies) == 6
    assert len(Journal(home / "home/journal/m")) == 4


@pytest.mark.parametrize(
    "body",
    [
        message(content=None, reasoning_content=pairs(1), tool_calls=[]),
        message(content="", reasoning="```json\n" + pairs(1) + "\n```"),
        message(content=[{"type": "text", "text": pairs(1)}]),
        message(content=[{"type": "thinking", "thinking": [{"text": "[{"}]}, {"type": "text", "text": pairs(1)}]),
        message(
            content=None,
            tool_calls=[{"function": {"name": "json", "arguments": json.dumps({"pairs": json.loads(pairs(1))})}}],
            finish="tool_calls",
        ),
        {"choices": [{"text": pairs(1), "finish_reason": "stop"}]},
        message(content=pairs(1), finish=None),
        message(content=pairs(1), finish="eos"),
    ],
    ids=["reasoning_content", "reasoning", "parts", "thinking parts", "tool_calls", "text", "no reason", "eos"],
)
def test_an_answer_is_an_answer_wherever_it_stands(body: dict[str, Any], home: Path) -> None:
    with ChatServer(lambda number, sent: web.json_response(body)) as server:
        done = generate(home, server.url, candidates=5)
        assert done.exit_code == 0, done.output
        assert [row["answers"][0]["arguments"]["y"] for row in lines(home / "out/candidates.jsonl")] == [0, 1, 2, 3, 4]
        assert len(server.bodies) == 1


def test_a_stream_that_nobody_asked_for_is_an_answer(home: Path) -> None:
    text = pairs(1)
    events = [{"choices": [{"delta": {"content": text[i : i + 40]}}]} for i in range(0, len(text), 40)]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    with ChatServer(lambda number, sent: web.Response(text=body, content_type="text/event-stream")) as server:
        assert generate(home, server.url, candidates=5).exit_code == 0
        assert len(lines(home / "out/candidates.jsonl")) == 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (json_of({"error": {"code": 403, "message": "Your input was flagged by moderation"}}, 403), "flagged"),
        (json_of({"error": {"code": "content_filter", "message": "content management policy"}}, 400), "policy"),
        (json_of(message(content=None, finish="content_filter")), "refused"),
        (json_of(message(content=None, refusal="I won't")), "I won't"),
        (json_of({"error": {"message": "This model's maximum context length is 100 tokens"}}, 400), "maximum context"),
    ],
    ids=["403 (obsidian-copilot #1616)", "400", "finish reason", "refusal", "too long"],
)
def test_one_prompt_that_is_refused_costs_itself(wrong: Any, words: str, home: Path) -> None:
    # ten in a row: the endpoint is well
    refused = Once(wrong, share=1, times=10**6)

    def some(number: int, body: dict[str, Any]) -> web.StreamResponse:
        known = list(refused.tries)
        text = body["messages"][-1]["content"]
        place = known.index(text) if text in known else len(known)
        refused.tries.setdefault(text, 0)
        return refused.wrong() if 1 <= place <= 10 else web.json_response(completion(pairs(place)))

    with ChatServer(some) as server:
        done = generate(home, server.url, candidates=75)
        assert done.exit_code == 0, done.output
        written = lines(home / "out/candidates.jsonl")
        unread = [row for row in written if row["parse_error"]]
        assert len(unread) == 10
        assert all(words in row["parse_error"] for row in unread)
        assert len(written) == 75
        asked = len(server.bodies)
        # Failures are asked for again by a further run, answers are not.
        generate(home, server.url, candidates=75)
        assert len(server.bodies) == asked + 10


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"error": {"message": "Incorrect API key provided"}}, "refuses"),
        (
            403,
            {"error": {"message": "You have insufficient permissions for this operation"}},
            "insufficient permissions",
        ),
        (402, {"error": {"message": "Insufficient Balance"}}, "no credit left"),
        (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}, "no credit left"),
        (404, {"error": {"message": "The model `m` does not exist"}}, "knows no model 'm'"),
        (400, {"error": {"message": "m is not a valid model ID"}}, "knows no model 'm'"),
        (200, {"error": {"code": 401, "message": "No auth credentials found"}}, "refuses"),
        (200, {"message": {"role": "assistant", "content": "hi"}, "done": True}, "does not speak chat completions"),
        (200, [{"generated_text": "hi"}], "does not speak chat completions"),
        (404, "<html>Not Found</html>", "correct `base_url`"),
        (429, {"error": {"message": "Daily limit. Please try again in 7h12m."}}, "max_wait_s"),
    ],
)
def test_what_is_wrong_for_all_is_said_once_before_anything_is_spent(
    status: int, body: Any, words: str, home: Path
) -> None:
    with ChatServer(lambda number, sent: web.json_response(body, status=status)) as server:
        done = generate(home, server.url)
        assert done.exit_code == 1
        assert words in done.output
        assert "Traceback" not in done.output
        assert len(server.bodies) <= 3
    assert not (home / "out/candidates.jsonl").exists()


def test_prompts_that_are_all_too_long_are_given_up_with_the_servers_words(home: Path) -> None:
    words = {"error": {"message": "the request exceeds the available context size (512 tokens)"}}
    with ChatServer(lambda number, sent: web.json_response(words, status=400)) as server:
        done = generate(home, server.url, candidates=1000)
        assert done.exit_code == 1
        assert "available context size" in done.output
        assert len(server.bodies) <= 60


def test_reasoning_that_uses_up_the_limit_is_said_after_the_first_prompt(
    home: Path,
) -> None:
    def thinks(number: int, body: dict[str, Any]) -> web.Response:
        if body["max_tokens"] < 5000:
            cut = message(content="", reasoning_content="hm " * 500, finish="length")
            return web.json_response({**cut, "usage": {"completion_tokens": body["max_tokens"]}})
        return answer(number, body)

    with ChatServer(thinks) as server:
        done = generate(home, server.url, max_tokens=1600)
        assert done.exit_code == 1
        assert "`max_tokens`" in done.output
        assert len(server.bodies) == 1
        assert generate(home, server.url).exit_code == 0, "the default lets reasoning models finish"


def test_a_raised_limit_asks_again_only_what_was_cut(home: Path) -> None:
    def cuts(number: int, body: dict[str, Any]) -> web.Response:
        place = len(body["messages"][-1]["content"]) % 2
        if body["max_tokens"] < 5000 and place:
            return web.json_response(completion(pairs(number)[:300], "length"))
        return answer(number, body)

    with ChatServer(cuts) as server:
        assert generate(home, server.url, max_tokens=1600).exit_code == 0
        first = lines(home / "out/candidates.jsonl")
        cut = sum("truncated" in (row["parse_error"] or "") for row in first)
        assert cut > 0
        assert all(row["query"] for row in first if not row["parse_error"]), "pairs before the cut are kept"
        asked = len(server.bodies)
        assert generate(home, server.url, max_tokens=9000).exit_code == 0
        assert len(server.bodies) - asked <= cut
        assert not any(row["parse_error"] for row in lines(home / "out/candidates.jsonl"))


def test_a_list_of_models_decides_nothing(home: Path) -> None:
    with ChatServer(answer, models_status=403) as server:
        assert generate(home, server.url).exit_code == 0


def test_a_proxy_is_not_asked_for_this_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ChatServer(answer) as server:
        assert generate(home, server.url, candidates=5).exit_code == 0
        assert generate(home, server.url.replace("127.0.0.1", "localhost"), candidates=5).exit_code == 0


def test_nobody_there_and_wrong_settings_are_one_sentence_each(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    done = generate(home, url)
    assert done.exit_code == 1
    assert "nobody answers at" in done.output
    for more, status, words in (
        (["--generator", "none"], 2, "no generator 'none'"),
        (["--generators-file", str(home / "absent.yaml")], 2, "no such file"),
        (["--candidates", "0"], 2, "candidates"),
        (["--judge", "none", "--verify"], 2, "no generator 'none'"),
    ):
        done = generate(home, url, *more)
        assert done.exit_code == status, done.output
        assert words in done.output
    done = generate(home, url, api_key_variable="NOT_SET_ANYWHERE")
    assert done.exit_code == 2
    assert "NOT_SET_ANYWHERE" in done.output
    file = configure(home, url)
    done = CliRunner().invoke(
        app, ["generate", str(home / "absent.json"), "-g", "g", "-o", "out", "--generators-file", str(file)]
    )
    assert done.exit_code == 2


def test_a_form_that_is_refused_falls_back(home: Path) -> None:
    def llama(number: int, body: dict[str, Any]) -> web.Response:
        if body.get("response_format", {}).get("type") == "json_schema":
            return web.json_response({"error": {"message": "Unsupported param: json_schema", "code": 500}}, status=500)
        return answer(number, body)

    def silent(number: int, body: dict[str, Any]) -> web.Response:
        if "response_format" in body:
            return web.Response(status=500, text="Internal Server Error")
        return answer(number, body)

    def openai(number: int, body: dict[str, Any]) -> web.Response:
        for name, words in (
            ("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            ("temperature", "Unsupported value: 'temperature' does not support 0.7 with this model."),
        ):
            if name in body:
                return web.json_response({"error": {"message": words, "code": "unsupported_parameter"}}, status=400)
        return answer(number, body)

    def small(number: int, body: dict[str, Any]) -> web.Response:
        if body["max_tokens"] > 3080:
            words = (
                "This model's maximum context length is 4096 tokens. However, you requested 17400 tokens "
                "(1016 in the messages, 16384 in the completion)."
            )
            return web.json_response({"object": "error", "message": words, "code": 400}, status=400)
        return answer(number, body)

    cases: tuple[tuple[str, Behaviour, dict[str, Any]], ...] = (
        ("llama", llama, {"structured": True, "response_format": "json_schema"}),
        ("silent", silent, {"structured": True, "response_format": "json_schema"}),
        ("openai", openai, {}),
        ("small", small, {}),
    )
    for name, behaviour, entry in cases:
        with ChatServer(behaviour) as server:
            done = generate(home, server.url, model=name, **entry)
            assert done.exit_code == 0, done.output
            assert len(lines(home / "out/candidates.jsonl")) == 40
            assert len(server.bodies) <= 8 + 4, name


def test_a_structured_prompt_asks_for_an_object_with_a_schema_of_its_tools(home: Path) -> None:
    with ChatServer(answer) as server:
        assert generate(home, server.url, structured=True, response_format="json_schema").exit_code == 0
        for body in server.bodies:
            schema = body["response_format"]["json_schema"]["schema"]
            calls = schema["properties"]["pairs"]["items"]["properties"]["answers"]["items"]
            names = [call["properties"]["name"]["enum"][0] for call in calls.get("anyOf", [calls])]
            assert all(f'"{name}"' in body["messages"][-1]["content"] for name in names)
            assert "JSON object whose one key `pairs`" in body["messages"][-1]["content"]


VERSIONS = '''
def compare_versions(first: str, second: str) -> int:
    """Compare two version numbers.

    Args:
        first: a version.
        second: another version.
    """
    return (first > second) - (first < second)
'''


def judge_or(behaviour: Behaviour) -> Behaviour:
    def both(number: int, body: dict[str, Any]) -> Any:
        if "Available functions" in body["messages"][-1]["content"]:
            return behaviour(number, body)
        name = re.search(r"[\w.]*compare_versions", body["messages"][-1]["content"])
        written = [
            {
                "query": f"Which is newer, version {number}.{i}.0 or {number}.{i}.1?",
                "answers": [
                    {
                        "name": name[0] if name else "f",
                        "arguments": {"first": f"{number}.{i}.0", "second": f"{number}.{i}.1"},
                    }
                ],
            }
            for i in range(5)
        ]
        return web.json_response(completion(json.dumps(written)))

    return both


def test_rows_wait_for_a_judge_that_cannot_be_asked_and_are_not_rejected(home: Path) -> None:
    source = home / "versions.py"
    source.write_text(VERSIONS)
    healthy = False

    def judge(number: int, body: dict[str, Any]) -> web.Response:
        if not healthy:
            return web.json_response({"error": {"message": "down"}}, status=500)
        return web.json_response(completion('{"thought": "fits", "pass": "yes"}'))

    with ChatServer(judge_or(judge)) as server:
        file = configure(home, server.url, retries=0)
        command = ["generate", str(source), "-g", "g", "-n", "10", "-o", str(home / "out"), "--verify"]
        done = CliRunner().invoke(app, [*command, "--generators-file", str(file)])
        verdicts = lines(home / "out/verdicts.jsonl")
        assert done.exit_code == 1, done.output
        assert "waiting for a judge" in done.output
        waiting = [verdict for verdict in verdicts if verdict["passed"] is None]
        assert waiting, verdicts
        assert not any(verdict["passed"] for verdict in verdicts)
        healthy = True
        asked = len(server.bodies)
        done = CliRunner().invoke(app, [*command, "--generators-file", str(file)])
        assert done.exit_code == 0, done.output
        assert len(server.bodies) - asked == len(waiting)
        rows = lines(home / "out/rows.jsonl")
        assert len(rows) == len(waiting)
        assert set(rows[0]) >= {"id", "query", "answers", "tools"}


def test_a_preview_asks_for_one_prompt_and_its_verdicts(home: Path) -> None:
    def judge(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response(completion('{"thought": "", "pass": "yes"}'))

    with ChatServer(judge_or(judge)) as server:
        done = generate(home, server.url, "--preview", candidates=1000, price={"input": 1, "output": 2})
        assert done.exit_code == 0, done.output
        assert sum("Available functions" not in asked for asked in server.asked) == 1
        assert len(server.bodies) <= 6
        for words in ("# Functions", "->", "USD", "1,000 candidates"):
            assert words in done.output
    assert not (home / "out/candidates.jsonl").exists()


def test_a_budget_in_money_stops_before_it_is_passed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def costly(number: int, body: dict[str, Any]) -> web.Response:
        chars = sum(len(part["content"]) for part in body["messages"])
        return web.json_response(completion(pairs(number), prompt=chars // 5, written=1000))

    monkeypatch.setenv("APIGEN_MONEY_BUDGET", "0.0095")
    settings.cache_clear()
    price = {"input": 1, "output": 1}
    with ChatServer(costly) as server:
        done = generate(home, server.url, price=price, max_tokens=1000)
        assert done.exit_code == 1
        assert "APIGEN_MONEY_BUDGET" in done.output
        spent = sum(sum(len(part["content"]) for part in body["messages"]) // 5 + 1000 for body in server.bodies)
        assert 0.005 < spent / 1e6 <= 0.0095
        assert len(lines(home / "out/candidates.jsonl")) == 5 * len(server.bodies)
        monkeypatch.delenv("APIGEN_MONEY_BUDGET")
        monkeypatch.setenv("APIGEN_TOTAL_MONEY_BUDGET", "0.0095")
        settings.cache_clear()
        asked = len(server.bodies)
        done = generate(home, server.url, price=price, max_tokens=1000)
        assert done.exit_code == 1
        assert "APIGEN_TOTAL_MONEY_BUDGET" in done.output
        assert len(server.bodies) == asked


def test_failures_that_an_earlier_version_stored_as_answers_are_asked_again(home: Path) -> None:
    with ChatServer(answer) as server:
        assert generate(home, server.url).exit_code == 0
        [segment] = (home / "home/journal/m").glob("*.jsonl")
        records = [json.loads(line) for line in segment.read_text().splitlines()]
        for record in records:
            # as written before outcomes were noted
            del record["outcome"], record["limit"]
        records[0]["body"] = json.dumps(message(content=""))
        records[1]["body"] = json.dumps(message(content='[{"que', finish="error"))
        segment.write_text("".join(json.dumps(record) + "\n" for record in records))
        segment.with_suffix(".idx").unlink(missing_ok=True)
        asked = len(server.bodies)
        assert generate(home, server.url).exit_code == 0
        assert len(server.bodies) == asked + 2
        assert not any(row["parse_error"] for row in lines(home / "out/candidates.jsonl"))


def test_a_judge_that_is_not_what_the_server_holds_is_said_before_it_is_asked(home: Path) -> None:
    with ChatServer(answer, models=["qwen-0.5b.gguf"]) as server:
        done = generate(home, server.url, "--verify", candidates=5, model="qwen-7b")
        assert f"{server.url} says that it serves qwen-0.5b.gguf, not 'qwen-7b'" in done.output
        assert (home / "out/rows.jsonl").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_command_goes_on_where_it_was(number: signal.Signals, home: Path) -> None:
    enough = threading.Event()

    async def slow(count: int, body: dict[str, Any]) -> web.Response:
        if count >= 4:
            enough.set()
        await asyncio.sleep(0.1)
        return answer(count, body)

    with ChatServer(slow) as server:
        file = configure(home, server.url)
        command = [
            sys.executable,
            "-c",
            "from apigen_assets.cli.main import run; run()",
            "generate",
            "builtin",
            "-g",
            "g",
        ]
        command += ["-n", "100", "-o", str(home / "out"), "--generators-file", str(file)]
        environment = {**os.environ, "APIGEN_HOME": str(home / "home"), "PYTHONPATH": str(Path(__file__).parents[2])}
        child = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=home,
            preexec_fn=lambda: (
                [signal.signal(sign, signal.SIG_DFL) for sign in (signal.SIGTERM, signal.SIGINT)] and None
            ),
        )
        assert enough.wait(60)
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
        assert child.returncode != 0
        assert "Traceback" not in said
        assert "never retrieved" not in said
        if number is not signal.SIGKILL:
            assert "run the same command again" in said
        time.sleep(0.2)
        kept = len(Journal(home / "home/journal/m"))
        asked = len(server.bodies)
        assert kept >= asked - 4
        done = generate(home, server.url, candidates=100)
        assert done.exit_code == 0
        assert len(server.bodies) == asked + 20 - kept
        assert len(lines(home / "out/candidates.jsonl")) == 100


def test_own_seeds_and_the_catalog_of_the_lake_are_in_the_prompts(home: Path) -> None:
    others = [
        odd_api(
            {"station": {"type": "string"}}, ["station"], f"Mean, date, text, count {i}.", name=f"trains.departures_{i}"
        )
        for i in range(40)
    ]
    lake = Lake(str(home / "home/lake"))
    lake.write(Api.frame(others), lake.path("filtered_api_catalog", {"api_batch": "trains"}))
    seeds = home / "home/seeds"
    seeds.mkdir(parents=True)
    seed = {"query": "Is 11 a prime?", "answers": [{"name": "is_prime", "arguments": {"n": 11}}]}
    rows = [{"query": "so erm can you check the trains"}, {"query": 3}]
    (seeds / "mine.jsonl").write_text("\n".join(map(json.dumps, [seed, *rows])))
    (seeds / "bad.jsonl").write_bytes(b"\xff\xff")
    with ChatServer(answer) as server:
        done = generate(home, server.url, candidates=300)
        assert done.exit_code == 0, done.output
        asked = list(server.asked)
        # What the catalog is later changes nothing that was drawn: all answers come from the journal.
        lake.write(Api.frame([]), lake.path("filtered_api_catalog", {"api_batch": "trains"}))
        assert generate(home, server.url, candidates=300).exit_code == 0
        assert server.asked == asked
    text = "\n".join(asked)
    assert "trains.departures_" in text and "so erm can you check the trains" in text
    assert "bad.jsonl: the file cannot be read: it is not UTF-8" in done.output
    assert "mine.jsonl:3: a row must be an object with a query" in done.output


def test_a_goal_in_verified_rows_is_met_with_no_more_prompts_than_it_takes(home: Path) -> None:
    command = ("generate", "builtin", "-g", "standin-large", "--verified", 6, "-o", home / "out")
    done = CliRunner().invoke(app, [str(part) for part in command])
    assert done.exit_code == 0, done.output
    verdicts = [json.loads(line) for line in (home / "out/verdicts.jsonl").read_text().splitlines()]
    candidates = [json.loads(line) for line in (home / "out/candidates.jsonl").read_text().splitlines()]
    assert [row["candidate_id"] for row in candidates] == [row["candidate_id"] for row in verdicts]
    passed = {verdict["candidate_id"] for verdict in verdicts if verdict["passed"]}
    styles = [row["style"] for row in candidates if row["candidate_id"] in passed]
    for style in ("simple", "multiple", "parallel", "parallel_multiple"):
        # A prompt has five pairs, of which the last prompt of a style may have been asked for one.
        assert 6 <= styles.count(style) < 6 + 5 + 2
    before = (home / "out/candidates.jsonl").read_bytes()
    again = CliRunner().invoke(app, [str(part) for part in command])
    assert again.exit_code == 0, again.output
    assert "(0 asked now" in again.output
    assert (home / "out/candidates.jsonl").read_bytes() == before
