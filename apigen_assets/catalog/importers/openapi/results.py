"""What an operation answers with, as far as the document says it: good to know, and never needed to call."""

import logging
from collections.abc import Callable

from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.linking import WHOLE, Cut, Linker
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import DEFINITIONS

MAX_RESULT_BYTES = 6_000
"""Size of a described result; of a larger one the deepest fields are left out."""

_log = logging.getLogger(__name__)


class Results:
    """The results of one document's operations.

    Args:
        references: of the document.
        swagger: it is Swagger 2.0.
    """

    def __init__(self, references: References, swagger: bool) -> None:
        self._references = references
        self._swagger = swagger
        self._linker_components = Components(references, lambda _: None, "response")
        self._linker = Linker(self._linker_components, most=MAX_RESULT_BYTES)

    def of(self, operation: JsonObject, warn: Callable[[str], None]) -> JsonObject | None:
        """The schema of the first success that has one; null where it is not known or not JSON."""
        responses = operation.get("responses")
        if not isinstance(responses, dict):
            return None
        codes = {str(code): response for code, response in responses.items()}
        try:
            for code in (*sorted(code for code in codes if code.startswith("2")), "default"):
                schema = self._schema(codes.get(code))
                if schema is not None:
                    return self._described(schema)
        except (ReferenceProblem, RecursionError):
            return None
        except Exception as error:  # whatever is wrong with an answer, the request can be made
            _log.exception("reading a response failed")
            warn(f"internal error while reading the response: {type(error).__name__}: {error}")
        return None

    def _schema(self, response: JsonValue) -> JsonValue:
        response, _ = self._references.follow(response)
        if not isinstance(response, dict):
            return None
        content = response.get("content")
        if isinstance(content, dict):
            media = next((kind for kind in content if "json" in str(kind) or str(kind) == "*/*"), None)
            return self._references.media(content, media).get("schema") if media is not None else None
        return response.get("schema") if self._swagger else None

    def _described(self, schema: JsonValue) -> JsonObject | None:
        part = self._linker_components.read(schema)
        for cut in (WHOLE, Cut(2), Cut(1), Cut(0)):
            linked = self._linker.link(part, cut)
            if linked.schema is None:
                return None
            definitions, size = (
                self._linker.definitions(linked.recursive, MAX_RESULT_BYTES) if linked.recursive else ({}, 0)
            )
            if linked.size + size <= MAX_RESULT_BYTES and linked.depth < 20:
                out = {**linked.schema, DEFINITIONS: definitions} if definitions else linked.schema
                return out or None
        return None
