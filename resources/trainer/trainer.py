"""The training program: launched once per GPU, followed while it runs, explained when it fails."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import dagster as dg

PROGRAM = "apigen_assets.training.train"
VERIFIER = "apigen_assets.training.verify"

_ENDING = re.compile(r"error: |[IWE]\d{4} .*torch/distributed/elastic/|\[.*launch\.py:\d+:sigkill_handler\]")
"""How the end of a failed run begins: the program's message, or what torchrun and deepspeed say of their processes."""


class TrainingError(Exception):
    """A training run that ended badly; the message says why and what to do."""

    def __init__(self, message: str, again: bool) -> None:
        """`again`: whether running it once more, unchanged, can help."""
        super().__init__(message)
        self.again = again


class TrainingJob(NamedTuple):
    """One run of the training program."""

    recipe: str
    """Name of a packaged recipe, or the path of one."""
    rows: Path
    out: Path
    heldout_rows: Path | None = None
    tokenizer_rows: Path | None = None
    lineage: Path | None = None
    changes: Mapping[str, str] = {}
    """Fields of the recipe to change: `{"optimizer.lr": "1e-4"}`."""

    def arguments(self) -> list[str]:
        """The program's command line."""
        out = ["--recipe", self.recipe, "--rows", str(self.rows), "--out", str(self.out)]
        if self.heldout_rows:
            out += ["--heldout-rows", str(self.heldout_rows)]
        if self.tokenizer_rows:
            out += ["--tokenizer-rows", str(self.tokenizer_rows)]
        if self.lineage:
            out += ["--lineage", str(self.lineage)]
        for field, value in self.changes.items():
            out += ["--set", f"{field}={value}"]
        return out


class Trainer:
    """Launches training and its check in processes of their own, so that torch never enters Dagster's.

    Args:
        processes: training processes on this machine; default one per visible GPU, and without a GPU two where there
            are two cores.
        launcher: `torchrun`, or `deepspeed` with a `hostfile` for several machines.
        hostfile: DeepSpeed's list of machines and slots.
        python: interpreter that has the `train` extra.
        changes: fields to change, by recipe: `{"xlam-1b": {"base.source": "/models/deepseek-coder-1.3b"}}`.
    """

    def __init__(
        self,
        processes: int | None = None,
        launcher: Literal["torchrun", "deepspeed"] = "torchrun",
        hostfile: str | None = None,
        python: str = sys.executable,
        changes: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.changes = changes or {}
        self.processes = processes or _default_processes()
        self.launcher = launcher
        self.hostfile = hostfile
        self.python = python

    def command(self, job: TrainingJob) -> list[str]:
        """The command that runs a job."""
        job = job._replace(changes={**self.changes.get(job.recipe, {}), **job.changes})
        if self.launcher == "deepspeed":
            where = ["--hostfile", self.hostfile] if self.hostfile else ["--num_gpus", str(self.processes)]
            launch = [self.python, "-m", "deepspeed.launcher.runner", *where, "--module", PROGRAM]
        elif self.processes > 1:
            single = ["--standalone", "--nproc_per_node", str(self.processes)]
            launch = [self.python, "-m", "torch.distributed.run", *single, "-m", PROGRAM]
        else:
            launch = [self.python, "-m", PROGRAM]
        return [*launch, *job.arguments()]

    def run(self, job: TrainingJob) -> None:
        """Run a job to its end, its output on this process's; of a run that ends with a message, that message alone.

        Raises:
            TrainingError: it did not end well.
        """
        self.check_installed()
        _message_file(job).unlink(missing_ok=True)
        held: list[str] = []
        with subprocess.Popen(
            self.command(job), env=_environment(self.processes), stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            assert process.stderr is not None
            try:
                for line in process.stderr:
                    if held or _ENDING.match(line):
                        held.append(line)
                    else:
                        print(line, end="", file=sys.stderr, flush=True)
            except BaseException:
                process.kill()
                raise
        if not (process.returncode and _message_file(job).is_file()):
            print(*held, sep="", end="", file=sys.stderr, flush=True)
        if process.returncode:
            raise self._failure(job, f"exit status {process.returncode}")

    def run_followed(self, job: TrainingJob, context: dg.AssetExecutionContext) -> None:
        """Run a job under a Dagster step: its progress lines become events of the run.

        Raises:
            TrainingError: it did not end well.
        """
        self.check_installed()
        client = dg.PipesSubprocessClient(env=_environment(self.processes))
        try:
            client.run(command=self.command(job), context=context)
        except dg.DagsterExecutionInterruptedError:
            raise
        except Exception as error:
            if "DagsterPipesExecutionError" not in type(error).__name__:
                raise
            raise self._failure(job, str(error).splitlines()[0]) from None

    def verify(self, checkpoint: Path) -> str:
        """Load a checkpoint in a fresh process and repeat some of its held-out answers; returns its JSON report.

        Raises:
            TrainingError: the checkpoint cannot be loaded, or does not answer.
        """
        self.check_installed()
        command = [self.python, "-m", VERIFIER, str(checkpoint)]
        finished = subprocess.run(command, env=_environment(), check=False, capture_output=True, text=True)
        if finished.returncode:
            lines = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
            raise TrainingError(lines[-1], again=False)
        return finished.stdout.strip().splitlines()[-1]

    def check_installed(self) -> None:
        """Check that the `train` extra is there, before a process is started for it.

        Raises:
            TrainingError: it is not.
        """
        if self.python != sys.executable:
            return  # another environment: the program itself says what it lacks
        missing = [
            name
            for name in ("torch", "transformers", "deepspeed", "accelerate")
            if importlib.util.find_spec(name) is None
        ]
        if missing:
            raise TrainingError(
                f"training needs {', '.join(missing)}, which are not installed: run `make install`, "
                "or `pip install torch` and then `pip install --no-build-isolation 'apigen[train]'`",
                again=False,
            )

    def _failure(self, job: TrainingJob, status: str) -> TrainingError:
        message = _message_file(job)
        if message.is_file():
            return TrainingError(message.read_text(encoding="utf-8"), again=False)
        return TrainingError(
            f"training of {job.recipe} ended without a message ({status}). A process that is killed from outside "
            "has usually exhausted the machine's memory. Checkpoints are kept: started again, it goes on from the "
            "last good one.",
            again=True,
        )


def _message_file(job: TrainingJob) -> Path:
    """Where the program leaves the message that a run ended with."""
    return job.out.parent / f".{job.out.name}.work" / "error.txt"


def _default_processes() -> int:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        gpus = len([device for device in visible.split(",") if device.strip() and device.strip() != "-1"])
    else:
        gpus = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    if gpus:
        return gpus
    return min(2, _cores())


def _environment(processes: int = 1) -> dict[str, str]:
    """This process's environment; the program itself sets what torch and DeepSpeed need beside it."""
    threads = str(max(1, _cores() // processes))
    quiet = {"OMP_NUM_THREADS": threads, "PYTHONWARNINGS": "ignore::FutureWarning"}
    return {**quiet, **os.environ, "PYTHONUNBUFFERED": "1"}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
