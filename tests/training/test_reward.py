"""The reward: 1.0 for the expected calls alone, less for parts, nothing for a call that nobody wanted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.training.reward import compute_score, exact_match_reward, function_call_reward, score_calls

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "forecast",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "days": {"type": "integer"},
                    "unit": {"type": "string", "default": "C"},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}},
]


def call(name="forecast", **arguments):
    return {"name": name, "arguments": arguments}


def written(*calls):
    return "\n".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>" for one in calls)


BONN, KOELN = call(city="Bonn", days=3), call(city="Köln", days=2)


@pytest.mark.parametrize(
    ("answer", "expected", "reward"),
    [
        (written(BONN), [BONN], 1.0),
        (written(KOELN, BONN), [BONN, KOELN], 1.0),
        (written(call(days=3.0, city="Bonn")), [BONN], 1.0),
        (written(call(city="Bonn", days=3, unit="C")), [BONN], 1.0),
        (written(BONN), [call(city="Bonn", days=3, unit="C")], 1.0),
        (written(call("ping")), [call("ping")], 1.0),
        (written(call(city="Bonn", days=4)), [BONN], 0.6),
        (written(call(city="Bonn")), [BONN], 0.6),
        (written(call(city="Bonn", days="3")), [BONN], 0.6),
        (written(call(city="Bonn", days=True)), [call(city="Bonn", days=1)], 0.6),
        (written(call(city="bonn", days=4)), [BONN], 0.2),
        (written(BONN), [BONN, KOELN], 0.5),
        (written(BONN, BONN), [BONN, KOELN], 0.5 + 0.5 * 0.2),
        (written(BONN, call("ping")), [BONN], 0.5),
        (written(BONN, BONN), [BONN], 0.5),
        (written(call("pong")), [call("ping")], 0.0),
        ("Sorry, none of them fits.", [BONN], 0.0),
        ("<tool_call>{broken</tool_call>", [BONN], 0.0),
        ("Sorry, none of them fits.", [], 1.0),
        ("[]", [], 1.0),
        (written(BONN), [], 0.0),
        ("<tool_call>{broken</tool_call>", [], 0.0),
    ],
)
def test_what_an_answer_earns(answer, expected, reward):
    assert score_calls(answer, expected, TOOLS) == pytest.approx(reward)


def test_the_entry_points_of_trl_and_verl_say_the_same():
    completions = [[{"role": "assistant", "content": written(BONN)}], [{"role": "assistant", "content": "No."}]]
    truth, tools = [json.dumps([BONN])] * 2, [json.dumps(TOOLS)] * 2
    rewards = function_call_reward(
        ["a", "b"], completions, ground_truth=truth, tools=tools, completion_ids=[[1], [2]], trainer_state=None
    )
    assert rewards == [1.0, 0.0]
    half = [[{"role": "assistant", "content": written(call(city="Bonn"))}]]
    assert exact_match_reward(completions=half, ground_truth=truth[:1]) == [0.0]
    found = compute_score("apigen", written(BONN), truth[0], {"tools": tools[0], "index": 3})
    assert found == {"score": 1.0, "acc": 1.0}


def test_calls_that_a_trainer_has_parsed_count_before_the_text():
    message = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": BONN}]}
    assert score_calls([message], [BONN]) == 1.0
    as_text = {**BONN, "arguments": json.dumps(BONN["arguments"])}
    assert score_calls(message | {"tool_calls": [{"function": as_text}]}, [BONN]) == 1.0


@pytest.mark.parametrize("truth", ["{}", '[{"name": "f"}]', "[1]", {"name": "f"}])
def test_a_ground_truth_that_is_not_calls_is_an_error_of_the_data(truth):
    with pytest.raises(ValueError, match="ground truth"):
        score_calls("x", truth)


values = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3), st.lists(st.integers(0, 2), max_size=2)
)
calls = st.lists(
    st.builds(
        lambda name, arguments: {"name": name, "arguments": arguments},
        st.sampled_from(["forecast", "ping"]),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3),
    ),
    max_size=3,
)


@given(calls, calls, st.randoms())
def test_one_is_for_the_same_calls_in_any_order_and_nothing_else(expected, other, rng):
    shuffled = list(expected)
    rng.shuffle(shuffled)
    assert score_calls(written(*shuffled), expected) == 1.0
    reward = score_calls(written(*other), expected)
    assert 0.0 <= reward <= 1.0
    key = lambda found: sorted(json.dumps(one, sort_keys=True) for one in found)  # noqa: E731
    assert (reward == 1.0) == (key(other) == key(expected))


@given(st.text(), calls)
def test_any_text_earns_something_between(text, expected):
    assert 0.0 <= score_calls(text, expected, TOOLS) <= 1.0
