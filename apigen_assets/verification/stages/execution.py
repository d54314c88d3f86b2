"""Stage 2, the execution check: every call of an answer is made, and every one must succeed (paper, 3.2)."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from apigen_assets.domain.api import Binding, binding_of
from apigen_assets.domain.outcome import CallExecutor, CallRequest, CallResult, Outcome
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.verdict import Verdict, with_verdicts
from apigen_assets.files.canonical import content_hash, dumps
from apigen_assets.files.json_types import JsonObject

REASON_OF: dict[Outcome, Reason] = {
    Outcome.ARGUMENT_ERROR: Reason.ARGUMENT_ERROR,
    Outcome.EXCEPTION: Reason.EXCEPTION,
    Outcome.TIMEOUT: Reason.TIMEOUT,
    Outcome.MEMORY_LIMIT: Reason.MEMORY_LIMIT,
    Outcome.OUTPUT_LIMIT: Reason.OUTPUT_LIMIT,
    Outcome.CRASHED: Reason.CRASHED,
    Outcome.BLOCKED: Reason.BLOCKED,
    Outcome.UNSERIALISABLE: Reason.UNSERIALISABLE,
    Outcome.NON_DETERMINISTIC: Reason.NON_DETERMINISTIC,
    Outcome.NOT_FOUND: Reason.NOT_FOUND,
    Outcome.EMPTY: Reason.EMPTY_RESULT,
    Outcome.SOFT_ERROR: Reason.SOFT_ERROR,
    Outcome.HTTP_4XX: Reason.HTTP_4XX,
    Outcome.HTTP_5XX: Reason.HTTP_5XX,
    Outcome.AUTH: Reason.AUTH,
    Outcome.QUOTA: Reason.QUOTA,
    Outcome.TRANSPORT: Reason.TRANSPORT,
    Outcome.MALFORMED: Reason.MALFORMED_RESPONSE,
    Outcome.TOO_LARGE: Reason.RESPONSE_TOO_LARGE,
    Outcome.REFUSED: Reason.REFUSED,
    Outcome.NOT_RECORDED: Reason.NOT_RECORDED,
    Outcome.UNAVAILABLE: Reason.UNAVAILABLE,
}
"""The reason for every outcome but `ok`."""

_ERROR_CHARACTERS = 300


class ExecutionOptions(BaseModel):
    """What the execution check does beyond making each call once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metamorphic_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the rows whose Python calls are made again with the arguments in another order and with optional
    arguments left out that equal their default; the result must be the same. Drawn by a hash of the row's id."""


def bindings_of(catalog: pl.DataFrame) -> dict[str, Binding]:
    """How to call each API of a catalog table (`Api.SCHEMA`), by its id."""
    return {str(api_id): binding_of(binding) for api_id, binding in catalog.select("api_id", "binding").iter_rows()}


def check_execution(
    frame: pl.DataFrame,
    bindings: Mapping[str, Binding],
    executor: CallExecutor,
    options: ExecutionOptions | None = None,
) -> pl.DataFrame:
    """Make every call of every row.

    Args:
        frame: rows that passed the format check (`CHECKED_SCHEMA` or `Candidate.SCHEMA`).
        bindings: how to call each API, by id. A tool whose `api_id` is not here ends as `unavailable`.
        executor: makes the calls.
        options: further checks.

    Returns:
        The same rows in the same order with `CHECKED_SCHEMA`. `execution` is a JSON list with one object per
        call: `{name, outcome, result, truncated, status, mode}`, and `error` where the call failed. No durations,
        so equal inputs give equal rows.
    """
    options = options or ExecutionOptions()
    rows = [_calls(tools, answers) for tools, answers in frame.select("tools", "answers").iter_rows()]
    requests = [
        CallRequest(binding=bindings[api_id], arguments=arguments)
        for calls in rows
        for _, api_id, arguments in calls
        if api_id in bindings
    ]
    results = iter(_in_step(executor, requests))
    outcomes: list[list[CallResult]] = []
    for calls in rows:
        outcomes.append(
            [
                next(results)
                if api_id in bindings
                else CallResult(outcome=Outcome.UNAVAILABLE, detail="the API is not in the filtered catalog")
                for _, api_id, _ in calls
            ]
        )
    findings = [_verdict(calls, made) for calls, made in zip(rows, outcomes, strict=True)]
    if options.metamorphic_share > 0:
        ids = frame["candidate_id"].to_list()
        chosen = [
            i for i, finding in enumerate(findings) if finding is None and _drawn(ids[i], options.metamorphic_share)
        ]
        defaults = _defaults_of(frame, chosen)
        for i, detail in _inconsistent(chosen, rows, outcomes, defaults, bindings, executor):
            findings[i] = (Reason.INCONSISTENT, detail)
    return frame.with_columns(
        pl.Series(
            "execution",
            [_record(calls, made) for calls, made in zip(rows, outcomes, strict=True)],
            dtype=pl.String,
        )
    ).pipe(with_verdicts, Stage.EXECUTION, [Verdict.of(finding) for finding in findings])


