"""Batches of APIs: the partition keys of a source, and its import, parsed once and kept by fingerprint."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from apigen_assets.catalog.grouping import batch_sizes, group_of, in_groups
from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.registry import MODULES
from apigen_assets.catalog.importers.sources import import_builtin, import_source
from apigen_assets.catalog.incoming import find
from apigen_assets.catalog.names import BUILTIN
from apigen_assets.domain.api import RejectedApi, Source
from apigen_assets.files.folders import staged
from apigen_assets.files.json_types import JsonObject
from apigen_assets.settings import Settings

IMPORTER_VERSION = "7"
"""Raised when an importer gives other records for the same source, so that kept imports are made again."""

_PART_ROWS = 1_000
"""APIs of one file of a kept import, so that neither writing nor reading a batch holds all of a large one."""


@dataclass(frozen=True)
class BatchKey:
    """A partition key: `<slug>` for the first APIs of a source, `<slug>--001` ... for the rest."""

    slug: str
    index: int = 0

    @classmethod
    def parse(cls, key: str) -> "BatchKey":
        """The parts of a key."""
        slug, mark, number = key.rpartition("--")
        return cls(slug, int(number)) if mark and number.isdecimal() else cls(key)

    def __str__(self) -> str:
        return self.slug if self.index == 0 else f"{self.slug}--{self.index:03d}"


@dataclass(frozen=True)
class Batch:
    """One batch of a source, and what the source holds in all."""

    key: BatchKey
    apis: pl.DataFrame
    """`Api.SCHEMA`."""
    rejects: pl.DataFrame
    """`RejectedApi.SCHEMA`: all rejects of the import in the first batch, none in the others."""
    keys: tuple[str, ...]
    """Every batch key of the source."""
    funnel: dict[str, int]
    """Of the whole source."""
    warnings: tuple[str, ...]
    """Likewise: those of the import in the first batch."""
    fingerprint: str = ""
    """State of the dropped source that was imported; empty for the built-in functions."""


def batch_keys(slug: str, apis: int, size: int) -> tuple[str, ...]:
    """The keys of a source of so many APIs; one that is empty keeps its first key, where its rejects are."""
    return keys_of(slug, batch_sizes([apis], size))


def keys_of(slug: str, sizes: list[int]) -> tuple[str, ...]:
    """The keys of a source that is split into batches of these sizes."""
    return tuple(str(BatchKey(slug, index)) for index in range(max(1, len(sizes))))


def load_batch(key: str, settings: Settings) -> Batch:
    """One batch of the built-in functions or of a dropped source.

    The source is parsed once: the import lies under `<home>/imports/<slug>/<fingerprint>/` and is read from there
    until the source changes.

    Raises:
        NoSourceError: the source is not in the watched folder.
        FolderError: it cannot be used, since two files claim its name.
    """
    batch = BatchKey.parse(key)
    if batch.slug == BUILTIN:
        result = import_builtin()
        apis, rejects = result.apis.frame().lazy(), RejectedApi.frame(result.rejects)
        funnel, warnings, fingerprint = result.funnel, result.warnings, ""
        groups = [len(result.apis)]
    else:
        folder = kept_import(batch.slug, settings)
        apis = pl.scan_parquet(folder / "apis")
        rejects = pl.read_parquet(folder / "rejects.parquet")
        summary = json.loads((folder / "summary.json").read_text())
        funnel, warnings = summary["funnel"], summary["warnings"]
        fingerprint = folder.name.removesuffix(f"-{IMPORTER_VERSION}")
        groups = [count for _, count in summary["groups"]]
    sizes = batch_sizes(groups, settings.batch_size)
    return Batch(
        key=batch,
        apis=apis.slice(sum(sizes[: batch.index]), sizes[batch.index] if batch.index < len(sizes) else 0).collect(),
        rejects=rejects if batch.index == 0 else rejects.clear(),
        keys=keys_of(batch.slug, sizes),
        funnel=funnel,
        warnings=tuple(warnings) if batch.index == 0 else (),
        fingerprint=fingerprint,
    )


def kept_import(slug: str, settings: Settings) -> Path:
    """The folder with the import of a dropped source as it is now; made where it does not exist yet.

    Raises:
        NoSourceError: the source is not in the watched folder.
        FolderError: it cannot be used, since two files claim its name.
    """
    entry = find(settings.incoming_dir, slug)
    home = settings.home / "imports" / slug
    folder = home / f"{entry.fingerprint}-{IMPORTER_VERSION}"
    if not (folder / "summary.json").exists():
        result = import_source(entry.path, name=slug, allow_private=settings.allow_private_addresses, workdir=home)
        keep(result, folder)
        for old in home.iterdir():
            if old not in {folder, home / MODULES} and not old.name.startswith("."):
                shutil.rmtree(old, ignore_errors=True)
    return folder


def kept_keys(slug: str, fingerprint: str, settings: Settings) -> list[str]:
    """The batch keys of a source in this very state; none where it was not imported yet."""
    summary = settings.home / "imports" / slug / f"{fingerprint}-{IMPORTER_VERSION}" / "summary.json"
    try:
        groups = [int(count) for _, count in json.loads(summary.read_text())["groups"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return list(keys_of(slug, batch_sizes(groups, settings.batch_size)))


def keep(result: ImportResult, folder: Path) -> None:
    """Write an import as a folder of tables: whole or not at all. APIs that belong together lie side by side."""
    order, groups = in_groups([group_of(Source.model_validate(api["source"])) for api in result.apis.objects()])
    with staged(folder) as staging:
        (staging / "apis").mkdir()
        for start in range(0, max(1, len(order)), _PART_ROWS):
            part = result.apis.frame(order[start : start + _PART_ROWS])
            part.write_parquet(staging / "apis" / f"{start:08d}.parquet")
        RejectedApi.frame(result.rejects).write_parquet(staging / "rejects.parquet")
        summary: JsonObject = {"format": result.format, "funnel": result.funnel, "warnings": result.warnings}
        summary["groups"] = groups
        (staging / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1))
