"""Writing a completion: pairs for the functions shown, in the style and wording asked for, with the model's errors."""

import json
import random

from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.api_phrases import Request, request_of
from apigen_assets.tool_formats.api_queries import (
    Pieces,
    finish,
    in_language,
    join_requests,
    write_arguments,
    write_request,
)
from apigen_assets.tool_formats.other_values import with_other_values
from resources.local.standin import errors
from resources.local.standin.reader import Assignment, Shown, Task
from resources.local.standin.values import ValueMaker

_SAME_SHARE = 0.5
"""How often a further request to the same function only says what differs."""
_COPY_SHARE = 0.35
"""How often a query takes over the wording of an example of the same function."""


def write_pairs(task: Task, model: str, rng: random.Random) -> str:
    """The completion's text."""
    rates = errors.RATES[model]
    if rng.random() < rates.refused:
        return "I am not able to write examples for these functions."
    functions = {function["name"]: function for function in task.functions}
    texts = []
    for place in range(task.number):
        kind = errors.draw_kind(rates, rng)
        assignment = task.pairs[place] if place < len(task.pairs) else None
        query, calls = _pair(task, functions, kind, assignment, rng)
        texts.append(_text(query, calls, kind, rng))
    text = "[" + ",\n ".join(texts) + "]"
    if rng.random() < rates.preamble:
        opening = rng.choice(("Here are the pairs you asked for:\n\n", "Sure! ", ""))
        text = f"{opening}```json\n{text}\n```" if rng.random() < 0.7 or not opening else opening + text
    if rng.random() < rates.truncated:
        text = text[: int(len(text) * rng.uniform(0.4, 0.95))]
    return text


def _text(query: str, calls: list[JsonObject], kind: str | None, rng: random.Random) -> str:
    pair: JsonObject = {"query": query, "answers": calls}
    if kind == "missing_field":
        del pair[rng.choice(("query", "answers"))]
    text = json.dumps(pair, ensure_ascii=False)
    return errors.break_text(text, rng) if kind == "broken_json" else text


def _pair(
    task: Task, functions: dict[str, JsonObject], kind: str | None, assignment: Assignment | None, rng: random.Random
) -> tuple[str, list[JsonObject]]:
    names = _names(task, rng)
    calls: list[JsonObject] = []
    shown = {dumps(call) for example in task.examples for call in example.calls}
    for name in names:
        # The assignment speaks of the first target, and is met once: further calls to it differ.
        own = assignment if name == task.targets[0] and all(call["name"] != name for call in calls) else None
        arguments = _arguments(functions[name], task.examples, own, rng)
        for examples in (task.examples, task.examples, [], []):
            call = {"name": name, "arguments": arguments}
            if call not in calls and (dumps(call) not in shown or len(names) > 1):
                break
            arguments = _arguments(functions[name], examples, own, rng)
        shared = _with_options_of(calls, name, arguments, functions[name])
        arguments = arguments if {"name": name, "arguments": shared} in calls else shared
        calls.append({"name": name, "arguments": arguments})
    unique: list[JsonObject] = []
    for call in calls:
        if call not in unique:
            unique.append(call)
    calls = unique
    if kind == "out_of_range":
        _out_of_range(calls, functions, rng)
    query = _query(task, calls, functions, assignment.form if assignment else "", rng)
    if kind == "neighbour":
        return query, _neighbours(calls, functions, rng)
    if kind is not None:
        return query, errors.damage_calls(kind, calls, functions, rng)
    return query, calls


def _names(task: Task, rng: random.Random) -> list[str]:
    """The functions one pair calls, in order."""
    if task.style == "simple":
        return task.targets[:1]
    if task.style == "multiple":
        return [rng.choice(task.targets)]
    count = rng.choice((2, 2, 2, 3))
    if task.style == "parallel":
        return task.targets[:1] * count
    names = list(task.targets)
    rng.shuffle(names)
    names = names[:3]
    while len(names) < 2:
        names.append(rng.choice(task.targets))
    return names


def _arguments(
    function: JsonObject, examples: list[Shown], assignment: Assignment | None, rng: random.Random
) -> JsonObject:
    seen = [
        call["arguments"]
        for example in examples
        for call in example.calls
        if call.get("name") == function["name"] and call["arguments"]
    ]
    parameters = function.get("parameters")
    maker = ValueMaker(rng, seen)
    schema = parameters if isinstance(parameters, dict) else {}
    if assignment is None:
        return maker.arguments(schema)
    return maker.arguments(schema, use=assignment.use, fixed=assignment.values)


