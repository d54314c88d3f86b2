"""What a run makes of its tables of rows before the first step."""

import polars as pl
import pytest

from apigen_assets.files.canonical import content_hash
from apigen_assets.training.changes import parse_changes
from apigen_assets.training.examples import DataError
from apigen_assets.training.prepare import RowFiles, prepare, read_heldout
from apigen_assets.training.recipe import load_recipe
from apigen_assets.training.tokens import TokenStore
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


def test_relevance_rows_are_held_to_their_share_and_the_others_stay_as_they_are(tiny, tmp_path):
    made = tmp_path / "rows.parquet"
    make_rows(300, relevance=0.5).write_parquet(made)
    files = RowFiles(made, made, made)
    plain = prepare(tiny, files, tmp_path / "plain", lambda _: None)
    said: list[str] = []
    limited = prepare(tiny.updated({"relevance_share": 0.1}), files, tmp_path / "limited", said.append)
    calling = {group: rows for group, rows in plain.train.by_group.items() if group != "relevance"}
    assert {group: limited.train.by_group[group] for group in calling} == calling
    assert limited.train.by_group["relevance"] == sum(calling.values()) // 9
    assert limited.left_out["relevance_above_share"] == plain.train.rows - limited.train.rows > 0
    assert any(f"{limited.left_out['relevance_above_share']} more are left out" in line for line in said)

    whole, part = TokenStore(tmp_path / "plain" / "train"), TokenStore(tmp_path / "limited" / "train")
    rest = iter([(whole.row(i)[0].tolist(), whole.row(i)[1]) for i in range(len(whole))])
    for i in range(len(part)):
        wanted = (part.row(i)[0].tolist(), part.row(i)[1])
        assert wanted in rest, "every row kept is one of the rows, in their order"
    assert part.counts.tokens == part.lengths.sum() == len(part.tokens)
    assert part.counts.answer_tokens == part.counts.tokens - part.prompts.sum()


def test_too_few_relevance_rows_are_all_taken_and_none_is_repeated(tiny, rows_file, tmp_path):
    files = RowFiles(rows_file, rows_file, rows_file)
    plain = prepare(tiny, files, tmp_path / "plain", lambda _: None)
    limited = prepare(tiny.updated({"relevance_share": 0.9}), files, tmp_path / "limited", lambda _: None)
    assert limited == plain


def test_a_share_with_nothing_beside_relevance_rows_is_refused(tiny, tmp_path):
    made = tmp_path / "rows.parquet"
    make_rows(60, relevance=1.0).write_parquet(made)
    with pytest.raises(DataError, match=r"relevance rows alone.*relevance_share: null"):
        prepare(tiny.updated({"relevance_share": 0.1}), RowFiles(made, made, made), tmp_path / "run", lambda _: None)


def test_recipes_without_the_share_keep_the_identity_that_they_had_before_it():
    recipe = load_recipe("tiny")
    assert recipe.relevance_share is None
    assert recipe.content_hash() != recipe.updated({"relevance_share": 0.1}).content_hash()
    fields = recipe.model_dump(mode="json", exclude={"name", "description", "relevance_share"})
    assert recipe.content_hash() == content_hash(fields)
