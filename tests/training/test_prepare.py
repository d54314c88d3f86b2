"""What a run makes of its tables of rows before the first step."""

import polars as pl
import pytest

from apigen_assets.training.changes import parse_changes
from apigen_assets.training.prepare import RowFiles, prepare, read_heldout
from apigen_assets.training.recipe import load_recipe
from tests.training.conftest import SMALL, make_rows


@pytest.fixture(scope="module")
def tiny():
    pytest.importorskip("transformers")
    return load_recipe("tiny").updated(parse_changes([f"{field}={value}" for field, value in SMALL.items()]))


def _prepared(recipe, files, folder):
    found = prepare(recipe, files, folder, lambda _: None)
    return found, (folder / "tokenizer" / "tokenizer.json").read_text(), read_heldout(folder)["seen"]


@pytest.fixture
def more_rows(rows_file, tmp_path):
    """The rows and others with words of their own, as an ablation's data set has."""
    others = make_rows(120, seed=5).with_columns(pl.col("query").str.replace("What is", "Zounds, quizzically reckon"))
    path = tmp_path / "more.parquet"
    pl.concat([pl.read_parquet(rows_file), others]).write_parquet(path)
    return path


def test_data_sets_that_are_compared_share_tokenizer_and_held_out_rows(tiny, rows_file, more_rows, tmp_path):
    first, tokenizer, asked = _prepared(tiny, RowFiles(rows_file, rows_file, rows_file), tmp_path / "first")
    second, same_tokenizer, same_asked = _prepared(tiny, RowFiles(more_rows, rows_file, rows_file), tmp_path / "second")
    assert asked and asked == same_asked and tokenizer == same_tokenizer
    assert second.train.rows > first.train.rows


def test_a_foreign_held_out_file_does_not_make_the_tokenizer(tiny, rows_file, more_rows, tmp_path):
    few = tmp_path / "few.parquet"
    make_rows(12, seed=9, relevance=0).write_parquet(few)
    _, tokenizer, _ = _prepared(tiny, RowFiles(more_rows, more_rows, more_rows), tmp_path / "own")
    _, with_foreign, _ = _prepared(tiny, RowFiles(more_rows, few, more_rows), tmp_path / "foreign")
    assert tokenizer == with_foreign


def test_filling_repeats_rows_that_cannot_be_varied_a_third_as_often(tiny, rows_file, tmp_path):
    files = RowFiles(rows_file, rows_file, rows_file)
    plain, filled = (
        prepare(tiny.updated({"fill_rows": rows}), files, tmp_path / str(rows), lambda _: None).train.by_group
        for rows in (None, 2_000)
    )
    times = {group: filled[group] / plain[group] - 1 for group in plain}
    assert sum(filled.values()) == pytest.approx(2_000, abs=100)
    assert times["relevance"] == pytest.approx(times["simple"] / 3, rel=0.25)


def test_a_preparation_is_taken_over_whole(tiny, rows_file, tmp_path):
    files = RowFiles(rows_file, rows_file, rows_file)
    found = prepare(tiny, files, tmp_path / "run", lambda _: None)
    said = []
    assert prepare(tiny, files, tmp_path / "run", said.append) == found
    assert said == ["preparation: taken over from the interrupted run"]
