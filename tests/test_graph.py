"""The graph from the catalog to the release, with the embedded stand-ins, small."""

import json

import dagster as dg
import polars as pl
import pytest

from apigen_assets.dataset.bfcl_questions import questions_file
from apigen_assets.dataset.funnel import funnel
from apigen_assets.definitions import build
from apigen_assets.domain.columns import description_of
from apigen_assets.settings import settings
from apigen_assets.trace.life import UnknownRowError, api_life, row_life
from apigen_assets.trace.page import row_page
from resources.lake.lake import Lake, LakeError

FUNCTIONS = '''
"""Measures of trees."""


def trunk_volume(diameter: float, height: float) -> float:
    """Estimate the volume of a tree trunk as a cylinder.

    Args:
        diameter: Diameter at breast height in metres.
        height: Height of the trunk in metres.
    """
    if diameter <= 0 or height <= 0:
        raise ValueError("diameter and height must be above 0")
    return round(3.14159265 * (diameter / 2) ** 2 * height, 4)


def planting_rows(length: float, spacing: float = 2.0) -> int:
    """Count the rows of trees that fit into a field.

    Args:
        length: Length of the field in metres.
        spacing: Distance between rows in metres.
    """
    if length <= 0 or spacing <= 0:
        raise ValueError("length and spacing must be above 0")
    return int(length // spacing) + 1
'''