def _with_options_of(calls: list[JsonObject], name: str, arguments: JsonObject, function: JsonObject) -> JsonObject:
    """The arguments with the options of the first call to the same function: one option said is meant for all."""
    first = next((call["arguments"] for call in calls if call["name"] == name), None)
    if first is None:
        return arguments
    required = set(function["parameters"].get("required", ()))
    own = {key: value for key, value in arguments.items() if key in required or key in first}
    return own | {key: value for key, value in first.items() if key not in own and key not in required}


def _query(task: Task, calls: list[JsonObject], functions: dict[str, JsonObject], form: str, rng: random.Random) -> str:
    parts: list[Pieces] = []
    for i, call in enumerate(calls):
        function = functions[call["name"]]
        if i and call["name"] == calls[i - 1]["name"] and call["arguments"] and rng.random() < _SAME_SHARE:
            properties = {name: _plain_schema(schema) for name, schema in _properties(function).items()}
            written = write_arguments(call["arguments"], properties, rng, form)
            parts.append([("the same ", False), *written, (".", False)])
            continue
        copied = None
        if task.wording in ("plain", "chatty", "misspelled") and rng.random() < _COPY_SHARE:
            copied = _like_example(call, function, task.examples, rng)
        parts.append(copied or _said(call, function, task.wording, form, rng))
    pieces = parts[0] if len(parts) == 1 else join_requests(parts, task.wording, rng)
    if task.language:
        pieces = in_language(pieces, task.language, rng)
    return finish(pieces, task.wording, rng)


def _said(call: JsonObject, function: JsonObject, wording: str, form: str, rng: random.Random) -> Pieces:
    request: Request = request_of(function["name"], str(function.get("description") or ""))
    properties = {name: _plain_schema(schema) for name, schema in _properties(function).items()}
    return write_request(request, call["arguments"], properties, wording, rng, form)


def _like_example(call: JsonObject, function: JsonObject, examples: list[Shown], rng: random.Random) -> Pieces | None:
    """An example's query with this call's values in the places of its own; null where they cannot be found."""
    fitting = [
        example
        for example in examples
        if len(example.calls) == 1
        and example.calls[0].get("name") == call["name"]
        and set(example.calls[0]["arguments"]) == set(call["arguments"])
    ]
    if not fitting:
        return None
    example = rng.choice(fitting)
    properties = {name: _plain_schema(schema) for name, schema in _properties(function).items()}
    return with_other_values(example.query, example.calls[0]["arguments"], call["arguments"], properties, rng)


def _out_of_range(calls: list[JsonObject], functions: dict[str, JsonObject], rng: random.Random) -> None:
    call = rng.choice(calls)
    properties = _properties(functions[call["name"]])
    names = list(call["arguments"])
    rng.shuffle(names)
    for name in names:
        bad = errors.failing_value(name, call["arguments"][name], _plain_schema(properties.get(name, {})), rng)
        if bad != call["arguments"][name]:
            call["arguments"][name] = bad
            return


def _neighbours(calls: list[JsonObject], functions: dict[str, JsonObject], rng: random.Random) -> list[JsonObject]:
    """One call goes to another of the offered tools, with the arguments that fit there."""
    out = [dict(call) for call in calls]
    call = rng.choice(out)
    rivals = [function for name, function in functions.items() if name != call["name"]]
    if not rivals:
        return errors.damage_calls("wrong_value", calls, functions, rng)
    rival = rng.choice(rivals)
    arguments = ValueMaker(rng).arguments(rival.get("parameters", {}), optional_share=0.0)
    free = list(call["arguments"].values())
    for name, value in arguments.items():
        for candidate in free:
            if type(candidate) is type(value):
                arguments[name] = candidate
                free.remove(candidate)
                break
    call["name"], call["arguments"] = rival["name"], arguments
    return out


def _properties(function: JsonObject) -> JsonObject:
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    return properties if isinstance(properties, dict) else {}


def _plain_schema(schema: object) -> JsonObject:
    """A parameter's schema with the first real option of `anyOf` and a single type."""
    if not isinstance(schema, dict):
        return {}
    options = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(options, list):
        real = [option for option in options if isinstance(option, dict) and option.get("type") != "null"]
        schema = {**schema, **(real[0] if real else {})}
    if isinstance(schema.get("type"), list):
        schema = {**schema, "type": next((kind for kind in schema["type"] if kind != "null"), "null")}
    return dict(schema)
