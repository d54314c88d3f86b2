"""OpenAPI 3.0/3.1 and Swagger 2.0 documents: every operation becomes one API or one reject."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

from apigen_assets.catalog.descriptions import clean_description, words
from apigen_assets.catalog.importers.documents import Document, decode, documents, parse_json
from apigen_assets.catalog.importers.imported import Collector, Draft, ImportResult, SourceError
from apigen_assets.catalog.importers.openapi.references import ReferenceProblem, References
from apigen_assets.catalog.importers.openapi.schema_reader import FileUploadError, OversizedError, SchemaReader, coerced
from apigen_assets.catalog.importers.openapi.yaml_text import parse_yaml
from apigen_assets.catalog.names import distinct, identifier
from apigen_assets.domain.api import Credential, Place, RestBinding, RestParameter
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import is_valid, object_schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ENDINGS = (".json", ".yaml", ".yml")
MAX_YAML_BYTES = 24_000_000
"""YAML costs a hundred times the memory of its text; a larger document should be given as JSON."""

_IGNORED_HEADERS = {"accept", "content-type"}
_SECRET = re.compile(
    r"(x[-_]?)?(api[-_]?key|apikey|app[-_]?id|access[-_]?key|access[-_]?token|auth[-_]?token|client[-_]?secret|"
    r"authorization|subscription[-_]?key|ocp-apim-subscription-key)",
    re.IGNORECASE,
)
_MAX_WARNINGS = 200
MAX_RESULT_PARTS = 400
"""Sub-schemas of a result; a larger one is left undescribed, since it is only good to know."""


def import_openapi(path: Path, name: str, base_url: str | None = None) -> ImportResult:
    """Every operation of the documents in a file, a folder or an archive.

    Args:
        path: where the documents are; in a folder, one may refer to another.
        name: slug of the source.
        base_url: server to call, instead of those that the documents name.
    """
    return import_documents(list(documents(path, ENDINGS)), name, base_url)


def import_documents(
    found: list[Document], name: str, base_url: str | None = None, origin: str | None = None
) -> ImportResult:
    """Every operation of the given documents; `origin` is the URL that relative servers are relative to."""
    collector = Collector(name, "openapi")
    values: JsonObject = {}
    digests: dict[str, str] = {}
    for document in found:
        if document.reason is not None:
            collector.fail("", document.name, document.reason, document.detail)
            continue
        try:
            values[document.name] = read_document(document)
            digests[document.name] = hashlib.sha256(document.data).hexdigest()[:16]
        except SourceError as error:
            collector.fail("", document.name, error.reason, str(error))
    specs = {file: value for file, value in values.items() if is_openapi(value)}
    for file in values:
        if file not in specs and (len(values) == 1 or not specs):
            collector.fail("", file, "not_openapi", "neither `openapi: 3.x` nor `swagger: 2.0` at the top")
    for file, spec in specs.items():
        namespace = (name,) if len(specs) == 1 else (name, identifier(PurePosixPath(file).stem))
        _Spec(collector, file, spec, References(values, file), namespace, digests[file], base_url, origin).read()
    return collector.result()


def read_document(document: Document) -> JsonValue:
    """The value of a JSON or YAML document.

    Raises:
        SourceError: it is neither.
    """
    start = document.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"[") or document.name.lower().endswith(".json"):
        try:
            return parse_json(document)
        except SourceError as error:
            if error.reason != "not_json" or document.name.lower().endswith(".json"):
                raise
    if len(document.data) > MAX_YAML_BYTES:
        raise SourceError(
            "file_too_large", f"{len(document.data)} bytes of YAML, more than {MAX_YAML_BYTES}: give it as JSON"
        )
    return parse_yaml(decode(document), document.name)


def is_openapi(value: object) -> bool:
    """Whether a value is an OpenAPI 3.x or Swagger 2.0 document."""
    return isinstance(value, dict) and (
        str(value.get("openapi", "")).startswith("3") or str(value.get("swagger", "")).startswith("2")
    )


@dataclass(frozen=True)
class _Argument:
    """One parameter or body field before names are made distinct."""

    wire: str
    schema: JsonObject
    required: bool
    place: Place
    explode: bool = True
    whole: bool = False


class _OperationError(ValueError):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class _Spec:
    """One document."""

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
        self._base_url = base_url
        self._origin = origin
        self._swagger = "swagger" in spec
        self._leaves: dict[int, JsonObject] = {}
        info = _dict(spec.get("info"))
        self._license = _string(_dict(info.get("license")).get("name")) or None
        self._title = _string(info.get("title"))

    def read(self) -> None:
        """Adds every operation to the collector."""
        paths = self._spec.get("paths")
        if not isinstance(paths, dict) or not paths:
            self._collector.fail(self._title, self._file, "no_operations", "the document has no paths")
            return
        for path, item in paths.items():
            if str(path).startswith("x-"):
                continue
            for method, operation, shared in self._operations(str(path), item):
                self._one(str(path), method, operation, shared)

    def _operations(self, path: str, item: object) -> Iterator[tuple[str, JsonValue, JsonObject]]:
        try:
            item, _ = self._references.follow(item)
        except ReferenceProblem as problem:
            self._collector.fail(path, self._file, "unresolved_reference", str(problem))
            return
        if not isinstance(item, dict):
            self._collector.fail(path, self._file, "malformed_path", f"a JSON {type(item).__name__}, not an object")
            return
        found = [method for method in METHODS if method in item]
        if not found:
            self._collector.fail(path, self._file, "no_operations", "the path has no operation")
        for method in found:
            yield method, item[method], item

    def _one(self, path: str, method: str, operation: object, shared: JsonObject) -> None:
        original = f"{method.upper()} {path}"
        warn = self._warner(original)
        try:
            draft = self._draft(path, method, operation, shared, original, warn)
        except _OperationError as error:
            self._collector.fail(original, self._file, error.reason, str(error))
        except ReferenceProblem as error:
            self._collector.fail(original, self._file, "unresolved_reference", str(error))
        except FileUploadError as error:
            self._collector.fail(original, self._file, "file_upload", str(error))
        except OversizedError as error:
            self._collector.fail(original, self._file, "schema_too_large", str(error))
        except (RecursionError, ValueError, TypeError, KeyError, AttributeError) as error:
            self._collector.fail(original, self._file, "malformed_operation", f"{type(error).__name__}: {error}")
        else:
            self._collector.add(draft)

    def _draft(
        self,
        path: str,
        method: str,
        operation: JsonValue,
        shared: JsonObject,
        original: str,
        warn: Callable[[str], None],
    ) -> Draft:
        if not isinstance(operation, dict):
            raise _OperationError("malformed_operation", f"a JSON {type(operation).__name__}, not an object")
        if method == "trace":
            raise _OperationError("unsupported_method", "TRACE is not called")
        url = self._url(path, operation, shared)
        reader = SchemaReader(self._references, warn, leaves=self._leaves)
        raw = self._raw_parameters(shared.get("parameters"), operation.get("parameters"))
        credentials = self._credentials(operation, warn)
        arguments: list[_Argument] = []
        for parameter in raw:
            if parameter.get("in") not in {"path", "query", "header", "cookie"}:
                continue
            argument = self._argument(parameter, reader)
            if _ignored(argument, credentials):
                continue
            if _SECRET.fullmatch(argument.wire) and argument.place is not Place.PATH:
                secret = self._credential(argument.place, argument.wire, argument.wire)
                credentials.append(secret.model_copy(update={"optional": not argument.required}))
                continue
            arguments.append(argument)
        arguments += self._holes(path, url, arguments)
        body, body_type = self._body(operation, raw, reader)
        arguments += body
        names = distinct([argument.wire or "value" for argument in arguments])
        pairs = list(zip(names, arguments, strict=True))
        own = _string(operation.get("operationId"))
        return Draft(
            namespace=self._namespace,
            own_name=identifier(own) or synthetic_name(method, path),
            original_name=original,
            description=describe(operation, method, path),
            parameters=object_schema(
                {name: argument.schema for name, argument in pairs},
                [name for name, argument in pairs if argument.required],
            ),
            returns=self._returns(operation, warn),
            binding=RestBinding(
                method=method.upper(),
                url=url,
                parameters={
                    name: RestParameter(place=argument.place, wire_name=argument.wire, explode=argument.explode)
                    for name, argument in pairs
                },
                body_type=body_type,
                whole_body=next((name for name, argument in pairs if argument.whole), None),
                credentials=tuple(credentials),
            ),
            file=self._file,
            content_hash=self._digest,
            original_category=next((tag for tag in _list(operation.get("tags")) if isinstance(tag, str)), None),
            license=self._license,
        )

    def _raw_parameters(self, *groups: object) -> list[JsonObject]:
        """Path-level parameters and the operation's own, which win over those of the same name and place."""
        out: dict[tuple[str, str], JsonObject] = {}
        for group in groups:
            for raw in _list(group):
                parameter, _ = self._references.follow(raw)
                if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str | int):
                    raise _OperationError("malformed_parameter", f"a parameter without a name: {str(raw)[:100]}")
                out[str(parameter["name"]), str(parameter.get("in"))] = parameter
        return list(out.values())

    def _argument(self, parameter: JsonObject, reader: SchemaReader) -> _Argument:
        schema = parameter.get("schema")
        if schema is None and isinstance(parameter.get("content"), dict):
            schema = next((_dict(media).get("schema") for media in parameter["content"].values()), None)
        if schema is None:  # Swagger 2.0 writes the type into the parameter itself
            skipped = {"name", "in", "required", "description", "example", "examples", "allowEmptyValue", "style"}
            schema = {key: value for key, value in parameter.items() if key not in skipped}
        converted = reader.convert(schema)
        text = clean_description(_string(parameter.get("description")))
        if text:
            converted = {**converted, "description": text}
        examples = self._examples(parameter, converted)
        if examples and "examples" not in converted:
            converted = {**converted, "examples": examples}
        place = Place(parameter["in"])
        explode = parameter.get("explode")
        if not isinstance(explode, bool):
            style = parameter.get("style", "form")
            explode = parameter.get("collectionFormat") == "multi" if self._swagger else style in {"form", "deepObject"}
        return _Argument(
            wire=str(parameter["name"]),
            schema=converted,
            required=place is Place.PATH or parameter.get("required") is True,
            place=place,
            explode=explode,
        )

    def _examples(self, parameter: JsonObject, schema: JsonObject) -> list[JsonValue]:
        found = [parameter[key] for key in ("example", "x-example") if key in parameter]
        named = parameter.get("examples")
        for one in list(named.values())[:3] if isinstance(named, dict) else []:
            value, _ = self._references.follow(one)
            if isinstance(value, dict) and "value" in value:
                found.append(value["value"])
        bare = {key: value for key, value in schema.items() if key != "description"}
        good = [coerced(value, bare) for value in found]
        return [value for value in good if value is not None and is_valid(value, bare)]

    @staticmethod
    def _holes(path: str, url: str, arguments: list[_Argument]) -> list[_Argument]:
        """Path templates that nobody declared: required strings, since the URL is no address without them."""
        known = {argument.wire for argument in arguments if argument.place is Place.PATH}
        holes = dict.fromkeys(re.findall(r"\{([^{}]+)\}", url))
        return [_Argument(hole, {"type": "string"}, True, Place.PATH) for hole in holes if hole not in known]

    def _body(
        self, operation: JsonObject, raw: list[JsonObject], reader: SchemaReader
    ) -> tuple[list[_Argument], str | None]:
        if self._swagger:
            return self._swagger_body(operation, raw, reader)
        body, _ = self._references.follow(operation.get("requestBody"))
        content = _dict(_dict(body).get("content"))
        if not content:
            return [], None
        media = _preferred(list(content))
        if media is None:
            raise _OperationError("unsupported_body", f"the request body is {', '.join(map(str, content))[:100]}")
        part = _dict(content[media])
        return self._fields(part.get("schema", {}), part, _dict(body), str(media), reader), str(media)

    def _swagger_body(
        self, operation: JsonObject, raw: list[JsonObject], reader: SchemaReader
    ) -> tuple[list[_Argument], str | None]:
        fields = [one for one in raw if one.get("in") == "formData"]
        consumes = _list(operation.get("consumes")) or _list(self._spec.get("consumes"))
        if fields:
            arguments = []
            for one in fields:
                try:
                    argument = self._argument({**one, "in": "query"}, reader)
                except FileUploadError:
                    if one.get("required") is True:
                        raise
                    continue
                arguments.append(
                    _Argument(argument.wire, argument.schema, argument.required, Place.BODY, argument.explode)
                )
            form = [str(one) for one in consumes if "form" in str(one)]
            return arguments, form[0] if form else "application/x-www-form-urlencoded"
        body = next((one for one in raw if one.get("in") == "body"), None)
        if body is None:
            return [], None
        media = _preferred([str(one) for one in consumes]) or "application/json"
        return self._fields(body.get("schema", {}), {}, body, media, reader), media

    def _fields(
        self, schema: object, media: JsonObject, body: JsonObject, media_type: str, reader: SchemaReader
    ) -> list[_Argument]:
        """The fields of an object body as arguments of their own; any other body as one argument."""
        converted = reader.convert(self._without_files(schema, media_type))
        properties = converted.get("properties")
        needed = body.get("required") is True
        if converted.get("type") == "object" and isinstance(properties, dict) and properties:
            required = converted.get("required", [])
            return [_Argument(name, part, name in required, Place.BODY) for name, part in properties.items()]
        text = clean_description(_string(body.get("description")))
        if text and "description" not in converted:
            converted = {**converted, "description": text}
        if "example" in media and "examples" not in converted:
            converted = {**converted, "examples": [media["example"]]}
        return [_Argument("body", converted, needed, Place.BODY, whole=True)]

    def _without_files(self, schema: object, media_type: str) -> JsonValue:
        """A multipart form without its optional file fields."""
        if "multipart" not in media_type:
            return schema
        node, _ = self._references.follow(schema)
        properties = _dict(_dict(node).get("properties"))
        required = _list(_dict(node).get("required"))
        kept = {}
        for name, part in properties.items():
            field, _ = self._references.follow(part)
            is_file = _dict(field).get("format") == "binary" or _dict(field).get("type") == "file"
            if is_file and name in required:
                raise FileUploadError(f"{name} is a file, which no JSON argument can be")
            if not is_file:
                kept[name] = part
        return {**node, "properties": kept} if properties else schema

    def _returns(self, operation: JsonObject, warn: object) -> JsonObject | None:
        responses = _dict(operation.get("responses"))
        for code in (*sorted(code for code in map(str, responses) if code.startswith("2")), "default"):
            try:
                response, _ = self._references.follow(responses.get(code))
                content = _dict(_dict(response).get("content"))
                media = next((one for one in content if "json" in str(one)), None)
                schema = _dict(content[media]).get("schema") if media else _dict(response).get("schema")
                if schema is not None:
                    reader = SchemaReader(self._references, lambda _: None, "response", self._leaves, MAX_RESULT_PARTS)
                    return reader.convert(schema) or None
            except (ValueError, RecursionError):
                return None  # what an answer looks like is good to know, not needed to call
        return None

    def _url(self, path: str, operation: JsonObject, shared: JsonObject) -> str:
        server = self._base_url or self._server(operation, shared)
        if self._origin:
            server = urljoin(self._origin, server) if server else self._origin
        if not urlsplit(server).scheme.startswith("http") or not urlsplit(server).netloc:
            raise _OperationError(
                "no_server",
                f"the document names no server ({server[:80] or 'none'}): add `servers`, or give a base URL",
            )
        return server.rstrip("/") + (path if path.startswith("/") else f"/{path}")

    def _server(self, operation: JsonObject, shared: JsonObject) -> str:
        if self._swagger:
            host = _string(self._spec.get("host"))
            schemes = [str(one) for one in _list(operation.get("schemes")) or _list(self._spec.get("schemes"))]
            base = _string(self._spec.get("basePath")).rstrip("/")
            scheme = "https" if "https" in schemes or not schemes else schemes[0]
            return f"{scheme}://{host}{base}" if host else base
        for level in (operation, shared, self._spec):
            for server in _list(level.get("servers")):
                url = _string(_dict(server).get("url"))
                variables = _dict(_dict(server).get("variables"))
                for name, variable in variables.items():
                    url = url.replace("{" + str(name) + "}", str(_dict(variable).get("default", "")))
                if url and (url != "/" or self._origin):
                    return url
        return ""

    def _credentials(self, operation: JsonObject, warn: Callable[[str], None]) -> list[Credential]:
        """What the first alternative of the security requirements wants; nothing where one alternative is empty."""
        security = operation.get("security", self._spec.get("security"))
        alternatives = [one for one in _list(security) if isinstance(one, dict)]
        if not alternatives or {} in alternatives:
            return []
        schemes = self._spec.get("securityDefinitions") if self._swagger else None
        schemes = _dict(schemes or _dict(self._spec.get("components")).get("securitySchemes"))
        out = []
        for name in alternatives[0]:
            scheme, _ = self._references.follow(schemes.get(name))
            scheme = _dict(scheme)
            kind = str(scheme.get("type", "")).lower()
            http = str(scheme.get("scheme", "")).lower()
            if kind == "apikey" and scheme.get("in") in {"query", "header", "cookie"}:
                place, wire, prefix = Place(scheme["in"]), _string(scheme.get("name")), ""
            elif kind == "basic" or (kind == "http" and http == "basic"):
                place, wire, prefix = Place.HEADER, "Authorization", "Basic "
            elif kind in {"http", "oauth2", "openidconnect"}:
                place, wire, prefix = Place.HEADER, "Authorization", "Bearer "
            else:
                warn(f"security scheme {str(name)[:60]!r} is not described")
                continue
            out.append(self._credential(place, wire, str(name), prefix))
        return out

    def _credential(self, place: Place, wire: str, scheme: str, prefix: str = "") -> Credential:
        words_ = f"{self._collector.name}_{scheme}".upper()
        variable = re.sub(r"[^A-Z0-9]+", "_", words_).strip("_")
        return Credential(place=place, wire_name=wire, variable=variable, prefix=prefix)

    def _warner(self, original: str) -> Callable[[str], None]:
        def warn(message: str) -> None:
            text = f"{self._file}: {original}: {message}"
            if len(self._collector.warnings) < _MAX_WARNINGS and text not in self._collector.warnings:
                self._collector.warnings.append(text)

        return warn


