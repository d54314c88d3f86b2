"""Rows made from rows: fresh values, masked names."""

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.domain.call import Call
from apigen_assets.tool_formats.openai_tool import parameters_of
from apigen_assets.training.examples import TrainingExample, iter_examples
from apigen_assets.training.heldout import is_exact
from apigen_assets.training.masking import masked
from apigen_assets.training.prompt_format import render
from apigen_assets.training.variants import _places, text_values, with_fresh_values


def _example(query, **arguments):
    tool = {"name": "f", "description": "Units: metric or imperial.", "parameters": {}}
    return TrainingExample(query, [tool], [Call(name="f", arguments=arguments)], "simple")


@given(st.integers(0, 10_000))
def test_values_are_replaced_alike_in_query_and_answer(seed):
    example = _example(
        "From Oslo to Lima on 2024-05-01: 12 people, -3.5 degrees, [4, 7, 4], metric, Oslo again",
        a="Oslo", b="Lima", day="2024-05-01", n=12, t=-3.5, ids=[4, 7, 4], units="metric", flag=True, absent="Rome",
    )  # fmt: skip
    fresh = with_fresh_values(example, random.Random(seed), ["Quito", "Dakar"], share=1.0)
    given = fresh.answers[0].arguments
    assert fresh.query == (
        f"From {given['a']} to {given['b']} on 2024-05-01: {given['n']} people, {given['t']} degrees, "
        f"{given['ids']}, metric, {given['a']} again"
    )
    assert given["ids"][0] == given["ids"][2] != given["ids"][1]
    assert given["a"] != given["b"]
    assert (given["day"], given["units"], given["flag"], given["absent"]) == ("2024-05-01", "metric", True, "Rome")
    assert isinstance(given["n"], int) and isinstance(given["t"], float) and given["t"] < 0


def test_parts_of_words_and_numbers_are_left_alone():
    example = _example("5 of 55, 5.5 and A5", n=5)
    fresh = with_fresh_values(example, random.Random(1), [], share=1.0)
    assert fresh.query == f"{fresh.answers[0].arguments['n']} of 55, 5.5 and A5"


@given(st.integers(0, 10_000))
def test_codes_keep_their_kind_of_characters(seed):
    example = _example(
        "From JFK, colour 3a7Bd5, page https://example.com/a1", a="JFK", b="3a7Bd5", c="https://example.com/a1"
    )
    fresh = with_fresh_values(example, random.Random(seed), ["Quito"], share=1.0)
    given = fresh.answers[0].arguments
    assert re.fullmatch("[A-Z]{3}", given["a"]) and re.fullmatch("[0-9][a-z][0-9][A-Z][a-z][0-9]", given["b"])
    assert given["c"] == "https://example.com/a1"
    assert fresh.query == f"From {given['a']}, colour {given['b']}, page https://example.com/a1"


def test_invented_words_are_not_only_syllables():
    example = _example("about gardening", q="gardening")
    words = ["photography", "climate change", "machine learning"]
    fresh = {
        with_fresh_values(example, random.Random(n), words, share=1.0).answers[0].arguments["q"] for n in range(300)
    }
    syllables = re.compile("([bcdfghklmnprstvwz][aeiou])+[bcdfghklmnprstvwz]?")
    unlike = [word for word in fresh if word not in words and not syllables.fullmatch(word)]
    assert len(unlike) > 50


@given(st.text("ab1.-_ é", max_size=12), st.text("ab1é", min_size=1, max_size=2))
def test_a_value_is_found_where_a_pattern_for_whole_words_would_find_it(text, value):
    pattern = rf"(?<![\w.\-]){re.escape(value)}(?![\w\-]|\.\d)"
    assert _places(value, text) == [found.start() for found in re.finditer(pattern, text)]


def test_text_values_come_from_the_rows(rows_file):
    assert text_values(iter_examples(rows_file)) == [
        "Athens", "Berlin", "Boston", "Cairo", "Dublin", "Lima", "Oslo", "Paris"
    ]  # fmt: skip


def test_masking_renames_tools_parameters_and_answers_together(rows_file):
    for number, example in enumerate(iter_examples(rows_file)):
        hidden = masked(example, random.Random(number))
        shown = render(hidden.query, hidden.tools, "xlam")
        assert hidden.query == example.query
        assert not any(f'"{tool["name"]}"' in shown for tool in example.tools)
        by_name = {tool["name"]: {one.name for one in parameters_of(tool["parameters"])} for tool in hidden.tools}
        for call, before in zip(hidden.answers, example.answers, strict=True):
            assert set(call.arguments) <= by_name[call.name]
            assert list(call.arguments.values()) == list(before.arguments.values())


def test_exact_means_names_and_arguments_in_any_order_of_calls():
    one, two = Call(name="f", arguments={"a": 1}), Call(name="g", arguments={"b": [2.0, "x"]})
    assert is_exact([two, one], [one, two])
    assert is_exact([Call(name="g", arguments={"b": [2, "x"]})], [two])
    assert not is_exact([one], [one, two])
    assert not is_exact([Call(name="f", arguments={"a": "1"})], [one])
    assert not is_exact([Call(name="f", arguments={"a": True})], [one])
    assert not is_exact(None, [])
    assert is_exact([], [])
