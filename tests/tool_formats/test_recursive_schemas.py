"""Schemas that contain themselves: carried as `$defs`, checked in bounded time, shown in every format."""

import time

from apigen_assets.catalog.filters.example_values import example_arguments
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import checked_parameters, target_of, unrolled
from apigen_assets.tool_formats.schema_validator import compile_schema
from apigen_assets.tool_formats.xlam_tool import flat_parameters
from apigen_assets.verification.grounding.arguments import as_call, as_tool, leaves_of
from apigen_assets.verification.stages.format import compile_tool

PARAMETERS = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "root": {"$ref": "#/$defs/Node", "description": "Top of the tree."},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
    },
    "required": ["root"],
    "additionalProperties": False,
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["size"],
        }
    },
}


def deep(levels):
    node: JsonObject = {"size": 0}
    for level in range(levels):
        node = {"size": level, "parts": [node]}
    return node


def test_the_format_check_looks_into_every_level_and_names_the_argument():
    tool = compile_tool(checked_parameters(PARAMETERS))
    assert tool.arguments["root"](deep(12)) is None and tool.other is None
    bad = deep(0)
    bad["size"] = "seven"
    fault = tool.arguments["root"]({"size": 1, "parts": [{"size": 2, "parts": [bad]}]})
    assert fault.keyword == "type" and fault.path == ".parts[0].parts[0].size"
    assert tool.arguments["rows"]([{"parts": []}]).keyword == "required"


def test_a_schema_that_doubles_at_each_level_is_given_up_in_bounded_time():
    twice = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/T"}}] * 2}
    twice["anyOf"][1] = {"type": "array", "maxItems": 9, "items": {"$ref": "#/$defs/T"}}
    check = compile_schema({"$ref": "#/$defs/T", "$defs": {"T": twice}})
    value: JsonValue = "no list"
    for _ in range(24):
        value = [value]
    started = time.process_time()
    fault = check(value)
    assert fault.keyword == "$ref" and "references" in fault.message
    assert time.process_time() - started < 20
    assert check([[], [[]]]) is None


def test_a_reference_to_itself_ends():
    loop: JsonObject = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    assert compile_schema(loop)(1).keyword == "$ref"
    assert target_of({"$ref": "#/$defs/A", "description": "x"}, loop["$defs"]) == {"description": "x"}
    assert unrolled({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": loop["$defs"]}) == {"properties": {"a": {}}}


def test_upper_levels_are_written_out_where_a_format_has_no_references():
    flat = flat_parameters(PARAMETERS)
    assert flat["root"]["type"] == "Dict" and flat["rows"]["type"] == "List[Dict], optional"
    assert "size (int)" in flat["root"]["description"] and "Top of the tree." in flat["root"]["description"]
    assert "$ref" not in str(flat)
    assert example_arguments(PARAMETERS).arguments == {"root": {"size": 1}}


def test_grounding_knows_the_schemas_of_what_lies_inside():
    call = {"name": "draw", "arguments": {"root": {"size": 1, "parts": [{"size": 2}]}}}
    leaves = list(leaves_of(0, as_call(call), as_tool({"name": "draw", "parameters": PARAMETERS})))
    assert [(leaf.path, leaf.schema.get("type")) for leaf in leaves] == [
        (".size", "integer"),
        (".parts[0].size", "integer"),
    ]
