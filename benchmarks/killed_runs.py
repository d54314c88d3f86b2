"""Generation killed at random moments: what the table is in the end, and what was paid for twice."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from benchmarks.chat_server import serve
from resources.llm.client import ChatClient
from resources.llm.generators import Generator

LATENCY_S = 0.1
_PROGRAM = """
import sys
from pathlib import Path
from benchmarks.killed_runs import write_table
write_table(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
"""


@dataclass(frozen=True)
class Killed:
    """What came of a run that was killed again and again."""

    kills: int
    equal: bool
    """The table is the uninterrupted run's, byte for byte."""
    candidates: int
    answers: int
    """That the server gave in all."""
    twice: int
    """Of them, for a request that it had answered before."""
    in_flight: int
    """Most requests in flight at a time."""


def write_table(url: str, folder: Path, target: int, concurrency: int) -> None:
    """Generate into `folder`, with the journal in it, and write the table whole."""
    apis = import_python_package("apigen_assets.functions", "builtin", only_with="SEEDS").apis
    config = Generator(name="g", base_url=url, model="m", concurrency=concurrency)
    with ChatClient({"g": config}, folder / "journal") as chat:
        table = generate(apis, all_seeds(), "g", "b", target, chat).candidates
    table.write_parquet(folder / "table.part")
    os.replace(folder / "table.part", folder / "table.parquet")


def killed_runs(kills: int, target: int, concurrency: int = 16, seed: int = 7) -> Killed:
    """Kill a run with SIGKILL so many times at random moments, then let it end, and compare it with one left alone.

    Args:
        kills: how often.
        target: candidates, five per request.
        concurrency: requests in flight.
        seed: of the moments.
    """
    draw = random.Random(seed)
    # All the requests take this long; each run gets twice its share of it, on average once.
    whole = target / 5 / concurrency * LATENCY_S
    with tempfile.TemporaryDirectory() as folder, serve(LATENCY_S, pairs=True) as server:
        broken, alone = Path(folder, "killed"), Path(folder, "alone")
        for _ in range(kills):
            before = server.paid()["answers"]
            process = _start(server.url, broken, target, concurrency)
            while server.paid()["answers"] == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 2 * whole / (kills + 1)))
            process.send_signal(signal.SIGKILL)
            process.wait()
        _finish(_start(server.url, broken, target, concurrency))
        paid = server.paid()
        _finish(_start(server.url, alone, target, concurrency))
        table = pl.read_parquet(broken / "table.parquet")
        equal = (broken / "table.parquet").read_bytes() == (alone / "table.parquet").read_bytes()
    return Killed(kills, equal, table.height, paid["answers"], paid["twice"], concurrency)


def _start(url: str, folder: Path, target: int, concurrency: int) -> "subprocess.Popen[bytes]":
    """A run in a process of its own."""
    command = [sys.executable, "-c", _PROGRAM, url, str(folder), str(target), str(concurrency)]
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(command)


def _finish(process: "subprocess.Popen[bytes]") -> None:
    if process.wait():
        raise SystemExit(f"a run ended with status {process.returncode}")
