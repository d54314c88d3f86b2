"""Measures isolated Python calls: calls per second, and rows per CPU-second with all child processes counted.

`python benchmarks/execution.py` prints the figures of this project; `--compare` runs distilabel's
APIGenExecutionChecker, which does not isolate, on the same rows in the same window.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apigen_assets.domain.api import PythonBinding
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.python.pool import PythonSandbox

LIBRARY = Path(__file__).with_name("simple_functions.py")
_TICK = os.sysconf("SC_CLK_TCK")
_WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"]

_PEER = """
import json, sys, time
from distilabel.steps.tasks.apigen.execution_checker import APIGenExecutionChecker
rows = json.load(open(sys.argv[1]))
checker = APIGenExecutionChecker(libpath=sys.argv[2])
checker.load()
next(checker.process([rows[0]]))
wall, cpu, kept = time.perf_counter(), time.process_time(), 0
for start in range(0, len(rows), 50):
    for batch in checker.process(rows[start:start + 50]):
        kept += sum(bool(row["keep_row_after_execution_check"]) for row in batch)
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "kept": kept}))
"""


def make_rows(calls: int, seed: int) -> list[dict[str, Any]]:
    """Rows of one to three calls, with about `calls` calls in all. Argument order is the signature's."""
    draw = random.Random(seed)

    def text() -> str:
        return " ".join(draw.choices(_WORDS, k=draw.randint(2, 8)))

    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "add_numbers": lambda: {"a": draw.randint(1, 999), "b": draw.uniform(1, 99)},
        "multiply_numbers": lambda: {"a": draw.randint(1, 999), "b": draw.uniform(1, 99)},
        "greatest_common_divisor": lambda: {"a": draw.randint(1, 9999), "b": draw.randint(1, 9999)},
        "is_prime": lambda: {"n": draw.randint(2, 999)},
        "circle_area": lambda: {"radius": draw.uniform(1, 99)},
        "reverse_text": lambda: {"text": text()},
        "count_words": lambda: {"text": text()},
        "mean": lambda: {"values": [draw.uniform(0, 9) for _ in range(draw.randint(2, 8))]},
        "convert_celsius": lambda: {"degrees": draw.uniform(-40, 60)},
        "compound_interest": lambda: {"principal": draw.randint(1, 9999), "rate": 0.03, "years": 7},
    }
    names = list(makers)
    rows: list[dict[str, Any]] = []
    made = 0
    while made < calls:
        count = min(draw.choice((1, 1, 1, 2, 3)), calls - made)
        answers = [{"name": name, "arguments": makers[name]()} for name in draw.choices(names, k=count)]
        rows.append({"query": "a question", "answers": json.dumps(answers)})
        made += count
    return rows


def requests(rows: list[dict[str, Any]]) -> Iterator[CallRequest]:
    """The calls of the rows, in order."""
    for row in rows:
        for answer in json.loads(row["answers"]):
            binding = PythonBinding(module="simple_functions", path=str(LIBRARY), function=answer["name"])
            yield CallRequest(binding=binding, arguments=answer["arguments"])


def processor_seconds(sandbox: PythonSandbox) -> float:
    """CPU seconds so far of this process and of everything in the workers, ended processes included."""
    sessions = {worker.process.group for worker in sandbox._workers}
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) in sessions:
                ticks += sum(int(field) for field in fields[11:15])
    return time.process_time() + ticks / _TICK


def measure(rows: list[dict[str, Any]], workers: int, determinism: Any, level: Any) -> dict[str, Any]:
    """Wall and CPU seconds of executing all rows; the start of the workers is apart."""
    started = time.perf_counter()
    with PythonSandbox(workers=workers, check_determinism=determinism, level=level) as sandbox:
        list(sandbox.execute(requests(rows[: workers * 400])))
        start = time.perf_counter() - started
        wall, cpu = time.perf_counter(), processor_seconds(sandbox)
        ok = calls = 0
        for result in sandbox.execute(requests(rows)):
            calls += 1
            ok += result.outcome is Outcome.OK
        return {
            "level": sandbox.level,
            "start": start,
            "wall": time.perf_counter() - wall,
            "cpu": processor_seconds(sandbox) - cpu,
            "calls": calls,
            "ok": ok,
        }


def measure_peer(rows: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """The same rows through distilabel's checker, in an environment of its own that is made when absent."""
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        print(f"installing distilabel==1.5.3 into {folder} ...", file=sys.stderr)
        venv.create(folder, with_pip=True)
        packages = ["distilabel==1.5.3", "requests"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "installed").touch()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "rows.json"
        data.write_text(json.dumps(rows))
        command = [str(python), "-c", _PEER, str(data), str(LIBRARY)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=scratch)
    if done.returncode:
        raise SystemExit(f"distilabel failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=60_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--level", choices=("bubblewrap", "namespaces", "rlimits"), help="default: the best")
    parser.add_argument("--determinism", choices=("never", "first", "always"), default="always")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", action="store_true", help="also measure distilabel 1.5.3")
    parser.add_argument("--peer", type=Path, default=Path("data/peers/distilabel"), help="its environment")
    options = parser.parse_args()

    rows = make_rows(options.calls, options.seed)
    ours = measure(rows, options.workers, options.determinism, options.level)
    print(f"{len(rows)} rows, {ours['calls']} calls, {ours['ok']} ok; load {os.getloadavg()[0]:.1f}")
    print("| checker | isolation | calls/s | rows/s | rows per CPU-second | CPU s | wall s |")
    print("|---|---|---|---|---|---|---|")

    def line(name: str, isolation: str, figures: dict[str, Any]) -> None:
        wall, cpu, count = figures["wall"], figures["cpu"], len(rows)
        print(
            f"| {name} | {isolation} | {ours['calls'] / wall:,.0f} | {count / wall:,.0f} "
            f"| {count / cpu:,.0f} | {cpu:.1f} | {wall:.1f} |"
        )

    line(f"apigen, {options.workers} workers", ours["level"], ours)
    if options.compare:
        line("distilabel 1.5.3, in process", "none", measure_peer(rows, options.peer))


if __name__ == "__main__":
    main()
