"""The demo's partitions on Postgres and an S3-compatible store, beside the same on a laptop's folder.

Each world runs `apigen demo --no-training` in a folder of its own; what differs is configuration alone. The second one
is given the first one's recorded REST calls and probes, since a call that is made anew takes another time and may time
out. Then the released files are compared byte by byte. Tables that say how a call was made (replayed, and in what
time) differ between any two runs.

Usage: python benchmarks/beyond_one_machine.py [--candidates 60] [--folder DIR]
"""

import argparse
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apigen_assets.files.object_store import ObjectStore
from apigen_assets.orchestration.home import PROJECT
from tests.helpers.postgres_server import postgres_server
from tests.helpers.s3_server import s3_server


def demo(home: Path, candidates: int, variables: dict[str, str]) -> float:
    """Run the demo in a folder; CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {
        "APIGEN_HOME": str(home),
        "APIGEN_GENERATORS_FILE": str(home / "none.yaml"),
        "APIGEN_CANDIDATES_PER_PARTITION": str(candidates),
        "APIGEN_BFCL_INSTALL": "false",
        "DAGSTER_HOME": str(home / "dagster_home"),
        **variables,
    }
    command = [str(Path(sys.executable).with_name("apigen")), "demo", "--no-training"]
    subprocess.run(command, check=True, env=environment, cwd=PROJECT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def folder_digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def store_digests(url: str) -> dict[str, str]:
    """SHA-256 of every object below a URL."""
    store = ObjectStore(url)
    return {item.name: hashlib.sha256(store.read(item.name)).hexdigest() if item.size else "" for item in store.list()}


def differing(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Names whose contents are not the same in both."""
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def report(what: str, here: dict[str, str], there: dict[str, str]) -> bool:
    """Print how many files are equal, and which are not."""
    wrong = differing(here, there)
    print(f"{what}: {len(here)} files, {len(there)} there, {len(here) - len(wrong)} equal to the byte")
    for name in wrong[:20]:
        print("  differs:", name)
    return not wrong


def main() -> int:
    """Run both, compare, print; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--candidates", type=int, default=60)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with this process
    root = options.folder or Path(tempfile.mkdtemp(prefix="apigen-beyond-"))
    try:
        laptop, cluster = root / "laptop", root / "cluster"
        seconds = {"laptop": demo(laptop, options.candidates, {})}
        (cluster / "dagster_home").mkdir(parents=True)
        shutil.copyfile(PROJECT / "deploy/compose/dagster.yaml", cluster / "dagster_home/dagster.yaml")
        with postgres_server() as database, s3_server(root / "store") as store:
            os.environ |= store
            places = {name: f"s3://tests/{name}" for name in ("lake", "journal", "recordings")}
            variables = {f"APIGEN_{name.upper()}": url for name, url in places.items()}
            for path in sorted((laptop / "recordings").rglob("*.jsonl")):
                ObjectStore(places["recordings"]).upload(path.name, path)
            shutil.copytree(laptop / "probes", cluster / "probes")
            began = time.monotonic()
            seconds["Postgres and S3"] = demo(
                cluster, options.candidates, {"DAGSTER_POSTGRES_URL": database, **variables}
            )
            print(f"{time.monotonic() - began:.0f} s of wall time")
            report("lake", folder_digests(laptop / "lake"), store_digests(places["lake"]))
            for name in ("journal", "recordings"):
                objects = list(ObjectStore(places[name]).list())
                print(f"{name}: {len(objects)} objects, {sum(item.size for item in objects):,} bytes")
            same = report("release", folder_digests(laptop / "release"), folder_digests(cluster / "release"))
        for name, taken in seconds.items():
            print(f"{name}: {taken:.0f} CPU seconds")
        return int(not same)
    finally:
        if options.folder is None:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    raise SystemExit(main())
