"""Examples that are built where nobody wrote one have values of the kind that people gave."""

import random
import re

import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.style import Style
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.built_examples import build_example
from apigen_assets.generation.shown_examples import ShownExample, from_seeds


@pytest.fixture(scope="module")
def functions() -> dict[str, Api]:
    return {api.name: api for api in import_python_package("apigen_assets.functions", "builtin").apis}


def twice(api: Api, singles: list[ShownExample], seed: int) -> ShownExample:
    """An example that calls one function twice."""
    example = build_example(Style.PARALLEL, "plain", [api], [api.name], {api.name: singles}, random.Random(seed))
    assert example is not None
    return example


def test_a_code_is_followed_by_a_code_of_its_form_and_a_word_by_a_word(functions: dict[str, Api]) -> None:
    written = [example for example in from_seeds(all_seeds()) if len(example.answers) == 1]
    for name in ("tyre_dimensions", "edit_distance", "are_anagrams", "spell_phonetically"):
        singles = [example for example in written if example.answers[0].name == name]
        for seed in range(5):
            for parameter, value in twice(functions[name], singles, seed).answers[1].arguments.items():
                known = [str(example.answers[0].arguments.get(parameter)) for example in singles]
                if all(re.search(r"\d", text) for text in known):
                    assert re.search(r"\d", str(value)), (name, value)
                elif not any(re.search(r"\d", text) for text in known):
                    assert not re.fullmatch(r"[\d.]+", str(value)), (name, value)
    sizes = [example for example in written if example.answers[0].name == "tyre_dimensions"]
    second = twice(functions["tyre_dimensions"], sizes, 1).answers[1].arguments["size"]
    assert re.fullmatch(r"\d{3}/\d\dR\d\d", str(second))


def test_every_function_that_can_be_called_twice_has_an_example(functions: dict[str, Api]) -> None:
    written = [example for example in from_seeds(all_seeds()) if len(example.answers) == 1]
    for name in {example.answers[0].name for example in written}:
        twice(functions[name], [example for example in written if example.answers[0].name == name], 3)
