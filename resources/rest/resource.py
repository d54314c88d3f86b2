"""Execution of REST calls, as a Dagster resource."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings
from resources.local.rest.process import LocalRestServer
from resources.rest.executor import RestExecutor
from resources.rest.policy import EMBEDDED_HOST, HostLimits, RestPolicy
from resources.rest.recordings import Mode, Recordings

__all__ = ["EMBEDDED_HOST", "HostLimits", "RestExecutor", "RestPolicy", "RestResource"]

_SILENCE_SHARE = 0.75
"""Of the time for a call: how long it may be without a byte. Who allows a slow API a minute waits for it."""


class RestResource(ConfigurableResource):  # type: ignore[type-arg]
    """Where REST calls are made: within limits by host, through checked addresses, recorded."""

    mode: Mode = Field(
        default="record",
        description="live: always call. record: use a recorded call where there is one. replay: never call.",
    )
    recordings: str | None = Field(default=None, description="Folder of recorded calls; null to keep none.")
    rate_per_host: float = Field(default=1.0, ge=0, description="Calls per second to one host; 0 for no limit.")
    concurrency_per_host: int = Field(default=2, ge=1, description="Calls to one host at the same time.")
    workers: int = Field(default=16, ge=1, description="Calls at the same time over all hosts.")
    total_timeout_s: float = Field(default=20.0, gt=0, description="Seconds for one call with all its retries.")
    max_response_bytes: int = Field(default=1_000_000, ge=1, description="A larger response is not read.")
    allow_private_addresses: bool = Field(default=False, description="Loopback and private networks may be called.")
    allow_unsafe_methods: bool = Field(default=False, description="POST, PUT, PATCH and DELETE may be called.")
    redirect_hosts: list[str] = Field(default_factory=list, description="Foreign hosts that APIs may redirect to.")
    user_agent: str | None = Field(default=None, description="Tells servers who calls, with a way to make contact.")
    embedded: bool = Field(default=True, description="Start the embedded server when one of its endpoints is called.")

    @classmethod
    def from_settings(cls, settings: Settings) -> "RestResource":
        """The resource as the settings describe it."""
        return cls(
            mode=settings.rest_mode,
            recordings=str(settings.recordings_dir),
            rate_per_host=settings.rest_rate_per_host,
            concurrency_per_host=settings.rest_concurrency_per_host,
            total_timeout_s=settings.rest_timeout_s,
            allow_private_addresses=settings.allow_private_addresses,
            allow_unsafe_methods=settings.allow_unsafe_methods,
            redirect_hosts=list(settings.rest_redirect_hosts),
            user_agent=settings.user_agent,
        )

    @contextmanager
    def open(self) -> Iterator[RestExecutor]:
        """An executor; its connections and the embedded server end with the block."""
        with ExitStack() as stack:
            server = stack.enter_context(LocalRestServer()) if self.embedded else None
            optional: JsonObject = {} if self.user_agent is None else {"user_agent": self.user_agent}
            policy = RestPolicy(
                mode=self.mode,
                total_timeout_s=self.total_timeout_s,
                read_timeout_s=_SILENCE_SHARE * self.total_timeout_s,
                max_response_bytes=self.max_response_bytes,
                limits=HostLimits(rate=self.rate_per_host or None, concurrency=self.concurrency_per_host),
                workers=self.workers,
                allow_private_addresses=self.allow_private_addresses,
                allow_unsafe_methods=self.allow_unsafe_methods,
                redirect_hosts=frozenset(host.lower() for host in self.redirect_hosts),
                ca_bundle=os.environ.get("REQUESTS_CA_BUNDLE") or None,
                embedded=None if server is None else server.address,
                **optional,
            )
            recordings = None if self.recordings is None else Recordings(Path(self.recordings))
            yield stack.enter_context(RestExecutor(policy, recordings))
