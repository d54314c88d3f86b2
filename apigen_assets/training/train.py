"""The training program: `python -m apigen_assets.training.train --recipe tiny --rows rows.parquet --out folder`.

One process runs it as it is; `torchrun` and `deepspeed` launch it once per GPU. It ends with a folder that
`AutoModelForCausalLM`, vLLM and the Hub read, and with `training.json`, everything that was measured. A run
that was killed goes on from its last good checkpoint when it is started again with the same recipe, rows and
processes.
"""

import argparse
import fcntl
import gc
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from apigen_assets.files.canonical import content_hash
from apigen_assets.files.folders import swap
from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.batches import BatchError, plan_batch
from apigen_assets.training.changes import parse_changes
from apigen_assets.training.environment import (
    MissingExtraError,
    cores,
    device,
    prepare_environment,
    require_train_extra,
)
from apigen_assets.training.examples import DataError, TrainingExample
from apigen_assets.training.heldout import generate, samples, samples_json, score, to_json
from apigen_assets.training.model_card import model_card
from apigen_assets.training.models import (
    BaseError,
    build_model,
    check_attention,
    check_base,
    generation_config,
    ready_to_answer,
)
from apigen_assets.training.preflight import PreflightError, preflight
from apigen_assets.training.prepare import RowFiles, prepare, read_heldout, wait_prepared
from apigen_assets.training.progress import Progress
from apigen_assets.training.recipe import Recipe, RecipeError, load_recipe
from apigen_assets.training.tokenizer import BadTokenizerError
from apigen_assets.training.verify import PROBES, write_probes

RESULT = "training.json"
"""The file of everything measured, in the checkpoint's folder."""
ERROR = "error.txt"
"""The file of the message a failed run ended with, in its work folder; for whoever launched it."""
REFUSED = 2
"""Exit status of a run that was refused or ended with a message."""

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "DefaultCPUAllocator")


_REFUSALS = (
    MissingExtraError, RecipeError, DataError, BatchError, BaseError, BadTokenizerError, PreflightError,
)  # fmt: skip
"""What ends a run with one message."""


class RunningError(RuntimeError):
    """Another process trains into the same folder."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit status is 0, or 2 after one clear message."""
    arguments = _arguments(argv)
    work = work_folder(arguments.out)
    main_process = os.environ.get("RANK", "0") == "0"
    try:
        require_train_extra()
        recipe = load_recipe(arguments.recipe)
        if arguments.set:
            recipe = recipe.updated(parse_changes(arguments.set))
        prepare_environment()
        work.mkdir(parents=True, exist_ok=True)
        if main_process:
            (work / ERROR).unlink(missing_ok=True)
        _run(recipe, arguments, work)
    except RunningError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return REFUSED
    except _REFUSALS as error:
        return _refused(str(error), work, main_process)
    except MemoryError:
        return _refused(_memory_advice(), work, True)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        if not any(part in str(error) for part in _OUT_OF_MEMORY):
            raise
        return _refused(f"{_memory_advice()} ({str(error).splitlines()[0]})", work, True)
    return 0


def work_folder(out: Path) -> Path:
    """Where a run for `out` keeps its checkpoints; removed when it ends well."""
    return out.parent / f".{out.name}.work"


def run_identity(recipe: Recipe, files: Sequence[Path], processes: int) -> str:
    """What a run must share with a checkpoint to go on from it: recipe, rows, and the number of processes.

    DeepSpeed's files hold one part of the optimizer per process.
    """
    return content_hash([recipe.content_hash(), [_file_hash(path) for path in files], processes])


