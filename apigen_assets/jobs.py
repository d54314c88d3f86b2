"""Named jobs. Release, training and evaluation run only through these, started by a person or a schedule."""

import dagster as dg

_STAGES = dg.AssetSelection.assets(
    "raw_candidates",
    *(f"{stage}_{fate}" for stage in ("format", "execution", "semantic") for fate in ("verified", "rejected")),
)

catalog_job = dg.define_asset_job(
    "catalog",
    selection=dg.AssetSelection.groups("catalog"),
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
    description="Publish one trained model with its card and scores, or keep it local without a token.",
)

training_job = dg.define_asset_job(
    "training",
    selection=dg.AssetSelection.assets("xlam_checkpoints"),
    description="Train one model on one data set.",
)

evaluation_job = dg.define_asset_job(
    "evaluation",
    selection=dg.AssetSelection.assets("bfcl_scores"),
    description="Score one trained model on BFCL.",
)

leaderboard_job = dg.define_asset_job(
    "board",
    selection=dg.AssetSelection.assets("leaderboard"),
    description="Put every score that exists beside the published ones.",
)

ablation_job = dg.define_asset_job(
    "ablation",
    selection=dg.AssetSelection.assets("ablation_report"),
    description="Train the tiny model on the data set and its two ablations over several seeds (paper, Fig. 5).",
)
