"""Models are asked completely, resumably and in their own format; failures stay failures."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.domain.chat import EndpointError
from apigen_assets.evaluation import local
from apigen_assets.evaluation.endpoint import AnswersFailedError, Mode, answer_by_endpoint, requests_for
from apigen_assets.evaluation.evaluate import evaluate_checkpoint, evaluate_endpoint
from apigen_assets.evaluation.local import CheckpointError, LocalOptions, answer_locally, batches
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.questions import Question, as_questions, normalised, sample
from apigen_assets.evaluation.store import AnswerStore, RunningElsewhereError
from apigen_assets.evaluation.truth_outputs import true_calls
from apigen_assets.training.prompt_format import PromptStyle, target
from resources.bfcl import questions as board
from resources.llm.client import ChatClient
from resources.llm.generators import Generator

TWO_CALLS = [{"name": "f", "arguments": {"a": 1}}, {"name": "g.h", "arguments": {"b": "x"}}]


def question(number, text="What is the area?", name="geo.area"):
    parameters = {"type": "object", "properties": {"base": {"type": "integer"}}, "required": ["base"]}
    tool = {"name": name, "description": "Area.", "parameters": parameters}
    return Question(f"multiple_{number}", "multiple", ({"role": "user", "content": text},), (tool,))


def test_a_checkpoint_answers_alike_alone_and_in_batches(checkpoint, tmp_path):
    questions = [question(number, "How large is it" + "?" * number) for number in range(7)]
    alone = LocalOptions(PromptStyle.COMPACT, 8, batch_tokens=1)
    together = LocalOptions(PromptStyle.COMPACT, 8)
    one_by_one = answer_locally(checkpoint, questions, tmp_path / "a", alone)
    at_once = answer_locally(checkpoint, questions, tmp_path / "b", together)
    assert [one.answer for one in one_by_one] == [one.answer for one in at_once]
    assert [one.id for one in at_once] == [one.id for one in questions]


def test_an_interrupted_run_asks_only_the_rest(checkpoint, tmp_path, monkeypatch):
    questions = [question(number) for number in range(6)]
    options = LocalOptions(PromptStyle.COMPACT, 8, max_batch=2)
    whole = answer_locally(checkpoint, questions, tmp_path / "whole", options)

    def stop(done, total):
        assert total == 6
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_locally(checkpoint, questions, tmp_path / "run", options, stop)
    (file,) = (tmp_path / "run").iterdir()
    file.write_bytes(file.read_bytes() + b'{"id": "multiple_5", "quest')
    asked = []
    real = local._generate
    monkeypatch.setattr(local, "_generate", lambda m, t, ids, limit: asked.append(len(ids)) or real(m, t, ids, limit))
    assert answer_locally(checkpoint, questions, tmp_path / "run", options) == whole
    assert sum(asked) == 2
    assert answer_locally(checkpoint, questions, tmp_path / "run", options) == whole
    assert sum(asked) == 2


def test_a_prompt_beyond_the_context_is_a_failure_of_that_question(checkpoint, tmp_path):
    questions = [question(0), question(1, "long " * 60)]
    short, long = answer_locally(checkpoint, questions, tmp_path)
    assert short.failure is None
    assert long.failure == "context_too_long"
    assert "the context is 160" in long.detail


def test_a_batch_too_large_for_memory_is_halved(checkpoint, tmp_path, monkeypatch):
    import torch

    questions = [question(number) for number in range(5)]
    options = LocalOptions(PromptStyle.COMPACT, 8)
    whole = answer_locally(checkpoint, questions, tmp_path / "a", options)
    real = local._generate

    def small(model, tokenizer, ids, limit):
        if len(ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(model, tokenizer, ids, limit)

    monkeypatch.setattr(local, "_generate", small)
    assert answer_locally(checkpoint, questions, tmp_path / "b", options) == whole


def test_two_runs_do_not_write_the_same_answers(tmp_path):
    with AnswerStore(tmp_path / "x.jsonl").open(), pytest.raises(RunningElsewhereError):  # noqa: SIM117
        with AnswerStore(tmp_path / "x.jsonl").open():
            pass


def test_a_folder_that_is_no_model_is_told_so(tmp_path):
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        answer_locally(tmp_path, [question(0)], tmp_path / "out")


def test_batches_stay_within_their_budget():
    lengths = [100, 90, 50, 10, 10, 10]
    options = LocalOptions(max_new_tokens=10, batch_tokens=220, max_batch=2)
    assert batches(range(6), lengths, options) == [[0, 1], [2, 3], [4, 5]]
    assert batches([0], [10_000], options) == [[0]]
    assert batches([], [], options) == []


def test_a_random_model_is_scored_honestly(env, checkpoint, tmp_path):
    evaluation = evaluate_checkpoint(checkpoint, tmp_path, env, per_category=3)
    assert evaluation.sampled
    assert evaluation.scores.figures == []
    assert evaluation.scores.tallies["multiple"].correct == 0
    assert sum(tally.total for tally in evaluation.scores.tallies.values()) == 39
    table = evaluation.table("tiny", "verified")
    assert table.height == 39
    assert set(table.filter(category="multiple")["kind"]) <= {"unreadable", "not_asked"}


def test_samples_are_spread_and_stable(env):
    every = as_questions(board.questions(["simple_java", "live_parallel"], env))
    chosen = sample(every, 20)
    assert [one.category for one in chosen].count("live_parallel") == 16
    assert [one.id for one in chosen if one.category == "simple_java"][:3] == [
        "simple_java_0", "simple_java_5", "simple_java_10",
    ]  # fmt: skip
    assert chosen == sample(every, 20)


def test_tools_are_shown_as_json_schema(env):
    allowed = {"object", "number", "array", "integer", "boolean", "string", "null"}

    def kinds(schema):
        if isinstance(schema, dict):
            if isinstance(schema.get("type"), str):
                yield schema["type"]
            for key, value in schema.items():
                if key in {"properties"}:
                    for inner in value.values():
                        yield from kinds(inner)
                elif key in {"items", "additionalProperties", "parameters"}:
                    yield from kinds(value)

    seen = {kind for one in as_questions(board.questions(env=env)) for tool in one.tools for kind in kinds(tool)}
    assert seen <= allowed


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"tool_calls": [{"name": "f", "arguments": {}}]}', '{"tool_calls": [{"name": "f", "arguments": {}}]}'),
        (target(TWO_CALLS, "compact"), '{"tool_calls": [{"name": "f", "arguments": {"a": 1}}, '
                                 '{"name": "g.h", "arguments": {"b": "x"}}]}'),
        ("[]", "[]"),
        ('```json\n{"tool_calls": []}\n```', '{"tool_calls": []}'),
        ('<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
         '{"tool_calls": [{"name": "f", "arguments": {}}]}'),
        ("I cannot do that.", "I cannot do that."),
    ],
)  # fmt: skip
def test_answers_in_our_prompt_formats_become_one_form(text, result):
    assert normalised(text) == result


class Endpoint(BaseHTTPRequestHandler):
    """Chat completions over loopback; the server's `reply` says what is answered."""

    server: Any

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)
        status, answer = self.server.reply(body)
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint(tmp_path):
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    config = Generator(
        name="served", base_url=f"http://127.0.0.1:{server.server_port}/v1", model="m", retries=0, timeout_s=10
    )
    with ChatClient({"served": config}, tmp_path / "journal", drain_s=1) as client:
        yield server, client
    server.shutdown()
    server.server_close()


