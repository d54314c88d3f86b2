"""What came of one call, and who makes calls."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from apigen_assets.domain.api import McpBinding, PythonBinding, RestBinding
from apigen_assets.files.json_types import JsonObject


class Outcome(StrEnum):
    """The closed set of ways a call can end; only `ok` counts as executed."""

    OK = "ok"
    # Python
    ARGUMENT_ERROR = "argument_error"  # the signature does not bind
    EXCEPTION = "exception"  # the function raised
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"  # the worker died: exit, signal, segmentation fault
    BLOCKED = "blocked"  # network, file or process use refused by the sandbox
    UNSERIALISABLE = "unserialisable"  # the result has no JSON form
    NON_DETERMINISTIC = "non_deterministic"  # a second call gave another result
    NOT_FOUND = "not_found"  # no such module, function, tool or endpoint
    # REST and MCP
    EMPTY = "empty"
    SOFT_ERROR = "soft_error"  # a success status around an error
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    AUTH = "auth"
    QUOTA = "quota"
    TRANSPORT = "transport"
    MALFORMED = "malformed"  # the body is not what its media type says
    TOO_LARGE = "too_large"
    REFUSED = "refused"  # our own guard: host not allowed, address private, method not idempotent
    NOT_RECORDED = "not_recorded"  # replay only, and no recording of this call
    UNAVAILABLE = "unavailable"  # nothing here can run this kind of binding


MENDED_AT_THIS_END = frozenset(
    {
        Outcome.REFUSED,
        Outcome.NOT_RECORDED,
        Outcome.UNAVAILABLE,
        Outcome.AUTH,
        Outcome.TRANSPORT,
    }
)
"""What a person mends (a setting, a key, a package, a server that was not started) and then runs again at once: an
outcome of these that was kept never answers in place of a call."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call to make; the arguments are as they were read from JSON."""

    binding: PythonBinding | RestBinding | McpBinding
    arguments: JsonObject


class CallResult(BaseModel):
    """What came of one call. `result` is JSON text, cut to the executor's limit (`truncated`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    result: str | None = None
    truncated: bool = False
    detail: str = ""
    """For people: the error's type and message, the status line, the limit that was hit."""
    status: int | None = None
    """HTTP status where there was one."""
    duration_s: float = 0.0
    """Seconds of wall time; never part of an identity, since it differs between runs."""
    mode: Literal["live", "replayed"] = "live"


class CallExecutor(Protocol):
    """Makes calls; each kind of binding has one executor in `resources`."""

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        """One result per request, in their order, produced as they are consumed.

        A failing call is a result, never an exception; an exception means the executor itself is unusable.
        """
        ...
