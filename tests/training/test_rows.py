"""Reading rows and splitting them."""

import json

import polars as pl
import pytest

from apigen_assets.domain.call import Call
from apigen_assets.training.examples import (
    DataError,
    TrainingExample,
    is_kept_out,
    iter_examples,
    sample_by_group,
    split_of,
    without_unseen_tools,
)
from apigen_assets.training.prompt_format import render
from apigen_assets.training.recipe import Heldout
from tests.helpers.releases import release, rows
from tests.training.conftest import make_rows

HELDOUT = Heldout(query_share=0.2, function_share=0.3)


def test_rows_come_in_order_with_their_group(rows_file):
    rows = pl.read_parquet(rows_file)
    examples = list(iter_examples(rows_file))
    assert [one.query for one in examples] == rows["query"].to_list()
    assert {one.group for one in examples} == {"simple", "multiple", "parallel", "parallel_multiple", "relevance"}
    assert all((one.group == "relevance") == (one.answers == []) for one in examples)


def test_a_query_never_stands_on_both_sides(rows_file):
    by_split = {}
    for one in iter_examples(rows_file):
        by_split.setdefault(split_of(one, HELDOUT), set()).add(" ".join(one.query.lower().split()))
    assert set(by_split) == {"train", "seen", "unseen"}
    assert not by_split["train"] & by_split["seen"]


def test_a_function_that_is_kept_out_is_neither_called_nor_offered_in_training(rows_file):
    training = [
        without_unseen_tools(one, HELDOUT) for one in iter_examples(rows_file) if split_of(one, HELDOUT) == "train"
    ]
    named = {name for one in training for name in one.functions}
    named |= {tool["name"] for one in training if one.answers for tool in one.tools}
    assert named and not any(is_kept_out(name, HELDOUT) for name in named)


def test_the_split_of_a_row_is_the_same_in_every_data_set(rows_file, tmp_path):
    more = tmp_path / "more.parquet"
    pl.concat([make_rows(100, seed=9), pl.read_parquet(rows_file)]).write_parquet(more)
    first = {one.query: split_of(one, HELDOUT) for one in iter_examples(rows_file)}
    second = {one.query: split_of(one, HELDOUT) for one in iter_examples(more)}
    assert all(second[query] == split for query, split in first.items())


def test_samples_do_not_depend_on_order_and_take_a_query_once():
    examples = [TrainingExample(f"q{i % 30}", [], [Call(name="f", arguments={})], "simple") for i in range(90)]
    chosen = sample_by_group(iter(examples), 10)
    assert len(chosen) == 10 == len({one.query for one in chosen})
    assert chosen == sample_by_group(iter(examples[::-1]), 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": "{"}, "row 1"),
        ({"answers": json.dumps([{"name": "f"}])}, "row 1"),
        ({"tools": json.dumps([{"description": "no name"}])}, "row 1.*tools"),
        ({"query": "  "}, "row 1.*query"),
        ({"style": "odd"}, "row 1.*odd"),
    ],
)
def test_a_bad_row_is_named_by_its_number(tmp_path, change, message):
    rows = make_rows(3, relevance=0).to_dicts()
    rows[1] |= change
    path = tmp_path / "bad.parquet"
    pl.DataFrame(rows).write_parquet(path)
    with pytest.raises(DataError, match=message):
        list(iter_examples(path))


def test_no_rows_no_table_and_another_table_are_told_apart(tmp_path):
    make_rows(0).write_parquet(tmp_path / "empty.parquet")
    with pytest.raises(DataError, match="holds no rows"):
        list(iter_examples(tmp_path / "empty.parquet"))
    with pytest.raises(DataError, match="cannot read"):
        list(iter_examples(tmp_path / "none.parquet"))
    pl.DataFrame({"query": ["q"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataError, match="no column answers, tools, style"):
        list(iter_examples(tmp_path / "other.parquet"))


def _other_shapes(tmp_path):
    """The same rows as a release's configs, a JSON Lines file and a table of an earlier version."""
    made = rows(6)
    tree = release(
        tmp_path / "release",
        made,
        names=(
            "xlam",
            "openai",
            "openai_text",
            "openai_single",
            "prompt_completion",
            "sharegpt",
            "grpo",
            "nemo_gym",
        ),
    )
    files = [next((tree.path / "data" / name).iterdir()) for name in tree.manifest["configs"]]
    files.append(tree.path / "jsonl" / "nemo_gym.jsonl")
    made.drop("tool_schemas", "thought").write_parquet(tmp_path / "old.parquet")
    return made, [*files, tmp_path / "old.parquet"]


def test_rows_of_any_shape_are_the_same_examples(tmp_path):
    made, files = _other_shapes(tmp_path)
    made.write_parquet(tmp_path / "table.parquet")
    wanted = [(one.query, one.answers, one.group) for one in iter_examples(tmp_path / "table.parquet")]
    for file in files:
        assert [(one.query, one.answers, one.group) for one in iter_examples(file)] == wanted, file


def test_tools_are_shown_with_their_whole_schemas_where_the_table_has_them(tmp_path):
    enum = {"type": "object", "properties": {"unit": {"type": "string", "enum": ["C", "F"]}}, "required": ["unit"]}
    made = rows(1).with_columns(
        pl.lit(json.dumps([{"name": "f", "description": "F.", "parameters": enum}])).alias("tool_schemas")
    )
    made.write_parquet(tmp_path / "table.parquet")
    (example,) = iter_examples(tmp_path / "table.parquet")
    assert example.tools[0]["parameters"] == enum
    assert '"enum": ["C", "F"], "required": true' in render(example.query, example.tools, "xlam")


def test_a_row_that_cannot_be_read_is_named_with_the_command_that_lists_them(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"query": "q", "answers": [], "tools": "{"}) + "\n")
    with pytest.raises(DataError, match=r"row 0: bad_tools.*apigen verify"):
        list(iter_examples(file))
