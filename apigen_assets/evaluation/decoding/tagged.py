"""Calls between tags in text: one decoder per convention, strict where the leaderboard's handler is."""

import json
import re

from .errors import UndecodableError
from .json_types import JsonValue
from .named_calls import any_spelling, consecutive, listed, required

_HERMES = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)
_TOOL_CALL = re.compile(r"<tool_calls?>\s*(.*?)\s*(?:</tool_calls?>|(?=<tool_call>)|$)", re.DOTALL)
_FUNCTION_CALL = re.compile(
    r"<functioncall>\s*(.*?)\s*(?:</functioncall>|<\|endoftext\|>|(?=<functioncall>)|$)", re.DOTALL
)
_PHI = re.compile(r"<\|tool_call\|>(.*?)<\|/tool_call\|>", re.DOTALL)
_PHI_OPEN = re.compile(r"<\|tool_call\|>(.*?)(?:<\|/tool_call\|>)?$", re.DOTALL)
_FUNCTION_EQUALS = re.compile(r"<function=([^>\s]+)>\s*(\{.*?\})\s*(?:</function>|$)", re.DOTALL)
_ACTION = re.compile(r"<\|action_start\|>\s*<\|plugin\|>(.*?)<\|action_end\|>", re.DOTALL)
_SINGLE_QUOTED = re.compile(r"(\"arguments\"\s*:\s*)'(.*)'(\s*\}\s*)$", re.DOTALL)


def hermes(answer: JsonValue) -> JsonValue:
    """`<tool_call>` tags on lines of their own around `{"name", "arguments"}`; the Qwen and Granite 4 handlers.

    A tag whose text is not JSON is left out, as those handlers do.
    """
    calls = []
    for text in _HERMES.findall(answer):
        try:
            calls.append(json.loads(text))
        except (ValueError, RecursionError):
            continue
    if any(type(call) is not dict for call in calls):
        raise UndecodableError("a tool call is not a JSON object")
    return [{call["name"]: dict(call["arguments"].items())} for call in calls]


def hermes_executed(answer: JsonValue) -> JsonValue:
    """As `hermes` reads it for running the calls: arguments may be JSON text there."""
    calls = []
    for text in _HERMES.findall(answer):
        try:
            calls.append(json.loads(text))
        except (ValueError, RecursionError):
            continue
    if any(type(call) is not dict for call in calls):
        raise UndecodableError("a tool call is not a JSON object")
    return required(calls)


def tool_call(answer: JsonValue) -> JsonValue:
    """`<tool_call>` tags anywhere, on one line or several, each around one object or a list."""
    bodies = _TOOL_CALL.findall(answer)
    if not bodies:
        raise UndecodableError("no <tool_call>")
    return [any_spelling(call) for body in bodies for value in consecutive(_unfenced(body)) for call in listed(value)]


def falcon(answer: JsonValue) -> JsonValue:
    """The first `<tool_call>` only, around an object or a list, fenced or not; the Falcon 3 handler."""
    if "<tool_call>" not in answer:
        raise UndecodableError("no <tool_call>")
    text = answer.split("<tool_call>")[1].split("</tool_call>")[0].strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").strip()
        if text.startswith("json"):
            text = text[4:].strip()
    calls = json.loads(text)
    return required(calls if isinstance(calls, list) else [calls])


def functioncall(answer: JsonValue) -> JsonValue:
    """`<functioncall> {"name": ..., "arguments": '{...}'}`, as Glaive's data and the models trained on it write."""
    bodies = _FUNCTION_CALL.findall(answer)
    if not bodies:
        raise UndecodableError("no <functioncall>")
    return [any_spelling(call) for body in bodies for call in _glaive(body)]


def _glaive(body: str) -> list[JsonValue]:
    quoted = _SINGLE_QUOTED.search(body)
    if quoted:
        # Arguments are JSON between single quotes, which JSON does not have
        head, end = body[: quoted.start()], body[quoted.end() :]
        body = head + quoted[1] + quoted[2].replace("\\'", "'") + quoted[3] + end
    return [call for value in consecutive(body) for call in listed(value)]


