"""Answers of a local checkpoint: transformers, batches of questions alike in length, greedy, resumable."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from apigen_assets.domain.standin import any_standin
from apigen_assets.evaluation.questions import Question, normalised
from apigen_assets.evaluation.store import AnswerStore
from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.training.models import SMALL, ready_to_answer
from apigen_assets.training.prompt_format import PromptStyle, render
from resources.bfcl.records import BfclAnswer

MIN_ANSWER = 16
"""Tokens that must be left for an answer; a prompt that leaves fewer is too long."""


class CheckpointError(RuntimeError):
    """The folder is not a checkpoint that can answer; the message says what is missing."""


@dataclass(frozen=True)
class LocalOptions:
    """How a checkpoint is run. `batch_tokens` bounds prompt and answer tokens of a batch, padding included.

    A batch that does not fit into memory is halved, down to one question.
    """

    style: PromptStyle = PromptStyle.XLAM
    max_new_tokens: int = 512
    batch_tokens: int = 32_768
    max_batch: int = 256
    device: str | None = None
    """`cuda`, `cpu`; null: a GPU where there is one."""


def options_of(checkpoint: Path, **changes: Any) -> LocalOptions:
    """The options a checkpoint of this project was trained for, by its training.json; others' defaults are xLAM's.

    Raises:
        CheckpointError: the folder is not a model.
    """
    if not (checkpoint / "config.json").is_file():
        raise CheckpointError(f"{checkpoint} is not a checkpoint: it has no config.json; train the model first")
    try:
        recipe = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))["recipe"]
    except FileNotFoundError:
        recipe = {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{checkpoint}/training.json cannot be read: {error}") from None
    stated = {
        "style": PromptStyle(recipe.get("prompt_style", PromptStyle.XLAM)),
        "max_new_tokens": int(recipe.get("max_new_tokens", 512)),
        **changes,
    }
    return LocalOptions(**stated)


def trained_on_stand_in(checkpoint: Path) -> bool:
    """Whether the rows that the checkpoint was trained on came from a stand-in, by its training.json."""
    try:
        lineage = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))["lineage"]
        return any_standin(lineage.get("generators", ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def answer_locally(
    checkpoint: Path,
    questions: Sequence[Question],
    folder: Path,
    options: LocalOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[BfclAnswer]:
    """The checkpoint's answers to the questions, in their order.

    Each batch is kept before the next starts, in `folder/<hash>.jsonl`; the hash stands for weights, prompt style
    and limits, so that a run goes on only with its own answers. Decoding is greedy, which is what temperature 0.001
    comes to. A prompt that leaves fewer than `MIN_ANSWER` tokens of the model's context fails as
    `context_too_long` and is never cut.

    Raises:
        CheckpointError: the folder is not a model, or its tokenizer lacks what the style needs.
        RunningElsewhereError: another process answers for the same checkpoint.
    """
    options = options or options_of(checkpoint)
    store = AnswerStore(folder / f"{_identity(checkpoint, options)}.jsonl")
    with store.open():
        missing = store.missing(questions)
        if missing:
            done = len(questions) - len(missing)

            def progress(count: int) -> None:
                if on_progress:
                    on_progress(done + count, len(questions))

            _answer(checkpoint, missing, options, store, progress)
        return store.answers(questions)


def _answer(
    checkpoint: Path,
    questions: Sequence[Question],
    options: LocalOptions,
    store: AnswerStore,
    progress: Callable[[int], None],
) -> None:
    import torch

    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer, model = _loaded(checkpoint, device, _identity(checkpoint, options))
    if device == "cpu" and sum(weights.numel() for weights in model.parameters()) < SMALL:
        # Threads wait for each other longer than they compute: twenty times slower on a busy machine
        torch.set_num_threads(1)
    context = _context(model, tokenizer)
    try:
        prompts = [render(question.query, question.tools, options.style, tokenizer=tokenizer) for question in questions]
    except ValueError as error:
        raise CheckpointError(f"{checkpoint}: {error}") from None
    special = options.style is not PromptStyle.CHAT
    ids = [tokenizer(prompt, add_special_tokens=special)["input_ids"] for prompt in prompts]
    too_long = [place for place, prompt_ids in enumerate(ids) if len(prompt_ids) + MIN_ANSWER > context]
    store.add(
        [
            (
                questions[place],
                {
                    "failure": "context_too_long",
                    "detail": f"{len(ids[place])} prompt tokens; the context is {context}",
                },
            )
            for place in too_long
        ]
    )
    done = len(too_long)
    progress(done)
    left_out = set(too_long)
    # The longest come first: a batch that does not fit into memory fails at once, not after hours.
    order = sorted((place for place in range(len(ids)) if place not in left_out), key=lambda n: -len(ids[n]))
    for batch in batches(order, [len(prompt_ids) for prompt_ids in ids], options):
        texts = _fitting(model, tokenizer, [ids[place] for place in batch], options.max_new_tokens, context)
        entries: list[tuple[Question, JsonMapping]] = []
        for place, (text, cut) in zip(batch, texts, strict=True):
            result = text if options.style is PromptStyle.XLAM else normalised(text)
            what = {"result": result, "style": str(options.style), **({"cut": True} if cut else {})}
            entries.append((questions[place], what if result == text else {**what, "text": text}))
        store.add(entries)
        done += len(batch)
        progress(done)


@lru_cache(maxsize=1)
def _loaded(checkpoint: Path, device: str, identity: str) -> tuple[Any, Any]:
    """Tokenizer and model, kept for the next wave of a conversation; `identity` tells when the files changed."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        model = ready_to_answer(AutoModelForCausalLM.from_pretrained(checkpoint, dtype="auto"), device)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{checkpoint} cannot be loaded: {error}") from None
    model.config.use_cache = True
    return tokenizer, model


