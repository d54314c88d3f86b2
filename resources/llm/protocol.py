"""The chat-completions protocol: what is sent, under which journal key, and what an answer says."""

import hashlib
import json
import math
from typing import Literal

from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.llm.generators import Generator, Price
from resources.local.standin import STANDIN_VERSION

KNOWN_FIELDS = {
    "model",
    "messages",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "response_format",
    "top_p",
}
"""Fields that the client library takes as arguments; further ones travel as extra body."""


def completion_of(record: JsonMapping, cached: bool = False) -> Completion:
    """The completion in a journal record; status `error` where the body is no chat completion."""
    key = str(record["key"])
    try:
        body = json.loads(record["body"])
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        if isinstance(text, list):
            text = "".join(part.get("text", "") for part in text)
        if message.get("tool_calls"):
            text = json.dumps({"content": text or None, "tool_calls": message["tool_calls"]}, ensure_ascii=False)
        usage = body.get("usage") or {}
        prompt = int(usage.get("prompt_tokens") or 0)
        written = int(usage.get("completion_tokens") or 0) or math.ceil(len(text) / 4)
        if not prompt and "request" in record:
            prompt = sum(len(one["content"]) for one in record["request"]["messages"]) // 4
        finish = choice.get("finish_reason")
        status: Literal["ok", "length", "refused", "empty", "error"] = "ok"
        if finish == "length":
            status = "length"
        elif finish == "content_filter" or message.get("refusal"):
            status, text = "refused", text or str(message.get("refusal") or "")
        elif not text.strip():
            status = "empty"
        # Lone surrogates have no UTF-8 form; no table could hold them.
        text = text.encode("utf-8", "replace").decode()
        return Completion(
            key=key,
            status=status,
            text=text,
            prompt_tokens=prompt,
            completion_tokens=written,
            cached=cached,
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        return Completion(key=key, status="error", text=f"no chat completion: {type(error).__name__}", cached=cached)


def cost_of(record: JsonMapping) -> float:
    """USD that a journal record cost, at the price written beside it."""
    try:
        usage = json.loads(record["body"]).get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        cached = details.get("cached_tokens") or usage.get("prompt_cache_hit_tokens") or 0
        return Price(**record.get("price", {})).cost(
            int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0), int(cached)
        )
    except (ValueError, TypeError, AttributeError):
        return 0.0


def provider_of(config: Generator) -> str:
    """Who answers: the endpoint's URL, or the stand-ins' version."""
    return f"standin:{STANDIN_VERSION}" if config.is_standin else config.base_url


def request_body(config: Generator, request: ChatRequest) -> JsonObject:
    """The request's body as it is sent."""
    body: JsonObject = {
        "model": config.model,
        "messages": [dict(message) for message in request.messages],
        "temperature": request.temperature,
        config.max_tokens_field: request.max_tokens,
        **config.extra,
    }
    if request.tools:
        body["tools"] = [dict(tool) for tool in request.tools]
    if config.send_seed and (request.seed is not None or request.sample):
        # A further sample is another answer also where the endpoint honours seeds.
        body["seed"] = (request.seed or 0) + request.sample
    wanted = request.response_format
    if wanted is not None and config.response_format != "none":
        if wanted.get("type") == "json_schema" and config.response_format == "json_object":
            wanted = {"type": "json_object"}
        body["response_format"] = wanted
    return body


def journal_key(config: Generator, body: JsonObject, sample: int) -> str:
    """Hash of what is sent, to whom, and the number of the sample."""
    text = dumps({"provider": provider_of(config), "request": body, "sample": sample})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
