"""The shapes of a release, read as their trainers read them."""

import json
import re
from typing import get_args

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.domain.dataset_row import DatasetRow
from apigen_assets.release.configs import configs
from apigen_assets.settings import ReleaseConfigName
from apigen_assets.tool_formats.json_columns import UnwritableNumberError, json_column_text, read_number
from apigen_assets.tool_formats.openai_row import openai_row
from apigen_assets.tool_formats.trainer_rows import api_names
from apigen_assets.training.reward import function_call_reward
from apigen_assets.verification.audit.audit import audit_rows
from apigen_assets.verification.audit.read_rows import read_rows
from tests.helpers.releases import release
from tests.helpers.rows import frame, verified_row

ALL = get_args(ReleaseConfigName)

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "City.", "minLength": 1, "pattern": "^[A-ZÄÖÜ]"},
        "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "where": {
            "type": "object",
            "properties": {
                "lat": {"type": "number", "minimum": -90},
                "tags": {"type": "array", "items": {"enum": [1, "x"]}},
            },
            "required": ["lat"],
            "additionalProperties": False,
        },
        "note": {"type": ["string", "null"], "default": None},
    },
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [
    {"api_id": "w", "name": "weather.get", "description": "Wetter für überall.", "parameters": SCHEMA},
    {
        "api_id": "v",
        "name": "weather_get",
        "description": "Another.",
        "parameters": {"type": "object", "properties": {}},
    },
]
ARGUMENTS = {"city": "Köln 🙂", "unit": "F", "days": 3, "where": {"lat": 0.0266, "tags": [1, "x"]}, "note": None}


def data(*, arguments=ARGUMENTS, thought="Because."):
    called = verified_row("a", "How warm in Köln 🙂?", TOOLS, [("weather.get", arguments)])
    twice = verified_row("b", "Both?", TOOLS, [("weather_get", {}), ("weather.get", {"city": "Ä"})])
    none = {**verified_row("c", "Sing.", TOOLS, []), "answers": "[]"}
    table = frame([{**called, "thought": thought}, twice, none])
    return dataset_rows(table, {"w": "Weather", "v": "Weather"})


