"""How much a call may use, and how well it must be isolated."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["none", "rlimits", "namespaces", "bubblewrap"]
"""What surrounds a worker, weakest first. Each level adds Landlock and seccomp where the kernel has them."""

LEVELS: tuple[Level, ...] = ("none", "rlimits", "namespaces", "bubblewrap")


class SandboxError(RuntimeError):
    """The sandbox itself cannot work; no call was charged."""


class SandboxLimits(BaseModel):
    """Limits of one call. All are enforced by the kernel or by a process that runs no code of a user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_s: float = Field(default=5.0, gt=0)
    """Wall time of a call; then it is killed."""
    import_timeout_s: float = Field(default=30.0, gt=0)
    """Wall time of the first import of a module."""
    memory_mb: int = Field(default=512, ge=16)
    """MiB of address space beyond what the imported modules take."""
    result_bytes: int = Field(default=1_000_000, ge=1)
    """A longer result (as JSON) is an error, `output_limit`."""
    stored_characters: int = Field(default=8_192, ge=16)
    """A longer result is cut to this many characters and marked `truncated`."""
    output_bytes: int = Field(default=1_000_000, ge=0)
    """What a call may print. It is discarded; more than this is an error, `output_limit`."""
    scratch_mb: int = Field(default=16, ge=1)
    """MiB of files in the call's own working folder, which is emptied afterwards."""
    calls_per_process: int = Field(default=2_048, ge=1)
    """Calls after which a process is replaced by a fresh one."""
