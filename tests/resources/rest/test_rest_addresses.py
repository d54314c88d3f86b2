"""Which addresses are called, however they are written and whatever a name server says."""

import ipaddress
import socket

import pytest

from apigen_assets.domain.api import RestBinding, RestParameter
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.rest import addresses
from resources.rest.addresses import refusal
from resources.rest.executor import RestExecutor
from resources.rest.policy import RestPolicy


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1",
        "ff02::1", "100::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_the_public_internet_are_refused(address):
    assert refusal(ipaddress.ip_address(address)) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_called(address):
    assert refusal(ipaddress.ip_address(address)) is None


def outcome(url, **policy):
    with RestExecutor(RestPolicy(mode="live", retries=0, connect_timeout_s=2, **policy), environment={}) as executor:
        (result,) = executor.execute([CallRequest(binding=RestBinding(url=url), arguments={})])
    return result


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0", "localhost", "LOCALHOST.",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a00:1]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "169.254.169.254", "[fe80::1]",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_called(host, site):
    site.routes["/x"] = (200, {}, {"secret": 1})
    result = outcome(f"http://{host}:{site.port}/x")
    assert result.outcome in (Outcome.REFUSED, Outcome.TRANSPORT) and result.result is None
    assert not site.hits


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost"])
def test_these_spellings_would_reach_the_server(host, site):
    site.routes["/x"] = (200, {}, {"a": 1})
    assert outcome(f"http://{host}:{site.port}/x", allow_private_addresses=True).outcome is Outcome.OK


def resolving_to(monkeypatch, *answers):
    """Each look-up gives the next answer, as a rebinding name server would; numbers resolve as they do."""
    real, calls, left = socket.getaddrinfo, [], list(answers)

    def fake(host, port, *args, **kwargs):
        if host != "api.example.com":
            return real(host, port, *args, **kwargs)
        calls.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return calls


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1"])
def test_a_name_that_leads_to_a_private_address_is_refused(address, site, monkeypatch):
    resolving_to(monkeypatch, [address])
    result = outcome(f"http://api.example.com:{site.port}/x")
    assert result.outcome is Outcome.REFUSED and address in result.detail
    assert not site.hits


def test_one_private_address_among_public_ones_is_enough(site, monkeypatch):
    resolving_to(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    assert outcome(f"http://api.example.com:{site.port}/x").outcome is Outcome.REFUSED


def test_the_checked_address_is_the_one_that_is_called(site, monkeypatch, make_executor):
    """A second look-up with another answer never happens within one connection."""
    site.routes["/x"] = (200, {}, {"a": 1})
    calls = resolving_to(monkeypatch, ["127.0.0.1"], ["8.8.8.8"])
    request = CallRequest(binding=RestBinding(url=f"http://api.example.com:{site.port}/x"), arguments={})
    (result,) = make_executor().execute([request])
    assert result.outcome is Outcome.OK and len(calls) == 1
    assert site.seen[0][2]["Host"] == f"api.example.com:{site.port}"


def test_a_name_server_that_hangs_ends_at_the_deadline(monkeypatch):
    import threading

    released = threading.Event()

    def hang(*_, **__):
        released.wait(60)
        raise OSError("late")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    result = outcome("http://api.example.com/x", total_timeout_s=0.3)
    released.set()
    assert result.outcome in (Outcome.TRANSPORT, Outcome.TIMEOUT) and result.duration_s < 30


def test_invalid_names_ask_no_name_server(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked"))
    assert outcome("http://gone.apigen.invalid/x").outcome is Outcome.TRANSPORT


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x", "file:///etc/passwd", "//example.com/x", "/x", "", "http://", "http:///x",
        "http://user:password@example.com/", "http://{host}/x", "http://api.{region}.example.com/x",
        "http://example.com\\@127.0.0.1/", "http://example.com:99999/", "http://[::1/x", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_other_urls_are_refused(url):
    parameters = {name: RestParameter(place="path", wire_name=name) for name in ("host", "region")}
    binding = RestBinding(url=url, parameters=parameters)
    with RestExecutor(RestPolicy(mode="live"), environment={}) as executor:
        (result,) = executor.execute([CallRequest(binding=binding, arguments={"host": "127.0.0.1", "region": "a"})])
    assert result.outcome is Outcome.REFUSED


def test_an_argument_cannot_leave_its_path(site, make_executor):
    parameters = {"name": RestParameter(place="path", wire_name="name")}
    requests = [
        site.request("/users/{name}/posts", {"name": name}, parameters=parameters)
        for name in ("..", ".", "", "../admin", "a/../../admin", "%2e%2e", "a?b=c", "a#b", "@evil.example", "//x")
    ]
    outcomes = [result.outcome for result in make_executor().execute(requests)]
    assert outcomes[:3] == [Outcome.ARGUMENT_ERROR] * 3
    for _, path, _, _ in site.seen:
        assert path.startswith("/users/") and path.endswith("/posts") and path.count("/") == 3


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"],
)
def test_metadata_of_clouds_is_never_called_not_even_where_private_addresses_are(address, monkeypatch):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(addresses, "resolve", lambda *_: [(family, address)])
    with pytest.raises(addresses.AddressRefusedError, match="never called"):
        addresses.checked_addresses("metadata.example.com", 80, 1.0, allow_private=True)
