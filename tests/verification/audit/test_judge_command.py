"""`apigen verify --judge` against loopback servers that judge well, badly, unreadably or not at all."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.settings import settings
from apigen_assets.verification.stages.controls import control_items
from tests.helpers.chat_server import ChatServer, completion

TOOL = {
    "name": "final_velocity",
    "description": "Velocity after a time.",
    "parameters": {
        "type": "object",
        "properties": {
            "v0": {"type": "number", "description": "Start in m/s."},
            "t": {"type": "number", "description": "Time in s."},
        },
        "required": ["v0", "t"],
    },
}


def pair(identity: str, query: str, **arguments: float) -> dict[str, Any]:
    return {
        "id": identity,
        "query": query,
        "tools": [TOOL],
        "answers": [{"name": TOOL["name"], "arguments": arguments}],
    }


ROWS = [
    pair("stated", "How fast is it after 10 s with a start of 4 m/s?", v0=4, t=10),
    pair("wrong", "How fast is it after 12 s with a start of 5 m/s?", v0=5, t=13),
]
YES = '{"thought": "each value is stated", "pass": "yes"}'
NO = '{"thought": "the time is wrong", "pass": "no", "rule": 1}'
_BAD = {item.query for item, good in control_items() if not good}


def sensible(asked: str) -> str:
    query = json.loads(re.search(r"User query:\n(.+)", asked)[1])
    return NO if query in _BAD else YES


def turning(asked: str) -> str:
    return f"{YES}\nOn second thought:\n{NO}"


JUDGES: dict[str, Callable[[str], str]] = {
    "sensible": sensible,
    "always yes": lambda asked: YES,
    "always no": lambda asked: NO,
    "german": lambda asked: '{"gedanke": "alle Werte stehen in der Anfrage", "bestanden": "ja"}',
    "german words under english keys": lambda asked: '{"thought": "Alles richtig.", "pass": "ja"}',
    "chinese prose": lambda asked: "所有参数都与查询一致，因此通过。",
    "translated quotes": lambda asked: '{"thought": "gut", "quotes": ["nach zehn Sekunden"], "pass": "yes"}',
    "passes and names a rule": lambda asked: '{"thought": "the time is wrong", "pass": "yes", "rule": 1}',
    "two verdicts": turning,
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in list(os.environ):
        if name.startswith("APIGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def verify(home: Path, url: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> tuple[str, dict[str, dict[str, Any]]]:
    generator = {"name": "j", "base_url": url, "model": "m", "retries": 0, "judge": True}
    (home / "models.yaml").write_text(json.dumps({"generators": [generator]}))
    monkeypatch.setenv("APIGEN_GENERATORS_FILE", str(home / "models.yaml"))
    settings.cache_clear()
    done = CliRunner().invoke(app, ["verify", "rows.jsonl", "-o", "out.jsonl", "--judge", "j", *more])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 1), done.output
    verdicts = [json.loads(line) for line in (home / "out.jsonl").read_text().splitlines()]
    return " ".join(done.output.split()), {verdict["id"]: verdict for verdict in verdicts}


@pytest.mark.parametrize("name", JUDGES)
def test_each_kind_of_judge_shows_on_the_control_rows(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(number: int, body: dict[str, Any]) -> web.Response:
        return web.json_response(completion(JUDGES[name](body["messages"][-1]["content"])))

    with ChatServer(answer) as server:
        said, verdicts = verify(home, server.url, monkeypatch)
    assert set(verdicts) == {"stated", "wrong"}, "no row is lost"
    assert verdicts["wrong"]["decision"] == "rejected", "grounding needs no judge"
    if name == "sensible":
        assert verdicts["stated"]["decision"] == "verified"
        assert "caught 4 of 4" in said and "do not count" not in said
        return
    assert verdicts["stated"]["decision"] == "undecided"
    assert "its votes do not count" in said
    readable = name in ("always yes", "always no")
    assert ("could not be read" in said) is not readable
    if not readable:
        assert verdicts["stated"]["reason"] == "judge_unparseable" and not verdicts["stated"]["keep"]


def test_a_judge_that_is_down_is_said_and_rejects_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        url = server.url
    said, verdicts = verify(home, url, monkeypatch)
    assert "could not be asked" in said
    assert verdicts["stated"]["decision"] == "undecided" and verdicts["stated"]["reason"] == "judge_unavailable"
    assert verdicts["wrong"]["decision"] == "rejected"


@pytest.mark.parametrize("said_by_server", ["overloaded", "Loading model", "try later"])
def test_a_judge_that_is_overloaded_is_waited_for_as_long_as_the_setting_says(
    said_by_server: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def answer(number: int, body: dict[str, Any]) -> web.Response:
        asked.append(number)
        return web.json_response({"error": {"message": said_by_server}}, status=503)

    monkeypatch.setenv("APIGEN_JUDGE_WAIT_S", "0.5")
    with ChatServer(answer) as server:
        said, verdicts = verify(home, server.url, monkeypatch)
    assert "could not be asked" in said
    assert verdicts["stated"]["decision"] == "undecided" and verdicts["stated"]["reason"] == "judge_unavailable"
    assert said_by_server in verdicts["stated"]["detail"]
    assert verdicts["wrong"]["decision"] == "rejected"
    assert len(asked) < 60, "bounded by the setting, not by every row's own tries"
