"""Everything a run needs before the first step: splits, tokenizer, token files, held-out rows.

Done once per run by one process of each machine; the others wait for its result on disk.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from apigen_assets.domain.call import Call
from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.examples import (
    GROUPS,
    RELEVANCE,
    DataError,
    TrainingExample,
    is_kept_out,
    iter_examples,
    sample_by_group,
    split_of,
    without_unseen_tools,
)
from apigen_assets.training.masking import masked, shuffled
from apigen_assets.training.mixing import limit_relevance
from apigen_assets.training.prompt_format import render, target
from apigen_assets.training.recipe import Recipe
from apigen_assets.training.tokenizer import load_tokenizer, train_tokenizer
from apigen_assets.training.tokens import TokenCounts, encode_examples, write_tokens
from apigen_assets.training.variants import text_values, with_fresh_values

_TOKENIZER_ROWS = 50_000


class RowFiles(NamedTuple):
    """The Parquet tables of rows that a run reads."""

    train: Path
    heldout: Path
    """Held-out rows are drawn from it; in an ablation the verified rows, for every data set."""
    tokenizer: Path
    """A tokenizer made here is trained on it. One table for all data sets that are compared: only then do the same
    held-out rows fit the context, and are asked."""


@dataclass(frozen=True)
class Prepared:
    """What preparation found. Counts are of rows; `missing` lists the groups that training has no row of."""

    rows: int
    train: TokenCounts
    left_out: dict[str, int]
    """Rows not trained on, by reason: `held_out_queries`, `held_out_functions`, `too_long`, `unwritable`,
    `relevance_above_share`."""
    heldout: dict[str, dict[str, int]]
    """Held-out rows to measure on, by split and group."""
    functions: dict[str, int]
    """How many functions training sees, and how many are kept out."""
    vocabulary: int
    missing: list[str]


def prepare(recipe: Recipe, files: RowFiles, folder: Path, log: Callable[[str], None]) -> Prepared:
    """Fill `folder` for the run, or read what an earlier, interrupted run left there complete.

    Args:
        recipe: what to train.
        files: where the rows are.
        folder: where to write; belongs to this run alone.
        log: for progress.

    Raises:
        DataError: nothing to train on, with the reason.
    """
    if (folder / "prepared.json").is_file():
        log("preparation: taken over from the interrupted run")
        return read_prepared(folder)
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizer = load_tokenizer(recipe) if recipe.base else train_tokenizer(recipe, _texts(recipe, files.tokenizer))
    tokenizer.save_pretrained(folder / "tokenizer")

    seen: Counter[str] = Counter()
    functions: set[str] = set()
    originals: list[TrainingExample] = []

    def training() -> Iterator[TrainingExample]:
        for index, example in enumerate(iter_examples(files.train)):
            split = split_of(example, recipe.heldout)
            seen[split] += 1
            functions.update(example.functions)
            if split == "train":
                for variant in _variants(without_unseen_tools(example, recipe.heldout), recipe, index):
                    if recipe.fill_rows and len(originals) < recipe.fill_rows:
                        originals.append(variant)
                    yield variant
        yield from _filling(originals, recipe, tokenizer)

    counts = write_tokens(training(), tokenizer, recipe.prompt_style, recipe.max_length, folder / "train")
    if counts.rows == 0:
        raise DataError(_nothing(recipe, counts, files.train))
    declined = 0
    if recipe.relevance_share is not None:
        counts, declined = limit_relevance(folder / "train", recipe.relevance_share, recipe.seed)
        if counts.rows == 0:
            raise DataError(
                f"{files.train} leaves relevance rows alone to train on, and relevance_share is "
                f"{recipe.relevance_share:g}: give rows with calls, or set relevance_share: null in the recipe"
            )

    too_long: Counter[str] = Counter()

    def asked(split: str) -> Iterator[TrainingExample]:
        """The rows of a split that the model's context holds; the others are counted, not asked."""
        examples = (example for example in iter_examples(files.heldout) if split_of(example, recipe.heldout) == split)
        # A relevance row calls nothing: whether its function was seen does not matter
        shown = (_shown(example, recipe) if split == "seen" else example for example in examples)
        for example, prompt, answer in encode_examples(shown, tokenizer, recipe.prompt_style):
            if len(prompt) + len(answer) <= recipe.max_length:
                yield example
            else:
                too_long[split] += 1

    heldout = {split: sample_by_group(asked(split), recipe.heldout.rows_per_style) for split in ("seen", "unseen")}
    write_tokens(heldout["seen"], tokenizer, recipe.prompt_style, recipe.max_length, folder / "heldout")
    _write_examples(folder / "heldout.jsonl", heldout)
    kept_out = {name for name in functions if is_kept_out(name, recipe.heldout)}
    prepared = Prepared(
        rows=sum(seen.values()),
        train=counts,
        left_out={
            "held_out_queries": seen["seen"],
            "held_out_functions": seen["unseen"],
            "too_long": counts.too_long,
            "unwritable": counts.unwritable,
            "held_out_too_long": too_long.total(),
            "relevance_above_share": declined,
        },
        heldout={split: dict(Counter(example.group for example in examples)) for split, examples in heldout.items()},
        functions={"trained": len(functions - kept_out), "held_out": len(kept_out)},
        vocabulary=len(tokenizer),
        missing=[group for group in GROUPS if not counts.by_group.get(group)],
    )
    write_text(folder / "prepared.json", json.dumps(asdict(prepared)))
    _report(prepared, log, time.monotonic() - started)
    return prepared