_Call = tuple[str, str, JsonObject]


def _calls(tools: str, answers: str) -> list[_Call]:
    """Name, api id and arguments of every call of a row that passed the format check."""
    ids = _api_ids(tools)
    return [(call["name"], ids.get(call["name"], ""), call["arguments"]) for call in json.loads(answers)]


@lru_cache(maxsize=1024)
def _api_ids(tools: str) -> dict[str, str]:
    """API ids by the tools' names; rows of one prompt share a column's text."""
    return {tool["name"]: str(tool.get("api_id", "")) for tool in json.loads(tools)}


def _in_step(executor: CallExecutor, requests: list[CallRequest]) -> list[CallResult]:
    """The executor's results, read to the end so that it is free again; fails where it gives too few or too many."""
    results = list(executor.execute(requests)) if requests else []
    if len(results) != len(requests):
        raise RuntimeError(f"{type(executor).__name__} gave {len(results)} results for {len(requests)} calls")
    return results


def _verdict(calls: list[_Call], made: list[CallResult]) -> tuple[Reason, str] | None:
    for i, ((name, _, _), result) in enumerate(zip(calls, made, strict=True)):
        if result.outcome is not Outcome.OK:
            where = f"call {i + 1} ({name})" if len(calls) > 1 else name
            return REASON_OF[result.outcome], f"{where}: {result.detail[:_ERROR_CHARACTERS]}".rstrip(": ")
    return None


def _record(calls: list[_Call], made: list[CallResult]) -> str:
    out: list[JsonObject] = []
    for (name, _, _), result in zip(calls, made, strict=True):
        entry: JsonObject = {
            "name": name,
            "outcome": result.outcome.value,
            "result": result.result,
            "truncated": result.truncated,
            "status": result.status,
            "mode": result.mode,
        }
        if result.outcome is not Outcome.OK:
            entry["error"] = result.detail[:_ERROR_CHARACTERS]
        out.append(entry)
    return dumps(out)


def _drawn(candidate_id: str, share: float) -> bool:
    return int(content_hash(["metamorphic", candidate_id], 8), 16) < share * 2**32


def _defaults_of(frame: pl.DataFrame, chosen: list[int]) -> list[dict[str, JsonObject]]:
    """Per chosen row and tool: the defaults of its optional parameters."""
    out = []
    for text in frame["tools"].gather(chosen).to_list():
        per_tool = {}
        for tool in json.loads(text):
            schema = tool["parameters"]
            required = schema.get("required", [])
            per_tool[tool["name"]] = {
                name: one["default"]
                for name, one in schema.get("properties", {}).items()
                if isinstance(one, dict) and "default" in one and name not in required
            }
        out.append(per_tool)
    return out


def _inconsistent(
    chosen: list[int],
    rows: list[list[_Call]],
    outcomes: list[list[CallResult]],
    defaults: list[dict[str, JsonObject]],
    bindings: Mapping[str, Binding],
    executor: CallExecutor,
) -> Iterator[tuple[int, str]]:
    """Rows in which the same call, spelled another way, gives another result."""
    again: list[tuple[int, str, CallResult, CallRequest]] = []
    for i, per_tool in zip(chosen, defaults, strict=True):
        for (name, api_id, arguments), first in zip(rows[i], outcomes[i], strict=True):
            binding = bindings[api_id]
            if binding.kind != "python" or first.truncated:
                continue
            if len(arguments) > 1:
                turned = dict(reversed(arguments.items()))
                again.append((i, f"{name}: arguments in another order", first, _request(binding, turned)))
            stated = {key for key, value in arguments.items() if _is_default(value, per_tool[name], key)}
            if stated:
                fewer = {key: value for key, value in arguments.items() if key not in stated}
                left_out = ", ".join(sorted(stated))
                again.append((i, f"{name}: without its default {left_out}", first, _request(binding, fewer)))
    seen: set[int] = set()
    results = _in_step(executor, [request for *_, request in again])
    for (i, what, first, _), second in zip(again, results, strict=True):
        if (second.outcome, second.result) != (first.outcome, first.result) and i not in seen:
            seen.add(i)
            yield i, f"{what}: {(second.result or second.outcome.value)[:80]} instead of {(first.result or '')[:80]}"


def _request(binding: Binding, arguments: JsonObject) -> CallRequest:
    return CallRequest(binding=binding, arguments=arguments)


def _is_default(value: object, defaults: JsonObject, key: str) -> bool:
    return key in defaults and dumps(value) == dumps(defaults[key])
