"""APIs are held out by their id alone; no API is called on both sides."""

import json

from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.dataset.checks import split_problems
from apigen_assets.dataset.dataset_rows import dataset_rows
from apigen_assets.dataset.splits import is_held_out, split_of
from tests.helpers.rows import frame, tool, verified_row

APIS = [f"id-f{i}" for i in range(40)]


def rows(share):
    data = []
    for i in range(40):
        tools = [tool(f"f{i}"), tool(f"f{(i + 7) % 40}")]
        data.append(verified_row(f"a{i}", f"query {i}", tools, [(f"f{i}", {"amount": i})]))
        both = [(one["name"], {"amount": i}) for one in tools]
        data.append(verified_row(f"b{i}", f"both {i}", tools, both))
    return dataset_rows(frame(data), {}, heldout_share=share)


def test_no_api_is_called_on_both_sides_and_rows_that_call_both_kinds_are_in_neither():
    table = rows(0.3)
    assert set(table["split"]) == {"train", "heldout", "mixed"}
    assert split_problems(table) == []
    for split, api_ids in table.select("split", "api_ids").iter_rows():
        held = [is_held_out(one, 0.3) for one in json.loads(api_ids)]
        assert split == ("heldout" if all(held) else "mixed" if any(held) else "train")


def test_without_a_share_everything_is_for_training():
    assert set(rows(0.0)["split"]) == {"train"}


@given(st.floats(0, 0.99), st.floats(0, 0.99))
def test_a_larger_share_holds_out_more_and_none_less(one, two):
    low, high = sorted((one, two))
    assert {api for api in APIS if is_held_out(api, low)} <= {api for api in APIS if is_held_out(api, high)}


def test_the_share_is_about_what_is_asked_for():
    held = sum(is_held_out(f"api{i}", 0.1) for i in range(10_000))
    assert 900 < held < 1100


def test_a_row_without_apis_is_for_training():
    assert split_of([], 0.5) == "train"


def test_the_check_sees_an_api_on_both_sides():
    table = rows(0.3).with_columns(split=rows(0.3)["split"].replace("mixed", "train"))
    assert split_problems(table)
