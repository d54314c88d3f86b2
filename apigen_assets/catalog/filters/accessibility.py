"""The accessibility filter: one polite call per API with example values (paper, section 3.2)."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apigen_assets.catalog.filters.example_values import ProbeArguments, example_arguments
from apigen_assets.domain.api import Api, McpBinding, Place, Probe, PythonBinding, RestBinding
from apigen_assets.domain.outcome import MENDED_AT_THIS_END, CallExecutor, CallRequest, CallResult, Outcome
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.files.jsonl_store import Entry, JsonlStore

ACCESS_VERSION = "1"
MAX_RESULT = 2_000
GOOD_FOR_S = 7 * 86_400.0
"""An API that answered is not asked again for a week."""
BAD_FOR_S = 86_400.0
"""One that answered badly, or not in time, is asked again after a day: the negative cache."""

NOT_PROBED = "not_probed"
"""Outcome of an API that is not called without being asked to: a call could change something."""

_LATER_FIELDS = frozenset(
    {"root", "environment", "cwd", "headers", "sse", "wire_names", "result_schema", "nested", "choices"}
)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "QUERY"}
_ABOUT_THE_ARGUMENTS = {Outcome.HTTP_4XX, Outcome.EMPTY, Outcome.SOFT_ERROR, Outcome.EXCEPTION}
"""Outcomes that a made-up argument explains as well as a broken API does."""


@dataclass(frozen=True)
class Probed:
    """An API with its probe, and the reason against it where there is one."""

    api: Api
    reason: str | None
    detail: str = ""


class ProbeCache:
    """Outcomes of earlier probes by what was called, in an append-only file outside the lake.

    Args:
        path: JSON lines; a damaged line counts as absent.
        now: seconds since the epoch.
        reuse: false where every call is to be made anew; outcomes are still kept.
    """

    def __init__(self, path: Path, now: float | None = None, reuse: bool = True) -> None:
        self._now = time.time() if now is None else now
        self._reuse = reuse
        self._store = JsonlStore(path, lambda record: Entry(record["key"], float(record["at"])))

    def get(self, key: str) -> CallResult | None:
        """The kept outcome where it is fresh enough and may be reused."""
        record = self._store.get(key) if self._reuse else None
        if record is None:
            return None
        try:
            result = CallResult.model_validate(record["result"])
            age = self._now - float(record["at"])
        except (ValueError, KeyError, TypeError):
            return None
        if result.outcome in MENDED_AT_THIS_END:
            return None
        if result.outcome is Outcome.OK:
            return result if age < GOOD_FOR_S else None
        if age >= BAD_FOR_S:
            return None
        asked = datetime.fromtimestamp(float(record["at"]), UTC)
        when = f"asked {asked:%Y-%m-%d %H:%M} UTC, again a day later or with APIGEN_REST_MODE=live"
        return result.model_copy(update={"detail": f"{result.detail} ({when})".strip()})

    def put(self, key: str, result: CallResult) -> None:
        """Keep an outcome; one write per line, so a killed run loses nothing that came before."""
        if result.outcome not in MENDED_AT_THIS_END:
            self._store.append({"key": key, "at": self._now, "result": result.model_dump(mode="json")})


def probe(
    apis: Sequence[Api],
    executor: CallExecutor,
    cache: ProbeCache | None = None,
    known: Mapping[str, JsonMapping] | None = None,
    allow_unsafe: bool = False,
) -> list[Probed]:
    """Call every API once, and say which cannot be used.

    An API passes when its call succeeds. Where the documentation gives no value for a required parameter and one
    had to be made up, an answer that may be about that value (4xx, an exception of the function's own) also
    passes: it shows that something is there. What could change something (a method other than GET, an MCP tool
    not declared read-only) is never probed: it passes where such calls are allowed, and is refused where no later
    step could execute it either.

    Args:
        apis: the APIs.
        executor: makes the calls, politely: rate limits, deadlines and retries are its own.
        cache: earlier outcomes of REST and MCP calls.
        known: arguments known to work, by API name (those of seed examples).
        allow_unsafe: calls that could change something may be made when rows are verified.

    Returns:
        One result per API, in their order.
    """
    examples = [_example(api, known or {}) for api in apis]
    results: list[CallResult | None] = [None] * len(apis)
    wanted: list[int] = []
    for i, (api, example) in enumerate(zip(apis, examples, strict=True)):
        if not callable_unasked(api):
            continue
        kept = cache.get(_key(api, example)) if cache and not isinstance(api.binding, PythonBinding) else None
        if kept is not None:
            results[i] = kept
        else:
            wanted.append(i)
    calls = (CallRequest(binding=apis[i].binding, arguments=examples[i].arguments) for i in wanted)
    for i, result in zip(wanted, executor.execute(calls), strict=True):
        results[i] = result
        if cache is not None and not isinstance(apis[i].binding, PythonBinding):
            cache.put(_key(apis[i], examples[i]), _cut(result))
    return [
        _judged(api, example, result) if result is not None else _unprobed(api, example, allow_unsafe)
        for api, example, result in zip(apis, examples, results, strict=True)
    ]


def callable_unasked(api: Api) -> bool:
    """Whether calling an API cannot change anything: Python runs in the sandbox, REST reads, MCP says so."""
    binding = api.binding
    if isinstance(binding, RestBinding):
        return binding.method in _SAFE_METHODS
    return binding.read_only is True if isinstance(binding, McpBinding) else True


def seed_arguments(seeds: Iterable[JsonValue]) -> dict[str, JsonObject]:
    """The arguments of the first call of each function in seed examples (`functions.seed.Seed`)."""
    out: dict[str, JsonObject] = {}
    for seed in seeds:
        for call in seed.answers:
            out.setdefault(call.name, dict(call.arguments))
    return out


def _example(api: Api, known: Mapping[str, JsonMapping]) -> ProbeArguments:
    if api.name in known:
        return ProbeArguments(dict(known[api.name]), ())
    return example_arguments(api.parameters)


def _unprobed(api: Api, example: ProbeArguments, allowed: bool) -> Probed:
    untouched = Probe(arguments=example.arguments, outcome=NOT_PROBED)
    unprobed = api.model_copy(update={"probe": untouched})
    if allowed:
        return Probed(unprobed, None)
    what = f"a {api.binding.method} request" if isinstance(api.binding, RestBinding) else "a tool not marked read-only"
    return Probed(
        unprobed, Outcome.REFUSED.value, f"{what} could change data; APIGEN_ALLOW_UNSAFE_METHODS=true allows the calls"
    )


def _judged(api: Api, example: ProbeArguments, result: CallResult) -> Probed:
    result = _cut(result)
    done = Probe(arguments=example.arguments, outcome=result.outcome.value, status=result.status, result=result.result)
    probed = api.model_copy(update={"probe": done})
    if result.outcome is Outcome.OK or _excused(api, example, result.outcome):
        return Probed(probed, None)
    return Probed(probed, result.outcome.value, result.detail or f"the probe ended as {result.outcome.value}")


def _excused(api: Api, example: ProbeArguments, outcome: Outcome) -> bool:
    """Whether a made-up value explains the outcome; a 404 only where one is part of the path."""
    if outcome is Outcome.NOT_FOUND and isinstance(api.binding, RestBinding):
        places = api.binding.parameters
        return any(name in places and places[name].place is Place.PATH for name in example.guessed)
    return bool(example.guessed) and outcome in _ABOUT_THE_ARGUMENTS


def _cut(result: CallResult) -> CallResult:
    text = result.result
    if text is None or len(text) <= MAX_RESULT:
        return result
    return result.model_copy(update={"result": text[:MAX_RESULT], "truncated": True})


def _key(api: Api, example: ProbeArguments) -> str:
    # What is as it was before a field came to bindings keeps the key that it had.
    binding = api.binding.model_dump(mode="json")
    binding = {name: value for name, value in binding.items() if value or name not in _LATER_FIELDS}
    binding.pop("result_schema", None)  # it changes no call
    for parameter in binding.get("parameters", {}).values():
        parameter.setdefault("explode", True)
    for credential in binding.get("credentials", ()):
        credential.setdefault("prefix", "")
        credential.setdefault("optional", False)
    return content_hash([binding, example.arguments])