def _run(recipe: Recipe, arguments: argparse.Namespace, work: Path) -> None:
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    with Progress(rank == 0) as progress, _alone(arguments.out, rank):
        hardware = device()
        plan = plan_batch(recipe, world)
        check_attention(recipe, hardware.kind)
        files = RowFiles(
            arguments.rows, arguments.heldout_rows or arguments.rows, arguments.tokenizer_rows or arguments.rows
        )
        if rank == 0:
            check_base(recipe)
            estimate = preflight(
                recipe, world, hardware.memory_bytes, hardware.peak_flops, on_cpu=hardware.kind == "cpu"
            )
            progress.say(f"{recipe.name} on {world} x {hardware.name}\n{estimate.text()}")
        for path in files:
            if not path.is_file():
                raise DataError(f"there is no file of rows {path}")
        identity = run_identity(recipe, files, world)
        folder = work / identity
        if os.environ["LOCAL_RANK"] == "0":
            _forget_others(work, folder, progress.say)
            prepared = prepare(recipe, files, folder / "prepared", progress.say)
        else:
            prepared = wait_prepared(folder / "prepared")
        progress.follow_losses(folder / "losses.jsonl")

        from transformers import AutoTokenizer

        from apigen_assets.training.loop import train

        tokenizer = AutoTokenizer.from_pretrained(folder / "prepared" / "tokenizer")
        exported = folder / "exported"
        trained = train(recipe, plan, folder / "prepared", folder, exported, tokenizer, hardware, progress)
        _leave_group()
        if rank != 0:
            return
        final = folder / "final"
        _finish(recipe, tokenizer, exported, final)
        lineage = json.loads(arguments.lineage.read_text(encoding="utf-8")) if arguments.lineage else {}
        measured = _measure(recipe, tokenizer, final, folder / "prepared", hardware.kind, progress)
        result = {
            "recipe": {**recipe.model_dump(mode="json"), "content_hash": recipe.content_hash()},
            "lineage": lineage,
            "rows_sha256": _file_hash(arguments.rows),
            "device": asdict(hardware),
            "plan": asdict(plan),
            "prepared": asdict(prepared),
            "planned_memory_bytes": int(estimate.memory.total),
            "trained": {**asdict(trained), "curve": _thinned(trained.curve, 1_000)},
            "heldout": measured,
            "versions": {name: version(name) for name in ("torch", "transformers", "deepspeed", "accelerate")},
        }
        (final / RESULT).write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
        (final / "README.md").write_text(model_card(result), encoding="utf-8")
        swap(final, arguments.out)
        shutil.rmtree(work, ignore_errors=True)
        progress.say(_summary(result, arguments.out))


def _measure(
    recipe: Recipe, tokenizer: object, final: Path, prepared: Path, kind: str, progress: Progress
) -> JsonObject:
    """Held-out accuracy of the written checkpoint, read back from disk, beside the model before training."""
    import torch
    import transformers

    heldout = read_heldout(prepared)
    out: JsonObject = {}
    all_samples: list[JsonObject] = []
    plain = recipe.model_copy(update={"lora": None})
    for name in ("untrained", "trained"):
        if name == "trained":
            model = transformers.AutoModelForCausalLM.from_pretrained(final, use_safetensors=True)
        else:
            transformers.set_seed(recipe.seed)
            model = build_model(plain, tokenizer)
        model = ready_to_answer(model, kind)
        out[name] = {}
        for split, examples in heldout.items():
            # An untrained model from scratch writes noise to the limit: a few rows show it
            asked = examples if name == "trained" or recipe.base else _few(examples, 4)
            texts = generate(model, tokenizer, asked, recipe.prompt_style)
            out[name][split] = to_json(score(asked, texts, recipe.prompt_style))
            if name == "trained" and split == "seen":
                write_probes(final / PROBES, asked, texts)
            if name == "trained":
                all_samples += [
                    {"split": split, **sample}
                    for sample in samples_json(samples(asked, texts, recipe.prompt_style, per_group=3))
                ]
        overall = out[name]["seen"].get("all")
        if overall:
            progress.say(f"held-out exact match, {name}: {overall['accuracy']:.1%} of {overall['rows']} rows")
        del model
        gc.collect()
        if kind == "cuda":
            torch.cuda.empty_cache()
    return {**out, "samples": all_samples}


def _finish(recipe: Recipe, tokenizer: Any, exported: Path, final: Path) -> None:
    """Make the exported weights a complete checkpoint: adapters merged, tokenizer and generation config beside."""
    import torch
    from transformers import AutoModelForCausalLM

    shutil.rmtree(final, ignore_errors=True)
    if recipe.lora is None:
        os.replace(exported, final)
        (final / "training_args.bin").unlink(missing_ok=True)  # a pickle, which no reader of weights should load
        config = json.loads((final / "config.json").read_text(encoding="utf-8"))
        config["use_cache"] = True
        (final / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        if config.get("tie_word_embeddings"):
            _store_once(final / "model.safetensors")
    else:
        from peft import PeftModel

        assert recipe.base is not None
        base = AutoModelForCausalLM.from_pretrained(
            recipe.base.source, revision=recipe.base.revision, dtype=torch.bfloat16, use_safetensors=True
        )
        merged = PeftModel.from_pretrained(base, str(exported)).merge_and_unload()
        merged.save_pretrained(final)
        for name in ("adapter_model.safetensors", "adapter_config.json"):
            (final / "adapter").mkdir(exist_ok=True)
            shutil.copy2(exported / name, final / "adapter" / name)
    tokenizer.save_pretrained(final)
    generation_config(recipe, tokenizer).save_pretrained(final)
    (final / "recipe.yaml").write_text(
        yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False), encoding="utf-8"
    )


