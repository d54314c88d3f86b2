"""One call in its many spellings: OpenAI's, Anthropic's, Gemini's, those of agents and of other data sets.

A spelling that means one call is that call, `{"name", "arguments"}`. Everything else is left as it is: whether a name
is offered and whether types fit is the format check's question.
"""

import ast
import math
import re
from collections.abc import Collection, Mapping

from apigen_assets.completions.documents import Document, json_text, read_documents
from apigen_assets.files.canonical import read_strict_at
from apigen_assets.files.json_types import JsonObject, JsonValue

NAMES = (
    "name",
    "function",
    "function_name",
    "tool",
    "tool_name",
    "recipient_name",
    "api_name",
    "api",
    "func",
    "action",
)
"""Keys under which a call's function is named."""
ARGUMENTS = (
    "arguments",
    "parameters",
    "args",
    "params",
    "kwargs",
    "input",
    "inputs",
    "tool_input",
    "action_input",
    "parameter",
    "argument",
)
"""Keys under which a call's arguments stand."""
_WRAPPERS = ("function", "function_call", "functionCall", "tool_call", "toolUse", "tool_use", "call")
_ABOUT = {"type", "id", "index", "call_id", "tool_call_id", "toolUseId", "tool_use_id"}
"""Keys of protocols that say nothing of what is called."""
_PROSE = {
    "description",
    "comment",
    "comments",
    "explanation",
    "reason",
    "reasoning",
    "rationale",
    "thought",
    "thoughts",
    "note",
    "notes",
    "purpose",
}
"""Keys under which a model explains a call; the format of calls knows none of them."""
_CLASSES = ("call", "functioncall", "function_call", "toolcall", "tool_call", "answer", "apicall")
_NUMBERED = re.compile(r"(?:(?:tool|function|api)_?)?(?:call|answer|step|action|request)?[ _-]?\d+", re.IGNORECASE)
_MARK = (
    r"<\|?/?(?:tool|function)_?calls?(?:_begin|_end)?\|?>|<\|python_tag\|>|\[/?TOOL_CALLS\]|"
    r"<｜tool▁(?:calls?|outputs?)▁(?:begin|end)｜>|\bfunctools\b|</s>|<\|(?:eot_id|im_end|end|eom_id|call)\|>|```\w*"
)
_MARKS = re.compile(_MARK, re.IGNORECASE)
_LEADING = re.compile(rf"\A(?:\s|{_MARK})+", re.IGNORECASE)
_LAST_MARK = re.compile(rf"(?:{_MARK})\Z", re.IGNORECASE)
_LONGEST_MARK = 40
_MARKED = re.compile(rf"\A\s*(?:{_MARK})|\[ARGS\]", re.IGNORECASE)
_NAMED = re.compile(r"\s*(?:\[TOOL_CALLS\])?\s*([A-Za-z_][\w.-]*)\s*(?:\[CALL_ID\]\s*\w+\s*)?\[ARGS\]\s*")
_TYPES = {"function", "function_call", "tool_use", "tool_call", "tool"}


def plain_call(value: object, names: Collection[str] = ()) -> tuple[object, bool]:
    """A call as `{"name", "arguments"}` where the spelling means exactly that; anything else as it is.

    Args:
        value: what stands where a call is expected.
        names: the functions offered, to undo decorations of a name.

    Returns:
        The call or the value, and whether it was spelled in another way.
    """
    if isinstance(value, str):
        calls = _calls_in(value, names)
        if calls is None and value.lstrip()[:1] == "{":
            try:
                inner, _ = plain_call(json_text(value), names)
            except ValueError:
                return value, False
            calls = [inner] if isinstance(inner, dict) and looks_like_call(inner) else None
        return (plain_call(calls[0], names)[0], True) if calls is not None and len(calls) == 1 else (value, False)
    if _is_named_list(value, names):
        assert isinstance(value, list)
        return {"name": value[0], "arguments": value[1]}, True
    if not isinstance(value, dict):
        return value, False
    call = _plain(value, names)
    if call is None:
        return value, False
    call["name"] = _plain_name(call["name"], names)
    return call, call != value


def looks_like_call(value: object) -> bool:
    """Whether an object is a call in some spelling."""
    return isinstance(value, dict) and _plain(value, ()) is not None