def granite(answer: JsonValue) -> JsonValue:
    """`<|tool_call|>` or `<tool_call>` before a list, to the end of the text; Granite 3.

    What is not a list of exactly `{"name", "arguments"}` is text, as for that handler.
    """
    text = _without_prefix(answer, "ASSISTANT:").lstrip()
    if "<tool_call>" in text:
        body = text.replace("</tool_call>", "").partition("<tool_call>")[2]
    else:
        body = text.partition("<|tool_call|>")[2]
        if "<|tool_call|>" not in text:
            raise UndecodableError("no <|tool_call|>")
    return _exact(_bracketed(body.strip()))


def phi(answer: JsonValue) -> JsonValue:
    """`<|tool_call|>[...]<|/tool_call|>`, the closing tag optional; Phi 4 mini."""
    bodies = _PHI.findall(answer) or _PHI_OPEN.findall(answer)
    if not bodies:
        raise UndecodableError("no <|tool_call|>")
    return _exact([call for body in bodies for call in _bracketed(body)])


def granite_20b(answer: JsonValue) -> JsonValue:
    """`<function_call> {"name", "arguments"}`, repeated; the Granite 20B handler. Other text becomes an item."""
    calls: list[JsonValue] = []
    for part in (part.strip() for part in answer.split("<function_call>")):
        if not part:
            continue
        try:
            call = json.loads(part)
        except (ValueError, RecursionError):
            calls.append(part)
            continue
        name = call.get("name", "").strip()
        calls.append("No function is called" if name == "no_function" else {name: call.get("arguments", {})})
    return calls


def mistral(answer: JsonValue) -> JsonValue:
    """`[TOOL_CALLS]` before a list, or before `name[ARGS]{...}` and `name{...}`, repeated."""
    head, tag, _ = answer.partition("[TOOL_CALLS]")
    if not tag:
        raise UndecodableError("no [TOOL_CALLS]")
    calls = []
    for body in answer[len(head) :].split("[TOOL_CALLS]")[1:]:
        text = body.strip().removesuffix("</s>").strip()
        if text.startswith(("[{", "[ {", "[\n", "{")) or text == "[]":
            calls += [any_spelling(call) for value in consecutive(text) for call in listed(value)]
            continue
        name, brace, arguments = text.partition("{")
        name = name.partition("[CALL_ID]")[0].replace("[ARGS]", "").strip()
        if not brace or not name or " " in name:
            raise UndecodableError("[TOOL_CALLS] is not followed by calls")
        (value,) = consecutive("{" + arguments)
        calls.append({name: value})
    return calls


def function_equals(answer: JsonValue) -> JsonValue:
    """`<function=name>{...}</function>`, as Llama 3.1's own template and Functionary write."""
    found = _FUNCTION_EQUALS.findall(answer)
    if not found:
        raise UndecodableError("no <function=name>")
    return [{name: json.loads(arguments)} for name, arguments in found]


def plugin(answer: JsonValue) -> JsonValue:
    """`<|action_start|><|plugin|>{"name", "parameters"}<|action_end|>`; InternLM."""
    bodies = _ACTION.findall(answer)
    if not bodies:
        raise UndecodableError("no <|action_start|>")
    return [any_spelling(call) for body in bodies for value in consecutive(body) for call in listed(value)]


def _unfenced(body: str) -> str:
    text = body.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").strip().removeprefix("json").strip()
    return text


def _without_prefix(text: str, letters: str) -> str:
    # The handler strips any of these letters, not the word
    return text.lstrip(letters)


def _bracketed(body: str) -> JsonValue:
    if not body.startswith("[") and not body.endswith("]"):
        body = f"[{body}]"
    calls = json.loads(body)
    if not isinstance(calls, list):
        raise UndecodableError("not a list of calls")
    return calls


def _exact(calls: JsonValue) -> JsonValue:
    if any(type(call) is not dict or set(call) != {"name", "arguments"} for call in calls):
        raise UndecodableError("not a list of name and arguments alone")
    return required(calls)
