"""Model outputs made of the accepted answers, in every form, whole or damaged: what scorers are tested with."""

import json
import random
import re
from collections.abc import Sequence

from apigen_assets.files.json_types import JsonObject, JsonValue

DAMAGES = (
    "wrong_name",
    "missing_argument",
    "unexpected_argument",
    "wrong_value",
    "wrong_type",
    "extra_call",
    "dropped_call",
    "swapped_calls",
    "no_call",
    "cut_text",
    "prose",
)
"""The ways to spoil an output; for a question without a true answer all but the last two are `a call is made`."""

_PROSE: list[str] = [
    "I am sorry, none of the functions fits.",
    "Sure! Which city do you mean?",
    "The answer is 42.",
]

Calls = list[tuple[str, JsonObject]]


def true_calls(item: JsonObject) -> Calls:
    """Calls that the checker should accept for one item of `resources.bfcl.questions.truths`.

    Empty for irrelevance, any call for relevance. Java and JavaScript values are text in that language.
    """
    if item["truth"] is None:
        if "irrelevance" in item["category"]:
            return []
        return [(item["functions"][0]["name"], {})]
    language = {"simple_java": _java, "simple_javascript": _javascript}.get(item["category"])
    calls = []
    for call in item["truth"]:
        ((name, accepted),) = call.items()
        function = next(f for f in item["functions"] if f["name"] == name)
        properties = function["parameters"]["properties"]
        required = set(function["parameters"].get("required", ()))
        arguments = {}
        for argument, values in accepted.items():
            value = next((v for v in values if v != ""), None)
            if value is None or (values[0] == "" and argument not in required):
                if argument in required:
                    arguments[argument] = ""
                continue
            kind = properties.get(argument, {})
            value = _plain(value, kind)
            arguments[argument] = language(value, kind) if language else value
        calls.append((name, arguments))
    return calls


def damaged(calls: Calls, item: JsonObject, damage: str, draw: random.Random) -> Calls | str:
    """The calls with one damage of that kind; text where the damage is to the text."""
    functions = item["functions"]
    if damage == "prose":
        return draw.choice(_PROSE)
    if item["truth"] is None and damage != "no_call":
        name = draw.choice(functions)["name"] if functions else "some_function"
        return [(name, {"x": draw.randint(0, 9)})]
    calls = [(name, dict(arguments)) for name, arguments in calls]
    if damage == "no_call" or not calls:
        return []
    place = draw.randrange(len(calls))
    name, arguments = calls[place]
    if damage == "wrong_name":
        calls[place] = (draw.choice([name + "_x", name.replace(".", "_"), name.upper(), ""]), arguments)
    elif damage == "missing_argument" and arguments:
        del arguments[draw.choice(sorted(arguments))]
    elif damage == "unexpected_argument":
        arguments["surplus"] = draw.choice([1, "one", None])
    elif damage in {"wrong_value", "wrong_type"} and arguments:
        argument = draw.choice(sorted(arguments))
        arguments[argument] = _spoiled(arguments[argument], damage, draw)
    elif damage == "extra_call":
        calls.append(draw.choice(calls))
    elif damage == "dropped_call":
        del calls[place]
    elif damage == "swapped_calls":
        draw.shuffle(calls)
    return calls


def written(calls: Calls | str, form: str, category: str = "") -> JsonValue:
    """The calls as a model writes them in the form: text, or for `openai` the official short form.

    Raises:
        ValueError: nobody writes in this form here.
    """
    if isinstance(calls, str):
        return calls
    if form == "openai":
        return [{name: json.dumps(arguments)} for name, arguments in calls]
    if form == "python":
        return _as_code(calls, category)
    if form == "fenced-python":
        return f"```python\n{_as_code(calls, category)}\n```"
    if form == "harmony":
        return "".join(
            f"<|start|>assistant<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>"
            f"{_json(arguments)}<|call|>"
            for name, arguments in calls
        )
    if form == "kimi":
        return "".join(
            f"<|tool_call_begin|>functions.{name}:{number}<|tool_call_argument_begin|>{_json(arguments)}<|tool_call_end|>"
            for number, (name, arguments) in enumerate(calls)
        )
    if form in _MARKED_UP:
        return "\n".join(_MARKED_UP[form](name, arguments) for name, arguments in calls)
    if form not in _OBJECTS:
        raise ValueError(f"unknown form {form!r}; written are {', '.join(WRITTEN)}")
    key, begin, between, end = _OBJECTS[form]
    return begin + between.join(_json({"name": name, key: arguments}) for name, arguments in calls) + end


_OBJECTS = {
    "xlam": ("arguments", '{"tool_calls": [', ", ", "]}"),
    "json": ("arguments", "[", ", ", "]"),
    "hammer": ("arguments", "```\n[", ", ", "]\n```"),
    "fenced-json": ("arguments", "```json\n[", ",\n", "]\n```"),
    "hermes": ("arguments", "<tool_call>\n", "\n</tool_call>\n<tool_call>\n", "\n</tool_call>"),
    "tool-call": ("arguments", "<tool_call>", "</tool_call> <tool_call>", "</tool_call>"),
    "functioncall": ("arguments", "<functioncall> ", " </functioncall> <functioncall> ", " </functioncall>"),
    "parameters": ("parameters", "", "; ", ""),
    "mistral": ("arguments", "[TOOL_CALLS] [", ", ", "]"),
    "granite": ("arguments", "<|tool_call|>[", ", ", "]"),
    "granite-20b": ("arguments", "<function_call> ", " <function_call> ", ""),
}
"""Forms made of `{"name", ...}` objects: key of the arguments, and what stands before, between and after."""


