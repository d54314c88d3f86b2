"""JSON as text. Each decoder is as strict as the handler of the leaderboard that it stands for."""

import json
import re

from .arithmetic import fold
from .errors import UndecodableError
from .json_types import JsonValue
from .named_calls import any_spelling, consecutive, listed, required

_FENCE = re.compile(r"```[ \t]*([A-Za-z_]*)[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)


def xlam(answer: JsonValue) -> JsonValue:
    """`{"tool_calls": [{"name", "arguments"}]}` or the bare list; the xLAM handler of 2024.

    Text that is not JSON comes back as it is, as that handler does.
    """
    try:
        data = json.loads(answer)
    except json.JSONDecodeError:
        return answer
    calls = data if isinstance(data, list) else data.get("tool_calls", [])
    return [{call.get("name", ""): call.get("arguments", {})} for call in calls if isinstance(call, dict)]


def json_list(answer: JsonValue) -> JsonValue:
    """A list (or one object) of `{"name", "arguments"}`, or several divided by `;`; the xLAM-2 handler."""
    try:
        calls = json.loads(answer)
        if not isinstance(calls, list):
            calls = [calls]
    except json.JSONDecodeError:
        calls = [json.loads(part.strip()) for part in answer.split(";")]
    return required(calls)


def bitagent(answer: JsonValue) -> JsonValue:
    """As `json_list`, without the `;`; the BitAgent handler."""
    calls = json.loads(answer)
    return required(calls if isinstance(calls, list) else [calls])


def hammer(answer: JsonValue) -> JsonValue:
    """A list between optional ``` ; what is not JSON is an empty list. The Hammer handler."""
    text = answer.replace("```", "")
    try:
        calls = json.loads(text)
    except (ValueError, RecursionError):
        calls = []
    return required(calls)


def hammer_executed(answer: JsonValue) -> JsonValue:
    """As that handler reads it for running the calls: `tool_calls` of an object too, and keys may be missing."""
    try:
        calls = json.loads(answer.replace("```", ""))
    except (ValueError, RecursionError):
        return []
    if isinstance(calls, dict):
        calls = calls.get("tool_calls", [])
    calls = calls if isinstance(calls, list) else []
    return [{call.get("name", ""): call.get("arguments", {})} for call in calls if isinstance(call, dict)]


def think_agent(answer: JsonValue) -> JsonValue:
    """A list after `</think>`, single quotes read as double ones; the ThinkAgent handler."""
    _, tag, after = answer.strip().replace("'", '"').partition("</think>")
    return required(json.loads(after.strip() if tag else "[]"))


def llama(answer: JsonValue) -> JsonValue:
    """`{"name", "parameters"}`, one, a list, or several divided by `;` or `,`; the Llama 3.1 handler.

    Without a `;` that handler reads Python, so JSON's `true`, `false` and `null` are not decodable. Nothing is
    evaluated here beyond arithmetic on literals.
    """
    text = answer.replace("<|python_tag|>", "")
    if ";" in text:
        calls = [json.loads(part) for part in text.split(";")]
    else:
        calls = fold(text.lstrip(" \t"))
        if isinstance(calls, dict):
            calls = [calls]
    return required(calls, "parameters")


def json_parameters(answer: JsonValue) -> JsonValue:
    """`{"name", "parameters"}` as JSON: one, a list, or several; for models whose `true` is JSON's."""
    values = consecutive(answer.replace("<|python_tag|>", ""))
    calls = listed(values[0]) if len(values) == 1 else values
    return required(calls, "parameters")


def fenced_json(answer: JsonValue) -> JsonValue:
    """Calls as JSON in ``` fences, each fence an object or a list; text around the fences is prose."""
    calls: list[JsonValue] = []
    blocks = [body for language, body in _FENCE.findall(answer) if language.lower() in {"", "json", "tool_call"}]
    if not blocks:
        raise UndecodableError("no fenced JSON")
    for body in blocks:
        for value in consecutive(body):
            calls += [any_spelling(call) for call in listed(value)]
    return calls
