"""Model answers in each form in use, turned into `[{name: {argument: value}}]`, the checker's input.

Each form decodes exactly as the leaderboard's own handler for such models does, leniency and strictness alike:
a friendlier decoder would give other scores than the official ones.

    xlam    `{"tool_calls": [{"name", "arguments"}]}` or the bare list; the xLAM handler of 2024
    json    a JSON list (or one object) of `{"name", "arguments"}`, or several separated by `;`; the xLAM-2 handler
    openai  tool calls of the chat-completions API, or the leaderboard's short form `[{name: "<JSON arguments>"}]`
    hermes  `<tool_call>` tags around `{"name", "arguments"}`, each on lines of its own; the Qwen handler
    python  `[f(a=1), g(b="x")]`; decoded by the leaderboard's parser in the small environment
"""

import ast
import json
import re
from typing import Any

FORMS = ("xlam", "json", "openai", "hermes", "python")
"""The forms, in the order in which detection prefers them when several fit equally."""

_TAGS = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)


class UndecodableError(ValueError):
    """The answer is not in the form."""


def decode(form: str, answer: object) -> Any:
    """The calls of an answer; for `xlam`, text that is not JSON comes back as it is (as the xLAM handler does).

    Args:
        form: one of `FORMS` but `python`, which only the small environment can decode.
        answer: the answer as stored: text, or the parsed tool calls of an API.

    Raises:
        UndecodableError: the answer is not in the form.
    """
    try:
        return _DECODERS[form](answer)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise UndecodableError(f"{type(error).__name__}: {error}") from None


def count_calls(form: str, answer: object) -> int:
    """How many calls the answer holds if read in this form; 0 where it cannot be."""
    if form == "python":
        return _count_python(answer)
    try:
        calls = decode(form, answer)
    except UndecodableError:
        return 0
    return len(calls) if _are_calls(calls) else 0


def is_blank(answer: object) -> bool:
    """True for an answer that says "no call" in one of the forms, or says nothing at all."""
    if isinstance(answer, str):
        text = answer.strip()
        if text.startswith("{"):
            try:
                return is_blank(json.loads(text))
            except (ValueError, RecursionError):
                return False
        return text in {"", "[]", "``", '""'}
    if isinstance(answer, dict):
        return not answer or (not answer.get("tool_calls", True) and not answer.get("content"))
    return answer is None or answer == []


def _are_calls(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and len(one) == 1 and next(iter(one)) and isinstance(next(iter(one.values())), dict)
        for one in value
    )


def _xlam(answer: Any) -> Any:
    try:
        data = json.loads(answer)
    except json.JSONDecodeError:
        return answer
    calls = data if isinstance(data, list) else data.get("tool_calls", [])
    return [{one.get("name", ""): one.get("arguments", {})} for one in calls if isinstance(one, dict)]


def _json(answer: Any) -> Any:
    try:
        calls = json.loads(answer)
        if not isinstance(calls, list):
            calls = [calls]
    except json.JSONDecodeError:
        calls = [json.loads(part.strip()) for part in answer.split(";")]
    return [{one["name"]: one["arguments"]} for one in calls]


def _openai(answer: Any) -> Any:
    if isinstance(answer, dict):
        answer = answer["tool_calls"] or []
    decoded = []
    for one in answer:
        if isinstance(one.get("function"), dict):
            name, arguments = one["function"]["name"], one["function"]["arguments"]
        else:
            ((name, arguments), *_) = one.items()
        decoded.append({name: json.loads(arguments) if isinstance(arguments, str) else arguments})
    return decoded


def _hermes(answer: Any) -> Any:
    calls = []
    for text in _TAGS.findall(answer):
        try:
            calls.append(json.loads(text))
        except (ValueError, RecursionError):
            continue
    if any(type(one) is not dict for one in calls):
        raise UndecodableError("a tool call is not a JSON object")
    return [{one["name"]: dict(one["arguments"].items())} for one in calls]


_DECODERS = {"xlam": _xlam, "json": _json, "openai": _openai, "hermes": _hermes}


def _count_python(answer: object) -> int:
    if not isinstance(answer, str):
        return 0
    text = answer.strip("`\n ")
    if text.startswith(("{", "[{", '["')) or "(" not in text:
        return 0  # no Python call; parsing would only confirm it
    text = text if text.startswith("[") else "[" + text
    text = text if text.endswith("]") else text + "]"
    try:
        body = ast.parse(text.strip().strip("'"), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return 0
    calls = body.elts if isinstance(body, ast.List) else [body]
    return len(calls) if calls and all(isinstance(one, ast.Call) for one in calls) else 0
