"""Named jobs. Release, training and evaluation run only through these, started by a person or a schedule."""

import dagster as dg

from apigen_assets.partitions import api_batches, batch_by_generator, model_by_dataset

_STAGES = dg.AssetSelection.assets(
    "raw_candidates",
    *(f"{stage}_{fate}" for stage in ("format", "execution", "semantic") for fate in ("verified", "rejected")),
)

catalog_job = dg.define_asset_job(
    "catalog",
    selection=dg.AssetSelection.groups("catalog"),
    partitions_def=api_batches,
    description="Import one batch of APIs and filter it.",
)

seeds_job = dg.define_asset_job(
    "seeds",
    selection=dg.AssetSelection.assets("seed_examples"),
    description="Build the pool of examples that the generators are shown.",
)

rows_job = dg.define_asset_job(
    "rows",
    selection=_STAGES,
    partitions_def=batch_by_generator,
    description="Generate candidates for one batch with one generator and verify them in three stages.",
)

dataset_job = dg.define_asset_job(
    "dataset",
    selection=dg.AssetSelection.groups("dataset"),
    description="Compose the data set from every verified row that exists.",
)

release_job = dg.define_asset_job(
    "release",
    selection=dg.AssetSelection.assets("huggingface_dataset"),
    description="Publish the data set to the Hugging Face Hub, or to a local folder without a token.",
)

models_job = dg.define_asset_job(
    "models",
    selection=dg.AssetSelection.assets("huggingface_models"),
    partitions_def=model_by_dataset,
    description="Publish one trained model with its card and scores, or keep it local without a token.",
)

training_job = dg.define_asset_job(
    "training",
    selection=dg.AssetSelection.assets("xlam_checkpoints"),
    partitions_def=model_by_dataset,
    description="Train one model on one data set.",
)

evaluation_job = dg.define_asset_job(
    "evaluation",
    selection=dg.AssetSelection.assets("bfcl_scores"),
    partitions_def=model_by_dataset,
    description="Score one trained model on BFCL.",
)
