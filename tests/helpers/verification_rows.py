"""Rows for the tests of this folder: built-in functions' seeds, and small hand-made ones."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Binding, PythonBinding
from apigen_assets.domain.candidate import Candidate, make_candidate_id
from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.domain.outcome import CallRequest, CallResult, Outcome
from apigen_assets.domain.style import style_of
from apigen_assets.files.json_types import JsonObject
from apigen_assets.functions.library import all_functions, all_seeds

SPEED = {
    "api_id": "speed",
    "name": "final_velocity",
    "description": "Velocity after constant acceleration.",
    "parameters": {
        "type": "object",
        "properties": {
            "initial_velocity": {"type": "number", "description": "Velocity at the start in m/s."},
            "acceleration": {"type": "number", "description": "Acceleration in m/s2."},
            "time": {"type": "number", "description": "Duration in seconds.", "minimum": 0},
            "unit": {"type": "string", "enum": ["m/s", "km/h"], "default": "m/s"},
        },
        "required": ["initial_velocity", "acceleration", "time"],
    },
}
WEATHER = {
    "api_id": "weather",
    "name": "forecast",
    "description": "Weather forecast of a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City."},
            "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3, "description": "Days ahead."},
        },
        "required": ["city"],
    },
}
GOOD = {"initial_velocity": 4, "acceleration": 9.8, "time": 10}
QUERY = "How fast is a stone after 10 seconds at 9.8 m/s2 if it starts with 4 m/s?"


def call(name: str, /, **arguments: Any) -> JsonObject:
    return {"name": name, "arguments": arguments}


def candidate(
    calls: Any,
    tools: Sequence[JsonObject] = (SPEED,),
    query: str | None = QUERY,
    style: str | None = None,
    **more: Any,
) -> JsonObject:
    """One candidate; `calls` as a list, or as JSON text for the text itself to be tested."""
    text = calls if isinstance(calls, str) else None
    listed = [] if text is not None else calls
    record = Candidate(
        candidate_id=make_candidate_id(f"{query}{calls}{tools}", 0),
        generator="g",
        batch="b",
        style=style or style_of(len(tools), len(listed) if listed is not None else 1),
        query=query,
        tools=list(tools),
        answers=listed,
        prompt_id="p",
        completion_key="k",
        **more,
    )
    row = record.row()
    return row if text is None else {**row, "answers": text}


def frame(*rows: JsonObject) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=Candidate.SCHEMA, orient="row")


@cache
def seed_rows() -> pl.DataFrame:
    """Every seed of the built-in functions, as candidates: rows that are right, written by hand."""
    tools = {
        api.binding.function: api.tool()
        for api in import_python_package("apigen_assets.functions", "builtin").apis
        if isinstance(api.binding, PythonBinding)
    }
    out = []
    for number, seed in enumerate(all_seeds()):
        if not all(name in tools for name in seed.tools):
            continue
        names = {name: tools[name]["name"] for name in seed.tools}
        out.append(
            Candidate(
                candidate_id=make_candidate_id("seed", number),
                generator="g",
                batch="b",
                style=seed.style,
                query=seed.query,
                tools=[tools[name] for name in seed.tools],
                answers=[
                    {"name": names[one.name], "arguments": one.model_dump(mode="json")["arguments"]}
                    for one in seed.answers
                ],
                prompt_id="p",
                completion_key="k",
            )
        )
    return Candidate.frame(out)


@cache
def seed_bindings() -> dict[str, Binding]:
    tools = import_python_package("apigen_assets.functions", "builtin").apis
    return {api.api_id: api.binding for api in tools}


class InProcess:
    """Calls the built-in functions in this process: for tests of what stands around the executor."""

    def __init__(self) -> None:
        self.made: list[CallRequest] = []

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        from apigen_assets.files.canonical import dumps

        for request in requests:
            self.made.append(request)
            assert isinstance(request.binding, PythonBinding)
            function = all_functions()[request.binding.function]
            try:
                result = dumps(function(**request.arguments))
            except Exception as error:
                yield CallResult(outcome=Outcome.EXCEPTION, detail=f"{type(error).__name__}: {error}")
            else:
                yield CallResult(outcome=Outcome.OK, result=result)


class Scripted:
    """Gives the results it was given, and notes the requests."""

    def __init__(self, *results: CallResult) -> None:
        self.results = list(results)
        self.made: list[CallRequest] = []

    def execute(self, requests: Iterable[CallRequest]) -> Iterator[CallResult]:
        for request in requests:
            self.made.append(request)
            yield self.results[(len(self.made) - 1) % len(self.results)]


class FakeChat:
    """A chat model that answers by a function of (generator, request), and notes what it was asked."""

    def __init__(self, answer: Callable[[str, ChatRequest], Completion | str]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, ChatRequest]] = []

    def complete(
        self, generator: str, requests: Iterable[ChatRequest], on_progress: Callable[[int, int], None] | None = None
    ) -> list[Completion]:
        out = []
        for request in requests:
            self.asked.append((generator, request))
            answer = self.answer(generator, request)
            out.append(answer if isinstance(answer, Completion) else Completion(key="k", status="ok", text=answer))
        return out


class OpensScripted(dg.ConfigurableResource[Any]):
    """An executor resource whose every call succeeds."""

    @contextlib.contextmanager
    def open(self) -> Iterator[Scripted]:
        yield Scripted(CallResult(outcome=Outcome.OK, result="1"))


BINDINGS = {
    "speed": PythonBinding(module="m", function="final_velocity"),
    "weather": PythonBinding(module="m", function="forecast"),
}
