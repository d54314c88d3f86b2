"""The forms by name, in the order in which detection prefers them, and what is asked of any of them."""

import json
import re
from collections.abc import Callable, Sequence

from . import function_gemma, json_forms, markup, python_forms, special_tokens, structured, tagged
from .errors import UndecodableError
from .json_types import JsonMapping, JsonValue
from .thinking import without_thinking

_DECODERS: dict[str, Callable[[JsonValue], JsonValue]] = {
    "openai": structured.structured,
    "json": json_forms.json_list,
    "xlam": json_forms.xlam,
    "hermes": tagged.hermes,
    "llama": json_forms.llama,
    "granite": tagged.granite,
    "phi-fc": tagged.phi,
    "falcon": tagged.falcon,
    "hammer": json_forms.hammer,
    "bitagent": json_forms.bitagent,
    "think-agent": json_forms.think_agent,
    "granite-20b": tagged.granite_20b,
    "glm": special_tokens.glm,
    "minicpm": python_forms.minicpm,
    "functiongemma": function_gemma.function_gemma,
    "parameters": json_forms.json_parameters,
    "tool-call": tagged.tool_call,
    "functioncall": tagged.functioncall,
    "mistral": tagged.mistral,
    "function-equals": tagged.function_equals,
    "plugin": tagged.plugin,
    "harmony": special_tokens.harmony,
    "deepseek": special_tokens.deepseek,
    "kimi": special_tokens.kimi,
    "fenced-json": json_forms.fenced_json,
}
_MARKED_UP: dict[str, Callable[[JsonValue, JsonValue], JsonValue]] = {
    "glm-tags": markup.glm_tags,
    "qwen-coder": markup.qwen_coder,
    "invoke": markup.invoke,
}
_NAME = re.compile(r"[\w.$/:@ -]{1,200}$")
"""What a function's name looks like; a line of prose or a tag does not."""

_EXECUTED: dict[str, Callable[[JsonValue], JsonValue]] = {
    "hermes": tagged.hermes_executed,
    "glm": special_tokens.glm_executed,
    "hammer": json_forms.hammer_executed,
}
"""Forms whose handler reads a step of a conversation otherwise than a single answer."""

_STRICT_ARGUMENTS = {"json", "bitagent", "hammer", "llama", "falcon", "granite-20b", "functiongemma", "minicpm"}
"""Forms whose handler cannot run a call whose arguments are JSON text."""

NEVER_EXECUTED = {"think-agent", "gorilla", "nexus"}
"""Forms whose handler fails on every step of a conversation: such models score 0 in multi-turn on the board."""

PYTHON_FORMS = tuple(python_forms.PREPARE)
"""Forms whose text the leaderboard's own parser reads."""

OFFICIAL = (
    *("xlam", "json", "openai", "hermes", "python", "llama", "granite", "phi-fc", "falcon", "hammer", "bitagent"),
    *("think-agent", "granite-20b", "glm", "minicpm", "functiongemma", "gemini", "phi", "gorilla", "nexus", "nemotron"),
)
"""Forms that one of the leaderboard's own handlers reads, with the same strictness."""

FORMS = (*OFFICIAL, *(name for name in (*_DECODERS, *_MARKED_UP, *PYTHON_FORMS) if name not in OFFICIAL))
"""Every form; those of official handlers first."""


def decode(form: str, answer: JsonValue, tools: Sequence[JsonMapping] = ()) -> JsonValue:
    """The calls of an answer as `[{name: {argument: value}}]`, or whatever the handler of the form makes of it.

    Args:
        form: one of `FORMS`, but none of `PYTHON_FORMS`.
        answer: the answer as stored: text, or the parsed tool calls of an API.
        tools: the functions offered, `{name, parameters}`; they say which marked-up values are text.

    Raises:
        UndecodableError: the answer is not in the form.
    """
    try:
        if form in _MARKED_UP:
            return _MARKED_UP[form](answer, tools)
        return _DECODERS[form](answer)
    except UndecodableError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
        raise UndecodableError(f"{type(error).__name__}: {error}") from None
    except ZeroDivisionError as error:
        raise UndecodableError(f"arithmetic: {error}") from None


def executable(form: str, answer: JsonValue, tools: Sequence[JsonMapping] = ()) -> list[str]:
    """The calls of one step of a conversation as Python text, as the handler of the form writes them.

    Raises:
        UndecodableError: the step is not in the form, so it makes no call.
    """
    if form in NEVER_EXECUTED:
        raise UndecodableError(f"the handler of {form} cannot run calls")
    try:
        calls = _EXECUTED[form](answer) if form in _EXECUTED else decode(form, answer, tools)
        texts = []
        for call in [calls] if isinstance(calls, dict) else calls:
            if isinstance(call, str) and form == "granite-20b":
                texts.append(call)
                continue
            for name, arguments in call.items():
                as_text = isinstance(arguments, str) and form not in _STRICT_ARGUMENTS
                values = json.loads(arguments) if as_text else arguments
                texts.append(f"{name}({','.join(f'{key}={value!r}' for key, value in values.items())})")
        return texts
    except UndecodableError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise UndecodableError(f"{type(error).__name__}: {error}") from None


def count_calls(form: str, answer: object, category: str = "") -> int:
    """How many calls the answer holds if read in this form; 0 where it cannot be."""
    if form in PYTHON_FORMS:
        return python_forms.count(form, answer, category)
    if form == "xlam" and not _has_arguments(answer):
        return 0
    if form == "granite-20b" and not (isinstance(answer, str) and "<function_call>" in answer):
        return 0  # that handler takes any object with a name for a call
    try:
        calls = decode(form, answer)
    except UndecodableError:
        return 0
    return len(calls) if _are_calls(calls) else 0


def is_blank(answer: object) -> bool:
    """True for an answer that says "no call" in one of the forms, or says nothing at all."""
    if isinstance(answer, str):
        text = without_thinking(answer).strip()
        if text.startswith("{"):
            try:
                return is_blank(json.loads(text))
            except (ValueError, RecursionError):
                return False
        return text in {
            "",
            "[]",
            "``",
            '""',
            "null",
            "None",
            "<tool_call>[]",
            "[TOOL_CALLS][]",
            "<TOOLCALL>[]</TOOLCALL>",
        }
    if isinstance(answer, dict):
        if isinstance(answer.get("choices"), list) and answer["choices"]:
            return is_blank(answer["choices"][0])
        for key in ("response", "body", "message"):
            if isinstance(answer.get(key), dict):
                return is_blank(answer[key])
        return not answer or (not answer.get("tool_calls", True) and not answer.get("content"))
    return answer is None or answer == []


def _has_arguments(answer: object) -> bool:
    """Whether text in the form `xlam` gives its calls arguments; without them it is of another form."""
    try:
        data = json.loads(answer) if isinstance(answer, str) else None
    except (ValueError, RecursionError):
        return False
    calls = data.get("tool_calls") if isinstance(data, dict) else data
    return isinstance(calls, list) and all(isinstance(call, dict) and "arguments" in call for call in calls)


def _is_name(key: object) -> bool:
    return isinstance(key, str) and bool(_NAME.match(key))


def _are_calls(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(call, dict)
        and len(call) == 1
        and _is_name(next(iter(call)))
        and isinstance(next(iter(call.values())), dict)
        for call in value
    )
