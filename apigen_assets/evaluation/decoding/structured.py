"""Answers kept as structures: tool calls of any provider's API, whole messages, and the leaderboard's short form."""

import json
from collections.abc import Iterator

from .errors import UndecodableError
from .json_types import JsonObject, JsonValue
from .named_calls import any_spelling, parsed

_CALL_TYPES = {"function_call", "tool_use", "tool_call", "tool-call"}
_NESTED = ("functionCall", "function_call", "toolUse", "tool_use")
"""Keys under which a content part keeps its call."""


def structured(answer: JsonValue) -> JsonValue:
    """Tool calls of an API's message, or `[{name: "<JSON arguments>"}]` as the leaderboard stores them.

    Read are a list of calls (chat completions, Responses items, content parts of Anthropic, Gemini and Bedrock), a
    message with `tool_calls`, `function_call` or `content`, and a response with `choices`, `output` or `message`, also
    as a batch's line holds it.

    Raises:
        UndecodableError: text, or a structure that says something without calling.
    """
    if isinstance(answer, dict):
        calls = list(_of_message(answer))
        if not calls and not _says_nothing(answer):
            raise UndecodableError("the message holds no call")
        return calls
    if not isinstance(answer, list):
        raise UndecodableError(f"{type(answer).__name__} is not a list of calls")
    calls = [call for item in answer for call in _of_item(item)]
    if not calls and any(_has_text(item) for item in answer):
        raise UndecodableError("no item is a call")
    return calls


def _of_message(message: dict[JsonValue, JsonValue]) -> Iterator[JsonObject]:
    for key in ("choices", "candidates"):
        if isinstance(message.get(key), list):
            yield from _of_message(message[key][0] if message[key] else {})
            return
    for key in ("response", "body", "message", "content", "output"):
        inner = message.get(key)
        if isinstance(inner, dict):
            yield from _of_message(inner)
            return
    if isinstance(message.get("tool_calls"), list):
        for call in message["tool_calls"]:
            yield from _of_item(call)
        return
    for key in ("output", "content", "parts"):
        if isinstance(message.get(key), list):
            for item in message[key]:
                yield from _of_item(item)
            return
    nested = next((message[key] for key in _NESTED if isinstance(message.get(key), dict)), None)
    if nested is not None:
        yield any_spelling(nested)
    elif "name" in message and ("arguments" in message or message.get("type") in _CALL_TYPES):
        yield any_spelling(message)


def _of_item(item: JsonValue) -> Iterator[JsonObject]:
    """The call of one item; none of a text part or a reasoning item."""
    if not isinstance(item, dict):
        raise UndecodableError(f"{type(item).__name__} is not a call")
    if item.get("type") in {"text", "output_text", "thinking", "redacted_thinking", "reasoning"}:
        return
    if item.get("type") == "message" or ("role" in item and "name" not in item):
        yield from _of_message(item)
        return
    for key in _NESTED:
        if isinstance(item.get(key), dict):
            yield any_spelling(item[key])
            return
    if len(item) > 1 and ("name" in item or "tool_name" in item or isinstance(item.get("function"), dict | str)):
        yield any_spelling(item)
        return
    if len(item) == 1 and isinstance(item.get("function"), dict) and isinstance(item["function"].get("name"), str):
        yield any_spelling(item)
        return
    if set(item) <= {"text", "thought"} and isinstance(item.get("text"), str) and not _is_object(item["text"]):
        return
    # The leaderboard's short form: the function's name is the key
    ((name, arguments), *_) = item.items()
    yield {name: json.loads(arguments) if isinstance(arguments, str) else parsed(arguments)}


def _has_text(item: JsonValue) -> bool:
    return isinstance(item, dict) and any(item.get(key) for key in ("text", "content"))


def _is_object(text: str) -> bool:
    return text.lstrip().startswith("{")


def _says_nothing(message: dict[JsonValue, JsonValue]) -> bool:
    """A message that holds an empty list of calls and no text: the API's way to say that nothing is called."""
    content = message.get("content")
    return "tool_calls" in message and message["tool_calls"] == [] and content in (None, "", [])
