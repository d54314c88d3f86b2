import pytest

from apigen_assets.functions import networking


@pytest.mark.parametrize(
    ("cidr", "hosts"), [("10.0.0.5/30", 2), ("10.0.0.4/31", 2), ("10.0.0.4/32", 1), ("0.0.0.0/0", 2**32 - 2)]
)
def test_usable_hosts(cidr, hosts):
    assert networking.subnet_details(cidr)["usable_hosts"] == hosts


@pytest.mark.parametrize("cidr", ["10.0.0.0", "10.0.0.0/33", "300.1.1.1/8", "fe80::/64", "/24"])
def test_a_bad_network_is_named(cidr):
    with pytest.raises(ValueError, match="cidr"):
        networking.subnet_details(cidr)


def test_membership():
    assert networking.ip_in_network("2001:db8::ff", "2001:db8::/120")
    assert not networking.ip_in_network("192.168.2.1", "192.168.0.0/23")
    with pytest.raises(ValueError, match="IPv6"):
        networking.ip_in_network("10.0.0.1", "2001:db8::/64")


def test_download_counts_bits():
    assert networking.download_time(1, 8) == 1000
    assert networking.download_time(1, 8, "GB", 50) == 2000


def test_url_parts():
    assert networking.split_url("HTTPS://User@Example.com/a%20b?x=1&x=2&y=#top") == {
        "scheme": "https",
        "host": "example.com",
        "port": 0,
        "path": "/a%20b",
        "query": {"x": "2", "y": ""},
    }
    for bad in ("example.com/x", "https://", "http://host:99999/", "http://[bad/"):
        with pytest.raises(ValueError, match="url"):
            networking.split_url(bad)