def load(tree, name, tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs the train extra")
    return datasets.load_dataset(str(tree.path), name, cache_dir=str(tmp_path / "cache"), split="train").to_list()


def keywords(schema):
    out = []
    if isinstance(schema, dict):
        for key, value in schema.items():
            out += [key, *keywords(value)]
    return sorted(out)


def test_the_catalogs_schema_travels_whole_into_every_config_that_has_a_place_for_it(tmp_path):
    tree = release(tmp_path / "release", data(), names=ALL)
    for name in ("openai", "prompt_completion"):
        first = load(tree, name, tmp_path)[0]
        assert first["tools"][0]["function"]["parameters"] == SCHEMA
        assert keywords(first["tools"][0]["function"]["parameters"]) == keywords(SCHEMA)
    for name in ("grpo", "sharegpt"):
        (first, *_) = json.loads(load(tree, name, tmp_path)[0]["tools"])
        assert first.get("function", first)["parameters"] == SCHEMA
    assert json.loads(load(tree, "verl", tmp_path)[0]["extra_info"]["tools"])[0]["function"]["parameters"] == SCHEMA
    lines = (tree.path / "jsonl" / "nemo_gym.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["responses_create_params"]["tools"][0]["parameters"] == SCHEMA


def test_openai_rows_have_objects_nine_letter_ids_and_no_null_but_an_empty_content(tmp_path):
    for row in load(release(tmp_path / "release", data()), "openai", tmp_path):
        question, answer = row["messages"]
        assert question.keys() == {"role", "content"}
        calls = answer.get("tool_calls", [])
        assert calls or "tool_calls" not in answer
        assert (answer["content"] is None) == bool(calls)
        assert all(isinstance(call["function"]["arguments"], dict) for call in calls)
        ids = [call["id"] for call in calls]
        assert all(re.fullmatch("[a-zA-Z0-9]{9}", name) for name in ids) and len(set(ids)) == len(ids)
        assert all(
            value is not None for message in row["messages"] for key, value in message.items() if key != "content"
        )


def test_the_xlam_config_stays_in_the_columns_and_order_of_the_original(tmp_path):
    row = load(release(tmp_path / "release", data()), "xlam", tmp_path)[0]
    assert list(row) == ["id", "query", "answers", "tools"]
    (tool, _) = json.loads(row["tools"])
    assert list(tool) == ["name", "description", "parameters"]
    assert tool["parameters"]["unit"] == {
        "description": "One of: C, F.", "type": "str, optional", "default": "C", "required": False
    }  # fmt: skip
    assert tool["parameters"]["where"]["type"] == "Dict, optional"
    assert "Fields: lat (float), tags (List" in tool["parameters"]["where"]["description"]


def test_prompt_completion_separates_the_answer(tmp_path):
    first, _, none = load(release(tmp_path / "release", data(), names=ALL), "prompt_completion", tmp_path)
    assert [message["role"] for message in first["prompt"]] == ["user"]
    assert first["completion"][0]["content"] == "" and first["completion"][0]["tool_calls"]
    assert none["completion"] == [{"role": "assistant", "content": ""}]


def test_sharegpt_turns_are_what_llama_factory_accepts(tmp_path):
    """Its converter wants human or observation on odd turns and gpt or function_call on even ones, in pairs."""
    rows = load(release(tmp_path / "release", data(), names=ALL), "sharegpt", tmp_path)
    for row in rows:
        turns = row["conversations"]
        assert len(turns) % 2 == 0
        for number, turn in enumerate(turns):
            assert turn["from"] in (("human", "observation"), ("gpt", "function_call"))[number % 2]
        if turns[-1]["from"] == "function_call":
            calls = json.loads(turns[-1]["value"])
            calls = calls if isinstance(calls, list) else [calls]
            assert all(call.keys() == {"name", "arguments"} for call in calls)
        for tool in json.loads(row["tools"]):
            assert tool["parameters"]["properties"] is not None and isinstance(tool["description"], str)
    assert [row["conversations"][-1]["from"] for row in rows] == ["function_call", "function_call", "gpt"]


@pytest.mark.parametrize("config", ["openai", "prompt_completion"])
def test_trainers_that_serialise_arguments_themselves_do_it_once(config, tmp_path):
    """The `openai` formatting of LLaMA-Factory and axolotl's `chat_template` turn `function` into text, and once."""
    for row in load(release(tmp_path / "release", data(), names=ALL), config, tmp_path):
        answer = (row.get("messages") or row["completion"])[-1]
        content = answer["content"]
        if answer.get("tool_calls"):
            content = json.dumps([call["function"] for call in answer["tool_calls"]], ensure_ascii=False)
            assert all(isinstance(call["arguments"], dict) for call in json.loads(content))
        assert content is not None and isinstance(json.dumps(row["tools"]), str)


def test_rl_prompts_name_their_tools_and_the_reward_takes_the_columns_as_they_are(tmp_path):
    tree = release(tmp_path / "release", data(), names=ALL)
    rows = load(tree, "grpo", tmp_path)
    assert all(tool["name"] in row["prompt"][0]["content"] for row in rows for tool in TOOLS)
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    right = [
        "\n".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in json.loads(row["ground_truth"])) or "No."
        for row in rows
    ]
    completions = [[{"role": "assistant", "content": text}] for text in right]
    assert function_call_reward(columns.pop("prompt"), completions, **columns) == [1.0] * 3
    (first, *_) = load(tree, "verl", tmp_path)
    assert first["data_source"] and first["reward_model"]["style"] == "rule" and first["prompt"][1]["role"] == "user"


def test_json_lines_are_what_nemo_gym_and_openai_read(tmp_path):
    tree = release(tmp_path / "release", data(), names=ALL)
    gym, tuning = (
        [json.loads(line) for line in (tree.path / "jsonl" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("nemo_gym", "openai_finetuning")
    )
    assert len(gym) == len(tuning) == 3 and tree.manifest["exports"]["nemo_gym"]["rows"] == 3
    assert gym[0]["expected_answers"] == [{"name": "weather.get", "arguments": ARGUMENTS}]
    assert gym[0]["responses_create_params"]["tools"][0].keys() == {
        "type",
        "name",
        "description",
        "parameters",
        "strict",
    }
    for row in tuning:
        offered = [tool["function"]["name"] for tool in row["tools"]]
        assert len(set(offered)) == 2 and all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in offered)
        answer = row["messages"][-1]
        for call in answer.get("tool_calls", []):
            assert call["function"]["name"] in offered
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
        assert answer.get("tool_calls") or answer["content"]


def test_thoughts_are_released_where_the_settings_say_so(tmp_path):
    for thoughts in (False, True):
        tree = release(tmp_path / str(thoughts), data(), names=ALL, thoughts=thoughts)
        first, second, _ = load(tree, "openai", tmp_path / str(thoughts))
        assert first["messages"][-1].get("reasoning_content") == ("Because." if thoughts else None)
        assert "reasoning_content" not in second["messages"][-1]
        told = load(tree, "sharegpt", tmp_path / str(thoughts))[0]["conversations"][-1]["value"]
        assert told.startswith("<think>\nBecause.\n</think>") is thoughts


def test_which_configs_there_are_is_a_setting_and_the_card_says_how_each_is_used(tmp_path):
    tree = release(tmp_path / "release", data(), names=("xlam", "grpo", "nemo_gym"))
    assert list(tree.manifest["configs"]) == ["xlam", "grpo"] and list(tree.manifest["exports"]) == ["nemo_gym"]
    card = (tree.path / "README.md").read_text()
    assert "GRPOTrainer(" in card and "jsonl/nemo_gym.jsonl" in card and "SFTTrainer(" not in card
    with pytest.raises(ValueError, match="'parquet' is not a config of a release: choose from xlam, openai"):
        configs(data().lazy(), names=("parquet",))


def test_a_row_whose_numbers_json_columns_cannot_hold_is_left_out_of_them_and_said_so(tmp_path):
    tree = release(tmp_path / "release", data(arguments={**ARGUMENTS, "days": 10**30}), names=ALL)
    assert tree.manifest["configs"]["openai"]["left_out"] == [0]
    assert [row["id"] for row in load(tree, "openai", tmp_path)] == [1, 2]
    assert [row["id"] for row in load(tree, "xlam", tmp_path)] == [0, 1, 2]
    assert "1 rows are left out" in (tree.path / "README.md").read_text()


def test_a_table_of_an_earlier_version_is_released_from_its_flat_tools(tmp_path):
    old = data().select([name for name in DatasetRow.SCHEMA if name not in ("tool_schemas", "thought")])
    row = load(release(tmp_path / "release", old), "openai", tmp_path)[0]
    assert row["tools"][0]["function"]["parameters"]["properties"]["days"] == {"type": "integer", "description": ""}
    assert row["tools"][0]["function"]["parameters"]["required"] == ["city"]
    nulls = data().with_columns(pl.lit(None, dtype=pl.String).alias("tool_schemas"))
    assert openai_row(nulls.row(0, named=True))["tools"] == row["tools"]


def test_every_config_is_read_by_the_audit_as_the_same_rows(tmp_path):
    tree = release(tmp_path / "release", data(), names=ALL)
    files = [next((tree.path / "data" / name).iterdir()) for name in tree.manifest["configs"]]
    files += [tree.path / told["file"] for told in tree.manifest["exports"].values()]
    for file in files:
        rows = list(read_rows(file))
        assert [row.problem for row in rows] == [None] * 3, file
        assert json.loads(rows[0].answers or "")[0]["arguments"] == ARGUMENTS, file
        assert [row.query for row in rows] == ["How warm in Köln 🙂?", "Both?", "Sing."], file
        assert [len(json.loads(row.answers or "")) for row in rows] == [1, 2, 0], file
        reasons = [verdict["reason"] for verdict in audit_rows(rows, allow_empty=True)]
        assert "bad_tools" not in reasons and "unknown_argument" not in reasons, file


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1)


@given(numbers)
@example(0.0266)
@example(-76.346584)
@example(2.341e23)
@example(1e22)
@example(18446744073709551615)
def test_a_number_in_a_json_column_is_the_same_for_every_reader(number):
    reader = pytest.importorskip("datasets.utils.json", reason="needs the train extra").ujson_loads
    if isinstance(number, float):
        assert read_number(repr(number)) == reader(repr(number)), "the reader is computed as it is"
    try:
        text = json_column_text({"n": number})
    except UnwritableNumberError:
        assert abs(number) > 1e250 or abs(number) < 1e-250
        return
    assert reader(text) == json.loads(text) == {"n": number}


@given(st.lists(st.sampled_from(["a.b", "a_b", "a b", "ü", "x" * 70, "x" * 71, "-", "a-b"]), unique=True))
def test_names_for_the_api_are_allowed_and_distinct(names):
    renamed = api_names(names)
    assert list(renamed) and len(set(renamed.values())) == len(names) if names else renamed == {}
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in renamed.values())
