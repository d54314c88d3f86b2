"""Stage 1, the format check: is the answer a well-formed list of calls to the tools offered (paper, 3.2)?

Static only: nothing is called. Missing arguments and wrong types are found here already, which the paper leaves
to the execution stage; a malformed call then never reaches a function.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from apigen_assets.domain.reason import Reason, Stage
from apigen_assets.domain.style import style_of
from apigen_assets.domain.verdict import Verdict, with_verdicts
from apigen_assets.files.canonical import StrictJsonError, dumps, loads_strict
from apigen_assets.files.excerpt import cut
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.json_schema import DEFINITIONS
from apigen_assets.tool_formats.schema_validator import PATTERN_TIME, BadSchemaError, Check, SchemaFault, compile_schema


class FormatLimits(BaseModel):
    """Sizes above which a pair is rejected instead of looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query_characters: int = Field(default=20_000, ge=1)
    answer_characters: int = Field(default=100_000, ge=2)
    """Of the JSON text of all calls of one pair."""
    depth: int = Field(default=32, ge=1)
    """Nesting of arrays and objects inside one argument."""
    calls: int = Field(default=64, ge=1)


class CompiledTool(NamedTuple):
    """A tool as offered, ready to check calls with."""

    arguments: dict[str, Check]
    required: tuple[str, ...]
    other: Check | None
    """For arguments that are not a named parameter; null where such are refused."""
    whole: Check
    """Keywords on the arguments as a whole; the named parameters are checked before."""


Finding = tuple[Reason, str]

_KEYWORD_REASON = {
    "type": Reason.WRONG_TYPE,
    "enum": Reason.NOT_IN_ENUM,
    "const": Reason.NOT_IN_ENUM,
    "$ref": Reason.BAD_TOOLS,
    PATTERN_TIME: Reason.BAD_TOOLS,
}

_FORMAT_REASONS = {reason.value: reason for reason in Reason if reason.stage is Stage.FORMAT}

_MAX_CACHED_TOOLS = 20_000
_MAX_CACHED_SETS = 2_048


def check_format(frame: pl.DataFrame, limits: FormatLimits | None = None) -> pl.DataFrame:
    """Judge every candidate of a frame by its format.

    Args:
        frame: rows of `Candidate.SCHEMA`.
        limits: sizes above which a pair is rejected.

    Returns:
        The same rows in the same order with `CHECKED_SCHEMA`; `execution` is null.
    """
    return FormatChecker(limits).check(frame)


