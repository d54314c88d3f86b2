"""The repository tree of a data set release: Parquet shards, a card, a manifest; made whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from apigen_assets.canonical import dumps
from apigen_assets.dataset.xlam_openai import openai_row

SHARD_ROWS = 50_000

XLAM_COLUMNS = ("id", "query", "answers", "tools")


class Config(NamedTuple):
    """One config of the release: its name and its rows, with one split `train`."""

    name: str
    rows: pl.DataFrame


def configs(dataset: pl.DataFrame) -> list[Config]:
    """The configs made from `DatasetRow` rows: `xlam` (the original's columns) and `openai` (TRL-ready)."""
    return [
        Config("xlam", dataset.select(XLAM_COLUMNS)),
        Config(
            "openai",
            pl.DataFrame(
                [openai_row(row) for row in dataset.select(XLAM_COLUMNS).iter_rows(named=True)],
                schema={"id": pl.Int64, "messages": pl.String, "tools": pl.String},
                orient="row",
            ),
        ),
    ]


def content_hash(parts: list[Config]) -> str:
    """SHA-256 over the rows of every config: the same for the same content, whatever wrote the files."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.name.encode())
        for row in part.rows.iter_rows(named=True):
            digest.update(dumps(row).encode())
    return digest.hexdigest()


def write_tree(target: Path, parts: list[Config], card: str, manifest: dict[str, Any]) -> bool:
    """Write the release to `target`, replacing what stands there in one rename.

    Returns:
        False when `target` already holds this content, and nothing was written.
    """
    digest = content_hash(parts)
    if _hash_of(target) == digest:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for part in parts:
            folder = staging / "data" / part.name
            folder.mkdir(parents=True)
            shards = list(_shards(part.rows))
            for number, shard in enumerate(shards):
                shard.write_parquet(folder / f"train-{number:05d}-of-{len(shards):05d}.parquet")
        (staging / "README.md").write_text(card, encoding="utf-8")
        text = json.dumps({**manifest, "content_hash": digest}, indent=2, sort_keys=True, ensure_ascii=False)
        (staging / "release.json").write_text(text + "\n", encoding="utf-8")
        staging.chmod(0o755)
        _swap(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return True


def _shards(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for start in range(0, max(1, rows.height), SHARD_ROWS):
        yield rows.slice(start, SHARD_ROWS)


def _hash_of(target: Path) -> str | None:
    try:
        return str(json.loads((target / "release.json").read_text(encoding="utf-8"))["content_hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        os.replace(staging, target)
        return
    old = target.with_name(f".{target.name}.old.{os.getpid()}")
    os.replace(target, old)
    os.replace(staging, target)
    shutil.rmtree(old)
