"""What every test shares: nothing of a test reaches the user's data or the network."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    """Every test has a data folder of its own, and settings read afresh."""
    from apigen_assets.settings import settings

    monkeypatch.setenv("APIGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APIGEN_BFCL_INSTALL", "false")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()
