"""Answers in every form score as the same answers in JSON do, and each form is as strict as its handler."""

import json

import pytest

from apigen_assets.evaluation.decoding import (
    NEVER_EXECUTED,
    UndecodableError,
    count_calls,
    decode,
    executable,
    without_thinking,
)
from apigen_assets.evaluation.scores import score_answers
from apigen_assets.evaluation.truth_outputs import WRITTEN, outputs
from resources.bfcl.records import BfclAnswer

CALL = {"name": "geo.area", "arguments": {"base": 10, "unit": "m"}}
DECODED = [{"geo.area": {"base": 10, "unit": "m"}}]
TOOLS = [{"name": "geo.area", "parameters": {"properties": {"base": {"type": "integer"}, "unit": {"type": "string"}}}}]


def as_answers(entries):
    return [BfclAnswer(entry["id"], entry["category"], entry["result"]) for entry in entries]


def failed(scores):
    return {verdict["id"] for verdict in scores.verdicts if not verdict["valid"]}


@pytest.fixture(scope="module")
def some(truths):
    names = {"simple_python", "parallel_multiple", "live_parallel", "irrelevance"}
    return [item for item in truths if item["category"] in names][::3]


@pytest.fixture(scope="module")
def sample(some):
    ids = {}
    for item in some:
        ids.setdefault(item["category"], []).append(item["id"])
    return ids


@pytest.fixture(scope="module")
def as_json(env, some, sample):
    return failed(score_answers(as_answers(outputs(some, "json", "wrong_value", 0.3)), env=env, ids=sample))


@pytest.mark.parametrize("form", [form for form in WRITTEN if form not in {"json", "parameters"}])
def test_every_form_is_found_and_scores_alike(env, some, sample, as_json, form):
    scores = score_answers(as_answers(outputs(some, form, "wrong_value", 0.3)), env=env, ids=sample)
    same = {"hammer": "fenced-json", "granite": "phi-fc"}  # one layout, read alike
    assert scores.form == same.get(form, form)
    marked_up = form in {"glm-tags", "qwen-coder"}  # text that is a number or true cannot be told there
    assert len(failed(scores) ^ as_json) <= (6 if marked_up else 0)
    assert not scores.withheld


@pytest.mark.parametrize("form", ["python", "json", "fenced-json"])
def test_what_was_thought_before_is_cut_off(env, some, sample, as_json, form):
    entries = outputs(some, form, "wrong_value", 0.3)
    for entry in entries:
        entry["result"] = f"<think>Is it [f(a=1)] or {{}}?\n</think>\n\n{entry['result']}"
    scores = score_answers(as_answers(entries), env=env, ids=sample)
    assert scores.form == form
    assert scores.settings["thinking_cut"]
    assert failed(scores) == as_json


