"""Between rows and text: queries with tools as prompts, calls as answers, written answers as calls again.

Training and evaluation both go through this module, so a model is always asked the way it was taught. Three
styles:

* `xlam`: the paper's format with `[BEGIN OF ...]` blocks after DeepSeek-Coder's instruction markers, answered
  by `{"tool_calls": [...]}` (paper, section 4 and appendix; the markers are the released models').
* `compact`: a tool is `name(required,optional?)`, an answer `name(argument=value,...)`, several joined by
  `;`, where values are JSON and plain words need no quotes; for models of a few million parameters, for which
  every token costs and complete tool schemas would bury the query.
* `chat`: the tokenizer's own chat template with its `tools` argument, for today's bases.

`chat_template` gives the first two as Jinja templates, so that a trained model is prompted alike by any
server that applies its tokenizer's template.
"""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import StrictJsonError, loads_strict
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.tool_formats.chat_forms import TemplateError, fitted
from apigen_assets.tool_formats.compact_calls import compact_calls, parse_compact_calls
from apigen_assets.tool_formats.openai_tool import openai_tool, parameters_of, unwrapped
from apigen_assets.tool_formats.xlam_types import is_json_schema


class PromptStyle(StrEnum):
    """The prompt formats."""

    XLAM = "xlam"
    COMPACT = "compact"
    CHAT = "chat"


class ChatTokenizer(Protocol):
    """The part of a Hugging Face tokenizer that the chat style needs."""

    eos_token: str | None

    def apply_chat_template(self, conversation: list[dict[str, JsonValue]], **kwargs: object) -> JsonValue:
        """The conversation as text, by the tokenizer's template."""
        ...


SYSTEM = (
    "You are an AI assistant for function calling. "
    # DeepSeek-Coder was instruction-tuned behind this sentence; without it the base answers out of
    # distribution.
    "For politically sensitive questions, security and privacy issues, "
    "and other non-computer science questions, you will refuse to answer"
)
TASK_INSTRUCTION = (
    "You compose function calls. Read the query and the available tools, and make the one call or the "
    "several calls that serve the query's purpose.\n"
    "Where none of the tools fits, say so and call nothing. Where the query lacks a value that a required "
    "parameter needs, say so and call nothing."
)
FORMAT_INSTRUCTION = (
    "Answer with one JSON object of the form below and with no other text. Give every argument the type its "
    "parameter declares. Where no call is to be made, the list is empty.\n"
    "```\n"
    '{"tool_calls": [{"name": "func_name1", "arguments": {"argument1": "value1", "argument2": "value2"}}, '
    "... (one object per call)]}\n"
    "```"
)


def render(
    query: str,
    tools: Sequence[JsonMapping],
    style: PromptStyle | str = PromptStyle.XLAM,
    *,
    tokenizer: ChatTokenizer | None = None,
) -> str:
    """The prompt text, up to where the answer begins.

    Args:
        query: the user's request.
        tools: `{name, description, parameters}` each, with `parameters` a JSON Schema object or flat xLAM
            parameters; further keys are not shown to the model. OpenAI's `{"type": "function", "function":
            ...}` is unwrapped.
        style: which format.
        tokenizer: for the `chat` style: the tokenizer whose template is applied.

    Raises:
        ValueError: the chat style without a tokenizer that has a template, or an unknown style.
    """
    shown = [unwrapped(tool) for tool in tools]
    match PromptStyle(style):
        case PromptStyle.XLAM:
            listing = json.dumps([_xlam_tool(tool) for tool in shown], ensure_ascii=False)
            return (
                f"{SYSTEM}\n### Instruction:\n"
                f"[BEGIN OF TASK INSTRUCTION]\n{TASK_INSTRUCTION}\n[END OF TASK INSTRUCTION]\n\n"
                f"[BEGIN OF AVAILABLE TOOLS]\n{listing}\n[END OF AVAILABLE TOOLS]\n\n"
                f"[BEGIN OF FORMAT INSTRUCTION]\n{FORMAT_INSTRUCTION}\n[END OF FORMAT INSTRUCTION]\n\n"
                f"[BEGIN OF QUERY]\n{query}\n[END OF QUERY]\n\n"
                "### Response:\n"
            )
        case PromptStyle.COMPACT:
            return "\n".join([*(_compact_tool(tool) for tool in shown), f"? {query}", "> "])
        case PromptStyle.CHAT:
            text: str = _template(tokenizer, [_user(query)], shown, add_generation_prompt=True)
            return text


def target(
    answers: Sequence[Call | JsonMapping],
    style: PromptStyle | str = PromptStyle.XLAM,
    *,
    tokenizer: ChatTokenizer | None = None,
    query: str = "",
    tools: Sequence[JsonMapping] = (),
) -> str:
    """The text that answers a prompt of this style, without the end-of-sequence token.

    Args:
        answers: the calls; none at all is the answer to a query that no tool serves.
        style: which format.
        tokenizer: for the `chat` style, which takes the text from the template itself.
        query: for the `chat` style: the query of the prompt, as templates render a conversation as a whole.
        tools: for the `chat` style: the tools of the prompt.

    Raises:
        ValueError: a value is not JSON (NaN, infinity), or as for `render`.
    """
    calls = [call if isinstance(call, Call) else Call.model_validate(dict(call)) for call in answers]
    match PromptStyle(style):
        case PromptStyle.XLAM:
            return _json({"tool_calls": [call.model_dump() for call in calls]})
        case PromptStyle.COMPACT:
            return compact_calls([call.model_dump() for call in calls], query)
        case PromptStyle.CHAT:
            return _chat_target(calls, query, [unwrapped(tool) for tool in tools], tokenizer)


