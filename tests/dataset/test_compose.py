"""Composition is a pure function of the rows as a set and the seed, keeps quotas, and reports what it lacks."""

import json
import random
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.dataset.compose import Fate, Quotas, chosen_rows, compose, unique_rows
from tests.helpers.rows import frame, tool, verified_row

STYLES = ("simple", "parallel", "multiple", "parallel_multiple")


def rows(count, styles=STYLES, generators=("standin-small",)):
    out = []
    for i in range(count):
        style = styles[i % len(styles)]
        tools = [tool("f"), tool("g")] if "multiple" in style else [tool("f")]
        calls = [("f", {"amount": i}), ("f", {"amount": -i})] if "parallel" in style else [("f", {"amount": i})]
        out.append(verified_row(f"c{i:04d}", f"query {i}", tools, calls, generators[i % len(generators)]))
    return out


def composed(data, size, seed=1, **quotas):
    table = frame(data).lazy()
    found = compose(table, size, seed, Quotas(**quotas))
    return found, chosen_rows(table, found.fates)


def fate_of(found):
    return dict(found.fates.select("candidate_id", "fate").iter_rows())


def test_quotas_are_kept_and_shortfalls_reported_not_filled():
    found, chosen = composed(rows(40, ("simple", "simple", "simple", "multiple")), 40)
    assert Counter(chosen["style"]) == {"simple": 10, "multiple": 10}
    assert found.shortfall == {"simple": 0, "multiple": 0, "parallel": 10, "parallel_multiple": 10}
    assert found.over_quota == 20


def test_shares_sum_to_the_size():
    found, _ = composed([], 10)
    assert sum(found.shortfall.values()) == 10


def test_generators_have_shares():
    found, chosen = composed(rows(80, generators=("a", "b", "c", "c", "a")), 40, generators={"a": 0.25, "b": 0.75})
    assert Counter(chosen["generator"])["a"] == 10
    assert "c" not in set(chosen["generator"])
    assert found.shortfall["generator:b"] == 30 - Counter(chosen["generator"])["b"] > 0


def test_an_api_and_a_category_have_limits():
    data = [verified_row(f"c{i}", f"ask {i}", [tool(f"f{i % 3}")], [(f"f{i % 3}", {"amount": i})]) for i in range(30)]
    table = frame(data).lazy()
    only_simple: dict[str, Any] = {"styles": {"simple": 1.0}}
    found = compose(table, 30, 1, Quotas(rows_per_api=4, **only_simple))
    assert found.counts[Fate.CHOSEN] == 12 and found.counts[Fate.OVER_API] == 18
    categories = {"id-f0": "Math", "id-f1": "Math", "id-f2": "Music"}
    found = compose(table, 30, 1, Quotas(category_share=0.2, **only_simple), categories)
    assert found.counts[Fate.OVER_CATEGORY] == 14 + 4
    chosen = found.fates.filter(pl.col("fate") == Fate.CHOSEN)
    assert Counter(chosen["category"]) == {"Math": 6, "Music": 6}


def test_the_same_query_with_the_same_calls_counts_once():
    base = rows(4, ("simple",))
    copy = {
        **base[0],
        "candidate_id": "copy",
        "query": "  QUERY   0 ",
        "answers": '[{"name":"f","arguments":{"amount":0.0}}]',
    }
    other = {
        **base[0],
        "candidate_id": "other",
        "query": "something else entirely",
        "answers": '[{"arguments":{"amount":9},"name":"f"}]',
    }
    found, chosen = composed([*base, copy, other], 100)
    assert found.counts[Fate.SAME_ROW] == 1
    assert chosen.height == 5
    [(one, of)] = found.fates.filter(pl.col("fate") == Fate.SAME_ROW).select("candidate_id", "of").iter_rows()
    assert {one, of} == {"c0000", "copy"}


def test_the_same_calls_in_other_words_count_once_per_style_in_any_order():
    calls = [("f", {"amount": 1}), ("f", {"amount": 2})]
    data = [
        verified_row("a", "what a sunny and pleasant day for one and two", [tool("f")], calls),
        verified_row("b", "please do this for me with 2 then 1", [tool("f")], calls[::-1]),
        verified_row("c", "several tools are here to be chosen from", [tool("f"), tool("g")], calls),
    ]
    found, chosen = composed(data, 100)
    assert found.counts[Fate.SAME_CALLS] == 1 and chosen.height == 2
    found, chosen = composed(data, 100, rows_per_call=2)
    assert chosen.height == 3


def test_calls_without_arguments_are_told_apart_by_their_queries():
    joke = tool("joke", required=())
    asked = ("tell me something that makes people laugh", "I would like to hear a joke now", "Tell me a joke, please!")
    data = [verified_row(f"c{i}", query, [joke], [("joke", {})]) for i, query in enumerate(asked)]
    _, chosen = composed(data, 100)
    assert chosen.height == 3


