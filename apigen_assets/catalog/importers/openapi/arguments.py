"""What a tool takes: arguments with their schemas, made from parameters and bodies."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from apigen_assets.catalog.importers.openapi.field_names import NestedTable
from apigen_assets.catalog.importers.openapi.linking import WHOLE, Cut, Linked, Linker
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem
from apigen_assets.catalog.names import distinct, field_name
from apigen_assets.domain.api import NestedNames, Place, RestParameter
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.json_schema import DEFINITIONS, MAX_BYTES, MAX_DEPTH, is_valid, object_schema

_CUTS = (Cut(4), Cut(2), Cut(1), Cut(0), Cut(0, wordless=True))
_ROOM = MAX_BYTES - 4_000
_DEPTH = MAX_DEPTH - 3


class OversizedError(ValueError):
    """A schema that grows beyond what can be offered."""


class FileUploadError(ValueError):
    """A schema that wants a file."""


def not_given(what: str, linked: Linked) -> FileUploadError | ReferenceProblem:
    """Why a value without a schema cannot be an argument."""
    if linked.unknown:
        return ReferenceProblem(f"{what} cannot be given: {linked.unknown}")
    return FileUploadError(f"{what} is a file, which a JSON argument cannot be")


@dataclass(frozen=True)
class Argument:
    """One parameter, body field or whole body, before it has the name that a model sees."""

    sent: RestParameter
    part: JsonObject
    """Its schema as `Components.read` gives it."""
    required: bool
    whole: bool = False
    """It is the entire body."""
    json_body: bool = False
    """A null in it is sent as such, where its schema takes null."""


@dataclass
class Offer:
    """The arguments of one operation as a tool offers them."""

    parameters: JsonObject
    sent: dict[str, RestParameter]
    nested: tuple[NestedNames, ...]
    whole_body: str | None
    warnings: list[str] = field(default_factory=list)


def offer(arguments: list[Argument], linker: Linker, warn: Callable[[str], None]) -> Offer:
    """The tool's parameters and where each goes. Optional arguments that are files are left out.

    Raises:
        FileUploadError: a required one is a file.
        ReferenceProblem: a required one has a schema that leads nowhere.
        OversizedError: too large even when cut to what is needed.
    """
    cut = WHOLE
    linked, definitions, size = _linked(arguments, linker, cut)
    depth = max((schema.depth for schema in linked), default=0) + 2
    if size > _ROOM or depth > _DEPTH or _deep(definitions):
        for cut in _CUTS:
            linked, definitions, size = _linked(arguments, linker, cut)
            depth = max((schema.depth for schema in linked), default=0) + 2
            if size <= _ROOM and depth <= _DEPTH:
                break
        warn(f"too large to be offered whole: optional objects below level {cut.levels} are left out")
    if size > _ROOM or depth > _DEPTH:
        arguments, linked = _without_largest(arguments, linked, size, warn)
    for argument, target in zip(arguments, linked, strict=True):
        if target.unknown:
            warn(f"the optional parameter {argument.sent.wire_name!r} is left out: {target.unknown}")
    kept = [(argument, target) for argument, target in zip(arguments, linked, strict=True) if target.schema is not None]
    wires = [argument.sent.wire_name or "value" for argument, _ in kept]
    names = _names(wires)
    table = NestedTable()
    properties: JsonObject = {}
    sent: dict[str, RestParameter] = {}
    for name, (argument, target) in zip(names, kept, strict=True):
        assert target.schema is not None
        properties[name] = target.schema
        keeps_null = argument.json_body and _takes_null(target.schema, definitions)
        sent[name] = argument.sent.model_copy(update={"names": table.add(target.names), "keeps_null": keeps_null})
    parameters = object_schema(
        properties, [name for name, (argument, _) in zip(names, kept, strict=True) if argument.required]
    )
    if definitions:
        parameters[DEFINITIONS] = definitions
    whole = next((name for name, (argument, _) in zip(names, kept, strict=True) if argument.whole), None)
    return Offer(parameters, sent, table.rows(), whole)


def _without_largest(
    arguments: list[Argument], linked: list[Linked], size: int, warn: Callable[[str], None]
) -> tuple[list[Argument], list[Linked]]:
    """The arguments that have room: of the optional ones the deepest and then the largest are left out.

    Raises:
        OversizedError: what is required is too large.
    """
    kept = set(range(len(arguments)))
    optional = [at for at in kept if not (arguments[at].required or arguments[at].whole)]
    optional.sort(key=lambda at: (linked[at].depth > _DEPTH - 2, linked[at].size))
    while size > _ROOM or any(linked[at].depth > _DEPTH - 2 for at in kept):
        if not optional or len(kept) == 1:
            deepest = max(linked[at].depth for at in kept)
            extent = f"about {size:,} of {_ROOM:,} bytes" if size > _ROOM else f"{deepest} of {_DEPTH - 2} levels"
            raise OversizedError(f"{extent} even without what is optional: offer a smaller body in the specification")
        size -= linked[optional[-1]].size
        kept.discard(optional.pop())
    names = ", ".join(repr(argument.sent.wire_name) for at, argument in enumerate(arguments) if at not in kept)
    warn(f"too large to be offered whole, left out of what is optional: {names}")
    return [arguments[at] for at in sorted(kept)], [linked[at] for at in sorted(kept)]


def _linked(arguments: list[Argument], linker: Linker, cut: Cut) -> tuple[list[Linked], JsonObject, int]:
    linked = [linker.link(argument.part, cut) for argument in arguments]
    for argument, target in zip(arguments, linked, strict=True):
        if target.schema is None and argument.required:
            raise not_given("the body" if argument.whole else argument.sent.wire_name, target)
    recursive = frozenset().union(*(schema.recursive for schema in linked))
    definitions, size = linker.definitions(recursive) if recursive else ({}, 0)
    names = sum(len(argument.sent.wire_name) + 12 for argument in arguments)
    return linked, definitions, size + names + sum(schema.size for schema in linked)


def _deep(definitions: JsonObject) -> bool:
    """Whether a schema in `$defs` nests more levels than may be."""
    if not definitions:
        return False
    try:
        text = json.dumps(definitions)
    except RecursionError:
        return True
    level = deepest = 0
    for mark in text:
        if mark in "{[":
            level += 1
            deepest = max(deepest, level)
        elif mark in "}]":
            level -= 1
    return deepest + 1 > MAX_DEPTH


def _names(wires: list[str]) -> list[str]:
    """Names for the arguments; one whose wire name is a good name keeps it before another gets it."""
    order = sorted(range(len(wires)), key=lambda at: field_name(wires[at]) != wires[at])
    names = distinct([field_name(wires[at]) for at in order])
    by_place = dict(zip(order, names, strict=True))
    return [by_place[at] for at in range(len(wires))]


def _takes_null(schema: JsonObject, definitions: JsonObject) -> bool:
    return is_valid(None, {**schema, DEFINITIONS: definitions} if definitions else schema)


def body_parameter(wire: str, **sent: object) -> RestParameter:
    """Where a field of a body goes."""
    return RestParameter.model_validate({"place": Place.BODY, "wire_name": wire, **sent})
