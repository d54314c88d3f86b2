"""Rows of a few functions from sentence templates, and runs of the training program."""

import json
import os
import random
import subprocess
import sys

import polars as pl
import pytest

from apigen_assets.domain.dataset_row import DatasetRow
from apigen_assets.domain.style import style_of
from tests.helpers.paths import ROOT

CITIES = ["Berlin", "Paris", "Oslo", "Lima", "Cairo", "Athens", "Dublin", "Boston"]


def _parameter(kind, required=True, **more):
    return {"type": kind if required else f"{kind}, optional", "description": "A value.", "required": required, **more}


TOOLS = {
    "get_forecast": {"city": _parameter("str"), "days": _parameter("int", False, default=1)},
    "circle_area": {"radius": _parameter("float")},
    "add_numbers": {"first": _parameter("int"), "second": _parameter("int")},
    "find_timezone": {"city": _parameter("str")},
    "sort_values": {"values": _parameter("List[int]"), "descending": _parameter("bool", False, default=False)},
}
SENTENCES = {
    "get_forecast": "the weather in {city} for {days} days",
    "circle_area": "the area of a circle of radius {radius}",
    "add_numbers": "the sum of {first} and {second}",
    "find_timezone": "the time zone of {city}",
    "sort_values": "the numbers {values} in order",
}


def _arguments(name, rng):
    match name:
        case "get_forecast":
            return {"city": rng.choice(CITIES), "days": rng.randint(1, 14)}
        case "circle_area":
            return {"radius": round(rng.uniform(1, 99), 1)}
        case "add_numbers":
            return {"first": rng.randint(1, 999), "second": rng.randint(1, 999)}
        case "find_timezone":
            return {"city": rng.choice(CITIES)}
        case _:
            return {"values": [rng.randint(1, 99) for _ in range(rng.randint(2, 4))]}


def _tool(name):
    return {"name": name, "description": f"Gives {SENTENCES[name].split(' of ')[0]}.", "parameters": TOOLS[name]}


def make_rows(count, seed=0, styles=("simple", "multiple", "parallel", "parallel_multiple"), relevance=0.1):
    rng = random.Random(seed)
    rows = []
    while len(rows) < count:
        style = rng.choice(styles)
        offered = rng.sample(sorted(TOOLS), rng.randint(2, 3) if "multiple" in style else 1)
        called = [rng.choice(offered) for _ in range(rng.randint(2, 3) if "parallel" in style else 1)]
        calls = [{"name": name, "arguments": _arguments(name, rng)} for name in called]
        query = "What is " + ", and ".join(SENTENCES[one["name"]].format(**one["arguments"]) for one in calls) + "?"
        kind = "call"
        if rng.random() < relevance:
            offered = [name for name in sorted(TOOLS) if name not in called][: len(offered)]
            calls, kind = [], "tool_removed"
        rows.append(
            {
                "id": len(rows),
                "query": query,
                "answers": json.dumps(calls),
                "tools": json.dumps([_tool(name) for name in offered]),
                "style": style_of(len(offered), len(calls)).value,
                "kind": kind,
                "generator": "standin-template",
                "batch": "builtin",
                "category": "Math",
                "api_ids": "[]",
                "candidate_id": str(len(rows)),
                "execution": "[]",
            }
        )
    return pl.DataFrame(rows, schema=DatasetRow.SCHEMA)


@pytest.fixture(scope="session")
def rows_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    make_rows(240).write_parquet(path)
    return path


SMALL = {
    "architecture.hidden_size": "32",
    "architecture.intermediate_size": "64",
    "architecture.num_hidden_layers": "2",
    "architecture.num_attention_heads": "2",
    "architecture.num_key_value_heads": "2",
    "architecture.head_dim": "16",
    "tokenizer.vocab_size": "400",
    "fill_rows": "null",
    "stop_at": "null",
    "eval_steps": "null",
    "batch_rows": "8",
    "micro_batch": "4",
    "optimizer.warmup_steps": "2",
    "heldout.rows_per_style": "4",
    "heldout.function_share": "0",
    "max_length": "256",
}
"""Changes to the recipe `tiny` that make a run of a second or two."""


def command(recipe, rows, out, changes, processes=1):
    launch = [sys.executable, "-m"]
    if processes > 1:
        launch += ["torch.distributed.run", "--standalone", "--nproc_per_node", str(processes), "-m"]
    parts = [*launch, "apigen_assets.training.train", "--recipe", str(recipe), "--rows", str(rows), "--out", str(out)]
    for key, value in changes.items():
        parts += ["--set", f"{key}={value}"]
    return parts


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def run_program(recipe, rows, out, changes, processes=1):
    """The finished process of one training run; its output is in `stdout`."""
    return subprocess.run(
        command(recipe, rows, out, changes, processes),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=800,
    )
