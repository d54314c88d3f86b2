"""All that is to be measured on a GPU, in one run of under ten minutes, from files it is given.

    python benchmarks/gpu.py --rows rows.parquet --base smollm2-135m=data/bases/smollm2-135m --out gpu
    python benchmarks/gpu.py --rows rows.parquet --base smollm2-135m=FOLDER --base qwen2.5-coder-0.5b=FOLDER --minutes 9

First the speed of `xlam-1b`'s architecture with random weights at 2,048 tokens, without gradient checkpointing where
the GPU holds that (tokens/s, MFU, memory); then each recipe is trained from its base, with held-out rows asked before
and after. The small recipes are made for a CPU: with `--set max_length=2048 --set max_steps=null --set micro_batch=16`
they train on all rows. Output is shown and kept in OUT/log.txt as it comes, steps with tokens/s, MFU and memory, so
that a run that is cut leaves what it measured; OUT/results.json has what ended. A training that is stopped goes on when
the same command is given again. Needs the packages of the `train` extra, no Dagster, and downloads nothing.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.recipe import recipe_names

_HERE = Path(__file__).parent
_LEFT_FOR_SPEED = 0.4
"""Share of the minutes that the speed of the large architecture may take."""

_TO_END = 10.0
"""Seconds that a stopped command has to end by itself."""


_WITHOUT_CHECKPOINTING = ["gradient_checkpointing=false", "micro_batch=4"]
"""Recomputed activations cost a quarter of the work and do not count as used: 80 GB hold 1.3B parameters without."""


@dataclass(frozen=True)
class Timed:
    """How one command ended."""

    seconds: float
    status: int | None
    """Exit status; null: stopped because its time was over."""
    output: str


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + given.minutes * 60
    results: list[JsonObject] = []
    speed_end = time.monotonic() + _LEFT_FOR_SPEED * given.minutes * 60
    for changes in (given.speed_set or _WITHOUT_CHECKPOINTING, []):
        speed = _speed(given, changes, speed_end)
        _keep(results, given.out, {"what": f"speed of {given.speed_of}", "changes": changes, **asdict(speed)})
        print(f"== {given.speed_of} with random weights {changes}: {_ended(speed)}", flush=True)
        if speed.status in (0, None):
            break  # a model that does not fit is tried as its recipe has it
    for name_and_folder in given.base:
        recipe, _, folder = name_and_folder.partition("=")
        folder = str(Path(folder).absolute())
        out = (given.out / recipe).absolute()
        parts = [part for change in (f"base.source={folder}", *given.set) for part in ("--set", change)]
        program = ["-m", "apigen_assets.training.train", "--recipe", recipe]
        trained = _timed(
            [*program, "--rows", str(given.rows), "--out", str(out), *parts], end - time.monotonic(), given.out
        )
        report = out / "training.json"
        summary = _summary(json.loads(report.read_text())) if trained.status == 0 else ""
        _keep(results, given.out, {"what": recipe, "summary": summary, **asdict(trained)})
        print(f"== {recipe} from {folder}: {_ended(trained)}\n{summary}", flush=True)


def _speed(given: argparse.Namespace, changes: Sequence[str], end: float) -> Timed:
    shrink = ["--shrink"] if given.shrink else []
    sets = [part for change in changes for part in ("--set", change)]
    command = [str(_HERE / "training_throughput.py"), "--recipe", given.speed_of, *shrink, *sets]
    return _timed(command, end - time.monotonic(), given.out)


def _keep(results: list[JsonObject], out: Path, result: JsonObject) -> None:
    results.append(result)
    (out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


def _timed(command: Sequence[str], limit: float, out: Path) -> Timed:
    """Run a Python program with all it starts for at most `limit` seconds; output is shown and kept as it comes."""
    if limit < 1:
        return Timed(0, None, "")
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command], text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, cwd=_HERE.parent, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, stop)
    timer.start()
    lines = []
    try:
        with (out / "log.txt").open("a", encoding="utf-8") as log:
            for line in process.stdout:
                print(line, end="", flush=True)
                log.write(line)
                log.flush()
                lines.append(line)
        status = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    finally:
        timer.cancel()
    return Timed(time.monotonic() - began, None if stopped.is_set() else status, "".join(lines[-40:]))


def _ended(command: Timed) -> str:
    if command.status is None:
        return f"stopped after {command.seconds:.0f} s: its time was over"
    return f"{command.seconds:.0f} s" + (f", FAILED with status {command.status}" if command.status else "")


def _summary(report: JsonObject) -> str:
    """Speed, memory and held-out exact match of a training, from its training.json."""
    trained, heldout = report["trained"], report["heldout"]
    mfu = f"{trained['mfu']:.1%}" if trained["mfu"] else "unknown device"
    lines = [
        f"  {trained['parameters']:,} parameters on {report['device']['name']}, {trained['steps']} steps, "
        f"{trained['seconds']:.0f} s: {trained['tokens_per_second']:,.0f} tokens/s, MFU {mfu}, "
        f"{trained['peak_memory_bytes'] / 1e9:.1f} GB"
    ]
    for split in ("seen", "unseen"):
        before, after = (heldout[name].get(split, {}).get("all") for name in ("untrained", "trained"))
        if after:
            lines.append(
                f"  held-out rows, functions {split} in training: {before['accuracy']:.1%} -> "
                f"{after['accuracy']:.1%} of {after['rows']} exact"
            )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True, help="rows to train on, as `apigen train` reads them")
    parser.add_argument("--base", action="append", default=[], metavar="RECIPE=FOLDER", help="repeat for several")
    parser.add_argument("--out", type=Path, default=Path("gpu"))
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--speed-of", default="xlam-1b", help="the recipe whose architecture's speed is measured")
    parser.add_argument(
        "--speed-set", action="append", metavar="FIELD=VALUE", help="for the speed; default no checkpointing"
    )
    parser.add_argument("--shrink", action="store_true", help="a tiny model of the same class, to see that it runs")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="for every training")
    given = parser.parse_args()
    given.rows, given.out = given.rows.absolute(), given.out.absolute()
    if not given.rows.is_file():
        parser.error(f"--rows {given.rows}: there is no such file")
    for base in given.base:
        name, _, folder = base.partition("=")
        if name not in recipe_names() or not Path(folder, "config.json").is_file():
            parser.error(
                f"--base {base}: write RECIPE=FOLDER with a recipe and a folder that `apigen import-base` made"
            )
    return given


if __name__ == "__main__":
    main()
