"""Rows of function-calling data sets made anywhere, in the shapes they come in.

Read are xLAM rows (`query`, `tools`, `answers`), OpenAI messages, ShareGPT conversations, prompt and completion, and
the prompt and ground truth of reinforcement learning (GRPO, verl, NeMo Gym); columns as JSON text, as objects, as lists
of JSON text (`Json()` features) or as Arrow structs, which fill every absent field with null.
"""

import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import NamedTuple

from apigen_assets.files.canonical import StrictJsonError, loads_strict
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.tool_formats.openai_tool import unwrapped
from apigen_assets.tool_formats.schema_nulls import has_null_keywords, without_null_arguments, without_null_keywords
from apigen_assets.tool_formats.written_calls import UnreadableCallsError, read_calls
from apigen_assets.tool_formats.xlam_types import TypeStringError, parameters_schema

_QUERIES = ("query", "question", "prompt", "instruction")
_ANSWERS = ("answers", "answer", "tool_calls", "calls", "function_calls", "expected_answers", "ground_truth")
_TOOLS = ("tools", "functions", "available_tools")
_CONVERSATIONS = ("messages", "conversations", "conversation")
_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "function": "tool",
    "developer": "system",
}
_TOOLS_TAG = re.compile(r"<tools>\s*(.*?)\s*</tools>", re.DOTALL)


class UnreadableRowError(ValueError):
    """`kind: detail` of a row that cannot be read; the kind is a reason of the format stage."""


class ForeignRow(NamedTuple):
    """What a row says, in one shape."""

    query: str
    answers: str
    """JSON text of the calls, as strict or not as it came."""
    tools: list[JsonValue]
    """The tools as they are listed, in either form."""


def read_foreign_row(row: JsonMapping, *, filled: bool = False) -> ForeignRow:
    """The query, calls and tools of a row in any of the shapes above.

    Of a conversation the first answer counts, with what the user said before it; messages with calls that follow each
    other are one answer.

    Args:
        row: the row's columns.
        filled: the columns are Arrow structs: null means absent, except for a required argument that may be null.
            A row whose tools have keywords of JSON Schema that are null is taken for one in any case.

    Raises:
        UnreadableRowError: the row has none of these shapes, or a part of it is not JSON.
    """
    query, calls, system = _question(row)
    listed = _listed_tools(row, system)
    tools = [_value(tool, "tools") for tool in listed]
    if not filled and any(has_null_keywords(tool) for tool in tools):
        tools, filled = [without_null_keywords(tool) for tool in tools], True
    elif filled:
        # What JSON text says is complete: its nulls are meant.
        tools = [without_null_keywords(tool) if isinstance(tool, Mapping) else _value(tool, "tools") for tool in listed]
    return ForeignRow(query, _calls_text(calls, tools if filled else None), tools)


def tool_schemas(tools: list[JsonValue]) -> list[JsonObject]:
    """The listed tools as `{name, description, parameters}` with JSON Schema, each once.

    Raises:
        UnreadableRowError: a tool has no name, or a type that cannot be read.
    """
    out: list[JsonObject] = []
    for tool in tools:
        inner = unwrapped(tool) if isinstance(tool, Mapping) else {}
        if not isinstance(inner.get("name"), str):
            raise UnreadableRowError("bad_tools: a tool has no name")
        try:
            parameters = parameters_schema(_value(inner.get("parameters", inner.get("input_schema")), "tools"))
        except TypeStringError as error:
            raise UnreadableRowError(f"bad_tools: {inner['name']}: {error}") from None
        plain = {
            "name": inner["name"],
            "description": str(inner.get("description") or ""),
            "parameters": parameters,
        }
        # The same tool listed twice offers nothing else; two tools under one name are the format check's affair.
        if plain not in out:
            out.append(plain)
    return out


