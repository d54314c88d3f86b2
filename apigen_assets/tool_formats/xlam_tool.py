"""The flat tool format of Salesforce/xlam-function-calling-60k, made from JSON Schema.

A parameter is `{"type", "description", "default", "required"}` with a Python-style type in which optional
parameters say so (`"int, optional"`). `required` is our addition: the original left it out, and a default
there is as often an example as a default.
"""

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import unrolled

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def type_string(schema: JsonObject) -> str:
    """The Python-style type of a JSON Schema: `int`, `List[float]`, `Dict[str, int]`, `Union[int, str]`."""
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        names = list(dict.fromkeys(type_string(option) for option in options if option.get("type") != "null"))
        return names[0] if len(names) == 1 else f"Union[{', '.join(names)}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        names = [_SCALARS.get(name, type_string({**schema, "type": name})) for name in kind if name != "null"]
        return names[0] if len(names) == 1 else f"Union[{', '.join(names)}]"
    if kind == "array":
        items = schema.get("items")
        return f"List[{type_string(items)}]" if isinstance(items, dict) and items else "List"
    if kind == "object":
        values = schema.get("additionalProperties")
        if not schema.get("properties") and isinstance(values, dict) and values:
            return f"Dict[str, {type_string(values)}]"
        return "Dict"
    if kind in _SCALARS:
        return _SCALARS[kind]
    if "enum" in schema:
        names = sorted({type(value).__name__ for value in schema["enum"] if value is not None})
        return names[0] if len(names) == 1 else f"Union[{', '.join(names)}]" if names else "Any"
    return "Any"


def flat_parameters(parameters: JsonObject) -> dict[str, JsonObject]:
    """Flat parameters of a JSON Schema of type object, in its order.

    What the flat form has no place for (allowed values, fields of a record) goes into the description.
    """
    parameters = unrolled(parameters, levels=1)
    required = set(parameters.get("required", ()))
    flat: dict[str, JsonObject] = {}
    for name, schema in parameters.get("properties", {}).items():
        kind = type_string(schema)
        entry: JsonObject = {
            "description": _description(schema),
            "type": kind if name in required else f"{kind}, optional",
        }
        if "default" in schema:
            entry["default"] = schema["default"]
        entry["required"] = name in required
        flat[name] = entry
    return flat


def flat_tool(tool: JsonObject) -> JsonObject:
    """`{name, description, parameters}` with flat parameters, from a tool with a JSON Schema."""
    return {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": flat_parameters(tool["parameters"]),
    }


def _description(schema: JsonObject) -> str:
    parts = [str(schema.get("description", "")).strip()]
    choices = schema.get("enum") or (schema.get("items") or {}).get("enum")
    if choices and not all(str(choice) in parts[0] for choice in choices):
        parts.append("One of: " + ", ".join(str(choice) for choice in choices) + ".")
    fields = schema.get("properties") or (schema.get("items") or {}).get("properties")
    if fields:
        needed = set((schema if schema.get("properties") else schema["items"]).get("required", ()))
        listed = (
            f"{name} ({type_string(field)}{'' if name in needed else ', optional'})" for name, field in fields.items()
        )
        parts.append("Fields: " + ", ".join(listed) + ".")
    return " ".join(part for part in parts if part)