class FormatChecker:
    """The format check with its compiled tools, for many frames in a row."""

    def __init__(self, limits: FormatLimits | None = None) -> None:
        self._limits = limits or FormatLimits()
        self._compiled: dict[str, list[tuple[JsonObject, CompiledTool | str]]] = {}
        self._cached = 0
        self._sets: dict[str, dict[str, CompiledTool] | str] = {}

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """As `check_format`."""
        columns = ["style", "query", "tools", "answers", "raw_text", "parse_error"]
        verdicts: list[Verdict] = []
        for row in frame.select(columns).iter_rows():
            finding = self._row(*row)
            verdicts.append(Verdict.of(finding and (finding[0], _as_text(finding[1]))))
        without = frame.with_columns(pl.lit(None, dtype=pl.String).alias("execution"))
        return with_verdicts(without, Stage.FORMAT, verdicts)

    def _row(
        self,
        style: str,
        query: str | None,
        tools_text: str | None,
        answers_text: str | None,
        raw_text: str | None,
        parse_error: str | None,
    ) -> Finding | None:
        if parse_error is not None:
            return parse_failure(parse_error, raw_text)
        if query is None or answers_text is None:
            return Reason.MISSING_FIELD, "query" if query is None else "answers"
        if not query.strip():
            return Reason.EMPTY_QUERY, ""
        limits = self._limits
        if len(query) > limits.query_characters:
            return Reason.TOO_LARGE, f"query of {len(query)} characters, at most {limits.query_characters}"
        if len(answers_text) > limits.answer_characters:
            return Reason.TOO_LARGE, f"answers of {len(answers_text)} characters, at most {limits.answer_characters}"
        tools = self._sets.get(tools_text or "")
        if tools is None:
            # The pairs of one completion come with one text of tools, and often neighbours do.
            if len(self._sets) >= _MAX_CACHED_SETS:
                self._sets.clear()
            tools = self._sets[tools_text or ""] = self._tools(tools_text)
        if isinstance(tools, str):
            return Reason.BAD_TOOLS, tools
        try:
            calls = loads_strict(answers_text)
        except StrictJsonError as error:
            return _FORMAT_REASONS.get(error.kind, Reason.NOT_JSON), str(error)
        if not isinstance(calls, list):
            return Reason.MALFORMED_CALL, "the answers are not a list of calls"
        if not calls:
            return Reason.NO_CALLS, "the answer calls nothing"
        if len(calls) > limits.calls:
            return Reason.TOO_LARGE, f"{len(calls)} calls, at most {limits.calls}"
        for i, call in enumerate(calls):
            finding = self._call(call, tools)
            if finding is not None:
                return finding[0], f"call {i + 1}: {finding[1]}" if len(calls) > 1 else finding[1]
        if len(calls) > 1:
            seen: set[str] = set()
            for call in calls:
                text = dumps(call)
                if text in seen:
                    return Reason.DUPLICATE_CALL, f"{call['name']} is called twice with the same arguments"
                seen.add(text)
        actual = style_of(len(tools), len(calls))
        if actual != style:
            return Reason.WRONG_STYLE, f"{len(tools)} tools and {len(calls)} calls are {actual}, not {style}"
        return None

    def _call(self, call: object, tools: dict[str, CompiledTool]) -> Finding | None:
        if not isinstance(call, dict):
            return Reason.MALFORMED_CALL, "not an object with name and arguments"
        if call.keys() != {"name", "arguments"}:
            missing = sorted({"name", "arguments"} - call.keys())
            other = sorted(call.keys() - {"name", "arguments"})
            return Reason.MALFORMED_CALL, f"no {missing[0]}" if missing else f"unknown key {_cut(repr(other[0]))}"
        name, arguments = call["name"], call["arguments"]
        if not isinstance(name, str) or not isinstance(arguments, dict):
            return Reason.MALFORMED_CALL, "name must be a string and arguments an object"
        tool = tools.get(name)
        if tool is None:
            return Reason.UNKNOWN_FUNCTION, f"{_cut(repr(name))} is not offered here"
        problem = _unfit(arguments, self._limits.depth)
        if problem is not None:
            return problem
        for key, value in arguments.items():
            check = tool.arguments.get(key, tool.other)
            if check is None:
                return Reason.UNKNOWN_ARGUMENT, f"{name} has no parameter {_cut(repr(key))}"
            fault = check(value)
            if fault is not None:
                return _finding(fault, key)
        for key in tool.required:
            if key not in arguments:
                return Reason.MISSING_ARGUMENT, f"{name} needs {key!r}"
        fault = tool.whole(arguments)
        return None if fault is None else _finding(fault, "arguments")

    def _tools(self, text: str | None) -> dict[str, CompiledTool] | str:
        """The tools of a row by name, or what is wrong with them."""
        try:
            tools = loads_strict(text or "")
        except StrictJsonError as error:
            return f"tools are not strict JSON: {error}"
        if not isinstance(tools, list) or not tools:
            return "no list of tools" if not isinstance(tools, list) else "no tool is offered"
        out: dict[str, CompiledTool] = {}
        for tool in tools:
            if not isinstance(tool, dict) or not isinstance(tool.get("name"), str) or not tool["name"]:
                return "a tool has no name"
            name, parameters = tool["name"], tool.get("parameters")
            if name in out:
                return f"two tools are named {_cut(repr(name))}"
            if not isinstance(parameters, dict):
                return f"{_cut(name)}: parameters are not a JSON Schema"
            compiled = self._compile(name, parameters)
            if isinstance(compiled, str):
                return f"{_cut(name)}: {compiled}"
            out[name] = compiled
        return out

    def _compile(self, name: str, parameters: JsonObject) -> CompiledTool | str:
        known = self._compiled.setdefault(name, [])
        for schema, compiled in known:
            # Equal by value, so that one tool is compiled once however many rows offer it.
            if schema == parameters:
                return compiled
        compiled = compile_tool(parameters)
        if self._cached >= _MAX_CACHED_TOOLS:
            self._compiled, self._cached = {name: (known := [])}, 0
        known.append((parameters, compiled))
        self._cached += 1
        return compiled


