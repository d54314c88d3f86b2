"""The assets of the mutation suite, over the hand-written seeds as a lake holds them."""

import dagster as dg
import polars as pl
import pytest

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.domain.api import Api
from apigen_assets.domain.verdict import CHECKED_SCHEMA
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.shown_examples import ShownExample, from_seeds
from apigen_assets.settings import settings
from apigen_assets.verification.mutation.assets import (
    CalibrationConfig,
    SuiteConfig,
    judge_calibration,
    verification_report,
)
from resources.executors import ExecutorsResource
from resources.llm.resource import LlmResource
from resources.python.resource import SandboxResource


@pytest.fixture(scope="module")
def tables():
    """A catalog of a few built-in functions, every seed example, and a table of verified rows that has none yet."""
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)[:6]
    return {
        "filtered_api_catalog": Api.frame(apis),
        "seed_examples": ShownExample.frame(from_seeds(all_seeds())),
        "semantic_verified": pl.LazyFrame(schema=CHECKED_SCHEMA),
        "executors": ExecutorsResource(python=SandboxResource()),
    }


def test_the_report_damages_the_seeds_whose_functions_the_catalog_has(tables):
    """Each family of damage is there, no good row is rejected, and nothing that breaks the form passes."""
    result = verification_report(dg.build_asset_context(), config=SuiteConfig(verified_rows=5), **tables)
    table = result.value
    assert set(table["family"]) >= {"arguments", "calls", "format", "query"}
    [good] = table.filter(pl.col("fault") == "valid rows").rows(named=True)
    assert good["mutants"] > 5 and good["by_format"] + good["by_execution"] + good["by_grounding"] == 0
    assert table.filter(pl.col("family") == "format")["missed"].sum() == 0


def test_judges_are_calibrated_on_the_seeds(tables, monkeypatch, tmp_path):
    monkeypatch.setenv("APIGEN_HOME", str(tmp_path))
    chosen = settings()
    result = judge_calibration(
        config=CalibrationConfig(good_rows=4, faults_per_row=1),
        llm=LlmResource.from_settings(chosen),
        settings=chosen,
        **tables,
    )
    assert result.metadata["good_rows"] > 0 and result.metadata["faults"] > 0
    assert set(result.value.columns) >= {"judge", "family", "recall"}
