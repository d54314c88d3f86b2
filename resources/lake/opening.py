"""The lake outside a run, and the credentials of an object store."""

import os

from apigen_assets.settings import Settings
from resources.lake.errors import LakeError
from resources.lake.lake import Lake

_FROM_ENVIRONMENT = "env:"


def open_lake(settings: Settings) -> Lake:
    """The lake of the settings.

    Raises:
        LakeError: a variable that `lake_options` names is not set, or the lake is of a newer version.
    """
    return Lake(settings.lake_url, storage_options_of(settings.lake_options))


def storage_options_of(options: dict[str, str]) -> dict[str, str]:
    """The options with the values of the environment variables that they name.

    Raises:
        LakeError: one is not set.
    """
    read = {}
    for name, value in options.items():
        if value.startswith(_FROM_ENVIRONMENT):
            variable = value.removeprefix(_FROM_ENVIRONMENT)
            if variable not in os.environ:
                raise LakeError(
                    f"the environment variable {variable} is not set: APIGEN_LAKE_OPTIONS names it for {name!r}"
                )
            value = os.environ[variable]
        read[name] = value
    return read
