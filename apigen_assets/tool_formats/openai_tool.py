"""The two spellings of a tool's parameters, and the ways between them.

JSON Schema is what APIs and OpenAI-style requests carry; flat xLAM parameters, `{name: {type, description,
default, required}}` with Python-style type names, are what released rows carry (paper, Fig. 3).
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.xlam_types import TypeStringError, is_json_schema, parse_type


class Parameter(NamedTuple):
    """One parameter of a tool, whichever way its tool spells them."""

    name: str
    spec: JsonMapping
    required: bool


def parameters_of(parameters: JsonMapping) -> list[Parameter]:
    """The parameters in their order.

    Required are those a schema lists in `required`; in flat parameters those marked `required`, and where a
    parameter has no mark (rows of the first public release) those whose type does not say `optional`.
    """
    if is_json_schema(parameters):
        required = set(parameters.get("required") or ())
        properties: JsonMapping = parameters.get("properties") or {}
        return [Parameter(name, _mapping(spec), name in required) for name, spec in properties.items()]
    out = []
    for name, given in parameters.items():
        spec = _mapping(given)
        marked = spec.get("required")
        required_here = bool(marked) if marked is not None else "optional" not in str(spec.get("type", "")).lower()
        out.append(Parameter(name, spec, required_here))
    return out


def flat_parameters(parameters: JsonMapping) -> JsonObject:
    """Flat parameters: a schema's properties, `required: true` on those required; flat ones as they are."""
    if not is_json_schema(parameters):
        return dict(parameters)
    return {
        name: {**spec, "required": True} if required else dict(spec)
        for name, spec, required in parameters_of(parameters)
    }


def openai_tool(tool: JsonMapping) -> JsonObject:
    """The tool in OpenAI's form, with a JSON Schema; Python-style type names become JSON Schema's."""
    parameters = tool.get("parameters") or {}
    if is_json_schema(parameters):
        schema = dict(parameters)
        schema["type"] = "object"
    else:
        listed = parameters_of(parameters)
        schema = {
            "type": "object",
            "properties": {one.name: _json_schema(one.spec) for one in listed},
            "required": [one.name for one in listed if one.required],
        }
    function = {"name": tool["name"], "description": tool.get("description", ""), "parameters": schema}
    return {"type": "function", "function": function}


def _mapping(spec: object) -> JsonMapping:
    return spec if isinstance(spec, Mapping) else {"type": str(spec)}


def _json_schema(spec: JsonMapping) -> JsonObject:
    out = {key: value for key, value in spec.items() if key not in ("type", "required")}
    kind = spec.get("type")
    if isinstance(kind, str):
        # A type that cannot be read constrains nothing: the tool is shown all the same.
        with suppress(TypeStringError):
            out |= parse_type(kind).schema
    elif kind is not None:
        out["type"] = kind
    return out
