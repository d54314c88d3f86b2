"""Tokenizers: the base's own, or a byte-level BPE trained on the run's rows."""

from collections.abc import Iterator
from typing import Any

from apigen_assets.training.chat_template import chat_template
from apigen_assets.training.prompt_format import PromptStyle, check_chat_template
from apigen_assets.training.recipe import Recipe

EOS = "<|EOT|>"
PAD = "<|pad|>"


class BadTokenizerError(ValueError):
    """A base's tokenizer cannot be used as the recipe says; the message says what to use instead."""


def train_tokenizer(recipe: Recipe, texts: Iterator[str]) -> Any:
    """A byte-level BPE over `texts`, with the recipe's prompt format as chat template.

    Every byte has a token, so that any text can be written; the same texts give the same tokenizer.
    """
    from tokenizers import Regex, decoders, models, pre_tokenizers, trainers
    from tokenizers import Tokenizer as Tokenizers
    from transformers import PreTrainedTokenizerFast

    settings = recipe.tokenizer
    assert settings is not None, "a recipe with a base trains no tokenizer"
    # A function's name with its source is one piece, so that a frequent one becomes one token; a word carries its
    # space
    name, word = r" ?[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*\.[\p{L}\p{M}_]+", r" ?[\p{L}\p{M}_]+"
    pieces = rf"{name}|{word}| ?\p{{N}}+| ?[^\s\p{{L}}\p{{M}}\p{{N}}_]+|\s+"
    steps: list[Any] = [pre_tokenizers.Digits(individual_digits=True)] if settings.split_digits else []
    steps += [
        pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    tokenizer = Tokenizers(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocab_size,
        special_tokens=[PAD, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        clean_up_tokenization_spaces=False,
    )
    whole.chat_template = chat_template(recipe.prompt_style)
    return whole


def load_tokenizer(recipe: Recipe) -> Any:
    """The base's tokenizer, with the recipe's prompt format as chat template and a padding token.

    Raises:
        BadTokenizerError: the tokenizer has no end-of-sequence token, or the chat style lacks a template that shows
            tools and writes calls.
    """
    from transformers import AutoTokenizer

    assert recipe.base is not None, "a recipe from scratch trains its tokenizer"
    tokenizer = AutoTokenizer.from_pretrained(recipe.base.source, revision=recipe.base.revision)
    # The config's end of sequence, where it differs: DeepSeek-Coder's instruct models end a turn with
    # <|EOT|>, which their tokenizer knows as a token but not as its end
    wanted = recipe.architecture.get("eos_token_id")
    if isinstance(wanted, int) and tokenizer.eos_token_id != wanted and wanted < len(tokenizer):
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(wanted)
    if tokenizer.eos_token_id is None:
        raise BadTokenizerError(f"the tokenizer of {recipe.base.source} has no end-of-sequence token")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if recipe.prompt_style is not PromptStyle.CHAT:
        begins = tokenizer("")["input_ids"][:1]
        bos = begins == [tokenizer.bos_token_id] and bool(begins)
        tokenizer.chat_template = ("{{- bos_token -}}" if bos else "") + chat_template(recipe.prompt_style)
    elif not tokenizer.chat_template:
        raise BadTokenizerError(
            f"the tokenizer of {recipe.base.source} has no chat template: choose `prompt_style: xlam` in the recipe"
        )
    else:
        try:
            check_chat_template(tokenizer)
        except ValueError as error:
            raise BadTokenizerError(f"{recipe.base.source}: {error}") from None
    return tokenizer
