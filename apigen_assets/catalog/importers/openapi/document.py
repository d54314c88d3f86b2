"""OpenAPI 3.x and Swagger 2.0 documents: every operation becomes one API or one reject."""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from apigen_assets.catalog.importers.documents import Document, decode, documents, is_archive, neighbour
from apigen_assets.catalog.importers.fetch import fetch
from apigen_assets.catalog.importers.imported import Collector, ImportResult, SourceError
from apigen_assets.catalog.importers.json_text import json_value
from apigen_assets.catalog.importers.openapi.embedded import without_ids
from apigen_assets.catalog.importers.openapi.operation_names import synthetic_name
from apigen_assets.catalog.importers.openapi.operations import METHODS, Operations
from apigen_assets.catalog.importers.openapi.references import References
from apigen_assets.catalog.importers.openapi.yaml_text import parse_yaml
from apigen_assets.catalog.names import identifier
from apigen_assets.files.json_types import JsonValue

__all__ = ["ENDINGS", "METHODS", "import_documents", "import_openapi", "is_openapi", "read_document", "synthetic_name"]

ENDINGS = (".json", ".yaml", ".yml")
MAX_YAML_BYTES = 48_000_000
"""YAML costs tens of times the memory of its text; a larger document should be given as JSON."""
MAX_FETCHED = 300
"""Documents that one document from the web may refer to."""

_MAY_BE = re.compile(rb"""["']?\b(?:openapi|swagger)\b["']?\s*:""")
_ID = re.compile(rb"""\$id["']?[ \t]*:[ \t]*["']?[A-Za-z/.]""")
_PATH = "/paths/"
_JSON_TOP = re.compile(rb"""(?:\xef\xbb\xbf)?\s*\{\s*"(?:openapi|swagger)"\s*:\s*"[23]\.""")
_YAML_TOP = re.compile(rb"""(?m)^["']?(?:openapi|swagger)["']?[ \t]*:[ \t]*["']?[23]\b""")


def import_openapi(path: Path, name: str, base_url: str | None = None) -> ImportResult:
    """Every operation of the documents in a file, a folder or an archive.

    Args:
        path: where the documents are; in a folder or archive, one may refer to another, and a single file to files
            beside and below it.
        name: slug of the source.
        base_url: server to call, instead of those that the documents name.
    """
    is_single = path.is_file() and not is_archive(path)
    files = _Files((lambda file: neighbour(path, file, ENDINGS)) if is_single else None)
    return _imported(documents(path, ENDINGS), name, base_url, None, files)


def import_documents(
    listed: list[Document],
    name: str,
    base_url: str | None = None,
    origin: str | None = None,
    allow_private: bool = False,
) -> ImportResult:
    """Every operation of the given documents.

    Args:
        listed: the documents.
        name: slug of the source.
        base_url: server to call, instead of those that the documents name.
        origin: URL that a single document came from: relative servers are relative to it, and documents of the same
            host that it refers to are fetched.
        allow_private: such documents may lie on loopback and private addresses.
    """
    files = _Files(None if origin is None else _Fetched(origin, allow_private))
    if origin is not None and len(listed) == 1 and listed[0].reason is None:
        path = urlsplit(origin).path.lstrip("/") or listed[0].name
        listed = [Document(path, listed[0].data)]
    return _imported(listed, name, base_url, origin, files)


def _imported(
    listed: Iterable[Document], name: str, base_url: str | None, origin: str | None, files: "_Files"
) -> ImportResult:
    collector = Collector(name, "openapi")
    files.add(listed, collector)
    specs = _specifications(files, collector)
    if not specs:
        said = {failure.file for failure in collector.failures}
        for file in files:
            if file not in said:
                collector.fail("", file, "not_openapi", "neither `openapi: 3.x` nor `swagger: 2.0` at the top")
    elsewhere = _read_elsewhere(specs, files) if len(specs) > 1 else {}
    host = None if origin is None else f"{urlsplit(origin).scheme}://{urlsplit(origin).netloc}".lower()
    for file, digest in specs.items():
        namespace = (name,) if len(specs) == 1 else (name, identifier(PurePosixPath(file).stem))
        references = References(files, file, host)
        operations = Operations(collector, file, files.read(file), references, namespace, digest, base_url, origin)
        operations.read(elsewhere.get(file, set()))
    collector.warnings[:0] = files.warnings
    return collector.result()


def _specifications(files: "_Files", collector: Collector) -> dict[str, str]:
    """The documents that describe operations, by path, with the hash of each."""
    specs: dict[str, str] = {}
    for file in list(files):
        if len(files) > 1 and not files.may_be_openapi(file):
            continue
        try:
            value = files.read(file)
        except SourceError as error:
            collector.fail("", file, error.reason, str(error))
            continue
        if is_openapi(value):
            specs[file] = files.digests[file]
    libraries = {name for name in specs if _is_library(files.read(name))}
    return specs if len(libraries) == len(specs) else {name: specs[name] for name in specs if name not in libraries}


def _is_library(value: JsonValue) -> bool:
    """Whether a document only has parts for others to refer to."""
    if not isinstance(value, dict) or value.get("paths"):
        return False
    return bool(value.get("components") or value.get("definitions"))


