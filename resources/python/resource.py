"""Execution of Python functions in isolation, as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from dagster import ConfigurableResource
from pydantic import Field

from apigen_assets.settings import Settings
from resources.python.limits import LEVELS, Level, SandboxError, SandboxLimits
from resources.python.pool import Determinism, PythonSandbox

__all__ = [
    "LEVELS",
    "Determinism",
    "Level",
    "PythonSandbox",
    "SandboxError",
    "SandboxLimits",
    "SandboxResource",
]


class SandboxResource(ConfigurableResource):  # type: ignore[type-arg]
    """Where Python functions are called: warm, isolated workers."""

    workers: int = Field(default=2, ge=1, description="Calls that run at the same time.")
    minimum: Literal["none", "rlimits", "namespaces", "bubblewrap"] = Field(
        default="rlimits",
        description="The run stops where the machine cannot isolate calls at least this well.",
    )
    timeout_s: float = Field(default=5.0, gt=0, description="Seconds after which a call is killed.")
    memory_mb: int = Field(default=512, ge=16, description="MiB a call may allocate.")
    check_determinism: Literal["never", "first", "always"] = Field(
        default="always", description="Which calls are made a second time, to find results that differ."
    )
    readable: list[str] = Field(
        default_factory=list, description="Files and folders that functions may read beside their own code."
    )

    @classmethod
    def from_settings(cls, settings: Settings) -> "SandboxResource":
        """The resource as the settings describe it."""
        return cls(
            workers=settings.sandbox_workers,
            minimum=settings.sandbox_minimum,
            timeout_s=settings.call_timeout_s,
            memory_mb=settings.sandbox_memory_mb,
        )

    @contextmanager
    def open(self) -> Iterator[PythonSandbox]:
        """A started sandbox, stopped at the end of the block.

        Raises:
            SandboxError: when the machine does not reach `minimum`.
        """
        limits = SandboxLimits(timeout_s=self.timeout_s, memory_mb=self.memory_mb)
        with PythonSandbox(
            limits,
            workers=self.workers,
            minimum=self.minimum,
            check_determinism=self.check_determinism,
            readable=self.readable,
        ) as sandbox:
            yield sandbox
