"""The chat-completions protocol: what is sent, under which journal key, and what an answer says."""

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from apigen_assets.completions.documents import is_answer
from apigen_assets.completions.reasoning import split_reasoning
from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.llm.generator import Generator, Price
from resources.local.standin import STANDIN_VERSION

JUDGING_TOKENS = 4096
"""Least limit of a judge's answer: reasoning counts against it."""
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
_FILTERED = re.compile(
    r"filter|safety|recitation|prohibited|blocklist|spii|refusal|sensitive|toxic|guardrail|moderation"
)
_CUT = ("length", "max_tokens", "model_length", "max_output_tokens", "model_context_window_exceeded", "limit")
_COMMENTS = re.compile(r"\A(?::[^\n]*\n\s*)+")
"""With which a server keeps a connection alive until it answers (OpenRouter's `: OPENROUTER PROCESSING`)."""

Status = Literal["ok", "length", "refused", "empty", "error"]


@dataclass(frozen=True)
class Answer:
    """What the body of a chat completion says."""

    status: Status
    text: str
    reasoning: str = ""
    finish: str = ""
    """The finish reason in lower case; empty where none was given."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_while_reasoning: bool = False
    """Cut at the token limit before anything of the answer was written."""
    error: JsonObject | str | None = None
    """An error that stands within the choice."""


def read_answer(body: object, tools_offered: bool = False) -> Answer:
    """What a chat completion's body says.

    Args:
        body: the JSON value of the body.
        tools_offered: the request offered tools; the calls are then the answer, else only a wrapping of it.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: the body is not a chat completion.
    """
    whole = body if isinstance(body, dict) else {}
    choice = whole["choices"][0]
    message = choice.get("message")
    if message is None:
        message = {"content": choice["text"]} if isinstance(choice.get("text"), str) else choice["message"]
    content, reasoning = _texts(message)
    text = content
    calls = message.get("tool_calls") or ([message["function_call"]] if message.get("function_call") else None)
    if calls and tools_offered:
        text = json.dumps({"content": content or None, "tool_calls": calls}, ensure_ascii=False)
    elif calls and not content.strip():
        text = "\n".join(_arguments_text(call) for call in calls)
    finish = str(choice.get("finish_reason") or "").lower()
    if not text.strip() and reasoning and finish != "length" and is_answer(reasoning):
        # Some servers put the whole answer where the reasoning belongs (vllm #17349, Qwen3 #1297).
        text, reasoning = reasoning, ""
    usage = whole.get("usage")
    written = _tokens(usage, "completion_tokens") or math.ceil((len(text) + len(reasoning)) / 4)
    status: Status = "ok"
    nothing = not text.strip() or not split_reasoning(text).answer
    if finish in _CUT:
        status = "length"
    elif _FILTERED.search(finish) or (message.get("refusal") and not text.strip()):
        status, text = "refused", text or str(message.get("refusal") or "")
    elif nothing:
        status = "empty"
    error = choice.get("error") or message.get("error")
    return Answer(
        status=status,
        text=_clean(text),
        reasoning=_clean(reasoning),
        finish=finish,
        prompt_tokens=_tokens(usage, "prompt_tokens"),
        completion_tokens=written,
        cut_while_reasoning=status == "length" and nothing,
        error=error if isinstance(error, dict | str) else None,
    )


def _tokens(usage: object, name: str) -> int:
    """A count of tokens; 0 where a server says none, or something else than a number."""
    value = usage.get(name) if isinstance(usage, dict) else None
    try:
        return max(0, int(float(value))) if isinstance(value, str | int | float) else 0
    except (ValueError, OverflowError):
        return 0


def _texts(message: JsonMapping) -> tuple[str, str]:
    """The content and the reasoning of a message, whatever form they have."""
    content = message.get("content")
    reasoning = next((message[key] for key in _REASONING_FIELDS if message.get(key)), "")
    if isinstance(reasoning, list):
        reasoning = "".join(_part_text(part) for part in reasoning)
    if not isinstance(reasoning, str):
        reasoning = ""
    if isinstance(content, list):
        thinking = [part for part in content if isinstance(part, dict) and _thinks(part)]
        content = "".join(_part_text(part) for part in content if part not in thinking)
        reasoning = reasoning or "".join(_part_text(part) for part in thinking)
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False)
    if content is not None and not isinstance(content, str):
        raise TypeError("the content is not text")
    return content or "", reasoning


def _thinks(part: JsonMapping) -> bool:
    return any(word in str(part.get("type", "")).lower() for word in ("think", "reason"))


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    for key in ("text", "thinking", "reasoning", "content", "summary"):
        inner = part.get(key)
        if isinstance(inner, list):
            return "".join(_part_text(item) for item in inner)
        if isinstance(inner, str):
            return inner
    return ""


def _arguments_text(call: object) -> str:
    inner = call.get("function", call) if isinstance(call, dict) else {}
    arguments = inner.get("arguments", "") if isinstance(inner, dict) else ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _clean(text: str) -> str:
    # Lone surrogates have no UTF-8 form; no table could hold them.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def body_of(text: str) -> object:
    """The JSON value of a body; a stream of events, which some servers send unasked, as the body it adds up to.

    Raises:
        ValueError, RecursionError: it is neither.
    """
    stripped = _COMMENTS.sub("", text.lstrip("\ufeff \t\r\n"))
    if not stripped.startswith(("data:", "event:")):
        return _one_value(stripped)
    message: dict[str, str] = {}
    whole: dict[str, Any] = {}
    finish: object = None
    done = False
    for line in stripped.splitlines():
        done |= line.startswith("data:") and line[5:].strip() == "[DONE]"
        if not line.startswith("data:") or line[5:].strip() == "[DONE]":
            continue
        event = json.loads(line[5:])
        if event.get("error"):
            return event
        whole["usage"] = event.get("usage") or whole.get("usage")
        for choice in event.get("choices") or ():
            for key, piece in (choice.get("delta") or choice.get("message") or {}).items():
                if isinstance(piece, str) and key != "role":
                    message[key] = message.get(key, "") + piece
            finish = choice.get("finish_reason") or finish
    if not message:
        raise ValueError("a stream of events without content")
    if finish is None and not done:
        finish = "interrupted"
    return {**whole, "choices": [{"message": message, "finish_reason": finish}]}


def _one_value(text: str) -> object:
    """The JSON value of a text; one that is written twice over is one."""
    try:
        return json.loads(text)
    except ValueError:
        value, end = json.JSONDecoder().raw_decode(text)
        rest = text[end:].strip()
        while rest:
            again, end = json.JSONDecoder().raw_decode(rest)
            if again != value:
                raise
            rest = rest[end:].strip()
        return value


def completion_of(record: JsonMapping, cached: bool = False) -> Completion:
    """The completion in a journal record; status `error` where the body is not a chat completion."""
    key = str(record["key"])
    try:
        request = record.get("request") or {}
        answer = read_answer(body_of(record["body"]), bool(request.get("tools")))
        prompt = answer.prompt_tokens
        if not prompt and "messages" in request:
            prompt = characters(request["messages"]) // 4
        return Completion(
            key=key,
            status=answer.status,
            text=answer.text,
            reasoning=answer.reasoning,
            prompt_tokens=prompt,
            completion_tokens=answer.completion_tokens,
            cached=cached,
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        said = f"not a chat completion: {type(error).__name__}"
        return Completion(key=key, status="error", text=said, cached=cached)


def characters(messages: Iterable[JsonMapping]) -> int:
    """Characters of what messages say, the calls that an assistant made among them."""
    called = sum(len(str(message["tool_calls"])) for message in messages if message.get("tool_calls"))
    return called + sum(len(message.get("content") or "") for message in messages)


def cost_of(record: JsonMapping) -> float:
    """USD that a journal record cost, at the price written beside it."""
    return paid_of(record)[2]


def paid_of(record: JsonMapping) -> tuple[int, int, float]:
    """Tokens in, tokens out and USD of a journal record.

    Where a server says nothing of an answer's tokens they are estimated, so that a budget holds; what came of a failure
    costs what the server says it did.
    """
    try:
        body = body_of(record.get("body") or "")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return 0, 0, 0.0
    usage = body.get("usage") if isinstance(body, dict) else None
    prompt, written = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
    if not record.get("error") and record.get("outcome", "answer") == "answer":
        completion = completion_of(record)
        prompt, written = completion.prompt_tokens, completion.completion_tokens
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    cached = _tokens(details, "cached_tokens") or _tokens(usage, "prompt_cache_hit_tokens")
    try:
        price = Price(**record.get("price", {}))
    except (ValueError, TypeError):
        return prompt, written, 0.0
    return prompt, written, price.cost(prompt, written, min(cached, prompt))


def provider_of(config: Generator) -> str:
    """Who answers: the endpoint's URL, or the stand-ins' version."""
    return f"standin:{STANDIN_VERSION}" if config.is_standin else config.base_url


def request_body(config: Generator, request: ChatRequest) -> JsonObject:
    """The request's body as its journal key has it: as it is sent, but for the token limit (see `sent_body`)."""
    temperature = request.temperature
    if request.purpose == "generate" and config.temperature is not None:
        temperature = config.temperature
    body: JsonObject = {
        "model": config.model,
        "messages": [dict(message) for message in request.messages],
        "temperature": temperature,
        config.max_tokens_field: request.max_tokens,
        **config.extra,
    }
    if config.top_p is not None and request.purpose == "generate":
        body["top_p"] = config.top_p
    if config.reasoning_effort is not None:
        body["reasoning_effort"] = config.reasoning_effort
    if request.tools:
        body["tools"] = [dict(tool) for tool in request.tools]
    seed = request.seed if request.seed is not None else config.seed
    if config.send_seed and (seed is not None or request.sample):
        # A further sample is another answer also where the endpoint honours seeds.
        body["seed"] = (seed or 0) + request.sample
    wanted = request.response_format
    if wanted is not None and config.response_format != "none":
        if wanted.get("type") == "json_schema" and config.response_format == "json_object":
            wanted = {"type": "json_object"}
        body["response_format"] = wanted
    return body


def token_limit(config: Generator, request: ChatRequest) -> int:
    """Tokens that an answer may have: the generator's own limit, else what the request needs."""
    if request.purpose == "judge":
        return config.judge_max_tokens or max(request.max_tokens, JUDGING_TOKENS)
    if request.purpose == "evaluate":
        return request.max_tokens
    return config.max_tokens or request.max_tokens


def sent_body(config: Generator, body: JsonObject, limit: int) -> JsonObject:
    """The body as it is sent. The limit is not part of the key: one that is raised asks again only what was cut."""
    return {**body, config.max_tokens_field: limit}


def journal_key(config: Generator, body: JsonObject, sample: int) -> str:
    """Hash of what is sent, to whom, and the number of the sample."""
    text = dumps({"provider": provider_of(config), "request": body, "sample": sample})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
