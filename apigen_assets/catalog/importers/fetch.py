"""One document from the web: an OpenAPI description that was given as a URL."""

import os
import time
from contextlib import closing
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from apigen_assets.catalog.importers.documents import MAX_FILE_BYTES, Document
from apigen_assets.catalog.importers.imported import SourceError
from apigen_assets.settings import settings
from resources.rest.addresses import AddressRefusedError, ResolutionError, is_public
from resources.rest.connection import GuardedSession, HttpCall, Watchdog
from resources.rest.policy import RestPolicy

TOTAL_S = 60.0
_TIMEOUT = (10.0, 20.0)
"""Seconds to connect, and without a byte."""
_REDIRECTS = {301, 302, 303, 307, 308}


def fetch(url: str, allow_private: bool = False, same_host: bool = False) -> Document:
    """The document behind a URL; at most three redirects, `MAX_FILE_BYTES` bytes and `TOTAL_S` seconds.

    Args:
        url: http or https.
        allow_private: loopback and private addresses may be asked; a public host leads to none of them all the same.
        same_host: redirects lead to no other host.

    Raises:
        SourceError: the address is refused, or no document came.
    """
    policy = RestPolicy(
        connect_timeout_s=_TIMEOUT[0],
        allow_private_addresses=allow_private,
        ca_bundle=os.environ.get("REQUESTS_CA_BUNDLE") or None,
    )
    agent = settings().user_agent
    if agent is not None:
        policy = replace(policy, user_agent=agent)
    call = HttpCall(time.monotonic(), TOTAL_S)
    guarded = GuardedSession(replace(policy, allow_private_addresses=False))
    with closing(Watchdog()) as watchdog, GuardedSession(policy) as session, guarded, watchdog.watching(call):
        for _ in range(4):
            with _response(session, url, call) as response:
                if response.status_code in _REDIRECTS and response.headers.get("Location"):
                    target = urljoin(url, response.headers["Location"])
                    if same_host and urlsplit(target).netloc.lower() != urlsplit(url).netloc.lower():
                        raise SourceError("no_answer", f"{_shown(url)} leads to another host")
                    if session is not guarded and _is_public(url, call):
                        session = guarded  # what the internet says does not lead into the own network
                    url = target
                    continue
                if response.status_code != 200:
                    raise SourceError("no_answer", f"{_shown(url)} answered {response.status_code}")
                name = urlsplit(url).path.rpartition("/")[2] or "openapi"
                return Document(name, _body(response, url, call))
    raise SourceError("no_answer", f"{_shown(url)}: more than three redirects")


def _is_public(url: str, call: HttpCall) -> bool:
    parts = urlsplit(url)
    try:
        return is_public(parts.hostname or "", parts.port or 443, call.remaining())
    except ResolutionError:
        return True


def _response(session: GuardedSession, url: str, call: HttpCall) -> requests.Response:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SourceError("bad_url", f"{url[:100]}: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SourceError("bad_url", f"{url[:100]} is not an http(s) URL")
    try:
        return session.send_one("GET", url, {"Accept": "*/*"}, None, _TIMEOUT)
    except AddressRefusedError as error:
        raise SourceError("private_address", str(error)) from None
    except ResolutionError as error:
        raise SourceError("unknown_host", str(error)) from None
    except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
        raise _no_answer(url, call, error) from None


def _body(response: requests.Response, url: str, call: HttpCall) -> bytes:
    out = bytearray()
    try:
        for chunk in response.iter_content(65_536):
            out += chunk
            if len(out) > MAX_FILE_BYTES:
                raise SourceError("file_too_large", f"{_shown(url)} gives more than {MAX_FILE_BYTES} bytes")
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _no_answer(url, call, error) from None
    if call.cut_off:
        # A body without a length ends like this too.
        raise _no_answer(url, call, TimeoutError())
    return bytes(out)


def _no_answer(url: str, call: HttpCall, error: Exception) -> SourceError:
    if call.cut_off or call.remaining() <= 0:
        return SourceError("no_answer", f"{_shown(url)} took more than {TOTAL_S:.0f} s")
    return SourceError("no_answer", f"{_shown(url)}: {type(error).__name__}")


def _shown(url: str) -> str:
    """The URL without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
