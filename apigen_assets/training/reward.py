"""A verifiable reward for reinforcement learning on function calls.

`function_call_reward` is a reward function of TRL's GRPOTrainer, `compute_score` one of verl; both give what
`score_calls` gives. A text is read in the syntax of whatever model family wrote it (`tool_formats.written_calls`).

1.0 is given for the expected calls alone: as a set, since calls of one answer run side by side, with equal arguments.
Less is given for a part of them, so that a group of attempts of which none is right can be told apart: each expected
call is worth its share, of which the right function earns 0.2 and every right argument a part of the rest; calls and
arguments that nobody asked for cost as much as missing ones. Where no call is expected, any call earns nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.openai_tool import unwrapped
from apigen_assets.tool_formats.written_calls import UnreadableCallsError, read_calls

NAME_SHARE = 0.2
"""Part of a call's worth that the right function earns, whatever its arguments."""

_ABSENT = object()


def function_call_reward(
    prompts: Sequence[Any] | None = None,
    completions: Sequence[Any] = (),
    *,
    ground_truth: Sequence[Any],
    tools: Sequence[Any] | None = None,
    **kwargs: object,
) -> list[float]:
    """One reward per completion, for TRL's `reward_funcs`.

    Args:
        prompts: not looked at.
        completions: texts, or lists of messages; of those the assistant's first counts.
        ground_truth: per completion the expected calls, as JSON text or objects; the column of config `grpo`.
        tools: per completion the tools, as JSON text or objects; the column of config `grpo`.
        kwargs: TRL's further columns, not looked at.
    """
    listed = tools if tools is not None else [()] * len(completions)
    return [
        score_calls(completion, truth, offered)
        for completion, truth, offered in zip(completions, ground_truth, listed, strict=True)
    ]


def exact_match_reward(
    prompts: Sequence[Any] | None = None,
    completions: Sequence[Any] = (),
    *,
    ground_truth: Sequence[Any],
    tools: Sequence[Any] | None = None,
    **kwargs: object,
) -> list[float]:
    """As `function_call_reward`, without credit for parts: 1.0 or 0.0."""
    rewards = function_call_reward(prompts, completions, ground_truth=ground_truth, tools=tools)
    return [float(reward == 1.0) for reward in rewards]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **kwargs: object,
) -> dict[str, float]:
    """The score of one solution, for verl's `custom_reward_function`.

    Args:
        data_source: not looked at.
        solution_str: what the model wrote.
        ground_truth: JSON text of the expected calls.
        extra_info: the row's column; its `tools` are JSON text of the tools.
        kwargs: verl's further arguments, not looked at.

    Returns:
        `score`, and `acc`: 1.0 where it is exact.
    """
    score = score_calls(solution_str, ground_truth, (extra_info or {}).get("tools") or ())
    return {"score": score, "acc": float(score == 1.0)}


def score_calls(written: object, expected: object, tools: Any = ()) -> float:
    """How right an answer is, 0.0 to 1.0.

    Args:
        written: the model's text; or a message, or a list of them, whose `tool_calls` count where it has any.
        expected: the calls, `{name, arguments}` each, or their JSON text; none where no call is right.
        tools: the tools offered, or their JSON text. With them, an argument left out equals one given its default.

    Raises:
        ValueError: `expected` is not a list of calls.
    """
    truth = _expected(expected)
    offered = json.loads(tools) if isinstance(tools, str) else list(tools or ())
    try:
        calls = _written(written, offered)
    except UnreadableCallsError:
        return 0.0
    if not truth or not calls:
        return float(not truth and not calls)
    defaults = {name: values for name, values in map(_defaults, offered)}
    pairs = [
        (_pair(call, wanted, defaults.get(wanted["name"], {})), place, number)
        for number, call in enumerate(calls)
        for place, wanted in enumerate(truth)
        if call["name"] == wanted["name"]
    ]
    used: set[int] = set()
    met: set[int] = set()
    total = 0.0
    for worth, place, number in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if place not in met and number not in used:
            met.add(place)
            used.add(number)
            total += worth
    return total / max(len(truth), len(calls))


def _pair(call: JsonMapping, wanted: JsonMapping, defaults: JsonMapping) -> float:
    """Worth of a call of the right function."""
    given, right = call["arguments"], wanted["arguments"]
    names = [
        name
        for name in {**right, **given}
        # Left out on one side and the default on the other: the call is the same.
        if not (name in defaults and _same(given.get(name, defaults[name]), right.get(name, defaults[name])))
        or (name in given and name in right)
    ]
    if not names:
        return 1.0
    hits = sum(_same(given.get(name, _ABSENT), right.get(name, _ABSENT)) for name in names)
    return 1.0 if hits == len(names) else NAME_SHARE + (1 - NAME_SHARE) * hits / len(names)


def _same(first: object, second: object) -> bool:
    """Equal as JSON: 2 is 2.0, true is not 1, and the order of an object's keys says nothing."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(first == second)


def _expected(expected: object) -> list[JsonObject]:
    calls = json.loads(expected) if isinstance(expected, str) else expected
    if not isinstance(calls, Iterable) or isinstance(calls, Mapping):
        raise ValueError("the ground truth is not a list of calls")
    out = []
    for call in calls:
        if not isinstance(call, Mapping) or not isinstance(call.get("arguments"), Mapping) or "name" not in call:
            raise ValueError(f"the ground truth holds something that is not a call: {call!r}"[:200])
        out.append({"name": call["name"], "arguments": dict(call["arguments"])})
    return out


def _written(written: Any, tools: list[Any]) -> list[JsonObject]:
    if isinstance(written, str):
        return read_calls(written, tools)
    messages = [written] if isinstance(written, Mapping) else list(written or ())
    for message in messages:
        if message.get("role", "assistant") == "assistant":
            if message.get("tool_calls"):
                return read_calls(json.dumps({"tool_calls": message["tool_calls"]}), tools)
            content = message.get("content") or ""
            if isinstance(content, list):
                content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
            return read_calls(content, tools)
    return []


def _defaults(tool: JsonMapping) -> tuple[str, JsonObject]:
    inner = unwrapped(tool)
    parameters = inner.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    specs = properties if isinstance(properties, Mapping) else {}
    return str(inner.get("name")), {
        name: spec["default"] for name, spec in specs.items() if isinstance(spec, Mapping) and "default" in spec
    }
