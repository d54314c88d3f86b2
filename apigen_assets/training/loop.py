"""The training loop: transformers' Trainer under DeepSpeed, rows in a fixed order, sealed checkpoints."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from apigen_assets.training.batches import IGNORED, BatchPlan, OrderedRows, collate, row_order
from apigen_assets.training.checkpoints import last_good, seal
from apigen_assets.training.deepspeed_config import deepspeed_config
from apigen_assets.training.environment import Device, disable_compiled_collectives
from apigen_assets.training.examples import GROUPS
from apigen_assets.training.models import build_model
from apigen_assets.training.preflight import flops_per_token
from apigen_assets.training.progress import Progress
from apigen_assets.training.recipe import Recipe
from apigen_assets.training.tokens import TokenStore

_WARMING = 2
"""Steps in which memory is first allocated and kernels are chosen: no measure of speed."""


@dataclass(frozen=True)
class Trained:
    """What a finished loop measured."""

    steps: int
    planned_steps: int
    parameters: int
    curve: list[dict[str, float]]
    """Per logged step: `step`, `loss`, `lr`, `grad_norm`."""
    accuracy_curve: list[dict[str, float]]
    """Per evaluation: `step`, and `accuracy` and `loss` over held-out rows of seen functions."""
    tokens: int
    """Tokens of the rows of this process's run, padding not counted, over all processes."""
    seconds: float
    tokens_per_second: float
    mfu: float | None
    peak_memory_bytes: int
    resumed_from_step: int | None
    stopped_early: bool


