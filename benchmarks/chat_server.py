"""A chat-completions server for benchmarks: answers after a latency, or fails at random in every way that servers do.

`python benchmarks/chat_server.py` prints its port; `GET /paid` tells how many answers were given, and how many of them
for a request that had been answered before. One thread, no framework: a client that is measured beside it should have
the machine to itself.
"""

import argparse
import asyncio
import hashlib
import json
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HANG_S = 3_600.0


@dataclass(frozen=True)
class Served:
    """Where a server listens, and what it gave."""

    port: int

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def paid(self) -> dict[str, int]:
        """Answers given (`answers`), and those among them to a request answered before (`twice`)."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + "/paid") as response:
            counts: dict[str, int] = json.load(response)
            return counts


@contextmanager
def serve(latency: float = 0.05, faults: bool = False, pairs: bool = False) -> Iterator[Served]:
    """A server in a process of its own.

    Args:
        latency: seconds until an answer.
        faults: 30 % are 429 with Retry-After, 5 % never answered, 5 % 500, 2 % cut, 2 % HTML, 2 % empty, 1 % an error
            in a 200; as drawn from the request and how often it was asked.
        pairs: answers hold five pairs that differ by request, instead of 1,800 characters.
    """
    arguments = [f"--latency={latency}", *(["--faults"] if faults else []), *(["--pairs"] if pairs else [])]
    command = [sys.executable, str(Path(__file__)), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Served(int(process.stdout.readline()))
    finally:
        # Not SIGTERM: where the parent ignores it, as a run in the background may, so would the server.
        process.kill()
        process.wait()


def answer(key: bytes, pairs: bool, content: str | None = None, finish: str = "stop") -> bytes:
    """The body of a chat completion to the request of that digest."""
    if content is None:
        content = json.dumps(pairs_of(key.hex())) if pairs else "x" * 1800
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    usage = {"prompt_tokens": 1000, "completion_tokens": 450, "total_tokens": 1450}
    return json.dumps({"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}).encode()


def pairs_of(name: str) -> list[dict[str, object]]:
    """Five pairs that no other name has."""
    return [
        {"query": f"What is {number} of {name[:16]}?", "answers": [{"name": "f", "arguments": {"n": number}}]}
        for number in range(5)
    ]


class _Server:
    """What all connections share."""

    def __init__(self, latency: float, faults: bool, pairs: bool) -> None:
        self.latency, self.faults, self.pairs = latency, faults, pairs
        self.plain = None if pairs else answer(b"", False)
        self.asked: Counter[bytes] = Counter()
        self.answered: Counter[bytes] = Counter()

    def reply(self, body: bytes) -> tuple[bytes, bytes, bytes]:
        """Status line, further headers and body of the answer to a request; an empty status hangs."""
        key = hashlib.blake2b(body, digest_size=16).digest()
        self.asked[key] += 1
        draw = random.Random(key + bytes([self.asked[key] % 256])).random() if self.faults else 1.0
        for share, reply in (
            (
                (0.30, (b"429 Too Many Requests", b"Retry-After: 0.2\r\n", b'{"error": {"message": "slow down"}}')),
                (0.35, (b"", b"", b"")),
                (0.40, (b"500 Internal Server Error", b"", b"boom")),
                (0.42, (b"200 OK", b"", answer(key, self.pairs, "half an ans", "error"))),
                (0.44, (b"200 OK", b"Content-Type: text/html\r\n", b"<html><body>Welcome</body></html>")),
                (0.46, (b"200 OK", b"", answer(key, self.pairs, ""))),
                (0.47, (b"200 OK", b"", b'{"error": {"code": 502, "message": "upstream went away"}}')),
            )
            if self.faults
            else ()
        ):
            if draw < share:
                return reply
        self.answered[key] += 1
        return b"200 OK", b"", self.plain or answer(key, self.pairs)

    def counts(self) -> bytes:
        """The body of `GET /paid`."""
        total = self.answered.total()
        return json.dumps({"answers": total, "twice": total - len(self.answered)}).encode()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with one request at a time."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        if head.startswith(b"GET"):
            body = self._server.counts() if b"/paid" in head else b'{"data": []}'
            self._send(b"200 OK", b"", body)
            return
        reply = self._server.reply(rest[:length])
        self._loop.call_later(self._server.latency if reply[0] else HANG_S, self._send, *reply)

    def _send(self, status: bytes, headers: bytes, body: bytes) -> None:
        if self._transport is not None:
            kind = b"" if b"Content-Type" in headers else b"Content-Type: application/json\r\n"
            head = b"HTTP/1.1 %s\r\n%s%sContent-Length: %d\r\n\r\n" % (status or b"503 -", kind, headers, len(body))
            self._transport.write(head + body)


async def _main(server: _Server) -> None:
    listening = await asyncio.get_running_loop().create_server(
        lambda: _Connection(server), "127.0.0.1", 0, backlog=2048
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--pairs", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(_main(_Server(chosen.latency, chosen.faults, chosen.pairs)))
