"""Multi-turn: the official verdicts to the item, each with tools of its own, and no text of a model evaluated."""

import gzip
import json
import random

import pytest

from apigen_assets.evaluation import official
from apigen_assets.evaluation.categories import MULTI_TURN
from apigen_assets.evaluation.scores import score_answers
from resources.bfcl.records import BfclAnswer
from tests.helpers.paths import SHARED

PUBLISHED = SHARED / "data" / "bfcl_multi_turn" / "outputs.jsonl.gz"


@pytest.fixture(scope="module")
def truth(env):
    """The true calls of every item, as texts by turn."""
    env.need_multi_turn()
    (data,) = env.python.parents[1].glob("lib/python*/site-packages/bfcl_eval/data/possible_answer")
    found = {}
    for category in MULTI_TURN:
        for line in (data / f"BFCL_v4_{category}.json").read_text().splitlines():
            row = json.loads(line)
            found[row["id"]] = (category, row["ground_truth"])
    return found


def raw(*calls):
    """One step in the only form that hands texts on as they are."""
    return "".join(f"<function_call>{call}" for call in calls)


def judged(env, answers):
    ids = {}
    for answer in answers:
        ids.setdefault(answer.category, []).append(answer.id)
    verdicts = official.judge(answers, "granite-20b", ids=ids, env=env)
    return {verdict["id"]: verdict for verdict in verdicts}


def by_steps(truth, names):
    return [
        BfclAnswer(name, truth[name][0], [[*(raw(call) for call in turn), ""] for turn in truth[name][1]])
        for name in names
    ]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published multi-turn outputs are not here")
def test_published_verdicts_are_met_to_the_item(env):
    with gzip.open(PUBLISHED, "rt") as file:
        rows = [json.loads(line) for line in file]
    runs = {}
    for row in rows:
        runs.setdefault(row["run"], []).append(row)
    differing = []
    for these in runs.values():
        answers = [BfclAnswer(row["id"], row["category"], row["result"]) for row in these]
        for row, verdict in zip(these, official.judge(answers, "openai", env=env), strict=True):
            differing += [row["id"]] if row["valid"] != verdict["valid"] else []
    assert len(rows) == 4200
    assert differing == []


def test_the_true_calls_are_right_in_every_item(env, truth):
    steps = by_steps(truth, truth)
    assert all(verdict["valid"] for verdict in judged(env, steps).values())
    random.Random(0).shuffle(steps)
    together = [
        BfclAnswer(answer.id, answer.category, [[raw(*calls)] for calls in truth[answer.id][1]]) for answer in steps
    ]
    assert all(verdict["valid"] for verdict in judged(env, together).values())


def test_damage_is_seen_and_no_verdict_depends_on_an_earlier_one(env, truth):
    names = [f"multi_turn_base_{number}" for number in range(40)]
    good = by_steps(truth, names)
    bad = [BfclAnswer(one.id, one.category, [[""], *one.answer[1:]]) for one in good]
    shorter = [BfclAnswer(one.id, one.category, one.answer[:-1]) for one in good]
    text = [BfclAnswer(one.id, one.category, "Error during inference: x") for one in good]
    assert judged(env, bad)[names[0]]["error_type"] == "multi_turn:empty_turn_model_response"
    assert judged(env, shorter)[names[0]]["error_type"] == "multi_turn:force_terminated"
    assert judged(env, text)[names[0]]["error_type"] == "multi_turn:inference_error"
    # One process judges a wrong answer to an item and, in the next, a right one; then in the other order
    mixed = [bad[0], *good[1:]]
    assert [verdict["valid"] for verdict in judged(env, mixed).values()] == [False] + [True] * 39
    assert all(verdict["valid"] for verdict in judged(env, good[::-1]).values())


HOSTILE = [
    # imports and file access
    "__import__('os').system('touch {bait}')",
    "open('{bait}', 'w')",
    "ls(a=open('{bait}', 'w'))",
    "ls(**{'a': open('{bait}', 'w')})",
    "ls(*[open('{bait}', 'w')])",
    "f\"{open('{bait}', 'w')}\"",
    "'{}'.format(open('{bait}', 'w'))",
    "import os",
    # builtins
    "exec('import os')",
    "eval('1')",
    "globals()",
    "vars()",
    "exit()",
    "breakpoint()",
    "input()",
    "type('X', (), {})()",
    "getattr(ls, '__self__')",
    "setattr(ls, 'a', 1)",
    # code
    "(lambda: open('{bait}', 'w'))()",
    "[one for one in ().__class__.__bases__[0].__subclasses__()]",
    "{one: open('{bait}', 'w') for one in [1]}",
    "(x := open('{bait}', 'w'))",
    "open('{bait}', 'w') if True else 1",
    "[open][0]('{bait}', 'w')",
    # attributes, and the instances by their names
    "ls.__globals__",
    "ls(a=ls.__self__)",
    "ls().__class__",
    "model_eval_{id}_GorillaFileSystem_instance._load_scenario({})",
    "model_eval_{id}_GorillaFileSystem_instance.__init__()",
    "model_eval_{id}_GorillaFileSystem_instance.root.contents.clear()",
    "model_ground_truth_eval_{id}_GorillaFileSystem_instance.mkdir(dir_name='x')",
    "model_ground_truth_eval_{id}_TwitterAPI_instance.post_tweet(content='x')",
    # huge values and results
    "'a' * 10 ** 10",
    "9 ** 9 ** 9",
    "1 << 10 ** 9",
    "ls(a=9 ** 9 ** 9)",
    "[[0] * 9999] * 9999",
    "'%1000000000d' % 1",
    "cd(folder='" + "x" * 3_000_000 + "')",
    "int('9' * 9000)",
    # deep nesting
    "ls(" * 3000,
    "ls(a=" + "[" * 3000 + "]" * 3000 + ")",
    "ls(a=" + "-" * 9000 + "1)",
    "ls(a=" + "{1: " * 900 + "1" + "}" * 900 + ")",
    "ls(a=" + "not " * 9000 + "1)",
    "ls" + "()" * 3000,
    "ls(a=1" + " + 1" * 9000 + ")",
    "\x00",
    "ls(a='\ud800')",
]


