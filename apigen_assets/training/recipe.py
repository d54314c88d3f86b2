"""A recipe: everything that decides what a training run computes, as one YAML file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apigen_assets.files.canonical import content_hash
from apigen_assets.files.json_types import JsonMapping, JsonObject
from apigen_assets.training.prompt_format import PromptStyle

RECIPES_DIR = Path(__file__).parent / "recipes"


class RecipeError(ValueError):
    """A recipe that does not exist, cannot be read, or contradicts itself; the text says where."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Base(_Part):
    """The weights to start from."""

    source: str
    """A folder with a Hugging Face model, or a name on the Hub."""
    revision: str | None = None
    license: str | None = None
    """Licence of the base's weights, for the model card."""


class Tokenizer(_Part):
    """A byte-level BPE trained on the run's own rows; only for models from scratch."""

    vocab_size: int = Field(ge=300, le=1_000_000)
    split_digits: bool = True
    """Every digit is a token of its own, so that numbers are copied digit by digit."""


class Lora(_Part):
    """Low-rank adapters instead of full fine-tuning; merged into the weights at the end."""

    rank: int = Field(default=32, ge=1)
    alpha: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] | Literal["all-linear"] = "all-linear"


class Optimizer(_Part):
    """The optimizer and its schedule: linear warm-up, then cosine down to `final_lr_share` of the peak."""

    name: Literal["adamw", "muon"] = "adamw"
    lr: float = Field(gt=0)
    """Peak learning rate; under Muon that of the matrices."""
    adam_lr: float | None = Field(default=None, gt=0)
    """Under Muon: the peak for embeddings, norms and the output head; default `lr`."""
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = Field(default=0.01, ge=0)
    momentum: float = Field(default=0.95, ge=0, lt=1)
    warmup_steps: int = Field(default=50, ge=0)
    final_lr_share: float = Field(default=0.0, ge=0, le=1)
    max_grad_norm: float | None = Field(default=None, ge=0)
    """Norm at which gradients are clipped, 0 for never; default 1 for AdamW, 0 for Muon."""

    @property
    def clipping(self) -> float:
        """The norm in force.

        DeepSpeed would clip Muon's finished updates. Their norm is fixed, so that only shrinks the learning rate.
        """
        if self.max_grad_norm is not None:
            return self.max_grad_norm
        return 0.0 if self.name == "muon" else 1.0


