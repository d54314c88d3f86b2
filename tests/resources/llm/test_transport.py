"""What may happen to bytes on their way: each request is answered in the end, or the one true thing is said."""

import gzip
import json
import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apigen_assets.domain.chat import ChatRequest, EndpointError
from resources.llm.client import ChatClient
from resources.llm.generators import Generator
from tests.helpers.chat_server import ChatServer, completion

BODY = json.dumps(completion("an answer")).encode()
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def encoded(kind: bytes, data: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(data)) + data


def chunks(*parts: bytes, end: bool = True) -> bytes:
    return CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + (b"0\r\n\r\n" if end else b"")


@contextmanager
def raw_server(reply: Callable[[int], bytes], host: str = "127.0.0.1", keep: bool = False) -> Iterator[str]:
    """Sends the bytes of `reply(number)` to each request, then closes the connection, unless it keeps it."""
    asked = 0

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal asked
            while line := self.rfile.readline():
                length = 0
                while line.strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    line = self.rfile.readline()
                self.rfile.read(length)
                asked += 1
                self.wfile.write(reply(asked - 1))
                if not keep:
                    return

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None: ...

    with Server((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}/v1"
        server.shutdown()


def ask(url: str, folder: Path, count: int = 3, **more: object) -> list[str]:
    config = Generator.model_validate(
        {"name": "g", "base_url": url, "model": "m", "concurrency": 2, "timeout_s": 5, "retries": 4, **more}
    )
    requests = [ChatRequest(messages=({"role": "user", "content": str(n)},)) for n in range(count)]
    with ChatClient({"g": config}, folder) as chat:
        return [answer.text for answer in chat.complete("g", requests)]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("plain", PLAIN),
        ("gzip", encoded(b"gzip", gzip.compress(BODY))),
        ("deflate", encoded(b"deflate", zlib.compress(BODY))),
        ("chunked", chunks(BODY[:7], BODY[7:])),
        ("HTTP/1.0, until the end of the connection", b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
        ("without a content type", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)),
        ("in another charset's name", PLAIN.replace(b"application/json", b"text/plain; charset=iso-8859-1")),
        ("100 before it", b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN),
        ("a stream nobody asked for", chunks(b": ping\n\n", b"data: " + BODY + b"\n\n", b"data: [DONE]\n\n")),
        ("white space that keeps alive", chunks(b"\n", b"\n\n", BODY)),
    ],
)
def test_an_answer_is_an_answer_however_its_bytes_travel(name: str, answer: bytes, tmp_path: Path) -> None:
    with raw_server(lambda _: answer) as url:
        assert ask(url, tmp_path) == ["an answer"] * 3


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("a chunk cut", chunks(BODY[:9], end=False)),
        ("shorter than said", PLAIN[:-5]),
        ("broken gzip", encoded(b"gzip", gzip.compress(BODY)[:-9])),
        ("no gzip at all", encoded(b"gzip", BODY)),
        ("closed without a word", b""),
        ("half a head", b"HTTP/1.1 200 OK\r\nContent-"),
        ("a stream that ends early", chunks(b'data: {"choices": [{"delta": {"content": "an"}}]}\n\n')),
    ],
)
def test_what_breaks_on_the_way_is_asked_again(name: str, broken: bytes, tmp_path: Path) -> None:
    with raw_server(lambda number: PLAIN if number % 2 else broken) as url:
        assert ask(url, tmp_path, 2) == ["an answer"] * 2


def test_a_server_that_closes_kept_connections_is_asked_again(tmp_path: Path) -> None:
    # It promises to keep the connection (HTTP/1.1) and closes it after each answer.
    with raw_server(lambda _: PLAIN) as url:
        assert ask(url, tmp_path, 6) == ["an answer"] * 6


def test_the_loopback_of_ip_version_6(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    try:
        with raw_server(lambda _: PLAIN, host="::1") as url:
            assert ask(url, tmp_path) == ["an answer"] * 3
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")


@pytest.mark.parametrize(
    ("name", "reply", "said"),
    [
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        ("Redis", b"-ERR unknown command 'POST'\r\n", "not HTTP"),
        ("SMTP", b"220 mail.example ESMTP\r\n", "not HTTP"),
        (
            "a web site",
            b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
            "does not speak chat completions",
        ),
        ("a login", b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n", "HTTP 302"),
        ("another API", b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"status": "up"}', "not a chat completion"),
    ],
)
def test_a_server_of_another_protocol_is_said_before_many_requests(
    name: str, reply: bytes, said: str, tmp_path: Path
) -> None:
    asked: list[int] = []

    def counted(number: int) -> bytes:
        asked.append(number)
        return reply

    with raw_server(counted) as url, pytest.raises(EndpointError, match=said):
        ask(url, tmp_path, 500, concurrency=64)
    assert len(asked) <= 4


def test_a_server_without_tls_at_an_address_with_https(tmp_path: Path) -> None:
    with ChatServer() as server, pytest.raises(EndpointError, match="https or http"):
        ask(server.url.replace("http:", "https:"), tmp_path, 50, retries=2)


def test_a_refusal_that_says_when_the_limit_is_reset_is_waited_for(tmp_path: Path) -> None:
    times: list[float] = []

    def limited(number: int) -> bytes:
        times.append(time.monotonic())
        head = b"HTTP/1.1 429 Too Many Requests\r\nx-ratelimit-reset-requests: 700ms\r\nContent-Length: 4\r\n\r\nslow"
        return PLAIN if number else head

    with raw_server(limited) as url:
        assert ask(url, tmp_path, 1) == ["an answer"]
    assert times[1] - times[0] >= 0.69
