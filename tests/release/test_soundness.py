"""Rows that may not be released are found, and told with their number."""

import json

import polars as pl
import pytest

from apigen_assets.release.soundness import UnsoundRowsError, check_rows
from tests.helpers.releases import rows


def with_value(column, value, row=3):
    return rows().with_columns(pl.when(pl.col("id") == row).then(pl.lit(value)).otherwise(column).alias(column))


def test_sound_rows_are_counted():
    assert check_rows(rows().lazy()) == 25


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("id", 77, "its id is 77"),
        ("query", "  ", "the query is empty"),
        ("answers", "[", "not in the released form"),
        ("answers", '{"name": "f"}', "not in the released form"),
        ("answers", json.dumps([{"name": "h", "arguments": {}}]), "it calls 'h', which is not offered"),
        ("answers", json.dumps([{"name": "f", "arguments": {"amount": 1, "x": 2}}]), "f has no parameter 'x'"),
        ("answers", json.dumps([{"name": "f", "arguments": {}}]), "the call of f lacks 'amount'"),
        ("tools", "null", "not in the released form"),
        ("tool_schemas", "[]", "its tools and their whole schemas differ"),
        ("tool_schemas", "[{}]", "not in the released form"),
    ],
)
def test_an_unsound_row_is_told(column, value, says):
    with pytest.raises(UnsoundRowsError, match="row 3: ") as caught:
        check_rows(with_value(column, value).lazy())
    assert says in str(caught.value)


def test_a_row_without_calls_is_sound():
    assert check_rows(with_value("answers", "[]").lazy()) == 25


def test_no_rows_are_nothing_to_release():
    with pytest.raises(UnsoundRowsError, match="nothing to release"):
        check_rows(rows().head(0).lazy())


def test_many_faults_are_told_in_short():
    with pytest.raises(UnsoundRowsError, match="and 20 more"):
        check_rows(rows().with_columns(pl.lit("").alias("query")).lazy())