def parse(text: str) -> list[Call] | None:
    """The calls a model wrote, in any style; `[]` for an explicit no-call answer, null for anything else.

    Accepted: `{"tool_calls": [...]}`, a bare JSON list, one JSON call, `<tool_call>` blocks (Hermes and
    Qwen), and the compact form. A leading `<think>` block and a code fence around the whole are dropped.
    Nothing is repaired: broken JSON, repeated keys and text around an answer give null. The text is read as
    data, never evaluated.
    """
    text = _THINK.sub("", text).strip()
    fenced = _FENCE.fullmatch(text)
    if fenced:
        text = fenced.group(1).strip()
    if "<tool_call>" in text:
        return _parse_blocks(text)
    if text.startswith(("{", "[")):
        try:
            return _calls(loads_strict(text))
        except StrictJsonError:
            return None
    calls = parse_compact_calls(text)
    return None if calls is None else [Call(**call) for call in calls]


_THINK = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"```[a-z]*\n(.*)\n?```", re.DOTALL)
_BLOCK = re.compile(r"\s*<tool_call>(.*?)</tool_call>\s*", re.DOTALL)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _user(query: str) -> JsonObject:
    return {"role": "user", "content": query}


def _xlam_tool(tool: JsonMapping) -> JsonObject:
    return {
        "name": tool["name"],
        "description": tool.get("description", ""),
        "parameters": _listed_parameters(tool.get("parameters") or {}),
    }


def _listed_parameters(parameters: JsonMapping) -> JsonObject:
    """By name: a schema's properties, `required: true` on those required; flat ones as they are."""
    if not is_json_schema(parameters):
        return dict(parameters)
    return {
        name: {**spec, "required": True} if required else dict(spec)
        for name, spec, required in parameters_of(parameters)
    }


def _compact_tool(tool: JsonMapping) -> str:
    listed = parameters_of(tool.get("parameters") or {})
    return f"{tool['name']}({','.join(parameter.name + ('' if parameter.required else '?') for parameter in listed)})"


def _template(
    tokenizer: ChatTokenizer | None,
    messages: list[JsonObject],
    tools: Sequence[JsonMapping],
    **kwargs: object,
) -> JsonValue:
    if tokenizer is None or not getattr(tokenizer, "chat_template", None):
        raise ValueError(
            "the chat style needs a tokenizer with a chat template; for a base without one choose "
            "`prompt_style: xlam` in the recipe"
        )
    # `enable_thinking` reaches the templates that know it (Qwen3); others ignore it
    offered = [openai_tool(tool) for tool in tools] or None  # an empty list makes some templates announce tools
    return tokenizer.apply_chat_template(messages, tools=offered, tokenize=False, enable_thinking=False, **kwargs)


def _chat_target(calls: list[Call], query: str, tools: Sequence[JsonMapping], tokenizer: ChatTokenizer | None) -> str:
    offered = [openai_tool(tool) for tool in tools]

    def rendered(messages: list[JsonObject], open_answer: bool) -> str:
        return str(_template(tokenizer, messages, offered, add_generation_prompt=open_answer))

    question = [_user(query)]
    prompt = rendered(question, True)
    plain = [call.model_dump() for call in calls]
    if calls:
        whole = fitted(question, plain, offered, rendered)
        hermes = "\n".join(f"<tool_call>\n{_json(call)}\n</tool_call>" for call in plain)
    else:
        hermes = '{"tool_calls": []}'
        whole = rendered([*question, {"role": "assistant", "content": hermes}], False)
    end = (tokenizer.eos_token if tokenizer else None) or ""
    # Templates that render a finished turn unlike an open one leave no prefix to cut at: the Hermes form
    # serves
    text = whole.removeprefix(prompt) if whole.startswith(prompt) else hermes
    return text.rstrip().removesuffix(end).rstrip()


def check_chat_template(tokenizer: ChatTokenizer) -> None:
    """Check that a template shows tools and writes calls, so that a model is not trained on nothing.

    Raises:
        ValueError: it does neither or not both; the message says what to use instead.
    """
    remedy = "choose `prompt_style: xlam` in the recipe, which brings its own format, or another base"
    tool = {"name": "probe_tool", "description": "", "parameters": {"type": "object", "properties": {}}}
    if "probe_tool" not in render("q", [tool], PromptStyle.CHAT, tokenizer=tokenizer):
        raise ValueError(f"the tokenizer's chat template shows no tools: {remedy}")
    try:
        target([Call(name="probe_tool", arguments={})], PromptStyle.CHAT, tokenizer=tokenizer, query="q", tools=[tool])
    except TemplateError as error:
        raise ValueError(f"{error}: {remedy}") from None


def _calls(value: object) -> list[Call] | None:
    if isinstance(value, dict):
        value = value.get("tool_calls", [value])
    if not isinstance(value, list):
        return None
    calls = [_call(call) for call in value]
    return None if None in calls else [call for call in calls if call is not None]


def _call(value: object) -> Call | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    arguments = value.get("arguments")
    if isinstance(arguments, str):  # OpenAI's wire form
        try:
            arguments = loads_strict(arguments)
        except StrictJsonError:
            return None
    if not isinstance(arguments, dict):
        return None
    return Call(name=value["name"], arguments=arguments)


def _parse_blocks(text: str) -> list[Call] | None:
    calls: list[Call] = []
    position = 0
    while position < len(text):
        block = _BLOCK.match(text, position)
        if block is None:
            return None
        try:
            call = _call(loads_strict(block.group(1)))
        except StrictJsonError:
            return None
        if call is None:
            return None
        calls.append(call)
        position = block.end()
    return calls
