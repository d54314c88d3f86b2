"""Each form decodes as the leaderboard's handler of such models does; nothing is ever evaluated."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.evaluation.decoding import FORMS, PYTHON_FORMS, UndecodableError, count_calls, decode, is_blank
from apigen_assets.evaluation.decoding.arithmetic import NotArithmeticError, fold

CALL = {"name": "geo.area", "arguments": {"base": 10, "unit": "m"}}
DECODED = [{"geo.area": {"base": 10, "unit": "m"}}]


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("xlam", json.dumps({"tool_calls": [CALL]})),
        ("xlam", json.dumps([CALL])),
        ("json", json.dumps([CALL])),
        ("json", json.dumps(CALL)),
        ("openai", [{"geo.area": json.dumps(CALL["arguments"])}]),
        ("openai", [{"geo.area": CALL["arguments"]}]),
        (
            "openai",
            [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "geo.area", "arguments": json.dumps(CALL["arguments"])},
                }
            ],
        ),
        (
            "openai",
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "geo.area", "arguments": '{"base": 10, "unit": "m"}'}}],
            },
        ),
        ("hermes", f"Let me see.\n<tool_call>\n{json.dumps(CALL)}\n</tool_call>"),
    ],
)
def test_a_call_is_read_in_its_form(form, answer):
    assert decode(form, answer) == DECODED
    assert count_calls(form, answer) == 1


def test_json_calls_may_be_separated_by_semicolons():
    assert decode("json", f"{json.dumps(CALL)}; {json.dumps(CALL)}") == DECODED * 2


@pytest.mark.parametrize("form", ["json", "openai"])
@pytest.mark.parametrize("answer", ["I cannot help.", "[{", '{"tool_calls": []}', 7, None, [3], "[1]"])
def test_what_is_not_in_the_form_is_refused(form, answer):
    with pytest.raises(UndecodableError):
        decode(form, answer)


def test_xlam_hands_text_on_that_is_no_json():
    assert decode("xlam", "I cannot help.") == "I cannot help."
    assert count_calls("xlam", "I cannot help.") == 0


def test_a_broken_hermes_call_is_left_out_and_the_others_count():
    good = f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>"
    assert decode("hermes", f"<tool_call>\n{{broken\n</tool_call>\n{good}") == DECODED


@pytest.mark.parametrize(
    ("answer", "calls"),
    [("[f(a=1), g.h(b='x')]", 2), ("f(a=1)", 1), ("`[f(a=1)]`", 1), ("[]", 0), ("[1]", 0), ("Sorry, no.", 0)],
)
def test_python_calls_are_counted_without_running_them(answer, calls):
    assert count_calls("python", answer) == calls


@pytest.mark.parametrize("answer", ["", "[]", None, [], '{"tool_calls": []}', {"tool_calls": None, "content": None}])
def test_blank_answers(answer):
    assert is_blank(answer)


@pytest.mark.parametrize("answer", ["no", "[f()]", '{"tool_calls": [{}]}', {"tool_calls": None, "content": "no"}, "{"])
def test_answers_that_say_something_are_not_blank(answer):
    assert not is_blank(answer)


@given(
    st.sampled_from([form for form in FORMS if form not in PYTHON_FORMS]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("name") | st.just("function"), inner),
    ),
)
def test_wild_answers_decode_or_are_refused(form, answer):
    for given_answer in (answer, json.dumps(answer)):
        with contextlib.suppress(UndecodableError):
            decode(form, given_answer)
        assert count_calls(form, given_answer) >= 0
        is_blank(given_answer)


@given(st.text())
def test_wild_text_is_counted_without_harm(text):
    assert count_calls("python", text) >= 0


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-2 ** 2", -4),
        ("7 // 2 + 7 % 4", 6),
        ("'a' + 'b'", "ab"),
        ("[1] * 3", [1, 1, 1]),
        ("1 + abs(-2)", 3),
        ("5 / 2", 2.5),
        ("1 << 4 | 1", 17),
        ("(1, 2) + (3,)", (1, 2, 3)),
    ],
)
def test_arithmetic_on_literals(expression, value):
    assert fold(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "1 + len(__import__('os').listdir('/'))",
        "a + 1",
        "9 ** 9 ** 9",
        "'a' * 10 ** 9",
        "1 << 10 ** 9",
        "'%s' % 1",
        "().__class__ + 1",
        "(lambda: 1)() + 1",
        "[x for x in (1,)] + []",
        "max(*[1]) + 1",
        "1 +",
        "\x00",
    ],
)
def test_anything_more_is_refused(expression):
    with pytest.raises(NotArithmeticError):
        fold(expression)
