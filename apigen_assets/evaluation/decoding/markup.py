"""Calls whose arguments are marked up one by one; their types come from the function offered."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from .errors import UndecodableError
from .json_types import JsonMapping, JsonValue

_GLM_CALL = re.compile(r"<tool_call>\s*([^\s<{]+)\s*((?:<arg_key>.*?)?)\s*</tool_call>", re.DOTALL)
_GLM_ARGUMENT = re.compile(r"<arg_key>\s*(.*?)\s*</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_QWEN_CALL = re.compile(r"<function=([^>\s]+)>\s*((?:<parameter=.*?)?)\s*</function>", re.DOTALL)
_QWEN_ARGUMENT = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_INVOKE_CALL = re.compile(r"<invoke name=\"([^\"]+)\">(.*?)</invoke>", re.DOTALL)
_INVOKE_ARGUMENT = re.compile(r"<parameter name=\"([^\"]+)\"[^>]*>(.*?)</parameter>", re.DOTALL)

TEXT_TYPES = {"string", "str", "char"}

Tools = Sequence[JsonMapping]


def glm_tags(answer: JsonValue, tools: Tools = ()) -> JsonValue:
    """`<tool_call>name <arg_key>..</arg_key><arg_value>..</arg_value></tool_call>`; GLM 4.5 and later."""
    return _read(_GLM_CALL.findall(answer), _GLM_ARGUMENT, tools, "no <tool_call> with <arg_key>")


def qwen_coder(answer: JsonValue, tools: Tools = ()) -> JsonValue:
    """`<function=name><parameter=key>value</parameter></function>`; Qwen 3 Coder and others."""
    return _read(_QWEN_CALL.findall(answer), _QWEN_ARGUMENT, tools, "no <function=name> with <parameter=key>")


def invoke(answer: JsonValue, tools: Tools = ()) -> JsonValue:
    """`<invoke name="f"><parameter name="a">1</parameter></invoke>`; Claude's text form, MiniMax, DeepSeek."""
    return _read(_INVOKE_CALL.findall(answer), _INVOKE_ARGUMENT, tools, 'no <invoke name="...">')


def _read(found: Iterable[tuple[str, str]], argument: re.Pattern[str], tools: Tools, missing: str) -> JsonValue:
    calls = []
    for name, body in found:
        types = _types(name, tools)
        calls.append({name: {key: _typed(value, types.get(key)) for key, value in argument.findall(body)}})
    if not calls:
        raise UndecodableError(missing)
    return calls


def _types(name: str, tools: Tools) -> dict[str, str]:
    for tool in tools:
        if tool["name"] in {name, name.replace("_", ".")} or tool["name"].replace(".", "_") == name:
            properties = tool["parameters"].get("properties", {})
            return {
                key: str(schema.get("type", "")) for key, schema in properties.items() if isinstance(schema, Mapping)
            }
    return {}


def _typed(text: str, declared: str | None) -> JsonValue:
    """Text where the parameter is text, else the JSON value that the text is, else the text."""
    if declared is not None and declared.lower() in TEXT_TYPES:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if text.strip().lower() in {"true", "false"}:
            return text.strip().lower() == "true"
        return text