def plain_calls(value: object, names: Collection[str] = ()) -> tuple[list[JsonValue] | None, bool]:
    """A list of calls; one call alone, a list in an object or as JSON text means a list too.

    Returns:
        The calls, each as `plain_call` gives it, or null where there is no list; and whether it was spelled otherwise.
    """
    respelled = False
    if isinstance(value, str):
        calls = _calls_in(value, names)
        if calls is not None:
            return [plain_call(call, names)[0] for call in calls], True
        try:
            value = json_text(value)
        except ValueError:
            return None, False
        respelled = True
    if isinstance(value, dict):
        inner = [value[key] for key in ("calls", "tool_calls", "function_calls", "answers") if key in value]
        if len(value) == 1 and len(inner) == 1 and isinstance(inner[0], list | dict):
            value = inner[0]
        if isinstance(value, dict):
            by_name = len(value) > 1 and all(key in names and isinstance(inner, dict) for key, inner in value.items())
            if value and all(_NUMBERED.fullmatch(key) and looks_like_call(inner) for key, inner in value.items()):
                value = list(value.values())
            else:
                value = [{key: inner} for key, inner in value.items()] if by_name else [value]
        respelled = True
    if not isinstance(value, list):
        return None, False
    if len(value) == 1 and isinstance(value[0], list) and not _is_named_list(value[0], names):
        value, respelled = value[0], True
    elif value and all(isinstance(item, list) and item and all(map(looks_like_call, item)) for item in value):
        # One list for each request, or for each turn.
        value, respelled = [call for item in value for call in item], True
    elif _is_named_list(value, names):
        value, respelled = [value], True
    present = [item for item in value if item is not None] or value
    respelled |= len(present) < len(value)
    calls = []
    for item in present:
        call, changed = plain_call(item, names)
        respelled |= changed
        calls.append(call)
    return calls, respelled


def _plain(value: Mapping[str, JsonValue], names: Collection[str]) -> JsonObject | None:
    kind = value.get("type")
    about = _ABOUT if kind is None or (isinstance(kind, str) and kind in _TYPES) else _ABOUT - {"type"}
    whole = body = {key: inner for key, inner in value.items() if key not in about}
    if len(body) > 1 and not {"description", "parameters"} <= set(body):
        body = {key: inner for key, inner in body.items() if not _says_nothing(key, inner)} or body
    if len(body) == 1:
        [(key, inner)] = body.items()
        if key in _WRAPPERS and isinstance(inner, dict):
            return _plain(inner, names)
        if isinstance(inner, dict) and key not in NAMES and key not in ARGUMENTS and key in names:
            return {"name": key, "arguments": dict(inner)}
    named = [key for key in NAMES if isinstance(body.get(key), str)]
    argument_keys = [key for key in ARGUMENTS if key in body]
    more = set(body) - set(named) - set(argument_keys)
    if len(named) == 1 and not argument_keys and body[named[0]] in names and not more & {*NAMES, *_PROSE, *_ABOUT}:
        # The arguments stand beside the name.
        return {"name": body[named[0]], "arguments": {key: inner for key, inner in whole.items() if key != named[0]}}
    if len(named) != 1 or len(argument_keys) > 1 or more:
        return None
    name = body[named[0]]
    arguments = _arguments(body[argument_keys[0]]) if argument_keys else {}
    if name not in names and str(name).lower() in _CLASSES and arguments:
        # `Call(name="f", arguments={...})`
        return _plain(arguments, names)
    if not isinstance(name, str) or arguments is None:
        return None
    return {"name": name, "arguments": arguments}


def _says_nothing(key: str, value: JsonValue) -> bool:
    """Whether a member beside a call's name and arguments is empty, or explains the call."""
    if key in ARGUMENTS:
        return value is None
    return value is None or value in ("", [], {}) or (key in _PROSE and isinstance(value, str))


