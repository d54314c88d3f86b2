"""Weights of others are data: a pickle, which could run anything, is not opened."""

import json
import os
import pickle

import pytest

from apigen_assets.training.models import build_model
from apigen_assets.training.recipe import load_recipe

torch = pytest.importorskip("torch", reason="needs the train extra")


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.slow
def test_a_base_that_is_a_pickle_is_refused_and_runs_nothing(tmp_path):
    owned = tmp_path / "owned"
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8, "num_attention_heads": 2}
    config |= {"num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 9}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Runs(str(owned))))
    recipe = load_recipe("smollm2-135m")
    assert recipe.base is not None
    recipe = recipe.model_copy(update={"base": recipe.base.model_copy(update={"source": str(tmp_path)})})
    with pytest.raises(OSError, match="safetensors"):
        build_model(recipe, [])
    assert not owned.exists()
