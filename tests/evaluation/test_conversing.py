"""Conversations are held by the leaderboard's protocol: turns, steps, withheld tools, results; and asked only once."""

import ast
import json
import threading
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from apigen_assets.evaluation import official
from apigen_assets.evaluation.conversations import (
    STEP_LIMIT,
    TOOLS_ADDED,
    Conversation,
    Dialogue,
    Reply,
    as_conversations,
    converse,
    flattened,
)
from apigen_assets.evaluation.endpoint import Mode
from apigen_assets.evaluation.evaluate import evaluate_checkpoint, evaluate_endpoint, named_categories
from resources.bfcl import questions as board
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
from tests.evaluation.test_asking import Endpoint, says

PER_CATEGORY = 1


@pytest.fixture(scope="module")
def items(env):
    return as_conversations(board.conversations(["multi_turn_base", "multi_turn_miss_func"], env))


@pytest.fixture(scope="module")
def truth(env):
    """The true calls of each item as `(name, arguments)`, by turn; positional arguments by their names."""
    (data,) = env.python.parents[1].glob("lib/python*/site-packages/bfcl_eval/data/possible_answer")
    tools = {}
    for row in board.conversations(["multi_turn_base"], env):
        tools |= {tool["name"]: list(tool["parameters"]["properties"]) for tool in row["functions"]}
    found = {}
    for category in ("multi_turn_base", "multi_turn_miss_func"):
        for line in (data / f"BFCL_v4_{category}.json").read_text().splitlines():
            row = json.loads(line)
            found[row["id"]] = [[_call(text, tools) for text in turn] for turn in row["ground_truth"]]
    return found


def _call(text, tools):
    node = ast.parse(text, mode="eval").body
    name = node.func.id
    values = {tools[name][place]: ast.literal_eval(one) for place, one in enumerate(node.args)}
    return name, values | {pair.arg: ast.literal_eval(pair.value) for pair in node.keywords}


class Oracle:
    """Says the true calls, one a step."""

    form = "openai"

    def __init__(self, truth):
        self._truth = truth
        self.asked = []

    def say(self, dialogues):
        self.asked.append(len(dialogues))
        return [self._one(dialogue) for dialogue in dialogues]

    def _one(self, dialogue):
        calls = self._truth[dialogue.item.id][len(dialogue.said) - 1]
        step = len(dialogue.said[-1])
        if step < len(calls):
            name, arguments = calls[step]
            assert name in {tool["name"] for tool in dialogue.tools}
            return Reply([{name: json.dumps(arguments)}])
        return Reply("Done.")


def test_an_oracle_is_right_everywhere_and_sees_withheld_tools_in_time(env, items, truth):
    oracle = Oracle(truth)
    chosen = [item for item in items if item.id.endswith(("_3", "_101"))]
    answers = converse(oracle, chosen, lambda entries: official.proceed(entries, env))
    ids = {}
    for answer in answers:
        ids.setdefault(answer.category, []).append(answer.id)
    verdicts = official.judge(answers, "openai", ids=ids, env=env)
    assert [verdict["valid"] for verdict in verdicts] == [True] * len(chosen)
    assert oracle.asked[0] == len(chosen)


def test_a_withheld_tool_comes_with_the_sentence_of_the_board(items):
    item = next(item for item in items if item.added)
    ((turn, tools),) = item.added.items()
    dialogue = Dialogue(item)
    assert not {tool["name"] for tool in tools} & {tool["name"] for tool in dialogue.tools}
    for _ in range(turn):
        assert dialogue.hear(Reply("I cannot."), "openai") == []
    assert {tool["name"] for tool in tools} <= {tool["name"] for tool in dialogue.tools}
    assert dialogue.history[-1].messages == ({"role": "user", "content": TOOLS_ADDED},)
    assert TOOLS_ADDED in flattened(dialogue).query


def item(turns=2):
    said = tuple(({"role": "user", "content": f"turn {number}"},) for number in range(turns))
    return Conversation("multi_turn_base_0", "multi_turn_base", said, ())


def test_too_many_steps_in_a_turn_end_the_item():
    class Endless:
        form = "openai"

        def say(self, dialogues):
            return [Reply([{"ls": "{}"}]) for _ in dialogues]

    (answer,) = converse(Endless(), [item()], lambda entries: [["x"] for _ in entries])
    assert [len(turn) for turn in answer.answer] == [STEP_LIMIT + 1]


def test_a_failure_ends_its_item_alone():
    class Forgetful:
        form = "openai"

        def say(self, dialogues):
            _, *rest = dialogues
            return [Reply(None, failure="context_too_long", detail="9 of 8"), *(Reply("ok") for _ in rest)]

    bad, good = converse(Forgetful(), [item(), item()], lambda entries: [])
    assert (bad.failure, bad.detail) == ("context_too_long", "9 of 8")
    assert good.answer == [["ok"], ["ok"]] or good.failure  # the second wave asks it first