def says(message):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return 200, {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


def by_query(truths, questions):
    """The right calls, by what was asked."""
    calls = {one["id"]: true_calls(one) for one in truths}
    return {one.messages[-1]["content"]: calls[one.id] for one in questions}


def test_native_tool_calls_are_asked_for_and_scored(env, truths, endpoint):
    server, client = endpoint
    categories = ["simple_java", "live_parallel", "parallel"]
    right = by_query(truths, as_questions(board.questions(categories, env)))

    def reply(body):
        calls = right[body["messages"][-1]["content"]]
        return says(
            {
                "content": None,
                "tool_calls": [
                    {"id": f"c{n}", "type": "function", "function": {"name": name.replace(".", "_"),
                                                                     "arguments": json.dumps(arguments)}}
                    for n, (name, arguments) in enumerate(calls)
                ],
            }
        )  # fmt: skip

    server.reply = reply
    evaluation = evaluate_endpoint(client, "served", env, mode=Mode.NATIVE, categories=categories)
    tallies = evaluation.scores.tallies
    assert tallies["live_parallel"].correct == 16
    assert tallies["parallel"].correct == 200
    assert tallies["simple_java"].correct >= 97
    body = server.seen[0]
    assert body["temperature"] == 0.001
    assert all("." not in tool["function"]["name"] for tool in body["tools"])
    assert body["tools"][0]["function"]["parameters"]["type"] == "object"
    asked = len(server.seen)
    again = evaluate_endpoint(client, "served", env, mode=Mode.NATIVE, categories=categories)
    assert len(server.seen) == asked
    assert again.scores.tallies == tallies


def test_tools_in_the_prompt_are_answered_by_text(env, truths, endpoint):
    server, client = endpoint
    questions = as_questions(board.questions(["live_parallel"], env))
    calls = {one["id"]: true_calls(one) for one in truths}
    wanted = {request.messages[0]["content"]: calls[one.id]
              for one, request in zip(questions, requests_for(questions, Mode.PROMPT), strict=True)}  # fmt: skip

    def reply(body):
        assert "tools" not in body
        objects = [{"name": n, "arguments": a} for n, a in wanted[body["messages"][0]["content"]]]
        return says({"content": "```json\n" + json.dumps({"tool_calls": objects}) + "\n```"})

    server.reply = reply
    evaluation = evaluate_endpoint(client, "served", env, mode=Mode.PROMPT, categories=["live_parallel"])
    assert evaluation.scores.tallies["live_parallel"].correct == 16


def test_a_refused_key_is_an_error_and_no_answer(env, endpoint):
    server, client = endpoint
    server.reply = lambda body: (401, {"error": {"message": "Incorrect API key provided"}})
    with pytest.raises(EndpointError):
        evaluate_endpoint(client, "served", env, categories=["irrelevance"], per_category=20)


def test_a_dead_endpoint_is_an_error_and_no_answer(env, tmp_path):
    config = Generator(name="dead", base_url="http://127.0.0.1:9/v1", model="m", retries=0, timeout_s=5)
    with ChatClient({"dead": config}, tmp_path / "journal", drain_s=1) as client, pytest.raises(EndpointError):
        evaluate_endpoint(client, "dead", env, categories=["irrelevance"], per_category=20)


def test_prose_from_an_endpoint_is_no_score(env, endpoint):
    server, client = endpoint
    server.reply = lambda body: says({"content": "I would love to help!"})
    with pytest.raises(OutputsError, match="holds a function call"):
        evaluate_endpoint(client, "served", env, categories=["irrelevance"], per_category=5)


def test_too_long_for_the_endpoint_is_a_failure_other_errors_are_listed(endpoint):
    server, client = endpoint
    message = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."

    def reply(body):
        text = body["messages"][-1]["content"]
        if "long" in text:
            return 400, {"error": {"message": message, "code": "context_length_exceeded"}}
        if "odd" in text:
            return 400, {"error": {"message": "odd request"}}
        return says({"content": "[]"})

    server.reply = reply
    answers = answer_by_endpoint(client, "served", [question(0), question(1, "long")])
    assert [one.failure for one in answers] == [None, "context_too_long"]
    with pytest.raises(AnswersFailedError, match=r"(?s)1 of 3 questions.*multiple_2: .*odd request"):
        answer_by_endpoint(client, "served", [question(0), question(1, "long"), question(2, "odd")])


def test_command_asks_a_checkpoint(use_env, checkpoint, tmp_path):
    arguments = ["evaluate", "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out"), "--per-category", "2"]
    result = CliRunner().invoke(app, [*arguments, "--category", "multiple", "--category", "irrelevance"])
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert report["categories"]["multiple"]["total"] == 2
    assert report["figures"] == {}
    assert len((tmp_path / "out" / "answers.jsonl").read_text().splitlines()) == 4
    assert CliRunner().invoke(app, ["evaluate"]).exit_code == 2
    missing = CliRunner().invoke(app, ["evaluate", "--checkpoint", str(tmp_path)])
    assert missing.exit_code == 1
    assert "is not a checkpoint" in missing.output
