"""Audit a data set: every row through format, execution where its tools can be called, and grounding."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

from apigen_assets.domain.api import Api, Binding
from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.chat import ChatModel
from apigen_assets.domain.outcome import CallExecutor
from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.verdict import Decision
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from apigen_assets.verification.audit.read_rows import AuditRow, row_key
from apigen_assets.verification.audit.tool_findings import ToolReport
from apigen_assets.verification.grounding.tool_view import enum_of
from apigen_assets.verification.stages.controls import Control
from apigen_assets.verification.stages.execution import check_execution
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.semantic import SemanticCheck

CHUNK_ROWS = 2048


class Functions:
    """What can be called, by the name that rows use: the API's, or the plain name of a Python function.

    A plain name that two functions share is nobody's. A row's tool that only has its name in common with a function
    is another one, and is not run.
    """

    def __init__(self, apis: Iterable[Api] = ()) -> None:
        self.bindings: dict[str, Binding] = {}
        self._parameters: dict[str, JsonObject] = {}
        plain: dict[str, set[str]] = {}
        for api in apis:
            self.bindings[api.name] = api.binding
            self._parameters[api.name] = api.tool()["parameters"]
            if api.binding.kind == "python":
                plain.setdefault(api.binding.function, set()).add(api.name)
        for name, owners in plain.items():
            if len(owners) == 1 and name not in self.bindings:
                owner = next(iter(owners))
                self.bindings[name] = self.bindings[owner]
                self._parameters[name] = self._parameters[owner]

    def obstacle(self, tool: JsonMapping) -> str:
        """Why a row's tool cannot be run; empty where it can."""
        name = str(tool["name"])
        if name not in self.bindings:
            return f"no function for {name}"
        own, offered = self._parameters[name], tool.get("parameters") or {}
        names = own.get("properties") or {}
        needed = set(own.get("required") or ())
        wanted = offered.get("properties") or {}
        if not needed <= wanted.keys() <= names.keys():
            return f"the function {name} has other parameters than the row's tool"
        for parameter, schema in wanted.items():
            choices = enum_of(names[parameter]) if isinstance(names[parameter], dict) else []
            foreign = [choice for choice in enum_of(schema) if choices and choice not in choices]
            if foreign:
                return f"the function {name} does not take {parameter} = {foreign[0]!r}, as the row's tool does"
        return ""


