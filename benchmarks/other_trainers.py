"""Reads a release with the loaders of other trainers: what they learn from has to be the rows' calls, and nothing else.

    python benchmarks/other_trainers.py RELEASE --tokenizer CHECKPOINT [--rows 200] [axolotl] [llamafactory] [verl]

Each trainer is installed in an environment of its own, beside this project (`pip install --no-deps` and what its loader
imports is enough; of `torchaudio` LLaMA-Factory's text loader uses nothing, and an empty module serves). RELEASE is the
folder that a publication wrote, CHECKPOINT any folder with a tokenizer: the chat template is Qwen 2.5's, as TRL bundles
it, or LLaMA-Factory's own of that name.

Printed per trainer: rows read, rows whose calls differ from the release's, rows in which a token outside the
answer counts for the loss, and for verl what the shipped reward gives for the right answer and for a wrong one.
"""

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from apigen_assets.files.json_types import JsonObject
from apigen_assets.release.trainers import llama_factory_entry
from apigen_assets.tool_formats.written_calls import read_calls

TRAINERS = ("axolotl", "llamafactory", "verl")


class Learnt(NamedTuple):
    """What one row teaches: the text that the loss counts, and the text that it does not."""

    answer: str
    prompt: str


def main() -> None:
    """Prints a line per trainer; exits with status 1 where a row differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("release", type=Path)
    parser.add_argument("trainers", nargs="*", default=[])
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=200)
    arguments = parser.parse_args()
    unknown = set(arguments.trainers) - set(TRAINERS)
    if unknown:
        parser.error(f"{min(unknown)} is not one of {', '.join(TRAINERS)}")
    truth = rows(arguments.release, arguments.rows)
    tokenizer = qwen_tokenizer(arguments.tokenizer)
    wrong = 0
    for trainer in arguments.trainers or TRAINERS:
        if trainer == "verl":
            wrong += check_verl(arguments.release, tokenizer, truth)
            continue
        read = axolotl if trainer == "axolotl" else llamafactory
        wrong += report(f"{trainer} {version(trainer)}", truth, read(arguments.release, tokenizer, len(truth)))
    sys.exit(1 if wrong else 0)


def rows(release: Path, count: int) -> list[JsonObject]:
    """`count` rows of the config `xlam`, spread evenly, so that every style is among them."""
    import polars as pl

    frame = pl.read_parquet(sorted((release / "data/xlam").glob("*.parquet")))
    every = max(1, frame.height // count)
    return frame.gather_every(every).to_dicts()[:count]


def qwen_tokenizer(folder: Path) -> Any:
    """The folder's tokenizer with the chat template of Qwen 2.5."""
    import trl
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates/qwen2_5.jinja").read_text()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return tokenizer


def axolotl(release: Path, tokenizer: Any, count: int) -> Iterator[Learnt]:
    """The rows of `openai` as axolotl's `chat_template` strategy tokenises them."""
    from axolotl.prompt_strategies.chat_template import StrategyLoader
    from axolotl.utils.dict import DictDefault
    from datasets import load_dataset

    strategy = StrategyLoader()(
        tokenizer,
        DictDefault({"sequence_len": 32_768, "train_on_inputs": False, "eot_tokens": ["<|im_end|>"]}),
        ds_cfg=DictDefault({"type": "chat_template", "field_messages": "messages", "field_tools": "tools"}),
    )
    data = load_dataset(str(release), "openai", split="train")
    for row in itertools.islice(data.select(spread(len(data), count)), count):
        tokens = strategy.tokenize_prompt(row)
        yield learnt_from(tokenizer, tokens["input_ids"], tokens["labels"])


