"""Changes to a recipe as they are written on a command line: `optimizer.lr=1e-4`."""

from collections.abc import Sequence
from typing import Any

import yaml

from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.recipe import RecipeError


def parse_changes(settings: Sequence[str]) -> JsonObject:
    """Nested values out of `field=value` texts; a value is YAML.

    Raises:
        RecipeError: a text has no `=`, or its value is not YAML.
    """
    out: JsonObject = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key:
            raise RecipeError(f"{setting}: write field=value, for example optimizer.lr=1e-4")
        place = out
        *parents, last = key.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            place[last] = _plain(yaml.safe_load(value))
        except yaml.YAMLError as error:
            raise RecipeError(f"{setting}: {error}") from None
    return out


def _plain(value: object) -> Any:
    """YAML 1.1 reads `1e-4` as text: a number is meant."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
