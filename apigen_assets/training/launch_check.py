"""What a training run is refused for before any process is launched: mistakes that files and settings show."""

from pathlib import Path

from apigen_assets.training.batches import plan_batch
from apigen_assets.training.changes import parse_changes
from apigen_assets.training.examples import DataError, iter_examples
from apigen_assets.training.models import check_base_files
from apigen_assets.training.recipe import Recipe, RecipeError, load_recipe
from resources.trainer.trainer import TrainingJob


def check_job(job: TrainingJob, processes: int) -> Recipe:
    """Check a job without loading torch; the recipe as it will be used.

    Raises:
        RecipeError: the recipe or a change to it is not valid, or the folder for the model cannot be one.
        DataError: a file of rows is missing, cannot be read or begins with something else than a row.
        BatchError: the rows of a step cannot be divided among the processes.
        BaseError: the base is not there, not complete, or another model.
    """
    recipe = load_recipe(job.recipe).updated(parse_changes([f"{key}={value}" for key, value in job.changes.items()]))
    plan_batch(recipe, processes)
    for rows in (job.rows, job.heldout_rows, job.tokenizer_rows):
        if rows is not None:
            _check_rows(rows)
    check_base_files(recipe)
    if job.out.exists() and not job.out.is_dir():
        raise RecipeError(f"--out {job.out} is a file: name a folder for the trained model")
    return recipe


def _check_rows(rows: Path) -> None:
    if not rows.is_file():
        what = "is a folder, not a file of rows" if rows.is_dir() else "does not exist"
        raise DataError(f"the rows {rows}: this file {what}")
    next(iter_examples(rows))