def llamafactory(release: Path, tokenizer: Any, count: int) -> Iterator[Learnt]:
    """The rows of `sharegpt` as LLaMA-Factory reads them through the entry that the card gives."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.data.processor import SupervisedDatasetProcessor
    from llamafactory.data.template import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import Seq2SeqTrainingArguments

    with tempfile.TemporaryDirectory() as scratch:
        info = {"release": llama_factory_entry(str(release))}
        settings = DataArguments(template="qwen", cutoff_len=32_768, dataset_dir=info, dataset="release")
        template = get_template_and_fix_tokenizer(tokenizer, settings)
        (entry,) = get_dataset_list(["release"], info)
        aligned = _load_single_dataset(
            entry,
            ModelArguments(model_name_or_path=scratch, cache_dir=scratch),
            settings,
            Seq2SeqTrainingArguments(output_dir=scratch, use_cpu=True, report_to=[]),
        )
        processor = SupervisedDatasetProcessor(
            template=template, tokenizer=tokenizer, processor=None, data_args=settings
        )
        encoded = processor.preprocess_dataset(aligned.select(spread(len(aligned), count)).to_dict())
        for tokens, labels in zip(encoded["input_ids"], encoded["labels"], strict=True):
            yield learnt_from(tokenizer, tokens, labels)


def check_verl(release: Path, tokenizer: Any, truth: list[JsonObject]) -> int:
    """Runs verl's own data set on its config, and the shipped reward as its configuration loads it."""
    from omegaconf import OmegaConf
    from verl.utils.dataset.rl_dataset import RLHFDataset
    from verl.utils.import_utils import load_extern_object

    import apigen_assets.training.reward

    score = load_extern_object(apigen_assets.training.reward.__file__, "compute_score")
    with tempfile.TemporaryDirectory() as scratch:
        config = OmegaConf.create(
            {"cache_dir": scratch, "max_prompt_length": 32_768, "filter_overlong_prompts": True, "num_workers": 1}
        )
        files = [str(path) for path in sorted((release / "data/verl").glob("*.parquet"))]
        data = RLHFDataset(files, tokenizer, config)
        wrong = differing = 0
        for row, item in zip(truth, map(data.__getitem__, spread(len(data), len(truth))), strict=True):
            expected = json.loads(row["answers"])
            ground_truth = item["reward_model"]["ground_truth"]
            differing += json.loads(ground_truth) != expected or row["query"] not in item["raw_prompt"][-1]["content"]
            right = score(item["data_source"], row["answers"], ground_truth, item["extra_info"])
            other = json.dumps([*expected, {"name": "not_offered", "arguments": {}}])
            worse = score(item["data_source"], other, ground_truth, item["extra_info"])
            wrong += not (right["score"] == 1.0 > worse["score"])
    print(f"verl {version('verl')}, verl: {len(truth)} rows, {differing} differ; reward wrong on {wrong}")
    return differing + wrong


def report(title: str, truth: list[JsonObject], learnt: Iterator[Learnt]) -> int:
    """Prints how many rows teach something else than their calls."""
    calls = outside = 0
    for row, lesson in zip(truth, learnt, strict=True):
        tools = json.loads(row["tools"])
        written = read_calls(lesson.answer, tools)
        if written != json.loads(row["answers"]):
            calls += 1
            print(f"  row {row['id']}: {lesson.answer[:300]!r} instead of {row['answers'][:300]}")
        outside += row["query"] in lesson.answer or row["query"] not in lesson.prompt
    print(f"{title}: {len(truth)} rows, {calls} with other calls, {outside} with a loss outside the answer")
    return calls + outside


def learnt_from(tokenizer: Any, tokens: list[int], labels: list[int]) -> Learnt:
    """The texts on either side of the loss mask."""
    counted = [label != -100 for label in labels]
    return Learnt(
        tokenizer.decode([token for token, counts in zip(tokens, counted, strict=True) if counts]),
        tokenizer.decode([token for token, counts in zip(tokens, counted, strict=True) if not counts]),
    )


def spread(height: int, count: int) -> list[int]:
    """The same rows as `rows` chooses."""
    every = max(1, height // count)
    return list(range(0, height, every))[:count]


if __name__ == "__main__":
    main()
