"""`apigen import-recordings`: recorded calls of other systems as replays."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def import_recordings(
    calls: Annotated[
        Path, typer.Argument(help="ToolBench's recorded calls, .jsonl or .jsonl.gz, one object per line.")
    ],
    tools: Annotated[
        Path, typer.Option("--tools", help="The ToolBench source whose APIs were called: folder, zip or tar.")
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of recordings; default: the one of this project.")] = None,
) -> None:
    """Keep recorded calls as replays, so that data sets over these APIs can be verified without calling them.

    Importing twice changes nothing, and a call that was made here is never replaced. With APIGEN_REST_MODE=replay
    no call is made at all.

    Exit status: 0 if a call was kept or all were there already, 1 if none fits, 2 if the command is wrong.
    """
    from apigen_assets.catalog.importers.imported import SourceError
    from apigen_assets.catalog.importers.toolbench.recorded_calls import import_calls, recorded_calls
    from apigen_assets.catalog.importers.toolbench.tools import import_toolbench
    from apigen_assets.settings import settings
    from resources.rest.recordings import Recordings, RecordingsError

    for path, option in ((calls, "CALLS"), (tools, "--tools")):
        if not path.exists():
            raise typer.BadParameter(f"{path} does not exist", param_hint=option)
    folder = out or settings().recordings_dir
    try:
        apis = import_toolbench(tools, "toolbench").apis
        recordings = Recordings(folder)
        done = import_calls(recorded_calls(calls), apis, recordings)
        recordings.close()
    except (SourceError, RecordingsError, OSError, EOFError) as error:
        typer.echo(f"cannot import {calls}: {error}", err=True)
        raise typer.Exit(2) from None
    table = Table("", "calls", title=f"{calls.name} into {folder}")
    for outcome, count in sorted(done.kept.items(), key=lambda item: -item[1]):
        table.add_row(f"kept: {outcome}", f"{count:,}")
    for reason, count in sorted(done.left_out.items(), key=lambda item: -item[1]):
        table.add_row(f"left out: {reason}", f"{count:,}")
    Console().print(table)
    if not done.kept and not done.left_out.get("recorded already"):
        typer.echo(f"none of these calls is of an API in {tools} ({len(apis):,} APIs)", err=True)
        raise typer.Exit(1)
