"""The assets, called as Dagster calls them: a planted question never reaches the data set."""

import json

import dagster as dg
import polars as pl

from apigen_assets.dataset import assets
from apigen_assets.dataset.bfcl_questions import questions_file
from apigen_assets.settings import settings
from tests.dataset.test_contamination import AREA, question
from tests.helpers.rows import frame, tool, verified_row

CATALOG = pl.DataFrame({"api_id": ["id-f", "id-g"], "name": ["f", "g"], "category": ["Math", "Music"]})


def verified(count=30):
    rows = [
        verified_row(f"c{i:02d}", f"query {i}", [tool("f"), tool("g")], [("f", {"amount": i})]) for i in range(count)
    ]
    return frame([*rows, verified_row("planted", AREA, [tool("f")], [("f", {"amount": 99})])]).lazy()


def composed():
    found = assets.contaminated_rows(dg.build_asset_context(), verified(), settings())
    fates = assets.composition(verified(), CATALOG, found.value, settings())
    relevance = assets.relevance_rows(verified(), CATALOG, fates.value, settings())
    return found, fates, relevance


def test_a_planted_question_is_listed_with_its_match_and_left_out():
    path = questions_file(settings())
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(question(0, AREA)) + "\n")
    found, fates, relevance = composed()
    [row] = found.value.to_dicts()
    assert (row["candidate_id"], row["kind"], row["question"]) == ("planted", "question", "simple_python_0")
    assert fates.value.filter(pl.col("fate") == "contaminated")["candidate_id"].to_list() == ["planted"]
    assert "planted" not in set(relevance.value["candidate_id"])


def test_without_the_questions_the_set_is_made_and_the_asset_says_so():
    found, fates, _ = composed()
    assert found.value.is_empty() and found.metadata["compared"] is False
    assert "bfcl-install" in found.metadata["reason"]
    assert fates.value.filter(pl.col("fate") == "chosen").height == 31


def test_settings_reach_the_composition(monkeypatch):
    monkeypatch.setenv("APIGEN_DATASET_SIZE", "10")
    monkeypatch.setenv("APIGEN_STYLE_SHARES", '{"multiple": 1.0}')
    monkeypatch.setenv("APIGEN_HELDOUT_SHARE", "0.5")
    settings.cache_clear()
    _, fates, _ = composed()
    assert fates.value.filter(pl.col("fate") == "chosen")["style"].to_list() == ["multiple"] * 10
