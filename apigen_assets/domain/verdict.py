"""What one stage says of one candidate (paper, section 3.2)."""

import polars as pl
from pydantic import BaseModel, ConfigDict

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.files.json_types import JsonObject


class Verdict(BaseModel):
    """What one stage says of one candidate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidate_id: str
    stage: Stage
    passed: bool
    reason: Reason | None = None
    """Null exactly when passed."""
    detail: str = ""
    execution: list[JsonObject] | None = None
    """Per call, from the execution stage on: `{name, outcome, result, truncated, status, mode}`."""


CHECKED_SCHEMA = pl.Schema(
    [
        *Candidate.SCHEMA.items(),
        ("stage", pl.String),
        ("passed", pl.Boolean),
        ("reason", pl.String),
        ("detail", pl.String),
        ("execution", pl.String),
    ]
)
"""The table of both outputs of a stage: candidates with the verdict that sent them there."""
