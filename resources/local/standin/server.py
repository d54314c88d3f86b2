"""The HTTP side: `/v1/models` and `/v1/chat/completions` as OpenAI-compatible servers answer them."""

import hashlib
import json
import math
import random

from aiohttp import web

from apigen_assets.files.json_types import JsonObject
from resources.local.standin import other
from resources.local.standin.errors import RATES
from resources.local.standin.judge import judge
from resources.local.standin.reader import kind_of, read_case, read_task
from resources.local.standin.writer import write_pairs


def make_app() -> web.Application:
    """The application; it keeps no state between requests."""
    app = web.Application(client_max_size=16 << 20)
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/v1/chat/completions", _complete)
    return app


def answer(model: str, messages: list[JsonObject], seed: int = 0) -> str:
    """What a stand-in writes: a pure function of model, messages and seed."""
    text = json.dumps([model, messages, seed], sort_keys=True, ensure_ascii=True)
    rng = random.Random(hashlib.sha256(text.encode()).digest())
    kind = kind_of(messages)
    if kind == "judge":
        case = read_case(messages)
        if case is None:
            return json.dumps({"thought": "The sections cannot be read.", "pass": "no", "rule": 1})
        return judge(case, model, rng)
    if kind == "generate":
        task = read_task(messages)
        return write_pairs(task, model, rng) if task else "I see no functions to write examples for."
    if kind == "classify":
        return other.classify(messages)
    if kind == "document":
        return other.document(messages)
    return "I am a stand-in model and understand only prompts of this project."


async def _models(request: web.Request) -> web.Response:
    models = [{"id": name, "object": "model", "owned_by": "standin"} for name in RATES]
    return web.json_response({"object": "list", "data": models})


async def _complete(request: web.Request) -> web.Response:
    try:
        body = await request.json()
        model, messages = body["model"], body["messages"]
        limit = int(body.get("max_tokens") or body.get("max_completion_tokens") or 2048)
        seed = int(body.get("seed") or 0)
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            raise TypeError("messages must be a list of objects")
    except (ValueError, KeyError, TypeError) as error:
        return _error(400, f"not a chat-completions request: {error}")
    if model not in RATES:
        return _error(404, f"no model {model!r}; there are {', '.join(RATES)}")
    text = answer(model, messages, seed)
    finish = "stop"
    if len(text) > 4 * limit:
        text, finish = text[: 4 * limit], "length"
    prompt = math.ceil(sum(len(str(message.get("content") or "")) for message in messages) / 4)
    written = math.ceil(len(text) / 4)
    return web.json_response(
        {
            "id": "standin",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": written,
                "total_tokens": prompt + written,
            },
        }
    )


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)
