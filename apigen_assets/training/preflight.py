"""What a run will need, computed before it starts: parameters, memory per GPU, steps, time.

Parameters are counted on a model without storage (torch's meta device), so nothing is downloaded. Memory
follows the ZeRO paper (arXiv 1910.02054): mixed-precision AdamW holds 2 bytes of weights, 2 of gradients and
12 of optimizer states per parameter, of which a stage divides its part among the GPUs; DeepSpeed adds up bf16
gradients in another 4. Activations follow Korthikanti et al. (arXiv 2205.05198) without the attention matrix, which
fused attention never stores, and with the fp32 copies that transformers' norms keep.
"""

from dataclasses import astuple, dataclass, replace
from typing import Any

from apigen_assets.training.batches import BatchError, plan_batch, step_count
from apigen_assets.training.models import config_of
from apigen_assets.training.recipe import Recipe

GB = 1e9
_USABLE = 0.94
"""Share of a GPU's memory left after the driver's context and fragmentation."""
_ASSUMED_MFU = 0.40
_BUCKETS = 2 * 500_000_000 * 2
"""DeepSpeed's reduce and all-gather buckets: 5e8 elements each, in two bytes."""
_LIBRARIES = 0.62e9
"""What a process on a CPU holds before it has a model: torch, transformers, DeepSpeed."""


class PreflightError(ValueError):
    """The run cannot fit; the text says what is too large and what to change."""


@dataclass(frozen=True)
class Memory:
    """Bytes per GPU at the peak of a step."""

    weights: float
    gradients: float
    optimizer: float
    activations: float
    logits: float
    buffers: float
    libraries: float = 0.0
    """Of a process on a CPU; on a GPU they are in the host's memory."""

    @property
    def total(self) -> float:
        """All of it."""
        return float(sum(astuple(self)))


@dataclass(frozen=True)
class Preflight:
    """A run's needs."""

    recipe: str
    parameters: int
    trainable: int
    processes: int
    micro_batch: int
    accumulation: int
    memory: Memory
    memory_limit: float | None
    steps: int | None
    tokens: int | None
    seconds: float | None

    def text(self) -> str:
        """For people."""
        m = self.memory
        lines = [
            f"{self.recipe}: {self.parameters / 1e6:,.1f} M parameters"
            + (f", {self.trainable / 1e6:,.1f} M of them trained" if self.trainable != self.parameters else ""),
            f"{self.processes} processes x {self.micro_batch} rows x {self.accumulation} accumulated = "
            f"{self.processes * self.micro_batch * self.accumulation} rows a step",
            f"memory per process: {m.total / GB:.1f} GB = weights {m.weights / GB:.1f} "
            f"+ gradients {m.gradients / GB:.1f} + optimizer {m.optimizer / GB:.1f} "
            f"+ activations {m.activations / GB:.1f} + "
            f"logits {m.logits / GB:.1f} + buffers {m.buffers / GB:.1f}"
            + (f" + libraries {m.libraries / GB:.1f}" if m.libraries else "")
            + (f"  (limit {self.memory_limit / GB:.0f} GB)" if self.memory_limit else ""),
        ]
        if self.steps is not None:
            lines.append(f"{self.steps:,} steps, {self.tokens or 0:,} tokens")
        if self.seconds is not None:
            lines.append(f"about {self.seconds / 3600:.1f} h at {_ASSUMED_MFU:.0%} of peak")
        return "\n".join(lines)


def preflight(
    recipe: Recipe,
    processes: int,
    memory_limit: float | None = None,
    peak_flops: float | None = None,
    rows: int | None = None,
    mean_tokens: float | None = None,
    answer_share: float = 0.25,
    vocab_size: int | None = None,
    on_cpu: bool = False,
) -> Preflight:
    """What a run needs.

    Args:
        recipe: what to train.
        processes: how many processes (GPUs).
        memory_limit: bytes of one GPU; without it nothing is refused.
        peak_flops: FLOP/s of one GPU, for the time.
        rows: rows to train on, for the steps.
        mean_tokens: tokens of a mean row; default a third of `max_length`.
        answer_share: the largest share of a row's positions that logits are computed for.
        vocab_size: size of the vocabulary where the tokenizer is trained on the rows.
        on_cpu: the processes have no GPU, so that the libraries' memory counts too.

    Raises:
        PreflightError: it cannot fit, or the rows of a step cannot be divided.
    """
    import torch
    from transformers import AutoModelForCausalLM

    config = config_of(recipe, **({"vocab_size": vocab_size} if vocab_size else _scratch_vocabulary(recipe)))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    parameters = int(model.num_parameters())
    trainable = _lora_parameters(recipe, model) if recipe.lora else parameters
    try:
        plan = plan_batch(recipe, processes)
    except BatchError as error:
        raise PreflightError(str(error)) from None
    memory = _memory(recipe, config, parameters, trainable, processes, plan.micro_batch, answer_share)
    if on_cpu:
        memory = replace(memory, libraries=_LIBRARIES)
    steps = tokens = seconds = None
    if rows is not None:
        steps = step_count(rows, recipe)
        tokens = int(steps * recipe.batch_rows * (mean_tokens or recipe.max_length / 3))
        if peak_flops:
            per_token = flops_per_token(recipe, parameters, mean_tokens or recipe.max_length / 3)
            repeated = 4 / 3 if recipe.gradient_checkpointing else 1
            seconds = tokens * per_token * repeated / (peak_flops * processes * _ASSUMED_MFU)
    estimate = Preflight(
        recipe=recipe.name,
        parameters=parameters,
        trainable=trainable,
        processes=processes,
        micro_batch=plan.micro_batch,
        accumulation=plan.accumulation,
        memory=memory,
        memory_limit=memory_limit,
        steps=steps,
        tokens=tokens,
        seconds=seconds,
    )
    if memory_limit and memory.total > memory_limit * _USABLE:
        raise PreflightError(_too_large(recipe, estimate, config, answer_share))
    return estimate


