"""A function call, as a model writes it and an executor makes it."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Call(BaseModel):
    """One function call: the tool's name and its arguments by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: dict[str, Any]