def batches(order: Sequence[int], lengths: Sequence[int], options: LocalOptions) -> list[list[int]]:
    """Places in their order, cut so that a batch's rows times its longest row stays within `batch_tokens`."""
    out: list[list[int]] = []
    current: list[int] = []
    longest = 0
    for place in order:
        size = max(longest, lengths[place])
        full = (len(current) + 1) * (size + options.max_new_tokens) > options.batch_tokens
        if current and (full or len(current) >= options.max_batch):
            out.append(current)
            current, size = [], lengths[place]
        current.append(place)
        longest = size
    return [*out, current] if current else out


def _fitting(
    model: object, tokenizer: object, ids: Sequence[Sequence[int]], max_new_tokens: int, context: int
) -> list[tuple[str, bool]]:
    """As `_generate`, in halves where the whole does not fit into memory."""
    import torch

    limit = min(max_new_tokens, context - max(len(prompt_ids) for prompt_ids in ids))
    try:
        return _generate(model, tokenizer, ids, limit)
    except torch.OutOfMemoryError as error:
        if len(ids) == 1:
            raise CheckpointError(
                f"a prompt of {len(ids[0])} tokens does not fit into the GPU's memory beside the model"
            ) from error
    torch.cuda.empty_cache()
    half = len(ids) // 2
    parts = (ids[:half], ids[half:])
    return [text for part in parts for text in _fitting(model, tokenizer, part, max_new_tokens, context)]


def _generate(model: Any, tokenizer: Any, ids: Sequence[Sequence[int]], limit: int) -> list[tuple[str, bool]]:
    """Texts of one batch, padded on the left, and whether each was cut at the limit."""
    import torch

    longest = max(len(prompt_ids) for prompt_ids in ids)
    end = tokenizer.eos_token_id
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end
    rows = torch.full((len(ids), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(ids), longest), dtype=torch.long)
    for row, prompt_ids in enumerate(ids):
        rows[row, longest - len(prompt_ids) :] = torch.tensor(prompt_ids)
        mask[row, longest - len(prompt_ids) :] = 1
    with torch.inference_mode():
        written = model.generate(
            input_ids=rows.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=limit,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=pad,
        )[:, longest:]
    ends = model.generation_config.eos_token_id
    ended = set(ends) if isinstance(ends, list) else {ends}
    out = []
    for row in written.tolist():
        cut = len(row) >= limit and not ended.intersection(row)
        out.append((tokenizer.decode(row, skip_special_tokens=True), cut))
    return out


def _context(model: Any, tokenizer: Any) -> int:
    # As the leaderboard's own runner: what the architecture allows, else what the tokenizer says
    for limit in (getattr(model.config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)):
        if isinstance(limit, int | float) and 0 < limit < 10**9:
            return int(limit)
    return 2048


def _identity(checkpoint: Path, options: LocalOptions) -> str:
    """What the answers depend on: the files of the checkpoint (names, sizes, times), the style and the limit."""
    files = [
        [file.name, file.stat().st_size, file.stat().st_mtime_ns]
        for file in sorted(checkpoint.iterdir())
        if file.is_file() and file.suffix in {".json", ".safetensors", ".bin", ".jinja", ".model"}
    ]
    return content_hash([files, str(options.style), options.max_new_tokens])
