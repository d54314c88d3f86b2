"""The DeepSpeed configuration of a recipe."""

from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.batches import BatchPlan
from apigen_assets.training.recipe import Recipe


def deepspeed_config(recipe: Recipe, plan: BatchPlan) -> JsonObject:
    """The configuration as DeepSpeed reads it, complete: nothing is left to `auto`."""
    zero: JsonObject = {
        "stage": recipe.zero_stage,
        "overlap_comm": False,
        "contiguous_gradients": True,
    }
    if recipe.offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": True}
    if recipe.optimizer.name == "muon":
        zero["reduce_scatter"] = False  # each process needs a matrix's whole gradient
    if recipe.zero_stage == 3:
        # The weights must come out whole, in files that every reader of safetensors knows
        zero["stage3_gather_16bit_weights_on_model_save"] = True
        zero["stage3_param_persistence_threshold"] = 100_000
    return {
        "train_batch_size": plan.batch_rows,
        "train_micro_batch_size_per_gpu": plan.micro_batch,
        "gradient_accumulation_steps": plan.accumulation,
        "gradient_clipping": recipe.optimizer.clipping,
        "bf16": {"enabled": recipe.precision == "bf16"},
        "zero_optimization": zero,
        "optimizer": _optimizer(recipe),
        "wall_clock_breakdown": False,
        "steps_per_print": 1_000_000_000,
    }


def _optimizer(recipe: Recipe) -> JsonObject:
    chosen = recipe.optimizer
    # torch's AdamW: DeepSpeed's own are compiled at first use. With offload its CPU optimizer is the point.
    common: JsonObject = {} if recipe.offload_optimizer else {"torch_adam": True}
    common |= {
        "lr": chosen.lr,
        "betas": list(chosen.betas),
        "eps": chosen.eps,
        "weight_decay": chosen.weight_decay,
    }
    if chosen.name == "adamw":
        return {"type": "AdamW", "params": common}
    muon = {"muon_lr": chosen.lr, "adam_lr": chosen.adam_lr or chosen.lr, "momentum": chosen.momentum}
    return {"type": "Muon", "params": {**common, **muon}}
