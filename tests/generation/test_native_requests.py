"""Examples in other languages: built in every style and wording, in own words, and kept by verification."""

import itertools
import json
import random
import re
from importlib.resources import files

import polars as pl
import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.candidate import Candidate
from apigen_assets.domain.style import Style
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.built_examples import build_example
from apigen_assets.generation.prompts import LANGUAGES, WORDINGS
from apigen_assets.generation.shown_examples import ShownExample, from_seeds
from apigen_assets.generation.templates import read_languages
from apigen_assets.verification.stages.format import FormatChecker
from apigen_assets.verification.stages.semantic import check_semantic

APIS = {api.name: api for api in import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis}
CHOSEN = ("running_pace", "convert_mass", "change_text_case", "nth_weekday_of_month", "check_luhn", "caesar_shift")


def singles() -> dict[str, list[ShownExample]]:
    by_tool: dict[str, list[ShownExample]] = {}
    for example in from_seeds(all_seeds()):
        if len(example.answers) == 1:
            by_tool.setdefault(example.answers[0].name, []).append(example)
    return by_tool


def built(language: str) -> list[tuple[Style, str, list[Api], ShownExample]]:
    """An example for every style and wording, with and without values of English examples."""
    out = []
    known = singles()
    for place, (style, wording) in enumerate(itertools.product(Style, WORDINGS)):
        names = [CHOSEN[place % len(CHOSEN)], CHOSEN[(place + 1) % len(CHOSEN)]]
        tools = [APIS[name] for name in names]
        if style in (Style.SIMPLE, Style.PARALLEL):
            tools = tools[:1]
        example = build_example(
            style,
            wording.name,
            tools,
            [tool.name for tool in tools],
            known if place % 2 else {},
            random.Random(place),
            language=language,
        )
        assert example is not None, (style, wording.name, names)
        out.append((style, wording.name, tools, example))
    return out


@pytest.mark.parametrize("language", LANGUAGES)
def test_verification_keeps_a_built_example_of_every_style_and_wording(language: str) -> None:
    rows = [
        Candidate(
            candidate_id=f"{language}{place}",
            prompt_id="p",
            completion_key="k",
            generator="g",
            batch="b",
            style=style,
            query=example.query,
            tools=[tool.tool() for tool in tools],
            answers=[call.model_dump() for call in example.answers],
        )
        for place, (style, _, tools, example) in enumerate(built(language))
    ]
    formatted = FormatChecker().check(Candidate.frame(rows))
    assert formatted.filter(~pl.col("passed")).select("reason", "query").rows() == []
    judged = check_semantic(formatted)
    assert judged.filter(pl.col("decision") == "rejected").select("reason", "query").rows() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_built_example_speaks_its_language(language: str) -> None:
    forms = read_languages()[language]
    own = re.findall(r"[^\W\d_]+", " ".join(itertools.chain(*forms.requests.values(), *forms.openings.values())))
    for style, wording, _, example in built(language):
        assert example.language == language
        assert example.wording == wording
        assert len(example.answers) == (2 if "parallel" in style else 1)
        assert wording == "terse" or any(word in example.query for word in own if len(word) > 2 or language in "jazh")
        assert not re.search(r"[{}]", example.query.replace(json.dumps({}), ""))
        assert len(example.query) < 600


def test_every_language_has_its_own_forms_for_everything() -> None:
    languages = read_languages()
    english = {"find", "compute", "convert", "check", "create", "change", "remove", "other"}
    for code, language in languages.items():
        assert set(language.requests) == english, code
        assert all("{what}" in form and "{with}" in form for pair in language.requests.values() for form in pair), code
        assert all("{order}" in frame for frame in language.openings["chatty"]), code
        assert all("{need}" in frame for name in ("indirect", "ambiguous") for frame in language.openings[name]), code
        assert set(language.labels) == set(languages["de"].labels), code
        assert set(language.nouns) == set(languages["de"].nouns), code
        assert all(isinstance(text, str) for text in (language.yes, language.no, *language.labels.values())), code
    folder = files("apigen_assets.generation") / "templates" / "languages"
    assert {file.name for file in folder.iterdir()} == {f"{code}.yaml" for code in LANGUAGES}
