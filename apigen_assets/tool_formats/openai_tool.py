"""A tool as OpenAI-style requests carry it, from either spelling of its parameters.

JSON Schema is what APIs and OpenAI-style requests carry; flat xLAM parameters, `{name: {type, description,
default, required}}` with Python-style type names, are what released rows carry (paper, Fig. 3).
"""

from collections.abc import Mapping
from typing import NamedTuple

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.xlam_types import flat_parameter, is_json_schema, parameters_schema


class Parameter(NamedTuple):
    """One parameter of a tool, whichever way its tool spells them."""

    name: str
    spec: JsonMapping
    """Its JSON Schema."""
    required: bool


def parameters_of(parameters: JsonMapping) -> list[Parameter]:
    """The parameters in their order; required are those that `parameters_schema` lists in `required`."""
    if is_json_schema(parameters):
        listed = parameters.get("required")
        required = set(listed) if isinstance(listed, list | tuple) else set()
        properties: JsonMapping = parameters.get("properties") or {}
        return [
            Parameter(name, spec if isinstance(spec, Mapping) else {}, name in required)
            for name, spec in properties.items()
        ]
    return [Parameter(name, *flat_parameter(entry, strict=False)) for name, entry in parameters.items()]


def unwrapped(tool: JsonMapping) -> JsonMapping:
    """The tool itself where it is wrapped as `{"type": "function", "function": ...}`."""
    inner = tool.get("function")
    return inner if isinstance(inner, Mapping) and "name" not in tool else tool


def openai_tool(tool: JsonMapping) -> JsonObject:
    """The tool in OpenAI's form, with a JSON Schema.

    Nothing of a JSON Schema is lost; flat parameters and Python-style type names become JSON Schema's, and a type
    that cannot be read constrains nothing: the tool is shown all the same.
    """
    inner = unwrapped(tool)
    parameters = inner.get("parameters", inner.get("input_schema"))
    schema = parameters_schema(parameters, strict=False, null_where_optional=False)
    schema.setdefault("properties", {})
    if not is_json_schema(parameters if isinstance(parameters, Mapping) else {}):
        schema.setdefault("required", [])
    function = {"name": inner["name"], "description": str(inner.get("description") or ""), "parameters": schema}
    return {"type": "function", "function": function}