def synthetic_name(method: str, path: str) -> str:
    """A name for an operation that has none: `GET /pets/{id}/toys` is `get_pets_by_id_toys`."""
    return identifier(f"{method}_" + re.sub(r"\{([^{}]+)\}", r"by_\1_", path)) or method


def describe(operation: JsonObject, method: str, path: str) -> str:
    """Summary and description, each once; where there is neither, the method and the path's words."""
    summary = clean_description(_string(operation.get("summary")))
    text = clean_description(_string(operation.get("description")))
    if summary and text and not text.lower().startswith(summary.lower().rstrip(".")):
        return f"{summary.rstrip('.')}. {text}" if words(summary) != words(text) else text
    return text or summary or f"{method.upper()} {path}"


def _ignored(argument: _Argument, credentials: list[Credential]) -> bool:
    """Headers that the call sets itself, and what a security scheme already covers."""
    if argument.place is Place.HEADER and argument.wire.lower() in _IGNORED_HEADERS:
        return True
    return any(one.place is argument.place and one.wire_name.lower() == argument.wire.lower() for one in credentials)


def _preferred(types: list[str]) -> str | None:
    """The media type to send: JSON before forms before text."""
    bare = {str(one): str(one).split(";")[0].strip().lower() for one in types}
    for wanted in (
        r"application/json",
        r".*\+json|\*/\*",
        r"application/x-www-form-urlencoded",
        r"multipart/form-data",
        r"text/plain",
    ):
        for one, kind in bare.items():
            if re.fullmatch(wanted, kind):
                return "application/json" if kind == "*/*" else one
    return None


def _dict(value: object) -> dict[JsonValue, JsonValue]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
