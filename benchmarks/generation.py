"""Generation through HTTP and the journal, with the stand-ins: CPU seconds, wall time, memory, pass rates.

python benchmarks/generation.py [candidates per batch and generator]
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from apigen_assets.catalog.importers.python_modules import import_python_package
from apigen_assets.functions.library import all_seeds
from apigen_assets.generation.generate import generate
from apigen_assets.verification.stages.format import check_format
from resources.llm.client import ChatClient
from resources.llm.generators import generators


def main(target: int) -> None:
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
        print(f"journal {size / 1e6:.1f} MB; peak memory {_peak()} MiB; {os.cpu_count()} cores (stand-ins, no LLM)")


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_050)
