"""Calls out of the text a model wrote, in the syntaxes of today's model families.

Hermes and Qwen (JSON in `<tool_call>`), Qwen-Coder, Nemotron and MiniMax (tags), GLM (`<arg_key>`), Llama (JSON with
`parameters`), Mistral (`[TOOL_CALLS]`), DeepSeek, Cohere, gpt-oss (channels), LFM2 and Llama 4 (Python calls), Gemma 4,
this project's own prompt formats, and plain JSON. The text is read as data, never evaluated.

Tag syntaxes write every value as text: without the tool's schema `5` may be a number or a text. `read_calls` types such
values by the schemas it is given; without them it takes a value for JSON where it is JSON and no text.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.tool_formats.compact_calls import parse_compact_calls

Call = JsonObject
"""`{"name": str, "arguments": dict}`."""

Types = Mapping[str, JsonMapping]
"""The JSON Schema of every parameter, by tool."""


class UnreadableCallsError(ValueError):
    """The text begins a call that cannot be read; the message says where."""


def read_calls(text: str, tools: Iterable[JsonMapping] = ()) -> list[Call]:
    """The calls a model wrote, in their order; none where it wrote prose or an explicit empty list.

    Args:
        text: what the model wrote, special tokens and reasoning included or not.
        tools: the tools it was offered, in OpenAI's form or as `{name, description, parameters}` with JSON Schema.

    Raises:
        UnreadableCallsError: a call is begun and cannot be read.
    """
    types = {name: schema for name, schema in map(_typed, tools) if name}
    text = _answer(text)
    for mark, read in _SYNTAXES:
        if mark.search(text):
            try:
                return [_checked(call) for call in read(text, types)]
            except UnreadableCallsError:
                raise
            except (ValueError, RecursionError, MemoryError) as error:
                raise UnreadableCallsError(f"not a readable call ({str(error)[:200]}): {text[:200]!r}") from None
    return []


_THINKING = re.compile(r"\A.*?</think>|<\|channel\|>analysis<\|message\|>.*?<\|end\|>", re.DOTALL)
_ENDS = re.compile(
    r"(?:\s|<\|im_end\|>|<\|eot_id\|>|<\|eom_id\|>|<\|eot\|>|<\|eom\|>|<\|endoftext\|>|<\|end_of_text\|>|<\|return\|>"
    r"|<\|end\|>|<\|EOT\|>|</s>|<eos>|<end_of_turn>|<turn\|>|<\|tool_response>|<｜end▁of▁sentence｜>|<\|user\|>"
    r"|<\|observation\|>|<\|END_OF_TURN_TOKEN\|>)+\Z"
)


def _answer(text: str) -> str:
    """The text without reasoning before it and special tokens behind it."""
    text = _THINKING.sub("", text)
    return _ENDS.sub("", text).strip()


def _typed(tool: JsonMapping) -> tuple[str, JsonMapping]:
    inner = tool.get("function")
    tool = inner if isinstance(inner, Mapping) else tool
    parameters = tool.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    return str(tool.get("name") or ""), properties if isinstance(properties, Mapping) else {}


def _checked(call: object) -> Call:
    """Any spelling of one call as `{name, arguments}`."""
    if isinstance(call, dict):
        inner = call.get("function")
        call = inner if isinstance(inner, dict) else call
        name = call.get("name", call.get("tool_name", inner if isinstance(inner, str) else None))
        arguments: Any = next((call[key] for key in ("arguments", "parameters", "args") if key in call), {})
        if isinstance(arguments, str):
            arguments = _json(arguments) if arguments.strip() else {}
        if isinstance(name, str) and name and isinstance(arguments, dict):
            return {"name": name, "arguments": arguments}
    raise UnreadableCallsError(f"not a call with name and arguments: {json.dumps(call, default=str)[:200]}")


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return out


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _json(text: str) -> Any:
    return _DECODER.decode(text)


_BETWEEN = re.compile(r"(?:[\s,;]|<\|[a-z_]+\|>|assistant(?=\s*<\|))*")
"""What may stand between JSON values: blanks, separators, and the marks of a turn."""


def _json_values(text: str) -> Iterator[Any]:
    """JSON values one after another; prose behind them is not an error."""
    position = 0
    while match := _BETWEEN.match(text, position):
        position = match.end()
        if text[position : position + 1] not in ("[", "{"):
            if position == match.start() == 0 or not text.strip():
                raise ValueError("no JSON where a call begins")
            return
        value, position = _DECODER.raw_decode(text, position)
        yield value


def _listed(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("tool_calls"), list):
            yield from value["tool_calls"]
        elif isinstance(value, list):
            yield from value
        else:
            yield value


def _value(text: str, schema: object) -> Any:
    """A value that a tag syntax wrote as text."""
    kinds = _kinds(schema)
    if "string" in kinds:
        # Of a text parameter, `null` is what templates write for null far more often than a text of that name.
        nullable = text.strip() == "null" or (text.strip() == "None" and "null" in kinds)
        others = kinds - {"string", "null"}
        if not nullable and not (others and _reads_as(text, others)):
            return text
    literal = {"True": "true", "False": "false", "None": "null"}.get(text.strip(), text)
    try:
        return _json(literal)
    except ValueError:
        return text


def _reads_as(text: str, kinds: set[str]) -> bool:
    try:
        value = _json(text)
    except ValueError:
        return False
    kind = {dict: "object", list: "array", bool: "boolean", int: "integer", float: "number"}.get(type(value), "")
    return kind in kinds or (kind == "integer" and "number" in kinds)


def _kinds(schema: object) -> set[str]:
    """Names of the JSON types a schema allows, as far as it says so at its top; empty where it does not."""
    if not isinstance(schema, Mapping):
        return set()
    kind = schema.get("type")
    if isinstance(kind, str):
        return {kind}
    if isinstance(kind, list):
        return {name for name in kind if isinstance(name, str)}
    out: set[str] = set()
    for keyword in ("anyOf", "oneOf"):
        for option in schema.get(keyword) or ():
            out |= _kinds(option)
    if not out and isinstance(schema.get("enum"), list):
        out = {"string" for value in schema["enum"] if isinstance(value, str)}
    return out


def _hermes(text: str, types: Types) -> Iterator[Any]:
    """`<tool_call>` around JSON, or around the tags of Qwen-Coder or GLM."""
    for block in re.findall(r"<tool_call>(.*?)(?:</tool_call>|\Z)", text, re.DOTALL):
        inner = block.strip()
        if inner.startswith("<function"):
            yield from _function_tags(inner, types)
        elif inner.startswith(("{", "[")):
            yield from _listed([_json(inner)])
        else:
            yield _glm(inner, types)


def _glm(block: str, types: Types) -> Call:
    name, _, rest = block.partition("<arg_key>")
    name = name.strip()
    arguments: JsonObject = {}
    pairs = re.findall(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", "<arg_key>" + rest, re.DOTALL)
    if not re.fullmatch(r"[\w.\-]+", name) or (rest and not pairs):
        raise ValueError("neither JSON nor a name with arguments inside <tool_call>")
    for key, value in pairs:
        arguments[key.strip()] = _value(value, types.get(name, {}).get(key.strip()))
    return {"name": name, "arguments": arguments}


def _function_tags(text: str, types: Types) -> Iterator[Call]:
    """`<function=name><parameter=key>value</parameter></function>`; a JSON object may stand for the parameters."""
    for name, body in re.findall(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", text, re.DOTALL):
        if body.strip().startswith("{"):
            yield {"name": name, "arguments": _json(body.strip())}
            continue
        pairs = re.findall(r"<parameter=([^>]+)>(.*?)</parameter>", body, re.DOTALL)
        yield _tagged(name, pairs, types, newlines=True)


def _invokes(text: str, types: Types) -> Iterator[Call]:
    """`<invoke name="..."><parameter name="...">value</parameter></invoke>`, with or without a prefix."""
    for name, body in re.findall(r"<(?:\w+:)?invoke name=\"([^\"]+)\">(.*?)</(?:\w+:)?invoke>", text, re.DOTALL):
        pattern = r"<(?:\w+:)?parameter name=\"([^\"]+)\"[^>]*>(.*?)</(?:\w+:)?parameter>"
        yield _tagged(name, re.findall(pattern, body, re.DOTALL), types, newlines=False)


def _tagged(name: str, pairs: list[tuple[str, str]], types: Types, newlines: bool) -> Call:
    arguments: JsonObject = {}
    for key, value in pairs:
        if key in arguments:
            raise ValueError(f"the parameter {key} appears twice")
        # The template puts the value on lines of its own: one line break on each side is not a part of it.
        text = re.sub(r"\A\n|\n\Z", "", value) if newlines else value
        arguments[key] = _value(text, types.get(name, {}).get(key))
    return {"name": name, "arguments": arguments}


def _channels(text: str, types: Types) -> Iterator[Call]:
    """gpt-oss: `to=functions.name ... <|message|>{...}<|call|>`."""
    pattern = r"to=functions\.([\w.\-]+)(?:(?!<\|message\|>).)*<\|message\|>(.*?)(?:<\|call\|>|<\|end\|>|\Z)"
    for name, body in re.findall(pattern, text, re.DOTALL):
        yield {"name": name, "arguments": _json(body.strip() or "{}")}


def _deepseek(text: str, types: Types) -> Iterator[Call]:
    pattern = r"<｜tool▁call▁begin｜>(.*?)<｜tool▁sep｜>(.*?)(?:<｜tool▁call▁end｜>|\Z)"
    for first, second in re.findall(pattern, text, re.DOTALL):
        fenced = re.fullmatch(r"\s*(.+?)\s*```(?:json)?\s*(.*?)\s*```\s*", second, re.DOTALL)
        name, body = fenced.groups() if fenced else (first, second)
        yield {"name": name.strip(), "arguments": _json(body.strip() or "{}")}


def _mistral(text: str, types: Types) -> Iterator[Any]:
    for part in text.split("[TOOL_CALLS]")[1:]:
        named = re.match(r"\s*([\w.\-]+)(?:\[CALL_ID\]\w+)?\[ARGS\](.*)", part, re.DOTALL)
        if named:
            yield {"name": named[1], "arguments": next(_json_values(named[2]), None)}
        else:
            yield from _listed(_json_values(part))


def _between(first: str, last: str) -> Callable[[str, Types], Iterator[Any]]:
    """JSON or Python calls between two marks."""

    def read(text: str, types: Types) -> Iterator[Any]:
        for block in re.findall(f"{re.escape(first)}(.*?)(?:{re.escape(last)}|\\Z)", text, re.DOTALL):
            inner = block.strip()
            yield from _listed([_json(inner)]) if re.match(r"\[\s*[{\]]|\{", inner) else _python(inner, types)

    return read


def _python(text: str, types: Types) -> Iterator[Call]:
    """`[f(a=1), g(b="x")]` or one call. Only literals are taken; JSON's true, false and null are some."""
    try:
        tree = ast.parse(text.strip().rstrip(";"), mode="eval").body
    except (SyntaxError, MemoryError) as error:
        raise ValueError(f"not Python calls: {error}") from None
    for node in tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]:
        if not isinstance(node, ast.Call) or node.args:
            raise ValueError("not a call with named arguments")
        if any(keyword.arg is None for keyword in node.keywords):
            raise ValueError("** is not an argument")
        yield {
            "name": ast.unparse(node.func),
            "arguments": _unique([(str(keyword.arg), _literal(keyword.value)) for keyword in node.keywords]),
        }


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {
            ast.literal_eval(key): _literal(value) for key, value in zip(node.keys, node.values, strict=True) if key
        }
    value = ast.literal_eval(node)
    if not isinstance(value, str | int | float | bool | None):
        raise ValueError("not a JSON value")
    return value


