"""The order of rows and the tensors: what a step computes must not depend on the machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.training.batches import (
    IGNORED,
    BatchError,
    collate,
    padded_length,
    plan_batch,
    row_order,
    step_count,
)
from apigen_assets.training.recipe import load_recipe

XLAM = load_recipe("xlam-1b")


@pytest.mark.parametrize(
    ("processes", "micro", "accumulation"), [(8, 6, 2), (4, 6, 4), (1, 6, 16), (2, 6, 8), (16, 6, 1), (32, 3, 1)]
)
def test_a_step_has_96_rows_on_any_number_of_gpus(processes, micro, accumulation):
    plan = plan_batch(XLAM, processes)
    assert (plan.micro_batch, plan.accumulation) == (micro, accumulation)
    assert plan.processes * plan.micro_batch * plan.accumulation == 96


def test_a_number_of_gpus_that_cannot_keep_96_rows_is_refused_with_those_that_can():
    with pytest.raises(BatchError, match=r"96 rows.*5 processes: use 4 or 6 processes"):
        plan_batch(XLAM, 5)


def test_the_papers_run_has_2833_steps():
    assert step_count(68_000, XLAM) in (2833, 2834)


@given(st.integers(1, 60), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_every_epoch_holds_every_row_once(rows, epochs, bucket, seed):
    recipe = XLAM.updated({"batch_rows": 4, "epochs": epochs, "bucket_steps": bucket, "seed": seed})
    lengths = np.arange(rows, dtype=np.int64)
    order = row_order(lengths, recipe)
    assert len(order) == step_count(rows, recipe) * 4
    counts = np.bincount(order, minlength=rows)
    assert counts.min() >= epochs and counts.max() <= epochs + 1 + 4 // rows + 1


def test_the_order_depends_on_the_seed_alone():
    lengths = np.random.default_rng(0).integers(10, 500, 1000)
    first = row_order(lengths, XLAM)
    assert (first == row_order(lengths, XLAM.updated({"micro_batch": 1, "processes": 1}))).all()
    assert (first != row_order(lengths, XLAM.updated({"seed": 1}))).any()


def test_rows_of_a_micro_batch_are_alike_in_length():
    lengths = np.random.default_rng(0).integers(10, 500, 960)
    order = row_order(lengths, XLAM.updated({"epochs": 1}))
    spread = np.ptp(lengths[order].reshape(-1, 6), axis=1).mean()
    assert spread < 60, "unsorted it would be about 350"


def test_labels_are_the_answers_alone_and_fit_the_kept_logits():
    rows = [{"ids": np.array([5, 6, 7, 8, 9]), "prompt": 3}, {"ids": np.array([1, 2, 3]), "prompt": 2}]
    batch = collate(rows, pad_id=0)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9], [1, 2, 3, 0, 0]]
    assert batch["logits_to_keep"] == 4
    assert batch["labels"].tolist() == [[IGNORED, IGNORED, 8, 9], [IGNORED, 3, IGNORED, IGNORED]]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_row_is_computed_as_if_it_were_alone(attention):
    torch = pytest.importorskip("torch")
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "qwen3", vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=16,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    rng = np.random.default_rng(0)
    rows = [{"ids": rng.integers(1, 50, n), "prompt": n // 2} for n in (5, 9, 16)]

    def summed(chosen):
        batch = collate(chosen, pad_id=0)
        answers = sum(int((batch["labels"][i] != IGNORED).sum()) for i in range(len(chosen)))
        return model(**batch).loss.item() * answers

    assert summed(rows) == pytest.approx(sum(summed([row]) for row in rows), rel=1e-5)


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_a_batch_holds_its_longest_row_and_little_more(longest, above):
    limit = longest + above
    padded = padded_length(longest, limit)
    assert longest <= padded <= min(limit, longest * 1.125)
    assert padded_length(longest, 1 << 30) == longest or longest > 128


def test_long_batches_come_in_few_shapes():
    def shape(length, answer):
        batch = collate([{"ids": np.ones(length, dtype=np.int32), "prompt": length - answer}], 0, limit=640)
        return batch["input_ids"].shape[1], batch["logits_to_keep"]

    shapes = [shape(length, answer) for length in range(380, 641) for answer in range(20, 100, 3)]
    assert len({length for length, _ in shapes}) <= 7, "on a CPU, memory grows with every new shape"
    assert len({tail for _, tail in shapes}) <= 12


def test_labels_are_the_answers_alone_in_a_batch_that_is_padded():
    lengths, prompts = (201, 190), (171, 183)
    rows = [{"ids": np.arange(n), "prompt": prompt} for n, prompt in zip(lengths, prompts, strict=True)]
    batch = collate(rows, pad_id=0, limit=4_000)
    longest, tail = batch["input_ids"].shape[1], batch["logits_to_keep"]
    for labels, length, prompt in zip(batch["labels"], lengths, prompts, strict=True):
        labelled = [longest - tail + place for place, label in enumerate(labels) if label != IGNORED]
        assert labelled == list(range(prompt, length))
    assert min(prompts) > longest - tail, "the position before an answer predicts its first token"
