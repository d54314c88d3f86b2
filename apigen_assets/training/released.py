"""Whether rows are those of the release, and where that release is published."""

import json
from pathlib import Path

import polars as pl

from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.row_hash import RowHash

DATASET = "function-calling-dataset"
"""The release's folder, inside the folder of releases."""

_BATCH = 20_000


def note_publication(release_dir: Path, content_hash: str, repository: str, revision: str, version: str | None) -> None:
    """Keep where the local release is published.

    It stands beside the release, not in its `release.json`: that file is part of the commit whose name is kept here.
    """
    note = {"content_hash": content_hash, "repository": repository, "revision": revision, "version": version}
    write_text(release_dir / f"{DATASET}.published.json", json.dumps(note, indent=2) + "\n")


def released_as(release_dir: Path, rows: Path) -> JsonObject:
    """The release that holds exactly these rows: its hash and, where it is published, its place.

    Args:
        release_dir: the folder of releases.
        rows: a Parquet table of data set rows, in the release's order.

    Returns:
        `content_hash`, and `repository`, `revision` and `version` where published; empty where there is no release
        or it holds other rows. Equal counts say nothing, their hash does.
    """
    manifest = _read(release_dir / DATASET / "release.json")
    xlam = (manifest.get("configs") or {}).get("xlam") or {}
    split = (xlam.get("splits") or {}).get("train") or {}
    if not split.get("sha256") or split["sha256"] != _hash(rows, xlam.get("columns") or []):
        return {}
    out: JsonObject = {"content_hash": manifest["content_hash"]}
    published = _read(release_dir / f"{DATASET}.published.json")
    if published.get("content_hash") == manifest["content_hash"]:
        out |= {key: published[key] for key in ("repository", "revision", "version") if published.get(key)}
    return out


def _hash(rows: Path, columns: list[list[str]]) -> str | None:
    frame = pl.scan_parquet(rows)
    names = [name for name, _ in columns]
    if not names or not set(names) <= set(frame.collect_schema().names()):
        return None
    digest = RowHash(columns)
    for batch in frame.select(names).collect_batches(chunk_size=_BATCH, maintain_order=True):
        digest.update(batch.to_arrow())
    return digest.hexdigest()


def _read(path: Path) -> JsonObject:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
