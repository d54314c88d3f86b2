"""The operations of one OpenAPI or Swagger document as drafts of APIs."""

import logging
from collections.abc import Callable, Iterator, Set
from itertools import groupby
from operator import itemgetter

from apigen_assets.catalog.descriptions import clean_description, words
from apigen_assets.catalog.importers.imported import INTERNAL_ERROR, Collector, Draft
from apigen_assets.catalog.importers.openapi.arguments import (
    Argument,
    FileUploadError,
    OversizedError,
    not_given,
    offer,
)
from apigen_assets.catalog.importers.openapi.bodies import (
    Body,
    BodyError,
    body_arguments,
    form_media,
    offered_choices,
    offered_dependents,
    request_body,
    swagger_arguments,
    with_choices_said,
)
from apigen_assets.catalog.importers.openapi.components import Components
from apigen_assets.catalog.importers.openapi.linking import Linker
from apigen_assets.catalog.importers.openapi.operation_names import operation_names
from apigen_assets.catalog.importers.openapi.operation_secrets import OperationSecrets
from apigen_assets.catalog.importers.openapi.parameters import (
    ParameterError,
    argument_of,
    raw_parameters,
    without_holes,
    without_querystring,
)
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.importers.openapi.results import Results
from apigen_assets.catalog.importers.openapi.security import Security, ways_of
from apigen_assets.catalog.importers.openapi.servers import NoServerError, Servers
from apigen_assets.domain.api import Credential, Place, RestBinding
from apigen_assets.files.excerpt import counted
from apigen_assets.files.json_types import JsonObject, JsonValue

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_PLACES = {"path", "query", "header", "cookie"}
_IGNORED_HEADERS = {"accept", "content-type"}
_MAX_WARNINGS = 200
"""Warnings that are kept of a source; of further ones the number."""

_REASONS: dict[type[Exception], str] = {
    ReferenceProblem: "unresolved_reference",
    FileUploadError: "file_upload",
    OversizedError: "schema_too_large",
    BodyError: "unsupported_body",
    NoServerError: "no_server",
}

_log = logging.getLogger(__name__)
Warn = Callable[[str], None]


