"""An MCP server without the SDK, for what the SDK does not let a server say: `python mcp_raw_server.py [mode]`."""

import json
import os
import sys
from typing import Any

JsonValue = Any
JsonObject = dict[str, Any]
READ = {"readOnlyHint": True}
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
NODE = {"oneOf": [TEXT, {"type": "array", "items": {"$ref": "#/definitions/N"}}]}
PAIR = {"type": "array", "items": [TEXT, WHOLE]}
ABOVE_ZERO = {"type": "number", "minimum": 0, "exclusiveMinimum": True}
FAR = {"properties": {"mode": {"const": "far"}}}
X = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


def tool(name: str, schema: JsonValue, **more: JsonValue) -> JsonObject:
    return {"name": name, "description": f"The tool {name}.", "inputSchema": schema, "annotations": READ, **more}


def fields(**properties: JsonValue) -> JsonObject:
    return {"type": "object", "properties": properties}


def branch(kind: str, **sizes: int) -> JsonObject:
    properties: JsonObject = {"kind": {"const": kind}, **{name: {"type": "integer"} for name in sizes}}
    return {"type": "object", "properties": properties, "required": list(properties)}


TOOLS: dict[str, list[JsonValue]] = {
    "bad": [
        tool("good", X),
        tool("null", None),
        tool("text", {"type": "string"}),
        tool("untyped", {"anyOf": [X]}),
        tool("inside", {"type": "object", "properties": {"coin": {"type": "string"}, "required": ["coin"]}}),
        "not a tool",
        {"description": "Without a name.", "inputSchema": X},
        tool("also_good", {"type": "object"}),
        tool("good", {"type": "object"}),
    ],
    "odd": [
        tool("either", {"type": "object", "anyOf": [branch("box", width=1), branch("bag", litres=1)]}),
        tool("one_needed", {**fields(a={}, b={}), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        tool("both", {"type": "object", "allOf": [{"properties": {"a": TEXT}}, {"required": ["a"]}]}),
        tool("tree", {**fields(node={"$ref": "#/definitions/N"}), "required": ["node"], "definitions": {"N": NODE}}),
        tool("open", {**fields(a=TEXT), "additionalProperties": TEXT}),
        tool("names", {**fields(**{"filter[a]": TEXT, "$top": {"type": "number"}}), "required": ["$top"]}),
        tool("old", {**fields(pair=PAIR, id={**TEXT, "readOnly": True}, size=ABOVE_ZERO), "required": ["id"]}),
        tool("after", {**fields(mode={"enum": ["near", "far"]}, km=WHOLE), "if": FAR, "then": {"required": ["km"]}}),
        tool("result", X, outputSchema={**fields(n=WHOLE), "required": ["n"]}),
        tool("where", {"type": "object"}),
    ],
}


def answer(name: str, arguments: JsonObject) -> JsonObject:
    if name == "result" and isinstance(arguments["x"], str):  # says it has a schema, and gives the text alone
        return {"content": [{"type": "text", "text": arguments["x"]}]}
    if name == "result":
        number = 5 if arguments["x"] else "five"
        return {"content": [{"type": "text", "text": "see data"}], "structuredContent": {"n": number}}
    said: JsonObject = {"name": name, "arguments": arguments}
    if name == "where":
        said |= {
            "folder": os.getcwd(),
            "level": os.environ.get("LEVEL"),
            "key": os.environ.get("OWN_KEY"),
            "argv": sys.argv[2:],
        }
    return {"content": [{"type": "text", "text": json.dumps(said)}]}


def result_of(method: str, given: JsonObject, mode: str) -> JsonObject:
    if method == "initialize":
        about = {"name": "raw", "version": "1"}
        return {"protocolVersion": given["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": TOOLS[mode], "nextCursor": "again"}  # for ever
    return answer(given["name"], given.get("arguments") or {}) if method == "tools/call" else {}


def main() -> None:
    mode = sys.argv[1] if len(sys.argv) > 1 else "bad"
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            result = result_of(message["method"], message.get("params") or {}, mode)
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)


if __name__ == "__main__":
    main()
