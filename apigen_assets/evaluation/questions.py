"""The leaderboard's questions as a model is asked them: the query, and the tools in the dialect the model knows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from apigen_assets.domain.call import Call
from apigen_assets.evaluation.decoding import UndecodableError, decode
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.training.prompt_format import parse

_TYPES = {
    "dict": "object", "hashmap": "object", "hashtable": "object",
    "float": "number", "double": "number",
    "tuple": "array", "list": "array", "arraylist": "array", "queue": "array", "stack": "array", "set": "array",
    "int": "integer", "byte": "integer", "short": "integer", "long": "integer", "bigint": "integer",
    "bool": "boolean",
    "str": "string", "char": "string", "any": "string",
}  # fmt: skip
"""The leaderboard's names of types that JSON Schema does not have; as its own handlers translate them."""

_JSON_TYPES = {"object", "number", "array", "integer", "boolean", "string", "null"}


class _InCategory(Protocol):
    @property
    def category(self) -> str: ...


_Asked = TypeVar("_Asked", bound=_InCategory)


@dataclass(frozen=True)
class Question:
    """One question: `messages` as in a chat, `tools` `{name, description, parameters}` with JSON Schema."""

    id: str
    category: str
    messages: tuple[dict[str, str], ...]
    tools: tuple[JsonObject, ...]

    @property
    def query(self) -> str:
        """The messages as one text, in their order."""
        return "\n\n".join(message["content"] for message in self.messages)

    def key(self) -> str:
        """Hash of everything the model sees of it."""
        return content_hash([self.id, list(self.messages), list(self.tools)], 12)


def as_questions(rows: Sequence[JsonMapping]) -> list[Question]:
    """The rows of `resources.bfcl.questions.questions`, with parameters as JSON Schema."""
    return [
        Question(
            id=row["id"],
            category=row["category"],
            messages=tuple({"role": message["role"], "content": message["content"]} for message in row["question"]),
            tools=tuple(as_tool(function) for function in row["functions"]),
        )
        for row in rows
    ]


def sample(questions: Sequence[_Asked], per_category: int) -> list[_Asked]:
    """At most `per_category` questions of each category, spread evenly over it; the same ones every time."""
    by_category: dict[str, list[_Asked]] = {}
    for question in questions:
        by_category.setdefault(question.category, []).append(question)
    chosen = []
    for these in by_category.values():
        count = min(per_category, len(these))
        chosen += [these[place * len(these) // count] for place in range(count)]
    return chosen


def underscored(question: Question) -> Question:
    """The question with `_` for every `.` in tool names, for APIs that allow no dots (OpenAI's)."""
    tools = tuple({**tool, "name": tool["name"].replace(".", "_")} for tool in question.tools)
    return Question(question.id, question.category, question.messages, tools)


def normalised(text: str) -> str:
    """The answer to a prompt of `training.prompt_format`, in the form `xlam`.

    Text that is in the form already stays as it is. Otherwise what `prompt_format.parse` reads (the compact form,
    tagged calls, a fence around it all) is written in the form, and text without calls stays what the model said.
    """
    try:
        if isinstance(decode("xlam", text), list):
            return text
    except UndecodableError:
        pass
    calls = parse(text)
    return text if calls is None else _xlam_text(calls)


def _xlam_text(calls: Sequence[Call]) -> str:
    return json.dumps({"tool_calls": [call.model_dump() for call in calls]}, ensure_ascii=False)


def as_tool(function: JsonMapping) -> JsonObject:
    """A function of the board as `{name, description, parameters}`, with parameters as JSON Schema."""
    parameters = _schema(function["parameters"])
    return {"name": function["name"], "description": function["description"], "parameters": parameters}


def _schema(schema: object) -> JsonValue:
    """A schema with JSON Schema's names of types, recursively; what else it says stays."""
    if not isinstance(schema, Mapping):
        return schema
    out = dict(schema)
    kind = out.get("type")
    if isinstance(kind, str) and kind not in _JSON_TYPES:
        out["type"] = _TYPES.get(kind.lower(), "string" if kind.lower() not in _JSON_TYPES else kind.lower())
    if isinstance(out.get("properties"), Mapping):
        out["properties"] = {name: _schema(inner) for name, inner in out["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), Mapping):
            out[key] = _schema(out[key])
    return out
