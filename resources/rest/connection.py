"""HTTP sessions whose connections go only to checked addresses and end at the call's deadline."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from resources.rest.addresses import checked_addresses
from resources.rest.policy import EMBEDDED_HOST, RestPolicy


class HttpCall:
    """The running call of a thread: its deadline, its socket and the secrets that no text may show."""

    def __init__(self, started: float, limit_s: float, secrets: Iterable[str] = ()) -> None:
        self.deadline = started + limit_s
        self.limit_s = limit_s
        self.redact = redactor(secrets)
        self.socket: socket.socket | None = None
        self.cut_off = False
        self.sent = False
        """Whether any byte of a request left: before that, a failure cannot have had an effect."""

    def remaining(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())


class Watchdog:
    """Shuts the sockets of calls at their deadline.

    Socket timeouts count from the last byte, so a server that sends one byte a second would never run into one.
    """

    def __init__(self) -> None:
        self._calls: set[HttpCall] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextlib.contextmanager
    def watching(self, call: HttpCall) -> Any:
        """Watch a call for the length of the block."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rest-deadlines", daemon=True)
                self._thread.start()
            self._calls.add(call)
            self._changed.notify()
        _running.call = call
        try:
            yield
        finally:
            _running.call = None
            with self._changed:
                self._calls.discard(call)

    def close(self) -> None:
        """Cut off what still runs and end the thread."""
        with self._changed:
            self._closed = True
            for call in self._calls:
                self._cut(call)
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for call in list(self._calls):
                    if call.deadline <= now:
                        self._cut(call)
                # A call that was cut stays until its thread notices; it may also open another socket meanwhile.
                waits = [max(call.deadline - now, 0.05) for call in self._calls]
                self._changed.wait(min(waits) if waits else None)

    def _cut(self, call: HttpCall) -> None:
        call.cut_off = True
        if call.socket is not None:
            # Not SSLSocket.shutdown: it would take the TLS state away under the reading thread.
            with contextlib.suppress(OSError, ValueError):
                socket.socket.shutdown(call.socket, socket.SHUT_RDWR)


class GuardedSession(requests.Session):
    """A session for one thread. It ignores proxies, netrc and cookies of its surroundings."""

    def __init__(self, policy: RestPolicy) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.headers["User-Agent"] = policy.user_agent
        self.headers["Accept-Encoding"] = "gzip, deflate"
        self._adapter = _GuardedAdapter(policy)
        self._verify = policy.ca_bundle or True
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def send_one(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: tuple[float, float]
    ) -> requests.Response:
        """Send one request and return at the response's headers.

        Not `Session.request`: that reads the body of every redirect to its end, however long, and keeps cookies,
        so that one call could change the next.

        Raises:
            requests.RequestException, OSError: no response came.
            AddressRefusedError: the host's address may not be called.
            ResolutionError: the host has no address.
        """
        prepared = self.prepare_request(requests.Request(method, url, headers=headers, data=body))
        return self._adapter.send(prepared, stream=True, timeout=timeout, verify=self._verify, proxies={})


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that replaces every secret, in each spelling it takes on the way, with `***`.

    Values under four characters are left alone: they are not secrets, and would tear holes into every text.
    """
    import base64
    import json
    from urllib.parse import quote, quote_plus

    spellings: set[str] = set()
    for secret in secrets:
        if len(secret) >= 4:
            encoded = json.dumps(secret)[1:-1]
            spellings |= {
                secret,
                quote(secret),
                quote(secret, safe=""),
                quote_plus(secret),
                encoded,
                repr(secret)[1:-1],
            }
            spellings.add(base64.b64encode(secret.encode()).decode())
    ordered = sorted(spellings, key=len, reverse=True)

    def redact(text: str) -> str:
        for spelling in ordered:
            text = text.replace(spelling, "***")
        return text

    return redact


class _Running(threading.local):
    call: HttpCall | None = None


_running = _Running()


class _SecretsFilter(logging.Filter):
    """Keeps credentials in URLs out of urllib3's debug log."""

    def filter(self, record: logging.LogRecord) -> bool:
        call = _running.call
        if call is not None:
            record.msg, record.args = call.redact(record.getMessage()), None
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_SecretsFilter())


def _connect(connection: Any, policy: RestPolicy) -> socket.socket:
    """Resolve, check and connect in one place, so that the address that was checked is the one that is called."""
    call = _running.call
    host = connection.host.strip("[]").rstrip(".").lower()
    limit = policy.connect_timeout_s if call is None else min(policy.connect_timeout_s, call.remaining())
    end = time.monotonic() + limit
    if host == EMBEDDED_HOST and policy.embedded is not None:
        address, port = policy.embedded()
        candidates = [(socket.AF_INET, address)]
    else:
        port = connection.port
        candidates = checked_addresses(host, port, limit, policy.allow_private_addresses)
    last: OSError | None = None
    for family, address in candidates:
        left = end - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect((address, port))
        except OSError as error:
            sock.close()
            last = error
            continue
        if call is not None:
            call.socket = sock
        return sock
    if last is None or isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, f"no connection to {host} within {limit:.1f} s")
    raise NewConnectionError(connection, f"no connection to {host}: {last}")


def _watched(base: type[Any], policy: RestPolicy) -> type[Any]:
    class Guarded(base):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            return _connect(self, policy)

        def connect(self) -> None:
            super().connect()
            if _running.call is not None:
                _running.call.socket = self.sock

        def send(self, data: object) -> None:
            call = _running.call
            if call is not None:
                if self.sock is not None:
                    call.socket = self.sock
                if call.cut_off or call.remaining() <= 0:
                    raise TimeoutError("the call's deadline has passed")
            super().send(data)
            if call is not None:
                call.sent = True

    return Guarded


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, policy: RestPolicy) -> None:
        self._policy = policy
        super().__init__(pool_connections=64, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        plain = type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": _watched(HTTPConnection, self._policy)})
        secure = type("_TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": _watched(HTTPSConnection, self._policy)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}
