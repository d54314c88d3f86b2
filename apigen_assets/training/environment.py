"""The process environment that transformers and DeepSpeed need, and what the machine has.

Everything here runs before torch is imported, or imports it inside.
"""

import importlib.util
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

TRAIN_PACKAGES = ("torch", "transformers", "deepspeed", "accelerate")

PEAK_FLOPS = {
    "B200": 2.25e15,
    "H200": 989e12,
    "H100": 989e12,
    "H800": 989e12,
    "A100": 312e12,
    "A800": 312e12,
    "L40S": 362e12,
    "A10": 125e12,
    "4090": 165e12,
    "3090": 71e12,
}
"""Dense bf16 FLOP/s by a part of the GPU's name, from the makers' data sheets."""


class MissingExtraError(ImportError):
    """The packages of the `train` extra are not installed."""


@dataclass(frozen=True)
class Device:
    """What one process trains on."""

    kind: str
    """`cuda` or `cpu`."""
    name: str
    count: int
    """GPUs of this machine; 1 for the CPU."""
    memory_bytes: int
    """Memory of one GPU; of the machine by process for the CPU."""
    peak_flops: float | None
    """Dense bf16 FLOP/s where the GPU is known."""


def require_train_extra() -> None:
    """Check that training can start at all.

    Raises:
        MissingExtraError: naming what is missing and how to install it.
    """
    missing = [name for name in TRAIN_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"training needs {', '.join(missing)}, which are not installed: "
            "run `make install`, or `pip install torch` and then "
            "`pip install --no-build-isolation 'apigen[train]'`"
        )


def prepare_environment() -> None:
    """Set what must be set before torch and DeepSpeed are imported. Values that are set already stay.

    Several processes without a GPU share the cores: spinning OpenMP threads would fight for them. DeepSpeed's
    compiled operators are not used on a CPU, so no compiler is needed there.
    """
    gpus = has_gpu()
    # With GPUs, workers that load rows are forked, which a tokenizer's threads do not survive
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false" if gpus and local_processes() > 1 else "true")
    os.environ.setdefault("TORCH_EXTENSIONS_DIR", str(Path(tempfile.gettempdir()) / f"torch_ext_{os.getuid()}"))
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DISABLE_MLFLOW_INTEGRATION", "TRUE")
    if not gpus:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores() // local_processes())))
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        # Muon's kernels are wrapped in torch.compile, which would call a C++ compiler for matrices this small
        os.environ.setdefault("TORCH_COMPILE_DISABLE", "1")
    if "RANK" not in os.environ:
        # Started from a shell: a group of one
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        os.environ |= {
            "RANK": "0",
            "LOCAL_RANK": "0",
            "WORLD_SIZE": "1",
            "LOCAL_WORLD_SIZE": "1",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }


def disable_compiled_collectives() -> None:
    """Keep DeepSpeed from compiling its shared-memory collective between CPU processes; gloo serves."""
    from deepspeed.ops.op_builder.cpu.comm import ShareMemCommBuilder

    ShareMemCommBuilder.is_compatible = lambda self, verbose=False: False


def has_gpu() -> bool:
    """Whether an NVIDIA GPU is visible, told without importing torch."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    return Path("/dev/nvidiactl").exists() and hidden not in ("", "-1")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def local_processes() -> int:
    """Training processes on this machine, by the launcher's variable."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def device() -> Device:
    """The device of this process."""
    import torch

    if not torch.cuda.is_available():
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return Device("cpu", f"CPU, {cores()} cores", 1, memory // local_processes(), None)
    index = int(os.environ.get("LOCAL_RANK", "0"))
    properties = torch.cuda.get_device_properties(index)
    return Device(
        "cuda", properties.name, torch.cuda.device_count(), properties.total_memory, peak_flops(properties.name)
    )


def peak_flops(name: str) -> float | None:
    """Dense bf16 FLOP/s of a GPU by its name, null where it is not known."""
    return next((flops for part, flops in PEAK_FLOPS.items() if part in name), None)
