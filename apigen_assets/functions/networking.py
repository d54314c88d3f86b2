"""Addresses, networks and transfers, computed without touching any network."""

import ipaddress
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import TypedDict

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_length, check_number
from apigen_assets.functions.seed import Seed


class Subnet(TypedDict):
    """An IPv4 network: its ends, mask and usable host addresses."""

    network: str
    broadcast: str
    netmask: str
    usable_hosts: int


class UrlParts(TypedDict):
    """The parts of a web address; `port` is 0 where none is given."""

    scheme: str
    host: str
    port: int
    path: str
    query: dict[str, str]


def subnet_details(cidr: str) -> Subnet:
    """Describe an IPv4 network given in CIDR notation.

    Args:
        cidr: IPv4 address and prefix length, such as 192.168.1.0/24.

    Returns:
        Network and broadcast address, netmask and number of usable hosts.

    Raises:
        ValueError: The text is not an IPv4 network in CIDR notation.
    """
    if "/" not in cidr:
        raise ValueError(f"cidr must contain a prefix length such as /24, got {cidr!r}")
    try:
        network = ipaddress.IPv4Network(cidr.strip(), strict=False)
    except ValueError as error:
        raise ValueError(f"cidr must be an IPv4 network such as 192.168.1.0/24: {error}") from None
    size = network.num_addresses
    return {
        "network": str(network.network_address),
        "broadcast": str(network.broadcast_address),
        "netmask": str(network.netmask),
        "usable_hosts": size if size <= 2 else size - 2,
    }


def ip_in_network(address: str, cidr: str) -> bool:
    """Tell whether an IP address belongs to a network.

    Args:
        address: IPv4 or IPv6 address.
        cidr: Network of the same version in CIDR notation.

    Returns:
        True if the address lies in the network.

    Raises:
        ValueError: The address or network is malformed, or their versions differ.
    """
    try:
        host = ipaddress.ip_address(address.strip())
    except ValueError:
        raise ValueError(f"address must be an IPv4 or IPv6 address, got {address!r}") from None
    try:
        network = ipaddress.ip_network(cidr.strip(), strict=False)
    except ValueError:
        raise ValueError(f"cidr must be a network such as 10.0.0.0/8, got {cidr!r}") from None
    if host.version != network.version:
        raise ValueError(f"address is IPv{host.version} but cidr is IPv{network.version}: use one version")
    return host in network


def download_time(
    size: float, speed_mbps: float, unit: Literal["MB", "GB", "TB"] = "GB", overhead_percent: float = 0.0
) -> float:
    """Estimate how many seconds a download takes at a given line speed.

    Args:
        size: Size of the download, above 0 up to 1000000.
        speed_mbps: Line speed in megabits per second, 0.01 to 1000000.
        unit: Decimal unit of the size.
        overhead_percent: Share of the speed lost to protocols, 0 to 90.

    Returns:
        Time in seconds, rounded to one decimal.

    Raises:
        ValueError: A number is out of range or the unit is unknown.
    """
    check_number("size", size, 1e-6, 1e6)
    check_number("speed_mbps", speed_mbps, 0.01, 1e6)
    check_choice("unit", unit, ("MB", "GB", "TB"))
    check_number("overhead_percent", overhead_percent, 0, 90)
    megabits = size * 8 * {"MB": 1, "GB": 1000, "TB": 1_000_000}[unit]
    return round(megabits / (speed_mbps * (1 - overhead_percent / 100)), 1)


def split_url(url: str) -> UrlParts:
    """Split a web address into scheme, host, port, path and query parameters.

    Args:
        url: Absolute address with scheme and host, up to 2000 characters.

    Returns:
        The parts; port is 0 where none is written, the last of equal query names wins.

    Raises:
        ValueError: The address is too long, or lacks a scheme or host, or its port is invalid.
    """
    check_length("url", url, 1, 2000, "characters")
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise ValueError(f"url cannot be split: {error}") from None
    if not parts.scheme or not parts.hostname:
        raise ValueError(f"url must have a scheme and a host, such as https://example.com, got {url!r}")
    try:
        port = parts.port or 0
    except ValueError:
        raise ValueError(f"url has an invalid port, it must be from 0 to 65535: {url!r}") from None
    return {
        "scheme": parts.scheme,
        "host": parts.hostname,
        "port": port,
        "path": parts.path,
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
    }


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="How many hosts fit into 10.20.30.0/26?",
        answers=(Call(name="subnet_details", arguments={"cidr": "10.20.30.0/26"}),),
    ),
    Seed(
        query="I'm planning two VLANs, 172.16.8.0/22 and 192.168.50.0/25. Get me the broadcast address and "
        "mask of each.",
        answers=(
            Call(name="subnet_details", arguments={"cidr": "172.16.8.0/22"}),
            Call(name="subnet_details", arguments={"cidr": "192.168.50.0/25"}),
        ),
    ),
    Seed(
        query="Would a firewall rule for 203.0.113.0/28 also match 203.0.113.19?",
        answers=(Call(name="ip_in_network", arguments={"address": "203.0.113.19", "cidr": "203.0.113.0/28"}),),
        others=("subnet_details", "split_url"),
    ),
    Seed(
        query="Check 10.1.4.200 and 10.2.0.7 against the office network 10.1.0.0/16.",
        answers=(
            Call(name="ip_in_network", arguments={"address": "10.1.4.200", "cidr": "10.1.0.0/16"}),
            Call(name="ip_in_network", arguments={"address": "10.2.0.7", "cidr": "10.1.0.0/16"}),
        ),
    ),
    Seed(
        query="A game is 85 GB and my line makes 50 megabits per second. How long will I wait?",
        answers=(Call(name="download_time", arguments={"size": 85, "speed_mbps": 50, "unit": "GB"}),),
    ),
    Seed(
        query="700 MB over a 16 Mbps link that loses 10 percent to overhead: download time?",
        answers=(
            Call(
                name="download_time",
                arguments={"size": 700, "speed_mbps": 16, "unit": "MB", "overhead_percent": 10},
            ),
        ),
        others=("split_url", "ip_in_network"),
    ),
    Seed(
        query="Which port and query parameters are in https://shop.example.com:8443/items?id=42&lang=en ?",
        answers=(
            Call(
                name="split_url",
                arguments={"url": "https://shop.example.com:8443/items?id=42&lang=en"},
            ),
        ),
        others=("download_time", "subnet_details"),
    ),
    Seed(
        query="Take http://files.example.org/img/disk.iso apart for me, and work out how long its 4.7 GB "
        "need at 100 Mbps.",
        answers=(
            Call(name="split_url", arguments={"url": "http://files.example.org/img/disk.iso"}),
            Call(name="download_time", arguments={"size": 4.7, "speed_mbps": 100, "unit": "GB"}),
        ),
    ),
    Seed(
        query="Describe the subnet 192.0.2.64/27 and tell me whether 192.0.2.99 is part of 192.0.2.64/27.",
        answers=(
            Call(name="subnet_details", arguments={"cidr": "192.0.2.64/27"}),
            Call(name="ip_in_network", arguments={"address": "192.0.2.99", "cidr": "192.0.2.64/27"}),
        ),
        others=("split_url",),
    ),
)
