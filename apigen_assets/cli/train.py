"""`apigen train` and `apigen preflight`: training without Dagster, and what it would need."""

import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.training.batches import BatchError
from apigen_assets.training.changes import parse_changes
from apigen_assets.training.examples import DataError
from apigen_assets.training.launch_check import check_job
from apigen_assets.training.models import BaseError
from apigen_assets.training.recipe import RecipeError, load_recipe, recipe_names
from resources.trainer.trainer import Trainer, TrainingError, TrainingJob

_RECIPE_HELP = f"A packaged recipe ({', '.join(recipe_names())}) or a .yaml file."


def train(
    recipe: Annotated[str, typer.Argument(help=_RECIPE_HELP)],
    rows: Annotated[
        Path, typer.Option("--rows", help="A table of the data set, or a file as `apigen verify` reads it.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the trained model.")],
    heldout_rows: Annotated[
        Path | None, typer.Option("--heldout-rows", help="Draw the held-out rows from this file instead.")
    ] = None,
    tokenizer_rows: Annotated[
        Path | None,
        typer.Option(
            "--tokenizer-rows",
            help="Train the tokenizer of a recipe from scratch on this file instead; one file for all data sets that "
            "are compared.",
        ),
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Processes on this machine; default one per GPU.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the recipe.")
    ] = None,
) -> None:
    """Train a model by a recipe; started again after a kill, it goes on from its last good checkpoint."""
    # As Ctrl-C: the processes that train end with this one
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        parse_changes(changes or [])
        job = TrainingJob(
            recipe=recipe,
            rows=rows,
            out=out,
            heldout_rows=heldout_rows,
            tokenizer_rows=tokenizer_rows,
            changes=dict(change.split("=", 1) for change in changes or []),
        )
        trainer = Trainer(processes)
        check_job(job, trainer.processes)
        trainer.run(job)
    except (RecipeError, DataError, BatchError, BaseError, TrainingError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def preflight(
    recipe: Annotated[str, typer.Argument(help=_RECIPE_HELP)],
    gpus: Annotated[int | None, typer.Option("--gpus", min=1, help="GPUs; default what the recipe is for.")] = None,
    gpu_memory: Annotated[
        float | None, typer.Option("--gpu-memory", min=1, help="GB of one GPU; default what the recipe is for.")
    ] = None,
    gpu: Annotated[str, typer.Option("--gpu", help="Name of the GPU, for the time.")] = "A100",
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows to train on, for steps and time.")] = 68_000,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the recipe.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """What a recipe needs: parameters, memory per GPU, steps, time. Downloads nothing; status 2 where it cannot fit."""
    from apigen_assets.training.environment import (
        MissingExtraError,
        peak_flops,
        prepare_environment,
        require_train_extra,
    )

    try:
        require_train_extra()
        chosen = load_recipe(recipe).updated(parse_changes(changes or []))
        prepare_environment()
        from dataclasses import asdict

        from apigen_assets.training.preflight import GB, PreflightError
        from apigen_assets.training.preflight import preflight as compute

        memory = gpu_memory or chosen.gpu_memory_gb
        try:
            estimate = compute(
                chosen, gpus or chosen.processes, memory * GB if memory else None, peak_flops(gpu), rows=rows
            )
        except PreflightError as error:
            raise RecipeError(str(error)) from None
    except (RecipeError, MissingExtraError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps(asdict(estimate)) if as_json else estimate.text())
