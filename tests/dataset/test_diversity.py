"""Diversity: known figures for known rows, the same for tools in either form."""

import json

import polars as pl
import pytest

from apigen_assets.dataset.diversity import FORMS, by_groups, diversity, table_of
from apigen_assets.files.json_types import JsonObject

SCHEMA: JsonObject = {
    "name": "f",
    "parameters": {
        "type": "object",
        "properties": {
            "x": {"type": "number"},
            "unit": {"type": "string", "enum": ["m", "km"]},
            "places": {"type": "integer", "default": 2},
        },
        "required": ["x"],
    },
}
FLAT: JsonObject = {
    "name": "f",
    "parameters": {
        "x": {"type": "float", "required": True},
        "unit": {"type": "str, optional", "enum": ["m", "km"], "required": False},
        "places": {"type": "int, optional", "default": 2, "required": False},
    },
}


def rows(tool: JsonObject, *pairs: tuple[str, list[JsonObject]], **more: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "query": [query for query, _ in pairs],
            "tools": [json.dumps([tool])] * len(pairs),
            "answers": [json.dumps([{"name": "f", "arguments": one} for one in calls]) for _, calls in pairs],
            **more,
        }
    )


@pytest.mark.parametrize("tool", [SCHEMA, FLAT])
def test_use_of_a_function_is_counted(tool: JsonObject) -> None:
    [one] = diversity(
        rows(
            tool,
            ("area of 5 and of seven", [{"x": 5, "unit": "m"}, {"x": 7}]),
            ("area of half a dozen", [{"x": 2.5}]),
            ("nothing here", []),
        )
    )
    assert (one.rows, one.apis, one.calls) == (2, 1, 1.5)
    assert one.optional_used == 1 / 2  # unit of unit and places
    assert one.optional_share == pytest.approx(1 / 6)
    assert one.members_used == 1 / 2
    assert one.forms == {"as written": 1 / 4, "number in words": 1 / 4, "otherwise": 2 / 4}
    assert sum(one.forms.values()) == 1 and set(one.forms) == set(FORMS)


def test_rows_that_say_the_same_are_alike_and_others_are_not() -> None:
    call: list[JsonObject] = [{"x": 1}]
    same = [(f"what is the area of a circle {i}", call) for i in range(20)]
    words = [f"w{i}a w{i}b w{i}c w{i}d" for i in range(20)]
    [alike] = diversity(rows(SCHEMA, *same))
    [apart] = diversity(rows(SCHEMA, *((one, call) for one in words)))
    assert alike.self_similarity > 0.7 > 0 == apart.self_similarity
    assert alike.distinct_2 < 0.3 < 1 == apart.distinct_2 == apart.distinct_1


def test_groups_are_styles_generators_and_rounds() -> None:
    table = rows(
        SCHEMA,
        *((f"area of {i}", [{"x": i}]) for i in range(6)),
        candidate_id=[f"c{i}" for i in range(6)],
        style=["simple"] * 4 + ["parallel"] * 2,
        generator=["a", "b"] * 3,
    )
    rounds = pl.DataFrame(
        {"candidate_id": ["c0", "c1", "c2"], "round": [None, 2, 2]}, schema_overrides={"round": pl.Int64}
    )
    groups = dict(by_groups(table, rounds))
    assert {by: [(one.group, one.rows) for one in figures] for by, figures in groups.items()} == {
        "all": [("all", 6)],
        "style": [("parallel", 2), ("simple", 4)],
        "generator": [("a", 3), ("b", 3)],
        "round": [("1", 4), ("2", 2)],
    }
    assert "round" not in dict(by_groups(table))
    assert table_of(groups["style"]).count("\n") == 3
    assert table_of(groups["style"]) == table_of(dict(by_groups(table.reverse()))["style"])


def test_no_rows_and_odd_calls_give_figures_too() -> None:
    assert diversity(rows(SCHEMA).with_columns(pl.lit("s").alias("style")), "style") == []
    odd = pl.DataFrame({"query": ["q"], "tools": ["[]"], "answers": ['[{"name": "g"}, {"name": "f", "arguments": 1}]']})
    assert diversity(odd)[0].calls == 0
