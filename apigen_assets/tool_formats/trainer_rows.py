"""A released row in the shapes that particular trainers read.

Columns of the shapes, by the versions read: LLaMA-Factory's `sharegpt` formatting, TRL 1.16's GRPOTrainer, verl 0.9's
RL data sets, NeMo Gym's `xlam_fc` server, OpenAI's fine-tuning of chat models with tools.
"""

import hashlib
import json
import re

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.openai_row import messages_of, tools_of

RL_INSTRUCTION = (
    "You answer by calling functions. Their signatures, as JSON Schema, are between the tags:\n<tools>\n{tools}\n"
    "</tools>\n\nWrite each call as one JSON object between tags of its own, and several calls one after another:\n"
    '<tool_call>\n{{"name": "function name", "arguments": {{"parameter": "value"}}}}\n</tool_call>\n\n'
    "Give every value the type its parameter declares. Where no function serves the request, or a value that a "
    "required parameter needs is missing, say so in words and call nothing."
)
"""What the system message of RL prompts says: RL trainers render prompts without a row's own tools."""

DATA_SOURCE = "apigen/function-calling"
"""verl's name of the data, by which a reward function is chosen."""

_NO_CALL = "None of the available functions can do this."
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def sharegpt_row(row: JsonMapping, *, thoughts: bool = False) -> JsonObject:
    """`{id, conversations, tools}`: turns from `human`, then `function_call` or `gpt`; tools as JSON text.

    One call is a JSON object, several are a list. A `thought` stands before them between `<think>` tags.
    """
    calls = json.loads(row["answers"])
    value = _dumps(calls[0] if len(calls) == 1 else calls) if calls else row.get("refusal") or ""
    if thoughts and row.get("thought"):
        value = f"<think>\n{row['thought']}\n</think>\n\n{value}"
    turns = [
        {"from": "human", "value": row["query"]},
        {"from": "function_call" if calls else "gpt", "value": value},
    ]
    return {"id": row["id"], "conversations": turns, "tools": _dumps([tool["function"] for tool in tools_of(row)])}


def grpo_row(row: JsonMapping) -> JsonObject:
    """`{id, prompt, ground_truth, tools}`: the prompt names its tools; the ground truth is JSON text of the calls."""
    tools = tools_of(row)
    return {
        "id": row["id"],
        "prompt": _rl_prompt(row, tools),
        "ground_truth": _dumps(json.loads(row["answers"])),
        "tools": _dumps(tools),
    }


def verl_row(row: JsonMapping) -> JsonObject:
    """`{data_source, prompt, ability, reward_model, extra_info}` with the ground truth and the tools as JSON text."""
    tools = tools_of(row)
    return {
        "data_source": DATA_SOURCE,
        "prompt": _rl_prompt(row, tools),
        "ability": "function_calling",
        "reward_model": {"style": "rule", "ground_truth": _dumps(json.loads(row["answers"]))},
        "extra_info": {"index": row["id"], "split": "train", "tools": _dumps(tools)},
    }


def nemo_gym_row(row: JsonMapping) -> JsonObject:
    """A line of NeMo Gym's `xlam_fc`: request parameters of the Responses API, and the expected calls."""
    return {
        "id": row["id"],
        "responses_create_params": {
            "input": [{"role": "user", "content": row["query"]}],
            "tools": [{"type": "function", **tool["function"], "strict": False} for tool in tools_of(row)],
        },
        "expected_answers": json.loads(row["answers"]),
    }


def finetuning_row(row: JsonMapping) -> JsonObject:
    """A line of OpenAI's fine-tuning files: arguments as text, names of the letters that the API allows.

    A row without calls and without words of its own says that no function fits, since an answer may not be empty.
    """
    question, answer = messages_of(row)
    tools = tools_of(row)
    names = api_names([tool["function"]["name"] for tool in tools])
    message: JsonObject = {"role": "assistant"}
    if "tool_calls" in answer:
        message["tool_calls"] = [
            {
                **call,
                "function": {
                    "name": names[call["function"]["name"]],
                    "arguments": _dumps(call["function"]["arguments"]),
                },
            }
            for call in answer["tool_calls"]
        ]
    else:
        message["content"] = answer["content"] or _NO_CALL
    return {
        "messages": [question, message],
        "tools": [
            {"type": "function", "function": {**tool["function"], "name": names[tool["function"]["name"]]}}
            for tool in tools
        ],
        "parallel_tool_calls": True,
    }


def api_names(names: list[str]) -> dict[str, str]:
    """Names that OpenAI's API takes (`[a-zA-Z0-9_-]`, at most 64 characters), distinct as the names are."""
    out = {name: name for name in names if _NAME.fullmatch(name)}
    for name in names:
        if name in out:
            continue
        plain = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "_"
        if plain in out.values():
            plain = f"{plain[:55]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        out[name] = plain
    return out


def _rl_prompt(row: JsonMapping, tools: list[JsonObject]) -> list[JsonObject]:
    listed = "\n".join(_dumps(tool["function"]) for tool in tools)
    return [
        {"role": "system", "content": RL_INSTRUCTION.format(tools=listed)},
        {"role": "user", "content": row["query"]},
    ]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
