"""Relevance rows: no offered tool can serve the query, by construction."""

import json

from apigen_assets.dataset.relevance import relevance_rows, without_value
from tests.rows import frame, tool, verified_row

CATEGORIES = {"id-f": "Math", "id-g": "Math", "id-h": "Travel"}


def data():
    rows = []
    for i in range(30):
        rows.append(verified_row(f"a{i}", f"Do f with {i + 100}", [tool("f"), tool("g")], [("f", {"amount": i + 100})]))
        rows.append(verified_row(f"b{i}", f"Do h with {i + 500}", [tool("h")], [("h", {"amount": i + 500})]))
    return frame(rows)


def test_each_kind_is_made_and_true():
    source = {row["candidate_id"]: row for row in data().iter_rows(named=True)}
    made = relevance_rows(data(), CATEGORIES, 30, seed=3)
    assert set(made["kind"]) == {"tool_removed", "argument_missing", "other_domain"}
    for row in made.iter_rows(named=True):
        original = source[row["candidate_id"]]
        called = {call["name"] for call in json.loads(original["answers"])}
        offered = {t["name"] for t in json.loads(row["tools"])}
        assert row["answers"] == "[]"
        assert offered
        if row["kind"] == "argument_missing":
            value = str(json.loads(original["answers"])[0]["arguments"]["amount"])
            assert value not in row["query"]
        else:
            assert not called & offered
        if row["kind"] == "other_domain":
            own = {CATEGORIES[t["api_id"]] for t in json.loads(original["tools"])}
            assert not own & {CATEGORIES[t["api_id"]] for t in json.loads(row["tools"])}


def test_more_rows_extend_fewer():
    few = relevance_rows(data(), CATEGORIES, 5, seed=3)
    assert relevance_rows(data(), CATEGORIES, 12, seed=3).head(5).equals(few)


def test_a_value_that_is_not_surely_the_argument_stays():
    one = tool("f", required=("amount",), optional=("times",))
    assert without_value("pay 5 for 5 items", one, {"amount": 5}) is None
    assert without_value("pay 5 twice", one, {"amount": 5, "times": 5}) is None
    assert without_value("pay 15.5 now", one, {"amount": 5}) is None
    assert without_value("pay 5 now", one, {"amount": 5}) == "pay some amount now"


def test_no_rows_give_no_rows():
    assert relevance_rows(frame([]), {}, 10, seed=1).height == 0
