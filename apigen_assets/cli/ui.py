"""`apigen ui`: the Dagster UI with the daemon, so that sensors and automation run."""

import os
import signal
import socket
import sys
from typing import Annotated

import typer

from apigen_assets.cli.web.guard import UI_HOSTS
from apigen_assets.orchestration.home import PROJECT, grant_slots, prepare
from apigen_assets.settings import settings


def ui(
    port: Annotated[int, typer.Option(help="Port of the web server.", min=1, max=65535)] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI (web server, daemon and sensors); Ctrl-C stops everything.

    Exit status: 2 the address cannot be used.
    """
    _refuse_if_taken(host, port)
    home = prepare(settings())
    grant_slots(settings())
    os.environ[UI_HOSTS] = ",".join([host, *settings().ui_hosts])
    typer.echo(f"Dagster UI on http://{host}:{port} (instance {home}); drop API sources into {settings().incoming_dir}")
    # Ignored in what a shell starts in the background; Dagster takes SIGTERM for the same, and nothing would stop it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # -w: a [tool.dagster] block anywhere above would otherwise rename the location and fork its sensor state
    command = [sys.executable, "-m", "apigen_assets.cli.web.dev", "-w", str(PROJECT / "workspace.yaml")]
    os.execv(sys.executable, [*command, "-p", str(port), "-h", host])


def _refuse_if_taken(host: str, port: int) -> None:
    """Where the web server cannot listen, the daemon would run without a UI."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        typer.echo(f"cannot listen on {host}, port {port}: {error.strerror or error}. Give --host and --port", err=True)
        raise typer.Exit(2) from None
