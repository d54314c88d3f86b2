"""Rows that say the same in other words are found, whatever the order of calls and defaults; other values never are."""

import importlib.util
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from apigen_assets.dataset import meaning
from apigen_assets.dataset.compose import Fate, Quotas, compose
from apigen_assets.dataset.diversity import diversity, table_of
from apigen_assets.dataset.meaning import NEAR_MEANING, Meanings, MeaningUnavailableError, meant_calls, share_said_again
from tests.helpers.paths import ROOT

TOOL = {
    "api_id": "w",
    "name": "weather",
    "description": "Weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "default": "C"}},
        "required": ["city"],
    },
}
needs_extra = pytest.mark.skipif(not meaning.is_available(), reason="the extra `meaning` is not installed")


def rows(*pairs: tuple[str, list[dict[str, Any]]]) -> pl.DataFrame:
    calls = [[{"name": "weather", "arguments": arguments} for arguments in each] for _, each in pairs]
    return pl.DataFrame(
        {
            "candidate_id": [f"c{i}" for i in range(len(pairs))],
            "generator": "g",
            "style": ["simple" if len(each) == 1 else "parallel" for each in calls],
            "query": [query for query, _ in pairs],
            "tools": json.dumps([TOOL]),
            "answers": [json.dumps(each) for each in calls],
        }
    )


def found(frame: pl.DataFrame, similarity: float = NEAR_MEANING) -> dict[int, int]:
    meanings = Meanings(frame.height)
    meanings.add(frame)
    return meanings.duplicates(np.arange(frame.height), similarity)


@needs_extra
def test_the_same_in_other_words_is_found_and_other_values_are_not() -> None:
    frame = rows(
        ("What's the weather like in Lisbon?", [{"city": "Lisbon"}]),
        ("Tell me Lisbon's weather, please.", [{"city": "Lisbon", "unit": "C"}]),
        ("What's the weather like in Oslo?", [{"city": "Oslo"}]),
        ("What's the weather like in Lisbon in Fahrenheit?", [{"city": "Lisbon", "unit": "F"}]),
        ("Grandma flies in tonight, does she need her umbrella at the harbour?", [{"city": "Lisbon"}]),
        ("Weather in Rome, and then in Bern?", [{"city": "Rome"}, {"city": "Bern"}]),
        ("I need the weather for Bern and Rome.", [{"city": "Bern"}, {"city": "Rome"}]),
    )
    assert found(frame) == {1: 0, 6: 5}
    assert share_said_again(frame) == pytest.approx(2 / 7)
    assert "28.6%" in table_of(diversity(frame))


@needs_extra
def test_planted_paraphrases_are_found_and_nothing_else() -> None:
    planted = [line.split("\t") for line in (ROOT / "benchmarks/paraphrases.tsv").read_text().splitlines()]
    pairs = [
        (text, [{"city": f"{i}{'other' if place == 2 else ''}"}])
        for i, triple in enumerate(planted)
        for place, text in enumerate(triple)
    ]
    duplicates = found(rows(*pairs))
    assert all(row % 3 == 1 and before == row - 1 for row, before in duplicates.items())
    assert len(duplicates) >= 0.95 * len(planted)


@needs_extra
def test_composition_takes_one_of_them_where_that_is_asked_for_and_says_why() -> None:
    frame = rows(
        ("What's the weather like in Lisbon?", [{"city": "Lisbon"}]),
        ("Tell me Lisbon's weather, please.", [{"city": "Lisbon", "unit": "C"}]),
        ("What's the weather like in Oslo?", [{"city": "Oslo"}]),
    )
    assert compose(frame.lazy(), 12, 1).counts[Fate.CHOSEN] == 3
    composed = compose(frame.lazy(), 12, 1, Quotas(near_meaning=NEAR_MEANING))
    assert composed.counts[Fate.NEAR_MEANING] == 1 == composed.duplicates
    left_out = composed.fates.filter(fate=Fate.NEAR_MEANING).row(0, named=True)
    assert {left_out["candidate_id"], left_out["of"]} == {"c0", "c1"}


def test_calls_mean_the_same_without_defaults_order_and_spaces() -> None:
    def meant(*arguments: dict[str, Any]) -> str:
        calls = [{"name": "weather", "arguments": each} for each in arguments]
        return meant_calls(json.dumps([TOOL]), json.dumps(calls))

    assert meant({"city": "Rome"}, {"city": "Bern"}) == meant({"city": "Bern", "unit": "C"}, {"city": " Rome "})
    assert meant({"city": "Rome"}) != meant({"city": "rome"})
    assert meant({"city": "Rome", "unit": "F"}) != meant({"city": "Rome"})


def test_without_the_extra_it_is_said_and_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "wordllama" else real(name))
    meaning._model.cache_clear()
    frame = rows(("Weather in Rome?", [{"city": "Rome"}]), ("Rome's weather?", [{"city": "Rome", "unit": "C"}]))
    assert share_said_again(frame) is None
    assert "not measured" in table_of(diversity(frame))
    assert compose(frame.lazy(), 8, 1).counts[Fate.CHOSEN] == 2
    with pytest.raises(MeaningUnavailableError, match=r"pip install 'apigen\[meaning\]'"):
        compose(frame.lazy(), 8, 1, Quotas(near_meaning=0.5))
