"""The language models in use, as declared in generators.yaml; without that file, the embedded stand-ins.

Importing this module is cheap on purpose: the partition keys of every generation asset come from it.
"""

from pathlib import Path

from apigen_assets.settings import Settings, settings
from resources.llm.generator import (
    STANDIN_URL,
    STANDINS,
    Generator,
    GeneratorsFileError,
    MissingKeyError,
    Price,
    UnknownGeneratorError,
)
from resources.llm.generators_file import load_generators

__all__ = [
    "STANDINS",
    "STANDIN_URL",
    "Generator",
    "GeneratorsFileError",
    "MissingKeyError",
    "Price",
    "UnknownGeneratorError",
    "catalog_name",
    "enabled_generators",
    "find_generator",
    "generator_names",
    "generators",
    "judge_names",
    "load_generators",
]


def generators(given: Settings | None = None) -> dict[str, Generator]:
    """The enabled generators by name; the stand-ins where there is no generators file.

    Raises:
        GeneratorsFileError: the file exists and cannot be used.
    """
    return enabled_generators((given or settings()).generators_file)


def enabled_generators(file: Path) -> dict[str, Generator]:
    """The enabled generators of a file by name; the stand-ins where there is no such file.

    Raises:
        GeneratorsFileError: the file exists and cannot be used.
    """
    if not file.exists():
        return {one.name: one for one in STANDINS}
    return {name: one for name, one in load_generators(file).items() if one.enabled}


def generator_names(given: Settings | None = None) -> list[str]:
    """Names of the generators that write candidates: the keys of the `generator` partition dimension."""
    return [name for name, one in generators(given).items() if one.generate]


def judge_names(given: Settings | None = None) -> list[str]:
    """Names of the judging generators: those of `settings.judges`, or those marked `judge: true`.

    Raises:
        UnknownGeneratorError: a name in `settings.judges` is not configured, or nothing is there to judge.
    """
    config = given or settings()
    known = generators(config)
    if config.judges:
        return [find_generator(name, config).name for name in config.judges]
    judges = [name for name, one in known.items() if one.judge]
    if not judges:
        raise UnknownGeneratorError(
            f"{config.generators_file}: no enabled model has `judge: true`; mark one, or name judges in APIGEN_JUDGES"
        )
    return judges


def catalog_name(given: Settings | None = None) -> str | None:
    """Name of the generator that writes the catalog's texts: one with that role, else the first real model.

    Null where there are stand-ins only (they can neither document nor classify), or where entries say of the catalog
    and none takes it.
    """
    known = [generator for generator in generators(given).values() if not generator.is_standin]
    if any(generator.catalog is not None for generator in known):
        return next((generator.name for generator in known if generator.catalog), None)
    return known[0].name if known else None


def writing_model(given: Settings | None = None) -> str | None:
    """Name of the first real model with the role `generate`; null where there are stand-ins only."""
    known = generators(given).values()
    return next((generator.name for generator in known if generator.generate and not generator.is_standin), None)


def find_generator(name: str, given: Settings | None = None) -> Generator:
    """The enabled generator of that name.

    Raises:
        UnknownGeneratorError: there is none.
    """
    config = given or settings()
    known = generators(config)
    if name not in known:
        where = str(config.generators_file) if config.generators_file.exists() else "the embedded default"
        raise UnknownGeneratorError(
            f"no generator {name!r} is switched on in {where}; there are: {', '.join(known) or 'none'}"
        )
    return known[name]