def _gemma(text: str, types: Types) -> Iterator[Call]:
    """Gemma 4: `<|tool_call>call:name{key:<|"|>text<|"|>,n:1}<tool_call|>`."""
    for name, body in re.findall(r"<\|tool_call>call:([\w.\-]+)(\{.*?\})(?:<tool_call\|>|\Z)", text, re.DOTALL):
        texts: list[str] = []

        def keep(match: re.Match[str], texts: list[str] = texts) -> str:
            texts.append(match[1])
            return f'"\x00{len(texts) - 1}"'

        plain = re.sub(r"<\|\"\|>(.*?)<\|\"\|>", keep, body, flags=re.DOTALL)
        plain = re.sub(r"([{,]\s*)([^\s\"{}\[\],:][^:{}\[\],\"]*)(\s*:)", r'\1"\2"\3', plain)
        plain = re.sub(r"(?<=[:\[,])\s*None(?=\s*[,}\]])", "null", plain)  # as some templates print it
        # Marks stand for the texts until the JSON is read, so that nothing inside a text is taken for syntax.
        yield {"name": name, "arguments": _filled(_json(plain.replace("\x00", "\\u0000")), texts)}


def _filled(value: object, texts: list[str]) -> Any:
    if isinstance(value, str) and value.startswith("\x00"):
        return texts[int(value[1:])]
    if isinstance(value, list):
        return [_filled(item, texts) for item in value]
    if isinstance(value, dict):
        return {str(_filled(key, texts)): _filled(item, texts) for key, item in value.items()}
    return value


