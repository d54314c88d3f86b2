"""The limits that every REST call keeps to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from resources.rest.recordings import Mode

EMBEDDED_HOST = "embedded.apigen.invalid"
"""The embedded server's name in URLs. `.invalid` never resolves (RFC 6761): the policy says where the server
listens now, so that catalogs, recordings and data sets never hold a port."""


@dataclass(frozen=True)
class HostLimits:
    """How much one host is asked.

    Args:
        rate: calls per second; null for no limit.
        concurrency: calls at the same time.
        breaker_failures: connection failures or timeouts in a row after which the host is left alone; 0 for never.
        breaker_reset_s: seconds until a host that was left alone gets one trial call.
        total_timeout_s: a shorter deadline than the policy's; null for the policy's.
    """

    rate: float | None = 1.0
    concurrency: int = 2
    breaker_failures: int = 5
    breaker_reset_s: float = 60.0
    total_timeout_s: float | None = None


EMBEDDED_LIMITS = HostLimits(rate=None, concurrency=8, breaker_failures=0, total_timeout_s=3.0)
"""The embedded server needs no politeness, and what is slow there is slow on purpose."""


@dataclass(frozen=True)
class RestPolicy:
    """Deadlines, sizes, limits by host and what is allowed.

    Args:
        mode: `live` never reads recordings; `record` uses one where it is there and calls otherwise; `replay` never
            calls.
        connect_timeout_s: seconds for name resolution, connection and TLS.
        read_timeout_s: seconds without a byte.
        total_timeout_s: seconds for one call with all its retries and redirects.
        max_response_bytes: bytes of a response after decompression; a larger one is `too_large`.
        result_characters: characters of the result that are kept.
        max_redirects: redirects followed, each checked like the first URL.
        redirect_hosts: hosts to which an API may redirect beside its own (and its `www.` form).
        retries: further attempts, for idempotent methods only.
        backoff_s: mean of the first pause between attempts; doubled each time, jittered.
        limits: for every host.
        host_limits: for single hosts, by lower-case name.
        workers: calls at the same time over all hosts.
        negative_ttl_s: seconds for which a recorded failure that may pass (timeout, 5xx, quota ...) is reused in
            `record` mode; afterwards the call is made again.
        allow_private_addresses: loopback, private and link-local addresses may be called.
        allow_unsafe_methods: POST, PUT, PATCH and DELETE may be called.
        user_agent: says who calls, with a way to make contact.
        ca_bundle: file of the certificate authorities to trust; null for certifi's.
        embedded: gives the (address, port) of the embedded server, starting it where needed; null where there is none.
    """

    mode: Mode = "record"
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0
    total_timeout_s: float = 20.0
    max_response_bytes: int = 1_000_000
    result_characters: int = 4_000
    max_redirects: int = 3
    redirect_hosts: frozenset[str] = frozenset()
    retries: int = 2
    backoff_s: float = 0.5
    limits: HostLimits = HostLimits()
    host_limits: dict[str, HostLimits] = field(default_factory=dict)
    workers: int = 16
    negative_ttl_s: float = 3600.0
    allow_private_addresses: bool = False
    allow_unsafe_methods: bool = False
    user_agent: str = "apigen/0.1 (function-calling data set builder; set APIGEN_USER_AGENT to say whom to contact)"
    ca_bundle: str | None = None
    embedded: Callable[[], tuple[str, int]] | None = None

    def timeout_of(self, host: str) -> float:
        """Seconds for one call to a host."""
        own = self.limits_of(host).total_timeout_s
        return self.total_timeout_s if own is None else min(own, self.total_timeout_s)

    def limits_of(self, host: str) -> HostLimits:
        """The limits of one host; the embedded server has its own unless others are given."""
        limits = self.host_limits.get(host)
        if limits is not None:
            return limits
        return EMBEDDED_LIMITS if host == EMBEDDED_HOST else self.limits
