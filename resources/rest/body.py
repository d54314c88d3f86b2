"""The body of a request: JSON, forms and text."""

import hashlib
import json
from urllib.parse import unquote_plus

from apigen_assets.domain.api import RestBinding, RestParameter
from apigen_assets.files.json_types import JsonValue
from resources.rest.wire_text import is_json, plain_text, query_pairs, whole

Field = tuple[RestParameter, JsonValue]


def body_of(
    binding: RestBinding, fields: list[Field], entire: Field | None, headers: dict[str, str], safe_method: bool
) -> bytes | None:
    """The body, or null where the call has none; the content type is added to the headers.

    Args:
        binding: says the media type.
        fields: the arguments that are fields of the body, with their values as the server names them.
        entire: the argument that is the body itself.
        headers: of the request; changed.
        safe_method: GET and the like, which send no empty body.
    """
    kind = binding.body_type
    if kind is None or (entire is None and not fields and safe_method):
        return None
    if binding.whole_body is not None and (entire is None or (entire[1] is None and not entire[0].keeps_null)):
        return None
    base = kind.partition(";")[0].strip().lower()
    if entire is None and not fields and not is_json(base) and "form" not in base:
        return None  # a text that is not there
    headers["Content-Type"] = kind
    content: JsonValue = (
        entire[1] if entire is not None else {parameter.wire_name: value for parameter, value in fields}
    )
    if is_json(base):
        return json.dumps(whole(content), ensure_ascii=False, separators=(",", ":")).encode()
    if isinstance(content, dict):
        if entire is not None:
            declared = {field.wire_name: field for field in entire[0].fields}
            fields = [
                (declared.get(name) or RestParameter(place=entire[0].place, wire_name=name), value)
                for name, value in content.items()
            ]
        sent = [(parameter, value) for parameter, value in fields if value is not None]
        if base == "application/x-www-form-urlencoded":
            return "&".join(pair for parameter, value in sent for pair in query_pairs(parameter, value, True)).encode()
        if base.startswith("multipart/"):
            return _multipart(sent, base, headers)
    return plain_text(content).encode()


def _multipart(fields: list[Field], base: str, headers: dict[str, str]) -> bytes:
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata

    parts = []
    for parameter, value in fields:
        for name, text, kind in _parts(parameter, value):
            part = RequestField(name=name, data=text.encode(), headers=dict(parameter.part_headers))
            part.make_multipart(content_type=kind)
            parts.append(part)
    # A boundary made from the content keeps equal calls equal on the wire.
    content_text = repr([(parameter.wire_name, value) for parameter, value in fields])
    boundary = hashlib.sha256(content_text.encode()).hexdigest()[:32]
    body, _ = encode_multipart_formdata(parts, boundary=boundary)
    headers["Content-Type"] = f"{base}; boundary={boundary}"
    return bytes(body)


def _parts(parameter: RestParameter, value: JsonValue) -> list[tuple[str, str, str | None]]:
    """Name, text and content type of each part that a field becomes."""
    name, kind = parameter.wire_name, parameter.content_type
    if parameter.style is not None and kind is None and isinstance(value, list | dict):
        # a style writes pairs; here each is a part of its own
        pairs = (pair.partition("=") for pair in query_pairs(parameter, value, True))
        return [(unquote_plus(key), unquote_plus(text), None) for key, _, text in pairs]
    values = value if isinstance(value, list) and not is_json(kind) else [value]
    out = []
    for item in values:
        is_structure = isinstance(item, list | dict)
        text = json.dumps(whole(item), separators=(",", ":")) if is_json(kind) else plain_text(item)
        out.append((name, text, kind or ("application/json" if is_structure else None)))
    return out
