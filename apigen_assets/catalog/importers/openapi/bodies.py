"""Request bodies: which media type is sent, and the body's fields as arguments."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from apigen_assets.catalog.importers.openapi.arguments import Argument, FileUploadError, body_parameter, not_given
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.encodings import Encodings, fits_text, is_other_text
from apigen_assets.catalog.importers.openapi.linking import Linker
from apigen_assets.catalog.importers.openapi.merging import CHOICES, FILE
from apigen_assets.catalog.importers.openapi.parameters import described
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.domain.api import Place, RestParameter
from apigen_assets.files.json_types import JsonObject, JsonValue

_ORDER = (
    r"application/json",
    r"text/json",
    r"application/merge-patch\+json",
    r"application/(?!json-patch).*\+json",
    r"\*/\*|application/\*",
    r"application/x-www-form-urlencoded",
    r"multipart/form-data|multipart/\*",
    r"text/plain|text/\*",
    r"application/json-patch\+json",
)
"""Media types in the order in which they are preferred; text of other kinds comes last."""
_SENT_AS = {
    "*/*": "application/json",
    "application/*": "application/json",
    "application/*+json": "application/json",
    "multipart/*": "multipart/form-data",
    "text/*": "text/plain",
}

Warn = Callable[[str], None]


class Body(NamedTuple):
    """What a request body is made of."""

    arguments: list[Argument]
    media_type: str | None = None
    """As it is sent; null where there is no body."""
    choices: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Of each, one group of fields at least has to be given whole, by wire names."""
    dependent: Mapping[str, list[str]] = MappingProxyType({})
    """Fields that others need beside them, by wire names."""


class BodyError(ValueError):
    """A body that cannot be sent."""


def preferred(types: list[str]) -> list[str]:
    """The media types that can be sent, the best first; of the rest nothing."""
    bare = {str(media): str(media).partition(";")[0].strip().lower() for media in types}
    known = {media: kind for media, kind in bare.items() if any(re.fullmatch(wanted, kind) for wanted in _ORDER)}
    others = [media for media, kind in bare.items() if media not in known and is_other_text(kind)]
    return [media for wanted in _ORDER for media, kind in known.items() if re.fullmatch(wanted, kind)] + others


def sent_as(media: str) -> str:
    """What is written into the request for a media type of the document, which may have a wildcard."""
    return _SENT_AS.get(media.partition(";")[0].strip().lower(), media)


def body_arguments(body: JsonObject, components: Components, linker: Linker, warn: Warn) -> Body:
    """The arguments of an OpenAPI 3 request body and its media type; nothing where there is no body.

    Raises:
        BodyError: none of its media types is sent here.
        FileUploadError: every media type that is sent here wants a file.
        ReferenceProblem: likewise, or has a schema that leads nowhere.
    """
    content = body.get("content")
    if not isinstance(content, dict) or not content:
        return Body([])
    media_types = preferred(list(content))
    if not media_types:
        kinds = ", ".join(map(str, content))
        raise BodyError(f"the request body is {kinds[:100]}, which is not sent here")
    problem: FileUploadError | BodyError | ReferenceProblem | None = None
    for media in media_types:
        try:
            described_by = components.references.media(content, media)
            return fields_of(
                described_by.get("schema", {}), described_by, body, sent_as(media), components, linker, warn
            )
        except (FileUploadError, BodyError, ReferenceProblem) as error:
            problem = problem or error
    assert problem is not None
    raise problem


def swagger_arguments(
    parameters: list[JsonObject], consumes: list[str], components: Components, linker: Linker, warn: Warn
) -> Body:
    """The arguments of a Swagger 2.0 `body` parameter, and its media type.

    Raises:
        BodyError: none of the media types is sent here.
        FileUploadError: the body is a file.
    """
    body = next((parameter for parameter in parameters if parameter.get("in") == "body"), None)
    if body is None:
        return Body([])
    media = next(iter(preferred(consumes)), "application/json")
    if consumes and not preferred(consumes) and "schema" not in body:
        raise BodyError(f"the request body is {', '.join(consumes)[:100]}, which is not sent here")
    media = "application/json" if "form" in media and "schema" in body else sent_as(media)
    if not fits_text(media, components.shape(components.read(body.get("schema", {})))):
        media = "application/json"  # files of Swagger 2.0 often name one media type for all operations
    return fields_of(body.get("schema", {}), {}, body, media, components, linker, warn)


