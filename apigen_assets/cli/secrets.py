"""`apigen secrets`: secrets in what is kept and would be released, before a release finds them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.settings import settings


def secrets(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders. Default: lake, journal, recordings, logs of runs, reports, releases."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of sentences.")] = False,
) -> None:
    """Look for secrets, by their format and by the values in the environment; says where, never what.

    Exit status: 0 none, 1 there are some, 2 the command is wrong.
    """
    from apigen_assets.release.secrets.scan import allowed_ids, known_secrets, scan, scan_everything
    from resources.lake.lake import LakeError
    from resources.lake.opening import open_lake

    missing = [str(path) for path in paths or () if not path.exists()]
    if missing:
        raise typer.BadParameter(f"not there: {', '.join(missing)}")
    config = settings()
    try:
        lake = open_lake(config)
    except LakeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if paths:
        report = scan({str(path): path for path in paths}, known_secrets(config, lake), allowed_ids(config.home))
    else:
        report = scan_everything(config, lake)
    if as_json:
        findings = [finding._asdict() for finding in report.findings]
        typer.echo(json.dumps({"texts": report.texts, "findings": findings}, ensure_ascii=False, indent=1))
    else:
        typer.echo(report.message())
    raise typer.Exit(1 if report.findings else 0)
