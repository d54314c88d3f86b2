"""Generation and verification of several sources on a Ray cluster of 1, 2 and 4 workers, one of which is killed.

The catalog is made once. Then the partitions of the job `rows` run in this process, as on a laptop, and again as Ray
jobs on workers of one CPU each, with the instance on Postgres and lake, journal and recordings on an S3-compatible
store. In the last world a worker is killed while it works. Every lake must hold the same bytes.

Usage: python benchmarks/ray_cluster.py [--sources 4] [--workers 1 2 4] [--folder DIR]
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from apigen_assets.files.object_store import ObjectStore
from apigen_assets.orchestration.home import PROJECT, grant_slots
from apigen_assets.settings import settings
from benchmarks.beyond_one_machine import folder_digests, report, store_digests
from benchmarks.soak import GENERATORS
from benchmarks.soak_sources import Source
from tests.helpers.daemon import daemon
from tests.helpers.postgres_server import postgres_server
from tests.helpers.s3_server import s3_server

GENERATOR = "standin-large"
QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_here(job: str, partition: str | dg.MultiPartitionKey | None, instance: dg.DagsterInstance) -> None:
    """One run in this process."""
    from apigen_assets.definitions import build

    definition = build(settings()).resolve_job_def(job)
    definition.execute_in_process(partition_key=partition, instance=instance, run_config=QUIET)


def laptop(home: Path, names: list[str]) -> float:
    """Everything in this process, in a folder; seconds that the rows took."""
    settings.cache_clear()
    config = settings()
    config.incoming_dir.mkdir(parents=True)
    for number, name in enumerate(names):
        source = Source(f"{name}.py", number, True)
        (config.incoming_dir / source.name).write_text(source.text())
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("api_batch", names)
        run_here("seeds", None, instance)
        for name in names:
            run_here("catalog", name, instance)
        shutil.copytree(home, home.with_name("catalog"))
        began = time.monotonic()
        for name in names:
            run_here("rows", dg.MultiPartitionKey({"api_batch": name, "generator": GENERATOR}), instance)
    return time.monotonic() - began


@contextmanager
def cluster(workers: int) -> Iterator[tuple[Any, list[Any], str]]:
    """A Ray cluster on loopback: a head without CPUs, and workers with one each; and where jobs are submitted."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": 0}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = [made.add_node(num_cpus=1, object_store_memory=80 << 20) for _ in range(workers)]
        made.wait_for_nodes()
        yield made, nodes, f"http://{made.head_node.webui_url}"
    finally:
        made.shutdown()


def upload(folder: Path, url: str) -> None:
    """The files of a folder as objects."""
    store = ObjectStore(url)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.upload(str(path.relative_to(folder)), path)


def on_ray(root: Path, names: list[str], workers: int, store: str, kill: bool) -> tuple[float, list[str]]:
    """The rows as Ray jobs; seconds from the first launch to the last end, and what happened."""
    home = root / f"ray-{workers}{'-kill' if kill else ''}"
    shutil.copytree(root / "catalog", home)
    shutil.rmtree(home / "incoming")  # the catalog is there: this instance, which never saw it made, shall not ask anew
    places = {name: f"{store}/{home.name}/{name}" for name in ("lake", "journal", "recordings")}
    for name, url in places.items():
        upload(home / name, url)
        shutil.rmtree(home / name, ignore_errors=True)
    (home / "dagster_home").mkdir()
    shutil.copyfile(PROJECT / "deploy/ray/dagster.yaml", home / "dagster_home/dagster.yaml")
    said = []
    with postgres_server() as database, cluster(workers) as (ray_cluster, nodes, address):
        os.environ |= {
            "DAGSTER_POSTGRES_URL": database,
            "DAGSTER_HOME": str(home / "dagster_home"),
            "APIGEN_HOME": str(home),
            "APIGEN_RAY_ADDRESS": address,
            **{f"APIGEN_{name.upper()}": url for name, url in places.items()},
        }
        settings.cache_clear()
        with dg.DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance:
            instance.add_dynamic_partitions("api_batch", names)
            grant_slots(settings())
            with daemon(home / "daemon.log"):
                wanted = {f"{name}|{GENERATOR}" for name in names}
                backfill(sorted(wanted))
                began = time.monotonic()
                killed = False
                while True:
                    runs = instance.get_runs()
                    status = [run.status for run in runs]
                    if kill and not killed and dg.DagsterRunStatus.STARTED in status:
                        time.sleep(3)
                        ray_cluster.remove_node(nodes[-1], allow_graceful=False)
                        said.append("a worker was killed while runs went on")
                        killed = True
                    succeeded = [run for run in runs if run.status is dg.DagsterRunStatus.SUCCESS]
                    done = {run.tags.get("dagster/partition") for run in succeeded}
                    if done >= wanted:
                        break
                    if time.monotonic() - began > 1500:
                        said.append(f"gave up with {len(done)} partitions done")
                        break
                    time.sleep(1)
                took = time.monotonic() - began
                launched = [run for run in instance.get_runs() if run.tags.get("dagster/partition") in wanted]
                said.append(f"{len(launched)} runs for {len(names)} partitions")
    return took, said


def of_tables(digests: dict[str, str], here: dict[str, str]) -> dict[str, str]:
    """The files of the tables that are in `here`: what automation makes of the rows afterwards is not compared."""
    tables = {name.partition("/")[0] for name in here}
    return {name: digest for name, digest in digests.items() if name.partition("/")[0] in tables}


def backfill(partitions: list[str]) -> None:
    """Launch a run per partition."""
    program = str(Path(sys.executable).with_name("dagster"))
    command = [program, "job", "backfill", "-j", "rows", "--partitions", ",".join(partitions), "--noprompt"]
    command += ["-w", str(PROJECT / "workspace.yaml")]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)


def main() -> int:
    """Run every world, compare, print; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sources", type=int, default=4)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with this process
    root = options.folder or Path(tempfile.mkdtemp(prefix="apigen-ray-"))
    root.mkdir(parents=True, exist_ok=True)
    (root / "generators.yaml").write_text(GENERATORS)
    names = [f"source-{number}" for number in range(options.sources)]
    os.environ |= {
        "APIGEN_HOME": str(root / "laptop"),
        "APIGEN_GENERATORS_FILE": str(root / "generators.yaml"),
        "APIGEN_CANDIDATES_PER_PARTITION": "100",
        "APIGEN_BFCL_INSTALL": "false",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray starts `dagster` by its name
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    try:
        seconds = laptop(root / "laptop", names)
        print(f"in one process: {seconds:.0f} s for {len(names)} partitions", flush=True)
        here = folder_digests(root / "laptop" / "lake")
        same = True
        with s3_server(root / "store") as store:
            os.environ |= store
            worlds = [(workers, False) for workers in options.workers] + [(2, True)]
            for workers, kill in worlds:
                took, said = on_ray(root, names, workers, "s3://tests", kill)
                print(f"{workers} workers: {took:.0f} s; {'; '.join(said)}", flush=True)
                lake = f"s3://tests/ray-{workers}{'-kill' if kill else ''}/lake"
                same &= report("  lake", here, of_tables(store_digests(lake), here))
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{os.cpu_count()} CPUs; {cpu.ru_utime + cpu.ru_stime:.0f} CPU seconds of children")
        return int(not same)
    finally:
        if options.folder is None:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    raise SystemExit(main())
