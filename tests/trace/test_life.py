"""A row's whole life is on record: released, rejected and unchosen ones, and an API's."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.domain.candidate import Candidate
from apigen_assets.settings import settings
from apigen_assets.trace.life import UnknownRowError, api_life, row_life
from resources.lake.lake import Lake
from resources.llm.journal import Journal, journalled
from tests.helpers.releases import rows
from tests.helpers.rows import frame, tool, verified_row

PARTITION = {"api_batch": "b0", "generator": "standin-small"}
KEYS = {f"c{number}": f"{number:064x}" for number in range(25)}
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "write pairs"}]}


def candidates(names):
    tools = [tool("f"), tool("g", optional=("n",))]
    made = frame([verified_row(name, f"query {name[1:]}", tools, [("f", {"amount": 1})]) for name in names])
    return made.with_columns(pl.col("candidate_id").replace_strict(KEYS).alias("completion_key"))


@pytest.fixture
def lake():
    """25 rows that passed and are released, of which c24 was rejected by the judge and c23 not chosen."""
    config = settings()
    lake = Lake(config.lake_url)
    everything = candidates(KEYS)
    lake.write(everything.select(Candidate.SCHEMA.names()), lake.path("raw_candidates", PARTITION))
    other = {"api_batch": "b1", "generator": "standin-large"}
    old = candidates(["c0"]).with_columns(pl.lit("x0").alias("candidate_id")).select("candidate_id", "query")
    lake.write(old, lake.path("raw_candidates", other))
    for stage in ("format", "execution", "semantic"):
        passed = everything.filter(pl.lit(stage != "semantic") | (pl.col("candidate_id") != "c24"))
        rejected = everything.filter(~pl.col("candidate_id").is_in(passed["candidate_id"].implode()))
        lake.write(passed.with_columns(pl.lit(stage).alias("stage")), lake.path(f"{stage}_verified", PARTITION))
        lake.write(rejected.with_columns(pl.lit("no").alias("detail")), lake.path(f"{stage}_rejected", PARTITION))
    released = rows().filter(~pl.col("candidate_id").is_in(["c23", "c24"]))
    lake.write(released, lake.path("function_calling_dataset"))
    fates = [(name, "chosen" if name != "c23" else "over_quota") for name in KEYS if name != "c24"]
    lake.write(pl.DataFrame(fates, schema=["candidate_id", "fate"], orient="row"), lake.path("composition"))
    apis = [
        {"api_id": f"id-{name}", "name": name, "description": f"Does {name}.", "source": '{"file": "x.py"}'}
        for name in "fg"
    ]
    lake.write(pl.DataFrame(apis), lake.path("filtered_api_catalog", {"api_batch": "b0"}))
    journal = Journal(config.journal_dir / "standin-small")
    for key in KEYS.values():
        journal.append({"key": key, "request": REQUEST, "body": json.dumps({"choices": []}), "outcome": "answer"})
    journal.close()
    folder = config.release_dir / "function-calling-dataset"
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps({"content_hash": "h", "rows": 23}))
    return lake


def life_of(lake, row_id):
    return row_life(lake, settings().journal_dir, settings().release_dir, row_id)


def test_a_released_row_has_every_field(lake):
    released = lake.scan("function_calling_dataset").collect()
    row = released.row(5, named=True)
    life = life_of(lake, str(row["id"]))
    assert life.candidate["candidate_id"] == row["candidate_id"] and life.candidate["query"] == row["query"]
    assert [api["name"] for api in life.apis] == ["f", "g"] and life.apis[0]["source"] == {"file": "x.py"}
    assert life.request == REQUEST and life.completion["outcome"] == "answer"
    assert [(verdict.stage, verdict.passed) for verdict in life.verdicts] == [
        ("format", True),
        ("execution", True),
        ("semantic", True),
    ]
    assert life.fate["fate"] == "chosen" and life.places["verified"]["id"] == row["id"]
    assert life.release["content_hash"] == "h"


def test_rejected_and_unchosen_rows_say_where_they_ended(lake):
    rejected = life_of(lake, "c24")
    assert [(verdict.stage, verdict.passed) for verdict in rejected.verdicts][-1] == ("semantic", False)
    assert rejected.verdicts[-1].columns["detail"] == "no" and rejected.request and rejected.fate is None
    assert rejected.release is None
    unchosen = life_of(lake, "c23")
    assert unchosen.fate["fate"] == "over_quota" and not unchosen.places


def test_what_no_table_holds_is_said_with_what_to_give(lake, tmp_path):
    for row_id in ("nothing", "999999"):
        with pytest.raises(UnknownRowError, match=row_id):
            life_of(lake, row_id)
    result = CliRunner().invoke(app, ["trace", "nothing"])
    assert result.exit_code == 1 and "candidate_id" in result.output


def test_an_api_leads_to_its_rows_and_they_lead_back(lake):
    life = api_life(lake, "f")
    assert life["reached"] == "filtered_api_catalog" and life["api"]["source"] == {"file": "x.py"}
    assert life["verified"]["rows"] == 24 and life["released"]["rows"] == 23
    assert {api["name"] for api in life_of(lake, str(life["released"]["first"][0])).apis} == {"f", "g"}
    assert api_life(lake, "g")["verified"]["rows"] == 0, "offered, and never called"


def test_the_command_shows_a_page_and_json(lake):
    page = CliRunner().invoke(app, ["trace", "c24"]).output
    assert "## semantic: rejected" in page and "write pairs" in page
    assert json.loads(CliRunner().invoke(app, ["trace", "3", "--json"]).output)["release"]["rows"] == 23


def test_one_answer_is_found_with_and_without_an_index_and_the_best_one_counts(tmp_path):
    folder = tmp_path / "journal"
    key, cut = "a" * 64, {"request": {"max_tokens": 5}, "limit": 5, "outcome": "answer"}
    body = json.dumps({"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]})
    journal = Journal(folder)
    journal.append({"key": "b" * 64, "body": f"mentions {key}", "outcome": "answer", "request": {}})
    journal.append({"key": key, "error": "500", "body": ""})
    journal.append({"key": key, "body": body, **cut})
    journal.close()
    assert list(folder.glob("*.idx"))
    assert journalled(folder, key)["body"] == body
    again = Journal(folder)
    again.append({"key": key, "body": '{"choices": []}', "outcome": "answer", "request": {}})
    best = again.get(key)
    assert journalled(folder, key) == best and best["body"] != body, "not indexed yet"
    again.close()
    for index in folder.glob("*.idx"):
        index.unlink()
    assert journalled(folder, key) == best
    assert journalled(folder, "c" * 64) is None and journalled(tmp_path / "absent", key) is None
