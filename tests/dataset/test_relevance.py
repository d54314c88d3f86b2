"""Relevance rows: no offered tool can serve the query, by construction and by check."""

import itertools
import json
import random
import re
from collections import Counter
from dataclasses import fields

import polars as pl
import pytest

from apigen_assets.dataset import relevance
from apigen_assets.dataset.checks import relevance_problems
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.dataset.giveaway import MOST, told_apart
from apigen_assets.dataset.missing_value import without_values
from apigen_assets.dataset.relevance import KINDS, may_serve, relevance_rows
from apigen_assets.domain.style import Style
from apigen_assets.generation.prompts import WORDINGS, make_messages
from apigen_assets.tool_formats.openai_row import openai_row
from resources.local.standin import errors
from resources.local.standin.server import answer
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
        verified_row(
            f"c{i}", f"{'Count' if i % 2 else 'count'} the loops in {i}", [described("knit")], [("knit", {"amount": i})]
        )
        for i in range(100, 120)
    ]
    made = relevance_rows(frame(data), CATEGORIES, 30, seed=3)
    [query] = made.rows["query"].str.to_lowercase().to_list()
    assert query in ("count the loops", "count the loops in the amount", "count the loops in an amount")
    assert made.shortfall["argument_missing"] == 9
    copies = pl.concat([made.rows, made.rows])
    assert any("1 row with the query" in one for one in relevance_problems(dataset_rows(copies, CATEGORIES)))


def test_queries_that_are_left_with_the_same_words_give_one_row(monkeypatch):
    """They differ in how they said the value, and so in their keys; once it is out, nothing tells them apart."""
    make = relevance._make

    def left_alike(kind, row, *others):
        made = make(kind, row, *others)
        return None if made is None else {**made, "key": row["candidate_id"], "query": "count the loops"}

    monkeypatch.setattr(relevance, "_make", left_alike)
    table = relevance_rows(data(), CATEGORIES, 60, seed=3).rows
    assert table.height > 0
    assert relevance_problems(table) == []


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


def gap(query, tool, arguments):
    calls = [{"name": tool["name"], "arguments": arguments}]
    found = {without_values(query, {tool["name"]: tool}, calls, random.Random(seed)) for seed in range(12)}
    return {one.query for one in found if one is not None}


def test_a_value_that_is_not_surely_the_argument_stays():
    one = tool("f", required=("amount",), optional=("times",))
    assert gap("please pay 5 for 5 items", one, {"amount": 5}) == set()
    assert gap("please pay 5 twice", one, {"amount": 5, "times": 5}) == set()
    assert gap("please pay 15.5 now", one, {"amount": 5}) == set()


def test_a_value_said_in_words_too_is_not_missing():
    one = tool("f", required=("amount",))
    assert gap("pay 5, yes five, now", one, {"amount": 5}) == set()


@pytest.mark.parametrize(
    ("query", "name", "value", "left"),
    [
        ("What is the area of a circle with radius 5?", "radius", 5, "What is the area of a circle?"),
        ("How warm will it be in Lisbon tomorrow?", "city", "Lisbon", "How warm will it be in the city tomorrow?"),
        ("Hi! I need the tide table for Brest, thanks.", "port", "Brest", "Hi! I need the tide table, thanks."),
        ("monthly payment: rate 4.5 %, 20 years", "rate", 4.5, "monthly payment: the rate, 20 years"),
        ("Translate 'good night' into Polish.", "text", "good night", "Translate the text into Polish."),
        ("Take 2.5 kg of rice and scale it", "weight", 2.5, "Take a weight of rice and scale it"),
    ],
)
def test_a_value_goes_as_people_leave_it_out(query, name, value, left):
    schema = {"type": "number" if isinstance(value, int | float) else "string"}
    one = {**tool("f"), "parameters": {"type": "object", "properties": {name: schema}, "required": [name]}}
    forms = gap(query, one, {name: value})
    assert left in forms
    for form in forms:
        assert str(value) not in form
        assert not re.search(r"\b(with|for|of|in|and)\s*[.?!,]*$|  |\s[.,?]", form), form


