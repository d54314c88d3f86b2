import zipfile
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from apigen_assets.catalog import assets, checks
from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import Completion
from apigen_assets.settings import Settings
from resources.executors import ExecutorsResource
from resources.lake.lake import LakeError
from resources.lake.resource import LakeResource
from resources.llm.resource import LlmResource
from resources.python.resource import SandboxResource

MODULE = '''
"""Shop functions."""

def price_with_tax(net: float, rate: float = 0.19) -> float:
    """Compute a gross price.

    Args:
        net: Price without tax, in euros.
        rate: Tax rate as a share.
    """
    return net * (1 + rate)


def ping() -> str:
    """Answer."""
    return "pong"


def handle(callback: Callable[[], None]) -> None:
    """Take a callback."""
'''


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Materialises the catalog of one partition; gives (result, lake, instance)."""

    def materialise(key, raise_on_error=True, batch_size=100, model=None):
        config = Settings(home=tmp_path, batch_size=batch_size, _env_file=None)
        resource = LakeResource(root=config.lake_url)
        loaded = [*dg.load_assets_from_modules([assets]), *dg.load_asset_checks_from_modules([checks])]
        instance.add_dynamic_partitions("api_batch", [key])
        resources = {
            "lake": resource,
            "executors": ExecutorsResource(python=SandboxResource(workers=1, minimum="none"), rest=None, mcp=None),
            "llm": LlmResource.from_settings(config) if model is None else model,
            "settings": config,
        }
        result = dg.materialize(
            loaded, partition_key=key, instance=instance, resources=resources, raise_on_error=raise_on_error
        )
        return result, resource.lake()

    with dg.DagsterInstance.ephemeral() as instance:
        materialise.instance = instance
        (tmp_path / "incoming").mkdir()
        yield materialise


def test_a_dropped_module_becomes_a_filtered_catalog_and_nothing_vanishes(run, tmp_path):
    (tmp_path / "incoming" / "Shop Prices.py").write_text(MODULE)
    result, lake = run("shop-prices")
    assert result.success
    (api,) = [Api.from_row(row) for row in lake.scan("filtered_api_catalog").collect().iter_rows(named=True)]
    assert api.name == "shop-prices_price_with_tax"
    assert api.parameters["required"] == ["net"]
    assert api.parameters["properties"]["rate"] == {
        "type": "number",
        "description": "Tax rate as a share.",
        "default": 0.19,
    }
    rejected = lake.scan("unimported_apis").collect()
    assert rejected["original_name"].to_list() == ["Shop Prices.handle"]
    assert lake.scan("undocumented_apis").collect()["reason"].to_list() == ["no_parameters"]
    assert all(check.passed for check in result.get_asset_check_evaluations())
    assert len(result.get_asset_check_evaluations()) == 5


def test_the_modules_of_a_dropped_archive_are_there_after_the_import(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "incoming" / "shop.zip", "w") as archive:
        archive.writestr("shop/prices.py", MODULE.partition("def handle")[0])
        archive.writestr("shop/__init__.py", "")
        archive.writestr("shop/rates.json", '{"net": 2}')
        archive.writestr(
            "shop/totals.py",
            "import json\nfrom pathlib import Path\nfrom .prices import price_with_tax\n\n"
            "RATES = json.loads((Path(__file__).parent / 'rates.json').read_text())\n\n\n"
            "def total(pieces: int) -> float:\n"
            '    """Compute the total of an order.\n\n    Args:\n        pieces: How many pieces.\n    """\n'
            "    return pieces * price_with_tax(RATES['net'])\n",
        )
    result, lake = run("shop")
    assert result.success
    apis = [Api.from_row(row) for row in lake.scan("filtered_api_catalog").collect().iter_rows(named=True)]
    assert [api.binding.module for api in apis] == ["shop.prices", "shop.totals"]
    assert all(Path(api.binding.path).is_file() and api.probe.outcome == "ok" for api in apis)


def _metadata(result, node):
    return result.asset_materializations_for_node(node)[0].metadata


def test_a_large_source_is_split_and_its_import_names_the_batches(run, tmp_path):
    lines = [f'def f{i}(x: int) -> int:\n    """Number {i}."""\n    return x\n' for i in range(7)]
    source = tmp_path / "incoming" / "many.py"
    source.write_text("\n".join(lines))
    result, _ = run("many", batch_size=3)
    assert _metadata(result, "import_apis")["batches_of_source"].value == 3
    assert set(run.instance.get_dynamic_partitions("api_batch")) == {"many"}, "partitions are the sensor's"
    _, lake = run("many--002", batch_size=3)
    names = lake.scan("filtered_api_catalog", {"api_batch": "many--002"}).collect()["name"].to_list()
    assert names == ["many_f6"]
    source.write_text("\n".join(lines[:2]))
    result, _ = run("many", batch_size=3)
    assert _metadata(result, "import_apis")["batches_of_source"].value == 1


def test_a_source_without_apis_is_a_successful_import_that_says_why(run, tmp_path):
    (tmp_path / "incoming" / "broken.py").write_text("def f(:\n")
    result, lake = run("broken")
    assert result.success
    assert lake.scan("unimported_apis").collect()["reason"].to_list() == ["not_python"]
    assert lake.scan("filtered_api_catalog").collect().is_empty()
    (check,) = [check for check in result.get_asset_check_evaluations() if check.check_name == "has_usable_apis"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description.startswith("No usable API. 1 API rejected at import as not python (first broken")


def test_a_source_that_was_removed_before_its_import_is_skipped_and_says_so(run):
    result, lake = run("gone")
    assert result.success and not result.get_asset_materialization_events()
    (event,) = [event for event in result.all_events if event.is_asset_observation]
    assert "no source 'gone'" in event.asset_observation_data.asset_observation.metadata["skipped"].value
    with pytest.raises(LakeError):
        lake.scan("api_catalog").collect()


def test_two_files_of_one_name_are_a_failure(run, tmp_path):
    for name in ("shop.py", "Shop.json"):
        (tmp_path / "incoming" / name).write_text("{}")
    with pytest.raises(Exception, match="the same slug 'shop'"):
        run("shop")


def test_checks_see_what_vanished():
    from apigen_assets.catalog.tables import conservation_faults

    before = pl.DataFrame({"api_id": ["a", "b"]})
    kept = pl.DataFrame({"api_id": ["a", "c"]})
    faults = conservation_faults(before, kept, None)
    assert any("1 API vanished: b" in fault for fault in faults)
    assert any("came from nowhere: c" in fault for fault in faults)


def test_a_configured_language_model_rewrites_noisy_texts_and_sorts(run, tmp_path, monkeypatch):
    class Model:
        def complete(self, generator, requests, on_progress=None):
            assert generator == "real-model"
            texts = {
                "document": '{"description": "Gives the gross price.", "parameters": {"net": "Price without tax."}}',
                "classify": '{"1": "Commerce"}',
            }
            return [Completion(key="k", status="ok", text=texts[request.purpose]) for request in requests]

    (tmp_path / "incoming" / "shop.py").write_text(
        "def gross_price(net: float) -> float:\n    '''See **https://x.example**'''\n    return net\n"
    )
    monkeypatch.setattr(assets, "language_model", lambda settings: "real-model")
    _, lake = run("shop", model=dg.ResourceDefinition.hardcoded_resource(Model()))
    (api,) = [Api.from_row(row) for row in lake.scan("filtered_api_catalog").collect().iter_rows(named=True)]
    assert (api.description, api.category) == ("Gives the gross price.", "Commerce")
    assert api.original["description"] == "See **https://x.example**"