def _read_elsewhere(specs: Iterable[str], files: "_Files") -> dict[str, set[str]]:
    """The paths of documents without a server that are paths of others too (`b.yaml#/paths/~1pets`), by document."""
    taken: dict[str, set[str]] = {}
    for name in specs:
        paths = files.read(name).get("paths")
        for item in paths.values() if isinstance(paths, dict) else ():
            reference = item.get("$ref") if isinstance(item, dict) else None
            document, _, pointer = reference.partition("#") if isinstance(reference, str) else ("", "", "")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(document)))
            if document and target != name and pointer.startswith(_PATH):
                path = unquote(pointer.removeprefix(_PATH)).replace("~1", "/").replace("~0", "~")
                taken.setdefault(target, set()).add(path)
    return {name: taken[name] for name in specs if name in taken and not {"servers", "host"} & files.read(name).keys()}


class _Files(Mapping[str, JsonValue]):
    """The documents of a source by path, each parsed when it is first asked for; its text is let go then.

    Attributes:
        digests: hashes of the documents that were read.
        warnings: what is wrong with them but not fatal.
    """

    def __init__(self, beside: Callable[[str], Document | None] | None = None) -> None:
        self._data: dict[str, Document] = {}
        self._values: dict[str, JsonValue] = {}
        self._errors: dict[str, SourceError] = {}
        self._beside = beside
        self.digests: dict[str, str] = {}
        self.warnings: list[str] = []

    def add(self, listed: Iterable[Document], collector: Collector) -> None:
        """Takes documents; those that cannot be used go to the collector as failures."""
        for document in listed:
            if document.reason is None:
                self._data[document.name] = document
            else:
                collector.fail("", document.name, document.reason, document.detail)

    def may_be_openapi(self, name: str) -> bool:
        """Whether a document is worth parsing to see if operations stand in it; UTF-16 and UTF-32 always are."""
        data = self._data[name].data
        return bool(_MAY_BE.search(data)) or data[:2] in (b"\xff\xfe", b"\xfe\xff", b"\0\0")

    def read(self, name: str) -> JsonValue:
        """The value of a document that is there.

        Raises:
            SourceError: it is neither JSON nor YAML.
        """
        if name in self._errors:
            raise self._errors[name]
        if name not in self._values:
            self.digests[name] = hashlib.sha256(self._data[name].data).hexdigest()[:16]
            has_ids = bool(_ID.search(self._data[name].data))
            try:
                value = read_document(self._let_go(name), self.warnings)
            except SourceError as error:
                self._errors[name] = error
                raise
            self._values[name] = without_ids(value) if has_ids else value
        return self._values[name]

    def _let_go(self, name: str) -> Document:
        document = self._data[name]
        self._data[name] = Document(name, b"")
        return document

    def __getitem__(self, name: str) -> JsonValue:
        if name not in self._data and self._beside is not None:
            document = self._beside(name)
            if document is not None:
                self._data[name] = document
        if name not in self._data:
            raise KeyError(name)
        if self._data[name].reason is not None:
            raise KeyError(f"{name}: {self._data[name].detail}")
        try:
            return self.read(name)
        except SourceError as error:
            raise KeyError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


class _Fetched:
    """Further documents of the host that the first one came from."""

    def __init__(self, origin: str, allow_private: bool) -> None:
        parts = urlsplit(origin)
        self._host = f"{parts.scheme}://{parts.netloc}"
        self._allow_private = allow_private
        self._count = 0

    def __call__(self, name: str) -> Document | None:
        self._count += 1
        if self._count > MAX_FETCHED:
            return Document(name, b"", "too_many_files", f"more than {MAX_FETCHED} documents are referred to")
        try:
            document = fetch(f"{self._host}/{quote(name)}", self._allow_private, same_host=True)
        except SourceError as error:
            return Document(name, b"", error.reason, str(error))
        return Document(name, document.data)


def read_document(document: Document, warnings: list[str] | None = None) -> JsonValue:
    """The value of a JSON or YAML document; keys that stand twice in one object are warned of.

    Raises:
        SourceError: it is neither.
    """
    said: list[str] = [] if warnings is None else warnings
    name, size = document.name, len(document.data)
    start = document.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    text = decode(document)
    del document
    if start in (b"{", b"[") or name.lower().endswith(".json"):
        try:
            return json_value(text, name, said)
        except SourceError as error:
            if error.reason != "not_json" or name.lower().endswith(".json"):
                raise
    if size > MAX_YAML_BYTES:
        raise SourceError("file_too_large", f"{size} bytes of YAML, more than {MAX_YAML_BYTES}: give it as JSON")
    return parse_yaml(text, name, said)


def is_openapi(value: object) -> bool:
    """Whether a value is an OpenAPI 3.x or Swagger 2.0 document."""
    return isinstance(value, dict) and (
        str(value.get("openapi", "")).startswith("3") or str(value.get("swagger", "")).startswith("2")
    )


def looks_like_openapi(document: Document) -> bool:
    """Whether the text alone shows a document to be one, so that it need not be parsed to tell."""
    if document.name.lower().endswith((".yaml", ".yml")):
        return bool(_YAML_TOP.search(document.data))
    return bool(_JSON_TOP.match(document.data))
