"""The packaged recipes, and what happens to wrong ones."""

import pytest

from apigen_assets.training.batches import plan_batch
from apigen_assets.training.changes import parse_changes
from apigen_assets.training.deepspeed_config import deepspeed_config
from apigen_assets.training.recipe import RecipeError, load_recipe, parse_recipe, recipe_names


def test_every_packaged_recipe_is_valid():
    assert {"tiny", "xlam-1b", "xlam-7b", "qwen3-0.6b"} <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


@pytest.mark.parametrize("name", ["xlam-1b", "xlam-7b"])
def test_the_papers_settings(name):
    recipe = load_recipe(name)
    chosen = recipe.optimizer
    assert (chosen.name, chosen.lr, chosen.warmup_steps) == ("adamw", 5e-6, 50)
    assert (recipe.epochs, recipe.max_length, recipe.precision) == (4, 2048, "bf16")
    assert (recipe.batch_rows, recipe.micro_batch, recipe.processes, recipe.gpu_memory_gb) == (96, 6, 8, 40)


def test_muons_finished_updates_are_not_clipped():
    assert _clipping("tiny") == 0
    assert _clipping("xlam-1b") == 1
    assert _clipping("tiny", "optimizer.max_grad_norm=0.5") == 0.5


def _clipping(name, *changes):
    recipe = load_recipe(name).updated(parse_changes(changes))
    return deepspeed_config(recipe, plan_batch(recipe, 1))["gradient_clipping"]


def test_an_unknown_recipe_is_answered_with_those_there_are():
    with pytest.raises(RecipeError, match=r"no recipe 'xlam-9b'.*tiny.*xlam-1b"):
        load_recipe("xlam-9b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer.lr": 0}, r"optimizer\.lr"),
        ({"zero_stage": 0}, "muon"),
        ({"lora": {}}, "from scratch"),
        ({"prompt_style": "chat"}, "chat template"),
        ({"tokenizer": None}, "tokenizer"),
        ({"function_masking": 0.5}, "descriptions"),
        ({"epoch": 4}, "epoch"),
    ],
)
def test_contradictions_are_named(changes, message):
    nested = {}
    for key, value in changes.items():
        *parents, last = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    with pytest.raises(RecipeError, match=message):
        load_recipe("tiny").updated(nested)


def test_files_that_are_no_recipe(tmp_path):
    (tmp_path / "a.yaml").write_text("[1")
    (tmp_path / "b.yaml").write_text("3")
    for name, message in (("a", "not valid YAML"), ("b", "mapping"), ("c", "cannot read")):
        with pytest.raises(RecipeError, match=message):
            load_recipe(tmp_path / f"{name}.yaml")


def test_changes_on_the_command_line_are_typed():
    changes = parse_changes(["optimizer.lr=1e-4", "base.source=some/where", "lora=null", "stop_at.accuracy=0.9"])
    assert changes == {
        "optimizer": {"lr": 1e-4},
        "base": {"source": "some/where"},
        "lora": None,
        "stop_at": {"accuracy": 0.9},
    }
    with pytest.raises(RecipeError, match="field=value"):
        parse_changes(["lr"])


def test_the_hash_is_of_what_is_computed():
    tiny = load_recipe("tiny")
    assert tiny.content_hash() == tiny.updated({"description": "other"}).content_hash()
    assert tiny.content_hash() != tiny.updated({"seed": 7}).content_hash()
    assert parse_recipe(tiny.model_dump(mode="json"), "again") == tiny