def _is_named_list(value: object, names: Collection[str]) -> bool:
    """Whether a list is `["f", {...}]`, a function that is offered and its arguments."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return False
    return value[0] in names and isinstance(value[1], dict)


def _arguments(value: JsonValue) -> JsonObject | None:
    if value is None:
        return {}
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json_text(value)
        except ValueError:
            return None
    if isinstance(value, list):
        members = [member for item in value if isinstance(item, dict) and len(item) == 1 for member in item.items()]
        if members and len(members) == len(value) == len({key for key, _ in members}):
            return dict(members)
        pairs = [item for item in value if isinstance(item, dict) and set(item) == {"name", "value"}]
        if len(pairs) != len(value) or len({str(pair["name"]) for pair in pairs}) != len(pairs):
            return None
        return {str(pair["name"]): pair["value"] for pair in pairs}
    return dict(value) if isinstance(value, dict) else None


def _plain_name(name: str, names: Collection[str]) -> str:
    if name in names or not names:
        return name
    bare = name.strip().strip("`*'\"").removesuffix("()").replace("\\_", "_")
    for spelled in (
        bare,
        bare.removeprefix("functions."),
        bare.removeprefix("tools."),
        bare.removeprefix("default_api."),
    ):
        if spelled in names:
            return spelled
    return name


def is_marks(text: str) -> bool:
    """Whether nothing but marks of calls, fences, commas and white space stands in a text."""
    return not _MARKS.sub("", text).strip(" \t\r\n,;`")


def _calls_in(text: str, names: Collection[str]) -> list[JsonValue] | None:
    """The calls of a text that holds nothing else: Python's, or JSON between a model's own marks; null for others."""
    python = _python_calls(_without_trailing(_LEADING.sub("", text)))
    if python is not None:
        return python
    if not _MARKED.search(text):
        return None
    marked = _marked_calls(text)
    if marked is not None:
        return marked
    found = read_documents(text)
    calls: list[JsonValue] = []
    end = 0
    for item in found.items:
        if not isinstance(item, Document) or not is_marks(found.text[end : item.start]):
            return None
        for value in item.value if isinstance(item.value, list) else [item.value]:
            call, _ = plain_call(value, names)
            if not looks_like_call(call):
                return None
            calls.append(call if isinstance(call, dict) else None)
        end = item.end
    return calls if calls and is_marks(found.text[end:]) else None


def _without_trailing(text: str) -> str:
    """A text without the marks and the white space at its end."""
    text = text.rstrip()
    while (mark := _LAST_MARK.search(text, max(0, len(text) - _LONGEST_MARK))) is not None:
        text = text[: mark.start()].rstrip()
    return text


def _marked_calls(text: str) -> list[JsonValue] | None:
    """`[TOOL_CALLS]name[ARGS]{...}`, as newer Mistral models write calls."""
    calls: list[JsonValue] = []
    at = 0
    while (start := _NAMED.match(text, at)) is not None:
        try:
            arguments, at = read_strict_at(text, start.end())
        except ValueError:
            return None
        if not isinstance(arguments, dict):
            return None
        calls.append({"name": start[1], "arguments": arguments})
    return calls if calls and is_marks(text[at:]) else None


def _python_calls(text: str) -> list[JsonValue] | None:
    """`[f(a=1), g(b=2)]`, or such calls one below the other; null for anything else."""
    nodes = _python(text)
    if nodes is None:
        return None
    if len(nodes) == 1 and isinstance(nodes[0], ast.List):
        nodes = nodes[0].elts
    calls = [_of_node(node) for node in nodes]
    return [call for call in calls if call is not None] if nodes and None not in calls else None


def _python(text: str) -> list[ast.expr] | None:
    """The expressions of a text that is Python and consists of nothing else."""
    if len(text) > 20_000 or "(" not in text:
        return None
    try:
        body = ast.parse(text.strip().strip("`")).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = [statement.value for statement in body if isinstance(statement, ast.Expr)]
    return nodes if nodes and len(nodes) == len(body) else None


def _of_node(node: ast.expr) -> JsonObject | None:
    """A call by keywords with literal values, printed or not; positions would have to be guessed."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        return _of_node(node.args[0]) if len(node.args) == 1 and not node.keywords else None
    if not isinstance(node, ast.Call) or node.args or any(keyword.arg is None for keyword in node.keywords):
        return None
    try:
        name = ast.unparse(node.func)
        values = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if not isinstance(node.func, ast.Name | ast.Attribute) or not all(_is_json(value) for value in values.values()):
        return None
    return {"name": name, "arguments": values}


def _is_json(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int | bool)
