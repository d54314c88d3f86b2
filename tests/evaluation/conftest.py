import json

import pytest

from apigen_assets.settings import settings
from resources import bfcl


@pytest.fixture(scope="session")
def env(tmp_path_factory):
    """The small environment: the one configured, or one made for this session."""
    if settings().bfcl_python:
        return bfcl.environment()
    folder = tmp_path_factory.mktemp("bfcl") / "bfcl-env"
    try:
        return bfcl._asked_of(bfcl.install(folder))
    except bfcl.BfclEnvironmentError as error:
        pytest.skip(f"the BFCL environment cannot be made here: {error}")


@pytest.fixture(scope="session")
def truths(env):
    return bfcl.truths(env=env)


@pytest.fixture
def use_env(env, monkeypatch):
    """The commands use the session's environment."""
    monkeypatch.setenv("APIGEN_BFCL_PYTHON", str(env.python))
    settings.cache_clear()
    yield env
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def layout(tmp_path):
    """Writes entries in the official layout under result/<model>/."""

    def write(entries, model="some_model", prefix="BFCL_v4", rename=None, folders=True):
        root = tmp_path / "result"
        for entry in entries:
            category = entry["category"]
            name = (rename or {}).get(category, category)
            folder = root / model
            if folders:
                folder = folder / ("live" if category.startswith("live_") else "non_live")
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{prefix}_{name}_result.json").open("a") as file:
                file.write(json.dumps({"id": entry["id"], "result": entry["result"], "latency": 0.1}) + "\n")
        return root

    return write