def _glm(name: str, arguments: JsonObject) -> str:
    pairs = "".join(
        f"\n<arg_key>{key}</arg_key>\n<arg_value>{value if isinstance(value, str) else _json(value)}</arg_value>"
        for key, value in arguments.items()
    )
    return f"<tool_call>{name}{pairs}\n</tool_call>"


def _qwen_coder(name: str, arguments: JsonObject) -> str:
    pairs = "".join(
        f"<parameter={key}>\n{value if isinstance(value, str) else _json(value)}\n</parameter>\n"
        for key, value in arguments.items()
    )
    return f"<tool_call>\n<function={name}>\n{pairs}</function>\n</tool_call>"


_MARKED_UP = {"glm-tags": _glm, "qwen-coder": _qwen_coder}

WRITTEN = ("openai", "python", "fenced-python", "harmony", "kimi", *_OBJECTS, *_MARKED_UP)
"""The forms that `written` knows."""

NO_SIGN = {name for name in WRITTEN if name not in {"openai", "python", "xlam", "json", "hammer", "mistral", "granite"}}
"""Forms without a sign for "no call": a model that does not call says why."""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def outputs(
    items: Sequence[JsonObject], form: str, damage: str | None = None, share: float = 1.0, seed: int = 0
) -> list[JsonObject]:
    """Entries `{id, category, result}` for every item; `share` of them with the damage, drawn by seed and id."""
    entries = []
    for item in items:
        draw = random.Random(f"{seed}/{damage}/{item['id']}")
        calls: Calls | str = true_calls(item)
        spoil = damage is not None and draw.random() < share
        if spoil and damage is not None and damage != "cut_text":
            calls = damaged(list(calls) if not isinstance(calls, str) else [], item, damage, draw)
        result = written(calls, form, item["category"]) if calls or form not in NO_SIGN else _refusal(item)
        if spoil and damage == "cut_text" and isinstance(result, str) and result:
            result = result[: draw.randrange(len(result))]
        entries.append({"id": item["id"], "category": item["category"], "result": result})
    return entries


def _refusal(item: JsonObject) -> str:
    names = [function["name"] for function in item["functions"]]
    return f"None of the functions on offer does that; I looked at {', '.join(names) or 'none'}."


def _spoiled(value: object, damage: str, draw: random.Random) -> JsonValue:
    if damage == "wrong_type":
        return draw.choice(
            [candidate for candidate in (str(value), 7, 7.5, True, [value], {"v": value}) if candidate != value]
        )
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + draw.choice([1, -1, 1000])
    if isinstance(value, str):
        return draw.choice([value + " indeed", "", value[::-1] + "!"])
    return [] if value else [0]


def _plain(value: object, kind: JsonObject) -> JsonValue:
    """Accepted values of an object are lists of accepted values in turn; take the first of each."""
    if isinstance(value, dict):
        plain = {}
        for key, options in value.items():
            chosen = options
            if isinstance(options, list):
                chosen = next((option for option in options if option != ""), "" if options else None)
                if "" in options and (not options or options[0] == ""):
                    continue
            plain[key] = _plain(chosen, {}) if isinstance(chosen, dict) else chosen
        return plain
    if isinstance(value, list) and kind.get("items", {}).get("type") == "dict":
        return [_plain(item, kind["items"]) for item in value]
    return value


def _java(value: object, kind: JsonObject) -> str:
    declared = kind.get("type", "any")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        inner = kind.get("items", {}).get("type", "any")
        quoted = declared == "ArrayList" and inner in {"String", "char"}
        parts = [f'"{item}"' if quoted else _java(item, {"type": inner}) for item in value]
        if declared == "ArrayList":
            return f"new ArrayList<>(Arrays.asList({', '.join(parts)}))" if parts else "new ArrayList<>()"
        return f"new {inner}[]{{{', '.join(parts)}}}"
    if isinstance(value, dict):
        puts = " ".join(f'put("{key}", {_java_value(item)});' for key, item in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
    suffix = {"long": "L", "float": "f"}.get(declared, "")
    return f"{value}{suffix}" if isinstance(value, int | float) else str(value)


def _java_value(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else _java(value, {})


def _javascript(value: object, kind: JsonObject) -> str:
    declared = kind.get("type", "any")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value)
    suffix = "n" if declared == "Bigint" else ""
    if isinstance(value, float) and declared == "integer" and value.is_integer():
        value = int(value)
    return f"{value}{suffix}" if isinstance(value, int | float) else str(value)


def _source(value: object) -> str:
    """Java or JavaScript source of a value given as text: code as it is, else a string literal."""
    text = str(value)
    if re.match(r"(\[|\{|new (ArrayList|HashMap|\w+\[)|(true|false|-?\d+(\.\d+)?[Lfn]?)$)", text):
        return text
    return f'"{text}"'


def _as_code(calls: Calls, category: str) -> str:
    if category in {"simple_java", "simple_javascript"}:
        parts = []
        for name, arguments in calls:
            pairs = ", ".join(f"{key}={_source(value)}" for key, value in arguments.items())
            parts.append(f"{name}({pairs})")
        return f"[{', '.join(parts)}]"
    parts = [f"{name}({', '.join(f'{k}={v!r}' for k, v in arguments.items())})" for name, arguments in calls]
    return f"[{', '.join(parts)}]"
