"""The UI in a real browser: what a person does there and sees, over one instance, one web server, one page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from apigen_assets.definitions import build
from apigen_assets.settings import Settings, settings
from resources.lake.lake import Lake
from tests.helpers.web_ui import PATIENCE_S, browser_page, web_ui
from tests.test_graph import FUNCTIONS

# Runs start at once: nothing but the web server is needed
INSTANCE = """
telemetry: {enabled: false}
nux: {enabled: false}
run_coordinator: {module: dagster.core.run_coordinator, class: DefaultRunCoordinator}
"""
CATALOG = "/assets/filtered_api_catalog"
ONE_MORE = '''

def leaf_area(length: float, width: float) -> float:
    """Estimate the area of a leaf as an ellipse.

    Args:
        length: Length of the leaf in centimetres.
        width: Width of the leaf in centimetres.
    """
    return round(0.7854 * length * width, 4)
'''


@dataclass
class Ui:
    page: Any
    url: str

    def open(self, path: str, text: str) -> None:
        """Go to a page, and wait for what it is about."""
        self.page.goto(self.url + path)
        self.page.get_by_text(text).first.wait_for()


@pytest.fixture
def ui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Ui]:
    """A web server whose settings are not all those under which the instance's tables were made."""
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(INSTANCE)
    (tmp_path / "seeds").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    settings.cache_clear()
    with browser_page() as page:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            fill(instance, settings())
        with web_ui(tmp_path / "web.log", APIGEN_SEEDS=str(tmp_path / "seeds")) as url:
            yield Ui(page, url)


def fill(instance: dg.DagsterInstance, config: Settings) -> None:
    """Two imports of a source, the second with one API more; a source without any; a table that somebody damaged."""
    config.incoming_dir.mkdir(parents=True)
    source = config.incoming_dir / "trees.py"
    source.write_text(FUNCTIONS)
    (config.incoming_dir / "broken.py").write_text("def f(:\n")
    instance.add_dynamic_partitions("api_batch", ["trees", "broken"])
    sound = dg.AssetCheckKey(dg.AssetKey("filtered_api_catalog"), "filtered_api_catalog_is_sound")
    check = dg.define_asset_job("check", selection=dg.AssetSelection.checks(sound))
    definitions = dg.Definitions.merge(build(config), dg.Definitions(jobs=[check]))

    def run(job: str, partition: str | None = None) -> bool:
        job_def = definitions.resolve_job_def(job)
        return job_def.execute_in_process(partition_key=partition, instance=instance, raise_on_error=False).success

    assert run("seeds") and run("catalog", "trees") and run("catalog", "broken")
    source.write_text(FUNCTIONS + ONE_MORE)
    assert run("catalog", "trees") and run("overview")
    lake = Lake(config.lake_url)
    path = lake.path("filtered_api_catalog", {"api_batch": "trees"})
    rows = pl.read_parquet(str(path))
    lake.write(pl.concat([rows, rows[:1]]), path)
    # by its tag: a job of checks alone does not know its partitions
    tags = {"dagster/partition": "trees"}
    definitions.resolve_job_def("check").execute_in_process(instance=instance, raise_on_error=False, tags=tags)


@pytest.mark.slow
@pytest.mark.timeout(6 * PATIENCE_S)
def test_what_a_person_does_and_sees(ui: Ui) -> None:
    a_failed_check_is_red_with_its_reason(ui)
    what_a_changed_setting_made_old_is_marked(ui)
    every_source_has_a_line_that_says_what_to_do(ui)
    figures_of_several_runs_are_a_chart(ui)
    a_partition_is_materialised_and_watched_to_its_end(ui)


def a_failed_check_is_red_with_its_reason(ui: Ui) -> None:
    ui.open(f"{CATALOG}?view=checks&checkDetail=filtered_api_catalog_is_sound", "Latest execution")
    ui.page.get_by_text("1 API with the api_id of another").first.wait_for()
    red, green, blue = map(int, re.findall(r"\d+", colour(ui.page.get_by_text("Failed", exact=True).last))[:3])
    assert red > 2 * green and red > 2 * blue


def what_a_changed_setting_made_old_is_marked(ui: Ui) -> None:
    """The web server has other seeds than those of the pool; the table of sources depends on none."""
    ui.open("/assets/sources?view=overview", "Latest materialization")
    assert ui.page.get_by_text("Unsynced").count() == 0
    ui.open("/assets/seed_examples?view=overview", "Unsynced")
    ui.page.get_by_text("Unsynced").first.hover()
    ui.page.get_by_text("has a new code version").first.wait_for()


def every_source_has_a_line_that_says_what_to_do(ui: Ui) -> None:
    ui.open("/assets/sources?view=events", "what_to_do")
    said = "mend the source and drop it again: 1 API rejected at import as not python"
    assert ui.page.get_by_text(said).first.is_visible()


def figures_of_several_runs_are_a_chart(ui: Ui) -> None:
    ui.open(f"{CATALOG}?view=overview", "Metadata")
    ui.page.get_by_text("Plots", exact=True).first.click()
    ui.page.get_by_role("button", name="Events").last.click()
    ui.page.get_by_text("dagster/row_count").first.wait_for()
    ui.page.locator("canvas").first.wait_for()


def a_partition_is_materialised_and_watched_to_its_end(ui: Ui) -> None:
    """From the button to the end of the run, and the picture that it made."""
    asset = f"{CATALOG}?view=partitions&partition=trees"
    ui.open(asset, "categories_plot")
    ui.page.get_by_role("button", name=re.compile("aterialize")).first.click()
    ui.page.get_by_role("button", name="Launch 1 run").click()
    run = ui.page.get_by_role("link", name="View", exact=True).get_attribute("href")
    ui.open(run, "filtered_api_catalog")
    ui.page.get_by_text("Success", exact=True).first.wait_for()
    ui.page.goto(ui.url + asset)
    ui.page.get_by_role("link", name=run.rpartition("/")[2][:8]).first.wait_for()
    ui.page.get_by_role("row").filter(has_text="categories_plot").last.get_by_text("Show Markdown").click()
    picture = ui.page.locator("img[src^='data:image/png']").first
    picture.wait_for()
    assert picture.evaluate("picture => picture.naturalWidth") > 300


def colour(element: Any) -> str:
    return str(element.evaluate("element => getComputedStyle(element).color"))