def test_llama_3_1_is_read_as_python_like_its_handler():
    text = '{"name": "f", "parameters": {"a": %s}}'
    assert decode("llama", "<|python_tag|>" + text % "1") == [{"f": {"a": 1}}]
    assert decode("llama", text % "2 * 3") == [{"f": {"a": 6}}]
    assert decode("llama", text % "1" + ", " + text % "2") == [{"f": {"a": 1}}, {"f": {"a": 2}}]
    with pytest.raises(UndecodableError):
        decode("llama", text % "true")
    assert decode("llama", text % "true" + "; " + text % "null") == [{"f": {"a": True}}, {"f": {"a": None}}]
    with pytest.raises(UndecodableError):
        decode("llama", text % "open('x', 'w')")
    assert decode("parameters", text % "true") == [{"f": {"a": True}}]


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("tool-call", f"<tool_call>{json.dumps(CALL)}</tool_call>"),
        ("tool-call", f"Sure. <tool_call> [{json.dumps(CALL)}]"),
        ("falcon", f"<tool_call>\n```json\n{json.dumps(CALL)}\n```\n</tool_call>"),
        ("fenced-json", f"Here it is:\n```json\n{json.dumps(CALL)}\n```\nDone."),
        ("functioncall", '<functioncall> {"name": "geo.area", "arguments": \'{"base": 10, "unit": "m"}\'} '
         "<|endoftext|>"),
        ("mistral", f"[TOOL_CALLS][{json.dumps(CALL)}]</s>"),
        ("mistral", f'[TOOL_CALLS]geo.area[ARGS]{json.dumps(CALL["arguments"])}'),
        ("mistral", f'[TOOL_CALLS]geo.area{json.dumps(CALL["arguments"])}'),
        ("granite", f"<|tool_call|>[{json.dumps(CALL)}]"),
        ("granite", f"<tool_call>{json.dumps(CALL)}</tool_call>"),
        ("phi-fc", f"<|tool_call|>{json.dumps(CALL)}<|/tool_call|>"),
        ("granite-20b", f"<function_call> {json.dumps(CALL)}"),
        ("glm", f"geo.area\n{json.dumps(CALL['arguments'])}"),
        ("glm-tags", "<tool_call>geo.area\n<arg_key>base</arg_key>\n<arg_value>10</arg_value>\n"
         "<arg_key>unit</arg_key>\n<arg_value>m</arg_value>\n</tool_call>"),
        ("qwen-coder", "<tool_call>\n<function=geo.area>\n<parameter=base>\n10\n</parameter>\n"
         "<parameter=unit>\nm\n</parameter>\n</function>\n</tool_call>"),
        ("invoke", '<invoke name="geo.area"><parameter name="base">10</parameter><parameter name="unit">m</parameter>'
         "</invoke>"),
        ("harmony", "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary "
         f"to=functions.geo.area <|constrain|>json<|message|>{json.dumps(CALL['arguments'])}<|call|>"),
        ("harmony", f"assistantcommentary to=functions.geo.area json{json.dumps(CALL['arguments'])}"),
        ("function-equals", f"<function=geo.area>{json.dumps(CALL['arguments'])}</function>"),
        ("deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>geo.area\n```json\n"
         f"{json.dumps(CALL['arguments'])}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
        ("kimi", f"<|tool_call_begin|>functions.geo.area:0<|tool_call_argument_begin|>{json.dumps(CALL['arguments'])}"
         "<|tool_call_end|>"),
        ("functiongemma", "<start_function_call>call:geo.area{base:10,unit:<escape>m<escape>}<end_function_call>"),
        ("minicpm", "<|tool_call_start|>\n```python\ngeo.area(base=10, unit='m')\n```\n<|tool_call_end|>\nHere."),
        ("think-agent", f"<think>x</think>[{json.dumps(CALL)}]"),
        ("openai", {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {**CALL, "arguments": json.dumps(CALL["arguments"])}}]}}]}),
        ("openai", [{"type": "reasoning", "summary": []}, {"type": "function_call", "call_id": "1", **CALL}]),
        ("openai", [{"type": "text", "text": "Sure"}, {"type": "tool_use", "id": "1", "name": "geo.area",
                                                       "input": CALL["arguments"]}]),
        ("openai", [{"functionCall": {"name": "geo.area", "args": CALL["arguments"]}}]),
        ("openai", {"tool_calls": [CALL]}),
        ("openai", {"status_code": 200, "body": {"choices": [{"message": {"tool_calls": [
            {"type": "function", "function": {**CALL, "arguments": json.dumps(CALL["arguments"])}}]}}]}}),
        ("openai", {"output": {"message": {"content": [
            {"toolUse": {"name": "geo.area", "input": CALL["arguments"]}}]}}}),
        ("openai", {"function_call": {**CALL, "arguments": json.dumps(CALL["arguments"])}}),
        ("openai", {"role": "assistant", "content": None, "function_call": {**CALL, "arguments": json.dumps(
            CALL["arguments"])}}),
        ("openai", {"custom_id": "1", "error": None, "response": {"status_code": 200, "body": {"choices": [{"message": {
            "tool_calls": [{"type": "function", "function": CALL}]}}]}}}),
        ("openai", {"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": [{"function": CALL}]}}),
        ("openai", {"model": "m", "done": True, "message": {"role": "assistant", "content": "", "tool_calls": [
            {"function": CALL}]}}),
        ("openai", [{"tool_name": "geo.area", "parameters": CALL["arguments"]}]),
    ],
)  # fmt: skip
def test_a_call_is_read_in_its_form(form, answer):
    assert decode(form, answer, TOOLS) == DECODED
    assert count_calls(form, answer) == 1
    if form in NEVER_EXECUTED:
        with pytest.raises(UndecodableError):
            executable(form, answer, TOOLS)
    else:
        assert executable(form, answer, TOOLS) == ["geo.area(base=10,unit='m')"]


def test_types_of_marked_up_values_come_from_the_function():
    text = "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>12</arg_value>\n</tool_call>"
    as_text = [{"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}]
    assert decode("glm-tags", text, as_text) == [{"f": {"a": "12"}}]
    assert decode("glm-tags", text) == [{"f": {"a": 12}}]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>\n\nb", "b"),
        ("a</think>b", "b"),
        ("<think>never closed", ""),
        ("no thoughts", "no thoughts"),
        ("[THINK]a[/THINK]b", "b"),
    ],
)
def test_thoughts(text, rest):
    assert without_thinking(text) == rest
