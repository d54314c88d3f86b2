"""Execution of MCP tools, as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from apigen_assets.settings import Settings
from resources.mcp.executor import McpExecutor
from resources.rest.recordings import Mode, Recordings


class McpResource(ConfigurableResource):  # type: ignore[type-arg]
    """Where MCP tools are called: servers are started at first need and ended with the run."""

    mode: Mode = Field(
        default="record",
        description="live: always call. record: use a recorded call where there is one. replay: never call.",
    )
    recordings: str | None = Field(default=None, description="Folder of recorded calls; null to keep none.")
    call_timeout_s: float = Field(default=20.0, gt=0, description="Seconds for one call.")
    allow_private_addresses: bool = Field(default=False, description="Loopback and private networks may be called.")
    allow_unsafe: bool = Field(default=False, description="Tools not declared read-only may be called.")

    @classmethod
    def from_settings(cls, settings: Settings) -> "McpResource":
        """The resource as the settings describe it."""
        return cls(
            mode=settings.rest_mode,
            recordings=str(settings.recordings_dir),
            call_timeout_s=settings.rest_timeout_s,
            allow_private_addresses=settings.allow_private_addresses,
            allow_unsafe=settings.allow_unsafe_methods,
        )

    @contextmanager
    def open(self) -> Iterator[McpExecutor]:
        """An executor; its servers end with the block."""
        with McpExecutor(
            self.mode,
            None if self.recordings is None else Recordings(Path(self.recordings)),
            call_timeout_s=self.call_timeout_s,
            allow_private_addresses=self.allow_private_addresses,
            allow_unsafe=self.allow_unsafe,
        ) as executor:
            yield executor
