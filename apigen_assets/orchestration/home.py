"""The Dagster instance of this machine: where it lives and how it is set up."""

import os
import shutil
from pathlib import Path

from apigen_assets.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
"""The project's folder, with workspace.yaml and deploy/."""


def prepare(settings: Settings) -> Path:
    """Make the folders and $DAGSTER_HOME with its dagster.yaml, and set the variable for this process.

    A dagster.yaml that is already there is kept: it may be the user's own.

    Returns:
        The Dagster home.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or settings.home / "dagster_home").resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings.incoming_dir.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(PROJECT / "deploy" / "laptop" / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def grant_slots(settings: Settings) -> None:
    """Give the pool `llm` its slots in the prepared instance; dagster.yaml can only say what every pool gets."""
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        instance.event_log_storage.set_concurrency_slots("llm", settings.llm_slots)
