"""How the fields of a form are written: the `encoding` of a media type (OpenAPI 3.1.1, "Encoding Object")."""

import re
from collections.abc import Callable

from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.keywords import is_text_media
from apigen_assets.catalog.importers.openapi.parameters import style_of
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem
from apigen_assets.domain.api import Place, RestParameter
from apigen_assets.files.json_types import JsonObject, JsonValue
from resources.rest.wire_text import header_text

_OTHER_TEXT = r"text/.*|application/(?:.*[+/])?(?:x-)?(?:xml|yaml|jwt|ndjson|javascript|sql|graphql|sparql-query)"
"""Text of which a caller writes every character; sent where the schema is a plain text."""
_FIELDS = {"properties", "items", "additionalProperties"}
_STRUCTURED = {*_FIELDS, "anyOf", "allOf"}
_OWN_HEADERS = {"content-type", "content-disposition", "content-transfer-encoding"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Warn = Callable[[str], None]


class Encodings:
    """The `encoding` of one media type.

    Args:
        media: the media type object.
        media_type: as it is sent; only forms have an encoding, and only multipart ones headers of their parts.
        components: of the document.
        warn: told what is not as it should be.
    """

    def __init__(self, media: JsonObject, media_type: str, components: Components, warn: Warn) -> None:
        declared = media.get("encoding") if "form" in media_type or media_type.startswith("multipart/") else None
        self._fields: JsonObject = declared if isinstance(declared, dict) else {}
        self._parts = media_type.startswith("multipart/")
        self._components = components
        self._warn = warn

    def is_file(self, name: str, part: JsonObject) -> bool:
        """Whether a field is written as what no JSON argument can be: an image, or fields as XML."""
        kinds = self._of(name).get("contentType")
        listed = [kind.strip() for kind in kinds.split(",") if kind.strip()] if isinstance(kinds, str) else []
        if not listed:
            return False
        if not any(is_text_media(kind) for kind in listed):
            return True
        return is_other_text(listed[0]) and not is_text(self._components.shape(part))

    def problem(self, name: str) -> str | None:
        """Why a field cannot be sent though its value can be given; null where it can."""
        return next((f"the header {key!r} of its part has no fixed value" for key in self._headers(name)[1]), None)

    def applied(self, sent: RestParameter, part: JsonObject) -> RestParameter:
        """A field with what its encoding says; styles count only where one is given (OpenAPI 3.1.1)."""
        encoding = self._of(sent.wire_name)
        headers, _ = self._headers(sent.wire_name)
        if headers:
            sent = sent.model_copy(update={"part_headers": tuple(sorted(headers.items()))})
        if any(key in encoding for key in ("style", "explode", "allowReserved")):
            sent = style_of(sent, encoding, part, self._components, self._warn)
            reserved = encoding.get("allowReserved") is True
            return sent.model_copy(update={"allow_reserved": True}) if reserved else sent
        kinds = encoding.get("contentType")
        if isinstance(kinds, str) and kinds.strip() and not kinds.strip().lower().startswith("text/plain"):
            return sent.model_copy(update={"content_type": kinds.partition(",")[0].strip()})
        return sent

    def of_whole(self, part: JsonObject) -> tuple[RestParameter, ...]:
        """How the fields of a form that is one argument are written, where the encoding says it."""
        known = self._components.field_names([part])
        fields = [RestParameter(place=Place.BODY, wire_name=str(name)) for name in self._fields]
        written = [self.applied(field, {}) for field in fields if field.wire_name in known or not known]
        return tuple(field for field in written if field != RestParameter(place=Place.BODY, wire_name=field.wire_name))

    def _of(self, name: str) -> JsonObject:
        encoding = self._fields.get(name)
        return encoding if isinstance(encoding, dict) else {}

    def _headers(self, name: str) -> tuple[dict[str, str], list[str]]:
        """The headers of a field's part that always have one value, and those that are needed and have none."""
        declared = self._of(name).get("headers") if self._parts else None
        fixed: dict[str, str] = {}
        unknown: list[str] = []
        for key, raw in declared.items() if isinstance(declared, dict) else ():
            if str(key).lower() in _OWN_HEADERS:
                continue
            text, required = self._header(str(key), raw)
            if text is not None:
                fixed[str(key)] = text
            elif required:
                unknown.append(str(key))
            else:
                self._warn(f"the optional header {str(key)[:60]!r} of the part {name!r} has no fixed value: not sent")
        return fixed, unknown

    def _header(self, key: str, raw: JsonValue) -> tuple[str | None, bool]:
        try:
            header, _ = self._components.references.follow(raw)
        except ReferenceProblem:
            return None, True
        header = header if isinstance(header, dict) else {}
        schema = header.get("schema")
        shape = self._components.shape(self._components.read(schema)) if schema is not None else {}
        values = [shape[at] for at in ("const", "default") if at in shape]
        values += shape["enum"] if not values and len(shape.get("enum", ())) == 1 else []
        if not values or values[0] is None:
            return None, header.get("required") is True
        sent = RestParameter(place=Place.HEADER, wire_name=key, style="simple", explode=header.get("explode") is True)
        text = header_text(sent, values[0])
        fits = _TOKEN.fullmatch(key) and text.isascii() and text.isprintable() and text == text.strip()
        return (text, False) if fits else (None, True)


def is_other_text(media: str) -> bool:
    """Whether a media type is text that is neither JSON, a form nor plain."""
    kind = media.partition(";")[0].strip().lower()
    return re.fullmatch(_OTHER_TEXT, kind) is not None and kind not in {"text/plain", "text/json"}


def is_text(shape: JsonObject) -> bool:
    """Whether a schema is of a text, or says nothing."""
    return "$file" not in shape and shape.get("type", "string") == "string" and not shape.keys() & _STRUCTURED


def fits_text(media: str, shape: JsonObject) -> bool:
    """Whether a value of this schema has a form in a media type; only text that is neither JSON nor a form has none."""
    if is_other_text(media):
        return is_text(shape)
    if not media.strip().lower().startswith("text/plain"):
        return True
    return shape.get("type") not in ("object", "array") and not shape.keys() & _FIELDS
