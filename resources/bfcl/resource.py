"""The leaderboard's environment, as a Dagster resource."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from apigen_assets.settings import Settings
from resources.bfcl.environment import Environment, environment_in


class BfclResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where the official checker runs: a small environment of its own, made on first use."""

    python: str | None = Field(default=None, description="An interpreter that has the leaderboard's package.")
    folder: str = Field(description="Where the environment is made if no interpreter is named.")

    @classmethod
    def from_settings(cls, settings: Settings) -> "BfclResource":
        """The resource as the settings describe it."""
        python = settings.bfcl_python
        return cls(python=None if python is None else str(python), folder=str(settings.home / "bfcl-env"))

    def environment(self) -> Environment:
        """The environment, made where it does not exist yet.

        Raises:
            BfclEnvironmentError: it cannot be made or used.
        """
        return environment_in(None if self.python is None else Path(self.python), Path(self.folder))
