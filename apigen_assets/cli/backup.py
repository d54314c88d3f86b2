"""`apigen backup` and `apigen restore`: everything that is paid for or cannot be made again, in one file."""

import os
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.files.mirror import remote_of
from apigen_assets.settings import Settings, settings


def backup(
    out: Annotated[Path, typer.Argument(help="The tar file to write; .gz or .xz at its end compresses.")],
    lake: Annotated[
        bool, typer.Option("--lake/--no-lake", help="Without the tables: they are made again from the journal.")
    ] = True,
) -> None:
    """Write journal, recordings, sources, seeds, the instance and the tables into one file; runs may go on meanwhile.

    Exit status: 0 written, 2 it cannot be written, or there is nothing to back up.
    """
    from apigen_assets.files.backup import write_backup

    config = settings()
    parts = _parts(config)
    if not lake:
        parts.pop("lake", None)
    if not any(path.exists() for path in parts.values()):
        typer.echo(
            f"nothing to back up in {config.home.resolve()}: set APIGEN_HOME to the folder of your data", err=True
        )
        raise typer.Exit(2)
    try:
        manifest = write_backup(out, parts)
    except OSError as error:
        typer.echo(f"cannot write {out}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
    size = sum(file["size"] for file in manifest["files"].values())
    typer.echo(f"{out}: {len(manifest['files']):,} files, {size / 1e6:,.1f} MB")
    _say_what_is_elsewhere(config)


def restore(archive: Annotated[Path, typer.Argument(help="A file that `apigen backup` wrote.")]) -> None:
    """Put a backup into an empty APIGEN_HOME, after every file in it was checked.

    Exit status: 0 restored, 1 it was not: something is there already, or the backup is damaged.
    """
    from apigen_assets.files.backup import BackupError, restore_backup

    try:
        manifest = restore_backup(archive, _parts(settings()))
    except BackupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(manifest['files']):,} files restored into {settings().home}: `apigen ui` goes on where it stood")


def _parts(config: Settings) -> dict[str, Path]:
    home = config.home
    parts = {name: home / name for name in ("incoming", "seeds", "batches", "reports")}
    # What mirrors an object store is kept by the store
    segments = {"journal": config.journal_dir, "recordings": config.recordings_dir}
    parts |= {name: folder for name, folder in segments.items() if remote_of(folder) is None}
    parts |= {name: home / name for name in ("not-secrets.txt",)}
    parts["dagster_home"] = Path(os.environ.get("DAGSTER_HOME") or home / "dagster_home")
    if "://" not in config.lake_url:
        parts["lake"] = Path(config.lake_url)
    return parts


def _say_what_is_elsewhere(config: Settings) -> None:
    if "://" in config.lake_url:
        typer.echo(f"not in it: the lake {config.lake_url}, which its object store keeps")
    for name, folder in (("journal", config.journal_dir), ("recordings", config.recordings_dir)):
        if remote_of(folder) is not None:
            typer.echo(f"not in it: the {name} {remote_of(folder)}, which its object store keeps")
    if config.generators_file.exists():
        typer.echo(f"not in it: {config.generators_file} and your environment with the keys")
