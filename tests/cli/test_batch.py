"""Batch files out and back, and the journal's tools: nothing doubled, nothing lost, one clear message each."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from apigen_assets.cli.main import app
from apigen_assets.settings import settings
from resources.llm.journal import Journal
from tests.helpers.batch_server import BatchServer
from tests.helpers.chat_server import completion


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def configure(home: Path, url: str = "http://127.0.0.1:9/v1") -> Path:
    file = home / "models.yaml"
    file.write_text(f"generators:\n- {{name: g, base_url: '{url}', model: m, price: {{input: 1, output: 1}}}}\n")
    return file


def answer_line(number: int, line: dict[str, Any]) -> dict[str, Any]:
    """As `vllm run-batch` and OpenAI write it."""
    pairs = [{"query": f"{number} and {i}?", "answers": [{"name": "f", "arguments": {}}]} for i in range(5)]
    return {
        "id": f"batch-{number}",
        "custom_id": line["custom_id"],
        "response": {"status_code": 200, "request_id": "r", "body": completion(json.dumps(pairs))},
        "error": None,
    }


def export(home: Path, file: Path, count: int = 100) -> list[dict[str, Any]]:
    out = home / "batch.jsonl"
    done = run("batch", "export", "builtin", "-g", "g", "-n", count, "-o", out, "--generators-file", file)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_a_batch_exported_answered_and_imported_twice_is_the_run_itself(home: Path) -> None:
    file = configure(home)
    lines = export(home, file)
    assert len(lines) == 20
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}
    assert len({line["custom_id"] for line in lines}) == 20
    answers = [answer_line(number, line) for number, line in enumerate(lines)]
    answers[3] = {"custom_id": lines[3]["custom_id"], "response": None, "error": {"code": "x", "message": "expired"}}
    answers[4]["response"]["body"] = completion("")
    answers.reverse()
    output = home / "answers.jsonl"
    output.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    command = ("batch", "import", output, "-e", home / "batch.jsonl", "-g", "g", "--generators-file", file)
    first = run(*command)
    assert first.exit_code == 1, "two lines are failures"
    assert "answer 18" in first.output
    assert "passing 2" in first.output
    again = run(*command)
    assert "known 18" in again.output
    assert len(Journal(home / "home/journal/m")) == 18
    assert {line["custom_id"] for line in export(home, file)} == {lines[3]["custom_id"], lines[4]["custom_id"]}
    output.write_text("".join(json.dumps(answer_line(n, lines[n])) + "\n" for n in (3, 4)))
    assert run(*command).exit_code == 0
    # The run itself asks nobody any more.
    made = run("generate", "builtin", "-g", "g", "-n", 100, "-o", home / "out", "--generators-file", file)
    assert made.exit_code == 0, made.output
    assert "0 asked now, 20 from the journal" in made.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"custom_id": "x", "resp', "line 1: not JSON"),
        ("[1]", "line 1: not a batch line"),
        ('{"id": 1}', "it has no custom_id"),
        ('{"custom_id": "ab", "response": null}', "no line of batch.jsonl has the custom_id"),
    ],
)
def test_a_file_of_another_kind_is_said_with_its_line(text: str, said: str, home: Path) -> None:
    file = configure(home)
    export(home, file, 5)
    output = home / "answers.jsonl"
    output.write_text(text + "\n")
    done = run("batch", "import", output, "-e", home / "batch.jsonl", "-g", "g", "--generators-file", file)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("line", "count", "said"),
    [
        # vllm's run_batch.py: the error beside a response without a body.
        (
            {
                "response": {"status_code": 400, "request_id": "vllm-batch-1"},
                "error": {"error": {"message": "maximum context length is 4096 tokens", "code": 400}},
            },
            "prompt 1",
            "maximum context length",
        ),
        (
            {
                "response": {"status_code": 404, "body": None},
                "error": {"object": "error", "message": "The model `x` does not exist.", "code": 404},
            },
            "endpoint 1",
            "does not exist",
        ),
        # OpenAI's: what had not been answered when the window closed.
        (
            {"response": None, "error": {"code": "batch_expired", "message": "could not be executed in 24h"}},
            "passing 1",
            "batch_expired",
        ),
        (
            {"response": {"status_code": 400, "body": {"error": {"message": "flagged", "code": "content_filter"}}}},
            "prompt 1",
            "flagged",
        ),
        ({"response": {"status_code": 200, "body": json.dumps(completion("[]"))}}, "answer 1", ""),
        ({"response": {"body": completion("[]")}, "error": {}}, "answer 1", ""),
        ({}, "passing 1", "neither a response nor an error"),
    ],
)
def test_what_a_line_says_has_its_class_and_its_words(line: dict[str, Any], count: str, said: str, home: Path) -> None:
    file = configure(home)
    [request] = export(home, file, 5)
    output = home / "answers.jsonl"
    output.write_text(json.dumps({"custom_id": request["custom_id"], **line}) + "\n")
    done = run("batch", "import", output, "-e", home / "batch.jsonl", "-g", "g", "--generators-file", file)
    assert count in done.output
    assert said in done.output


def test_a_batch_is_submitted_looked_at_and_collected(home: Path) -> None:
    with BatchServer() as server:
        file = configure(home, server.url)
        export(home, file)
        done = run("batch", "submit", home / "batch.jsonl", "-g", "g", "--generators-file", file)
        assert done.exit_code == 0, done.output
        first = run("batch", "status", "--generators-file", file)
        assert (first.exit_code, "in_progress" in first.output) == (1, True)
        server.done = True
        second = run("batch", "status", "--generators-file", file)
        assert second.exit_code == 0, second.output
        assert "answer 20" in second.output
        assert "batch_1: collected" in run("batch", "status", "--generators-file", file).output
    assert len(Journal(home / "home/journal/m")) == 20
    refused = run("batch", "submit", home / "batch.jsonl", "-g", "g", "--generators-file", file)
    assert refused.exit_code == 2
    assert f"the Batch API at {server.url} says: Connection error" in refused.output


def test_the_journal_is_shown_exported_and_pruned(home: Path) -> None:
    file = configure(home)
    lines = export(home, file, 25)
    answers = [answer_line(number, line) for number, line in enumerate(lines)]
    answers[0]["response"] = {"status_code": 400, "body": {"error": {"message": "flagged by moderation"}}}
    (home / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    run("batch", "import", home / "answers.jsonl", "-e", home / "batch.jsonl", "-g", "g", "--generators-file", file)
    [segment] = (home / "home/journal/m").glob("*.jsonl")
    with segment.open("a") as torn:
        torn.write('{"key": "cut in the mid\n')
    shown = run("journal", "status")
    assert shown.exit_code == 0, shown.output
    for words in ("answer", "prompt", "1 lines cannot be read"):
        assert words in shown.output
    one = run("journal", "show", lines[0]["custom_id"][:12])
    assert "flagged by moderation" in one.output
    assert run("journal", "show", "0" * 64).exit_code == 1
    assert run("journal", "export", "-o", home / "j.parquet").exit_code == 0
    table = pl.read_parquet(home / "j.parquet")
    assert table["class"].value_counts().sort("class").rows() == [("answer", 4), ("prompt", 1)]
    done = run("sql", "select outcome, count(*) as n, sum(prompt_tokens) from journal group by 1 order by 1")
    assert done.exit_code == 0, done.output
    assert "moderation" not in done.output
    assert run("journal", "prune").exit_code == 0
    records = list(Journal(home / "home/journal/m").records())
    assert len(records) == 4
    assert len(list((home / "home/journal/m").glob("*.jsonl"))) == 1
    assert {line["custom_id"] for line in export(home, file, 25)} == {lines[0]["custom_id"]}
