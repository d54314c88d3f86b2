"""Named jobs. Release, training and evaluation run only through these, started by a person or a schedule."""

import dagster as dg

from apigen_assets.partitions import api_batches, batch_by_generator, model_by_dataset

catalog_job = dg.define_asset_job(
    "catalog",
    selection=dg.AssetSelection.groups("catalog"),
    partitions_def=api_batches,
    description="Import one batch of APIs and filter it.",
)

rows_job = dg.define_asset_job(
    "rows",
    selection=dg.AssetSelection.assets("raw_candidates") | dg.AssetSelection.groups("verification_stages"),
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
