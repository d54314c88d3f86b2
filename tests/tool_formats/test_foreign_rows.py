"""Rows made elsewhere: one content, whatever the shape and the container."""

import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.foreign_rows import UnreadableRowError, read_foreign_row, tool_schemas
from apigen_assets.verification.audit.audit import audit_rows
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows

WEATHER = {
    "name": "get_weather",
    "description": "The weather.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City."},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "limits": {"type": "object", "properties": {"low": {"type": "integer"}}},
            "station": {"type": ["string", "null"], "description": "Null for any."},
        },
        "required": ["city", "station"],
    },
}
ADD = {
    "name": "add",
    "description": "Adds.",
    "parameters": {"type": "object", "properties": {"values": {"type": "array", "items": {"type": "integer"}}}},
}
QUERY = "How warm is it in Köln, at any station?"
CALLS = [
    {"name": "get_weather", "arguments": {"city": "Köln", "limits": {"low": 3}, "station": None}},
    {"name": "add", "arguments": {"values": [1, 2]}},
]
WRAPPED = [
    {"id": f"c{number}", "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
    for number, call in enumerate(CALLS)
]
AS_TEXT = [
    {**call, "function": {**call["function"], "arguments": json.dumps(call["function"]["arguments"])}}
    for call in WRAPPED
]
TOOLS = [{"type": "function", "function": tool} for tool in (WEATHER, ADD)]
USER = {"role": "user", "content": QUERY}
HERMES = "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in CALLS)

SHAPES: dict[str, JsonObject] = {
    "xlam, text": {"query": QUERY, "answers": json.dumps(CALLS), "tools": json.dumps([WEATHER, ADD])},
    "xlam, objects": {"query": QUERY, "answers": CALLS, "tools": [WEATHER, ADD]},
    "messages, objects": {"messages": [USER, {"role": "assistant", "tool_calls": WRAPPED}], "tools": TOOLS},
    "messages, text arguments": {"messages": [USER, {"role": "assistant", "tool_calls": AS_TEXT}], "tools": TOOLS},
    "messages as text": {
        "messages": json.dumps([USER, {"role": "assistant", "content": None, "tool_calls": WRAPPED}]),
        "tools": json.dumps(TOOLS),
    },
    "messages as Json() elements": {
        "messages": [json.dumps(USER), json.dumps({"role": "assistant", "tool_calls": WRAPPED})],
        "tools": [json.dumps(tool) for tool in TOOLS],
    },
    "sharegpt": {
        "conversations": [{"from": "human", "value": QUERY}, {"from": "function_call", "value": json.dumps(CALLS)}],
        "tools": json.dumps([WEATHER, ADD]),
    },
    "hermes": {
        "conversations": [
            {"from": "system", "value": f"You may call\n<tools>\n{json.dumps(TOOLS)}\n</tools>"},
            {"from": "human", "value": QUERY},
            {"from": "gpt", "value": HERMES},
        ]
    },
    "prompt and completion": {
        "prompt": [{"role": "system", "content": "Call."}, USER],
        "completion": [{"role": "assistant", "tool_calls": WRAPPED}],
        "tools": TOOLS,
    },
    "prompt and completion, text": {"prompt": QUERY, "completion": HERMES, "tools": TOOLS},
    "grpo": {"prompt": [USER], "ground_truth": json.dumps(CALLS), "tools": TOOLS},
    "verl": {
        "prompt": [USER],
        "reward_model": {"style": "rule", "ground_truth": json.dumps(CALLS)},
        "extra_info": {"tools": json.dumps(TOOLS)},
    },
    "nemo gym": {
        "responses_create_params": {
            "input": [USER],
            "tools": [{"type": "function", **tool} for tool in (WEATHER, ADD)],
        },
        "expected_answers": CALLS,
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_says_the_same(shape):
    row = read_foreign_row(SHAPES[shape])
    assert row.query == QUERY
    assert json.loads(row.answers) == CALLS
    assert tool_schemas(row.tools) == [WEATHER, ADD]


STRUCTS = ["xlam, objects", "messages, objects", "messages, text arguments", "prompt and completion", "nemo gym"]


@pytest.mark.parametrize("shape", STRUCTS)
def test_what_arrow_fills_with_nulls_is_absent_and_a_null_that_is_meant_stays(shape, tmp_path):
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([SHAPES[shape]]), file)
    value = pl.read_parquet(file).row(0, named=True)
    assert "null" in json.dumps(value), "Arrow has filled the absent fields"
    row = read_foreign_row(value, filled=True)
    assert json.loads(row.answers) == CALLS
    assert tool_schemas(row.tools) == [WEATHER, ADD]


@pytest.mark.parametrize("opened", [pa.ipc.new_file, pa.ipc.new_stream])
@pytest.mark.parametrize("shape", SHAPES)
def test_arrow_files_and_streams_are_read_as_datasets_keeps_them(opened, shape, tmp_path):
    table = pa.Table.from_pylist([SHAPES[shape]])
    with opened(tmp_path / "data.arrow", table.schema) as writer:
        writer.write_table(table)
    (row,) = read_rows(tmp_path / "data.arrow")
    assert row.problem is None and json.loads(row.answers or "") == CALLS
    cut = tmp_path / "cut.arrow"
    cut.write_bytes((tmp_path / "data.arrow").read_bytes()[:200])
    with pytest.raises(UnusableInputError, match="Arrow"):
        list(read_rows(cut))


def test_a_filled_row_written_as_json_again_is_recognised_by_the_nulls_in_its_schemas():
    filled = pa.Table.from_pylist([SHAPES["messages, objects"]]).to_pylist()[0]
    row = read_foreign_row(json.loads(json.dumps(filled)))
    assert json.loads(row.answers) == CALLS
    assert tool_schemas(row.tools) == [WEATHER, ADD]


def test_an_invented_argument_stays_one_even_where_it_is_null():
    calls = [{"name": "add", "arguments": {"values": [1], "invented": None}}]
    row = read_foreign_row({"query": QUERY, "answers": calls, "tools": [ADD]})
    assert json.loads(row.answers) == calls
    text = read_foreign_row({"query": QUERY, "answers": json.dumps(calls), "tools": json.dumps([ADD])}, filled=True)
    assert json.loads(text.answers) == calls


@pytest.mark.parametrize("shape", SHAPES)
def test_the_audit_keeps_them_all(shape, tmp_path):
    file = tmp_path / "rows.jsonl"
    told = {"values": [1, 2], "query": "In Köln with a low of 3, any station; and add 1 and 2."}
    file.write_text(json.dumps(SHAPES[shape]).replace(json.dumps(QUERY)[1:-1], json.dumps(told["query"])[1:-1]))
    (verdict,) = audit_rows(read_rows(file))
    assert verdict["stage"] != "format", verdict


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"messages": [USER], "tools": TOOLS}, "missing_field"),
        ({"messages": [USER, {"role": "assistant", "content": "<tool_call>\n{broken"}], "tools": TOOLS}, "not_json"),
        ({"messages": [USER, {"role": "assistant", "tool_calls": WRAPPED}]}, "missing_field"),
        ({"messages": "[", "tools": TOOLS}, "not_json"),
        ({"prompt": [USER], "tools": TOOLS}, "missing_field"),
        ({"query": QUERY, "answers": [], "tools": "{"}, "bad_tools"),
        ({"query": QUERY, "answers": [], "tools": {"a": 1}}, "bad_tools"),
    ],
)
def test_what_cannot_be_read_says_why(row, kind):
    with pytest.raises(UnreadableRowError, match=f"^{kind}: "):
        read_foreign_row(row)


def test_an_assistant_that_only_speaks_calls_nothing():
    row = read_foreign_row({"messages": [USER, {"role": "assistant", "content": "Which city?"}], "tools": TOOLS})
    assert json.loads(row.answers) == []
