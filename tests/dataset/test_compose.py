"""Composition is a pure function of rows and seed, keeps quotas, and reports what it lacks."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_assets.dataset.compose import compose
from tests.rows import frame, tool, verified_row


def rows(count, styles=("simple", "parallel", "multiple", "parallel_multiple")):
    out = []
    for i in range(count):
        style = styles[i % len(styles)]
        tools = [tool("f"), tool("g")] if "multiple" in style else [tool("f")]
        calls = [("f", {"amount": i})] * (2 if "parallel" in style else 1)
        out.append(verified_row(f"c{i:04d}", f"query {i}", tools, calls))
    return out


def test_quotas_are_kept_and_shortfalls_reported_not_filled():
    made = compose(frame(rows(40, ("simple", "simple", "simple", "multiple"))).lazy(), 40, seed=1)
    counts = dict(made.rows["style"].value_counts().iter_rows())
    assert counts == {"simple": 10, "multiple": 10}
    assert made.shortfall == {"simple": 0, "multiple": 0, "parallel": 10, "parallel_multiple": 10}
    assert made.over_quota == {"simple": 20, "multiple": 0}


def test_the_same_query_with_the_same_calls_counts_once():
    base = rows(4, ("simple",))
    copies = [{**base[0], "candidate_id": "copy", "query": "  QUERY   0 "}]
    other = [{**base[0], "candidate_id": "other", "answers": '[{"arguments":{"amount":9},"name":"f"}]'}]
    made = compose(frame([*base, *copies, *other]).lazy(), 100, seed=1)
    assert made.duplicates == 1
    assert made.rows.height == 5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.randoms())
def test_the_order_of_the_input_does_not_matter(seed, size, shuffler: random.Random):
    data = rows(30)
    first = compose(frame(data).lazy(), size, seed)
    shuffler.shuffle(data)
    assert compose(frame(data).lazy(), size, seed).rows.equals(first.rows)


def test_no_rows_at_all():
    made = compose(frame([]).lazy(), 10, seed=1)
    assert made.rows.height == 0
    assert sum(made.shortfall.values()) == 8


def test_shares_must_sum_to_one():
    with pytest.raises(ValueError, match="sum to 1"):
        compose(frame(rows(4)).lazy(), 4, seed=1, shares={"simple": 0.4})
