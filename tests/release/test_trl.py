"""TRL's trainers on a release as it is: what they learn from are the answers, and the shipped reward is theirs."""

import json

import pytest

from apigen_assets.settings import Settings
from tests.helpers.releases import release, rows
from tests.helpers.templates import bundled

pytest.importorskip("trl", reason="trl is not installed: pip install 'apigen[dev,train]'")
datasets = pytest.importorskip("datasets", reason="needs the train extra")

pytestmark = pytest.mark.slow

ALL = Settings.model_fields["release_configs"].default
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<think>", "</think>"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return release(tmp_path_factory.mktemp("release") / "release", rows(24), names=ALL)


@pytest.fixture(scope="module")
def base():
    """A model of some thousand weights and a tokenizer of bytes, with Qwen3's own chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen3Config

    vocabulary = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL})
    tokenizer.chat_template = bundled()["qwen3"]
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=4096, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return AutoModelForCausalLM.from_config(config), tokenizer


def load(tree, name, tmp_path):
    return datasets.load_dataset(str(tree.path), name, split="train", cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("config", ["prompt_completion", "openai"])
def test_the_sft_trainer_takes_a_release_and_its_loss_covers_the_answers(tree, base, tmp_path, config):
    from trl import SFTConfig, SFTTrainer

    model, tokenizer = base
    settings = SFTConfig(
        output_dir=str(tmp_path / "out"), max_steps=20, per_device_train_batch_size=2, max_length=4096, report_to=[],
        use_cpu=True, bf16=False, logging_steps=10, save_strategy="no", assistant_only_loss=config == "openai",
    )  # fmt: skip
    data = load(tree, config, tmp_path)
    trainer = SFTTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer)
    for number, encoded in enumerate(trainer.train_dataset.select(range(5))):
        mask = [label != -100 for label in encoded["labels"]]
        learnt = tokenizer.decode([token for token, counts in zip(encoded["input_ids"], mask, strict=True) if counts])
        shown = tokenizer.decode(
            [token for token, counts in zip(encoded["input_ids"], mask, strict=True) if not counts]
        )
        messages = (
            data[number]["messages"] if config == "openai" else [*data[number]["prompt"], *data[number]["completion"]]
        )
        (call,) = messages[-1]["tool_calls"]
        written = learnt.split("<tool_call>")[1].split("</tool_call>")[0]
        assert json.loads(written) == call["function"]
        assert messages[0]["content"] in shown and messages[0]["content"] not in learnt
        assert learnt.rstrip().endswith("<|im_end|>") and "<tool_call>\n{" not in shown.rpartition("user")[2]
    trainer.train()
    assert trainer.state.global_step == 20


def test_the_grpo_trainer_takes_a_release_and_the_shipped_reward(tree, base, tmp_path):
    from trl import GRPOConfig, GRPOTrainer

    from apigen_assets.training.reward import exact_match_reward, function_call_reward

    model, tokenizer = base
    settings = GRPOConfig(
        output_dir=str(tmp_path / "out"), max_steps=5, per_device_train_batch_size=2, num_generations=2,
        max_completion_length=8, report_to=[], use_cpu=True, bf16=False, save_strategy="no", logging_steps=1,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=model,
        args=settings,
        reward_funcs=[function_call_reward, exact_match_reward],
        train_dataset=load(tree, "grpo", tmp_path),
        processing_class=tokenizer,
    )
    trainer.train()
    assert trainer.state.global_step == 5
    logged = [entry for entry in trainer.state.log_history if "rewards/function_call_reward/mean" in entry]
    assert logged and all(0 <= entry["rewards/function_call_reward/mean"] <= 1 for entry in logged)
