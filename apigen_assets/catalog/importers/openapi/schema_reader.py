"""One schema that stands alone, as Draft 2020-12."""

from collections.abc import Callable

from apigen_assets.catalog.importers.openapi.arguments import FileUploadError, OversizedError
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.linking import MAX_GROWTH, Linker
from apigen_assets.catalog.importers.openapi.references import References
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import DEFINITIONS

__all__ = ["FileUploadError", "OversizedError", "SchemaReader"]


class SchemaReader:
    """Converts schemas of one document.

    Args:
        references: of the document.
        warn: called with a sentence for each thing that is wrong but not fatal.
        direction: `request` leaves read-only properties out, `response` write-only ones.
    """

    def __init__(self, references: References, warn: Callable[[str], None], direction: str = "request") -> None:
        self._components = Components(references, warn, direction)
        self._linker = Linker(self._components)

    def convert(self, schema: JsonValue) -> JsonObject:
        """The schema with all it refers to; what contains itself is in its `$defs`.

        Raises:
            OversizedError: larger than can be offered.
            FileUploadError: it is a file.
        """
        part = self._components.read(schema)
        linked = self._linker.link(self._components.shape(part))
        if linked.schema is None:
            raise FileUploadError("a file cannot be given as a JSON argument")
        if linked.size > MAX_GROWTH:
            raise OversizedError(f"about {linked.size:,} bytes, more than {MAX_GROWTH:,}")
        if not linked.recursive:
            return linked.schema
        return {**linked.schema, DEFINITIONS: self._linker.definitions(linked.recursive)[0]}
