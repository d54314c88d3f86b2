"""What generation promises, measured and proved against loopback servers.

    python benchmarks/generation.py speed [--curator PYTHON]   requests per second and CPU, beside Curator in one window
    python benchmarks/generation.py queue                      memory of 100,000 queued prompts
    python benchmarks/generation.py killed                     killed at 20 random moments
    python benchmarks/generation.py faults                     5,000 requests to a server that fails in every way
    python benchmarks/generation.py batch                      5,000 batch lines out and back, in two formats
    python benchmarks/generation.py standins                   the whole path with the stand-ins

PYTHON is an interpreter that has `bespokelabs-curator` (measured: 0.1.31). The exit status is 1 where a promise is not
kept; speed is only printed. Short forms of all but the first are in tests/resources/llm/test_promises.py.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.verification.stages.format import check_format
from benchmarks.batch_files import batch_files
from benchmarks.chat_client import cpu_seconds, faults, peak_mib, queue, speeds
from benchmarks.killed_runs import killed_runs
from resources.llm.client import ChatClient
from resources.llm.generators import generators

QUEUE_MIB = 500


def main() -> int:
    """The chosen measurement; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "queue", "killed", "faults", "batch", "standins"])
    parser.add_argument("-n", type=int, help="requests, kills, lines or candidates, instead of the usual number")
    parser.add_argument("--curator", help="an interpreter that has bespokelabs-curator")
    parser.add_argument("--rounds", type=int, default=3, help="how often speed is measured; the median counts")
    parser.add_argument("--levels", type=int, nargs="+", default=[32, 128, 512], help="requests in flight")
    chosen = parser.parse_args()
    if chosen.what == "speed":
        for line in speeds(chosen.n or 2_000, chosen.levels, chosen.curator, chosen.rounds):
            print(line, flush=True)
        return 0
    if chosen.what == "standins":
        stand_ins(chosen.n or 1_050)
        return 0
    kept = {"queue": _queue, "killed": _killed, "faults": _faults, "batch": _batch}[chosen.what](chosen.n)
    return 0 if kept else 1


def _queue(count: int | None) -> bool:
    print(queue(count or 100_000))
    return peak_mib() < QUEUE_MIB


def _killed(kills: int | None) -> bool:
    killed = killed_runs(kills or 20, 2_000)
    print(
        f"killed {killed.kills} times: {killed.candidates:,} candidates, "
        f"{'the same table' if killed.equal else 'ANOTHER TABLE'} as without; {killed.answers:,} answers paid for, "
        f"{killed.twice} of them twice (at most {killed.kills * killed.in_flight}: {killed.in_flight} in flight)"
    )
    return killed.equal and killed.twice <= killed.kills * killed.in_flight


def _faults(count: int | None) -> bool:
    wanted = count or 5_000
    accounted = faults(wanted)
    print(
        f"{wanted:,} requests: completions {dict(accounted.completions)}, {accounted.answers:,} answers and "
        f"{accounted.failures} failures in the journal; the server gave {accounted.paid['answers']:,} answers, "
        f"{accounted.paid['twice']} to a request answered before; {accounted.retries:,} tries repeated, "
        f"{accounted.wall:.0f} s"
    )
    return (
        accounted.completions.total() == wanted
        and accounted.answers + accounted.failures == wanted
        and accounted.paid == {"answers": accounted.answers, "twice": 0}
    )


def _batch(lines: int | None) -> bool:
    ways = batch_files(lines or 5_000)
    for name, batched in ways.items():
        print(
            f"{name}: {batched.lines:,} lines exported in {batched.seconds[0]:.1f} s, {batched.answers:,} answers "
            f"imported in {batched.seconds[1]:.1f} s; records after one import and after two: {batched.records}; "
            f"{batched.left} lines left; table of {len(batched.table):,} bytes"
        )
    tables = {batched.table for batched in ways.values()}
    print("the same table" if len(tables) == 1 else "DIFFERENT TABLES")
    return len(tables) == 1 and all(
        batched.left == 0 and batched.records == (batched.lines, batched.lines) for batched in ways.values()
    )


def stand_ins(target: int) -> None:
    """Generate from the built-in functions with every stand-in, twice: asked, and read from the journal."""
    apis = list(import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis)
    batches = {f"builtin--{i:03}": apis[start : start + 100] for i, start in enumerate(range(0, len(apis), 100))}
    seeds = all_seeds()
    with tempfile.TemporaryDirectory() as folder:
        for run in ("asked", "from the journal"):
            started, cpu = time.perf_counter(), _cpu()
            rows = 0
            with ChatClient(generators(), Path(folder)) as chat:
                for name in generators():
                    frames = [
                        generate(part, seeds, name, key, target, chat).candidates for key, part in batches.items()
                    ]
                    frame = pl.concat(frames)
                    rows += frame.height
                    passed = check_format(frame)["passed"].sum() / max(1, frame.height)
                    print(f"  {name:16} {frame.height:6,} candidates, {passed:.1%} pass the format check")
            wall, used = time.perf_counter() - started, _cpu() - cpu
            print(f"{run}: {rows:,} candidates, {wall:.1f} s wall, {used:.1f} CPU s with the server")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.jsonl"))
        print(f"journal {size / 1e6:.1f} MB; peak memory {peak_mib()} MiB; {os.cpu_count()} cores (stand-ins, no LLM)")


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return cpu_seconds() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