class Heldout(_Part):
    """What is kept out of training to measure on."""

    query_share: float = Field(default=0.05, gt=0, lt=1)
    """Share of the queries, over functions that training sees."""
    function_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the functions whose rows are all kept out."""
    rows_per_style: int = Field(default=100, ge=1)
    """Rows per style to generate answers for; fewer where there are fewer."""


class StopAt(_Part):
    """Stop before the last step once enough has been learnt."""

    accuracy: float = Field(gt=0, le=1)
    """Held-out accuracy over seen functions, all styles together."""
    every_steps: int = Field(ge=1)


class Recipe(_Part):
    """One way to train one model. `content_hash()` identifies it in checkpoints and model cards."""

    name: str = Field(pattern=r"[a-z0-9][a-z0-9.-]*")
    description: str
    base: Base | None = None
    """Null: from scratch, with the architecture below and a tokenizer trained on the rows."""
    architecture: JsonObject
    """The model's config in transformers' terms, with `model_type`; with a base, what the base must be: the
    preflight computes with it before anything is downloaded."""
    tokenizer: Tokenizer | None = None
    prompt_style: PromptStyle = PromptStyle.XLAM
    max_length: int = Field(default=2048, ge=16)
    """Tokens of prompt and answer together; longer rows are skipped and counted."""

    optimizer: Optimizer
    epochs: float = Field(default=4, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    """At most this many steps, however many the epochs would be."""
    batch_rows: int = Field(default=96, ge=1)
    """Rows per optimizer step, over all processes; kept, whatever the number of processes."""
    micro_batch: int = Field(default=6, ge=1)
    """Rows per process and forward pass at most; accumulation follows from it."""
    bucket_steps: int = Field(default=1, ge=1)
    """Rows of this many steps are sorted by length together, so that a micro-batch holds rows alike in
    length."""
    processes: int = Field(default=1, ge=1)
    """Processes (GPUs) the recipe is meant for; a run may use others."""
    gpu_memory_gb: float | None = Field(default=None, gt=0)
    """Memory per GPU the recipe is meant for, for the preflight on a machine without GPUs."""

    precision: Literal["bf16", "fp32"] = "bf16"
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    """Implementation of attention in training. On a CPU the backward pass of `eager` is much faster."""
    gradient_checkpointing: bool = False
    zero_stage: Literal[0, 1, 2, 3] = 2
    offload_optimizer: bool = False
    """Keep optimizer states in host memory (ZeRO-Offload)."""
    lora: Lora | None = None

    function_masking: float = Field(default=0.0, ge=0, le=1)
    """Probability that a row is shown with function and parameter names replaced by random ones, so that a
    model reads descriptions instead of trusting names (Hammer, arXiv 2410.04587)."""
    extra_masked_copies: int = Field(default=0, ge=0)
    """Masked copies beside each row (Hammer: 2)."""
    shuffle_tools: bool = False
    """Shuffle the order of a row's tools, anew per epoch seed."""

    relevance_share: float | None = Field(default=None, ge=0, lt=1)
    """Relevance rows are at most this share of the rows trained on; the others of them are left out and counted. Null:
    as many as the data set has and the context holds. The paper has 0.12, Hammer (arXiv 2410.04587) found 0.1 best."""

    fill_rows: int | None = Field(default=None, ge=1)
    """From scratch only: add variants of the rows with other argument values until there are this many rows."""

    seed: int = 42
    save_steps: int = Field(default=200, ge=1)
    eval_steps: int | None = Field(default=None, ge=1)
    """Held-out accuracy while training, every so many steps."""
    stop_at: StopAt | None = None
    heldout: Heldout = Heldout()
    max_new_tokens: int = Field(default=512, ge=1)
    license: str = "cc-by-nc-4.0"
    """Licence of what comes out, for the model card."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "model_type" not in self.architecture:
            raise ValueError("architecture: `model_type` is missing (llama, qwen3, ...)")
        if self.base is None and self.tokenizer is None:
            raise ValueError("a model from scratch (no `base`) needs `tokenizer`, to be trained on the rows")
        if self.base is not None and self.tokenizer is not None:
            raise ValueError("a model with a `base` uses the base's tokenizer: remove `tokenizer`")
        if self.base is None and self.lora is not None:
            raise ValueError("`lora` adapts a base: there is none in a recipe from scratch")
        if self.base is None and self.prompt_style is PromptStyle.CHAT:
            raise ValueError("`prompt_style: chat` uses the base's chat template: there is no base")
        if self.optimizer.name == "muon" and self.zero_stage == 0:
            raise ValueError("`optimizer.name: muon` is DeepSpeed's and needs zero_stage 1, 2 or 3")
        if self.fill_rows and self.base is not None:
            raise ValueError("`fill_rows` is for models from scratch: remove it beside a `base`")
        if self.function_masking and self.prompt_style is PromptStyle.COMPACT:
            raise ValueError("`function_masking` needs descriptions, which `prompt_style: compact` does not show")
        if self.extra_masked_copies and not self.function_masking:
            raise ValueError("`extra_masked_copies` needs `function_masking` above 0")
        return self

    def content_hash(self) -> str:
        """Hash of everything in the recipe, its name and description apart.

        A field that came later counts where it is set, so that what was trained before it keeps its identity.
        """
        fields = self.model_dump(mode="json", exclude={"name", "description"})
        if self.relevance_share is None:
            del fields["relevance_share"]
        return content_hash(fields)

    def updated(self, changes: JsonMapping) -> "Recipe":
        """A copy with some fields replaced, nested ones by mappings; validated anew.

        Raises:
            RecipeError: the result is not a valid recipe.
        """
        return parse_recipe(_merged(self.model_dump(mode="json"), changes), self.name)


def recipe_names() -> list[str]:
    """Names of the packaged recipes."""
    return sorted(path.stem for path in RECIPES_DIR.glob("*.yaml"))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A packaged recipe by its name, or one from a YAML file.

    Raises:
        RecipeError: no such recipe, or it is not valid.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = RECIPES_DIR / f"{name_or_path}.yaml"
        if not path.is_file():
            raise RecipeError(
                f"there is no recipe {str(name_or_path)!r}: choose one of {', '.join(recipe_names())}, "
                "or give the path of a .yaml file"
            )
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(fields, dict):
        raise RecipeError(f"{path} is not a mapping of recipe fields to values")
    return parse_recipe({"name": path.stem, **fields}, str(path))


def parse_recipe(fields: JsonMapping, where: str) -> Recipe:
    """A recipe from plain values.

    Raises:
        RecipeError: with one line per mistake.
    """
    try:
        return Recipe.model_validate(fields)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, mistake['loc'])) or 'recipe'}: {mistake['msg'].removeprefix('Value error, ')}"
            for mistake in error.errors()
        ]
        raise RecipeError("\n".join([f"{where} is not a valid recipe:", *lines])) from None


def _merged(old: JsonObject, changes: JsonMapping) -> JsonObject:
    out = dict(old)
    for key, value in changes.items():
        nested = out.get(key)
        out[key] = _merged(nested, value) if isinstance(nested, dict) and isinstance(value, Mapping) else value
    return out
