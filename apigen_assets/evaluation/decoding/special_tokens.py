"""Calls between a model family's special tokens, each with its own layout."""

import json
import re

from .errors import UndecodableError
from .json_types import JsonValue
from .named_calls import consecutive

_HARMONY = re.compile(
    r"to=functions\.([\w.\-]+)\s*(?:<\|channel\|>\s*\w+\s*)?(?:<\|constrain\|>)?\s*(?:json|code)?\s*(?:<\|message\|>)?"
    r"\s*(?=\{)"
)
_DEEPSEEK = re.compile(
    r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>([^\n]+)\n```json\n(.*?)\n```|([^<]+)<｜tool▁sep｜>(.*?))\s*"
    r"<｜tool▁call▁end｜>",
    re.DOTALL,
)
_KIMI = re.compile(
    r"<\|tool_call_begin\|>\s*(?:functions\.)?([^\s:<]+)(?::\d+)?\s*<\|tool_call_argument_begin\|>(.*?)"
    r"<\|tool_call_end\|>",
    re.DOTALL,
)


def harmony(answer: JsonValue) -> JsonValue:
    """`<|channel|>commentary to=functions.f <|constrain|>json<|message|>{...}<|call|>`, with its tokens or without."""
    found = list(_HARMONY.finditer(answer))
    if not found:
        raise UndecodableError("no call to=functions")
    return [{match[1]: json.JSONDecoder().raw_decode(answer, match.end())[0]} for match in found]


def deepseek(answer: JsonValue) -> JsonValue:
    """`<｜tool▁call▁begin｜>function<｜tool▁sep｜>f` and fenced JSON, or the newer `f<｜tool▁sep｜>{...}`."""
    found = _DEEPSEEK.findall(answer)
    if not found:
        raise UndecodableError("no <｜tool▁call▁begin｜>")
    return [{(old or new).strip(): _object(fenced or plain)} for old, fenced, new, plain in found]


def kimi(answer: JsonValue) -> JsonValue:
    """`<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{...}<|tool_call_end|>`; Kimi K2."""
    found = _KIMI.findall(answer)
    if not found:
        raise UndecodableError("no <|tool_call_begin|>")
    return [{name: _object(arguments)} for name, arguments in found]


def glm(answer: JsonValue) -> JsonValue:
    """A name on the first line, JSON arguments on the second; the GLM 4 handler. One line is not a call."""
    lines = answer.split("\n")
    if len(lines) == 1:
        return [lines[0]]
    return [{lines[0]: json.loads(lines[1])}]


def glm_executed(answer: JsonValue) -> JsonValue:
    """As `glm` reads it for running the call: one line cannot be run."""
    lines = answer.split("\n")
    if len(lines) == 1:
        raise UndecodableError("one line is not a call")
    return [{lines[0]: lines[1]}]


def _object(text: str) -> JsonValue:
    (value,) = consecutive(text)
    return value
