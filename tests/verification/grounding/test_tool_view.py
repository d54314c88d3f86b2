"""A tool is read once: rows that offer it get the same findings, whatever form it comes in."""

import json

from apigen_assets.domain.tool import Tool
from apigen_assets.verification.grounding import ground
from apigen_assets.verification.grounding.arguments import as_call, leaves_of
from apigen_assets.verification.grounding.tool_view import ToolView
from apigen_assets.verification.mutation.suite import make_mutants
from apigen_assets.verification.stages.format import check_format
from apigen_assets.verification.stages.judge_prompt import ShownTools, judge_messages
from tests.helpers.verification_rows import SPEED, WEATHER, call, seed_rows

ORDER = {
    "name": "place_order",
    "description": "Order things.",
    "parameters": {
        "type": "object",
        "properties": {
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"weight": {"type": "number", "description": "In kilograms."}},
                },
            },
            "extra": {"type": "object", "additionalProperties": {"type": "number"}},
        },
    },
}


def test_findings_are_the_same_for_views_that_are_kept_and_for_tools_that_come_anew():
    rows = seed_rows().gather_every(5)
    damaged = check_format(make_mutants(rows, per_row=3).select(rows.columns)).filter("passed")
    kept: dict[str, list[ToolView]] = {}
    asked = 0
    for query, tools, answers in damaged.select("query", "tools", "answers").iter_rows():
        calls = json.loads(answers)
        records = [Tool.from_json(tool) for tool in json.loads(tools)]
        views = kept.setdefault(tools, list(map(ToolView, records)))
        asked += bool(ground(query, views, calls).findings)
        assert ground(query, views, calls) == ground(query, records, calls) == ground(query, json.loads(tools), calls)
    assert asked > 20


def test_what_lies_inside_is_called_by_its_innermost_key_and_has_its_own_unit():
    tool = ToolView(Tool.from_json(ORDER))
    made = as_call(call("place_order", lines=[{"weight": 2}, {"weight": 3}], extra={"a.b": 1, "": 2}))
    leaves = list(leaves_of(0, made, tool))
    assert [(leaf.path, leaf.name) for leaf in leaves] == [
        ("[0].weight", "weight"),
        ("[1].weight", "weight"),
        (".a.b", "b"),
        (".", "extra"),
    ]
    assert [leaf.wanted for leaf in leaves] == ["kilogram", "kilogram", None, None]
    assert leaves[0].slot is leaves[1].slot


def test_keys_that_calls_make_up_are_not_kept():
    tool = ToolView(Tool.from_json(ORDER))
    for number in range(100):
        list(leaves_of(0, as_call(call("place_order", extra={f"key_{number}": number})), tool))
    assert not tool.parameter("extra")._inside


def test_a_judge_is_shown_the_same_text_whether_tools_were_written_before_or_not():
    calls = [call("forecast", city="Oslo\u2028")]
    shown = ShownTools([SPEED, WEATHER])
    for variant in range(12):
        assert judge_messages("q", shown, calls, [], variant) == judge_messages(
            "q", [SPEED, WEATHER], calls, [], variant
        )
