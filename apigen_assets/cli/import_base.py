"""`apigen import-base`: a base for training out of a GGUF file."""

from pathlib import Path
from typing import Annotated

import typer


def import_base(
    file: Annotated[Path, typer.Argument(help="A GGUF file, quantised or not.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the model; it is replaced whole.")],
    license_: Annotated[
        str | None, typer.Option("--license", help="Licence of the weights, where the file does not name it.")
    ] = None,
) -> None:
    """Dequantise the model of a GGUF file into a folder that a recipe's `base.source` can name."""
    from apigen_assets.training.environment import MissingExtraError, prepare_environment, require_train_extra
    from apigen_assets.training.models import BaseError

    try:
        require_train_extra()
        prepare_environment()
        from apigen_assets.training.import_base import import_base as convert

        base = convert(file, out, license_)
    except (BaseError, MissingExtraError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(
        f"{base.path}: {base.model_type}, {base.parameters:,} parameters, "
        f"licence {base.license or 'not stated: look it up before you publish what you train'}"
    )
    if base.chat is not None:
        typer.echo(f"Its chat template serves no function calls ({base.chat.split(':')[0]}): use `prompt_style: xlam`.")
    typer.echo(f"Train on it: apigen train RECIPE --set base.source={base.path} --rows ROWS --out FOLDER")
