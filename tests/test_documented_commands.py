"""Every command of the README and of docs/ is run here, or says why not; none has an option that is not there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from apigen_assets.catalog.importers.sources import import_source
from apigen_assets.cli.main import app
from apigen_assets.domain.api import Api, RejectedApi
from apigen_assets.domain.candidate import Candidate
from apigen_assets.orchestration.home import prepare
from apigen_assets.settings import settings
from resources.lake.lake import Lake
from resources.llm.journal import Journal
from tests.helpers.paths import ROOT
from tests.helpers.releases import rows
from tests.helpers.rows import frame, tool, verified_row

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("apigen", "make", "python", "pytest", "dagster", "find", "rm", "cp", "git", "source", "pre-commit", "ssh")

NOT_RUN = {
    r"make \w+|source |pre-commit |git clone": "installs, or runs everything; tested as what it calls",
    r"cp ": "a file into a running daemon (tests/test_daemon.py), or configuration into its place (tests/deploy)",
    r"apigen (ui|demo)\b": "does not end, or takes minutes: tests/cli/test_ui.py, tests/cli/test_demo.py",
    r"apigen metrics --port": "does not end: tests/sensors/test_metrics.py",
    r"apigen train\b": "trains: tests/training",
    r"apigen import-base": "needs a GGUF file: tests/training/test_import_base.py",
    r"apigen (score|evaluate|bfcl-install)\b": "needs the leaderboard's package from the index: tests/evaluation",
    r"apigen (generate|batch|estimate)\b": "asks a language model: tests/cli/test_generate.py, tests/cli/test_batch.py",
    r"apigen publish --(version|repo)": "needs a Hub and a token: tests/release/test_assets.py",
    r"apigen journal (show|status \|)": "an overview of forms, not a command",
    r"python (-m )?benchmarks": "measures: minutes, or data that is not in the repository",
    r"python docs/(architecture|prompts)": "tests/test_documents.py and tests/generation/test_prompts.py run it",
    r"python docs/screenshots|python -m llama": "needs a browser, or a model",
    r"dagster asset materialize": "minutes: tests/test_graph.py materialises the same assets",
    r"(python -m )?pytest ": "this",
    r"ssh ": "another machine",
}
"""Commands that no test runs as they stand, by what they begin with, and why."""


def commands() -> list[tuple[str, str]]:
    """Page and command: of blocks of shell, of indented lines, and of code in tables and sentences."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines: list[str] = []
        if page.name != "your-own-apis.md":  # its blocks run whole: tests/catalog/importers/test_documented_examples.py
            for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
                lines += block.splitlines() if language in {"", "bash", "sh"} else []
        text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
        lines += re.findall(r"^    (\S.*)$", text, re.MULTILINE)
        lines += [code for code in re.findall(r"`([^`\n]+)`", text) if " " in code]
        for line in lines:
            command = re.sub(r"\s+#.*$|\s*&$", "", line.strip()).replace(".venv/bin/", "")
            if re.sub(r"^(\w+=\S+ )+", "", command).split(" ")[0] in PROGRAMS:
                found.append((page.name, command))
    return sorted(set(found))


COMMANDS = commands()
FILLED = {
    "apigen_assets.functions.<module>": "apigen_assets.functions.units",
    "my_file.<ending>": "my_openapi.yaml",
    "preflight <name>": "preflight tiny",
    "RECIPE --gpus N --gpu-memory GB": "tiny --gpus 1 --gpu-memory 80",
    "<row id>": "0",
    "ROW_ID": "0",
    "--api NAME": "--api clock",
    "--explain ID": "--explain 0",
    "SOURCE --out DIR": "my_openapi.yaml --out out",
    "secrets PATH": "secrets rows.jsonl",
    "/srv/": "srv/",
    " /tmp/": " ./",
}
"""What stands for a name of the reader's own."""
COMPLETE = {"secrets", "migrate", "metrics", "publish"}
"""Commands that need no argument; others that stand alone in a sentence are only named there."""


def reason(command: str) -> str | None:
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, command)), None)


