import json

import pytest

from apigen_assets.settings import settings
from resources.bfcl import environment as bfcl
from resources.bfcl import questions
from resources.bfcl.process import BfclEnvironmentError


@pytest.fixture(scope="session")
def env(tmp_path_factory):
    """The small environment: the one configured, or one made for this test run."""
    if settings().bfcl_python:
        return bfcl.environment()
    folder = tmp_path_factory.mktemp("bfcl") / "bfcl-env"
    try:
        return bfcl.at(bfcl.install(folder))
    except BfclEnvironmentError as error:
        pytest.skip(f"the BFCL environment cannot be made here: {error}")


@pytest.fixture(scope="session")
def truths(env):
    return questions.truths(env=env)


@pytest.fixture
def use_env(env, monkeypatch):
    """The commands use the session's environment."""
    monkeypatch.setenv("APIGEN_BFCL_PYTHON", str(env.python))
    settings.cache_clear()
    yield env
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def layout(tmp_path):
    """Writes entries in the official layout under result/<model>/."""

    def write(entries, model="some_model", prefix="BFCL_v4", rename=None, folders=True):
        root = tmp_path / "result"
        for entry in entries:
            category = entry["category"]
            name = (rename or {}).get(category, category)
            folder = root / model
            if folders:
                folder = folder / ("live" if category.startswith("live_") else "non_live")
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{prefix}_{name}_result.json").open("a") as file:
                file.write(json.dumps({"id": entry["id"], "result": entry["result"], "latency": 0.1}) + "\n")
        return root

    return write


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A random model of a few thousand weights with a byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    folder = tmp_path_factory.mktemp("checkpoint")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>")
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=160, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    training = {"recipe": {"prompt_style": "compact", "max_new_tokens": 8}}
    (folder / "training.json").write_text(json.dumps(training))
    return folder
