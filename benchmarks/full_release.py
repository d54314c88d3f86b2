"""A release at full size from the stand-ins: `python benchmarks/full_release.py [--rows 60000]`.

Runs the graph from the built-in functions and the embedded REST server to the local release and the report, in a
folder of its own, with as many candidates as the target needs, and prints minutes, rows and sizes. The stand-ins
are rule-based: 134 functions do not hold 60,000 different rows of language-model quality, and the same calls come
again and again. So the limit of rows per call is raised, which the figures say; everything else is the default.

The folder is kept where `--home` names one; a second run there goes on from its journal.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000, help="rows with calls")
    parser.add_argument("--candidates", type=int, default=200, help="per API and generator")
    parser.add_argument("--rows-per-call", type=int, default=5)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = (given.home or Path(scratch)).resolve()
        os.environ |= {
            "APIGEN_HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster_home"),
            "APIGEN_DATASET_SIZE": str(given.rows),
            "APIGEN_CANDIDATES_PER_API": str(given.candidates),
            "APIGEN_CANDIDATES_PER_PARTITION": "10000000",
            "APIGEN_ROWS_PER_CALL": str(given.rows_per_call),
            "APIGEN_TOKEN_BUDGET": "100000000000",
        }
        for name in ("HF_TOKEN", "APIGEN_HUB_REPO", "APIGEN_LAKE"):
            os.environ.pop(name, None)
        measure(home)


def measure(home: Path) -> None:
    """Run the phases and print what they took."""
    import dagster as dg

    from apigen_assets.cli import demo_steps as graph
    from apigen_assets.definitions import defs
    from apigen_assets.orchestration.home import prepare
    from apigen_assets.orchestration.metadata import column_counts
    from apigen_assets.settings import settings
    from resources.lake.lake import Lake

    config = settings()
    folder = prepare(config)
    started = time.monotonic()
    failed = []
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        sources = graph.register(instance, config)
        for phase in graph.phases(sources, False, config):
            begun = time.monotonic()
            for done in graph.run_steps(defs, instance, phase.steps(instance), config):
                print(f"  {done.step.title:<44} {done.seconds:7.1f} s  {done.error or done.text}", flush=True)
                failed += [done] if done.error else []
            print(f"{phase.title}: {(time.monotonic() - begun) / 60:.1f} minutes", flush=True)
    lake = Lake(config.lake_url)
    rows = lake.scan("function_calling_dataset").select("kind", "style", "split").collect()
    print(f"in all {(time.monotonic() - started) / 60:.1f} minutes; {rows.height:,} rows from stand-ins")
    for name in ("kind", "style", "split"):
        print(f"  by {name}:", column_counts(rows, name))
    print("  fates of verified rows:", column_counts(lake.scan("composition").select("fate").collect(), "fate"))
    for part in ("lake", "journal", "release", "report"):
        files = [file for file in (home / part).rglob("*") if file.is_file()]
        print(f"  {part}: {sum(file.stat().st_size for file in files) / 1e6:,.1f} MB in {len(files):,} files")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  peak memory of the process {peak:.2f} GB")
    if failed:
        raise SystemExit(f"{len(failed)} steps failed")


if __name__ == "__main__":
    main()