class Operations:
    """One document whose operations go to a collector.

    Args:
        collector: takes drafts and failures.
        file: path of the document within the source.
        spec: its value.
        references: of the document.
        namespace: what the names of its APIs start with.
        digest: hash of the document.
        base_url: server to call instead of those of the document.
        origin: URL that the document came from.
    """

    def __init__(
        self,
        collector: Collector,
        file: str,
        spec: JsonObject,
        references: References,
        namespace: tuple[str, ...],
        digest: str,
        base_url: str | None,
        origin: str | None,
    ) -> None:
        self._collector = collector
        self._file = file
        self._spec = spec
        self._references = references
        self._namespace = namespace
        self._digest = digest
        self._swagger = "swagger" in spec
        self._servers = Servers(spec, collector.name, base_url, origin)
        self._security = Security(spec, references, collector.name)
        self._now = ""
        self._unsaid = 0
        self._components = Components(references, self._warn)
        self._secrets = OperationSecrets(self._components, self._security, self._warn)
        self._linker = Linker(self._components)
        self._results = Results(references, self._swagger)
        info = _dict(spec.get("info"))
        self._license = _string(_dict(info.get("license")).get("name")) or None
        self._title = _string(info.get("title"))

    def read(self, elsewhere: Set[str] = frozenset()) -> None:
        """Adds every operation to the collector, without those of paths that another document of the source has."""
        paths = self._spec.get("paths")
        if not isinstance(paths, dict) or not paths:
            self._collector.fail(self._title, self._file, "no_operations", "the document has no paths")
            return
        places = self._places({path: paths[path] for path in paths if path not in elsewhere} if elsewhere else paths)
        # a path is read anew, since those of a large document are not held
        for path, named in groupby(places, itemgetter(0)):
            item, _ = self._references.follow(paths[path])
            for _, method, name in named:
                operation, _ = self._references.follow(item[method])
                self._one(str(path), method, operation, item, name)
        if self._unsaid:
            self._collector.warnings.append(f"{self._file}: {counted(self._unsaid, 'further warning')}")

    def _places(self, paths: JsonObject) -> list[tuple[str, str, str]]:
        """Path, method and name of every operation; what is none goes to the collector."""
        places = []
        described = []
        for path, item in paths.items():
            for method, operation in () if str(path).startswith("x-") else self._of_path(str(path), item):
                summary = clean_description(_string(operation.get("summary")))
                described.append((_string(operation.get("operationId")), method, str(path), summary))
                places.append((path, method))
        return [(*place, name) for place, name in zip(places, operation_names(described), strict=True)]

    def _of_path(self, path: str, item: object) -> Iterator[tuple[str, JsonObject]]:
        try:
            item, _ = self._references.follow(item)
        except ReferenceProblem as problem:
            self._collector.fail(path, self._file, "unresolved_reference", str(problem))
            return
        if not isinstance(item, dict):
            self._collector.fail(path, self._file, "malformed_path", f"a JSON {type(item).__name__}, not an object")
            return
        additional = _dict(item.get("additionalOperations"))
        methods = [method for method in METHODS if method in item]
        if not methods and not additional:
            self._collector.fail(path, self._file, "no_operations", "the path has no operation")
        for method in additional:
            self._fail(str(method), path, "unsupported_method", f"{method} is not called")
        for method in methods:
            try:
                operation, _ = self._references.follow(item[method])
            except ReferenceProblem as problem:
                self._fail(method, path, "unresolved_reference", str(problem))
                continue
            if not isinstance(operation, dict):
                what = type(operation).__name__
                self._fail(method, path, "malformed_operation", f"a JSON {what}, not an object")
            elif method == "trace":
                self._fail(method, path, "unsupported_method", f"{method.upper()} is not called")
            else:
                yield method, operation

    def _one(self, path: str, method: str, operation: JsonObject, shared: JsonObject, name: str) -> None:
        self._now = f"{method.upper()} {path}"
        try:
            draft = self._draft(path, method, operation, shared, name)
        except ParameterError as error:
            self._fail(method, path, error.reason, str(error))
        except tuple(_REASONS) as error:
            self._fail(method, path, _REASONS[type(error)], str(error))
        except RecursionError:
            self._fail(method, path, "too_deep", "its schemas are nested too deeply to be read")
        except Exception as error:  # a fault of this importer, which is named as one and takes nothing else down
            _log.exception("reading %s of %s failed", self._now, self._file)
            self._fail(method, path, INTERNAL_ERROR, f"{type(error).__name__}: {error}")
        else:
            self._collector.add(draft)

    def _fail(self, method: str, path: str, reason: str, detail: str) -> None:
        self._collector.fail(f"{method.upper()} {path}", self._file, reason, detail)

    def _draft(self, path: str, method: str, operation: JsonObject, shared: JsonObject, name: str) -> Draft:
        url, server_secrets = self._servers.url(path, operation, shared)
        raw = raw_parameters(self._references, shared.get("parameters"), operation.get("parameters"))
        raw = without_querystring(raw, self._references)
        credentials = self._security.credentials(operation, self._warn)
        declared = list(credentials)
        arguments = self._parameters(path, raw, declared, credentials)
        credentials += [secret.model_copy(update={"alternatives": ways_of(declared)}) for secret in server_secrets]
        arguments = [
            argument for argument in without_holes(url, arguments, self._warn) if not _is_hole_of(argument, credentials)
        ]
        body = self._body(operation, raw)
        arguments += self._secrets.taken_out(body.arguments, path, declared, credentials)
        tool = offer(arguments, self._linker, self._warn)
        choices = offered_choices(body, tool.sent)
        tags = operation.get("tags")
        named = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        return Draft(
            namespace=self._namespace,
            own_name=name,
            original_name=self._now,
            description=with_choices_said(describe(operation, method, path), choices),
            parameters=tool.parameters | offered_dependents(body, tool.sent),
            returns=self._results.of(operation, self._warn),
            binding=RestBinding.model_validate(
                {
                    "method": method.upper(),
                    "url": url,
                    "parameters": tool.sent,
                    "constants": self._accepted(raw),
                    "body_type": body.media_type,
                    "choices": choices,
                    "whole_body": tool.whole_body,
                    "credentials": credentials,
                    "nested": tool.nested,
                }
            ),
            file=self._file,
            content_hash=self._digest,
            original_category=named[0] if named else None,
            license=self._license,
        )

    def _parameters(
        self, path: str, raw: list[JsonObject], declared: list[Credential], credentials: list[Credential]
    ) -> list[Argument]:
        """The parameters outside the body; those that are secrets go to the credentials."""
        arguments = []
        for parameter in raw:
            place_name = parameter.get("in")
            if place_name not in _PLACES:
                self._unknown_place(parameter)
                continue
            place, wire = Place(place_name), str(parameter["name"])
            if place is Place.HEADER and wire.lower() in _IGNORED_HEADERS:
                continue
            if any(secret.place is place and secret.wire_name.lower() == wire.lower() for secret in credentials):
                continue
            secret = self._security.of_scheme(place, wire, declared)
            argument = None if secret else argument_of(parameter, self._components, self._swagger, self._warn)
            if argument is not None:
                secret = self._secrets.parameter(path, argument, declared)
            if secret is not None:
                credentials.append(secret)
            elif argument is not None:
                arguments.append(self._secrets.without_nested(argument))
        return arguments

    def _accepted(self, raw: list[JsonObject]) -> dict[str, dict[str, str]]:
        """The header `Accept` where it is declared with one value, by which some servers choose their version."""
        for parameter in raw:
            if parameter.get("in") == "header" and str(parameter.get("name")).lower() == "accept":
                try:
                    schema = _dict(parameter if self._swagger else self._references.follow(parameter.get("schema"))[0])
                except ReferenceProblem:
                    break
                values = [schema.get("const"), schema.get("default"), *_only(schema.get("enum"))]
                media = next((value for value in values if isinstance(value, str)), "")
                if "json" in media.lower() and media.isprintable() and media.isascii():
                    return {"header": {"Accept": media}}
        return {}

    def _unknown_place(self, parameter: JsonObject) -> None:
        place = str(parameter.get("in"))
        if self._swagger and place in {"body", "formData"}:
            return
        message = f"the parameter {str(parameter['name'])[:60]!r} has the unknown place {place[:40]!r}"
        if parameter.get("required") is True:
            raise ParameterError("unsupported_parameter", message)
        self._warn(f"{message} and is left out")

    def _body(self, operation: JsonObject, raw: list[JsonObject]) -> Body:
        if not self._swagger:
            body = request_body(operation, self._references)
            return body_arguments(body, self._components, self._linker, self._warn)
        listed = operation.get("consumes") or self._spec.get("consumes")
        consumes = [str(media) for media in listed] if isinstance(listed, list) else []
        form = [parameter for parameter in raw if parameter.get("in") == "formData"]
        if not form:
            return swagger_arguments(raw, consumes, self._components, self._linker, self._warn)
        arguments = []
        for parameter in form:
            argument = argument_of(parameter, self._components, True, self._warn, Place.BODY)
            if argument is None:
                continue
            linked = self._linker.link(argument.part)
            if linked.schema is None:
                if argument.required:
                    raise not_given(str(parameter["name"]), linked)
                continue
            arguments.append(argument)
        return Body(arguments, form_media(consumes))

    def _warn(self, message: str) -> None:
        text = f"{self._file}: {self._now}: {message}"
        if text in self._collector.warnings:
            return
        if len(self._collector.warnings) < _MAX_WARNINGS:
            self._collector.warnings.append(text)
        else:
            self._unsaid += 1


def describe(operation: JsonObject, method: str, path: str) -> str:
    """Summary and description, each once; where there is neither, the method and the path's words."""
    summary = clean_description(_string(operation.get("summary")))
    text = clean_description(_string(operation.get("description")))
    if summary and text and not text.lower().startswith(summary.lower().rstrip(".")):
        return f"{summary.rstrip('.')}. {text}" if words(summary) != words(text) else text
    return text or summary or f"{method.upper()} {path}"


def _is_hole_of(argument: Argument, credentials: list[Credential]) -> bool:
    """Whether a hole of the path is filled by a credential."""
    sent = argument.sent
    return sent.place is Place.PATH and any(
        secret.place is Place.PATH and secret.wire_name == sent.wire_name for secret in credentials
    )


def _dict(value: object) -> dict[JsonValue, JsonValue]:
    return value if isinstance(value, dict) else {}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _only(values: JsonValue) -> list[JsonValue]:
    """The value of a list of one; empty for others."""
    return values if isinstance(values, list) and len(values) == 1 else []
