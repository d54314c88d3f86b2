"""What an importer gives: APIs, rejects with reasons, and the funnel; and how each of them is built."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ValidationError

from apigen_assets.catalog.names import BUILTIN, builtin_names, distinct, tool_name
from apigen_assets.domain.api import Api, Binding, RejectedApi, Source, make_api_id
from apigen_assets.files.canonical import dumps
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import SchemaError, checked_parameters

INTERNAL_ERROR = "internal_error"
"""Reason of a reject for which an importer is to blame, not the source; the import's check fails on it."""


class SourceError(ValueError):
    """A whole file, folder or server that cannot be read as a source; `reason` is one word for the rejects table."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class ImportResult:
    """Everything an import found: each API or operation is in `apis` or in `rejects`, in the source's order."""

    name: str
    """Slug of the source."""
    format: str | None
    apis: list[Api]
    rejects: list[RejectedApi]
    warnings: list[str] = field(default_factory=list)
    """What a validator would complain about although the import went on."""

    @property
    def funnel(self) -> dict[str, int]:
        """Counts by step: `found`, one `rejected: <reason>` per reason, `imported`."""
        reasons = Counter(reject.reason for reject in self.rejects)
        return {
            "found": len(self.apis) + len(self.rejects),
            **{f"rejected: {reason}": count for reason, count in sorted(reasons.items())},
            "imported": len(self.apis),
        }


@dataclass(frozen=True)
class Draft:
    """An API as an importer read it, before its name is made unique and its schema is checked."""

    namespace: tuple[str, ...]
    own_name: str
    original_name: str
    description: str
    parameters: JsonObject
    binding: Binding
    file: str
    content_hash: str
    returns: JsonObject | None = None
    original_category: str | None = None
    license: str | None = None
    category: str = "Other"


@dataclass(frozen=True)
class ImportFailure:
    """Something an importer could not turn into an API."""

    original_name: str
    file: str
    reason: str
    detail: str


class Collector:
    """Gathers drafts and failures of one source and gives the result."""

    def __init__(self, name: str, format_: str) -> None:
        self.name = name
        self.format = format_
        self.drafts: list[Draft] = []
        self.failures: list[ImportFailure] = []
        self.warnings: list[str] = []

    def add(self, draft: Draft) -> None:
        """Takes one API."""
        share_field_names(draft.binding)
        self.drafts.append(draft)

    def fail(self, original_name: str, file: str, reason: str, detail: str) -> None:
        """Takes one thing that is not an API."""
        self.failures.append(ImportFailure(original_name, file, reason, clip(detail)))

    def result(self) -> ImportResult:
        """Names made unique, schemas checked; a draft that is not a valid record becomes a reject."""
        if not self.drafts and not self.failures:
            self.fail("", "", "nothing_found", "the source holds nothing that could be an API")
        rejects = [self._reject(failure) for failure in self.failures]
        wanted = [tool_name(draft.namespace, draft.own_name) for draft in self.drafts]
        names = distinct(wanted, frozenset() if self.name == BUILTIN else builtin_names())
        originals = _numbered(draft.original_name for draft in self.drafts)
        apis: list[Api] = []
        drafts, self.drafts = self.drafts[::-1], []
        for name, original in zip(names, originals, strict=True):
            draft = drafts.pop()  # tens of thousands of them are not held beside their records
            try:
                apis.append(self._api(draft, name, original))
            except SchemaError as error:
                rejects.append(self._reject(ImportFailure(original, draft.file, "invalid_schema", clip(str(error)))))
            except (ValidationError, ValueError, RecursionError) as error:
                rejects.append(self._reject(ImportFailure(original, draft.file, "invalid_record", clip(str(error)))))
        return ImportResult(self.name, self.format, apis, rejects, [clip(warning) for warning in self.warnings])

    def _api(self, draft: Draft, name: str, original: str) -> Api:
        api = self._record(draft, name, original)
        try:
            dumps(api.row()).encode()
        except UnicodeEncodeError:  # half a character pair, which JSON can write and no table can hold
            api = Api.model_validate(scrubbed(api.model_dump(mode="python")))
        return api

    def _record(self, draft: Draft, name: str, original: str) -> Api:
        api = Api(
            api_id=make_api_id(self.name, self.format, original),
            name=name,
            description=draft.description,
            parameters=checked_parameters(draft.parameters),
            returns=draft.returns,
            category=draft.category,
            binding=draft.binding,
            source=Source(
                name=self.name,
                file=draft.file,
                format=self.format,
                content_hash=draft.content_hash,
                original_name=original,
                original_category=draft.original_category,
                license=draft.license,
            ),
        )
        for part in (api, api.source, api.binding):
            share_field_names(part)
        return api

    def _reject(self, failure: ImportFailure) -> RejectedApi:
        return RejectedApi(
            source=self.name,
            file=clip(failure.file),
            original_name=clip(failure.original_name),
            step="import",
            reason=failure.reason,
            detail=failure.detail,
        )


def share_field_names(model: BaseModel) -> None:
    """Has an immutable record hold the set of the fields that it was given in common with others.

    pydantic makes one of 700 bytes for each: of a large source's records that is a quarter of their memory.
    """
    names = model.__pydantic_fields_set__
    object.__setattr__(model, "__pydantic_fields_set__", _FIELD_NAMES.setdefault(frozenset(names), names))


_FIELD_NAMES: dict[frozenset[str], set[str]] = {}


def unusable(name: str, path: str | Path, error: SourceError, format_: str | None = None) -> ImportResult:
    """The result of a source that could not be read at all: no APIs and one reject."""
    reject = RejectedApi(
        source=name, file=clip(str(path)), original_name="", step="import", reason=error.reason, detail=clip(str(error))
    )
    return ImportResult(name, format_, [], [reject])


def clip(text: str, limit: int = 500) -> str:
    """Text for people, cut visibly; lone surrogates, which no table can hold, are replaced."""
    clean = text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= limit else f"{clean[:limit]} [... {len(clean) - limit} more characters]"


def scrubbed(value: object) -> JsonValue:
    """The value with every half character pair in its texts replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {scrubbed(key): scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(scrubbed(item) for item in value)
    return value


def _numbered(originals: Iterable[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for original in originals:
        seen[original] += 1
        out.append(original if seen[original] == 1 else f"{original}#{seen[original]}")
    return out