LONG = (
    "Compute the energy that a body of {} kilograms has when it falls from a height of {} metres on the planet {} today"
)


def test_queries_near_to_each_other_count_once_where_they_call_the_same_functions():
    data = [
        verified_row("a", LONG.format(10, 20, "Mars"), [tool("f")], [("f", {"amount": 1})]),
        verified_row("b", LONG.format(10, 20, "Mars") + " please", [tool("f")], [("f", {"amount": 2})]),
        verified_row("c", LONG.format(10, 20, "Mars") + " please", [tool("g")], [("g", {"amount": 3})]),
        verified_row("d", LONG.format(99, 7, "Venus"), [tool("f")], [("f", {"amount": 4})]),
    ]
    found, chosen = composed(data, 100)
    assert found.counts[Fate.NEAR_QUERY] == 1
    assert {"c", "d"} < set(chosen["candidate_id"])
    assert composed(data, 100, similarity=2)[1].height == 4


def test_short_queries_of_one_template_stay():
    data = [
        verified_row(f"c{i}", f"How many metres are {i} feet?", [tool("f")], [("f", {"amount": i})]) for i in range(200)
    ]
    assert composed(data, 800)[1].height == 200


def test_one_of_many_equal_queries_stays():
    data = [verified_row(f"c{i}", LONG.format(1, 2, "Mars"), [tool("f")], [("f", {"amount": i})]) for i in range(500)]
    found, chosen = composed(data, 4000)
    assert chosen.height == 1 and found.counts[Fate.NEAR_QUERY] == 499


def test_contaminated_rows_stay_out_and_take_nothing_with_them():
    data = rows(4, ("simple",))
    twin = {**data[0], "candidate_id": "twin"}
    table = frame([*data, twin]).lazy()
    fates = fate_of(compose(table, 100, 1, contaminated={"c0000"}))
    assert fates["c0000"] == Fate.CONTAMINATED and fates["twin"] == Fate.CHOSEN


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.randoms())
def test_the_order_of_the_input_does_not_matter(seed, size, shuffler: random.Random):
    data = rows(30) + [{**row, "candidate_id": "x" + row["candidate_id"]} for row in rows(10)]
    found, chosen = composed(data, size, seed)
    shuffler.shuffle(data)
    again, rows_again = composed(data, size, seed)
    assert rows_again.equals(chosen)
    assert again.fates.sort("candidate_id").equals(found.fates.sort("candidate_id"))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.integers(0, 3), st.integers(0, 5), st.sampled_from(["a", "b"])), max_size=40
    ),
    st.integers(1, 50),
)
def test_every_row_has_one_fate_and_the_chosen_ones_keep_to_the_quotas(wild, size):
    data = [
        verified_row(f"c{i}", query, [tool(f"f{name}")], [(f"f{name}", {"amount": amount})], generator)
        for i, (query, name, amount, generator) in enumerate(wild)
    ]
    found, chosen = composed(data, size, styles={"simple": 1.0}, rows_per_api=3)
    assert sorted(found.fates["candidate_id"]) == sorted(row["candidate_id"] for row in data)
    assert sum(found.counts.values()) == len(data)
    assert chosen.height == found.counts[Fate.CHOSEN] <= size
    assert chosen.height + found.shortfall["simple"] == size
    called = Counter(json.loads(answers)[0]["name"] for answers in chosen["answers"])
    assert all(count <= 3 for count in called.values())
    places = found.fates.filter(pl.col("fate") == Fate.CHOSEN)["place"].to_list()
    assert places == list(range(chosen.height))


def test_no_rows_at_all():
    found, chosen = composed([], 10)
    assert chosen.height == 0 and found.fates.height == 0


@pytest.mark.parametrize(
    ("quotas", "message"),
    [
        ({"styles": {"simple": 0.4}}, "sum to 1"),
        ({"styles": {"simple": 1.5, "multiple": -0.5}}, "non-negative"),
        ({"styles": {"simpel": 1.0}}, "unknown styles simpel"),
        ({"generators": {"a": 0.5}}, "generator shares"),
    ],
)
def test_shares_that_are_none_are_refused(quotas, message):
    with pytest.raises(ValueError, match=message):
        compose(frame(rows(4)).lazy(), 4, 1, Quotas(**quotas))


def test_rejects_are_added_once_each():
    data = rows(12)
    copies = [{**row, "candidate_id": "x" + row["candidate_id"]} for row in data[:5]]
    assert unique_rows(frame([*data, *copies]).lazy(), 1).height == 12
