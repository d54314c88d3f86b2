"""Reading prompts by their structure: headed sections and the JSON values in them.

A prompt for pairs is known by the JSON below its heading `# Task`, and read from there alone: its wording in English
can be edited without the stand-ins hearing anything else.
"""

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
class Assignment:
    """What one pair shall be like."""

    use: list[str] = field(default_factory=list)
    """Optional parameters of the first target to say."""
    values: JsonObject = field(default_factory=dict)
    """Values of parameters of the first target."""
    form: str = ""
    """How values are put, in the prompt's words."""


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
    pairs: list[Assignment] = field(default_factory=list)


@dataclass
class Case:
    """What a judge's prompt shows."""

    query: str
    functions: list[JsonObject]
    calls: list[JsonObject]
    results: list[JsonObject]


def text_of(messages: Sequence[JsonObject], role: str | None = None) -> str:
    """The messages' texts, of one role or all."""
    return "\n\n".join(
        str(message.get("content") or "") for message in messages if role is None or message.get("role") == role
    )


def sections(text: str) -> dict[str, str]:
    """Text below each heading (`# Name`, or `Name:` on a line of its own), by the heading in lower case."""
    headings = list(_HEADING.finditer(text))
    out: dict[str, str] = {}
    for heading, following in zip(headings, [*headings[1:], None], strict=False):
        name = (heading["hash"] or heading["colon"]).lower()
        out.setdefault(name, text[heading.end() : following.start() if following else len(text)].strip())
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
    """What a prompt asks for: by its task where it has one, else by its words."""
    if task_of(messages) is not None:
        return "generate"
    text = text_of(messages).lower()
    if '"pass"' in text and "call" in text:
        return "judge"
    # The instruction stands in the system message where there is one; an API's own text may speak of anything.
    instructions = text_of(messages, "system").lower() or text
    if "categor" in instructions:
        return "classify"
    if "descri" in instructions or "documentation" in instructions or "docstring" in instructions:
        return "document"
    return "other"


def task_of(messages: Sequence[JsonObject]) -> JsonObject | None:
    """The JSON of a prompt for pairs: `{number, style, wording, language, functions, plan}`; null where it is none."""
    task = first_json(sections(text_of(messages, "user")).get("task", ""))
    if not isinstance(task, dict) or not isinstance(task.get("number"), int):
        return None
    return task if isinstance(task.get("functions"), list) and isinstance(task.get("style"), str) else None


def read_task(messages: Sequence[JsonObject]) -> Task | None:
    """The task of a generation prompt; null where it has none or shows no functions."""
    task = task_of(messages)
    parts = sections(text_of(messages, "user"))
    functions = [
        _tidy(function)
        for function in _dicts(first_json(parts.get("functions", "")))
        if isinstance(function.get("name"), str)
    ]
    if task is None or not functions:
        return None
    names = {function["name"] for function in functions}
    targets = [name for name in task["functions"] if isinstance(name, str) and name in names]
    language = task.get("language")
    return Task(
        number=min(task["number"], 50),
        style=task["style"],
        wording=str(task.get("wording")),
        language=language if isinstance(language, str) else None,
        functions=functions,
        targets=targets or [functions[0]["name"]],
        examples=_examples(first_json(parts.get("examples", ""))),
        pairs=[_assignment(pair) for pair in _dicts(task.get("plan"))],
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


def _examples(shown: JsonValue) -> list[Shown]:
    out = []
    for pair in _dicts(shown):
        calls = [call for call in _dicts(pair.get("answers")) if isinstance(call.get("arguments"), dict)]
        if calls and isinstance(pair.get("query"), str):
            out.append(Shown(pair["query"], calls))
    return out


def _assignment(shown: JsonObject) -> Assignment:
    use, values = shown.get("use"), shown.get("set")
    return Assignment(
        use=[name for name in use if isinstance(name, str)] if isinstance(use, list) else [],
        values=values if isinstance(values, dict) else {},
        form=str(shown.get("form") or ""),
    )


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
            "properties": {name: schema if isinstance(schema, dict) else {} for name, schema in properties.items()},
            "required": [name for name in required if name in properties] if isinstance(required, list) else [],
        },
    }


def _dicts(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
