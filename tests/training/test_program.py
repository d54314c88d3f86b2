"""The training program as it is run: real processes, gloo between them, kill -9 and going on."""

import contextlib
import importlib.util
import json
import random
import re
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import psutil
import pytest

from apigen_assets.training.checkpoints import FILES
from apigen_assets.training.examples import iter_examples
from apigen_assets.training.prompt_format import render
from apigen_assets.training.recipe import load_recipe
from tests.training.conftest import SMALL, command, environment, make_rows, run_program

pytest.importorskip("deepspeed")
# A busy machine makes the runs long, and no test measures time
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STEPS = {**SMALL, "max_steps": "12", "save_steps": "3"}
MESSAGE = "error: "


def _step(checkpoint):
    return int(checkpoint.name.removeprefix("checkpoint-"))


def _result(out):
    return json.loads((out / "training.json").read_text())


def _losses(out):
    return [(one["step"], one["loss"]) for one in _result(out)["trained"]["curve"]]


def _message(finished):
    """The one message of a refused run."""
    assert finished.returncode == 2 or "exitcode  : 2" in finished.stdout, finished.stdout[-3000:]
    lines = [line for line in finished.stdout.splitlines() if line.startswith(MESSAGE)]
    assert len(lines) == 1, finished.stdout[-3000:]
    return finished.stdout[finished.stdout.index(MESSAGE) :]


@pytest.fixture(scope="module")
def whole_run(rows_file, tmp_path_factory):
    """Two processes, ZeRO-2, not interrupted."""
    out = tmp_path_factory.mktemp("whole") / "model"
    finished = run_program("tiny", rows_file, out, {**STEPS, "zero_stage": "2", "eval_steps": "6"}, processes=2)
    assert finished.returncode == 0, finished.stdout[-4000:]
    return out, finished.stdout


def test_two_processes_train_and_leave_a_complete_checkpoint(whole_run):
    out, said = whole_run
    result = _result(out)
    assert (result["plan"]["processes"], result["trained"]["steps"]) == (2, 12)
    assert "held-out exact match" in said and "tokens/s" in said
    assert result["trained"]["accuracy_curve"][-1]["step"] == 12
    assert result["heldout"]["trained"]["seen"]["all"]["rows"] > 0
    for name in ("model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "README.md",
                 "recipe.yaml", "probes.jsonl"):  # fmt: skip
        assert (out / name).is_file(), name
    assert not (out.parent / ".model.work").exists()
    card = (out / "README.md").read_text()
    assert "exact_match" in card and result["rows_sha256"] in card


def test_the_checkpoint_generates_through_its_chat_template(whole_run):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out, _ = whole_run
    tokenizer = AutoTokenizer.from_pretrained(out)
    model = AutoModelForCausalLM.from_pretrained(out)
    tools = [{"name": "f", "description": "", "parameters": {"type": "object", "properties": {"a": {}}}}]
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Zürich, 日本?"}], tools=tools, add_generation_prompt=True,
        return_tensors="pt", return_dict=True,
    )  # fmt: skip
    assert tokenizer.decode(ids["input_ids"][0]) == "f(a?)\n? Zürich, 日本?\n> ", "every text survives the tokenizer"
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert model.generate(**ids, max_new_tokens=4).shape[0] == 1


def test_a_killed_run_with_a_damaged_checkpoint_ends_like_one_that_was_not(whole_run, rows_file, tmp_path):
    out = tmp_path / "model"
    changes = {**STEPS, "zero_stage": "2", "eval_steps": "6"}
    started = subprocess.Popen(
        command("tiny", rows_file, out, changes, processes=2),
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    kill_at = random.randint(7, 11)
    launcher = psutil.Process(started.pid)
    work = tmp_path / ".model.work"
    deadline = time.monotonic() + 600
    try:
        while time.monotonic() < deadline:
            logs = list(work.glob("*/losses.jsonl"))
            if logs and logs[0].read_text().count("\n") >= kill_at:
                break
            assert started.poll() is None, "the run ended before it could be killed"
            time.sleep(0.02)
    finally:
        for process in [*launcher.children(recursive=True), launcher]:
            process.kill()
        started.wait()
    # One that was being written has no list of files yet: it counts for nothing, damaged or not
    sealed = sorted(work.glob(f"*/checkpoint-*/{FILES}"), key=lambda path: _step(path.parent))
    newest, before = sealed[-1].parent, [_step(path.parent) for path in sealed[:-1]]
    victim = next(newest.rglob("*optim_states.pt"))
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])

    finished = run_program("tiny", rows_file, out, changes, processes=2)
    assert finished.returncode == 0, finished.stdout[-4000:]
    assert f"skipping {newest.name}" in finished.stdout
    resumed = re.findall(r"resuming after step (\d+) of 12", finished.stdout)
    assert resumed == [str(step) for step in before[-1:]]
    assert _losses(out) == _losses(whole_run[0]), f"killed at step {kill_at}"


