"""A soak of the whole: the real daemon, sources that come, change and go, runs that are killed, a disk that fills.

While it lasts, dozens of sources are dropped, changed, renamed, removed, broken and mended at random, run processes
are killed at random, and once the disk is full for a while. Then it is left alone until nothing runs any more, and what
lies in the lake is compared with what should: every good source verified in its last version, every bad one explained,
no row twice, no slot taken, and the catalog that a calm run makes of the same folder.

Usage: python benchmarks/soak.py [--minutes 20] [--seed 1] [--folder DIR] [--disk-mb 2000]
The disk of its own is a tmpfs (needs root); without the right to mount one, the disk does not fill, and that is said.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from apigen_assets.orchestration.home import PROJECT, grant_slots, prepare
from apigen_assets.settings import Settings, settings
from benchmarks.soak_checks import findings
from benchmarks.soak_sources import Sources
from tests.helpers.daemon import daemon

GENERATORS = """generators:
  - {name: standin-large, base_url: "standin:", model: standin-large, judge: true, concurrency: 16}
"""
ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
RUNS_PER_KILL = 3
"""Runs that end well between two kills."""
QUIET_S = 45
"""Seconds without any run after which nothing will come any more: the sensors look every five, the retries every 30."""


@dataclass
class Soak:
    """What happened."""

    events: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    full_s: float = 0.0
    """Seconds for which the disk was full."""
    unquiet: bool = False
    """Whether runs still went on when patience ended."""


@contextmanager
def own_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """A file system of its own on the folder where that is permitted; whether it is."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "apigen-soak", str(folder)]
    mounted = megabytes > 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def pid_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process of a run that goes on, as its event log names it."""
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records:
        said = record.event_log_entry.dagster_event
        message = (said.message if said else None) or ""
        if "Started process for run (pid: " in message:
            return int(message.partition("(pid: ")[2].partition(")")[0])
    return None


def kill_one(instance: dg.DagsterInstance, rng: random.Random) -> bool:
    """Kill the process of a run; whether there was one."""
    running = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    if not running:
        return False
    pid = pid_of(instance, rng.choice(running).run_id)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """No byte is free within the block."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
                file.flush()
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


def alive(instance: dg.DagsterInstance) -> int:
    """Runs that wait or go on."""
    return len(instance.get_runs(dg.RunsFilter(statuses=ALIVE)))


def say(text: str) -> None:
    """One line with the time."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


def disturb(
    instance: dg.DagsterInstance, sources: Sources, home: Path, minutes: float, rng: random.Random, can_fill: bool
) -> Soak:
    """Drop, change, rename, remove, break and kill for so many minutes."""
    soak = Soak()
    end = time.monotonic() + minutes * 60
    fill_at = time.monotonic() + minutes * 60 * 0.4 if can_fill else float("inf")
    next_kill = time.monotonic() + min(45.0, minutes * 15)
    ended_at_kill = 0
    while time.monotonic() < end:
        if alive(instance) < 12:
            event = sources.something(rng)
            soak.events[event.split()[0]] += 1
            say(event)
        # On a slow machine a run takes longer than the time between two kills: some must come to their end.
        ended = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
        if time.monotonic() >= next_kill and ended >= ended_at_kill + RUNS_PER_KILL and kill_one(instance, rng):
            soak.kills += 1
            ended_at_kill = ended
            say(f"killed a run ({soak.kills}), {ended} had ended well")
            next_kill = time.monotonic() + rng.uniform(20, 60)
        if time.monotonic() >= fill_at:
            fill_at = float("inf")
            began = time.monotonic()
            with full_disk(home):
                say("the disk is full")
                time.sleep(min(40.0, minutes * 10))
            soak.full_s = time.monotonic() - began
            say("the disk has space again")
        time.sleep(rng.uniform(1, 6))
    return soak


def wait_until_quiet(instance: dg.DagsterInstance, patience_s: float) -> bool:
    """Whether nothing ran for `QUIET_S` before patience ended."""
    deadline = time.monotonic() + patience_s
    since = time.monotonic()
    while time.monotonic() < deadline:
        if alive(instance):
            since = time.monotonic()
        elif time.monotonic() - since > QUIET_S:
            return True
        time.sleep(1)
    return False


def main(arguments: list[str] | None = None) -> int:
    """Soak, compare, print; 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--disk-mb", type=int, default=2000, help="size of a disk of its own; 0: none")
    parser.add_argument("--patience", type=float, default=30.0, help="minutes to wait for quiet afterwards")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the daemon and the disk end with this process
    folder = options.folder or Path(tempfile.mkdtemp(prefix="apigen-soak-"))
    try:
        with own_disk(folder / "home", options.disk_mb) as mounted:
            return _soak(folder, options, mounted)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _soak(folder: Path, options: argparse.Namespace, mounted: bool) -> int:
    home = folder / "home"
    (folder / "generators.yaml").write_text(GENERATORS)
    os.environ |= {
        "APIGEN_HOME": str(home),
        "APIGEN_GENERATORS_FILE": str(folder / "generators.yaml"),
        "APIGEN_CANDIDATES_PER_PARTITION": "12",
        "APIGEN_BFCL_INSTALL": "false",
        "DAGSTER_HOME": str(home / "dagster_home"),
        "PYTHONPATH": str(PROJECT),
    }
    settings.cache_clear()
    config: Settings = settings()
    prepare(config)
    grant_slots(config)
    rng = random.Random(options.seed)
    sources = Sources(config.incoming_dir)
    if not mounted:
        say("no disk of its own could be mounted: it will not fill")
    with dg.DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance:
        with daemon(folder / "daemon.log"):
            began = time.monotonic()
            soak = disturb(instance, sources, home, options.minutes, rng, mounted)
            say("left alone now")
            soak.unquiet = not wait_until_quiet(instance, options.patience * 60)
            took = time.monotonic() - began
        statuses = Counter(run.status.value.lower() for run in instance.get_runs())
        wrong, counts = findings(instance, config, sources, folder / "calm")
    if soak.unquiet:
        wrong.append(f"runs still went on {options.patience:g} minutes after the last change")
    print(json.dumps({"seconds": round(took), "events": dict(soak.events), "kills": soak.kills,
                      "disk_full_s": round(soak.full_s), "runs": dict(statuses), **counts}, indent=1))  # fmt: skip
    for line in wrong:
        print("WRONG:", line)
    print("all as it should be" if not wrong else f"{len(wrong)} things are not as they should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    raise SystemExit(main())