class World:
    """One project folder with its own instance."""

    def __init__(self, monkeypatch):
        monkeypatch.setenv("APIGEN_CANDIDATES_PER_PARTITION", "40")
        settings.cache_clear()
        self.config = settings()
        self.instance = dg.DagsterInstance.ephemeral()
        self.config.incoming_dir.mkdir(parents=True)

    @property
    def lake(self):
        return Lake(self.config.lake_url)

    def run(self, job, partition=None):
        return (
            build(self.config)
            .resolve_job_def(job)
            .execute_in_process(
                partition_key=partition,
                instance=self.instance,
                raise_on_error=True,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        )

    def make(self, *assets):
        job = build(self.config).resolve_implicit_global_asset_job_def()
        return job.execute_in_process(instance=self.instance, asset_selection=[dg.AssetKey(name) for name in assets])

    def rows(self, batch, generator):
        return self.run("rows", dg.MultiPartitionKey({"api_batch": batch, "generator": generator}))


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_a_dropped_module_becomes_verified_rows_and_a_release(world):
    (world.config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    world.instance.add_dynamic_partitions("api_batch", ["trees"])
    world.run("seeds")
    world.run("catalog", "trees")
    for generator in ("standin-small", "standin-large"):
        result = world.rows("trees", generator)
        checks = result.get_asset_check_evaluations()
        assert checks
        assert not [(check.check_name, check.description) for check in checks if not check.passed]
    world.run("dataset")
    world.run("release")

    for row in funnel(world.lake):
        parts = row.failed_format + row.failed_execution + row.failed_semantic + row.verified
        assert row.candidates == parts == 40
    rows = world.lake.scan("function_calling_dataset").collect()
    calls = rows.filter(pl.col("kind") == "call")
    assert 0 < calls.height <= 80
    names = {call["name"] for answers in calls["answers"] for call in json.loads(answers)}
    assert names == {"trees_trunk_volume", "trees_planting_rows"}
    for execution in calls["execution"]:
        assert all(one["outcome"] == "ok" for one in json.loads(execution))
    manifest = json.loads((world.config.release_dir / "function-calling-dataset" / "release.json").read_text())
    assert manifest["content_hash"]
    follow_lives(world, calls)


def follow_lives(world, calls):
    """Every field of released and of rejected rows is on record, and a page shows it."""
    folders = (world.config.journal_dir, world.config.release_dir)
    for row_id in [*map(str, calls["id"][:5]), *calls["candidate_id"][:5]]:
        life = row_life(world.lake, *folders, row_id)
        assert [verdict.stage for verdict in life.verdicts] == ["format", "execution", "semantic"]
        assert all(verdict.passed for verdict in life.verdicts)
        assert life.apis and life.request and life.completion and life.fate and life.places and life.release
        assert life.candidate["query"] in row_page(life)
    for stage in ("format", "execution", "semantic"):
        for rejected in world.lake.scan(f"{stage}_rejected").collect()["candidate_id"][:4]:
            life = row_life(world.lake, *folders, rejected)
            assert (life.verdicts[-1].stage, life.verdicts[-1].passed) == (stage, False)
            assert life.verdicts[-1].columns["reason"] and life.request and "verified" not in life.places
            assert life.verdicts[-1].columns["reason"] in row_page(life)
    of_api = api_life(world.lake, world.lake.scan("filtered_api_catalog").collect()["name"][0])
    assert of_api["reached"] == "filtered_api_catalog" and of_api["released"]["rows"] > 0
    rows = world.lake.scan("function_calling_dataset").collect()
    for row_id in rows.filter(pl.col("answers") == "[]")["id"][:1]:
        assert "relevance row made from it" in row_life(world.lake, *folders, str(row_id)).places
    with pytest.raises(LakeError, match="materialise it first"):
        row_life(Lake(f"{world.config.home}/no-lake"), *folders, "3")
    with pytest.raises(UnknownRowError, match="no candidate"):
        row_life(world.lake, *folders, "ffffffffffffffff")


def test_a_second_run_asks_for_nothing_and_gives_the_same_rows(world):
    (world.config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    world.instance.add_dynamic_partitions("api_batch", ["trees"])
    world.run("seeds")
    world.run("catalog", "trees")
    world.rows("trees", "standin-small")
    first = world.lake.scan("semantic_verified").collect()
    journal = {path: path.read_bytes() for path in world.config.journal_dir.rglob("*.jsonl")}
    assert journal
    world.rows("trees", "standin-small")
    assert world.lake.scan("semantic_verified").collect().equals(first)
    again = {path: path.read_bytes() for path in world.config.journal_dir.rglob("*.jsonl")}
    assert {path: text for path, text in again.items() if text} == {p: t for p, t in journal.items() if t}


def test_every_column_of_every_table_says_what_it_is(world):
    (world.config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    world.instance.add_dynamic_partitions("api_batch", ["trees"])
    world.run("seeds")
    world.run("catalog", "trees")
    world.rows("trees", "standin-small")
    world.run("dataset")
    for table in world.lake.assets():
        for column in world.lake.scan(table).collect_schema():
            assert description_of(table, column), f"apigen_assets/domain/columns.py does not describe {table}.{column}"
    shown = world.instance.get_latest_materialization_event(dg.AssetKey("semantic_verified")).asset_materialization
    columns = shown.metadata["dagster/column_schema"].schema.columns
    assert {column.name: column.description for column in columns}["query"] == "What the user asks."
    assert shown.metadata["settings"].value["APIGEN_JUDGES"] == ["standin-large"]


def test_the_report_says_compared_only_of_rows_that_were(world):
    (world.config.incoming_dir / "trees.py").write_text(FUNCTIONS)
    world.instance.add_dynamic_partitions("api_batch", ["trees"])
    world.run("seeds")
    world.run("catalog", "trees")
    world.rows("trees", "standin-small")
    world.run("dataset")
    page = world.config.home / "report" / "dataset-report.html"
    assert "Not compared" in page.read_text()
    question = {"id": "simple_python_0", "category": "simple_python", "question": [], "functions": []}
    questions_file(world.config).write_text(json.dumps(question) + "\n")
    world.make("dataset_report")
    assert "Not compared" in page.read_text(), "a file that came later compares nothing"
    world.make("contaminated_rows")
    world.make("dataset_report")
    assert "Not compared" not in page.read_text()
