"""Which settings shape a table: named on its asset, part of its code version, shown with their values.

An asset names them in its definition (`metadata=shaped_by("seed", "dataset_size")`). When the code location loads,
their values become part of the asset's code version, so that the UI shows what was made under other settings as stale;
the lake writes them beside every table.
"""

import dagster as dg

from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings
from resources.llm.generators import GeneratorsFileError, UnknownGeneratorError, judge_names

_NAMES = "shaped_by"

SHOWN = "settings"
"""Key of the metadata with names and values, on definitions and on what was made under them."""


def shaped_by(*names: str) -> dict[str, str]:
    """Metadata of an asset's definition: the settings (`Settings` fields) that its rows depend on."""
    unknown = sorted(set(names) - set(Settings.model_fields))
    if unknown:
        raise ValueError(f"not settings: {', '.join(unknown)}")
    return {_NAMES: ", ".join(names)}


def with_settings(spec: dg.AssetSpec, settings: Settings) -> dg.AssetSpec:
    """The spec with the values of its settings in its code version and its metadata."""
    names = [name for name in str(spec.metadata.get(_NAMES, "")).split(", ") if name]
    if not names:
        return spec
    values = values_of(settings, *names)
    metadata = {name: value for name, value in spec.metadata.items() if name != _NAMES}
    return spec.replace_attributes(
        code_version=f"{spec.code_version}-{content_hash(values, 6)}",
        metadata={**metadata, SHOWN: dg.MetadataValue.json(values)},
    )


def values_of(settings: Settings, *names: str) -> JsonObject:
    """Values by environment variable, as a person would look for them."""
    plain = settings.model_dump(mode="json", include=set(names))
    if "judges" in plain:
        plain["judges"] = _judges(settings)
    return {f"APIGEN_{name.upper()}": plain[name] for name in names}


def _judges(settings: Settings) -> list[str] | str:
    """The judges in force, also where generators.yaml and not the setting names them."""
    try:
        return judge_names(settings)
    except (GeneratorsFileError, UnknownGeneratorError) as error:
        return str(error)
