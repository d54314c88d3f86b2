"""The repository tree of a data set release: Parquet shards, a card, a manifest; made whole or not at all."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from apigen_assets.files.folders import staged
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.files.row_hash import RowHash, combined_hash
from apigen_assets.release.configs import Config, JsonLines, Split, features
from apigen_assets.release.dataset_card import Card
from apigen_assets.release.shards import WrittenSplit, columns, file_sha256, write_split

MANIFEST = "release.json"
"""Names every file of the release with size and SHA-256; what a repository does not list there is not ours."""

FORMAT = 1
"""Version of the manifest's layout."""


class Tree(NamedTuple):
    """A release on disk."""

    path: Path
    manifest: JsonObject
    changed: bool
    """False when it held the same rows and the same card already, and nothing was written."""

    @property
    def content_hash(self) -> str:
        """Hash of all rows."""
        return str(self.manifest["content_hash"])


def write_tree(
    target: Path,
    configs: Sequence[Config],
    card: Callable[[Sequence[JsonMapping]], Card],
    provenance: JsonMapping,
    exports: Sequence[JsonLines] = (),
) -> Tree:
    """Write the release to `target`, in place of what stands there.

    Args:
        target: the folder; it is replaced whole.
        configs: the configs, the default one first.
        card: makes the card from `dataset_info` of every config.
        provenance: how the rows were made, for the manifest.
        exports: files of JSON lines beside the configs.
    """
    with staged(target) as staging:
        hashes: dict[str, str] = {}
        infos = []
        described: JsonObject = {}
        for config in configs:
            left_out: list[int] = []
            written = {split.name: _write(staging, config, split, hashes, left_out) for split in config.splits}
            infos.append({**dataset_info(config, written), "left_out": len(left_out)})
            described[config.name] = {
                "about": config.about,
                "columns": columns(config.schema),
                "splits": {
                    name: {
                        "rows": split.rows,
                        "num_bytes": split.num_bytes,
                        "sha256": hashes[f"{config.name}/{name}"],
                        "files": [str(file.relative_to(staging)) for file in split.files],
                    }
                    for name, split in written.items()
                },
                **({"left_out": left_out} if left_out else {}),
            }
        files = {export.name: _write_lines(staging, export, hashes) for export in exports}
        readme = card(infos)
        (staging / "README.md").write_text(readme.text, encoding="utf-8")
        manifest = {
            "format": FORMAT,
            "kind": "dataset",
            "content_hash": combined_hash(hashes),
            "card_hash": readme.identity,
            "rows": sum(split["rows"] for split in described[configs[0].name]["splits"].values()),
            "configs": described,
            **({"exports": files} if files else {}),
            "provenance": dict(provenance),
        }
        write_manifest(staging, manifest)
        old = read_manifest(target)
        if old is not None and same(old, manifest) and complete(target, old):
            shutil.rmtree(staging)
            return Tree(target, old, False)
    return Tree(target, manifest, True)


def dataset_info(config: Config, written: Mapping[str, WrittenSplit]) -> JsonObject:
    """The `dataset_info` entry of a config, computed from what was written."""
    declared = features(config.schema)
    return {
        "config_name": config.name,
        **({"features": declared} if declared else {}),
        "splits": [
            {"name": name, "num_bytes": split.num_bytes, "num_examples": split.rows} for name, split in written.items()
        ],
        "download_size": sum(file.stat().st_size for split in written.values() for file in split.files),
        "dataset_size": sum(split.num_bytes for split in written.values()),
    }


def write_manifest(folder: Path, manifest: JsonObject) -> None:
    """Write the manifest, with the size and SHA-256 of every other file; adds them to `manifest` as `files`."""
    manifest["files"] = {
        str(path.relative_to(folder)): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> JsonObject | None:
    """The manifest of a release folder; null where there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "content_hash" in manifest else None


def same(left: JsonMapping, right: JsonMapping) -> bool:
    """Whether two manifests name the same rows and the same card, whatever runs and versions made them."""
    return all(left.get(key) == right.get(key) for key in ("format", "kind", "content_hash", "card_hash"))


def complete(folder: Path, manifest: JsonMapping) -> bool:
    """Whether the folder holds exactly the files of the manifest, at their sizes."""
    sizes = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    return sizes == {name: file["size"] for name, file in manifest.get("files", {}).items()}


def _write(staging: Path, config: Config, split: Split, hashes: dict[str, str], left_out: list[int]) -> WrittenSplit:
    digest = RowHash(columns(config.schema))

    def tables() -> Iterator[pa.Table]:
        for table in config.batches(split, left_out):
            digest.update(table)
            yield table

    written = write_split(staging / "data" / config.name, split.name, config.schema, tables())
    hashes[f"{config.name}/{split.name}"] = digest.hexdigest()
    return written


def _write_lines(staging: Path, export: JsonLines, hashes: dict[str, str]) -> JsonObject:
    path = staging / "jsonl" / f"{export.name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        for line in export.lines():
            out.write(line)
            rows += 1
    hashes[f"{export.name}/lines"] = file_sha256(path)
    return {"about": export.about, "rows": rows, "file": str(path.relative_to(staging))}
