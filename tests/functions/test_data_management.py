from typing import Any

import pytest

from apigen_assets.functions import data_management as data


def test_groups():
    entries: list[Any] = [{"label": "a", "amount": 0.1}, {"label": "b", "amount": 5}, {"label": "a", "amount": 0.2}]
    assert data.aggregate_by_label(entries) == {"a": 0.3, "b": 5}
    assert data.aggregate_by_label(entries, "count") == {"a": 2, "b": 1}
    assert data.aggregate_by_label(entries, "max") == {"a": 0.2, "b": 5}


def test_the_last_page_may_be_short():
    assert data.page_bounds(41, 3) == {"first": 41, "last": 41, "pages": 3}
    with pytest.raises(ValueError, match="page must be"):
        data.page_bounds(40, 3)


def test_comparison_of_lists():
    first, second = ["a", "b", "b", "c"], ["c", "d"]
    assert data.compare_lists(first, second, "both") == ["c"]
    assert data.compare_lists(first, second, "only_first") == ["a", "b"]
    assert data.compare_lists(first, second, "only_second") == ["d"]
    assert data.compare_lists(first, second, "one_side") == ["a", "b", "d"]


def test_rescaling():
    assert data.rescale_values([5, 10, 7.5], -1, 1) == [-1, 1, 0]
    with pytest.raises(ValueError, match="equal"):
        data.rescale_values([2, 2])


def test_duplicates_keep_the_first_spelling():
    assert data.find_duplicates(["Kim", "KIM", "lee", "kim"], ignore_case=True) == {"Kim": 3}
    assert data.find_duplicates(["Kim", "KIM"]) == {}


def test_ranks_with_ties():
    scores: list[Any] = [{"name": name, "score": score} for name, score in (("a", 7), ("b", 9), ("c", 9), ("d", 1))]
    assert [one["rank"] for one in data.rank_scores(scores)] == [1, 1, 3, 4]
    assert [one["rank"] for one in data.rank_scores(scores, "dense")] == [1, 1, 2, 3]
    assert [one["name"] for one in data.rank_scores(scores, lowest_first=True)] == ["d", "a", "b", "c"]
