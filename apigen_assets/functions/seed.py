"""Seed examples: hand-written query-answer pairs that show a generator what a good row looks like."""

from pydantic import BaseModel, ConfigDict, Field

from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style, style_of


class Seed(BaseModel):
    """One seed: a query, the calls that answer it, and the other tools that are offered beside those called.

    The style follows from the counts, as for every row (`style_of`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str
    answers: tuple[Call, ...]
    others: tuple[str, ...] = Field(default=())
    """Names of built-in functions offered but not called."""

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools offered: those called, in order of first use, then the others."""
        return tuple(dict.fromkeys([*(call.name for call in self.answers), *self.others]))

    @property
    def style(self) -> Style:
        """Style by the counts of tools offered and calls made."""
        return style_of(len(self.tools), len(self.answers))
