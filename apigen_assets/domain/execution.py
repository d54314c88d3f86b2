"""What a row keeps of one call that was made."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from apigen_assets.domain.outcome import CallResult, Outcome
from apigen_assets.files.json_types import JsonObject

MAX_ERROR_CHARACTERS = 300


class Execution(BaseModel):
    """One executed call of a row. It holds no duration, so that equal inputs give equal rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    outcome: Outcome
    result: str | None = None
    """JSON text of what came back, cut to the executor's limit where `truncated`."""
    truncated: bool = False
    status: int | None = None
    """HTTP status where there was one."""
    mode: Literal["live", "replayed"] = "live"
    error: str | None = None
    """For people; only where the call failed."""

    @classmethod
    def of(cls, name: str, result: CallResult) -> "Execution":
        """What is kept of the result of a call of the tool `name`."""
        return cls(
            name=name,
            outcome=result.outcome,
            result=result.result,
            truncated=result.truncated,
            status=result.status,
            mode=result.mode,
            error=None if result.outcome is Outcome.OK else result.detail[:MAX_ERROR_CHARACTERS],
        )

    def to_json(self) -> JsonObject:
        """The object in a table's `execution` column."""
        execution: JsonObject = {
            "name": self.name,
            "outcome": self.outcome.value,
            "result": self.result,
            "truncated": self.truncated,
            "status": self.status,
            "mode": self.mode,
        }
        return execution if self.error is None else {**execution, "error": self.error}
