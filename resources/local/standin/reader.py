"""Reading prompts as they are written: headed sections, JSON values, numbers and rules in words."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from apigen_assets.files.json_types import JsonObject, JsonValue

Kind = Literal["generate", "judge", "document", "classify", "other"]

_HEADING = re.compile(r"^(?:#+\s*(?P<hash>[^\n]{1,60}?)\s*:?|(?P<colon>[A-Z][A-Za-z ]{2,40}):)[ \t]*$", re.MULTILINE)
_DECODER = json.JSONDecoder()


@dataclass
class Shown:
    """An example shown in the prompt."""

    query: str
    calls: list[JsonObject]


@dataclass
class Task:
    """What a generation prompt asks for."""

    number: int
    style: str
    wording: str
    language: str | None
    functions: list[JsonObject]
    targets: list[str]
    examples: list[Shown] = field(default_factory=list)


@dataclass
class Case:
    """What a judge's prompt shows."""

    query: str
    functions: list[JsonObject]
    calls: list[JsonObject]
    results: list[JsonObject]


def text_of(messages: Sequence[JsonObject], role: str | None = None) -> str:
    """The messages' texts, of one role or all."""
    return "\n\n".join(str(one.get("content") or "") for one in messages if role is None or one.get("role") == role)


def sections(text: str) -> dict[str, str]:
    """Text below each heading (`# Name`, or `Name:` on a line of its own), by the heading in lower case."""
    found = list(_HEADING.finditer(text))
    out: dict[str, str] = {}
    for one, following in zip(found, [*found[1:], None], strict=True):
        name = (one["hash"] or one["colon"]).lower()
        out.setdefault(name, text[one.end() : following.start() if following else len(text)].strip())
    return out


def first_json(text: str) -> JsonValue:
    """The first JSON list, object or string in a text; null where there is none."""
    for start in re.finditer(r'[\[{"]', text):
        try:
            value, _ = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        return value
    return None


def section_json(parts: dict[str, str], *words: str) -> JsonValue:
    """The first JSON value of the first section whose heading holds one of the words."""
    for word in words:
        for name, body in parts.items():
            if word in name:
                value = first_json(body)
                if value is not None:
                    return value
    return None


def kind_of(messages: Sequence[JsonObject]) -> Kind:
    """What a prompt asks for, by its words."""
    text = text_of(messages).lower()
    if '"pass"' in text and "call" in text:
        return "judge"
    if re.search(r"\bexactly \d+ (?:different )?pairs", text) or ('"query"' in text and '"answers"' in text):
        return "generate"
    # The instruction stands in the system message where there is one; an API's own text may speak of anything.
    told = text_of(messages, "system").lower() or text
    if "categor" in told:
        return "classify"
    if "descri" in told or "documentation" in told or "docstring" in told:
        return "document"
    return "other"


def read_task(messages: Sequence[JsonObject]) -> Task | None:
    """The task of a generation prompt; null where it shows no functions."""
    text = text_of(messages, "user")
    parts = sections(text)
    functions = [
        _tidy(one) for one in _dicts(section_json(parts, "function", "tool")) if isinstance(one.get("name"), str)
    ]
    if not functions:
        return None
    number = re.search(r"exactly (\d+)", text)
    rules = parts.get("task", text)
    opening = text.split("\n\n", 1)[0]
    names = {one["name"] for one in functions}
    targets = [name for name in re.findall(r"`([^`\n]+)`", opening) if name in names]
    language = re.search(r"Write the queries in ([A-Z][a-z]+)", text)
    return Task(
        number=min(int(number.group(1)), 50) if number else 5,
        style=_style(rules),
        wording=_wording(rules),
        language=language.group(1) if language else None,
        functions=functions,
        targets=targets or [functions[0]["name"]],
        examples=_examples(parts.get("examples", "")),
    )


def read_case(messages: Sequence[JsonObject]) -> Case | None:
    """The case of a judge's prompt; null where query or calls are missing."""
    parts = sections(text_of(messages, "user"))
    query = section_json(parts, "query")
    calls = section_json(parts, "function calls", "calls", "answers")
    if query is None:
        bodies = [body for name, body in parts.items() if "query" in name]
        query = bodies[0] if bodies else None
    if not isinstance(query, str) or not isinstance(calls, list):
        return None
    functions = section_json(parts, "available functions", "functions", "tools")
    return Case(query, _dicts(functions), _dicts(calls), _dicts(section_json(parts, "result")))


def _style(rules: str) -> str:
    several_tools = "everal functions are given" in rules
    several_calls = "two or more independent requests" in rules
    if several_calls:
        return "parallel_multiple" if several_tools else "parallel"
    return "multiple" if several_tools else "simple"


def _wording(rules: str) -> str:
    lower = rules.lower()
    for word, name in (
        ("tersely", "terse"),
        ("chattily", "chatty"),
        ("indirectly", "indirect"),
        ("ambiguously", "ambiguous"),
        ("spelling mistakes", "misspelled"),
    ):
        if word in lower:
            return name
    return "plain"


def _examples(text: str) -> list[Shown]:
    out = []
    for one in re.finditer(r"^Query: (.+)\nAnswers: (.+)$", text, re.MULTILINE):
        calls = _dicts(first_json(one[2]))
        if calls:
            out.append(Shown(one[1], [call for call in calls if isinstance(call.get("arguments"), dict)]))
    return out


def _tidy(function: JsonObject) -> JsonObject:
    """A function whose parameters are surely an object schema with an object per parameter."""
    parameters = function.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    properties = parameters.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = parameters.get("required")
    return {
        "name": function["name"],
        "description": str(function.get("description") or ""),
        "parameters": {
            **parameters,
            "properties": {name: one if isinstance(one, dict) else {} for name, one in properties.items()},
            "required": [name for name in required if name in properties] if isinstance(required, list) else [],
        },
    }


def _dicts(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
