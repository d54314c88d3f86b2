"""Measures importing: time and peak memory on all of ToolBench and on 22 OpenAPI files, the funnel, the categories.

Run it from the project's folder, with the data beside it: `python benchmarks/import_.py [DATA]`; or with any one
source, `python benchmarks/import_.py SOURCE`, of which only the import is measured. "Kept" is the peak when the tables
of the import are written too, as a partition's import writes them.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apigen_assets.catalog.batches import keep
from apigen_assets.catalog.filters.categories import category_by_rules
from apigen_assets.catalog.filters.category_rules import FOLDERS
from apigen_assets.catalog.filters.documentation import fault
from apigen_assets.catalog.filters.rewriting import noise
from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.sources import import_source

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "catalog" / "category_labels.tsv"


def measured(source: str) -> dict[str, Any]:
    """One import in a process of its own: seconds, CPU seconds, peak memory in MB, counts."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_import, (source,))


def _import(source: str) -> dict[str, Any]:
    started, cpu = time.perf_counter(), time.process_time()
    result = import_source(source)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    imported_mb = _peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        keep(result, Path(folder) / "kept")
    return {
        "source": Path(source).name,
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": imported_mb,
        "kept_mb": _peak_mb(),
        "funnel": result.funnel,
        "files": len({api.source.file for api in result.apis} | {reject.file for reject in result.rejects}),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def funnel(result: ImportResult) -> dict[str, int]:
    """The catalog's steps that need no call, on one import."""
    reasons = Counter((fault(api) or ("kept",))[0] for api in result.apis)
    kept = [api for api in result.apis if fault(api) is None]
    return {
        "APIs found": result.funnel["found"],
        "imported": result.funnel["imported"],
        **{f"rejected: {reason}": count for reason, count in sorted(reasons.items()) if reason != "kept"},
        "documented": len(kept),
        "  of these noisy (to be rewritten)": sum(noise(api) is not None for api in kept),
    }


def accuracy(result: ImportResult) -> dict[str, str]:
    """Categories by rules, and by ToolBench's folder alone, against the hand-labelled sample."""
    lines = LABELS.read_text().splitlines()
    labels = dict(line.split("\t") for line in lines if not line.startswith("#"))
    found = [api for api in result.apis if api.source.original_name in labels]
    right = sum(category_by_rules(api) == labels[api.source.original_name] for api in found)
    by_folder = sum(
        FOLDERS.get(api.source.original_category or "", ("Other", 0))[0] == labels[api.source.original_name]
        for api in found
    )
    return {
        "labelled APIs": str(len(found)),
        "right by rules": f"{right} ({right / len(found):.1%})",
        "right by folder alone": f"{by_folder} ({by_folder / len(found):.1%})",
    }


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    toolbench = data / "toolbench" / "toolenv.tar.xz"
    is_data = toolbench.exists()
    if not is_data and len(sys.argv) < 2:
        sys.exit(f"{toolbench} is not there; give the data folder, or a source, as argument")
    console = Console()
    table = Table(
        "source", "files", "found", "imported", "rejected", "s", "CPU s", "peak MB", "kept MB", title="Import"
    )
    for source in (toolbench, data / "openapi") if is_data else (data,):
        row = measured(str(source))
        counts = row["funnel"]
        table.add_row(
            row["source"],
            f"{row['files']:,}",
            f"{counts['found']:,}",
            f"{counts['imported']:,}",
            str(counts["found"] - counts["imported"]),
            f"{row['seconds']:.1f}",
            f"{row['cpu']:.1f}",
            f"{row['peak_mb']:.0f}",
            f"{row['kept_mb']:.0f}",
        )
    console.print(table)
    if not is_data:
        return
    result = import_source(toolbench)
    for title, values in (("Funnel of ToolBench", funnel(result)), ("Categories", accuracy(result))):
        table = Table("", "", title=title)
        for name, value in values.items():
            table.add_row(name, f"{value:,}" if isinstance(value, int) else value)
        console.print(table)


if __name__ == "__main__":
    main()
