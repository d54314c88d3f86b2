"""What each config of a release is, and the one line with which its trainer reads it."""

import json

from apigen_assets.files.json_types import JsonObject
from apigen_assets.files.markdown import escaped, grid

ABOUT = {
    "xlam": "every row, in the columns of xlam-function-calling-60k",
    "openai": "the same rows as messages and tools of the OpenAI chat-completions API, with arguments as objects",
    "openai_text": "as `openai`, with arguments as JSON text: for templates that join them as text",
    "openai_single": "as `openai`, with one call per message and no null: for templates that write no more of them",
    "prompt_completion": "the same rows with the answer apart, so that a loss covers it alone; what TRL's SFTTrainer "
    "takes as it is",
    "sharegpt": "the same rows as LLaMA-Factory's conversations",
    "grpo": "prompts that name their tools, with the ground truth for a reward function (TRL's GRPOTrainer)",
    "verl": "the same prompts in verl's columns",
    "nemo_gym": "the same rows as JSON lines of NeMo Gym's server `xlam_fc`",
    "openai_finetuning": "the same rows as JSON lines for OpenAI's fine-tuning, with names of the letters it allows",
    "heldout": "the rows of `xlam`, split by API: no API called in `test` is called in `train`; rows that call APIs "
    "of both sides are left out",
    "rejects": "candidates that a check rejected, with the reason",
}
"""A sentence per config, for the card."""

_REWARD = "from apigen_assets.training.reward import function_call_reward"

_USES = {
    "openai": [
        (
            "TRL, axolotl (`chat_template`), Unsloth; `datasets` 4.7 or later",
            'load_dataset("{repo}", "openai", split="train")',
        ),
    ],
    "openai_text": [("chat templates of DeepSeek V3 and R1", 'load_dataset("{repo}", "openai_text", split="train")')],
    "openai_single": [
        ("chat templates of Llama 3.1, 3.2 and gpt-oss", 'load_dataset("{repo}", "openai_single", split="train")')
    ],
    "prompt_completion": [
        (
            "TRL `SFTTrainer`",
            'SFTTrainer(model, train_dataset=load_dataset("{repo}", "prompt_completion", split="train"))',
        )
    ],
    "sharegpt": [("LLaMA-Factory (`dataset_info.json`)", "{llama_factory}")],
    "grpo": [
        (
            "TRL `GRPOTrainer`",
            _REWARD + '; GRPOTrainer(model, reward_funcs=function_call_reward, train_dataset=load_dataset("{repo}", '
            '"grpo", split="train"))',
        )
    ],
    "verl": [
        (
            "verl",
            "data.train_files=data/verl/train-00000-of-00001.parquet custom_reward_function.path=.../apigen_assets/"
            "training/reward.py custom_reward_function.name=compute_score",
        )
    ],
    "nemo_gym": [("NeMo Gym `xlam_fc`", "+input_jsonl_fpath=jsonl/nemo_gym.jsonl")],
    "openai_finetuning": [
        ("OpenAI", "client.files.create(file=open('jsonl/openai_finetuning.jsonl', 'rb'), purpose='fine-tune')")
    ],
    "xlam": [
        (
            "NeMo Automodel",
            "make_xlam_dataset reads it; it takes types such as `int, optional` for text: `openai` loses nothing",
        )
    ],
}


def llama_factory_entry(repo: str) -> JsonObject:
    """The entry of LLaMA-Factory's `dataset_info.json` that reads the config `sharegpt`.

    Args:
        repo: the release's repository on the Hub, or the folder it lies in.
    """
    return {
        "hf_hub_url": repo,
        "subset": "sharegpt",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "tools": "tools"},
    }


def uses(names: list[str], repo: str) -> list[str]:
    """The card's section on trainers: a table with one line per trainer of the configs there are."""
    entry = json.dumps(llama_factory_entry(repo))
    rows = [
        (trainer, f"`{name}`", f"`{escaped(line.format(repo=repo, llama_factory=entry))}`")
        for name in names
        for trainer, line in _USES.get(name, ())
    ]
    return [grid(("trainer", "config", "use"), rows)] if rows else []
