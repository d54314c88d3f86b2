"""A Hub of its own for every test, and publishers without long waits."""

import pytest

from resources.hub.resource import HubResource
from tests.helpers.hub_server import LocalHub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    monkeypatch.setenv("HF_TOKEN", LocalHub.WRITE)
    with LocalHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def publisher(hub):
    """Compares published files by hash; what loads is the business of its own tests."""
    return HubResource(endpoint=hub.url, backoff_s=0.02, load_back=False, deadline_s=60)
