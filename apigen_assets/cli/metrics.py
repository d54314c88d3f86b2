"""`apigen metrics`: the platform in figures, once or for Prometheus to ask for."""

from typing import Annotated, Any

import typer

from apigen_assets.settings import settings


def metrics(
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Answer http://HOST:PORT/metrics until Ctrl-C, instead of once."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Print Prometheus metrics: sources, rows, rejects, tokens, cost, runs, disk. Nothing is written.

    Exit status: 0 done, 2 the lake or the address cannot be used.
    """
    from prometheus_client import generate_latest

    from resources.lake.lake import LakeError

    try:
        registry = _registry()
    except LakeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if port is None:
        typer.echo(generate_latest(registry).decode(), nl=False)
        return
    _serve(host, port)


def _registry() -> Any:
    import dagster as dg

    from apigen_assets.dataset.overview.metrics import metrics as registry_of
    from apigen_assets.orchestration.home import prepare
    from apigen_assets.orchestration.run_counts import run_counts
    from resources.lake.opening import open_lake
    from resources.llm.usage import JournalUsage

    config = settings()
    usage = _known.setdefault("usage", JournalUsage(config.journal_dir))
    usage.refresh()
    with dg.DagsterInstance.from_config(str(prepare(config))) as instance:
        return registry_of(config, open_lake(config), usage, *run_counts(instance))


_known: dict[str, Any] = {}


def application(environ: Any, start_response: Any) -> Any:
    """The WSGI application that answers with the figures of the moment."""
    from prometheus_client import make_wsgi_app

    return make_wsgi_app(_registry())(environ, start_response)


def _serve(host: str, port: int) -> None:
    from wsgiref.simple_server import make_server

    try:
        server = make_server(host, port, application)
    except OSError as error:
        typer.echo(f"cannot listen on {host}, port {port}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
    with server:
        typer.echo(f"http://{host}:{server.server_port}/metrics")
        server.serve_forever()
