"""Checks of training: a checkpoint loads in a fresh process and is better than before training."""

import json

import dagster as dg

from apigen_assets.partitions import ModelPartition, model_by_dataset
from apigen_assets.settings import Settings
from apigen_assets.training.assets import checkpoint_folder
from resources.trainer.resource import TrainerResource
from resources.trainer.trainer import TrainingError


@dg.asset_check(
    asset="xlam_checkpoints",
    partitions_def=model_by_dataset,
    description="Loads the checkpoint in a fresh process and repeats held-out answers; beats the untrained model.",
)
def checkpoint_works(
    context: dg.AssetCheckExecutionContext, trainer: TrainerResource, settings: dg.ResourceParam[Settings]
) -> dg.AssetCheckResult:
    """Reload, generate, and beat the model before training."""
    model, dataset = ModelPartition.of(context)
    try:
        report = json.loads(trainer.trainer().verify(checkpoint_folder(settings, model, dataset)))
    except TrainingError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))
    same = report["same"] >= 0.9 * report["probes"]
    better = report["trained"] > report["untrained"]
    wrong = [] if same else [f"only {report['same']} of {report['probes']} answers are those of the end of training"]
    wrong += [] if better else [f"accuracy {report['trained']:.1%} is not above {report['untrained']:.1%} untrained"]
    return dg.AssetCheckResult(
        passed=same and better,
        description="; ".join(wrong) or "reloaded, repeats its answers, better than untrained",
        metadata=report,
    )