def test_hostile_answers_run_nothing_and_cost_their_own_item(env, truth, tmp_path):
    bait = tmp_path / "bait"
    names = [f"multi_turn_base_{number}" for number in range(len(HOSTILE) + 3)]
    answers = by_steps(truth, names)
    for answer, text in zip(answers, HOSTILE, strict=False):
        answer.answer[0].insert(0, raw(text.replace("{bait}", str(bait)).replace("{id}", answer.id)))
    verdicts = judged(env, answers)
    assert not bait.exists()
    # Nothing ran, so what was done rightly afterwards counts, as any other failed call's
    assert [name for name in names if not verdicts[name]["valid"]] == []


def test_a_tool_that_computes_without_end_costs_its_own_item(env, truth, monkeypatch):
    monkeypatch.setattr("resources.bfcl.scoring.CONVERSATION_LIMIT_S", 0.5)
    (data,) = env.python.parents[1].glob("lib/python*/site-packages/bfcl_eval/data/BFCL_v4_multi_turn_base.json")
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    names = [row["id"] for row in rows if "MathAPI" in row["involved_classes"]][:3]
    answers = by_steps(truth, names)
    answers[1].answer[0].insert(0, raw("power(base=10, exponent=1000000000)"))
    verdicts = judged(env, answers)
    assert [verdicts[name]["valid"] for name in names] == [True, False, True]
    assert verdicts[names[1]]["error_type"] in {"checker:too_slow", "checker:crash"}


def test_an_endless_call_costs_its_own_item(env, truth, monkeypatch):
    monkeypatch.setattr("resources.bfcl.scoring.CONVERSATION_LIMIT_S", 0.5)
    names = [name for name in truth if name.startswith("multi_turn_base")][:6]
    answers = by_steps(truth, names)
    answers[2].answer[0].insert(0, raw(*["sum([1] * 9000)"] * 20_000))
    verdicts = judged(env, answers)
    assert [verdict["valid"] for verdict in verdicts.values()] == [True, True, False, True, True, True]
    assert verdicts[names[2]]["error_type"] in {"checker:too_slow", "checker:crash"}


def test_refusal_turns_are_counted_apart(env, truth):
    names = [name for name in truth if name.startswith("multi_turn_miss_param")][:10]
    answers = by_steps(truth, names)
    ids = {"multi_turn_miss_param": names}
    turns = sum(1 for name in names for turn in truth[name][1] if not turn)
    scores = score_answers(answers, form="granite-20b", ids=ids, env=env, require_calls=False)
    calls = sum(len(turn) for name in names for turn in truth[name][1])
    assert scores.refusals == {"turns": turns, "kept": turns, "calls": calls}
    empty = next(place for place, turn in enumerate(truth[names[0]][1]) if not turn)
    answers[0].answer[empty].insert(0, raw("no_such_tool()"))
    again = score_answers(answers, form="granite-20b", ids=ids, env=env, require_calls=False)
    assert again.refusals == {"turns": turns, "kept": turns - 1, "calls": calls + 1}
    assert again.tallies == scores.tallies


def test_results_of_calls_are_those_of_the_leaderboards_tools(env, truth):
    first = truth["multi_turn_base_0"][1][0]
    entry = {"id": "multi_turn_base_0", "category": "multi_turn_base"}
    (results,) = official.proceed([{**entry, "steps": [[first[0]], first[1:]]}], env=env)
    (at_once,) = official.proceed([{**entry, "steps": [first]}], env=env)
    assert results == at_once[1:]
    (failed,) = official.proceed([{**entry, "steps": [["nothing(a=1)", "cd(folder='nowhere')"]]}], env=env)
    assert failed[0] == "Error during execution: name 'nothing' is not defined"
    assert "nowhere" in failed[1]
