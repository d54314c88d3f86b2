"""Named jobs. Release, training and evaluation run only through these, started by a person or a schedule."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_ASSETS = dg.AssetSelection.assets
_GROUP = dg.AssetSelection.groups
_STAGE_TABLES = [
    f"{stage}_{fate}" for stage in ("format", "execution", "semantic") for fate in ("verified", "rejected")
]

_JOBS: dict[str, tuple[dg.AssetSelection, str]] = {
    "seeds": (_ASSETS("seed_examples"), "Build the pool of examples that the generators are shown."),
    "round": (
        _ASSETS("verified_examples"),
        "Take verified rows of one round as examples of the next, which the job `rows` then makes with `round: 2`.",
    ),
    "catalog": (_GROUP("catalog") - _ASSETS("sources"), "Import one batch of APIs and filter it."),
    "rows": (
        _ASSETS("raw_candidates", *_STAGE_TABLES),
        "Generate candidates for one batch with one generator and verify them in three stages.",
    ),
    # not `sources`: a job is named unlike every asset
    "overview": (_ASSETS("sources"), "Write the table of sources: state, APIs, rows, what to do."),
    "dataset": (_GROUP("dataset"), "Compose the data set from every verified row that exists."),
    "release": (
        _ASSETS("huggingface_dataset"),
        "Publish the data set to the Hugging Face Hub, or to a local folder without a token.",
    ),
    "training": (_ASSETS("xlam_checkpoints"), "Train one model on one data set."),
    "ablation": (
        _ASSETS("ablation_report"),
        "Train a small model on the data set and its two ablations over several seeds (paper, Fig. 5).",
    ),
    "evaluation": (_ASSETS("bfcl_scores"), "Score one trained model on BFCL."),
    # not `leaderboard`: Dagster wants a job's name to differ from that of every asset
    "board": (_ASSETS("leaderboard"), "Put every score that exists beside the published ones."),
    "models": (
        _ASSETS("huggingface_models"),
        "Publish one trained model with its card and scores, or keep it local without a token.",
    ),
}

jobs = [
    dg.define_asset_job(name, selection=selection, description=description)
    for name, (selection, description) in _JOBS.items()
]


def job_named(name: str) -> "UnresolvedAssetJobDefinition":
    """One of the jobs."""
    return next(job for job in jobs if job.name == name)
