"""One document from the web: an OpenAPI description that was given as a URL."""

import ipaddress
import socket
import time
from urllib.parse import urljoin, urlsplit

import requests

from apigen_assets.catalog.files import MAX_FILE_BYTES, Document
from apigen_assets.catalog.imported import SourceError

TOTAL_S = 60.0
_REDIRECTS = {301, 302, 303, 307, 308}
_TUNNELS = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "2002::/16", "2001::/32"))
"""IPv6 ranges that carry an IPv4 address inside, and so may lead to a private one."""


def fetch(url: str, allow_private: bool = False) -> Document:
    """The document behind a URL; at most three redirects, `MAX_FILE_BYTES` bytes and `TOTAL_S` seconds.

    Args:
        url: http or https.
        allow_private: loopback and private addresses may be asked.

    Raises:
        SourceError: the address is refused, or no document came.
    """
    deadline = time.monotonic() + TOTAL_S
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(4):
            check_address(url, allow_private)
            try:
                response = session.get(
                    url, stream=True, allow_redirects=False, timeout=(10, 20), headers={"Accept": "*/*"}
                )
            except requests.RequestException as error:
                raise SourceError("no_answer", f"{_shown(url)}: {type(error).__name__}") from None
            with response:
                if response.status_code in _REDIRECTS and response.headers.get("Location"):
                    url = urljoin(url, response.headers["Location"])
                    continue
                if response.status_code != 200:
                    raise SourceError("no_answer", f"{_shown(url)} answered {response.status_code}")
                name = urlsplit(url).path.rpartition("/")[2] or "openapi"
                return Document(name, _body(response, url, deadline))
    raise SourceError("no_answer", f"{_shown(url)}: more than three redirects")


def check_address(url: str, allow_private: bool) -> None:
    """Refuse what is no http(s) URL, and addresses that are not public.

    Raises:
        SourceError: `bad_url`, `unknown_host` or `private_address`.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SourceError("bad_url", f"{url[:100]}: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SourceError("bad_url", f"{url[:100]} is no http(s) URL")
    if allow_private:
        return
    try:
        found = socket.getaddrinfo(host, port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError("unknown_host", f"{host}: {error}") from None
    for *_, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        tunnel = isinstance(ip, ipaddress.IPv6Address) and any(ip in net for net in _TUNNELS)
        if not ip.is_global or ip.is_multicast or tunnel:
            raise SourceError(
                "private_address", f"{host} is {ip}, which is not public; APIGEN_ALLOW_PRIVATE_ADDRESSES=true allows it"
            )


def _body(response: requests.Response, url: str, deadline: float) -> bytes:
    out = bytearray()
    try:
        for chunk in response.iter_content(65_536):
            out += chunk
            if len(out) > MAX_FILE_BYTES:
                raise SourceError("file_too_large", f"{_shown(url)} gives more than {MAX_FILE_BYTES} bytes")
            if time.monotonic() > deadline:
                raise SourceError("no_answer", f"{_shown(url)} took more than {TOTAL_S:.0f} s")
    except requests.RequestException as error:
        raise SourceError("no_answer", f"{_shown(url)}: {type(error).__name__}") from None
    return bytes(out)


def _shown(url: str) -> str:
    """The URL without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