def read_prepared(folder: Path) -> Prepared:
    """The summary of a complete preparation."""
    fields = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    return Prepared(**{**fields, "train": TokenCounts(**fields["train"])})


def wait_prepared(folder: Path) -> Prepared:
    """The summary, once the process that prepares has written it. The launcher ends all if that one fails."""
    while not (folder / "prepared.json").is_file():
        time.sleep(0.2)
    return read_prepared(folder)


def read_heldout(folder: Path) -> dict[str, list[TrainingExample]]:
    """Held-out rows by split."""
    out: dict[str, list[TrainingExample]] = {"seen": [], "unseen": []}
    with (folder / "heldout.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            calls = [Call.model_validate(call) for call in row["answers"]]
            out[row["split"]].append(TrainingExample(row["query"], row["tools"], calls, row["group"]))
    return out


def _shown(example: TrainingExample, recipe: Recipe) -> TrainingExample:
    return without_unseen_tools(example, recipe.heldout)


def _variants(example: TrainingExample, recipe: Recipe, index: int) -> Iterator[TrainingExample]:
    rng = random.Random(f"{recipe.seed}:{index}")
    mask = recipe.function_masking > 0 and rng.random() < recipe.function_masking
    if mask and not recipe.extra_masked_copies:
        yield masked(example, rng)
    else:
        yield shuffled(example, rng) if recipe.shuffle_tools else example
    for _ in range(recipe.extra_masked_copies):
        yield masked(example, rng) if rng.random() < recipe.function_masking else shuffled(example, rng)


def _filling(originals: list[TrainingExample], recipe: Recipe, tokenizer: object) -> Iterator[TrainingExample]:
    """Variants of the rows that the context holds, in turn, up to the number of rows that the recipe wants in all."""
    if not recipe.fill_rows:
        return
    encoded = encode_examples(originals, tokenizer, recipe.prompt_style)
    fitting = [example for example, prompt, answer in encoded if len(prompt) + len(answer) <= recipe.max_length]
    if not fitting:
        return
    words = text_values(originals)
    missing = recipe.fill_rows - len(fitting)
    for turn in count():
        for place, example in enumerate(fitting):
            if missing <= 0:
                return
            rng = random.Random(f"{recipe.seed}:variant:{turn}:{place}")
            variant = with_fresh_values(example, rng, words)
            # A mere repetition teaches no copying: one in three
            if variant is example and (turn + place) % 3:
                continue
            missing -= 1
            yield shuffled(variant, rng) if recipe.shuffle_tools else variant


def _texts(recipe: Recipe, rows: Path) -> Iterator[str]:
    for number, example in enumerate(iter_examples(rows)):
        if number >= _TOKENIZER_ROWS:
            return
        if split_of(example, recipe.heldout) == "train":
            yield render(example.query, example.tools, recipe.prompt_style)
            yield target(example.answers, recipe.prompt_style)


def _write_examples(path: Path, heldout: dict[str, list[TrainingExample]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for split, examples in heldout.items():
            for example in examples:
                row: JsonObject = {
                    "split": split,
                    "query": example.query,
                    "tools": example.tools,
                    "answers": [call.model_dump() for call in example.answers],
                    "group": example.group,
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _nothing(recipe: Recipe, counts: TokenCounts, rows: Path) -> str:
    if counts.too_long:
        return (
            f"every one of the {counts.too_long} rows to train on is longer than "
            f"max_length = {recipe.max_length} tokens: raise `max_length` in the recipe, or offer fewer tools per row"
        )
    return f"{rows} leaves no row to train on: all of them were kept out; lower `heldout` in the recipe"


def _report(prepared: Prepared, log: Callable[[str], None], seconds: float) -> None:
    out = prepared.left_out
    log(
        f"preparation: {prepared.rows} rows; {prepared.train.rows} to train on "
        f"({prepared.train.tokens / prepared.train.rows:.0f} tokens each, longest {prepared.train.longest}), "
        f"kept out {out['held_out_queries']} by query and {out['held_out_functions']} by function, "
        f"{prepared.functions['trained']} functions seen, {prepared.functions['held_out']} not; "
        f"vocabulary {prepared.vocabulary}; {seconds:.1f} s"
    )
    if prepared.train.too_long:
        parts = ", ".join(f"{count} {group}" for group, count in prepared.train.too_long_by_group.items())
        log(f"preparation: {prepared.train.too_long} rows are longer than the context and are skipped ({parts})")
    if prepared.train.unwritable:
        log(
            f"preparation: {prepared.train.unwritable} rows are skipped, whose calls the chat template does not write "
            "so that they can be read"
        )
    relevance = prepared.train.by_group.get(RELEVANCE, 0)
    log(
        f"preparation: {relevance / prepared.train.rows:.1%} of the rows are relevance rows"
        + (f", {out['relevance_above_share']} more are left out" if out["relevance_above_share"] else "")
    )
    for group in prepared.missing:
        log(
            f"warning: the data set has no rows of style {group}: "
            "the model will not learn it, and its accuracy is not reported"
        )