def train(
    recipe: Recipe,
    plan: BatchPlan,
    prepared: Path,
    work: Path,
    exported: Path,
    tokenizer: Any,
    device: Device,
    progress: Progress,
) -> Trained:
    """Train, or go on training, and write the final weights to `exported` (by the main process, whole).

    Every process of the run calls this together.
    """
    if device.kind == "cpu":
        disable_compiled_collectives()
    import deepspeed
    import transformers

    # Before the model: ZeRO-3 divides weights as they are made, and must know among how many
    deepspeed.init_distributed("gloo" if device.kind == "cpu" else "nccl", verbose=False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    store = TokenStore(prepared / "train")
    order = row_order(store.lengths, recipe)
    step_tokens = store.lengths[order].reshape(-1, recipe.batch_rows).sum(axis=1)
    arguments = _arguments(recipe, plan, len(step_tokens), work, device)
    main = arguments.process_index == 0

    transformers.set_seed(recipe.seed)
    model = build_model(recipe, tokenizer)
    parameters = model.num_parameters()
    resumed = last_good(work, progress.say) if main else None
    resumed = _agreed(resumed, main)
    start = int(resumed.name.removeprefix("checkpoint-")) if resumed else 0
    if resumed:
        progress.say(f"resuming after step {start} of {len(step_tokens)}")

    measured = TokenStore(prepared / "heldout") if recipe.eval_steps else None
    heldout = measured if measured is not None and len(measured) else None
    # Rows alike in length together: the logits of a batch cover the tail of positions that holds all of its answers
    asked = np.argsort(heldout.lengths, kind="stable") if heldout is not None else np.zeros(0, dtype=np.int64)
    flops = flops_per_token(recipe, parameters, float(store.lengths.mean()))
    peak_flops = device.peak_flops * plan.processes if device.peak_flops else None
    share_per_rate = flops / peak_flops if peak_flops else None
    follow = _Follow(recipe, plan, step_tokens, start, progress, share_per_rate)
    trainer = _trainer_class()(
        model=model,
        args=arguments,
        data_collator=partial(collate, pad_id=tokenizer.pad_token_id, limit=recipe.max_length),
        train_dataset=OrderedRows(store, order),
        eval_dataset=OrderedRows(heldout, asked) if heldout is not None else None,
        compute_metrics=partial(_accuracies, groups=heldout.groups[asked]) if heldout is not None else None,
        preprocess_logits_for_metrics=_right_rows if heldout is not None else None,
        callbacks=[follow.callback(), _sealing()],
    )
    if not trainer.is_deepspeed_enabled:
        raise RuntimeError("DeepSpeed is not in charge of this run: ACCELERATE_USE_CPU must not be set")
    trainer.remove_callback(transformers.PrinterCallback)
    began = time.monotonic()
    trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    seconds = time.monotonic() - began
    done = int(trainer.state.global_step)
    trainer.save_model(str(exported))
    history = trainer.state.log_history
    tokens = int(step_tokens[start:done].sum())
    rate = follow.rate(done) or tokens / max(seconds, 1e-9)
    mfu = rate * share_per_rate if share_per_rate else None
    curve = [
        {
            "step": entry["step"],
            "loss": entry["loss"],
            "lr": entry["learning_rate"],
            "grad_norm": entry.get("grad_norm", 0.0),
        }
        for entry in history
        if "loss" in entry
    ]
    accuracies = [
        {"step": entry["step"], "accuracy": entry["eval_accuracy"], "loss": entry.get("eval_loss", 0.0)}
        for entry in history
        if "eval_accuracy" in entry
    ]
    return Trained(
        steps=done,
        planned_steps=len(step_tokens),
        parameters=parameters,
        curve=curve,
        accuracy_curve=accuracies,
        tokens=tokens,
        seconds=seconds,
        tokens_per_second=rate,
        mfu=mfu,
        peak_memory_bytes=_peak_bytes(),
        resumed_from_step=start or None,
        stopped_early=done < len(step_tokens),
    )


def _arguments(recipe: Recipe, plan: BatchPlan, steps: int, work: Path, device: Device) -> Any:
    from transformers import TrainingArguments

    chosen = recipe.optimizer
    return TrainingArguments(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=plan.micro_batch,
        gradient_accumulation_steps=plan.accumulation,
        learning_rate=chosen.lr,
        weight_decay=chosen.weight_decay,
        adam_beta1=chosen.betas[0],
        adam_beta2=chosen.betas[1],
        adam_epsilon=chosen.eps,
        max_grad_norm=chosen.clipping,
        warmup_steps=min(chosen.warmup_steps, steps // 2),
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": chosen.final_lr_share},
        bf16=recipe.precision == "bf16",
        activation_checkpointing=recipe.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False} if recipe.gradient_checkpointing else None,
        deepspeed=deepspeed_config(recipe, plan),
        use_cpu=device.kind == "cpu",
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        save_strategy="steps",
        save_steps=recipe.save_steps,
        # One whole checkpoint must outlive the writing of the next
        save_total_limit=2,
        eval_strategy="steps" if recipe.eval_steps else "no",
        eval_steps=recipe.eval_steps,
        per_device_eval_batch_size=max(plan.micro_batch, 8),
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=2 if device.kind == "cuda" else 0,
        dataloader_pin_memory=device.kind == "cuda",
    )


def _trainer_class() -> Any:
    from torch.utils.data import SequentialSampler
    from transformers import Trainer

    class FixedOrderTrainer(Trainer):  # type: ignore[misc, unused-ignore]
        """A trainer that takes its rows in the order of the data set."""

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)

    return FixedOrderTrainer


def _sealing() -> Any:
    import torch
    from transformers import TrainerCallback

    class Sealing(TrainerCallback):  # type: ignore[misc, unused-ignore]
        """Lists a checkpoint's files once all processes have written theirs."""

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if torch.distributed.is_initialized():
                torch.distributed.barrier()
            if state.is_world_process_zero:
                seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return Sealing()


