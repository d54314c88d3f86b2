"""A tool as a model is offered it."""

from dataclasses import dataclass

from apigen_assets.files.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Tool:
    """One offered function. `parameters` is a JSON Schema object (Draft 2020-12)."""

    name: str
    description: str
    parameters: JsonObject
    api_id: str = ""
    """The API behind it; empty where a row came from elsewhere and names none."""

    def to_json(self) -> JsonObject:
        """The object in a table's `tools` column."""
        tool: JsonObject = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"api_id": self.api_id, **tool} if self.api_id else tool

    @classmethod
    def from_json(cls, tool: JsonObject) -> "Tool":
        """The tool of one such object; a key that is absent is empty."""
        return cls(
            name=tool["name"],
            description=tool.get("description") or "",
            parameters=tool.get("parameters") or {},
            api_id=str(tool.get("api_id") or ""),
        )
