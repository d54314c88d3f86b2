"""`apigen trace` on a large lake: seconds per row, and every field filled.

The lake is made of a finished demo's tables, many times over: each copy is a further batch of APIs with ids of its own,
so that there are as many files as a lake of that size has.

Usage: python benchmarks/trace.py --home data [--rows 1000000] [--out /tmp/apigen-trace] [--each 10]
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from resources.llm.journal import Journal

STAGES = [f"{stage}_{fate}" for stage in ("format", "execution", "semantic") for fate in ("verified", "rejected")]
BY_BATCH = ["raw_candidates", *STAGES]
WHOLE = ["composition", "function_calling_dataset", "relevance_rows"]
_DIGITS = 3
"""Hex digits at the end of an id that say which copy it is of."""


def multiply(home: Path, out: Path, rows: int) -> int:
    """Write the lake and its journal into `out`; returns the copies made."""
    tables = {name: sorted((home / "lake" / name).glob("**/data.parquet")) for name in BY_BATCH}
    once = sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in tables["raw_candidates"])
    copies = -(-rows // once)
    shutil.copytree(home / "lake", out / "lake", ignore=shutil.ignore_patterns(*BY_BATCH, *WHOLE))
    shutil.copytree(home / "release", out / "release")
    for name, files in tables.items():
        for file in files:
            frame = pl.read_parquet(file, hive_partitioning=False)
            place = dict(part.split("=", 1) for part in file.parts if "=" in part)
            for copy in range(copies):
                batch = f"{place['api_batch']}-copy-{copy:03d}"
                folder = out / "lake" / name / f"api_batch={batch}" / f"generator={place['generator']}"
                folder.mkdir(parents=True)
                ids = [_copied(column, copy) for column in ("candidate_id", "completion_key")]
                frame.with_columns(*ids, pl.lit(batch).alias("batch")).write_parquet(folder / "data.parquet")
    for name in WHOLE:
        frame = pl.read_parquet(home / "lake" / name / "data.parquet")
        parts = [frame.with_columns(_copied("candidate_id", copy)) for copy in range(copies)]
        if "id" in frame.columns:
            parts = [part.with_columns(pl.col("id") + copy * frame.height) for copy, part in enumerate(parts)]
        (out / "lake" / name).mkdir()
        pl.concat(parts).write_parquet(out / "lake" / name / "data.parquet")
    for segment in sorted((home / "journal").glob("*/*.jsonl")):
        lines = segment.read_bytes().splitlines(keepends=True)
        folder = out / "journal" / segment.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for copy in range(copies):
            with (folder / f"{copy:03d}-{segment.name}").open("wb") as written:
                written.writelines(_rekeyed(lines, copy))
    for folder in sorted((out / "journal").iterdir()):
        Journal(folder).close()  # makes the indexes that a journal has beside its segments
    return int(copies)


def _copied(column: str, copy: int) -> pl.Expr:
    return pl.col(column).str.head(-_DIGITS).add(f"{copy:0{_DIGITS}x}").alias(column)


def _rekeyed(lines: list[bytes], copy: int) -> Iterator[bytes]:
    start, end = len(b'{"key":"') + 64 - _DIGITS, len(b'{"key":"') + 64
    for line in lines:
        yield line[:start] + f"{copy:0{_DIGITS}x}".encode() + line[end:]


def chosen(out: Path, each: int) -> dict[str, list[str]]:
    """Random ids: released rows, and rejected ones of every stage."""
    dataset = pl.read_parquet(out / "lake" / "function_calling_dataset" / "data.parquet", columns=["id", "kind"])
    draw = random.Random(1)
    released = dataset.filter(pl.col("kind") == "call")["id"].sample(each, seed=1)
    rejected = []
    for number in range(each):
        name = [name for name in STAGES if name.endswith("rejected")][number % 3]
        file = draw.choice(sorted((out / "lake" / name).glob("**/data.parquet")))
        ids = pl.read_parquet(file, columns=["candidate_id"], hive_partitioning=False)["candidate_id"].to_list()
        rejected += [draw.choice(ids)] if ids else []
    return {"released": [str(value) for value in released], "rejected": rejected}


def trace(out: Path, *arguments: str) -> tuple[float, float, dict[str, object]]:
    """Seconds of wall and CPU time of the command, and what it wrote."""
    environment = {**os.environ, "APIGEN_HOME": str(out)}
    apigen = str(Path(sys.executable).with_name("apigen"))
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([apigen, "trace", *arguments, "--json"], env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return wall, cpu, json.loads(done.stdout)


def missing(kind: str, life: dict[str, object]) -> list[str]:
    """Fields that are on record of every such row, and are empty."""
    wanted = ["candidate", "apis", "request", "completion", "verdicts"]
    wanted += ["fate", "places", "release"] if kind == "released" else []
    return [name for name in wanted if not life[name]]


def main() -> None:
    """Make the lake where it is not there, and trace rows of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("data"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("/tmp/apigen-trace"))
    parser.add_argument("--each", type=int, default=10)
    options = parser.parse_args()
    if not options.out.exists():
        print(f"{multiply(options.home, options.out, options.rows)} copies")
    files = sum(1 for _ in (options.out / "lake").glob("**/data.parquet"))
    print(f"{files:,} tables' files")
    for kind, ids in chosen(options.out, options.each).items():
        timed = [trace(options.out, row) for row in ids]
        for row, (wall, cpu, life) in zip(ids, timed, strict=True):
            gaps = missing(kind, life)
            print(f"{kind} {row}: {wall:.2f} s, {cpu:.2f} s of CPU{': without ' + ', '.join(gaps) if gaps else ''}")
        print(
            f"{kind}: slowest {max(wall for wall, _, _ in timed):.2f} s, {max(cpu for _, cpu, _ in timed):.2f} s of CPU"
        )
    tables = sorted((options.out / "lake" / "filtered_api_catalog").glob("*/data.parquet"))
    names = pl.scan_parquet(tables).select("name").unique().sort("name").collect()["name"]
    for name in (names[0], names[-1]):
        wall, cpu, life = trace(options.out, "--api", name)
        print(f"--api {name}: {wall:.2f} s, {cpu:.2f} s of CPU, {life['verified']['rows']:,} verified rows")  # type: ignore[index]


if __name__ == "__main__":
    main()
