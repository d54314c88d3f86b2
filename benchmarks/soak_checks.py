"""What a soak must have left behind, compared with what lies in the folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from apigen_assets.catalog.batches import load_batch
from apigen_assets.catalog.incoming import listing
from apigen_assets.dataset.overview.sources import sources as sources_table
from apigen_assets.settings import Settings
from benchmarks.soak_sources import Sources
from resources.lake.lake import Lake, LakeError

_SAID = ["name", "description", "parameters", "returns"]
"""Columns of a catalog that do not name the folder in which the source lay."""


def findings(
    instance: dg.DagsterInstance, config: Settings, sources: Sources, calm: Path
) -> tuple[list[str], dict[str, Any]]:
    """What is not as it should be, a sentence each, and the figures of what was compared."""
    lake = Lake(config.lake_url)
    keys = set(instance.get_dynamic_partitions("api_batch"))
    good = [source for source in sources.present if source.good]
    wrong = _good(lake, sources, keys)
    wrong += _bad(lake, config, sources)
    wrong += _gone(lake, sources, keys)
    wrong += _doubled(lake, keys)
    wrong += _instance(instance)
    wrong += _files(config)
    equal, different = _against_calm(lake, config, sources, calm)
    wrong += different
    counts = {
        "good_sources": len(good),
        "bad_sources": len(sources.present) - len(good),
        "removed_or_renamed": len(sources.gone),
        "verified_rows": _live(lake, "semantic_verified", keys).height,
        "data_set_rows": _table(lake, "function_calling_dataset").height,
        "catalogs_equal_to_a_calm_import": equal,
    }
    return wrong, counts


def _good(lake: Lake, sources: Sources, keys: set[str]) -> list[str]:
    wrong = []
    for source in sources.present:
        if not source.good:
            continue
        if source.slug not in keys:
            wrong.append(f"{source.name}: no partition")
            continue
        catalog = _live(lake, "filtered_api_catalog", {source.slug})
        # a name begins with that of its source
        prefix = f"{source.slug}_"
        named = sorted(name.removeprefix(prefix) for name in catalog["name"]) if catalog.width else []
        if named != sorted(source.functions()):
            wrong.append(f"{source.name}: the catalog has {named}, the file {sorted(source.functions())}")
        verified = _live(lake, "semantic_verified", {source.slug})
        if not verified.height:
            wrong.append(f"{source.name}: no verified row")
        current = f"_v{source.version}"
        called = (
            [call["name"] for answers in verified["answers"] for call in json.loads(answers)] if verified.width else []
        )
        old = sorted({name for name in called if name.startswith(prefix) and not name.endswith(current)})
        if old:
            wrong.append(f"{source.name}: verified rows call {old} beside version {source.version}")
    return wrong


def _bad(lake: Lake, config: Settings, sources: Sources) -> list[str]:
    listed = listing(config.incoming_dir)
    table = sources_table(lake, set(listed.entries), listed.problems)
    lines = {row["source"]: row for row in table.iter_rows(named=True)}
    wrong = []
    for source in sources.present:
        if source.good:
            continue
        line = lines.get(source.slug) or lines.get(source.name)
        if line is None or line["state"] not in {"no usable API", "left out"} or not line["reasons"]:
            wrong.append(f"{source.name} is bad and not explained: {line}")
    return wrong


def _gone(lake: Lake, sources: Sources, keys: set[str]) -> list[str]:
    present = {source.slug for source in sources.present}
    gone = sources.gone - present
    wrong = [f"{slug} was removed and still has a partition" for slug in sorted(gone & keys)]
    rows = _table(lake, "function_calling_dataset")
    if rows.height and "batch" in rows.columns:
        wrong += [f"the data set has rows of {slug}, which was removed" for slug in sorted(gone & set(rows["batch"]))]
    return wrong


def _doubled(lake: Lake, keys: set[str]) -> list[str]:
    wrong = []
    for table in ("raw_candidates", "semantic_verified"):
        ids = _live(lake, table, keys)
        if ids.height and ids["candidate_id"].n_unique() != ids.height:
            wrong.append(f"{table} has {ids.height - ids['candidate_id'].n_unique()} rows twice")
    rows = _table(lake, "function_calling_dataset")
    if rows.height and (
        rows["id"].n_unique() != rows.height or rows.select("query", "answers", "tools").n_unique() != rows.height
    ):
        wrong.append("the data set has rows twice")
    for slug in keys:
        candidates = _live(lake, "raw_candidates", {slug}).height
        ends = ("format_rejected", "execution_rejected", "semantic_rejected", "semantic_verified")
        ended = sum(_live(lake, table, {slug}).height for table in ends)
        if candidates != ended:
            wrong.append(f"{slug}: {candidates} candidates, of which {ended} ended verified or rejected")
    return wrong


def _instance(instance: dg.DagsterInstance) -> list[str]:
    wrong = []
    storage = instance.event_log_storage
    for pool in sorted(storage.get_concurrency_keys()):
        info = storage.get_concurrency_info(pool)
        if info.active_slot_count or info.pending_step_count:
            wrong.append(f"pool {pool}: {info.active_slot_count} slots taken, {info.pending_step_count} steps waiting")
    ended = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
    stuck = [run.run_id for run in instance.get_runs() if run.status not in ended]
    return wrong + ([f"{len(stuck)} runs never ended"] if stuck else [])


def _files(config: Settings) -> list[str]:
    wrong = []
    for path in sorted(Path(config.lake_url).rglob("*.parquet")):
        try:
            pl.read_parquet(path)
        except Exception as error:
            wrong.append(f"{path} cannot be read: {error}")
    return wrong


def _against_calm(lake: Lake, config: Settings, sources: Sources, calm: Path) -> tuple[int, list[str]]:
    """Each source's catalog beside what importing the same file once, undisturbed, gives."""
    shutil.rmtree(calm, ignore_errors=True)
    shutil.copytree(config.incoming_dir, calm / "incoming")
    undisturbed = config.model_copy(update={"home": calm})
    equal, wrong = 0, []
    for source in sources.present:
        if not source.good:
            continue
        fresh = load_batch(source.slug, undisturbed).apis
        live = _live(lake, "api_catalog", {source.slug})
        if live.width and fresh.select(_SAID).equals(live.select(_SAID)):
            equal += 1
        else:
            wrong.append(f"{source.name}: its catalog differs from a calm import of the same file")
    return equal, wrong


def _table(lake: Lake, name: str) -> pl.DataFrame:
    try:
        return lake.scan(name).collect()
    except LakeError:
        return pl.DataFrame()


def _live(lake: Lake, name: str, keys: set[str]) -> pl.DataFrame:
    """The rows of partitions that exist: what was removed keeps its files."""
    paths = [path for path in lake.paths(name) if {part.partition("=")[2] for part in path.parts} & keys]
    return lake.scan_paths(paths).collect() if paths else pl.DataFrame()
