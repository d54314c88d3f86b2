"""Calls written as code: what each handler cuts off the text before the leaderboard's parser reads it.

The parser itself (Python by `ast`, Java and JavaScript by tree-sitter) is the leaderboard's, in its environment.
"""

import ast
import re
import warnings
from collections.abc import Callable

from .errors import UndecodableError
from .json_types import JsonObject, JsonValue

_FENCE = re.compile(r"```[ \t]*(?:python|py|tool_code|tool_call|java|javascript|js)?[ \t]*\n(.*?)\n?```", re.DOTALL)
_TOOLCALL = re.compile(r"<TOOLCALL>(.*?)</TOOLCALL>", re.DOTALL)
_PYTHONIC = re.compile(
    r"<\|tool_call_start\|>(.*?)(?:<\|tool_call_end\|>|$)|<\|python_start\|>(.*?)(?:<\|python_end\|>|$)", re.DOTALL
)
_NOT_PYTHON = ("simple_java", "simple_javascript")
_LOOKS_CALLED = re.compile(r"\[?\s*[A-Za-z_$][\w.$]*\s*\(.*\)\s*\]?;?$", re.DOTALL)


def plain(text: str) -> str:
    """As it is; the default handler of prompted models. It drops surrounding backquotes itself."""
    return text


def gemini(text: str) -> str:
    """Without the ```tool_code fence; the Gemini handler for prompts."""
    return text.replace("```tool_code\n", "").replace("\n```", "")


def phi(text: str) -> str:
    """Without a ```json or ```python before it; the Phi handler."""
    return text.strip().removeprefix("```json").removeprefix("```python")


def gorilla(text: str) -> str:
    """Calls without brackets around them; the Gorilla handler puts its own."""
    return f"[{text}]"


def nexus(text: str) -> str:
    """Calls divided by `;`; the NexusRaven handler. Its `out_of_domain` says that nothing is called."""
    if "out_of_domain" in text:
        raise UndecodableError("out of domain")
    return f"[{text.removesuffix(';').replace(';', ',')}]"


def fenced(text: str) -> str:
    """The code in the first fence, with text around it or without."""
    found = _FENCE.search(text)
    if not found:
        raise UndecodableError("no fenced code")
    calls = [line.strip().rstrip(";") for line in found[1].strip().splitlines() if line.strip()]
    code = found[1].strip()
    if not code.startswith("[") and all(_LOOKS_CALLED.match(line) for line in calls):
        return f"[{', '.join(calls)}]"
    return code


def pythonic(text: str) -> str:
    """The code between `<|tool_call_start|>` or `<|python_start|>` and its end; LFM 2, Llama 4."""
    found = _PYTHONIC.search(text)
    if not found:
        raise UndecodableError("no <|tool_call_start|> or <|python_start|>")
    return (found[1] or found[2] or "").strip()


def nemotron(text: str) -> str:
    """The code between `<TOOLCALL>` tags; without them there is no call. The Nemotron handler."""
    found = _TOOLCALL.search(text)
    return found[1] if found else "[]"


PREPARE: dict[str, Callable[[str], str]] = {
    "python": plain,
    "gemini": gemini,
    "phi": phi,
    "gorilla": gorilla,
    "nexus": nexus,
    "nemotron": nemotron,
    "pythonic": pythonic,
    "fenced-python": fenced,
}
"""Forms that the leaderboard's parser reads, and what is done to the text before."""

STRICT = {"gorilla", "nexus"}
"""Forms whose text goes to the parser as it is; for the others its default clean-up comes first."""


def prepared(form: str, answer: JsonValue) -> tuple[str, bool]:
    """The text that the parser is given, and whether it is given as it is.

    Raises:
        UndecodableError: the text lacks what the form needs.
        AttributeError: the answer is not text.
    """
    return PREPARE[form](answer), form in STRICT


def minicpm(answer: JsonValue) -> JsonValue:
    """Python calls on lines between `<|tool_call_start|>` and `<|tool_call_end|>`, fenced; the MiniCPM handler.

    Values are literals here; that handler reads names and arithmetic as well.
    """
    text = answer
    if "<|thought_end|>" in text and "<|thought_start|>" in text:
        text = text.rsplit("<|thought_end|>", 1)[1]
    if "<|tool_call_start|>" not in text or "<|tool_call_end|>" not in text:
        return text.strip()
    body = text.rsplit("<|tool_call_end|>", 1)[0].split("<|tool_call_start|>", 1)[1].strip()
    if body.startswith("```"):
        body = body.lstrip("`").strip()
        if body.startswith("python"):
            body = body.lstrip("python").strip()
    if body.endswith("```"):
        body = body.rstrip("`").strip()
    statements = _parsed(body, "exec").body
    return [_literal_call(getattr(statement, "value", None)) for statement in statements]


def count(form: str, answer: object, category: str = "") -> int:
    """How many calls the text holds in a form of `PREPARE`; 0 where it is not a list of calls."""
    if not isinstance(answer, str):
        return 0
    try:
        text = PREPARE[form](answer)
    except UndecodableError:
        return 0
    if form not in STRICT:
        text = text.strip("`\n ")
        text = text if text.startswith("[") else "[" + text
        text = text if text.endswith("]") else text + "]"
    if "(" not in text or text.startswith(("[{", '["')):
        return 0  # not a call; parsing would only confirm it
    if category in _NOT_PYTHON:
        return int(bool(_LOOKS_CALLED.match(text.strip())))
    try:
        body = _parsed(text.strip().strip("'"), "eval").body
    except UndecodableError:
        return 0
    calls = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
    return len(calls) if calls and all(isinstance(call, ast.Call) for call in calls) else 0


def _parsed(text: str, mode: str) -> JsonValue:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's invalid escapes concern nobody
            return ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise UndecodableError(f"not Python: {type(error).__name__}") from None


def _literal_call(node: JsonValue) -> JsonObject:
    if not isinstance(node, ast.Call):
        raise UndecodableError("a statement is not a call")
    name = ast.unparse(node.func)
    return {name: {pair.arg or "**": ast.literal_eval(pair.value) for pair in node.keywords}}
