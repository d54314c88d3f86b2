"""What a tool result is: outcome class and JSON text."""

import json
import re

from referencing.exceptions import Unresolvable

from apigen_assets.domain.outcome import Outcome
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.schema_validator import BadSchemaError, compile_schema
from resources.rest.messages import short
from resources.rest.response import Reading
from resources.rest.structure import judge

_INVALID_PARAMS = -32602
_METHOD_NOT_FOUND = -32601
_REQUEST_TIMEOUT = -32001
_CONNECTION_CLOSED = -32000
_UNKNOWN_TOOL = re.compile(
    r"(unknown tool|tool not found|tool .{1,120} (not found|not available|does not exist))", re.I
)
_INVALID = re.compile(
    r"(MCP error -32602\b|input validation error|invalid arguments?|.{0,120}validation errors? for )", re.IGNORECASE
)


def read_result(result: JsonValue, schema: JsonObject | None = None) -> Reading:
    """The reading of a `CallToolResult`: structured content where there is some, else the content blocks.

    Args:
        result: as the SDK gives it.
        schema: what the server says of the tool's structured results; one that is not a schema says nothing. Where
            the server gives none although it says so, the text has to be one (specification of 2025-06-18).
    """
    value = result.structured_content
    if value is None:
        value = _content(result.content)
    try:
        text = dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        return Reading(Outcome.MALFORMED, f"the result has no JSON form: {error}")
    if result.is_error:
        message = " ".join(block.text for block in result.content if getattr(block, "text", None)) or text
        return Reading(_kind_of_error(message), short(message, 300), text)
    fault = _fault(value, schema) if schema is not None else ""
    if fault and result.structured_content is None and not _fault({"result": value}, schema or {}):
        fault = ""  # a server that gives the text alone, without the object around a plain value
    if fault:
        return Reading(Outcome.MALFORMED, f"the result is not as the tool's schema says: {fault}", text)
    outcome, detail = judge(value)
    return Reading(outcome, detail, None if value is None else text)


def _fault(value: JsonValue, schema: JsonObject) -> str:
    """What in a structured result does not fit its schema; empty where all does."""
    try:
        fault = compile_schema(schema)(value)
    except (BadSchemaError, Unresolvable):
        return ""
    return "" if fault is None else short(f"{fault.path or 'it'}: {fault.message}", 200)


def read_error(code: int, message: str) -> Reading:
    """The reading of a protocol error (JSON-RPC codes)."""
    if code == _REQUEST_TIMEOUT:
        return Reading(Outcome.TIMEOUT, "the server did not answer in time")
    if code == _CONNECTION_CLOSED:
        return Reading(Outcome.TRANSPORT, f"the server closed the connection: {short(message)}")
    detail = f"error {code}: {short(message, 300)}"
    if code == _METHOD_NOT_FOUND or _UNKNOWN_TOOL.match(message):
        return Reading(Outcome.NOT_FOUND, detail)
    return Reading(Outcome.ARGUMENT_ERROR if code == _INVALID_PARAMS else Outcome.SOFT_ERROR, detail)


def _kind_of_error(message: str) -> Outcome:
    if _UNKNOWN_TOOL.match(message):
        return Outcome.NOT_FOUND
    return Outcome.ARGUMENT_ERROR if _INVALID.match(message) else Outcome.SOFT_ERROR


def _content(blocks: list[JsonValue]) -> JsonValue:
    """Text as the JSON value it is, or as text; other content by kind and size, since no model reads it here."""
    values = [_block(block) for block in blocks]
    return None if not values else values[0] if len(values) == 1 else values


def _block(block: JsonValue) -> JsonValue:
    if block.type == "text":
        text = block.text.strip()
        if text[:1] in ("{", "[") or text in ("null", "true", "false"):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                pass
        return text
    size = len(getattr(block, "data", "") or "") * 3 // 4
    shown = {"type": block.type, "media_type": getattr(block, "mime_type", None), "bytes": size or None}
    if block.type in ("resource", "resource_link"):
        shown["uri"] = str(getattr(block, "uri", None) or getattr(getattr(block, "resource", None), "uri", ""))
    return {name: one for name, one in shown.items() if one is not None}