def flops_per_token(recipe: Recipe, parameters: int, mean_tokens: float) -> float:
    """FLOPs of forward and backward per token: 6 per weight that multiplies, and causal attention.

    Recomputation under gradient checkpointing is not counted, as usual for model FLOPs utilisation.
    """
    architecture = recipe.architecture
    hidden, layers = int(architecture["hidden_size"]), int(architecture["num_hidden_layers"])
    embedding = 0 if architecture.get("tie_word_embeddings") else int(architecture.get("vocab_size", 0)) * hidden
    count = int(architecture["num_attention_heads"])
    heads = count * int(architecture.get("head_dim") or hidden // count)
    return 6.0 * (parameters - embedding) + 6.0 * layers * heads * mean_tokens


def _scratch_vocabulary(recipe: Recipe) -> dict[str, int]:
    return {"vocab_size": recipe.tokenizer.vocab_size} if recipe.tokenizer else {}


def _lora_parameters(recipe: Recipe, model: Any) -> int:
    from torch import nn

    assert recipe.lora is not None
    targets = recipe.lora.targets
    total = 0
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and "lm_head" not in name:
            leaf = name.rsplit(".", 1)[-1]
            if targets == "all-linear" or leaf in targets:
                total += recipe.lora.rank * (module.in_features + module.out_features)
    return total


def _memory(
    recipe: Recipe,
    config: Any,
    parameters: int,
    trainable: int,
    processes: int,
    micro_batch: int,
    answer_share: float,
) -> Memory:
    width = 2 if recipe.precision == "bf16" else 4
    stage = recipe.zero_stage
    weights = parameters * width / (processes if stage == 3 else 1)
    gradients = trainable * width / (processes if stage >= 2 else 1)
    if width == 2:  # added up in fp32, each process its part
        gradients += trainable * 4 / (processes if stage >= 1 else 1)
    # fp32 master weights and two moments; Muon keeps one moment, counted as two to be on the safe side
    states = trainable * (12 if width == 2 else 8) / (processes if stage >= 1 else 1)
    optimizer = 0.0 if recipe.offload_optimizer else states
    positions = micro_batch * recipe.max_length
    hidden, layers = config.hidden_size, config.num_hidden_layers
    inner = config.intermediate_size
    kv = config.num_key_value_heads * (getattr(config, "head_dim", None) or hidden // config.num_attention_heads)
    # What the backward pass of one layer needs: of each norm its input in fp32, the normalised and the scaled one;
    # q, k, v, attention's output as it comes and as its projection takes it; gate, its activation, up, their product
    norms = 2 * hidden * (4 + 2 * width)
    layer = positions * (norms + width * (3 * hidden + 2 * kv + 4 * inner))
    kept = layers * positions * hidden * width
    activations = kept + layer if recipe.gradient_checkpointing else layers * layer
    # Logits in the working precision, their fp32 copy and its gradient
    logits = positions * answer_share * config.vocab_size * (width + 8)
    gathered = 2 * parameters / max(layers, 1) * width if stage == 3 else 0.0
    buffers = min(_BUCKETS, 2 * trainable * width) + gathered
    return Memory(weights, gradients, optimizer, activations, logits, buffers)


def _too_large(recipe: Recipe, estimate: Preflight, config: object, answer_share: float) -> str:
    assert estimate.memory_limit is not None
    advice = []
    if not recipe.gradient_checkpointing:
        advice.append("gradient_checkpointing: true")
    for stage in range(recipe.zero_stage + 1, 4):
        if estimate.processes > 1:
            advice.append(f"zero_stage: {stage}")
    for micro in (m for m in (estimate.micro_batch // 2, 1) if 0 < m < estimate.micro_batch):
        memory = _memory(
            recipe, config, estimate.parameters, estimate.trainable, estimate.processes, micro, answer_share
        )
        if memory.total + estimate.memory.libraries <= estimate.memory_limit * _USABLE:
            advice.append(f"micro_batch: {micro} ({recipe.batch_rows} rows a step are kept)")
            break
    if not recipe.offload_optimizer:
        advice.append("offload_optimizer: true")
    if recipe.lora is None and recipe.base is not None:
        advice.append("lora: {rank: 32}")
    return (
        f"recipe {recipe.name} does not fit: it needs {estimate.memory.total / GB:.1f} GB per GPU, and "
        f"{estimate.memory_limit * _USABLE / GB:.1f} of {estimate.memory_limit / GB:.1f} GB are usable\n"
        f"{estimate.text()}\nTry: {'; '.join(advice)}; or more GPUs"
    )