@pytest.fixture
def served(env, truth, tmp_path):
    """A model over loopback that knows the right calls, by the first thing the user said."""
    rows = board.conversations(["multi_turn_base", "multi_turn_miss_func"], env)
    by_tools = {}
    for row in rows:
        first = row["turns"][0][-1]["content"]
        by_tools.setdefault(first, {})[row["id"]] = len(row["functions"])

    def calls_of(body):
        messages = body["messages"]
        users = [place for place, one in enumerate(messages) if one["role"] == "user"]
        first = next(text for text in by_tools if text in messages[0]["content"])
        names = by_tools[first]
        base, missing = sorted(names, key=lambda name: "miss_func" in name)[:2] if len(names) > 1 else [*names, *names]
        offered = len(body["tools"])
        name = missing if any(one["content"] == TOOLS_ADDED for one in messages) or offered < names[base] else base
        turn = len(users) - 1
        step = sum(1 for one in messages[users[-1] :] if one["role"] == "assistant")
        return truth[name][turn], step

    def reply(body):
        calls, step = calls_of(body)
        if step >= len(calls):
            return says({"content": "Done."})
        name, arguments = calls[step]
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {"id": f"c{len(server.seen)}", "type": "function", "function": function}
        return says({"content": None, "tool_calls": [call]})

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.seen = []
    server.reply = reply
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_asked_natively_and_a_killed_run_asks_on(env, served, tmp_path):
    config = Generator(
        name="served", base_url=f"http://127.0.0.1:{served.server_port}/v1", model="m", retries=0, timeout_s=20
    )
    categories = ["multi_turn_base", "multi_turn_miss_func"]

    def run(stop_after=None):
        waves = []

        def progress(done, total):
            waves.append(done)
            if stop_after and len(waves) == stop_after:
                raise KeyboardInterrupt

        with ChatClient({"served": config}, tmp_path / "journal", drain_s=1) as client:
            return evaluate_endpoint(
                client, "served", env, categories=categories, per_category=PER_CATEGORY, on_progress=progress
            )

    with pytest.raises(KeyboardInterrupt):
        run(stop_after=2)
    before = len(served.seen)
    assert before
    evaluation = run()
    whole = len(served.seen)
    assert [tally.correct for tally in evaluation.scores.tallies.values()] == [PER_CATEGORY, PER_CATEGORY]
    assert evaluation.scores.figures == []
    bodies = [json.dumps(body, sort_keys=True) for body in served.seen]
    assert len(set(bodies)) == len(bodies)  # nothing was asked twice
    later = next(body for body in served.seen if any(one["role"] == "tool" for one in body["messages"]))
    answered = [one["tool_call_id"] for one in later["messages"] if one["role"] == "tool"]
    assert answered == [call["id"] for one in later["messages"] for call in one.get("tool_calls", [])][: len(answered)]
    again = run()
    assert len(served.seen) == whole
    assert again.answers == evaluation.answers


def test_an_endpoint_is_asked_by_its_prompt(env, truth, tmp_path):
    first = truth["multi_turn_base_0"]
    seen = []

    def reply(body):
        seen.append(body)
        users = [one for one in body["messages"] if one["role"] == "user"]
        results = [one for one in users if one["content"].startswith('[{"role": "tool"')]
        turn = len(users) - len(results) - 1
        step = len(results) - sum(len(turn) for turn in first[:turn])
        if step >= len(first[turn]):
            return says({"content": '{"tool_calls": []}'})
        name, arguments = first[turn][step]
        return says({"content": json.dumps({"tool_calls": [{"name": name, "arguments": arguments}]})})

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.seen, server.reply = [], reply
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = Generator(
        name="m", base_url=f"http://127.0.0.1:{server.server_port}/v1", model="m", retries=0, timeout_s=20
    )
    try:
        with ChatClient({"m": config}, tmp_path / "journal", drain_s=1) as client:
            evaluation = evaluate_endpoint(
                client, "m", env, mode=Mode.PROMPT, categories=["multi_turn_base"], per_category=1
            )
    finally:
        server.shutdown()
        server.server_close()
    assert evaluation.scores.tallies["multi_turn_base"].correct == 1
    assert all("tools" not in body for body in seen)


def test_a_checkpoint_is_asked_whole_conversations(env, checkpoint, tmp_path):
    evaluation = evaluate_checkpoint(checkpoint, tmp_path, env, categories=["multi_turn"], per_category=1)
    assert {answer.category for answer in evaluation.answers} == set(named_categories(["multi_turn"]))
    assert all(answer.failure == "context_too_long" for answer in evaluation.answers)
    table = evaluation.table("tiny", "verified")
    assert set(table["kind"]) == {"not_asked"}


def test_names_of_groups_stand_for_their_categories():
    assert len(named_categories(None)) == 13
    assert named_categories(["multi_turn", "multi_turn_base"])[0] == "multi_turn_base"
    with pytest.raises(ValueError, match="'multi_turns' is not a category"):
        named_categories(["multi_turns"])
