"""A loopback HTTP server whose behaviour each test writes itself."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apigen_assets.domain.api import RestBinding
from apigen_assets.domain.outcome import CallRequest
from resources.rest.executor import RestExecutor
from resources.rest.policy import HostLimits, RestPolicy

UNHURRIED = HostLimits(rate=None, concurrency=8, breaker_failures=0)


class Site:
    """Routes by path; a route is a function of the handler, or a tuple (status, headers, body)."""

    def __init__(self):
        self.routes = {}
        self.hits = Counter()
        self.seen = []
        self.stopping = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _serve(self):
                path = self.path.partition("?")[0]
                site.hits[path] += 1
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                site.seen.append((self.command, self.path, dict(self.headers), body))
                route = site.routes.get(path, (404, {}, b"{}"))
                try:
                    if callable(route):
                        route = route(self)
                    if route is not None:
                        site.answer(self, *route)
                except OSError:
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @staticmethod
    def answer(handler, status, headers, body):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def request(self, path, arguments=None, **binding):
        return CallRequest(binding=RestBinding(url=self.url(path), **binding), arguments=arguments or {})


@pytest.fixture
def site():
    site = Site()
    yield site
    site.stopping.set()
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def make_executor():
    """Executors that may call loopback, without politeness, closed at the end."""
    made = []

    def make(recordings=None, environment=None, **policy):
        policy = {
            "mode": "live",
            "allow_private_addresses": True,
            "limits": UNHURRIED,
            "backoff_s": 0.01,
            "total_timeout_s": 10.0,
            **policy,
        }
        executor = RestExecutor(RestPolicy(**policy), recordings, {} if environment is None else environment)
        made.append(executor)
        return executor

    yield make
    for executor in made:
        executor.close()
