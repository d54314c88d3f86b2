from pathlib import Path

import pytest

from tests.helpers.paths import SHARED


@pytest.fixture(scope="session")
def shared_data():
    """The folder of data beside the project; tests that need it skip without it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: this test reads real API descriptions from it")
    return folder


@pytest.fixture(scope="session")
def labels():
    """The hand-labelled sample: original name to category."""
    lines = Path(__file__).with_name("category_labels.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


@pytest.fixture(scope="session")
def toolbench(shared_data):
    """ToolBench as imported: 2,782 tools."""
    from apigen_assets.catalog.importers.toolbench.tools import import_toolbench

    return import_toolbench(shared_data / "toolbench" / "toolenv.tar.xz", "toolenv")
