"""Relevance rows: no offered tool can serve the query, by construction and by check."""

import json
from collections import Counter

import polars as pl
import pytest

from apigen_assets.dataset.checks import relevance_problems
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.dataset.relevance import KINDS, may_serve, relevance_rows, without_value
from apigen_assets.tool_formats.openai_row import openai_row
from tests.helpers.rows import frame, tool, verified_row

WORDS = {
    "tides": "Predict ocean tides",
    "solfege": "Sing notes",
    "visa": "List embassy papers",
    "knit": "Count stitches",
}
CATEGORIES = {"id-tides": "Science", "id-solfege": "Science", "id-visa": "Travel", "id-knit": "Lifestyle"}


def described(name):
    return {**tool(name), "description": WORDS[name] + "."}


def data(count=30):
    rows = []
    for i in range(count):
        guest = "guest " + "x" * (i + 1)
        rows.append(
            verified_row(
                f"a{i}",
                f"When is high water with {i + 100}, {guest}?",
                [described("tides"), described("solfege")],
                [("tides", {"amount": i + 100})],
            )
        )
        rows.append(
            verified_row(
                f"b{i}", f"Papers for {i + 500}, {guest}", [described("visa")], [("visa", {"amount": i + 500})]
            )
        )
        rows.append(
            verified_row(f"k{i}", f"Loops in {i + 900}, {guest}", [described("knit")], [("knit", {"amount": i + 900})])
        )
    return frame(rows)


def test_a_third_of_each_kind_and_all_true():
    source = {row["candidate_id"]: row for row in data().iter_rows(named=True)}
    made = relevance_rows(data(), CATEGORIES, 30, seed=3)
    assert Counter(made.rows["kind"]) == dict.fromkeys(KINDS, 10)
    assert set(made.shortfall.values()) == {0}
    for row in made.rows.iter_rows(named=True):
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
    assert relevance_problems(dataset_rows(made.rows, CATEGORIES)) == []


def test_a_kind_that_lacks_rows_is_reported_and_not_filled():
    only_simple = data().filter(data()["candidate_id"].str.starts_with("k"))
    made = relevance_rows(only_simple, CATEGORIES, 30, seed=3)
    assert Counter(made.rows["kind"]) == {"argument_missing": 10}
    assert made.shortfall == {"tool_removed": 10, "argument_missing": 0, "other_domain": 10}


def test_queries_that_are_one_without_their_value_give_one_row():
    data = [
        verified_row(f"c{i}", f"{'Loops' if i % 2 else 'loops'} in {i}", [described("knit")], [("knit", {"amount": i})])
        for i in range(100, 120)
    ]
    made = relevance_rows(frame(data), CATEGORIES, 30, seed=3)
    assert made.rows["query"].str.to_lowercase().to_list() == ["loops in some amount"]
    assert made.shortfall["argument_missing"] == 9
    copies = pl.concat([made.rows, made.rows])
    assert any("1 rows have the query" in one for one in relevance_problems(dataset_rows(copies, CATEGORIES)))


def test_the_order_of_the_rows_does_not_matter():
    assert relevance_rows(data().reverse(), CATEGORIES, 20, seed=3).rows.equals(
        relevance_rows(data(), CATEGORIES, 20, seed=3).rows
    )


def near(name, description, **parameters):
    properties = {key: {"type": kind} for key, kind in parameters.items()}
    return {
        "api_id": name,
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": list(properties)},
    }


def test_a_tool_that_might_serve_after_all_is_no_distractor():
    removed = near("get_weather", "Get the current weather of a city.", city="string")
    calls = [{"name": "get_weather", "arguments": {"city": "Lima"}}]
    query = "How warm is it in Lima?"
    assert may_serve(near("weather_now", "Current weather for a city.", place="string"), query, [removed], calls)
    assert may_serve(near("city_facts", "Facts on a city.", city="string"), query, [removed], calls)
    assert not may_serve(near("dice", "Roll a die.", sides="integer"), query, [removed], calls)
    assert may_serve(near("warm_lima", "x", a="integer"), query, [removed], calls)  # the query says its whole name


def test_a_value_that_is_not_surely_the_argument_stays():
    one = tool("f", required=("amount",), optional=("times",))
    assert without_value("pay 5 for 5 items", one, {"amount": 5}) is None
    assert without_value("pay 5 twice", one, {"amount": 5, "times": 5}) is None
    assert without_value("pay 15.5 now", one, {"amount": 5}) is None
    assert without_value("pay 5 now", one, {"amount": 5}) == ("pay some amount now", "amount")


def test_a_value_said_in_words_too_is_not_missing():
    one = tool("f", required=("amount",))
    assert without_value("pay 5, yes five, now", one, {"amount": 5}) is None


@pytest.mark.parametrize("refusal", [True, False])
def test_refusals_are_optional_and_become_the_content_of_messages(refusal):
    made = relevance_rows(data(), CATEGORIES, 9, seed=3, refusal=refusal)
    for row in dataset_rows(made.rows, CATEGORIES).iter_rows(named=True):
        message = openai_row(row)["messages"][-1]
        assert bool(message["content"]) is refusal
        assert "tool_calls" not in message
        if refusal and row["kind"] == "argument_missing":
            assert "amount" in message["content"]


def test_a_relevance_row_has_the_category_and_the_split_of_its_source():
    made = relevance_rows(data(), CATEGORIES, 30, seed=3)
    source = {"a": "Science", "b": "Travel", "k": "Lifestyle"}
    for row in dataset_rows(made.rows, CATEGORIES, heldout_share=0.99).iter_rows(named=True):
        assert row["category"] == source[row["candidate_id"][0]]
        assert row["split"] == "heldout" and row["api_ids"] == "[]"


def test_no_rows_give_no_rows():
    assert relevance_rows(frame([]), {}, 10, seed=1).rows.height == 0
