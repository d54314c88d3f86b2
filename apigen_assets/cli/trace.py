"""`apigen trace`: the whole life of one row or one API."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from apigen_assets.settings import settings


def trace(
    row_id: Annotated[
        str | None, typer.Argument(help="A candidate_id (also of a rejected row), or the id of a row of the data set.")
    ] = None,
    api: Annotated[str | None, typer.Option("--api", help="Instead of a row: name or id of an API.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a page to read.")] = False,
) -> None:
    """Show where a row comes from and what became of it: source, prompt, completion, verdicts, composition, release.

    Exit status: 0 shown, 1 there is no such row or API, 2 the command is wrong.
    """
    from apigen_assets.trace.life import UnknownRowError, api_life, row_life
    from apigen_assets.trace.page import api_page, row_page
    from resources.lake.lake import LakeError
    from resources.lake.opening import open_lake

    if (row_id is None) == (api is None):
        raise typer.BadParameter("give the id of a row, or --api NAME")
    config = settings()
    try:
        lake = open_lake(config)
        if api is not None:
            of_api = api_life(lake, api)
            typer.echo(json.dumps(of_api, ensure_ascii=False, indent=1) if as_json else api_page(of_api))
            return
        of_row = row_life(lake, config.journal_dir, config.release_dir, str(row_id))
    except (UnknownRowError, LakeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(asdict(of_row), ensure_ascii=False, indent=1) if as_json else row_page(of_row))
