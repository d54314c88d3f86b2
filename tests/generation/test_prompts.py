"""Prompts say what they must, and their ids change with their texts."""

import json

import pytest

from apigen_assets.domain.style import Style
from apigen_assets.generation import prompts
from apigen_assets.generation.prompts import (
    LANGUAGES,
    STYLE_RULES,
    WORDINGS,
    library_hash,
    make_messages,
    make_prompt_id,
)
from resources.local.standin.reader import kind_of, read_task

TOOL = {"api_id": "secret-id", "name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("wording", WORDINGS, ids=lambda one: one.name)
def test_a_prompt_holds_its_rules_and_can_be_read_back(style: Style, wording: prompts.Wording) -> None:
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


def test_the_format_example_is_a_json_list_of_pairs() -> None:
    line = prompts.FORMAT.splitlines()[1]
    assert json.loads(line.replace('"...": ...', '"a": 1').replace(", ...", ""))[0].keys() == {"query", "answers"}