def _question(row: JsonMapping) -> tuple[str, JsonValue, str]:
    """The query, the calls as they stand, and what a system message says."""
    if {"query", "answers"} <= row.keys() and isinstance(row["query"], str):
        return row["query"], _present(row, _ANSWERS, "answers"), _text_of(row.get("system"))
    for key in _CONVERSATIONS:
        if row.get(key) is not None:
            return _conversation(_messages(row[key], key), _text_of(row.get("system")))
    request = row.get("responses_create_params")
    if isinstance(request, Mapping):
        said, system = _said(_messages(request.get("input"), "input"))
        return said, _present(row, _ANSWERS, "expected_answers"), system
    prompt = row.get("prompt")
    if prompt is not None and row.get("completion") is not None:
        return _prompt_and_completion(prompt, row["completion"])
    reward = row.get("reward_model")
    if prompt is not None and isinstance(reward, Mapping):
        row = {**row, "ground_truth": reward.get("ground_truth")}
    if prompt is not None and not isinstance(prompt, str):
        said, system = _said(_messages(prompt, "prompt"))
        return said, _present(row, _ANSWERS, "ground_truth"), system
    query = next((row[key] for key in _QUERIES if row.get(key) is not None), None)
    if not isinstance(query, str):
        raise UnreadableRowError("missing_field: query")
    return query, _present(row, _ANSWERS, "answers"), _text_of(row.get("system"))


def _present(row: JsonMapping, keys: tuple[str, ...], what: str) -> JsonValue:
    for key in keys:
        if row.get(key) is not None:
            return row[key]
    raise UnreadableRowError(f"missing_field: {what}")


def _messages(column: object, what: str) -> list[JsonMapping]:
    """Messages with `role` and `content`, whatever their keys were."""
    if what == "input" and isinstance(column, str):  # of the Responses API
        return [{"role": "user", "content": column}]
    listed = _value(column, what)
    messages = [_value(message, what) for message in listed] if isinstance(listed, list) else None
    if messages is None or not all(isinstance(message, Mapping) for message in messages):
        raise UnreadableRowError(f"missing_field: {what} are not a list of objects")
    out: list[JsonMapping] = []
    for message, source in zip(messages, listed, strict=True):
        if isinstance(column, str) or isinstance(source, str):
            # What JSON text says is complete: its nulls are meant, so that it stays text until it is judged.
            message = {
                key: _dump(message[key]) if message[key] and key == "tool_calls" else message[key] for key in message
            }
        role = str(message.get("role") or message.get("from") or "")
        content = message.get("content", message.get("value"))
        plain = {**message, "role": _ROLES.get(role, role), "content": content}
        if role == "function_call":
            plain["tool_calls"] = content
        out.append(plain)
    return out


def _conversation(messages: list[JsonMapping], system: str) -> tuple[str, JsonValue, str]:
    said = []
    for place, message in enumerate(messages):
        if message["role"] == "system":
            system = system or _text_of(message["content"])
        elif message["role"] == "user":
            said.append(_text_of(message["content"]))
        elif message["role"] == "assistant":
            return "\n".join(said), _answers(messages[place:]), system
    raise UnreadableRowError("missing_field: no message of the assistant")


def _answers(messages: list[JsonMapping]) -> JsonValue:
    """The calls of the first message, and of those that follow at once: some trainers want one call per message."""
    following = takewhile(lambda message: message["role"] == "assistant" and _has_calls(message), messages)
    parts = [_answer(message) for message in following]
    if len(parts) < 2:
        return _answer(messages[0])
    calls = [call for part in parts for call in _listed(_value(part, "tool_calls"))]
    # JSON text among them says that what it holds is complete.
    return _dump(calls) if any(isinstance(part, str) for part in parts) else calls


def _has_calls(message: JsonMapping) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _listed(calls: JsonValue) -> list[JsonValue]:
    return calls if isinstance(calls, list) else [calls]


def _said(messages: list[JsonMapping]) -> tuple[str, str]:
    """What the user and the system say."""
    texts: dict[str, list[str]] = {"user": [], "system": []}
    for message in messages:
        if message["role"] in texts:
            texts[message["role"]].append(_text_of(message["content"]))
    return "\n".join(texts["user"]), "\n".join(texts["system"])


def _prompt_and_completion(prompt: object, completion: object) -> tuple[str, JsonValue, str]:
    if isinstance(prompt, str) and not prompt.lstrip().startswith("["):
        said, system = prompt, ""
    else:
        said, system = _said(_messages(prompt, "prompt"))
    if isinstance(completion, str) and not completion.lstrip().startswith('[{"role"'):
        return said, _written(completion), system
    return said, _conversation(_messages(completion, "completion"), "")[1], system


def _answer(message: JsonMapping) -> JsonValue:
    """The calls of an assistant's message: as its field, or written into its text."""
    if message.get("tool_calls"):
        return message["tool_calls"]
    if message.get("function_call"):
        return [_value(message["function_call"], "function_call")]
    return _written(_text_of(message["content"]))


