"""The memory plan, from public architecture numbers and without weights."""

import pytest

from apigen_assets.training.recipe import load_recipe

pytest.importorskip("transformers")

from apigen_assets.training.preflight import GB, PreflightError, preflight

GPU = 40 * GB


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("xlam-1b", 1_346_471_936),
        ("xlam-7b", 6_910_365_696),
        ("qwen3-0.6b", 596_049_920),
        ("smollm2-135m", 134_515_008),
        ("qwen2.5-coder-0.5b", 630_167_424),
    ],
)
def test_parameters_are_those_of_the_published_weights(name, parameters):
    recipe = load_recipe(name)
    assert preflight(recipe, recipe.processes).parameters == parameters


@pytest.mark.parametrize("name", ["xlam-1b", "xlam-7b"])
def test_the_papers_recipes_fit_its_gpus(name):
    plan = preflight(load_recipe(name), 8, GPU, 312e12, rows=68_000)
    assert plan.memory.total < GPU
    assert (plan.micro_batch, plan.accumulation) == (6, 2)
    assert plan.steps in (2833, 2834)
    assert 0 < plan.seconds < 7 * 24 * 3600
    assert "8 processes x 6 rows x 2 accumulated = 96 rows a step" in plan.text()


def test_seven_billion_on_one_small_gpu_is_refused_with_what_to_change():
    with pytest.raises(PreflightError, match=r"(?s)does not fit: it needs \d+\.\d GB per GPU.*lora") as error:
        preflight(load_recipe("xlam-7b"), 1, 24 * GB)
    assert "offload_optimizer" in str(error.value)


def test_replicated_weights_of_the_large_model_need_more_than_partitioned_ones():
    recipe = load_recipe("xlam-7b")
    totals = [preflight(recipe.updated({"zero_stage": stage}), 8).memory.total for stage in (0, 1, 2, 3)]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize(("layers", "measured"), [(30, 6.85), (4, 2.37)])
def test_the_plan_agrees_with_what_a_process_on_a_cpu_took(layers, measured):
    """Peak resident GB of SmolLM2-135M, whole and cut to four layers: one process, a micro-batch of 4 rows a step."""
    recipe = load_recipe("smollm2-135m").updated({"batch_rows": 4, "architecture": {"num_hidden_layers": layers}})
    assert preflight(recipe, 1, on_cpu=True).memory.total / GB == pytest.approx(measured, rel=0.15)


def test_adapters_need_less():
    recipe = load_recipe("xlam-7b").updated({"lora": {"rank": 32}})
    plan = preflight(recipe, 1, 80 * GB)
    assert plan.trainable < 0.02 * plan.parameters


def test_a_division_that_cannot_be_is_refused():
    with pytest.raises(PreflightError, match="96 rows"):
        preflight(load_recipe("xlam-1b"), 7)