@dataclass
class Funnel:
    """Counts of an audit."""

    rows: int = 0
    kept: int = 0
    executed: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By stage and reason."""
    examples: dict[tuple[str, str], list[tuple[JsonValue, str]]] = field(default_factory=dict)
    """Up to three rows per reason: id and detail."""
    undecided: int = 0
    """Rows with open questions, kept or not."""
    questions: Counter[str] = field(default_factory=Counter)
    """Rows by rule of grounding that asks and does not reject."""
    controls: list[Control] = field(default_factory=list)
    """How each judge did on items known to be good or bad."""
    tools: ToolReport = field(default_factory=ToolReport)

    def count(self, row: AuditRow, verdict: JsonMapping, executed: bool) -> None:
        """Add one row and its verdict."""
        self.rows += 1
        self.tools.count(row.id, row.tool_findings)
        self.executed += executed
        self.undecided += verdict["decision"] == Decision.UNDECIDED.value
        self.questions.update({finding["rule"] for finding in verdict["findings"] if not finding["rejects"]})
        if verdict["keep"]:
            self.kept += 1
            return
        key = (str(verdict["stage"]), str(verdict["reason"]))
        self.reasons[key] += 1
        shown = self.examples.setdefault(key, [])
        if len(shown) < 3:
            shown.append((verdict["id"], verdict["detail"]))


def audit_rows(
    rows: Iterable[AuditRow],
    functions: Functions | None = None,
    executor: CallExecutor | None = None,
    chat: ChatModel | None = None,
    judges: Sequence[str] = (),
    funnel: Funnel | None = None,
    allow_empty: bool = False,
    options: JudgeOptions | None = None,
) -> Iterator[JsonObject]:
    """One verdict per row, in the rows' order, in bounded memory.

    Args:
        rows: from `read_rows`.
        functions: what can be called; a row that calls anything else is not executed.
        executor: makes the calls; null: no row is executed.
        chat: where judges answer; null: no judge is asked.
        judges: names of the judging generators.
        funnel: counts, filled as verdicts are given.
        allow_empty: an answer without calls is meant (no offered tool fits), and kept.
        options: how judges are asked, and what becomes of undecided rows.

    Yields:
        `{"id", "keep", "stage", "reason", "detail", "results", "decision", "findings", "votes"}`. `stage` is the stage
        that rejected the row, and for a kept row the last that passed it; `results` is the list of call outcomes, null
        where nothing was executed; `decision` is `verified`, `rejected` or `undecided`; `findings` lists grounding's
        evidence against the row, whether it rejects or only asks; `votes` is null where no judge was asked.
    """
    functions = functions or Functions()
    funnel = funnel if funnel is not None else Funnel()
    checker = FormatChecker()
    semantic = SemanticCheck(chat, judges, options, "audit")
    stream = iter(rows)
    offset = 0
    while chunk := list(islice(stream, CHUNK_ROWS)):
        frame = _candidates(chunk, offset)
        offset += len(chunk)
        settled: dict[str, JsonObject] = {}
        passed = _settle(settled, checker.check(frame))
        if allow_empty:
            for found in settled.values():
                if found["reason"] == Reason.NO_CALLS.value:
                    found.update(passed=True, reason=None, detail="no call wanted", decision=Decision.VERIFIED.value)
        runnable = pl.Series(
            [
                executor is not None and not _obstacles(tools, answers, functions)
                for tools, answers in passed.select("tools", "answers").iter_rows()
            ],
            dtype=pl.Boolean,
        )
        if executor is not None:
            executed = _settle(settled, _executed(passed.filter(runnable), functions, executor))
            passed = pl.concat([executed, passed.filter(~runnable)])
        for row in semantic(passed).select(_SETTLED).iter_rows(named=True):
            settled[row["candidate_id"]] = row
        funnel.controls = semantic.controls
        for row_, key in zip(chunk, frame["candidate_id"], strict=True):
            verdict = _verdict(row_, settled[key], functions)
            funnel.count(row_, verdict, settled[key]["execution"] is not None)
            yield verdict


def _candidates(chunk: Sequence[AuditRow], offset: int) -> pl.DataFrame:
    records = [
        {
            "candidate_id": row_key(row, offset + i),
            "generator": "",
            "batch": "",
            "style": row.style,
            "query": row.query,
            "tools": row.tools,
            "answers": row.answers,
            "thought": None,
            "prompt_id": f"{row.style}/audit/{row.language}@" if row.language else "",
            "completion_key": "",
            "raw_text": None,
            "parse_error": row.problem,
        }
        for i, row in enumerate(chunk)
    ]
    return pl.DataFrame([_clean(record) for record in records], schema=Candidate.SCHEMA, orient="row")


def _clean(record: JsonObject) -> JsonObject:
    """Text that is not Unicode (half a surrogate pair) made storable; the row is rejected for it."""
    for key, value in record.items():
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                record[key] = value.encode("utf-8", "replace").decode()
                record["parse_error"] = record["parse_error"] or f"not_json: {key} is not Unicode text"
    return record


_SETTLED = [
    "candidate_id", "passed", "stage", "reason", "detail", "execution", "decision", "findings", "votes",
]  # fmt: skip


def _settle(settled: dict[str, JsonObject], checked: pl.DataFrame) -> pl.DataFrame:
    """Note what a stage rejected; the rows that passed."""
    for row in checked.filter(~pl.col("passed")).select(_SETTLED).iter_rows(named=True):
        settled[row["candidate_id"]] = row
    return checked.filter("passed")


def _obstacles(tools: str, answers: str, functions: Functions) -> list[str]:
    """Why a row's calls cannot be made, each reason once."""
    called = {call["name"] for call in json.loads(answers)}
    reasons = [functions.obstacle(tool) for tool in json.loads(tools) if tool["name"] in called]
    return [reason for reason in dict.fromkeys(reasons) if reason]


def _executed(frame: pl.DataFrame, functions: Functions, executor: CallExecutor) -> pl.DataFrame:
    """The execution check with each tool's name as its id, since rows of other data sets have none."""
    with_ids = frame.with_columns(
        frame["tools"].map_elements(
            lambda text: json.dumps([{**tool, "api_id": tool["name"]} for tool in json.loads(text)]),
            return_dtype=pl.String,
        )
    )
    return check_execution(with_ids, functions.bindings, executor)


def _verdict(row: AuditRow, found: JsonObject, functions: Functions) -> JsonObject:
    results = json.loads(found["execution"]) if found["execution"] else None
    detail = found["detail"]
    if results is None and found["stage"] != Stage.FORMAT.value:
        obstacles = _obstacles(row.tools or "[]", row.answers or "[]", functions)
        mark = f"not executed: {', '.join(obstacles[:3])}" if obstacles else "not executed"
        detail = f"{detail}; {mark}" if detail else mark
    return {
        "id": row.id,
        "keep": found["passed"],
        "stage": found["stage"],
        "reason": found["reason"],
        "detail": detail,
        "results": results,
        "decision": found["decision"],
        "findings": json.loads(found["findings"]) if found["findings"] else [],
        "votes": json.loads(found["votes"]) if found["votes"] else None,
    }
