"""REST calls: polite, bounded, guarded, recorded."""

import json
import os
import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from apigen_assets.domain.api import RestBinding
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.files.canonical import wire_numbers
from apigen_assets.files.json_types import JsonMapping, JsonObject
from resources.rest.addresses import AddressRefusedError, ResolutionError
from resources.rest.connection import GuardedSession, HttpCall, Watchdog, redactor
from resources.rest.hosts import Hosts, run_by_host
from resources.rest.policy import RestPolicy
from resources.rest.recordings import Recordings, call_key, instead_of_call
from resources.rest.request import SAFE_METHODS, HttpRequest, RequestRefusedError, build, host_of
from resources.rest.response import Reading, read
from resources.rest.retry_after import retry_after

_IDEMPOTENT = SAFE_METHODS | {"PUT", "DELETE"}
_RETRIED_STATUS = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ERROR_BYTES = 65_536
_SENT_NULL = {"": "null, sent"}
_WINDOW = 256


class RestExecutor:
    """Makes the calls of REST bindings.

    Secrets come from the environment and appear in no result, recording, log or error. A context manager: leaving
    the block closes connections and recordings.

    Args:
        policy: deadlines, limits and what is allowed.
        recordings: where calls are kept; null to keep none (mode `replay` then finds none).
        environment: where credentials are looked up.
    """

    def __init__(
        self,
        policy: RestPolicy | None = None,
        recordings: Recordings | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.policy = policy or RestPolicy()
        self.recordings = recordings
        self._environment = environment
        self._hosts = Hosts(self.policy.limits_of)
        self._watchdog = Watchdog()
        self._sessions: list[GuardedSession] = []
        """Sessions that no call uses now, with their open connections."""
        self._lock = threading.Lock()

    def __enter__(self) -> "RestExecutor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut off what runs, close connections and recordings."""
        self._watchdog.close()
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()
        if self.recordings is not None:
            self.recordings.close()

    def describe(self) -> JsonObject:
        """What a run's metadata says of the executor."""
        return {
            "mode": self.policy.mode,
            "private_addresses": self.policy.allow_private_addresses,
            "unsafe_methods": self.policy.allow_unsafe_methods,
            "recordings": len(self.recordings) if self.recordings is not None else 0,
        }

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        """One result per request, in their order, produced as they are consumed; hosts are called side by side.

        Raises:
            RecordingsError: calls cannot be recorded.
        """
        yield from run_by_host(self._hosts, requests, self._live_host, self._one, self.policy.workers, _WINDOW)

    def _live_host(self, request: CallRequest) -> str | None:
        """The host that a request will ask; null where it is answered without one."""
        if not isinstance(request.binding, RestBinding):
            return None
        try:
            if self._recorded(request.binding, request.arguments):
                return None
            return host_of(request.binding.url)
        except (RequestRefusedError, ValueError, TypeError, RecursionError):
            return None  # the call itself says what is wrong

    def _recorded(self, binding: RestBinding, arguments: JsonMapping) -> CallResult | None:
        key = _key(binding, arguments)
        return instead_of_call(self.recordings, key, self.policy.mode, self.policy.negative_ttl_s)

    def _one(self, request: CallRequest) -> CallResult:
        binding = request.binding
        if not isinstance(binding, RestBinding):
            return CallResult(outcome=Outcome.UNAVAILABLE, detail=f"a {binding.kind} binding is not a REST call")
        try:
            recorded = self._recorded(binding, request.arguments)
            if recorded is not None:
                return recorded
            http = build(binding, wire_numbers(request.arguments), self.policy, self._environment)
        except RequestRefusedError as refused:
            return CallResult(outcome=refused.outcome, detail=refused.detail)
        except (ValueError, TypeError, RecursionError) as error:
            return CallResult(outcome=Outcome.ARGUMENT_ERROR, detail=f"arguments have no wire form: {error}")
        left_alone = self._hosts.refusal(http.host)
        if left_alone is not None:
            return CallResult(outcome=Outcome.TRANSPORT, detail=left_alone)
        result = self._live(http)
        if self.recordings is not None and result.outcome is not Outcome.REFUSED:
            shown: JsonObject = {"method": binding.method, "url": http.redacted_url, "template": binding.url}
            shown["arguments"] = request.arguments
            redact = redactor(http.secrets)
            self.recordings.add(_key(binding, request.arguments), json.loads(redact(json.dumps(shown))), result)
        return result

    def _live(self, http: HttpRequest) -> CallResult:
        started = time.monotonic()
        call = HttpCall(started, self.policy.timeout_of(http.host), http.secrets)
        with self._session() as session, self._watchdog.watching(call):
            status: int | None = None
            truncated = False
            attempt = 0
            while True:
                call.sent = False
                asked: float | None = None
                if not self._hosts.wait_for_slot(http.host, call.remaining()):
                    reading = Reading(Outcome.TIMEOUT, "the host's rate limit leaves no time before the deadline")
                    break
                try:
                    status, asked, reading = self._attempt(http, call, session)
                    again = status in _RETRIED_STATUS
                    self._hosts.report(http.host, True)
                except _Failure as failure:
                    status, reading, again = None, failure.reading, failure.again
                    if failure.reading.outcome in (Outcome.TRANSPORT, Outcome.TIMEOUT):
                        self._hosts.report(http.host, False)
                attempt += 1
                if not again or http.method not in _IDEMPOTENT or attempt > self.policy.retries:
                    break
                pause = self._pause(attempt, asked)
                if pause >= call.remaining():
                    break
                time.sleep(pause)
        result = reading.result
        if result is not None:
            result = call.redact(result)
            truncated = len(result) > self.policy.result_characters
            result = result[: self.policy.result_characters]
        return CallResult(
            outcome=reading.outcome,
            result=result,
            truncated=truncated,
            detail=call.redact(reading.detail),
            status=status,
            duration_s=time.monotonic() - started,
        )

    def _pause(self, attempt: int, asked: float | None) -> float:
        pause = self.policy.backoff_s * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)
        return max(pause, asked or 0.0)

    def _attempt(self, http: HttpRequest, call: HttpCall, session: GuardedSession) -> tuple[int, float | None, Reading]:
        method, url, headers, body = http.method, http.url, dict(http.headers), http.body
        origin = urlsplit(http.url)
        for redirect in range(self.policy.max_redirects + 1):
            with self._send(session, method, url, headers, body, call) as response:
                location = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not location:
                    asked = retry_after(response.headers, time.time())
                    return response.status_code, asked, self._read(method, response, call)
                status = response.status_code
            if redirect == self.policy.max_redirects:
                break
            url = urljoin(url, location)
            self._check_redirect(http, url)
            target = urlsplit(url)
            is_elsewhere = (target.scheme, target.netloc.lower()) != (origin.scheme, origin.netloc.lower())
            if is_elsewhere:
                drop = http.secret_headers | {"cookie", "authorization"}
                headers = {name: value for name, value in headers.items() if name.lower() not in drop}
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, body = "GET" if method != "HEAD" else "HEAD", None
                headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
            if is_elsewhere and http.secret_body and body is not None:
                raise _Failure(Outcome.REFUSED, "redirected to another origin with a credential in the body")
        raise _Failure(Outcome.REFUSED, f"more than {self.policy.max_redirects} redirects")

    def _check_redirect(self, http: HttpRequest, url: str) -> None:
        try:
            target = host_of(url)
        except RequestRefusedError as refused:
            raise _Failure(Outcome.REFUSED, f"redirected to a URL that is not called: {refused.detail}") from None
        same = {http.host, f"www.{http.host}", http.host.removeprefix("www.")} | self.policy.redirect_hosts
        if target not in same:
            raise _Failure(Outcome.REFUSED, f"redirected to {target}, which is not a host of this API")
        if http.secrets and urlsplit(http.url).scheme == "https" and urlsplit(url).scheme == "http":
            raise _Failure(Outcome.REFUSED, "redirected from https to http while carrying a credential")

    def _send(
        self,
        session: GuardedSession,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        call: HttpCall,
    ) -> requests.Response:
        timeout = (
            max(0.001, min(self.policy.connect_timeout_s, call.remaining())),
            max(0.001, min(self.policy.read_timeout_s, call.remaining())),
        )
        try:
            return session.send_one(method, url, headers, body, timeout)
        except AddressRefusedError as error:
            raise _Failure(Outcome.REFUSED, str(error)) from None
        except ResolutionError as error:
            # A name without an address has none a second later either.
            raise _Failure(Outcome.TRANSPORT, str(error), again=False) from None
        except (requests.Timeout, TimeoutError) as error:
            raise self._failed(error, call, timed_out=True) from None
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError) as error:
            raise _Failure(Outcome.ARGUMENT_ERROR, str(error)) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._failed(error, call) from None

    def _read(self, method: str, response: requests.Response, call: HttpCall) -> Reading:
        failed = response.status_code >= 400
        limit = min(_ERROR_BYTES, self.policy.max_response_bytes) if failed else self.policy.max_response_bytes
        declared = response.headers.get("Content-Length", "")
        if not failed and method != "HEAD" and declared.isdigit() and int(declared) > limit:
            return Reading(Outcome.TOO_LARGE, f"{int(declared):,} bytes announced, {limit:,} allowed")
        body = bytearray()
        try:
            for chunk in response.iter_content(16_384):
                body += chunk
                if call.cut_off or call.remaining() <= 0:
                    raise TimeoutError
                if len(body) > limit:
                    if failed:
                        break
                    return Reading(Outcome.TOO_LARGE, f"more than {limit:,} bytes")
        except (requests.Timeout, TimeoutError) as error:
            raise self._failed(error, call, timed_out=True) from None
        except requests.exceptions.ContentDecodingError as error:
            return Reading(Outcome.MALFORMED, f"the body is not encoded as its header says: {error}")
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._failed(error, call) from None
        if call.cut_off:
            raise self._failed(TimeoutError(), call, timed_out=True)
        return read(response.status_code, response.headers.get("Content-Type"), bytes(body[:limit]), method)

    def _failed(self, error: Exception, call: HttpCall, timed_out: bool = False) -> "_Failure":
        text = str(error)
        if call.cut_off or call.remaining() <= 0:
            return _Failure(Outcome.TIMEOUT, f"not done within {call.limit_s:g} s")
        # requests reports a read that timed out while streaming as a ConnectionError.
        if timed_out or "timed out" in text.lower():
            if not call.sent:
                return _Failure(Outcome.TRANSPORT, f"no connection within {self.policy.connect_timeout_s:g} s")
            return _Failure(Outcome.TIMEOUT, f"no byte for {self.policy.read_timeout_s:g} s")
        return _Failure(Outcome.TRANSPORT, _reason(error))

    @contextmanager
    def _session(self) -> Iterator[GuardedSession]:
        """A session for one call; only calls that run at the same time need several."""
        with self._lock:
            session = self._sessions.pop() if self._sessions else GuardedSession(self.policy)
        try:
            yield session
        finally:
            with self._lock:
                self._sessions.append(session)


class _Failure(Exception):
    def __init__(self, outcome: Outcome, detail: str, again: bool = True) -> None:
        super().__init__(detail)
        self.reading = Reading(outcome, detail)
        self.again = again and outcome is Outcome.TRANSPORT


def _key(binding: RestBinding, arguments: JsonMapping) -> str:
    """The identity of a call; a null that is sent is not one that is left out."""
    nulls = {name for name, parameter in binding.parameters.items() if parameter.keeps_null and name in arguments}
    keyed = {name: _SENT_NULL if name in nulls and value is None else value for name, value in arguments.items()}
    return call_key(binding.method, binding.url, keyed)


def _reason(error: BaseException) -> str:
    """The innermost cause, without the object addresses that differ between runs."""
    while True:
        causes = [cause for cause in (getattr(error, "reason", None), *error.args) if isinstance(cause, BaseException)]
        if not causes:
            break
        error = causes[-1]
    text = str(error)
    return f"{type(error).__name__}: {text.split('): ', 1)[-1].split('>: ', 1)[-1]}"[:300]