def compile_tool(parameters: JsonObject) -> CompiledTool | str:
    """A tool's parameter schema compiled, or what is wrong with it.

    Arguments that the schema does not name are refused unless it allows them in words
    (`additionalProperties` not false, or `patternProperties`): a model may not invent parameters.
    """
    if parameters.get("type", "object") != "object":
        return f"parameters are of type {_cut(repr(parameters['type']))}, not object"
    properties = parameters.get("properties", {})
    try:
        whole = compile_schema(parameters)
        outer = {"properties", "required", "type", DEFINITIONS}
        rest = {key: value for key, value in parameters.items() if key not in outer}
        definitions = {DEFINITIONS: parameters[DEFINITIONS]} if parameters.get(DEFINITIONS) else {}
        if any(key.startswith("$") for key in rest) or "patternProperties" in rest:
            # References resolve against the root and patterns combine: the whole schema decides at once.
            checks: dict[str, Check] = dict.fromkeys(properties, _anything)
            other = _anything if "patternProperties" in rest or rest.get("additionalProperties") else None
            return CompiledTool(checks, tuple(parameters.get("required", ())), other, whole)
        extra = rest.pop("additionalProperties", False)
        return CompiledTool(
            {name: compile_schema(_with(schema, definitions)) for name, schema in properties.items()},
            tuple(parameters.get("required", ())),
            compile_schema(_with(extra, definitions)) if extra is not False else None,
            compile_schema(_with(rest, definitions)),
        )
    except BadSchemaError as error:
        return f"parameters are not a valid JSON Schema: {error}"


def _with(schema: JsonValue, definitions: JsonObject) -> JsonValue:
    """A part of the parameters with the schemas that its references lead to."""
    needs = bool(definitions) and isinstance(schema, dict) and f"#/{DEFINITIONS}/" in dumps(schema)
    return {**schema, **definitions} if needs else schema


def parse_failure(parse_error: str, raw_text: str | None) -> Finding:
    """Reason and detail of a pair that could not be parsed; `parse_error` is `kind` or `kind: detail`."""
    kind, _, detail = parse_error.partition(":")
    reason = _FORMAT_REASONS.get(kind.strip(), Reason.NOT_JSON)
    text = detail.strip() if kind.strip() in _FORMAT_REASONS else parse_error
    return reason, text or _cut((raw_text or "").strip())


def _anything(value: object) -> SchemaFault | None:
    return None


def _finding(fault: SchemaFault, key: str) -> Finding:
    reason = _KEYWORD_REASON.get(fault.keyword, Reason.INVALID_VALUE)
    return reason, f"{key}{fault.path}: {fault.message}"


def _unfit(arguments: JsonObject, depth: int) -> Finding | None:
    """Depth, numbers that overflow to infinity, and text that is not Unicode."""
    flat = True
    for key, value in arguments.items():
        kind = type(value)
        if kind is str:
            if not value.isascii() and not _is_unicode(value):
                return Reason.NOT_JSON, f"{_cut(ascii(key))}: a lone surrogate is not text"
        elif kind is float:
            if not math.isfinite(value):
                return Reason.NON_FINITE_NUMBER, f"{_cut(ascii(key))}: a number beyond double precision"
        elif kind is list or kind is dict:
            flat = False
        if not key.isascii() and not _is_unicode(key):
            return Reason.NOT_JSON, f"{_cut(ascii(key))}: a lone surrogate is not text"
    if flat:
        return None
    for level, value in _walk(arguments):
        if level > depth:
            return Reason.TOO_DEEP, f"nested more than {depth} levels"
        if isinstance(value, float) and not math.isfinite(value):
            return Reason.NON_FINITE_NUMBER, "a number beyond double precision"
        if isinstance(value, str) and not value.isascii() and not _is_unicode(value):
            return Reason.NOT_JSON, "a lone surrogate is not text"
    return None


def _walk(value: object) -> Iterator[tuple[int, JsonValue]]:
    stack = [(0, value)]
    while stack:
        level, one = stack.pop()
        yield level, one
        if isinstance(one, dict):
            stack.extend((level + 1, key) for key in one)
            stack.extend((level + 1, inner) for inner in one.values())
        elif isinstance(one, list):
            stack.extend((level + 1, inner) for inner in one)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _cut(text: str, width: int = 80) -> str:
    return cut(text, width)
