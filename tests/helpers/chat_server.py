"""A chat-completions server for tests that behaves as it is told, on a loopback port."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

Behaviour = Callable[[int, dict[str, Any]], Awaitable[web.StreamResponse] | web.StreamResponse]


def completion(text: str, finish: str = "stop", prompt: int = 10, written: int = 5) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": written},
    }


def echo(number: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(completion(f"answer to {body['messages'][-1]['content']}"))


class ChatServer:
    """Use as a context manager; `behaviour(number, body)` answers the `number`-th request (from 0)."""

    def __init__(self, behaviour: Behaviour = echo, models_status: int = 200, models: Sequence[str] = ()) -> None:
        self.behaviour = behaviour
        self.models = models
        self.models_status = models_status
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.flying = 0
        self.most_flying = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "ChatServer":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def asked(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.bodies]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"object": "list", "data": [{"id": name} for name in self.models]}, status=self.models_status
        )

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        number = len(self.bodies)
        body = json.loads(await request.text())
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.times.append(self._loop.time())
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            answer = self.behaviour(number, body)
            return answer if isinstance(answer, web.StreamResponse) else await answer
        finally:
            self.flying -= 1
