"""All that is to be measured on a GPU, in one run of under ten minutes, from files it is given.

    python benchmarks/gpu.py --rows rows.parquet --base smollm2-135m=data/bases/smollm2-135m --out gpu
    python benchmarks/gpu.py --rows rows.parquet --base smollm2-135m=FOLDER --base qwen2.5-coder-0.5b=FOLDER --minutes 9

First the speed of `xlam-1b`'s architecture with random weights at 2,048 tokens (tokens/s, MFU, memory); then each
recipe is trained from its base on the rows, with held-out rows asked before and after. What does not fit into the
minutes is stopped, goes on when the same command is given again, and is said in the table. Nothing is downloaded.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from apigen_assets.files.json_types import JsonObject

_HERE = Path(__file__).parent
_LEFT_FOR_SPEED = 0.4
"""Share of the minutes that the speed of the large architecture may take."""

_TO_END = 10.0
"""Seconds that a stopped command has to end by itself."""


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
    speed = _timed(
        [
            sys.executable, str(_HERE / "training_throughput.py"), "--recipe", given.speed_of,
            *(["--shrink"] if given.shrink else []),
        ],
        _LEFT_FOR_SPEED * given.minutes * 60,
    )  # fmt: skip
    print(f"{given.speed_of} with random weights: {_ended(speed)}\n{speed.output}", flush=True)
    for name_and_folder in given.base:
        recipe, _, folder = name_and_folder.partition("=")
        out = given.out / recipe
        changes = [f"base.source={folder}", *given.set]
        trained = _timed(
            [
                str(Path(sys.executable).parent / "apigen"), "train", recipe, "--rows", str(given.rows),
                "--out", str(out), *(part for change in changes for part in ("--set", change)),
            ],
            end - time.monotonic(),
        )  # fmt: skip
        print(f"{recipe} from {folder}: {_ended(trained)}", flush=True)
        report = out / "training.json"
        print(_summary(json.loads(report.read_text())) if trained.status == 0 else trained.output, flush=True)


def _timed(command: list[str], limit: float) -> Timed:
    """Run a command with all it starts for at most `limit` seconds; its standard error is shown as it comes."""
    if limit < 1:
        return Timed(0, None, "")
    began = time.monotonic()
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            output, _ = process.communicate(timeout=_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        return Timed(time.monotonic() - began, None, output)
    return Timed(time.monotonic() - began, process.returncode, output)


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
    parser.add_argument("--shrink", action="store_true", help="a tiny model of the same class, to see that it runs")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="for every training")
    given = parser.parse_args()
    if not given.rows.is_file():
        parser.error(f"--rows {given.rows}: there is no such file")
    for base in given.base:
        if not Path(base.partition("=")[2], "config.json").is_file():
            parser.error(f"--base {base}: write RECIPE=FOLDER with a folder that `apigen import-base` made")
    return given


if __name__ == "__main__":
    main()
