"""The checks fail on bad data, and only on bad data."""

import json

import dagster as dg
import polars as pl
import pytest

from apigen_assets.dataset import checks
from apigen_assets.dataset.bfcl_questions import questions_file
from apigen_assets.dataset.compose import FATES_SCHEMA, chosen_rows, compose
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.settings import settings
from tests.dataset.test_contamination import AREA, question
from tests.helpers.rows import frame, tool, verified_row

VERIFIED = frame(
    [verified_row(f"c{i}", f"query {i}", [tool("f"), tool("g")], [("f", {"amount": i})]) for i in range(12)]
)
FATES = compose(VERIFIED.lazy(), 48, 1).fates
ROWS = dataset_rows(chosen_rows(VERIFIED.lazy(), FATES), {})


def problems(fates):
    return checks.composition_problems(fates, VERIFIED.lazy().select("candidate_id"))


def test_good_tables_pass():
    assert problems(FATES) == [] and checks.dataset_problems(ROWS) == []
    assert checks.composition_problems(pl.DataFrame(schema=FATES_SCHEMA), VERIFIED[:0].lazy()) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda fates: fates[1:], "no fate"),
        (lambda fates: pl.concat([fates, fates[:1]]), "several"),
        (lambda fates: fates.with_columns(fate=pl.lit("vanished")), "unknown fate"),
        (lambda fates: fates.with_columns(place=pl.lit(3, pl.Int64)), "places"),
    ],
)
def test_a_damaged_composition_fails(damage, message):
    assert any(message in problem for problem in problems(damage(FATES)))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda rows: rows.reverse(), "ids"),
        (lambda rows: rows.with_columns(query=pl.lit("same"), answers=pl.lit(rows["answers"][0])), "of another row"),
        (lambda rows: rows.with_columns(tools=pl.lit("[]")), "do not offer"),
        (lambda rows: rows.with_columns(split=pl.lit("test")), "unknown splits"),
    ],
)
def test_a_damaged_data_set_fails(damage, message):
    assert any(message in problem for problem in checks.dataset_problems(damage(ROWS)))


def test_a_failed_check_says_its_reason_in_a_sentence_that_the_ui_shows():
    damaged = soundness(ROWS.with_columns(tools=pl.lit("[]")))
    assert not damaged.passed and "do not offer" in damaged.description
    assert soundness(ROWS).description == f"{ROWS.height} rows"
    empty = soundness(ROWS[:0])
    assert not empty.passed and "there is no row" in empty.description


def test_relevance_rows_that_call_or_offer_nothing_fail():
    found = checks.relevance_problems(ROWS.with_columns(tools=pl.lit("[]")))
    assert any("with calls" in one for one in found) and any("without a tool" in one for one in found)
    assert any("unknown kinds: call" in one for one in found)


def soundness(rows):
    return checks.dataset_is_sound(rows)


def evaluate(rows):
    return checks.is_decontaminated(rows, settings())


def test_without_the_questions_the_check_warns_and_says_how_to_get_them():
    result = evaluate(ROWS)
    assert not result.passed and result.severity == dg.AssetCheckSeverity.WARN
    assert "bfcl-install" in result.description


def test_a_contaminated_row_fails_the_check_with_an_error():
    path = questions_file(settings())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(question(0, AREA)) + "\n")
    assert evaluate(ROWS).passed
    bad = ROWS.with_columns(query=pl.when(pl.col("id") == 3).then(pl.lit(AREA)).otherwise("query"))
    result = evaluate(bad)
    assert not result.passed and result.severity == dg.AssetCheckSeverity.ERROR
    assert "match a question or a tool of BFCL: 1." in result.description
