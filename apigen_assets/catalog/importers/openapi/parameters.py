"""Parameters of operations: their schemas, and the style in which each is written."""

import re
from collections.abc import Callable

from apigen_assets.catalog.descriptions import clean_description
from apigen_assets.catalog.importers.openapi.arguments import Argument
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.merging import NULL
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.domain.api import Place, RestParameter
from apigen_assets.files.json_types import JsonObject, JsonValue

_STYLES: dict[Place, tuple[str, ...]] = {
    Place.PATH: ("simple", "label", "matrix"),
    Place.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    Place.HEADER: ("simple",),
    Place.COOKIE: ("form",),
    Place.BODY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}
"""Styles by place, the default first (OpenAPI Specification 3.1.1, "Style Values")."""
_FORMATS = {"csv": None, "ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited", "multi": None}
_OUTSIDE_SCHEMA = {
    "name", "in", "required", "description", "example", "examples", "allowEmptyValue", "style", "explode",
    "allowReserved", "collectionFormat", "content", "schema", "deprecated", "x-example",
}  # fmt: skip
_FORM = "application/x-www-form-urlencoded"
_HOLE = re.compile(r"\{([^{}/]+)\}")

Warn = Callable[[str], None]


class ParameterError(ValueError):
    """A parameter without which the operation cannot be called."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def raw_parameters(references: References, *groups: JsonValue) -> list[JsonObject]:
    """Path-level parameters and the operation's own, which win over those of the same name and place.

    Raises:
        ParameterError: one has no name.
        ReferenceProblem: one leads nowhere.
    """
    out: dict[tuple[str, str], JsonObject] = {}
    for group in groups:
        for raw in group if isinstance(group, list) else ():
            parameter, _ = references.follow(raw)
            if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str | int):
                raise ParameterError("malformed_parameter", f"a parameter without a name: {str(raw)[:100]}")
            out[str(parameter["name"]), str(parameter.get("in"))] = parameter
    return list(out.values())


def argument_of(
    parameter: JsonObject, components: Components, swagger: bool, warn: Warn, place: Place | None = None
) -> Argument | None:
    """A parameter as an argument; null where it is optional and has no form here.

    Args:
        parameter: the object of the document.
        components: read schemas with it.
        swagger: the document is Swagger 2.0.
        warn: told what is not as it should be.
        place: where it travels, where the document says it in other words (`formData`).

    Raises:
        ParameterError: it is required and cannot be written.
    """
    place = place or Place(parameter["in"])
    wire = str(parameter["name"])
    schema, media = _schema_of(parameter, components.references)
    unwritable = None
    if media is not None and not _is_writable(media):
        unwritable = media[:60]
    elif swagger and _is_list_of_lists(parameter):
        unwritable = "a list of lists, each with a collection format of its own"
    if unwritable is not None:
        if parameter.get("required") is True or place is Place.PATH:
            raise ParameterError("unsupported_parameter", f"{wire} is {unwritable}, which is not written here")
        warn(f"the optional parameter {wire!r} is left out: {unwritable} is not written here")
        return None
    part = components.read(schema)
    if "$file" not in part:
        part = described(part, parameter, components.references)
    sent = RestParameter(place=place, wire_name=wire)
    if media is not None:
        sent = sent.model_copy(update={"content_type": media})
    elif swagger:
        sent = _swagger_style(sent, parameter, warn)
    else:
        sent = style_of(sent, parameter, part, components, warn)
    if parameter.get("allowReserved") is True and place in (Place.QUERY, Place.PATH):
        sent = sent.model_copy(update={"allow_reserved": True})
    required = place is Place.PATH or parameter.get("required") is True
    if required and media is None and place is not Place.BODY:
        part = _without_null(part, components)
    return Argument(sent, part, required)


def described(part: JsonObject, parameter: JsonObject, references: References) -> JsonObject:
    """The schema with what the parameter itself says: its description and examples."""
    more: JsonObject = {}
    text = parameter.get("description")
    if isinstance(text, str) and clean_description(text):
        more["description"] = text
    examples = [parameter[key] for key in ("example", "x-example") if key in parameter]
    named = parameter.get("examples")
    for raw in list(named.values())[:3] if isinstance(named, dict) else []:
        try:
            value, _ = references.follow(raw)
        except ReferenceProblem:
            continue
        if isinstance(value, dict) and ("value" in value or "dataValue" in value):
            examples.append(value.get("value", value.get("dataValue")))
    if examples and "examples" not in part:
        more["examples"] = examples[:3]
    return {**part, **more} if more else part


def style_of(
    sent: RestParameter, declared: JsonObject, part: JsonObject, components: Components, warn: Warn
) -> RestParameter:
    """The parameter with the style that OpenAPI 3 declares; plain values need none but `label` and `matrix`."""
    styles = _STYLES[sent.place]
    style = declared.get("style", styles[0])
    if style not in styles:
        warn(f"{sent.wire_name!r}: the style {str(style)[:40]!r} is not one for its place; {styles[0]} is used")
        style = styles[0]
    explode = declared.get("explode")
    if not isinstance(explode, bool):
        explode = style in ("form", "deepObject")
    if style not in ("label", "matrix") and not _may_be_structured(part, components):
        return sent
    return sent.model_copy(update={"style": style, "explode": explode})


def without_holes(url: str, arguments: list[Argument], warn: Warn) -> list[Argument]:
    """The arguments with those of the path fitted to the URL's holes.

    A hole that nobody declared is a required string, since the URL is not an address without it; a parameter of the
    path that has no hole is never sent, so it is not offered.
    """
    holes = [hole.removeprefix("+") for hole in dict.fromkeys(_HOLE.findall(url))]
    free = [
        hole for hole in holes if all(one.sent.wire_name != hole for one in arguments if one.sent.place is Place.PATH)
    ]
    out = []
    for argument in arguments:
        wire = argument.sent.wire_name
        if argument.sent.place is Place.PATH and wire not in holes:
            twin = next((hole for hole in free if _letters(hole) == _letters(wire)), None)
            if twin is None:
                warn(f"the path parameter {wire!r} has no place in the path and is left out")
                continue
            free.remove(twin)
            argument = Argument(argument.sent.model_copy(update={"wire_name": twin}), argument.part, True)
        out.append(argument)
    return out + [Argument(RestParameter(place=Place.PATH, wire_name=hole), {"type": "string"}, True) for hole in free]


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def without_querystring(raw: list[JsonObject], references: References) -> list[JsonObject]:
    """The parameters with one that is the whole query (`in: querystring`, OpenAPI 3.2) as parameters for its fields.

    A form is that, each field written as its encoding says; what is written in another way stays as it is, and is no
    argument.

    Raises:
        ReferenceProblem: the form's schema leads nowhere.
    """
    out = []
    for parameter in raw:
        content = parameter.get("content")
        fields = None
        if parameter.get("in") == "querystring" and isinstance(content, dict) and len(content) == 1:
            media = str(next(iter(content)))
            described_by = references.media(content, media)
            schema, _ = references.follow(described_by.get("schema"))
            if media.partition(";")[0].strip().lower() == _FORM:
                fields = schema.get("properties") if isinstance(schema, dict) else None
        if not isinstance(fields, dict):
            out.append(parameter)
            continue
        listed = schema.get("required") if isinstance(schema, dict) else None
        needed = listed if isinstance(listed, list) and parameter.get("required") is True else []
        encodings = described_by.get("encoding")
        for name, part in fields.items():
            encoding = encodings.get(name) if isinstance(encodings, dict) else None
            written = _written_in_query(part, encoding if isinstance(encoding, dict) else {}, references)
            out.append({"name": name, "in": "query", "required": name in needed, **written})
    return out


def _written_in_query(part: JsonValue, encoding: JsonObject, references: References) -> JsonObject:
    """How a field of a form says as a parameter what its encoding says: an object without a style is JSON text."""
    style: JsonObject = {key: encoding[key] for key in ("style", "explode", "allowReserved") if key in encoding}
    try:
        shape, _ = references.follow(part)
    except ReferenceProblem:
        shape = None
    is_object = isinstance(shape, dict) and (shape.get("type") == "object" or "properties" in shape)
    media = encoding.get("contentType", "application/json" if is_object else None)
    if style or not isinstance(media, str):
        return {"schema": part, **style}
    return {"content": {media.partition(",")[0].strip(): {"schema": part}}}


def _schema_of(parameter: JsonObject, references: References) -> tuple[JsonValue, str | None]:
    """The schema, and the media type where the parameter is described by `content`."""
    if parameter.get("schema") is not None:
        return parameter["schema"], None
    content = parameter.get("content")
    if isinstance(content, dict) and content:
        media = next((str(one) for one in content if "json" in str(one)), str(next(iter(content))))
        return references.media(content, media).get("schema", {}), media
    # Swagger 2.0 writes the type into the parameter itself
    return {key: value for key, value in parameter.items() if key not in _OUTSIDE_SCHEMA}, None


def _is_writable(media: str) -> bool:
    base = media.partition(";")[0].strip().lower()
    return base in {"application/json", "text/json", "text/plain", "*/*"} or base.endswith("+json")


def _is_list_of_lists(parameter: JsonObject) -> bool:
    items = parameter.get("items")
    return parameter.get("type") == "array" and isinstance(items, dict) and items.get("type") == "array"


def _swagger_style(sent: RestParameter, parameter: JsonObject, warn: Warn) -> RestParameter:
    if parameter.get("type") != "array":
        return sent
    name = parameter.get("collectionFormat", "csv")
    if name not in _FORMATS:
        warn(f"{sent.wire_name!r}: {str(name)[:40]!r} is not a collection format; csv is used")
        name = "csv"
    default = "form" if sent.place in (Place.QUERY, Place.COOKIE, Place.BODY) else "simple"
    return sent.model_copy(update={"style": _FORMATS[name] or default, "explode": name == "multi"})


def _without_null(part: JsonObject, components: Components) -> JsonObject:
    """The schema without null, which has no form outside a body, where something has to be sent."""
    shape = components.shape(part)
    kinds, branches, values = shape.get("type"), shape.get("anyOf"), shape.get("enum")
    changed: JsonObject = {}
    if isinstance(kinds, list) and "null" in kinds and len(kinds) > 1:
        rest = [kind for kind in kinds if kind != "null"]
        changed["type"] = rest[0] if len(rest) == 1 else rest
    if isinstance(branches, list):
        rest = [_without_null(branch, components) for branch in branches if branch.get("type") != "null"]
        changed |= {"anyOf": rest} if rest and rest != branches else {}
    if isinstance(values, list) and None in values and values != [None]:
        changed["enum"] = [value for value in values if value is not None]
    if not changed and NULL not in shape:
        return part
    out = {key: value for key, value in {**shape, **changed}.items() if key != NULL}
    if out.get("default", "") is None:
        del out["default"]
    only = out.get("anyOf")
    if isinstance(only, list) and len(only) == 1 and not {"type", "properties"} & out.keys():
        out = {**only[0], **{key: value for key, value in out.items() if key != "anyOf"}}
    return out


def _may_be_structured(part: JsonObject, components: Components, level: int = 0) -> bool:
    """Whether a value of the schema may be a list or an object."""
    if level > 6:
        return True
    shape = components.shape(part)
    kinds = shape.get("type")
    if kinds is not None:
        listed = [kinds] if isinstance(kinds, str) else kinds
        return any(kind in ("array", "object") for kind in listed)
    branches = [*shape.get("anyOf", ()), *shape.get("allOf", ())]
    if branches:
        return any(_may_be_structured(branch, components, level + 1) for branch in branches)
    return "enum" not in shape and "const" not in shape
