"""The platform in figures for who watches the machine: Prometheus metrics."""

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from apigen_assets.catalog.incoming import listing
from apigen_assets.dataset.funnel import reasons
from apigen_assets.dataset.overview.sources import sources
from apigen_assets.files.segments import segments
from apigen_assets.settings import Settings
from resources.lake.lake import Lake
from resources.llm.usage import JournalUsage

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

FAILURES = Path("reports") / "failures.jsonl"


def metrics(
    settings: Settings, lake: Lake, usage: JournalUsage, runs: Mapping[str, int], last: Mapping[str, float]
) -> "CollectorRegistry":
    """A registry with every figure as it is now.

    Args:
        settings: say where everything lies.
        lake: the tables.
        usage: of the journal, brought up to date by the caller.
        runs: number of runs by status.
        last: seconds since the epoch of the latest run that ended so, by status.
    """
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()

    def gauge(name: str, about: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()) -> None:
        metric = Gauge(f"apigen_{name}", about, labels, registry=registry)
        for labelled, value in values.items():
            (metric.labels(*labelled) if labels else metric).set(value)

    listed = listing(settings.incoming_dir)
    table = sources(lake, set(listed.entries), listed.problems)
    states = Counter(table["state"].to_list())
    gauge("sources", "Sources of APIs by state", {(name,): count for name, count in states.items()}, ("state",))
    gauge("apis_usable", "APIs that generation may use", {(): int(table["usable"].sum())})
    gauge("rows", "Rows of each table", {(name,): _rows(lake, name) for name in lake.assets()}, ("table",))
    rejected = reasons(lake).group_by("stage", "reason").agg(pl.col("count").sum())
    gauge(
        "rejected_rows",
        "Candidates that a stage rejected",
        {(stage, reason): count for stage, reason, count in rejected.sort("stage", "reason").iter_rows()},
        ("stage", "reason"),
    )
    for name, about in (
        ("answers", "Answers of language models in the journal"),
        ("failures", "Requests to language models that failed, in the journal"),
        ("prompt_tokens", "Tokens of prompts"),
        ("completion_tokens", "Tokens of answers"),
        ("usd", "What the answers cost, at the prices in generators.yaml"),
        ("bytes", "Size of the journal"),
    ):
        figures: dict[tuple[str, ...], float] = {
            (key,): float(getattr(value, name)) for key, value in usage.by_generator.items()
        }
        gauge(f"journal_{name}", about, figures, ("generator",))
    recordings = sum(path.stat().st_size for path in settings.recordings_dir.rglob("*.jsonl"))
    gauge("recordings_bytes", "Size of the recorded calls", {(): recordings})
    gauge("failed_runs_reported", "Lines of reports/failures.jsonl", {(): _lines(settings.home / FAILURES)})
    gauge("runs", "Runs by status", {(name,): count for name, count in runs.items()}, ("status",))
    ended: dict[tuple[str, ...], float] = {(name,): when for name, when in last.items()}
    gauge("last_run_timestamp_seconds", "When the latest run ended so", ended, ("status",))
    gauge("disk_free_bytes", "Free space where everything lies", {(): shutil.disk_usage(_existing(settings.home)).free})
    return registry


def _rows(lake: Lake, name: str) -> int:
    """Rows by the files' footers."""
    return int(lake.scan(name, in_ranges=True).select(pl.len()).collect().item())


def _lines(path: Path) -> int:
    folder = segments(path.parent)
    return sum(1 for _ in path.open("rb")) if path in folder else 0


def _existing(folder: Path) -> Path:
    return next((place for place in (folder.resolve(), *folder.resolve().parents) if place.exists()), Path("/"))
