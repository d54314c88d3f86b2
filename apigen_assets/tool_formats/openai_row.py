"""The OpenAI form of a released row: messages and tools, as TRL's SFTTrainer takes them."""

import json

from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.xlam_types import parse_type


def openai_row(row: JsonObject) -> JsonObject:
    """`{id, messages, tools}` of an xLAM row; arguments and tools are JSON text, as their fields differ by row.

    A row without calls has an assistant message without `tool_calls`; its content is the row's `refusal`, or empty.
    """
    calls = json.loads(row["answers"])
    answer: JsonObject = {"role": "assistant", "content": row.get("refusal") or "", "tool_calls": None}
    if calls:
        answer["tool_calls"] = [
            {
                "id": f"call_{row['id']}_{number}",
                "type": "function",
                "function": {
                    "name": call["name"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False),
                },
            }
            for number, call in enumerate(calls)
        ]
    return {
        "id": row["id"],
        "messages": [{"role": "user", "content": row["query"], "tool_calls": None}, answer],
        "tools": json.dumps([_tool(tool) for tool in json.loads(row["tools"])], ensure_ascii=False),
    }


def _tool(tool: JsonObject) -> JsonObject:
    properties = {name: _schema(entry) for name, entry in tool["parameters"].items()}
    required = [name for name, entry in tool["parameters"].items() if entry.get("required")]
    return {
        "type": "function",
        "function": {
            "name": tool["name"],
            "description": tool["description"],
            "parameters": {"type": "object", "properties": properties, "required": required},
        },
    }


def _schema(entry: JsonObject) -> JsonObject:
    schema = {**parse_type(entry["type"]).schema, "description": entry["description"]}
    if "default" in entry:
        schema["default"] = entry["default"]
    return schema
