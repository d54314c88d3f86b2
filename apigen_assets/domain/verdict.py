"""What one stage says of one candidate (paper, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.record import in_schema


class Decision(StrEnum):
    """What a stage decided. Undecided rows are kept or dropped by a setting, and are counted apart."""

    VERIFIED = "verified"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one stage says of one candidate."""

    decision: Decision
    passed: bool
    """Whether the row goes on: verified, or undecided where such rows are kept."""
    reason: Reason | None = None
    """Null exactly when passed."""
    detail: str = ""
    grounding: str | None = None
    """`grounded`, `undecided` or `ungrounded`, from the semantic stage on."""
    findings: str | None = None
    """JSON list of `{rule, place, says, rejects}`: grounding's evidence against the row; null: none."""
    votes: str | None = None
    """JSON object: per judge what it answered, and whether its votes count; null where none was asked."""

    @classmethod
    def of(cls, rejection: tuple[Reason, str] | None) -> "Verdict":
        """The verdict of a stage that leaves nothing undecided: a reason and a detail, or null."""
        if rejection is None:
            return cls(Decision.VERIFIED, passed=True)
        return cls(Decision.REJECTED, passed=False, reason=rejection[0], detail=rejection[1])


CHECKED_SCHEMA = pl.Schema(
    [
        *Candidate.SCHEMA.items(),
        ("stage", pl.String),
        ("passed", pl.Boolean),
        ("reason", pl.String),
        ("detail", pl.String),
        ("execution", pl.String),
        ("decision", pl.String),
        ("grounding", pl.String),
        ("findings", pl.String),
        ("votes", pl.String),
    ]
)
"""The table of both outputs of a stage: candidates with the verdict that sent them there.

The last four columns are null in tables of earlier versions.
"""


def with_verdicts(frame: pl.DataFrame, stage: Stage, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """Rows with the verdicts of a stage, in `CHECKED_SCHEMA`.

    Args:
        frame: candidates; a verdict of an earlier stage is replaced, its `execution` kept.
        stage: the stage.
        verdicts: one per row.
    """
    texts: dict[str, list[str | None]] = {
        "reason": [verdict.reason and verdict.reason.value for verdict in verdicts],
        "detail": [verdict.detail for verdict in verdicts],
        "decision": [verdict.decision.value for verdict in verdicts],
        "grounding": [verdict.grounding for verdict in verdicts],
        "findings": [verdict.findings for verdict in verdicts],
        "votes": [verdict.votes for verdict in verdicts],
    }
    return in_schema(
        frame.with_columns(
            pl.lit(stage.value).alias("stage"),
            pl.Series("passed", [verdict.passed for verdict in verdicts], dtype=pl.Boolean),
            *(pl.Series(name, values, dtype=pl.String) for name, values in texts.items()),
        ),
        CHECKED_SCHEMA,
    )
