"""`apigen sql`: views by name, errors that leave no trace of Python."""

import json

import polars as pl
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.settings import settings
from resources.lake.lake import SCHEMA_VERSION, Lake


def run(*arguments, text=None):
    return CliRunner().invoke(app, ["sql", *arguments], input=text)


def test_one_query_over_the_views():
    lake = Lake(settings().lake_url)
    lake.write(pl.DataFrame({"a": [40, 2]}), lake.path("things", {"api_batch": "b0"}))
    result = run("select api_batch, sum(a) as answer from things group by all")
    assert result.exit_code == 0
    assert "42" in result.output
    assert "b0" in result.output


def test_a_wrong_query_fails_with_duckdbs_words():
    result = run("select * from nothing_here")
    assert result.exit_code == 1
    assert "nothing_here" in result.output
    assert "Traceback" not in result.output


def test_the_prompt_takes_queries_over_several_lines():
    result = run(text="select 6\n * 7 as answer;\nselect nonsense;\n")
    assert result.exit_code == 0
    assert "42" in result.output


def test_a_newer_lake_is_named_with_the_remedy():
    root = settings().home / "lake"
    root.mkdir(parents=True)
    (root / "_lake.json").write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    result = run("select 1")
    assert result.exit_code == 2
    assert "APIGEN_LAKE" in result.output