def test_a_terminated_command_leaves_no_process_behind(rows_file, tmp_path):
    changes = [
        part for field, value in {**SMALL, "max_steps": "100000"}.items() for part in ("--set", f"{field}={value}")
    ]
    apigen = str(Path(sys.executable).parent / "apigen")
    started = subprocess.Popen(
        [apigen, "train", "tiny", "--rows", str(rows_file), "--out", str(tmp_path / "model"), *changes],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    processes = []
    try:
        while not list(tmp_path.glob(".model.work/*/losses.jsonl")):
            assert started.poll() is None, "the run ended before it could be terminated"
            time.sleep(0.2)
        processes = psutil.Process(started.pid).children(recursive=True)
        assert processes
        started.terminate()
        assert started.wait(60) != 0
        _, alive = psutil.wait_procs(processes, timeout=60)
        assert not alive
    finally:
        started.kill()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def test_partitioned_weights_come_out_whole_and_equal(whole_run, rows_file, tmp_path):
    from safetensors.torch import load_file

    out = tmp_path / "model"
    finished = run_program("tiny", rows_file, out, {**STEPS, "zero_stage": "3"}, processes=2)
    assert finished.returncode == 0, finished.stdout[-4000:]
    assert _result(out)["recipe"]["optimizer"]["name"] == "muon"
    whole, other = load_file(whole_run[0] / "model.safetensors"), load_file(out / "model.safetensors")
    assert "lm_head.weight" not in whole and "lm_head.weight" not in other, "a tied weight is stored once"
    assert {name: value.shape for name, value in other.items()} == {name: value.shape for name, value in whole.items()}
    for (_, first), (_, second) in zip(_losses(whole_run[0]), _losses(out), strict=True):
        assert second == pytest.approx(first, rel=0.02)


def _base(folder, recipe, words):
    """A base like DeepSeek-Coder's instruct models: Llama, its special tokens, a tokenizer that begins with one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    from apigen_assets.training.models import config_of

    begin, end, turn = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<|EOT|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=[begin, end, turn], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(words, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(f"{begin} $A", special_tokens=[(begin, 0)])
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=begin, eos_token=end, pad_token=end)
    whole.save_pretrained(folder)
    AutoModelForCausalLM.from_config(config_of(recipe)).save_pretrained(folder)


SHRUNKEN = {
    "architecture.hidden_size": "32",
    "architecture.intermediate_size": "64",
    "architecture.num_hidden_layers": "2",
    "architecture.num_attention_heads": "2",
    "architecture.num_key_value_heads": "2",
    "architecture.vocab_size": "700",
    "architecture.bos_token_id": "0",
    "architecture.eos_token_id": "2",
    "heldout.rows_per_style": "2",
    "heldout.function_share": "0",
    "heldout.query_share": "0.1",
    "max_steps": "2",
    "eval_steps": "2",
    "max_length": "1024",
}


@pytest.mark.parametrize(("name", "more"), [("xlam-1b", {}), ("xlam-7b", {"lora.rank": "4"})])
def test_the_papers_recipes_run_with_few_layers(name, more, rows_file, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from apigen_assets.training.changes import parse_changes

    changes = {**SHRUNKEN, **more, "base.source": str(tmp_path / "base")}
    recipe = load_recipe(name).updated(parse_changes([f"{key}={value}" for key, value in changes.items()]))
    prompts = [render(one.query, one.tools, "xlam") for one in islice(iter_examples(rows_file), 20)]
    _base(tmp_path / "base", recipe, prompts)
    out = tmp_path / "model"
    finished = run_program(name, rows_file, out, changes)
    assert finished.returncode == 0, finished.stdout[-4000:]
    result = _result(out)
    plan = result["plan"]
    assert (plan["micro_batch"], plan["accumulation"], plan["batch_rows"]) == (6, 16, 96)
    assert "fine-tuned as in the APIGen paper" in (out / "README.md").read_text()
    tokenizer = AutoTokenizer.from_pretrained(out)
    model = AutoModelForCausalLM.from_pretrained(out)
    assert type(model).__name__ == "LlamaForCausalLM"
    assert tokenizer.eos_token == "<|EOT|>" and model.generation_config.eos_token_id == 2
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "q"}], tools=[], tokenize=False, add_generation_prompt=True
    )
    assert prompt.startswith("<｜begin▁of▁sentence｜>You are an AI assistant")
    assert (out / "adapter" / "adapter_model.safetensors").is_file() == bool(more)


def test_a_base_that_is_not_there_is_said_before_anything_starts(rows_file, tmp_path):
    finished = run_program("xlam-1b", rows_file, tmp_path / "model", {})
    message = _message(finished)
    assert "deepseek-ai/deepseek-coder-1.3b-instruct" in message and "hf download" in message
    assert not list((tmp_path / ".model.work").glob("*/")), "nothing was prepared"
    finished = run_program("xlam-1b", rows_file, tmp_path / "model", {"base.source": str(tmp_path / "nowhere")})
    assert "is neither a folder here nor a name on the Hub" in _message(finished)


def test_rows_longer_than_the_context_are_skipped_and_counted(rows_file, tmp_path):
    out = tmp_path / "model"
    changes = {**STEPS, "max_steps": "2", "zero_stage": "1", "max_length": "64"}
    finished = run_program("tiny", rows_file, out, changes)
    assert finished.returncode == 0, finished.stdout[-4000:]
    prepared = _result(out)["prepared"]
    assert prepared["left_out"]["too_long"] > 0
    assert prepared["train"]["longest"] <= 64
    # held-out rows that are too long are among the held-out ones
    left_out = sum(count for name, count in prepared["left_out"].items() if name != "held_out_too_long")
    assert left_out + prepared["train"]["rows"] == prepared["rows"]
    assert f"{prepared['left_out']['too_long']} rows are longer than the context" in finished.stdout
    finished = run_program("tiny", rows_file, out, {**changes, "max_length": "16"})
    assert "longer than max_length = 16 tokens: raise `max_length`" in _message(finished)


def test_a_style_without_rows_is_said(tmp_path):
    rows = tmp_path / "rows.parquet"
    make_rows(80, styles=("simple", "multiple"), relevance=0).write_parquet(rows)
    out = tmp_path / "model"
    finished = run_program("tiny", rows, out, {**STEPS, "max_steps": "1", "zero_stage": "1"})
    assert finished.returncode == 0, finished.stdout[-4000:]
    assert "warning: the data set has no rows of style parallel:" in finished.stdout
    assert _result(out)["prepared"]["missing"] == ["parallel", "parallel_multiple", "relevance"]


def test_out_of_memory_is_one_message(rows_file, tmp_path):
    # Weights of some 24 GB where the process may have 8: the allocation itself fails
    wide = {**SMALL, "architecture.hidden_size": "8192", "architecture.intermediate_size": "60000"}
    parts = command("tiny", rows_file, tmp_path / "model", {**wide, "max_steps": "1"})
    shell = ["bash", "-c", 'ulimit -v 8000000; exec "$@"', "run", *parts]
    finished = subprocess.run(
        shell, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    assert "out of memory: lower `micro_batch`" in _message(finished) or "does not fit" in _message(finished)


def test_without_the_train_extra_there_is_one_message(monkeypatch, capsys, tmp_path):
    from apigen_assets.training import train
    from resources.trainer.trainer import Trainer, TrainingError, TrainingJob

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "deepspeed" else real(name))
    assert train.main(["--recipe", "tiny", "--rows", "rows.parquet", "--out", str(tmp_path / "model")]) == 2
    assert capsys.readouterr().err.startswith("error: training needs deepspeed, which are not installed: run `make")
    with pytest.raises(TrainingError, match="make install"):
        Trainer().run(TrainingJob("tiny", tmp_path / "rows.parquet", tmp_path / "model"))