def _options(words: list[str]) -> set[str]:
    """The options of the command that the words name."""
    node: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(node, "get_command"):
            break
        child = node.get_command(None, word)
        assert child is not None, f"there is no command {word!r}"
        node = child
    return {option for parameter in node.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


@pytest.mark.parametrize(
    ("page", "command"), [pair for pair in COMMANDS if "apigen " in pair[1] and " | " not in pair[1]]
)
def test_its_command_and_options_exist(page, command):
    words = re.split(r"[\s\[\]]+", re.sub(r"^(\w+=\S+ )+", "", command).removeprefix("apigen").strip())
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    names = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    assert given <= _options(names[:2])


@pytest.mark.parametrize(("page", "command"), [pair for pair in COMMANDS if pair[1].startswith("python ")])
def test_a_script_exists_and_knows_its_options(page, command):
    script = command.split()[1]
    if script.endswith(".py"):
        source = (ROOT / script).read_text(encoding="utf-8")
        assert all(f'"{word}"' in source for word in command.split() if re.match(r"--[a-z]", word))


@pytest.mark.parametrize(("page", "command"), [pair for pair in COMMANDS if re.match(r"(?:pytest|make) ", pair[1])])
def test_what_make_and_pytest_are_told_exists(page, command):
    for word in command.split()[1:]:
        if command.startswith("make ") and re.fullmatch(r"[a-z-]+", word):
            assert re.search(rf"^{word}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        elif word.startswith("tests/"):
            assert (ROOT / word).exists()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder as the pages have it before them: a home in `data`, an OpenAPI file, rows, a module."""
    monkeypatch.setenv("APIGEN_HOME", "data")
    monkeypatch.setenv("OLD", "a-key-that-was-leaked")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    prepare(settings())
    monkeypatch.delenv("DAGSTER_HOME")
    lake = Lake(settings().lake_url)
    dataset = rows()
    lake.write(dataset, lake.path("function_calling_dataset"))
    made = frame([verified_row(f"c{n}", f"query {n}", [tool("f")], [("f", {"amount": n})]) for n in range(25)])
    partition = {"api_batch": "b0", "generator": "standin-small"}
    lake.write(made.select(Candidate.SCHEMA.names()), lake.path("raw_candidates", partition))
    journal = Journal(settings().journal_dir / "g")
    journal.append({"key": "a" * 64, "generator": "g", "body": "{}", "request": {}, "outcome": "answer"})
    journal.close()
    for folder in ("imports", "probes", "dagster_home/storage"):
        Path("data", folder).mkdir(parents=True, exist_ok=True)
    operation = {"summary": "Tell the time of day now.", "responses": {"200": {"description": "The time."}}}
    described = {"openapi": "3.1.0", "info": {"title": "Clock", "version": "1"}, "servers": [{"url": "https://a.test"}]}
    Path("my_openapi.yaml").write_text(json.dumps({**described, "paths": {"/t": {"get": operation}}}))
    apis = [api.model_copy(update={"name": "clock"}) for api in import_source("my_openapi.yaml").apis]
    for table, frame_ in {"filtered_api_catalog": Api.frame(apis), "inaccessible_apis": RejectedApi.frame([])}.items():
        lake.write(frame_, lake.path(table, {"api_batch": "b0"}))
    Path("my_module.py").write_text('def f(amount: float) -> float:\n    """Give it back."""\n    return amount\n')
    row = dataset.filter(pl.col("kind") == "call").row(0, named=True)
    Path("rows.jsonl").write_text(json.dumps({name: row[name] for name in ("id", "query", "answers", "tools")}) + "\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_can_be_run_runs(place, monkeypatch):
    """In one folder, as a person would; an exit status that is not 0 is a failure."""
    failed, ran = [], set()
    # what is released and backed up is read afterwards
    for page, command in sorted(COMMANDS, key=lambda pair: ("publish" not in pair[1], " backup " not in pair[1])):
        if reason(re.sub(r"^(\w+=\S+ )+", "", command)) is not None:
            continue
        runnable = re.sub(r"\s*\[[^\]]*\]", "", command)
        for name, value in FILLED.items():
            runnable = runnable.replace(name, value)
        if re.fullmatch(r"apigen [a-z-]+( --format)?", runnable) and runnable.split()[1] not in COMPLETE:
            runnable = f"apigen {runnable.split()[1]} --help"
        if runnable not in ran:
            ran.add(runnable)
            status, said = carried_out(runnable, monkeypatch)
            failed += [f"{page}: {command}: {status}: {said[-400:]}"] if status else []
    assert not failed, "\n".join(failed)
    assert len(ran) > 20


def carried_out(command: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit status and output of a line of shell; `apigen` in this process, which saves starting it thirty times."""
    variables = dict(re.findall(r"(?:^|(?<=\s))(\w+)=(\S+)(?=.* apigen )", command))
    words = shlex.split(re.sub(r"^(\w+=\S+ )+", "", command))
    if words[0] != "apigen":
        # As in an activated environment: `dagster` stands beside the interpreter.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
        return done.returncode, done.stderr or done.stdout
    with monkeypatch.context() as own:
        for name, value in variables.items():
            own.setenv(name, os.path.expandvars(value.strip('"')))
        own.delenv("DAGSTER_HOME", raising=False)
        settings.cache_clear()
        result = CliRunner().invoke(app, words[1:])
    return result.exit_code, f"{result.output} {result.exception or ''}"
