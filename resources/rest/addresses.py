"""Which network addresses may be called (protection against server-side request forgery)."""

import ipaddress
import queue
import socket
import threading

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_PROTOCOL = ipaddress.IPv4Network("192.0.0.0/24")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_METADATA = {
    ipaddress.ip_address(text) for text in ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254")
}
"""Where Alibaba, Oracle, Azure and Amazon answer beside 169.254.0.0/16."""
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")


class AddressRefusedError(Exception):
    """The host resolves to an address that may not be called."""


class ResolutionError(Exception):
    """The host has no address, or its name server did not answer in time.

    Not an OSError, so that it passes through urllib3 as it is.
    """


def refusal(address: IpAddress) -> str | None:
    """Why an address may not be called by default, or null.

    `is_global` alone is not enough: addresses that carry an IPv4 address inside (mapped, compatible, NAT64, 6to4,
    Teredo) reach it through a gateway, so these are refused as well.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            inner = refusal(address.ipv4_mapped)
            return inner and f"IPv4-mapped, {inner}"
        if address.is_loopback:
            return "loopback"
        if address in _NAT64 or address in _NAT64_LOCAL:
            return "NAT64"
        if address.sixtofour is not None:
            return "6to4"
        if address.teredo is not None:
            return "Teredo"
        if address in _SITE_LOCAL:
            return "site-local"
        if address in _COMPATIBLE and not address.is_unspecified:
            return "IPv4-compatible"
    elif address in _PROTOCOL:
        return "reserved"
    if address.is_unspecified:
        return "unspecified"
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if address.is_private:
        return "private"
    if address.is_reserved or not address.is_global:
        return "reserved"
    return None


def resolve(host: str, port: int, timeout_s: float) -> list[tuple[socket.AddressFamily, str]]:
    """Every address of a host, in the resolver's order.

    The system's resolver takes no timeout, so it runs in a thread that is left behind when it is late.

    Raises:
        ResolutionError: no address, or none in time.
    """
    if host == "invalid" or host.endswith(".invalid"):
        # RFC 6761: such names have no address, and no name server needs to be asked.
        raise ResolutionError(f"the name {host} has no address")
    answer: queue.SimpleQueue[list[tuple[socket.AddressFamily, str]] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys((family, str(place[0])) for family, _, _, _, place in answers)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        got = answer.get(timeout=max(timeout_s, 0.001))
    except queue.Empty:
        raise ResolutionError(f"the name {host} was not resolved within {timeout_s:.1f} s") from None
    if isinstance(got, list) and got:
        return got
    raise ResolutionError(f"the name {host} has no address ({got or 'empty answer'})")


def checked_addresses(
    host: str, port: int, timeout_s: float, allow_private: bool
) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses of a host, all of them allowed; the caller connects to these and asks no resolver again.

    Raises:
        AddressRefusedError: one of them may not be called; link-local ones never, since clouds answer there with their
            machines' credentials. One is enough: a name that mixes public and private
            addresses is how rebinding attacks look.
        ResolutionError: there is none.
    """
    addresses = resolve(host, port, timeout_s)
    for _, text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        reason = refusal(address)
        if reason is not None and _gives_credentials(address):
            raise AddressRefusedError(f"{host} is at {text} ({reason}), where clouds keep credentials: never called")
        if reason is not None and not allow_private:
            raise AddressRefusedError(
                f"{host} is at {text} ({reason}); set APIGEN_ALLOW_PRIVATE_ADDRESSES=true if that is meant"
            )
    return addresses


def is_public(host: str, port: int, timeout_s: float) -> bool:
    """Whether a host is on the public internet.

    Raises:
        ResolutionError: it has no address.
    """
    try:
        checked_addresses(host, port, timeout_s, allow_private=False)
    except AddressRefusedError:
        return False
    return True


def _gives_credentials(address: IpAddress) -> bool:
    """Whether it is, in any spelling, where clouds serve metadata: link-local, and what single clouds use beside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and (address in _NAT64 or address in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and _gives_credentials(inner):
            return True
    return address.is_link_local or address in _METADATA
