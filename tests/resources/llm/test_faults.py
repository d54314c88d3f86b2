"""Requests through a server that fails at random in every way: each is answered, once; and a server of one slot."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
from resources.llm.journal import Journal
from tests.helpers.chat_server import ChatServer, completion, echo

REQUESTS = 200


def requests(count: int) -> list[ChatRequest]:
    return [ChatRequest(messages=({"role": "user", "content": str(i)},)) for i in range(count)]


def test_every_request_to_a_faulty_server_is_answered_and_paid_for_once(tmp_path: Path) -> None:
    rng = random.Random(4)
    answered: Counter[str] = Counter()

    async def faulty(number: int, body: dict[str, Any]) -> web.StreamResponse:
        draw = rng.random()
        if draw < 0.30:
            return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0.2"})
        if draw < 0.35:
            await asyncio.sleep(5)
        if draw < 0.40:
            return web.Response(status=500, text="boom")
        if draw < 0.42:
            return web.json_response(completion("half an ans", "error"))
        if draw < 0.44:
            return web.Response(text="<html>hello</html>", content_type="text/html")
        if draw < 0.46:
            return web.json_response(completion(""))
        if draw < 0.47:
            return web.json_response({"error": {"code": 502, "message": "upstream"}})
        answered[body["messages"][0]["content"]] += 1
        return echo(number, body)

    with ChatServer(faulty) as server:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=64, timeout_s=1.0, retries=20)
        with ChatClient({"g": config}, tmp_path) as chat:
            out = chat.complete("g", requests(REQUESTS))
    assert [completion_.text for completion_ in out] == [f"answer to {i}" for i in range(REQUESTS)]
    assert set(answered.values()) == {1}
    assert len(Journal(tmp_path / "m")) == REQUESTS


def test_a_busy_server_of_one_slot_is_not_dead(tmp_path: Path) -> None:
    slot = asyncio.Lock()

    async def single(number: int, body: dict[str, Any]) -> web.Response:
        async with slot:
            await asyncio.sleep(0.15)
        return echo(number, body)

    with ChatServer(single) as server:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=16, timeout_s=0.7, retries=3)
        with ChatClient({"g": config}, tmp_path) as chat:
            out = chat.complete("g", requests(24))
    assert [completion_.status for completion_ in out] == ["ok"] * 24


def test_failures_and_answers_are_kept_apart(tmp_path: Path) -> None:
    def half(number: int, body: dict[str, Any]) -> web.Response:
        if int(body["messages"][0]["content"]) % 2:
            return web.json_response({"error": {"message": "flagged by moderation"}}, status=400)
        return echo(number, body)

    with ChatServer(half) as server:
        config = Generator(name="g", base_url=server.url, model="m", concurrency=4)
        for _ in range(2):
            with ChatClient({"g": config}, tmp_path) as chat:
                chat.complete("g", requests(10))
        assert len(server.bodies) == 10 + 5
    records = list(Journal(tmp_path / "m").records())
    assert Counter(record["outcome"] for record in records) == {"answer": 5, "prompt": 10}
    assert all(("error" in record) == (record["outcome"] != "answer") for record in records)
    assert json.loads(records[0]["body"])["choices"]
