"""What assets show in the UI."""

import pytest

from apigen_assets.orchestration.metadata import counts_table, funnel_table


def rows(table):
    return [tuple(record.data.values()) for record in table.value.records]


def test_a_funnel_keeps_its_order_and_counts_from_what_came_in():
    table = funnel_table({"in": 8, "rejected: undocumented": 2, "rejected: no_parameters": 4, "kept": 2})
    assert rows(table) == [
        ("in", 8, "100.0%"),
        ("rejected: undocumented", 2, "25.0%"),
        ("rejected: no_parameters", 4, "50.0%"),
        ("kept", 2, "25.0%"),
    ]


def test_counts_come_largest_first_with_their_share_of_all():
    assert rows(counts_table({"a": 1, "c": 2, "b": 1})) == [("c", 2, "50.0%"), ("a", 1, "25.0%"), ("b", 1, "25.0%")]


@pytest.mark.parametrize("table", [funnel_table({}), counts_table({}), funnel_table({"in": 0, "kept": 0})])
def test_nothing_has_no_shares(table):
    assert all(share == "-" for _, _, share in rows(table))