def _plain_json(text: str, types: Types) -> Iterator[Any]:
    fenced = re.search(r"```(?:json|tool_call)?\s*\n?(.*?)```", text, re.DOTALL)
    inner = fenced[1] if fenced else re.sub(r"\A<\|python_tag\|>", "", text)
    yield from _listed(_json_values(inner.strip()))


def _compact(text: str, types: Types) -> Iterator[Any]:
    calls = parse_compact_calls(text)
    if calls is not None:
        return iter(calls)
    return _python(text, types)


_SYNTAXES: tuple[tuple[re.Pattern[str], Callable[[str, Types], Iterator[Any]]], ...] = (
    (re.compile(r"to=functions\.[\w.\-]+"), _channels),
    (re.compile(r"<｜tool▁call▁begin｜>"), _deepseek),
    (re.compile(r"<\|tool_call>call:"), _gemma),
    (re.compile(r"<(?:\w+:)?invoke name="), _invokes),
    (re.compile(r"<tool_call>"), _hermes),
    (re.compile(r"<\|tool_call_start\|>"), _between("<|tool_call_start|>", "<|tool_call_end|>")),
    (re.compile(r"<\|START_ACTION\|>"), _between("<|START_ACTION|>", "<|END_ACTION|>")),
    (re.compile(r"<tool_calls>"), _between("<tool_calls>", "</tool_calls>")),
    (re.compile(r"\[TOOL_CALLS\]"), _mistral),
    (re.compile(r"<function=[^>\s]+>"), _function_tags),
    (re.compile(r"\A(?:<\|python_tag\|>)?\s*(?:\[\s*[{\]]|\{)|```(?:json|tool_call)?\s*\n?\s*[\[{]"), _plain_json),
    (re.compile(r"\A\[\s*[A-Za-z_][\w.\-]*\(|\A[A-Za-z_][\w.\-]*\((?:[^()\s=]+=|\))"), _compact),
)
"""What marks a syntax, the most particular first."""
