"""Tokenised rows on disk: written once per run, read through memory maps by every process."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apigen_assets.files.atomic import write_text
from apigen_assets.tool_formats.chat_forms import TemplateError
from apigen_assets.training.examples import GROUPS, DataError, TrainingExample
from apigen_assets.training.prompt_format import PromptStyle, render, target

_BATCH = 1_000


@dataclass
class TokenCounts:
    """What became of the rows of one split."""

    rows: int = 0
    tokens: int = 0
    answer_tokens: int = 0
    longest: int = 0
    too_long: int = 0
    unwritable: int = 0
    """Rows whose calls the chat template does not write so that they can be read."""
    by_group: dict[str, int] = field(default_factory=dict)
    too_long_by_group: dict[str, int] = field(default_factory=dict)


class TokenStore:
    """Rows as token ids: row `i` is `tokens[offsets[i]:offsets[i+1]]`, with `prompts[i]` of prompt."""

    def __init__(self, folder: Path) -> None:
        """Open a store that `write_tokens` made."""
        self.counts = TokenCounts(**json.loads((folder / "counts.json").read_text(encoding="utf-8")))
        self.offsets: NDArray[np.int64] = np.load(folder / "offsets.npy")
        self.prompts: NDArray[np.int32] = np.load(folder / "prompts.npy")
        self.groups: NDArray[np.int8] = np.load(folder / "groups.npy")
        size = int(self.offsets[-1])
        self.tokens: NDArray[np.int32] = (
            np.memmap(folder / "tokens.bin", dtype=np.int32, mode="r", shape=(size,))
            if size
            else np.zeros(0, dtype=np.int32)
        )

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens per row."""
        return np.diff(self.offsets)

    def row(self, index: int) -> tuple[NDArray[np.int32], int]:
        """The token ids of a row, and how many of them are prompt."""
        ids = self.tokens[self.offsets[index] : self.offsets[index + 1]]
        return np.asarray(ids), int(self.prompts[index])


def encode_examples(
    examples: Iterable[TrainingExample],
    tokenizer: Any,
    style: PromptStyle,
    unwritable: Callable[[TrainingExample], None] | None = None,
) -> Iterator[tuple[TrainingExample, list[int], list[int]]]:
    """Each row with the token ids of its prompt and of its answer, which ends with the end-of-sequence token.

    Prompt and answer are tokenised apart: at generation time the prompt's tokens end where the prompt ends. Rows whose
    calls the chat template writes so that nobody can read them are left out, and given to `unwritable`.
    """
    # A chat template writes its own special tokens into the text
    special = style is not PromptStyle.CHAT
    stream = iter(examples)
    while batch := list(islice(stream, _BATCH)):
        written = [(example, _target(example, style, tokenizer)) for example in batch]
        for example, text in written:
            if text is None and unwritable is not None:
                unwritable(example)
        batch = [example for example, text in written if text is not None]
        answers = [text for _, text in written if text is not None]
        if not batch:
            continue
        prompts = [render(example.query, example.tools, style, tokenizer=tokenizer) for example in batch]
        prompt_ids = tokenizer(prompts, add_special_tokens=special)["input_ids"]
        answer_ids = tokenizer(answers, add_special_tokens=False)["input_ids"]
        for example, prompt, answer in zip(batch, prompt_ids, answer_ids, strict=True):
            yield example, prompt, [*answer, tokenizer.eos_token_id]


def _target(example: TrainingExample, style: PromptStyle, tokenizer: Any) -> str | None:
    """The answer's text; null where the chat template does not write these calls so that they can be read."""
    try:
        text = target(example.answers, style, tokenizer=tokenizer, query=example.query, tools=example.tools)
    except TemplateError:
        return None
    if not text.strip():
        raise DataError(
            f"the prompt format writes nothing for an answer with {len(example.answers)} calls: choose another "
            "`prompt_style` in the recipe"
        )
    return text


def write_tokens(
    examples: Iterable[TrainingExample], tokenizer: object, style: PromptStyle, max_length: int, folder: Path
) -> TokenCounts:
    """Tokenise rows into `folder`; rows longer than `max_length` are left out and counted, as are unwritable ones."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = TokenCounts()
    offsets, prompts, groups = [0], [], []
    with (folder / "tokens.bin").open("wb") as out:

        def unwritable(example: TrainingExample) -> None:
            counts.unwritable += 1

        for example, prompt, answer in encode_examples(examples, tokenizer, style, unwritable):
            length = len(prompt) + len(answer)
            if length > max_length:
                counts.too_long += 1
                counts.too_long_by_group[example.group] = counts.too_long_by_group.get(example.group, 0) + 1
                continue
            out.write(np.asarray([*prompt, *answer], dtype=np.int32).tobytes())
            offsets.append(offsets[-1] + length)
            prompts.append(len(prompt))
            groups.append(GROUPS.index(example.group))
            counts.rows += 1
            counts.tokens += length
            counts.answer_tokens += len(answer)
            counts.longest = max(counts.longest, length)
            counts.by_group[example.group] = counts.by_group.get(example.group, 0) + 1
    np.save(folder / "offsets.npy", np.asarray(offsets, dtype=np.int64))
    np.save(folder / "prompts.npy", np.asarray(prompts, dtype=np.int32))
    np.save(folder / "groups.npy", np.asarray(groups, dtype=np.int8))
    write_text(folder / "counts.json", json.dumps(asdict(counts)))
    return counts
