"""`apigen migrate`: tables of an earlier version as those of today."""

from typing import Annotated

import typer

from apigen_assets.settings import settings


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Give the lake's older tables the columns of today, empty where nothing is known. Stop the daemon first.

    They are read without that too, with nulls; afterwards every file of a table has the same columns, for other
    readers. Exit status: 0 done or nothing to do, 2 the lake cannot be used.
    """
    from resources.lake.lake import SCHEMA_VERSION, LakeError
    from resources.lake.migrations import migrate as rewrite
    from resources.lake.migrations import pending
    from resources.lake.opening import open_lake

    try:
        lake = open_lake(settings())
        changes = pending(lake)
        for change, _ in changes:
            typer.echo(f"{change.file}: {'would get' if dry_run else 'gets'} {', '.join(change.added)}")
        if not dry_run:
            rewrite(lake, changes)
    except LakeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{lake.root}, schema version {SCHEMA_VERSION}: {len(changes)} files of an earlier version")