def fields_of(
    schema: JsonValue,
    media: JsonObject,
    body: JsonObject,
    media_type: str,
    components: Components,
    linker: Linker,
    warn: Warn,
) -> Body:
    """The fields of an object body as arguments of their own; any other body as one argument.

    Args:
        schema: of the body.
        media: the media type object with `encoding` and examples.
        body: the request body or body parameter, with its description.
        media_type: as it is sent.
        components: read schemas with it.
        linker: of the same components.
        warn: told what is left out.

    Raises:
        BodyError: the media type is text of a form of its own, and the schema is not of a text; or a required field
            needs a header that nobody gives.
        FileUploadError: a required field, or the whole body, is a file.
        ReferenceProblem: its schema leads nowhere.
    """
    is_form = "form" in media_type
    is_json = not is_form and not media_type.startswith("text/plain") and not is_other_text(media_type)
    part = components.read(schema)
    shape = components.shape(part)
    if not fits_text(media_type, shape):
        raise BodyError(f"the request body is {media_type[:60]} made of fields, which is not written here")
    if is_other_text(media_type):
        part = {"type": "string", **part} if "$ref" not in part else part
    properties = shape.get("properties")
    encodings = Encodings(media, media_type, components, warn)
    if (
        "anyOf" not in shape
        and not components.has_subtypes(part)
        and isinstance(properties, dict)
        and (properties or (shape.get("additionalProperties") is False and "patternProperties" not in shape))
    ):
        required = list(shape.get("required", ()))
        arguments: list[Argument] = []
        left_out = 0
        undeclared = (
            [name for name in required if name not in properties]
            if shape.get("additionalProperties") is not False
            else []
        )
        for name, field in [*properties.items(), *((name, {}) for name in undeclared)]:
            problem = encodings.problem(name)
            if problem is not None:
                if name in required:
                    raise BodyError(f"{name}: {problem}")
                warn(f"the optional field {name!r} is left out: {problem}")
                continue
            if encodings.is_file(name, field):
                field = FILE
            linked = linker.link(field)
            if linked.schema is None:
                if name in required:
                    raise not_given(name, linked)
                if linked.unknown:
                    warn(f"the optional field {name!r} is left out: {linked.unknown}")
                left_out += not linked.unknown
                continue
            sent = encodings.applied(body_parameter(name), field)
            arguments.append(Argument(sent, field, name in required, json_body=is_json))
        if left_out and not arguments and body.get("required") is True:
            raise FileUploadError("the body is needed and holds nothing but files, which JSON arguments cannot be")
        choices = tuple(tuple(map(tuple, choice)) for choice in shape.get(CHOICES, ()))
        return Body(arguments, media_type, choices, shape.get("dependentRequired", {}))
    if "properties" in shape and not properties and set(shape) <= {"type", "properties", "description", "required"}:
        part = {key: value for key, value in shape.items() if key != "properties"}
    linked = linker.link(part)
    if linked.schema is None:
        raise not_given("the body", linked)
    part = described(
        part, {key: value for key, value in media.items() if key in ("example", "examples")}, components.references
    )
    if "description" not in part and isinstance(body.get("description"), str):
        part = {**part, "description": body["description"]}
    sent = body_parameter("body", fields=encodings.of_whole(part))
    return Body([Argument(sent, part, body.get("required") is True, True, is_json)], media_type)


def offered_choices(body: Body, sent: dict[str, RestParameter]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """The choices of a body by the names that are offered.

    A field that comes from elsewhere (a secret) is no part of its group, and a group of such fields no choice; so it is
    where a field cannot be given.
    """
    offered = _offered_fields(sent)
    out = []
    for choice in body.choices:
        groups = [tuple(offered[wire] for wire in group if wire in offered) for group in choice]
        if all(groups) and groups not in out:
            out.append(groups)
    return tuple(map(tuple, out))


def offered_dependents(body: Body, sent: dict[str, RestParameter]) -> JsonObject:
    """The keyword `dependentRequired` of a tool's parameters, by the names that are offered; empty where none is."""
    offered = _offered_fields(sent)
    needs = {
        offered[wire]: [offered[name] for name in wanted if name in offered]
        for wire, wanted in body.dependent.items()
        if wire in offered
    }
    return {"dependentRequired": needs} if any(needs.values()) else {}


def _offered_fields(sent: dict[str, RestParameter]) -> dict[str, str]:
    return {where.wire_name: name for name, where in sent.items() if where.place is Place.BODY}


def with_choices_said(description: str, choices: tuple[tuple[tuple[str, ...], ...], ...]) -> str:
    """A tool's description with what no schema of a tool may say: model APIs take no `anyOf` at its top."""
    said = [f"Needs {' or '.join(' with '.join(group) for group in choice)}." for choice in choices]
    return " ".join([f"{description.rstrip('.')}.", *said]) if said else description


def form_media(consumes: list[str]) -> str:
    """The media type of a Swagger 2.0 form."""
    forms = [media for media in consumes if "form" in media]
    return next(
        (media for media in forms if "urlencoded" in media), (forms or ["application/x-www-form-urlencoded"])[0]
    )


def request_body(operation: JsonObject, references: References) -> JsonObject:
    """The request body object of an operation, empty where there is none.

    Raises:
        ReferenceProblem: it leads nowhere.
    """
    body, _ = references.follow(operation.get("requestBody"))
    return body if isinstance(body, dict) else {}
