"""Servers in trouble: one of a single slot, and one that refuses some. `test_promises.py` has one that is at random."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

from apigen_assets.domain.chat import ChatRequest
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
from resources.llm.journal import Journal
from tests.helpers.chat_server import ChatServer, echo


def requests(count: int) -> list[ChatRequest]:
    return [ChatRequest(messages=({"role": "user", "content": str(i)},)) for i in range(count)]


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
