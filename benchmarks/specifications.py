"""Imports every specification of a folder and compares each imported parameter with its specification.

    python -m benchmarks.specifications FOLDER [--faults]

An entry of the folder is one source: a file, or a folder that holds a specification in several files. Each is imported
in a process of its own; then `specification_check`, which shares no code with the importer, compares. A document
without a server is imported with a base URL, since nothing is called here.
"""

import multiprocessing
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.sources import import_source
from benchmarks.specification_check import Report, check


def measured(path: Path) -> dict[str, Any]:
    """One import in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_import, (str(path),))


def _import(source: str) -> dict[str, Any]:
    cpu = time.process_time()
    result = import_source(source, name="s")
    if any(reject.reason == "no_server" for reject in result.rejects) and not result.apis:
        cpu = time.process_time()
        result = import_source(source, name="s", base_url="https://benchmark.example")
    seconds = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"name": Path(source).name, "seconds": seconds, "memory": memory, **_compared(Path(source), result)}


def _compared(path: Path, result: ImportResult) -> dict[str, Any]:
    apis = [api.model_dump(mode="json") for api in result.apis]
    total = Report()
    files = {api["source"]["file"] for api in apis}
    for file in sorted(files):
        root = path / file if path.is_dir() else path
        report = check(root, apis, file if len(files) > 1 else None)
        total.tools += report.tools
        total.parameters += report.parameters
        total.stated += report.stated
        total.faults += report.faults
    return {
        "found": len(apis) + len(result.rejects),
        "imported": len(apis),
        "rejects": Counter(reject.reason for reject in result.rejects),
        "details": [f"{reject.original_name} {reject.reason}: {reject.detail[:150]}" for reject in result.rejects],
        "tools": total.tools,
        "parameters": total.parameters,
        "stated": total.stated,
        "faults": total.faults,
    }


def main() -> None:
    """Prints the table."""
    folder = Path(sys.argv[1])
    stated: Counter[str] = Counter()
    print("| specification | found | imported | rejected | CPU s | MB | parameters compared | stated | faults |")
    print("|---|---|---|---|---|---|---|---|---|")
    details = []
    for path in sorted(folder.iterdir()):
        row = measured(path)
        rejected = ", ".join(f"{count} {reason}" for reason, count in sorted(row["rejects"].items())) or "0"
        print(
            f"| {row['name']} | {row['found']:,} | {row['imported']:,} | {rejected} | {row['seconds']:.1f} "
            f"| {row['memory']} | {row['parameters']:,} | {sum(row['stated'].values()):,} | {len(row['faults']):,} |",
            flush=True,
        )
        stated += row["stated"]
        details.append(row)
    print("\nStated differences:")
    for reason, count in stated.most_common():
        print(f"* {reason}: {count:,}")
    if "--faults" in sys.argv:
        for row in details:
            for line in row["details"][:12] + row["faults"][:15]:
                print(f"{row['name']}: {line}")


if __name__ == "__main__":
    main()