def _written(text: str) -> list[JsonValue]:
    try:
        return list(read_calls(text))
    except UnreadableCallsError as error:
        raise UnreadableRowError(f"not_json: {error}") from None


def _text_of(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _listed_tools(row: JsonMapping, system: str) -> list[JsonValue]:
    places: list[JsonMapping] = [row]
    for key in ("responses_create_params", "extra_info", "chat_template_kwargs"):
        inner = row.get(key)
        if isinstance(inner, Mapping):
            places.append(inner)
    tools_column = next((place[key] for place in places for key in _TOOLS if place.get(key) not in (None, "")), None)
    if tools_column is None and (tagged := _TOOLS_TAG.search(system)):
        tools_column = _tagged_tools(tagged[1])
    if tools_column is None:
        raise UnreadableRowError("missing_field: tools")
    tools = _value(tools_column, "tools")
    if not isinstance(tools, list):
        raise UnreadableRowError("bad_tools: tools are not a list")
    return [_dump(tool) for tool in tools] if isinstance(tools_column, str) else tools


def _tagged_tools(text: str) -> JsonValue:
    """Tools between `<tools>` tags of a system message: a JSON list, or an object on each line."""
    try:
        return loads_strict(text)
    except StrictJsonError:
        return [_value(line, "tools") for line in text.splitlines() if line.strip()]


def _calls_text(calls_column: object, filled_for: list[JsonValue] | None) -> str:
    """JSON text of calls as `{name, arguments}` each; `filled_for`: the tools, where nulls may mean absence."""
    if isinstance(calls_column, str):
        # Text is judged as it stands, so that duplicate keys and NaN are seen; only wrappings are undone.
        try:
            value = loads_strict(calls_column)
        except StrictJsonError:
            return calls_column
        if isinstance(value, list) and not any(_is_wrapped(call) for call in value):
            return calls_column
        calls_column = value
        filled_for = None
    if isinstance(calls_column, Mapping):
        calls_column = calls_column.get("tool_calls") or [calls_column]
    if not isinstance(calls_column, list):
        return _dump(calls_column)
    calls = []
    for call in calls_column:
        plain = _plain_call(_value(call, "tool_calls"))
        is_text = isinstance(call, str) or isinstance(_arguments_of(call), str)
        calls.append(plain if filled_for is None or is_text else without_null_arguments(plain, filled_for))
    return _dump(calls)


def _arguments_of(call: object) -> object:
    inner = call.get("function", call) if isinstance(call, Mapping) else None
    return inner.get("arguments") if isinstance(inner, Mapping) else None


def _is_wrapped(call: object) -> bool:
    return isinstance(call, Mapping) and (
        isinstance(call.get("function"), Mapping) or isinstance(call.get("arguments"), str)
    )


_WRAPPING = frozenset({"id", "type", "call_id", "index", "status"})


def _plain_call(call: object) -> JsonValue:
    """OpenAI's `{id, type, function: {name, arguments}}` as `{name, arguments}`; any other call as it is."""
    if not isinstance(call, Mapping):
        return call
    inner = call.get("function")
    plain: JsonObject = dict(inner) if isinstance(inner, Mapping) else dict(call)
    if "name" in plain and plain.keys() - _WRAPPING == {"name", "arguments"}:
        plain = {key: plain[key] for key in ("name", "arguments")}
    if isinstance(plain.get("arguments"), str):
        try:
            plain["arguments"] = loads_strict(plain["arguments"] or "{}")
        except StrictJsonError as error:
            raise UnreadableRowError(f"{error.kind}: arguments of {plain.get('name')}: {error}") from None
    elif isinstance(plain.get("arguments"), list):  # an Arrow map
        pairs = plain["arguments"]
        if pairs and all(isinstance(pair, Mapping) and pair.keys() == {"key", "value"} for pair in pairs):
            plain["arguments"] = {str(pair["key"]): pair["value"] for pair in pairs}
    return plain


def _value(stored: object, what: str) -> JsonValue:
    """The value itself, or what its JSON text says."""
    if not isinstance(stored, str):
        return stored
    try:
        return loads_strict(stored)
    except StrictJsonError as error:
        kind = "bad_tools" if what == "tools" else error.kind
        raise UnreadableRowError(f"{kind}: {what}: {error}") from None


def _dump(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=True, default=str)
    except (TypeError, RecursionError, ValueError) as error:
        raise UnreadableRowError(f"not_json: {error}") from None
