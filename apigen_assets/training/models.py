"""Models: from a recipe's architecture, or from its base's weights."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.training.recipe import Recipe, RecipeError

SMALL = 50_000_000
"""Parameters below which a CPU runs a model in one thread and in fp32."""

_LOCAL = ("config.json", "tokenizer_config.json")


class BaseError(ValueError):
    """The base a recipe names cannot be used; the text says why and what to do."""


def config_of(recipe: Recipe, **changes: object) -> Any:
    """The transformers config of the recipe's architecture."""
    from transformers import AutoConfig

    fields = {**recipe.architecture, **changes}
    try:
        return AutoConfig.for_model(fields.pop("model_type"), **fields)
    except (ValueError, TypeError) as error:
        raise BaseError(
            f"recipe {recipe.name}: `architecture` is not a model that transformers knows: {error}"
        ) from None


def check_base(recipe: Recipe) -> None:
    """Check, before anything starts, that the base is there and is the model the recipe was written for.

    A name on the Hub is looked up in the local cache first, then on the Hub, for its config only.

    Raises:
        BaseError: the base is missing, needs access, or has another architecture.
    """
    if recipe.base is None:
        return
    check_base_files(recipe)
    source = recipe.base.source
    config = _config(recipe, source)
    _check_architecture(recipe, {key: getattr(config, key, None) for key in recipe.architecture})


def check_attention(recipe: Recipe, kind: str) -> None:
    """Check that the recipe's attention can be computed here.

    Args:
        recipe: what to train.
        kind: `cuda` or `cpu`.

    Raises:
        RecipeError: it needs a GPU or a package that is not there.
    """
    if recipe.attention != "flash_attention_2":
        return
    lacking = "a GPU" if kind != "cuda" else "the package flash-attn" if not find_spec("flash_attn") else None
    if lacking:
        raise RecipeError(
            f"recipe {recipe.name}: `attention: flash_attention_2` needs {lacking}, which is not here: "
            "--set attention=sdpa computes the same"
        )


def check_base_files(recipe: Recipe) -> None:
    """As `check_base`, as far as files here tell: nothing is loaded, and no name is looked up.

    Raises:
        BaseError: the base is neither a folder nor a name, is not complete, or has another architecture.
    """
    if recipe.base is None:
        return
    source = recipe.base.source
    folder = Path(source).expanduser()
    if folder.is_dir():
        missing = [name for name in _LOCAL if not (folder / name).is_file()]
        if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.bin")):
            missing.append("*.safetensors")
        if missing:
            raise BaseError(f"{folder} is not a complete model: it lacks {', '.join(missing)}")
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BaseError(f"{folder / 'config.json'} cannot be read: {error}") from None
        if not isinstance(config, dict):
            raise BaseError(f"{folder / 'config.json'} is not a model's configuration: it holds no JSON object")
        _check_architecture(recipe, config)
    elif source.startswith(("/", ".", "~")) or source.count("/") != 1:
        raise BaseError(
            f"the base {source} of recipe {recipe.name} is neither a folder here nor a name on the Hub: make it with "
            "`apigen import-base FILE --out FOLDER` (as `make base-model` does), or name one: --set base.source=FOLDER"
        )


def _check_architecture(recipe: Recipe, config: JsonMapping) -> None:
    assert recipe.base is not None
    for key, wanted in recipe.architecture.items():
        actual = config.get(key)
        if isinstance(wanted, int | str | bool) and actual is not None and actual != wanted and "token" not in key:
            raise BaseError(
                f"the base {recipe.base.source} has {key} {actual}, but recipe {recipe.name} is written for {wanted}: "
                "name the base it is meant for, or correct `architecture`"
            )


def build_model(recipe: Recipe, tokenizer: Any) -> Any:
    """The model to train, in the recipe's precision; with adapters where the recipe wants them.

    From scratch it is initialised by the global random state: seed first.
    """
    import torch
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if recipe.precision == "bf16" else torch.float32
    if recipe.base is None:
        # Master weights are kept in fp32 by DeepSpeed; initialising in fp32 loses nothing of the draw
        config = config_of(recipe, vocab_size=len(tokenizer), **_special(tokenizer))
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=recipe.attention)
    else:
        model = AutoModelForCausalLM.from_pretrained(
            recipe.base.source,
            revision=recipe.base.revision,
            dtype=dtype,
            attn_implementation=recipe.attention,
            use_safetensors=True,  # never a pickle, which runs what it likes
        )
        for key, value in _special(tokenizer).items():
            setattr(model.config, key, value)
    model.config.use_cache = False
    if recipe.lora is not None:
        from peft import LoraConfig, get_peft_model

        targets = recipe.lora.targets
        adapters = LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            target_modules=targets if isinstance(targets, str) else list(targets),
            task_type="CAUSAL_LM",
        )
        model = get_peft_model(model, adapters)
        if recipe.gradient_checkpointing:
            model.enable_input_require_grads()
    return model


def ready_to_answer(model: Any, kind: str) -> Any:
    """The model on its device, in the precision in which it answers fastest, without dropout.

    bf16 on a GPU, as published for these models (fp16 spoils their output). On a CPU fp32, but for weights of a real
    base that are bf16 already where the processor multiplies bf16 itself: 2.6 times the prompt tokens per second
    (SmolLM2-135M, 4 rows of 512 tokens, two idle cores with avx512_bf16).

    Args:
        model: as loaded, in the precision of its file.
        kind: `cuda` (or `cuda:0` ...) or `cpu`.
    """
    import torch

    native = any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16"))
    kept = model.dtype == torch.bfloat16 and native and model.num_parameters() >= SMALL
    half = kind.startswith("cuda") or kept
    return model.to(kind, torch.bfloat16 if half else torch.float32).eval()


def generation_config(recipe: Recipe, tokenizer: object) -> Any:
    """How the trained model generates by default: greedily, up to the recipe's limit (paper: 512 tokens)."""
    from transformers import GenerationConfig

    return GenerationConfig(do_sample=False, max_new_tokens=recipe.max_new_tokens, **_special(tokenizer))


def _special(tokenizer: Any) -> JsonObject:
    return {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _config(recipe: Recipe, source: str) -> Any:
    from transformers import AutoConfig

    assert recipe.base is not None
    try:
        return AutoConfig.from_pretrained(source, revision=recipe.base.revision)
    except Exception as error:
        # Hub errors come in many classes from two libraries; all of them mean that the base is not to be had
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        offline = " (HF_HUB_OFFLINE is set)" if os.environ.get("HF_HUB_OFFLINE") else ""
        raise BaseError(
            f"the base {source} of recipe {recipe.name} cannot be had{offline}: {first}\n"
            f"Download it first (`hf download {source}`; gated models need HF_TOKEN), "
            "or set `base.source` in the recipe to a folder that holds it."
        ) from None
