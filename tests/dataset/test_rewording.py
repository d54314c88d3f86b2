"""Rewordings of relevance rows: taken where they say what the query said and no more, else the query stays."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from apigen_assets.dataset.relevance import relevance_rows
from apigen_assets.dataset.rewording import Gapped, Rewording, problem
from apigen_assets.domain.chat import ChatRequest, Completion
from apigen_assets.settings import Settings
from resources.llm.generators import writing_model
from tests.dataset.test_relevance import CATEGORIES, data

WEATHER = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}
LACKS_CITY = Gapped(
    "What will the weather in the city be for the next 5 days?",
    (WEATHER,),
    ({"name": "get_weather", "arguments": {"city": "Lima", "days": 5}},),
    frozenset({("get_weather", "city")}),
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Is it going to rain there over the next 5 days?", None),
        ("I'm packing: what will the weather be like for 5 days?", None),
        ("What will the weather be in Lima for the next 5 days?", "says the value"),
        ("What will the weather be for the next 7 days?", "other numbers"),
        ("What will the weather be like where we go?", "other numbers"),
        ("The weather for 5 days, please; the city is missing.", "speaks of the gap"),
        ("Is it going to rain there over the next 5 days? Stays unsaid: city", "repeats the task"),
        ("The weather for the next 5 days? It is about: the weather.", "repeats the task"),
        ("5 days", "too short or too long"),
        ("What will the weather for 5 days be? " * 10, "too short or too long"),
    ],
)
def test_what_a_rewording_must_be(text: str, why: str | None) -> None:
    assert problem(LACKS_CITY, text) == why


def test_a_rewording_keeps_the_other_values_that_are_words() -> None:
    lacks_days = Gapped(
        "Weather in Lima for the days to come, please",
        (WEATHER,),
        LACKS_CITY.calls,
        frozenset({("get_weather", "days")}),
    )
    assert problem(lacks_days, "How is the weather in Lima going to be?") is None
    assert problem(lacks_days, "How is the weather over there going to be?") == "leaves out another value"


def test_a_rewording_is_about_the_same() -> None:
    calls: tuple[dict[str, Any], ...] = ({"name": "get_weather", "arguments": {"city": "Lima"}},)
    lacks_all = Gapped("What will the weather be?", (WEATHER,), calls, LACKS_CITY.gone)
    assert problem(lacks_all, "How is the weather over there?") is None
    assert problem(lacks_all, "My parrot hums all day.") == "about something else"


def request_of(request: ChatRequest) -> str:
    """The query that a prompt asks to be reworded."""
    first = str(request.messages[1]["content"]).split("\n")[0]
    return first.removeprefix("Request: ")


class Writer:
    """Answers every request as told, and remembers the requests."""

    def __init__(self, answer: Callable[[str], str], status: Any = "ok") -> None:
        self.asked: list[ChatRequest] = []
        self._answer = answer
        self._status = status

    def complete(
        self, generator: str, requests: Sequence[ChatRequest], on_progress: Callable[[int, int], None] | None = None
    ) -> list[Completion]:
        self.asked += requests
        texts = [self._answer(request_of(request)) for request in requests]
        return [Completion(key=str(place), status=self._status, text=text) for place, text in enumerate(texts)]


def queries(writer: Writer | None) -> list[tuple[str, str]]:
    made = relevance_rows(data(), CATEGORIES, 30, seed=3, rewording=Rewording(writer, "m") if writer else None)
    return list(made.rows.select("kind", "query").iter_rows())


def test_only_rows_that_lack_a_value_are_reworded_and_all_in_one_request_for_each() -> None:
    plain = queries(None)
    writer = Writer(lambda query: f'Here: {{"query": "Could you look this up for me: {query}"}}')
    reworded = queries(writer)
    assert len(writer.asked) == 10
    for (kind, query), (_, new) in zip(plain, reworded, strict=True):
        assert new == (f"Could you look this up for me: {query}" if kind == "argument_missing" else query)
    assert queries(Writer(lambda query: f'{{"query": "Could you look this up for me: {query}"}}')) == reworded


@pytest.mark.parametrize(
    "writer",
    [
        Writer(lambda _: "I cannot."),
        Writer(lambda query: f"<think>{query}</think>"),
        Writer(lambda query: json.dumps({"query": query + " with 123"})),
        Writer(lambda query: json.dumps([{"query": query}, {"query": query + " please"}])),
        Writer(lambda _: "", "error"),
        Writer(lambda _: json.dumps({"query": "Always the very same request"})),
    ],
)
def test_what_cannot_be_taken_leaves_the_natural_form(writer: Writer) -> None:
    assert queries(writer) == queries(None)


def test_the_writer_is_the_first_real_model_that_generates(tmp_path: Any) -> None:
    file = tmp_path / "generators.yaml"
    entry = "  - {{name: {0}, base_url: 'http://127.0.0.1:1/v1', model: m, roles: [{1}]}}\n"
    file.write_text("generators:\n" + entry.format("judge", "judge") + entry.format("writer", "generate"))
    assert writing_model(Settings(generators_file=file)) == "writer"
    assert writing_model(Settings(generators_file=tmp_path / "none.yaml")) is None
    assert Settings().relevance_rewording is False
