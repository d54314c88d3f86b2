"""Tokens per second, MFU and peak memory of the training program on a model of a recipe's size with random weights.

    python benchmarks/training_throughput.py                        # xlam-1b's architecture, one GPU
    python benchmarks/training_throughput.py --recipe xlam-7b --processes 8 --set zero_stage=3

Rows are synthetic and close to the context's length, so the figures are those of full sequences. Needs a GPU for
figures that mean anything; on a CPU use `--shrink` to see that it runs.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from apigen_assets.training.changes import parse_changes
from apigen_assets.training.environment import prepare_environment
from apigen_assets.training.recipe import Recipe, load_recipe

_SHRUNK = {
    "architecture": {
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "vocab_size": 600,
    },
    "batch_rows": 4,
    "max_length": 2048,
}  # fmt: skip
_WORDS = [f"{a}{b}" for a in ("ka", "lo", "mi", "ner", "pu", "sta", "tor", "ve") for b in ("dan", "fel", "gos", "rim")]


def main() -> None:
    given = _arguments()
    recipe = load_recipe(given.recipe)
    if given.shrink:
        recipe = recipe.updated(_SHRUNK)
    recipe = recipe.updated(parse_changes(given.set or []))
    prepare_environment()
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        folder = Path(name)
        length = _write_base(folder / "base", recipe)
        _write_rows(folder / "rows.parquet", recipe, length, given.steps)
        result = _train(folder, recipe, given)
    trained, plan = result["trained"], result["plan"]
    print(f"device             {plan['processes']} x {result['device']['name']}")
    print(f"parameters         {trained['parameters']:,}")
    print(
        f"rows               {plan['micro_batch']} x {plan['accumulation']} x {plan['processes']}, "
        f"{result['prepared']['train']['tokens'] / result['prepared']['train']['rows']:,.0f} tokens each"
    )
    print(f"tokens/s           {trained['tokens_per_second']:,.0f}")
    print(f"MFU                {trained['mfu']:.1%}" if trained["mfu"] else "MFU                no known GPU")
    print(f"peak memory        {trained['peak_memory_bytes'] / 1e9:.1f} GB")


def _write_base(folder: Path, recipe: Recipe) -> float:
    """A base with random weights and a tokenizer; returns the tokens of a word."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    from apigen_assets.training.models import config_of

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<s>", "<|EOT|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(_WORDS)] * 3, trainer)
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="<|EOT|>", pad_token="<s>")
    whole.save_pretrained(folder)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config_of(recipe), dtype=torch.bfloat16).save_pretrained(folder)
    return len(whole(" ".join(_WORDS))["input_ids"]) / len(_WORDS)


def _write_rows(path: Path, recipe: Recipe, length: float, steps: int) -> None:
    import polars as pl
    from transformers import AutoTokenizer

    from apigen_assets.training.prompt_format import render

    tokenizer = AutoTokenizer.from_pretrained(path.parent / "base")
    rng = random.Random(0)
    style = "xlam" if recipe.prompt_style == "chat" else recipe.prompt_style
    fixed = len(tokenizer(render("", [], style))["input_ids"])
    answer = "x " * int(0.1 * recipe.max_length / 2)
    spare = recipe.max_length - fixed - len(tokenizer(answer)["input_ids"]) - 120
    rows = [
        {
            "query": " ".join(rng.choices(_WORDS, k=max(1, int(spare / length)))),
            "answers": json.dumps([{"name": "f", "arguments": {"a": answer}}]),
            "tools": json.dumps([{"name": "f", "description": "", "parameters": {}}]),
            "style": "simple",
        }
        for _ in range(recipe.batch_rows * steps + 64)
    ]
    pl.DataFrame(rows).write_parquet(path)


def _train(folder: Path, recipe: Recipe, given: argparse.Namespace) -> dict[str, Any]:
    launch = [sys.executable, "-m"]
    if given.processes > 1:
        launch += ["torch.distributed.run", "--standalone", "--nproc_per_node", str(given.processes), "-m"]
    changes = {
        "base": {"source": str(folder / "base")},
        "prompt_style": "xlam" if recipe.prompt_style == "chat" else recipe.prompt_style.value,
        "max_steps": given.steps,
        "save_steps": 1_000_000,
        "eval_steps": None,
        "heldout": {"query_share": 0.01, "function_share": 0.0, "rows_per_style": 1},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**recipe.model_dump(mode="json"), **changes}))
    out = folder / "model"
    command = [*launch, "apigen_assets.training.train", "--recipe", str(path), "--rows", str(folder / "rows.parquet")]
    # The group's address is torchrun's to choose
    environment = {k: v for k, v in os.environ.items() if k not in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_PORT")}
    subprocess.run([*command, "--out", str(out)], check=True, env=environment)
    report: dict[str, Any] = json.loads((out / "training.json").read_text())
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="xlam-1b")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--shrink", action="store_true", help="a tiny model of the same class")
    parser.add_argument("--set", action="append", metavar="FIELD=VALUE", help="change a field of the recipe")
    return parser.parse_args()


if __name__ == "__main__":
    main()
