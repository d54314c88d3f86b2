"""One chat request over HTTP: bytes out, status, headers and text back, under one total deadline."""

import asyncio
import contextlib
import json
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from apigen_assets.files.json_types import JsonObject
from resources.llm.generator import Generator
from resources.llm.outcomes import Outcome, OutcomeClass, outcome_of, short

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 60.0
MAX_BODY = 64 << 20
"""Bytes of an answer from which on it is given up."""


class Transport:
    """The connections to one endpoint; everything runs on the client's event loop.

    Args:
        config: the generator.
        url: base URL, which for stand-ins is known only when they run.
        key: the API key, or null.
    """

    def __init__(self, config: Generator, url: str, key: str | None) -> None:
        import aiohttp

        self._config = config
        self._url = url.rstrip("/")
        self._secret = key or ""
        self._proxy = None if is_loopback(url) else proxy_for(url)
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "apigen"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        limit = config.concurrency
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limit, limit_per_host=limit, keepalive_timeout=30.0),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S),
            headers=headers,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def send(self, body: JsonObject) -> Outcome:
        """One attempt; the answer's bytes are judged, not kept."""
        import aiohttp

        try:
            data = json.dumps(body, allow_nan=False).encode()
        except ValueError as error:
            return Outcome(OutcomeClass.PROMPT, f"cannot be sent: {error}")
        try:
            async with asyncio.timeout(self._config.timeout_s):
                return await self._post(data, body)
        except TimeoutError:
            return Outcome(OutcomeClass.PASSING, f"no answer within {self._config.timeout_s:g} s", status=0)
        except aiohttp.ClientConnectorCertificateError as error:
            return Outcome(OutcomeClass.ENDPOINT, f"the certificate is not accepted: {self._clean(str(error))}")
        except aiohttp.ClientSSLError as error:
            said = f"no encrypted connection (https or http?): {self._clean(str(error))}"
            return Outcome(OutcomeClass.PASSING, said, status=0, protocol=True)
        except aiohttp.ClientResponseError as error:
            said = f"the answer is not HTTP: {self._clean(error.message or type(error).__name__)}"
            return Outcome(OutcomeClass.PASSING, said, status=0, protocol=True)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            return Outcome(OutcomeClass.PASSING, f"nobody answers: {self._clean(str(error))}", shared=True)
        except (aiohttp.ClientError, OSError, ssl.SSLError) as error:
            said = self._clean(str(error) or type(error).__name__)
            return Outcome(OutcomeClass.PASSING, f"connection failed: {said}", status=0, shared=True)

    async def _post(self, data: bytes, body: JsonObject) -> Outcome:
        address = f"{self._url}/chat/completions"
        async with self._session.post(address, data=data, proxy=self._proxy, allow_redirects=False) as response:
            raw = await response.content.read(MAX_BODY + 1) if response.content_length else await _all(response)
            while not response.content.at_eof() and len(raw) <= MAX_BODY:
                raw += await response.content.read(1 << 20)
            if len(raw) > MAX_BODY:
                return Outcome(OutcomeClass.PASSING, "the answer is larger than 64 MB", response.status)
            text = raw.decode("utf-8", "replace")
            if self._secret:
                # A server's words may quote the key.
                text = text.replace(self._secret, "***")
            return outcome_of(response.status, response.headers, text, body, time.time())

    async def models(self) -> list[str]:
        """What the endpoint says it serves, for messages only; nothing where it does not say so quickly."""
        with contextlib.suppress(Exception):
            async with (
                asyncio.timeout(3.0),
                self._session.get(f"{self._url}/models", proxy=self._proxy) as response,
            ):
                listed = json.loads(await response.text())
                return [str(model["id"]) for model in listed["data"]]
        return []

    def _clean(self, text: str) -> str:
        return short(text.replace(self._secret, "***") if self._secret else text)


async def _all(response: "aiohttp.ClientResponse") -> bytes:
    return await response.content.read(1 << 20)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine; no proxy could reach it."""
    host = (urlsplit(url).hostname or "").lower()
    return host in ("localhost", "::1", "0.0.0.0", "::") or host.endswith(".localhost") or host.startswith("127.")


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address, if any."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if found and "://" not in found:
        found = f"http://{found}"
    return found if found and found.startswith(("http://", "https://")) else None
