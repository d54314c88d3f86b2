"""What an importer gives: APIs, rejects with reasons, and the funnel; and how each of them is built."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from apigen_assets.catalog.names import BUILTIN, builtin_names, distinct, tool_name
from apigen_assets.domain.api import Api, Binding, RejectedApi, Source, make_api_id
from apigen_assets.domain.packed import PackedRecords
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
    apis: PackedRecords[Api]
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
        self._names: list[tuple[tuple[str, ...], str]] = []
        self._moved: set[int] = set()
        self.failures: list[ImportFailure] = []
        self.warnings: list[str] = []
        self._originals: Counter[str] = Counter()
        self._apis = PackedRecords(Api)
        self._drafts_of_apis: list[int] = []
        self._invalid: list[ImportFailure] = []

    def __len__(self) -> int:
        return len(self._names)

    def put_under(self, at: int, part: str) -> None:
        """Has the namespace of the draft that came as number `at` say `part` behind the source's name."""
        (name, *rest), own_name = self._names[at]
        self._names[at] = ((name, part, *rest), own_name)
        self._moved.add(at)

    def add(self, draft: Draft) -> None:
        """Takes one API; a draft that is not a valid record becomes a reject."""
        self._originals[draft.original_name] += 1
        times = self._originals[draft.original_name]
        original = draft.original_name if times == 1 else f"{draft.original_name}#{times}"
        self._names.append((draft.namespace, draft.own_name))
        try:
            self._add(self._record(draft, original))
        except SchemaError as error:
            self._invalid.append(ImportFailure(original, draft.file, "invalid_schema", clip(str(error))))
        except (ValidationError, ValueError, RecursionError) as error:
            self._invalid.append(ImportFailure(original, draft.file, "invalid_record", clip(str(error))))
        else:
            self._drafts_of_apis.append(len(self) - 1)

    def fail(self, original_name: str, file: str, reason: str, detail: str) -> None:
        """Takes one thing that is not an API."""
        self.failures.append(ImportFailure(original_name, file, reason, clip(detail)))

    def result(self) -> ImportResult:
        """Every API under a name of its own."""
        if not self._names and not self.failures:
            self.fail("", "", "nothing_found", "the source holds nothing that could be an API")
        wanted = [tool_name(namespace, own_name) for namespace, own_name in self._names]
        names = distinct(wanted, frozenset() if self.name == BUILTIN else builtin_names())
        for at, draft in enumerate(self._drafts_of_apis):
            if names[draft] != wanted[draft] or draft in self._moved:
                self._apis[at] = self._apis[at].model_copy(update={"name": names[draft]})
        rejects = [self._reject(failure) for failure in (*self.failures, *self._invalid)]
        return ImportResult(self.name, self.format, self._apis, rejects, [clip(warning) for warning in self.warnings])

    def _add(self, api: Api) -> None:
        try:
            self._apis.append(api)
        except UnicodeEncodeError:  # half a character pair, which JSON can write and no table can hold
            self._apis.append(Api.model_validate(scrubbed(api.model_dump(mode="python"))))

    def _record(self, draft: Draft, original: str) -> Api:
        return Api(
            api_id=make_api_id(self.name, self.format, original),
            name=tool_name(draft.namespace, draft.own_name),
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

    def _reject(self, failure: ImportFailure) -> RejectedApi:
        return RejectedApi(
            source=self.name,
            file=clip(failure.file),
            original_name=clip(failure.original_name),
            step="import",
            reason=failure.reason,
            detail=failure.detail,
        )


def unusable(name: str, path: str | Path, error: SourceError, format_: str | None = None) -> ImportResult:
    """The result of a source that could not be read at all: no APIs and one reject."""
    reject = RejectedApi(
        source=name, file=clip(str(path)), original_name="", step="import", reason=error.reason, detail=clip(str(error))
    )
    return ImportResult(name, format_, PackedRecords(Api), [reject])


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