def test_every_call_of_a_query_for_several_loses_a_value():
    one = {
        **tool("f"),
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    two = {
        **tool("g"),
        "parameters": {"type": "object", "properties": {"team": {"type": "string"}}, "required": ["team"]},
    }

    def left(query, *calls):
        tools = {"f": one, "g": two}
        named = [{"name": name, "arguments": {key: value}} for name, key, value in calls]
        found = {without_values(query, tools, named, random.Random(seed)) for seed in range(12)}
        return [made for made in found if made is not None]

    query = "How warm will it be in Lisbon tomorrow, and how did Ajax play?"
    both = left(query, ("f", "city", "Lisbon"), ("g", "team", "Ajax"))
    assert both
    for made in both:
        assert made.parameters == (("f", "city"), ("g", "team"))
        assert "Lisbon" not in made.query and "Ajax" not in made.query
    # One call that could still be made is enough for the row not to be one without an answer.
    assert not left("How warm is Lisbon, and Lisbon's team Ajax?", ("f", "city", "Lisbon"), ("g", "team", "Ajax"))
    # What all calls share is gone with the first.
    shared = left("Is it dry and is it warm in Lisbon?", ("f", "city", "Lisbon"), ("f", "city", "Lisbon"))
    assert all("Lisbon" not in made.query for made in shared)


def test_no_word_tells_rows_without_calls_from_rows_with_them(monkeypatch):
    """Over queries as the stand-ins write them; single fixed phrases were told apart in 88 of 100."""
    none = errors.Rates(**dict.fromkeys((field.name for field in fields(errors.Rates)), 0.0))
    monkeypatch.setitem(errors.RATES, "standin-large", none)
    rows = []
    for name in ("tides", "knit", "visa", "solfege"):
        one = described(name)
        for seed, wording in itertools.product(range(4), WORDINGS):
            messages = make_messages(Style.SIMPLE, wording, 12, [one], [name], ())
            for pair in json.loads(answer("standin-large", [dict(message) for message in messages], seed)):
                calls = [(name, pair["answers"][0]["arguments"])]
                rows.append(verified_row(f"{name}{len(rows)}", pair["query"], [one], calls))
    made = relevance_rows(frame(rows), CATEGORIES, 240, seed=1)
    assert made.rows.filter(pl.col("kind") == "argument_missing").height > 30
    rate = told_apart(made.rows["query"].to_list(), [row["query"] for row in rows])
    assert rate is not None and rate <= MOST


def test_the_classifier_finds_what_gives_rows_away():
    plain = [f"What is the area for {i}?" for i in range(60)]
    told = [f"What is the area for a certain one, case {i}?" for i in range(60)]
    assert told_apart(told, plain) > 0.95
    assert told_apart(plain[::2], plain[1::2]) == pytest.approx(0.5, abs=0.1)
    assert told_apart(plain[:5], plain) is None


def test_near_misses_of_the_same_category_take_the_place_of_removed_tools():
    seas = [near(f"sea_{word}", f"Report the sea's {word}.", x="number") for word in ("salt", "depth", "waves")]
    moons = [near(f"moon_{word}", f"{word} of moons.", y="string") for word in ("craters", "names", "phases")]
    rows = []
    for one, i in itertools.product([*seas, *moons], range(8)):
        value = {"x": i + 100} if one in seas else {"y": f"n{i}"}
        query = f"{one['name'].replace('_', ' ')} at {next(iter(value.values()))}?"
        rows.append(verified_row(f"{one['name']}{i}", query, [one], [(one["name"], value)]))
    made = relevance_rows(frame(rows), {one["api_id"]: "Science" for one in [*seas, *moons]}, 30, seed=3)
    removed = made.rows.filter(pl.col("kind") == "tool_removed")
    assert removed.height == 10
    for row in removed.iter_rows(named=True):
        [offered] = json.loads(row["tools"])
        assert offered["api_id"] not in json.loads(row["source_apis"])


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
