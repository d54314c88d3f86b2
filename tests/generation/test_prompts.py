"""Prompts say what they must, and their ids change with their texts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_assets.domain.call import Call
from apigen_assets.domain.style import Style
from apigen_assets.generation import prompts
from apigen_assets.generation.pair_plan import PairPlan
from apigen_assets.generation.prompts import (
    LANGUAGES,
    STYLE_RULES,
    WORDINGS,
    library_hash,
    make_messages,
    make_prompt_id,
)
from apigen_assets.generation.shown_examples import make_example
from apigen_assets.generation.templates import Wording, read_languages
from resources.local.standin.reader import kind_of, read_task
from tests.helpers.paths import ROOT

TOOL = {"api_id": "secret-id", "name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("wording", WORDINGS, ids=lambda one: one.name)
def test_a_prompt_holds_its_rules_and_can_be_read_back(style: Style, wording: Wording) -> None:
    system, user = make_messages(style, wording, 7, [TOOL, {**TOOL, "name": "g"}], ["g"], (), "de")
    assert STYLE_RULES[style] in user["content"]
    assert wording.rule in user["content"]
    assert "exactly 7" in user["content"]
    assert "secret-id" not in user["content"]
    assert "in German" in user["content"]
    messages = [system, user]
    assert kind_of(messages) == "generate"
    task = read_task(messages)
    assert task is not None
    assert (task.number, task.style, task.wording, task.language) == (7, style, wording.name, "German")
    assert [one["name"] for one in task.functions] == ["f", "g"]
    assert task.targets == ["g"]


def test_shares_sum_to_one_and_names_differ() -> None:
    assert sum(one.share for one in WORDINGS) == pytest.approx(1)
    assert len({one.name for one in WORDINGS}) == len(WORDINGS)
    ids = {make_prompt_id(style, one, code) for style in Style for one in WORDINGS for code in (None, *LANGUAGES)}
    assert len(ids) == 4 * len(WORDINGS) * (1 + len(LANGUAGES))


def test_an_edited_text_changes_its_prompt_id_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {style: make_prompt_id(style, WORDINGS[0]) for style in Style}
    library = library_hash()
    monkeypatch.setitem(STYLE_RULES, Style.PARALLEL, "Edited.")
    after = {style: make_prompt_id(style, WORDINGS[0]) for style in Style}
    assert [style for style in Style if before[style] != after[style]] == [Style.PARALLEL]
    assert library_hash() != library


def test_what_is_equal_in_all_prompts_stands_first_and_shows_nothing_to_copy() -> None:
    one, two = (make_messages(style, WORDINGS[0], 5, [TOOL], ["f"], ()) for style in (Style.SIMPLE, Style.PARALLEL))
    assert one[0] == two[0] == {"role": "system", "content": prompts.SYSTEM}
    for place in ('"..."', "...", "<", "{name}"):
        assert place not in one[0]["content"] + one[1]["content"]
    assert one[1]["content"].index("# Functions") < one[1]["content"].index("# Task")


def test_examples_have_the_form_of_the_reply_with_the_name_first() -> None:
    tool = {**TOOL, "parameters": {"type": "object", "properties": {"z": {}, "a": {}}, "additionalProperties": False}}
    shown = make_example("How?", [Call(name="f", arguments={"a": 1, "z": 2})], ["f"], "seed", "plain")
    text = make_messages(Style.SIMPLE, WORDINGS[0], 5, [tool], ["f"], [shown, shown])[1]["content"]
    line = '{"query":"How?","answers":[{"name":"f","arguments":{"z":2,"a":1}}]}'
    assert f"# Examples\n[{line},\n{line}]\n" in text
    assert '[{"name":"f","description":"d","parameters":{"type":"object","properties":{"z":{},"a":{}}}}]' in text


@pytest.mark.parametrize(("number", "said"), [(3, "3 objects, each with `query`"), (1, "1 object with `query`")])
def test_the_last_line_says_the_form_of_the_reply(number: int, said: str) -> None:
    """A Qwen2.5-Coder 0.5B that reads the form in the system message alone writes calls without queries."""
    messages = make_messages(Style.SIMPLE, WORDINGS[0], number, [TOOL], ["f"], ())
    last = messages[1]["content"].splitlines()[-1]
    assert f"a JSON list of {said}" in last
    assert "`answers`" in last
    enforced = make_messages(Style.SIMPLE, WORDINGS[0], number, [TOOL], ["f"], (), structured=True)
    assert f"a JSON object whose one key `pairs` holds a list of {said}" in enforced[1]["content"].splitlines()[-1]
    assert enforced[0] == messages[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_in_another_language_says_so_last_and_does_not_pass_english_examples_off(language: str) -> None:
    english = make_example("How?", [Call(name="f", arguments={})], ["f"], "seed", "plain")
    native = english.model_copy(update={"language": language})
    for shown, said in ((english, True), (native, False)):
        text = make_messages(Style.SIMPLE, WORDINGS[0], 3, [TOOL], ["f"], [shown], language)[1]["content"]
        assert f"Write the queries in {LANGUAGES[language]}" in text
        assert ("The examples are in English" in text) == said
        assert text.endswith(read_languages()[language].ask)


def test_every_template_is_a_file_that_is_used() -> None:
    folder = Path(prompts.__file__).parent / "templates"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    used = {
        "system.md",
        "format_list.md",
        "format_object.md",
        "personas.txt",
        *(f"languages/{code}.yaml" for code in LANGUAGES),
        *(f"styles/{style}.md" for style in Style),
    }
    assert names == used | {f"wordings/{wording.name}.md" for wording in WORDINGS}


def test_plans_and_earlier_queries_are_shown_in_the_task() -> None:
    plan = PairPlan(use=("days",), set={"units": "metric"}, form="words", level="hard", length="short", who="a nurse")
    text = make_messages(Style.SIMPLE, WORDINGS[0], 2, [TOOL], ["f"], (), None, [plan, PairPlan()], ["Old?"])[1][
        "content"
    ]
    task = json.loads(text.split("# Task\n")[1].split("\n")[0])
    assert task == {
        "number": 2,
        "style": "simple",
        "wording": "plain",
        "functions": ["f"],
        "plan": [
            {
                "use": ["days"],
                "set": {"units": "metric"},
                "form": "numbers in words",
                "level": "hard",
                "length": "short",
                "who": "a nurse",
            },
            {},
        ],
        "asked_before": ["Old?"],
    }


def test_the_page_of_the_prompts_is_what_the_templates_give() -> None:
    done = subprocess.run(
        [sys.executable, "docs/prompts.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
