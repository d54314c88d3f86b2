"""Fields that a value in one direction does not have: those that are only in answers, or only in requests."""

from typing import Literal

from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.importers.openapi.schema_parts import fits_nothing
from apigen_assets.files.json_types import JsonObject, JsonValue

_MAX_DEPTH = 4


class HiddenFields:
    """Tells the hidden fields of one document's schemas.

    Args:
        references: of the document.
        mark: the keyword that hides a field.
    """

    def __init__(self, references: References, mark: Literal["readOnly", "writeOnly"]) -> None:
        self._references = references
        self._mark = mark

    def is_hidden(self, field: JsonValue, depth: int = 0) -> bool:
        """Whether a field's schema says so, or what it refers to does, or no value fits it at all."""
        if fits_nothing(field):
            return True
        if not isinstance(field, dict) or depth > _MAX_DEPTH:
            return False
        if field.get(self._mark) is True:
            return True
        if isinstance(field.get("$ref"), str):
            try:
                return self.is_hidden(self._references.follow(field)[0], depth + 1)
            except ReferenceProblem:
                return False
        parts = field.get("allOf")
        return isinstance(parts, list) and any(self.is_hidden(part, depth + 1) for part in parts)

    def of(self, schema: JsonObject) -> dict[str, JsonValue]:
        """The hidden fields of a schema, and of the parts of its `allOf`, by name."""
        hidden: dict[str, JsonValue] = {}
        seen: set[str] = set()
        waiting: list[JsonValue] = [schema]
        while waiting:
            try:
                part, address = self._references.follow(waiting.pop())
            except ReferenceProblem:
                continue
            if not isinstance(part, dict) or address in seen:
                continue
            seen |= set() if address is None else {address}
            properties, parts = part.get("properties"), part.get("allOf")
            fields = properties.items() if isinstance(properties, dict) else ()
            hidden |= {str(name): field for name, field in fields if self.is_hidden(field)}
            waiting += parts if isinstance(parts, list) else []
        return hidden
