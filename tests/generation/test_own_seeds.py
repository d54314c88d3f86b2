"""Seeds of the user's own are checked like rows, and queries without answers show how people ask."""

import json
from pathlib import Path

import pytest

from apigen_assets.domain.style import Style
from apigen_assets.generation.own_seeds import SeedsError, read_own_seeds
from apigen_assets.generation.samplers import Sampler
from tests.generation.test_samplers import APIS

NAME = APIS[0].name
GOOD = {"query": "What comes of 5?", "answers": [{"name": NAME, "arguments": {"x": 5}}], "tools": [APIS[0].tool()]}


def source(folder: Path, *rows: object) -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "mine.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return str(folder)


def test_good_rows_are_seeds_and_bad_ones_are_said(tmp_path: Path) -> None:
    own = read_own_seeds(
        source(
            tmp_path,
            GOOD,
            GOOD,
            {**GOOD, "query": "As text", "answers": json.dumps(GOOD["answers"]), "tools": [NAME, "g"]},
            {"query": "hey, anything on trains today? thanks"},
            {**GOOD, "answers": [{"name": NAME, "arguments": {"x": "5"}}]},
            {**GOOD, "answers": [{"name": "other", "arguments": {}}]},
            {**GOOD, "answers": []},
            {"answers": []},
            {**GOOD, "answers": [{"name": NAME}]},
            {**GOOD, "answers": GOOD["answers"] * 2},
            '{"query": "a", "query": "b"}',
            "[1]",
            "",
        )
    )
    assert [(one.origin, one.style.value, one.wording) for one in own.examples] == [
        ("own", "simple", "plain"),
        ("own", "multiple", "terse"),
        ("query", "simple", "chatty"),
    ]
    assert [problem.split(": ")[0] for problem in own.problems] == [f"mine.jsonl:{line}" for line in range(5, 13)]
    assert "do not fit" in own.problems[0] and "not among the tools" in own.problems[1]


def test_they_are_shown_in_prompts(tmp_path: Path) -> None:
    own = read_own_seeds(source(tmp_path, GOOD, {"query": "could you check the trains for me?"}))
    sampler = Sampler(APIS[:1], own.examples, 1, "b")
    draws = [sampler.draw(index) for index in range(40)]
    shown = [draw for draw in draws if draw.style is Style.SIMPLE and draw.wording.name == "plain"]
    assert shown and all(draw.examples[0].origin == "own" for draw in shown)
    assert {draw.tone for draw in draws if draw.wording.name == "plain"} == {("could you check the trains for me?",)}


def test_a_hub_data_set_is_read_and_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    source(tmp_path, {**GOOD, "answers": json.dumps(GOOD["answers"]), "tools": json.dumps(GOOD["tools"])})
    assert [one.query for one in read_own_seeds(f"hub:{tmp_path}").examples] == ["What comes of 5?"]
    assert read_own_seeds(None) == ([], [])
    for missing in (str(tmp_path / "none.jsonl"), f"hub:{tmp_path / 'none'}"):
        with pytest.raises(SeedsError, match="APIGEN_SEEDS"):
            read_own_seeds(missing)


def test_other_shapes_are_read_and_one_bad_row_or_file_costs_itself(tmp_path: Path) -> None:
    calls = GOOD["answers"]
    message = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": calls[0]}]}
    source(
        tmp_path,
        {"messages": [{"role": "user", "content": "As a chat"}, message]},
        {**GOOD, "query": "OpenAI tools", "tools": [{"type": "function", "function": APIS[0].tool()}]},
        {**GOOD, "query": "A tool without a name", "tools": [{"description": "d"}]},
        {**GOOD, "query": "\ud800"},
        {"query": "x" * 5_000},
        {**GOOD, "query": "Unknown wording", "wording": "shouted", "language": "xx"},
    )
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "caf\xe9"}')
    (tmp_path / "marked.jsonl").write_text(json.dumps(GOOD), encoding="utf-8-sig")
    own = read_own_seeds(str(tmp_path))
    assert {one.query for one in own.examples} == {"What comes of 5?", "As a chat", "OpenAI tools", "Unknown wording"}
    assert own.problems[0] == "latin.jsonl: the file cannot be read: it is not UTF-8"
    assert [problem.split(": ")[0] for problem in own.problems[1:]] == [f"mine.jsonl:{line}" for line in (3, 4, 5)]
    assert {(one.wording, one.language) for one in own.examples} <= {("plain", None), ("terse", None)}
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no .jsonl file" in read_own_seeds(str(empty)).problems[0]
