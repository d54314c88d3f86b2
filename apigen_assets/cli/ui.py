"""`apigen ui`: the Dagster UI with the daemon, so that sensors and automation run."""

import os
import signal
import sys
from typing import Annotated

import typer

from apigen_assets.cli.web.guard import UI_HOSTS
from apigen_assets.orchestration.home import PROJECT, grant_slots, prepare
from apigen_assets.settings import settings


def ui(
    port: Annotated[int, typer.Option(help="Port of the web server.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI (web server, daemon and sensors); Ctrl-C stops everything."""
    home = prepare(settings())
    grant_slots(settings())
    os.environ[UI_HOSTS] = ",".join([host, *settings().ui_hosts])
    typer.echo(f"Dagster UI on http://{host}:{port} (instance {home}); drop API sources into {settings().incoming_dir}")
    # Ignored in what a shell starts in the background; Dagster takes SIGTERM for the same, and nothing would stop it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # -w: a [tool.dagster] block anywhere above would otherwise rename the location and fork its sensor state
    command = [sys.executable, "-m", "apigen_assets.cli.web.dev", "-w", str(PROJECT / "workspace.yaml")]
    os.execv(sys.executable, [*command, "-p", str(port), "-h", host])
