"""The OpenAI form of a released row: messages and tools as objects, as chat templates take them."""

import hashlib
import json
import string

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.openai_tool import openai_tool

_LETTERS = string.digits + string.ascii_lowercase
_ID_LENGTH = 9


def openai_row(row: JsonMapping, *, thoughts: bool = False) -> JsonObject:
    """`{id, messages, tools}` of a row of the data set; arguments and tools are objects.

    No key is null but the `content` of a message that only calls, which is null as the API answers it. A row without
    calls has an assistant message without `tool_calls`; its content is the row's `refusal`, or empty.

    Args:
        row: `id`, `query`, `answers`, `tools` and, where there are any, `tool_schemas`, `refusal` and `thought`;
            columns with JSON as text.
        thoughts: whether a `thought` becomes the answer's `reasoning_content`.
    """
    question, answer = messages_of(row, thoughts=thoughts)
    return {"id": row["id"], "messages": [question, answer], "tools": tools_of(row)}


def prompt_completion_row(row: JsonMapping, *, thoughts: bool = False) -> JsonObject:
    """`{id, prompt, completion, tools}` of a row: the messages apart, so that a trainer's loss covers the answer alone.

    A message that only calls has an empty content: some templates fail on null, or write the word None.
    """
    question, answer = messages_of(row, thoughts=thoughts)
    return {
        "id": row["id"],
        "prompt": [question],
        "completion": [{**answer, "content": answer["content"] or ""}],
        "tools": tools_of(row),
    }


def openai_text_row(row: JsonMapping, *, thoughts: bool = False) -> JsonObject:
    """As `openai_row`, with arguments as JSON text: what the API itself sends, and what DeepSeek's templates join."""
    question, answer = messages_of(row, thoughts=thoughts)
    calls = answer.pop("tool_calls", [])
    if calls:
        answer["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": _text(call["function"]["arguments"])}}
            for call in calls
        ]
    return {"id": row["id"], "messages": [question, answer], "tools": tools_of(row)}


def openai_single_row(row: JsonMapping, *, thoughts: bool = False) -> JsonObject:
    """As `openai_row`, with a message of its own for every call, whose content is empty.

    So Llama 3.1, 3.2 and gpt-oss call: their templates write one call per message, and fail on more or leave them out.
    """
    question, answer = messages_of(row, thoughts=thoughts)
    messages = [{**answer, "content": answer["content"] or ""}]
    if "tool_calls" in answer:
        messages = [{**messages[0], "tool_calls": [call]} for call in answer["tool_calls"]]
    for later in messages[1:]:
        later.pop("reasoning_content", None)
    return {"id": row["id"], "messages": [question, *messages], "tools": tools_of(row)}


def messages_of(row: JsonMapping, *, thoughts: bool = False) -> tuple[JsonObject, JsonObject]:
    """The user's message and the assistant's, as `openai_row` describes them."""
    calls = json.loads(row["answers"])
    answer: JsonObject = {"role": "assistant", "content": None if calls else row.get("refusal") or ""}
    if thoughts and row.get("thought"):
        answer["reasoning_content"] = row["thought"]
    if calls:
        answer["tool_calls"] = [
            {
                "id": call_id(row["id"], number),
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for number, call in enumerate(calls)
        ]
    return {"role": "user", "content": row["query"]}, answer


def tools_of(row: JsonMapping) -> list[JsonObject]:
    """The tools in OpenAI's form: from their whole schemas, or from the flat ones in rows of versions before them."""
    return [openai_tool(tool) for tool in json.loads(row.get("tool_schemas") or row["tools"])]


def _text(arguments: JsonMapping) -> str:
    return json.dumps(arguments, ensure_ascii=False, allow_nan=False)


def call_id(row: object, number: int) -> str:
    """Id of the call `number` of a row: nine letters and digits, as Mistral's templates demand, each another."""
    value = int.from_bytes(hashlib.sha256(f"{row}:{number}".encode()).digest()[:8], "big")
    letters = []
    for _ in range(_ID_LENGTH):
        value, place = divmod(value, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
