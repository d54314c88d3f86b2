"""What goes to the leaderboard's checker and what comes back."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apigen_assets.files.json_types import JsonObject


class IncompleteAnswersError(ValueError):
    """Ids are missing, doubled or unknown; `problems` is `{kind: {category: [ids]}}`."""

    def __init__(self, problems: dict[str, dict[str, list[str]]]) -> None:
        self.problems = problems
        lines = []
        for kind, by_category in problems.items():
            for category, ids in by_category.items():
                shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
                lines.append(f"{category}: {len(ids)} {kind} ({shown})")
        super().__init__(
            "every question needs exactly one answer, else the figure would mean something else:\n  "
            + "\n  ".join(lines)
        )


@dataclass(frozen=True)
class BfclAnswer:
    """One model answer to one question.

    `failure` says that there is no answer because the question could not be put to the model (such as
    `context_too_long`); it counts as wrong in every category, with that reason.
    """

    id: str
    category: str
    answer: Any = None
    failure: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Scored:
    """Verdicts in the order of the answers, and the naming rule they were made under."""

    verdicts: list[JsonObject]
    """`id`, `category`, `valid`; where invalid `error_type`, `error`; `decoded`, or `undecodable` with the reason."""
    underscore_to_dot: bool
    underscore_reason: str
    names: JsonObject = field(default_factory=dict)
    """How many calls of dotted functions kept the dot (`dotted`) and how many wrote `_` (`underscored`); how many calls
    there are (`calls`), how many name an offered function (`offered`), and commonest other names (`foreign`)."""


def data_digest(answers: Iterable[BfclAnswer]) -> str:
    """A short hash of what was scored, so that two reports can be told apart."""
    digest = hashlib.sha256()
    for one in answers:
        digest.update(json.dumps([one.id, one.answer, one.failure], sort_keys=True).encode())
    return digest.hexdigest()[:16]