def _store_once(weights: Path) -> None:
    """Drop the output head that equals the embeddings: ZeRO-1 and 2 write a tied weight under both of its names."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    if not weights.is_file():  # in several files: the Trainer has split them by name
        return
    with safe_open(weights, "pt") as opened:
        metadata, names = opened.metadata(), set(opened.keys())
    if "lm_head.weight" in names and any(name.endswith("embed_tokens.weight") for name in names):
        tensors = load_file(weights)
        head = tensors.pop("lm_head.weight")
        tied = next(value for name, value in tensors.items() if name.endswith("embed_tokens.weight"))
        if head.equal(tied):
            save_file(tensors, weights, metadata)


def _leave_group() -> None:
    """End the process group: what follows is the main process's alone, and may take longer than its timeout."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif int(os.environ["RANK"]) == 0:
        torch.set_num_threads(cores())  # the other processes' too, which are done
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    # transformers keeps the ZeRO-3 configuration and would build every later model in partitions
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()


@contextmanager
def _alone(out: Path, rank: int) -> Iterator[None]:
    """Keep a second run from training into the same folder, and end with the launcher that started this process.

    A lock of the kernel's: it ends with the process, however that ends.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed torchrun leaves no workers behind
    if rank != 0:
        yield
        return
    with (out.parent / f".{out.name}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RunningError(
                f"process {lock.read().strip() or 'unknown'} is training into {out}: wait for it, or end it first"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _forget_others(work: Path, folder: Path, say: Callable[[str], None]) -> None:
    for left in work.iterdir():
        if left.is_dir() and left != folder:
            say(f"an interrupted run of another recipe, data set or number of processes is dropped: {left.name}")
            shutil.rmtree(left, ignore_errors=True)


def _few(examples: Sequence[TrainingExample], per_group: int) -> list[TrainingExample]:
    taken: dict[str, int] = {}
    out = []
    for example in examples:
        taken[example.group] = taken.get(example.group, 0) + 1
        if taken[example.group] <= per_group:
            out.append(example)
    return out


def _thinned(curve: list[dict[str, float]], most: int) -> list[dict[str, float]]:
    if len(curve) <= most:
        return curve
    stride = -(-len(curve) // most)
    return [*curve[:-1:stride], curve[-1]]


def _summary(result: JsonObject, out: Path) -> str:
    trained = result["trained"]
    accuracy = result["heldout"]["trained"]["seen"].get("all", {}).get("accuracy")
    return (
        f"{result['recipe']['name']}: {trained['steps']} steps, {trained['tokens_per_second']:,.0f} tokens/s, "
        + (f"MFU {trained['mfu']:.0%}, " if trained["mfu"] else "")
        + f"{trained['peak_memory_bytes'] / 1e9:.1f} GB per process "
        f"({result['planned_memory_bytes'] / 1e9:.1f} planned), "
        + (f"held-out exact match {accuracy:.1%}, " if accuracy is not None else "")
        + f"written to {out}"
    )


def _file_hash(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _memory_advice() -> str:
    return (
        "out of memory: lower `micro_batch` (the rows of a step stay the same), set gradient_checkpointing: true, "
        "a higher zero_stage or offload_optimizer: true in the recipe; the run goes on from its last checkpoint "
        "only with an unchanged recipe"
    )


def _refused(message: str, work: Path, main_process: bool) -> int:
    if main_process:
        print(f"error: {message}", file=sys.stderr, flush=True)
        with suppress(OSError):
            work.mkdir(parents=True, exist_ok=True)
            (work / ERROR).write_text(message, encoding="utf-8")
    return REFUSED


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m apigen_assets.training.train",
        description="Train a function-calling model by a recipe.",
    )
    parser.add_argument("--recipe", required=True, help="name of a packaged recipe, or a .yaml file")
    parser.add_argument(
        "--rows", required=True, type=Path, help="a table of the data set, or a file as apigen verify reads it"
    )
    parser.add_argument("--heldout-rows", type=Path, help="draw held-out rows from this file instead")
    parser.add_argument("--tokenizer-rows", type=Path, help="train a tokenizer made here on this file instead")
    parser.add_argument("--out", required=True, type=Path, help="folder for the trained model")
    parser.add_argument("--lineage", type=Path, help="JSON file with the data set's revision and hash, for the card")
    parser.add_argument("--set", action="append", metavar="FIELD=VALUE", help="change a field of the recipe")
    parser.add_argument("--local_rank", type=int, help=argparse.SUPPRESS)  # given by the deepspeed launcher
    arguments = parser.parse_args(argv)
    arguments.out = arguments.out.absolute()
    return arguments


if __name__ == "__main__":
    sys.exit(main())
