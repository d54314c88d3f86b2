"""Calls read out of what models of today's families write."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.written_calls import UnreadableCallsError, read_calls

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "geo.find",
            "description": "",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "days": {"type": "integer"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "exact": {"type": "boolean"},
                    "code": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
        },
    }
]
CALL: JsonObject = {"name": "geo.find", "arguments": {"city": "5", "days": 3, "tags": ["a", "b, c"], "exact": True}}

WRITTEN = {
    "hermes": '<tool_call>\n{"name": "geo.find", "arguments": {"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}}\n</tool_call><|im_end|>',
    "reasoning first": '<think>\nhm {"name"\n</think>\n\n<tool_call>{"name": "geo.find", "arguments": '
    '"{\\"city\\": \\"5\\", \\"days\\": 3, \\"tags\\": [\\"a\\", \\"b, c\\"], \\"exact\\": true}"}</tool_call>',
    "qwen coder": "<tool_call>\n<function=geo.find>\n<parameter=city>\n5\n</parameter>\n"
    "<parameter=days>\n3\n</parameter>\n"
    '<parameter=tags>\n["a", "b, c"]\n</parameter>\n<parameter=exact>\nTrue\n</parameter>\n</function>\n</tool_call>',
    "minimax": '<minimax:tool_call>\n<invoke name="geo.find">\n<parameter name="city">5</parameter>\n'
    '<parameter name="days">3</parameter>\n<parameter name="tags">["a", "b, c"]</parameter>\n'
    '<parameter name="exact">true</parameter>\n</invoke>\n</minimax:tool_call>',
    "glm": "<tool_call>geo.find\n<arg_key>city</arg_key>\n<arg_value>5</arg_value>\n<arg_key>days</arg_key>\n"
    '<arg_value>3</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>["a", "b, c"]</arg_value>\n'
    "<arg_key>exact</arg_key>\n<arg_value>true</arg_value>\n</tool_call>",
    "llama": '<|python_tag|>{"name": "geo.find", "parameters": {"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}}<|eom_id|>',
    "mistral": '[TOOL_CALLS] [{"name": "geo.find", "arguments": {"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}, "id": "abcdefgh1"}]</s>',
    "mistral, newer": '[TOOL_CALLS]geo.find[ARGS]{"city": "5", "days": 3, "tags": ["a", "b, c"], "exact": true}</s>',
    "deepseek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>geo.find\n```json\n"
    '{"city": "5", "days": 3, "tags": ["a", "b, c"], "exact": true}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "deepseek 3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>geo.find<｜tool▁sep｜>"
    '{"city": "5", "days": 3, "tags": ["a", "b, c"], "exact": true}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "cohere": '<|START_ACTION|>[\n{"tool_call_id": "0", "tool_name": "geo.find", "parameters": {"city": "5", '
    '"days": 3, "tags": ["a", "b, c"], "exact": true}}\n]<|END_ACTION|>',
    "gpt-oss": "<|channel|>analysis<|message|>to=functions.nothing<|end|><|start|>assistant<|channel|>commentary "
    'to=functions.geo.find <|constrain|>json<|message|>{"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}<|call|>',
    "lfm2": '<|tool_call_start|>[geo.find(city="5", days=3, tags=["a", "b, c"], exact=true)]<|tool_call_end|>',
    "llama 4": '[geo.find(city="5", days=3, tags=["a", "b, c"], exact=True)]',
    "gemma 4": '<|tool_call>call:geo.find{city:<|"|>5<|"|>,days:3,exact:true,tags:[<|"|>a<|"|>,<|"|>b, c<|"|>]}'
    "<tool_call|>",
    "xlam": '{"tool_calls": [{"name": "geo.find", "arguments": {"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}}]}',
    "compact": 'geo.find(city="5",days=3,tags=[a,"b, c"],exact=true)',
    "fenced": 'Sure:\n```json\n[{"name": "geo.find", "arguments": {"city": "5", "days": 3, "tags": ["a", "b, c"], '
    '"exact": true}}]\n```',
}


@pytest.mark.parametrize("family", WRITTEN)
def test_a_call_is_read_in_every_familys_syntax_with_its_types(family):
    assert read_calls(WRITTEN[family], TOOLS) == [CALL]


@pytest.mark.parametrize("family", WRITTEN)
def test_a_call_that_is_cut_is_no_other_call(family):
    for length in range(1, len(WRITTEN[family])):
        try:
            calls = read_calls(WRITTEN[family][:length], TOOLS)
        except UnreadableCallsError:
            continue
        assert all(call == CALL or call["arguments"].items() <= CALL["arguments"].items() for call in calls), calls


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "[]",
        '{"tool_calls": []}',
        "Use f (see [1]) and a<b.",
        "<think>f(a=1)</think>No.",
    ],
)
def test_prose_and_an_empty_list_call_nothing(text):
    assert read_calls(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>\n{broken}\n</tool_call>",
        '<tool_call>{"name": "f"',
        '{"name": "f", "arguments": {"a": 1, "a": 2}}',
        '{"name": "f", "arguments": {"a": NaN}}',
        '{"name": "f", "arguments": [1]}',
        '{"answer": 1}',
        "[f(open('x'))]",
        "[f(a=open('x'))]",
        "[f(**{'a': 1})]",
        "<tool_call>" + "[" * 100_000,
    ],
)
def test_a_begun_call_that_cannot_be_read_is_an_error(text):
    with pytest.raises(UnreadableCallsError):
        read_calls(text)


@given(st.text())
def test_no_text_raises_anything_else(text):
    for marked in (
        text,
        f"<tool_call>{text}</tool_call>",
        f"[f(a={text})]",
        f"<|tool_call>call:f{{a:{text}}}<tool_call|>",
    ):
        with contextlib.suppress(UnreadableCallsError):
            assert isinstance(read_calls(marked), list)


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"type": "string"}, "true", "true"),
        ({"type": ["string", "null"]}, "null", None),
        ({"type": "string"}, "null", None),
        ({"type": "string"}, "None", "None"),
        ({"type": ["string", "integer"]}, "7", 7),
        ({"enum": ["1", "2"]}, "1", "1"),
        ({"type": "number"}, "2.50", 2.5),
        ({"type": "object"}, '{"a": "1"}', {"a": "1"}),
        ({"type": "integer"}, "three", "three"),
        ({}, "[1]", [1]),
        ({}, "Köln", "Köln"),
    ],
)
def test_tags_are_typed_by_the_tools_schema(schema, text, expected):
    tools = [{"name": "f", "parameters": {"type": "object", "properties": {"a": schema}}}]
    written = f"<function=f>\n<parameter=a>\n{text}\n</parameter>\n</function>"
    (call,) = read_calls(written, tools)
    assert call["arguments"] == {"a": expected}
