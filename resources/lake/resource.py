"""The lake as a Dagster resource."""

import dagster as dg

from apigen_assets.settings import Settings
from resources.lake.io_manager import LakeIOManager
from resources.lake.lake import Lake
from resources.lake.opening import storage_options_of


class LakeResource(dg.ConfigurableIOManagerFactory):  # type: ignore[type-arg]
    """The lake: the IO manager `lake`, and `lake` for reading by name."""

    root: str
    storage_options: dict[str, str] = {}
    """As in `Settings.lake_options`: a value `env:NAME` stands for an environment variable."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "LakeResource":
        """The resource as the settings describe it."""
        return cls(root=settings.lake_url, storage_options=settings.lake_options)

    def create_io_manager(self, context: dg.InitResourceContext) -> LakeIOManager:
        """The IO manager; fails here, before any step, when the lake is unusable."""
        return LakeIOManager(self.lake())

    def lake(self) -> Lake:
        """The lake itself.

        Raises:
            LakeError: a variable that `storage_options` names is not set, or the lake is of a newer version.
        """
        return Lake(self.root, storage_options_of(self.storage_options))
