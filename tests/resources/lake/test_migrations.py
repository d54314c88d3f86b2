"""Tables of earlier versions get the columns of today, by a command."""

import polars as pl
import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.settings import settings
from resources.lake.lake import Lake
from tests.helpers.rows import frame, tool, verified_row


@pytest.fixture
def lake():
    lake = Lake(settings().lake_url)
    rows = frame([verified_row("c", "q", [tool("f")], [("f", {"amount": 1})])])
    partition = {"api_batch": "b", "generator": "g"}
    old = rows.drop("decision", "findings", "votes").with_columns(pl.lit("x").alias("own"))
    lake.write(old, lake.path("format_verified", partition))
    lake.write(rows, lake.path("semantic_verified", partition))
    return lake


def test_older_tables_get_todays_columns_and_lose_nothing(lake):
    before = lake.scan("format_verified").collect()
    today = lake.path("semantic_verified", {"api_batch": "b", "generator": "g"}).read_bytes()
    shown = CliRunner().invoke(app, ["migrate", "--dry-run"])
    assert shown.exit_code == 0 and "would get decision, findings, votes" in shown.output
    assert lake.scan("format_verified").collect().equals(before), "a dry run changes nothing"
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    after = lake.scan("format_verified").collect()
    assert after.columns == [*CHECKED_SCHEMA.names(), "own"]
    assert after.select(before.columns).equals(before) and after["decision"].null_count() == 1
    assert lake.path("semantic_verified", {"api_batch": "b", "generator": "g"}).read_bytes() == today
    assert "0 files of an earlier version" in CliRunner().invoke(app, ["migrate"]).output


def test_a_lake_of_a_newer_version_is_left_alone(lake):
    (lake.root / "_lake.json").write_text('{"schema_version": 99}')
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 2 and "99" in result.output