class _Follow:
    """Follows the loop: progress lines, time per step, and the stop at a mark."""

    def __init__(
        self,
        recipe: Recipe,
        plan: BatchPlan,
        step_tokens: Sequence[int],
        start: int,
        progress: Progress,
        mfu_per_rate: float | None,
    ) -> None:
        self.recipe, self.plan, self.progress = recipe, plan, progress
        self.mfu_per_rate = mfu_per_rate
        self.tokens = np.cumsum(step_tokens)
        self.start = start
        self.seconds = 0.0
        """Time inside steps after the first two: evaluations, saves and warming up are not training."""
        self._began: float | None = None

    def callback(self) -> Any:
        from transformers import TrainerCallback

        follow = self

        class Following(TrainerCallback):  # type: ignore[misc, unused-ignore]
            def on_step_begin(self, args: object, state: object, control: object, **kwargs: object) -> None:
                follow._began = time.monotonic()

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if follow._began is not None and state.global_step > follow.start + _WARMING:
                    follow.seconds += time.monotonic() - follow._began

            def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
                if logs and "loss" in logs:
                    follow.logged(int(state.global_step), logs)

            def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                follow.evaluated(int(state.global_step), kwargs.get("metrics") or {}, control)

        return Following()

    def logged(self, step: int, logs: dict[str, float]) -> None:
        rate = self.rate(step)
        left = (int(self.tokens[-1]) - int(self.tokens[step - 1])) / rate if rate else 0.0
        values = {
            "step": step,
            "loss": float(logs["loss"]),
            "lr": float(logs["learning_rate"]),
            "grad_norm": float(logs.get("grad_norm", 0.0)),
            "tokens_per_second": round(rate, 1),
            "peak_memory_gb": round(_peak_bytes() / 1e9, 2),
        }
        mfu = f"MFU {rate * self.mfu_per_rate:.1%}  " if self.mfu_per_rate and rate else ""
        text = f"step {step}/{len(self.tokens)}  loss {values['loss']:.4f}  lr {values['lr']:.2e}  " + (
            f"{rate:,.0f} tokens/s  {mfu}{values['peak_memory_gb']:.1f} GB  {_minutes(left)} left" if rate else ""
        )
        self.progress.step(values, text, last=step == len(self.tokens))

    def rate(self, step: int) -> float:
        """Tokens per second up to a step; 0 while warming up."""
        first = self.start + _WARMING
        if step <= first or not self.seconds:
            return 0.0
        return (int(self.tokens[step - 1]) - int(self.tokens[first - 1])) / self.seconds

    def evaluated(self, step: int, metrics: dict[str, float], control: Any) -> None:
        accuracy = metrics.get("eval_accuracy")
        if accuracy is None:
            return
        parts = "  ".join(
            f"{key.removeprefix('eval_accuracy_')} {value:.0%}"
            for key, value in metrics.items()
            if key.startswith("eval_accuracy_")
        )
        loss = f"loss {metrics['eval_loss']:.4f}, " if "eval_loss" in metrics else ""
        self.progress.say(f"step {step}: held-out {loss}exact match {accuracy:.1%}  ({parts})")
        mark = self.recipe.stop_at
        if mark and accuracy >= mark.accuracy:
            self.progress.say(f"step {step}: the mark of {mark.accuracy:.0%} is reached, stopping")
            control.should_training_stop = True


def _right_rows(logits: Any, labels: Any) -> Any:
    """Per row, whether every token of the answer is the likeliest one given those before it.

    That is exactly when greedy generation writes the whole answer, at the cost of one forward pass.
    """
    if isinstance(logits, tuple):
        logits = logits[0]
    wanted = labels[:, 1:]
    right = (logits[:, :-1].argmax(-1) == wanted) | (wanted == IGNORED)
    return right.all(dim=1)


def _accuracies(evaluation: Any, groups: Any) -> dict[str, float]:
    right = np.asarray(evaluation.predictions).astype(bool).reshape(-1)
    out: dict[str, float] = {}
    names = np.array(GROUPS)[np.asarray(groups)[: len(right)]]
    for group in GROUPS:
        chosen = right[names == group]
        if len(chosen):
            out[f"accuracy_{group}"] = float(chosen.mean())
    calling = right[names != "relevance"]
    out["accuracy"] = float(calling.mean()) if len(calling) else 0.0
    return out


def _agreed(resumed: Path | None, main: bool) -> Path | None:
    """The main process's choice, told to all: the others must not look while it sets damaged ones aside."""
    import torch

    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return resumed
    shared = [str(resumed) if resumed else None]
    torch.distributed.broadcast_object_list(shared, src=0)
    return Path(shared[0]) if shared[0] else None


def _peak_bytes() -> int:
    """Most memory that this process ever held: of its GPU, else resident."""
    import resource

    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
