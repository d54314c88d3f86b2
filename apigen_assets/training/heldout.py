"""What a model answers to held-out queries, and how often all of it is right."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apigen_assets.domain.call import Call
from apigen_assets.files.canonical import dumps, plain_numbers
from apigen_assets.files.json_types import JsonObject
from apigen_assets.tool_formats.written_calls import UnreadableCallsError, read_calls
from apigen_assets.training.examples import GROUPS, TrainingExample
from apigen_assets.training.prompt_format import PromptStyle, parse, render, target


@dataclass(frozen=True)
class HeldoutScore:
    """Counts over rows of one group: answers that can be read, whose names are right, that are all right."""

    rows: int
    readable: int
    names: int
    exact: int

    @property
    def accuracy(self) -> float:
        """Share of rows whose names and arguments are all right; 0 for no rows."""
        return self.exact / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Sample:
    """One answer, to look at."""

    group: str
    query: str
    expected: str
    written: str
    exact: bool


def is_exact(written: Sequence[Call] | None, expected: Sequence[Call]) -> bool:
    """Same functions with the same arguments, in any order of the calls; 2 and 2.0 are one number."""
    return written is not None and _canonical(written) == _canonical(expected)


def generate(
    model: Any,
    tokenizer: Any,
    examples: Sequence[TrainingExample],
    style: PromptStyle,
    batch_rows: int = 64,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """The model's greedy answers, in the order of the rows.

    Rows with answers alike in length are batched together, padded on the left. An answer may be a little longer
    than the longest right one of its batch, for other spacing: what runs on is wrong already.
    """
    import torch

    prompts = [render(example.query, example.tools, style, tokenizer=tokenizer) for example in examples]
    answers = [
        target(example.answers, style, tokenizer=tokenizer, query=example.query, tools=example.tools)
        for example in examples
    ]
    special = style is not PromptStyle.CHAT
    ids = tokenizer(prompts, add_special_tokens=special)["input_ids"] if prompts else []
    sizes = [len(ids) for ids in tokenizer(answers, add_special_tokens=False)["input_ids"]] if answers else []
    order = sorted(range(len(ids)), key=lambda i: (sizes[i], len(ids[i])))
    out = [""] * len(ids)
    pad = tokenizer.pad_token_id
    was_training, cache = model.training, model.config.use_cache
    model.eval()
    model.config.use_cache = True
    try:
        for start in range(0, len(order), batch_rows):
            chosen = order[start : start + batch_rows]
            longest = max(len(ids[i]) for i in chosen)
            rows = torch.full((len(chosen), longest), pad, dtype=torch.long)
            mask = torch.zeros((len(chosen), longest), dtype=torch.long)
            for row, i in enumerate(chosen):
                rows[row, longest - len(ids[i]) :] = torch.tensor(ids[i])
                mask[row, longest - len(ids[i]) :] = 1
            limit = int(max(sizes[i] for i in chosen) * 1.1) + 12
            with torch.inference_mode():
                written = model.generate(
                    input_ids=rows.to(model.device),
                    attention_mask=mask.to(model.device),
                    max_new_tokens=limit,
                    do_sample=False,
                    eos_token_id=tokenizer.eos_token_id,
                    pad_token_id=pad,
                )
            ended = [_until(ids, tokenizer.eos_token_id) for ids in written[:, longest:].tolist()]
            # Marks of calls are special tokens in some chat templates
            texts = tokenizer.batch_decode(ended, skip_special_tokens=special)
            for i, text in zip(chosen, texts, strict=True):
                out[i] = text
            if progress:
                progress(min(start + batch_rows, len(order)), len(order))
    finally:
        model.train(was_training)
        model.config.use_cache = cache
    return out


def _until(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end)] if end in ids else ids


def read_answer(text: str, example: TrainingExample, style: PromptStyle) -> list[Call] | None:
    """The calls of a written answer, in the prompt style's own form or, for `chat`, in the model family's."""
    calls = parse(text)
    if calls is not None or style is not PromptStyle.CHAT:
        return calls
    try:
        return [Call(**call) for call in read_calls(text, example.tools)]
    except UnreadableCallsError:
        return None


def score(
    examples: Sequence[TrainingExample], texts: Sequence[str], style: PromptStyle = PromptStyle.XLAM
) -> dict[str, HeldoutScore]:
    """Scores by group, for the groups there are rows of, and `all` over the groups that call something."""
    counts: dict[str, list[int]] = {}
    for example, text in zip(examples, texts, strict=True):
        calls = read_answer(text, example, style)
        names = calls is not None and sorted(c.name for c in calls) == sorted(c.name for c in example.answers)
        row_scores = (1, calls is not None, names, is_exact(calls, example.answers))
        kept = counts.setdefault(example.group, [0, 0, 0, 0])
        for i, value in enumerate(row_scores):
            kept[i] += int(value)
    scores = {group: HeldoutScore(*counts[group]) for group in GROUPS if group in counts}
    calling = [score for group, score in scores.items() if group != "relevance"]
    if calling:
        scores["all"] = HeldoutScore(
            *(sum(getattr(group_score, name) for group_score in calling) for name in asdict(calling[0]))
        )
    return scores


def samples(
    examples: Sequence[TrainingExample], texts: Sequence[str], style: PromptStyle, per_group: int
) -> list[Sample]:
    """The first answers of each group, right and wrong ones as they come."""
    taken: dict[str, int] = {}
    out = []
    for example, text in zip(examples, texts, strict=True):
        if taken.get(example.group, 0) < per_group:
            taken[example.group] = taken.get(example.group, 0) + 1
            plain = PromptStyle.XLAM if style is PromptStyle.CHAT else style
            right = is_exact(read_answer(text, example, style), example.answers)
            out.append(Sample(example.group, example.query, target(example.answers, plain), text, right))
    return out


def _canonical(calls: Sequence[Call]) -> list[str]:
    return sorted(dumps([call.name, plain_numbers(call.arguments)]) for call in calls)


def to_json(scores: dict[str, HeldoutScore]) -> dict[str, JsonObject]:
    """Scores as plain values, with the accuracy."""
    return {group: {**asdict(group_score), "accuracy": group_score.accuracy} for group, group_score in scores.items()}


def samples_json(shown: Sequence[Sample]) -> list[JsonObject]:
    """Samples as plain values."""
    plain: list[JsonObject] = json.loads(json.dumps([asdict(sample) for sample in shown]))
    return plain
