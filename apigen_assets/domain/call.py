"""A function call, as a model writes it and an executor makes it."""

from pydantic import BaseModel, ConfigDict

from apigen_assets.files.json_types import JsonObject


class Call(BaseModel):
    """One function call: the tool's name and its arguments by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: JsonObject
