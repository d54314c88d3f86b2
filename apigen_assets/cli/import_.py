"""`apigen import`: any API source to catalog records, without Dagster."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from apigen_assets.catalog.importers.imported import ImportResult
from apigen_assets.catalog.importers.sources import FORMATS, import_source
from apigen_assets.domain.record import Record
from apigen_assets.files.atomic import whole_file
from apigen_assets.files.canonical import dumps


def import_(
    source: Annotated[
        str,
        typer.Argument(
            help="A file, folder, archive (.zip, .tar.*), URL, dotted Python package, .mcp.json or .url file."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for apis.jsonl and rejects.jsonl.")],
    format: Annotated[str, typer.Option("--format", "-f", help=f"What the source is: {', '.join(FORMATS)}.")] = "auto",
    name: Annotated[str | None, typer.Option(help="Namespace of the APIs' names; default: from the file.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Server to call instead of the one an OpenAPI file names.")
    ] = None,
) -> None:
    """Turn an API source into one line per API (apis.jsonl) or per reject (rejects.jsonl), and show the funnel.

    Exit status: 0 if at least one API was imported, 1 if none, 2 if the command is wrong or cannot write.
    """
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise typer.BadParameter("give an http(s) URL, such as https://api.example.com/v1", param_hint="--base-url")
    if format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is not one of {', '.join(FORMATS)}", param_hint="--format")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"cannot make {out}: {error.strerror or error}", param_hint="--out") from None
    # a person names the source here, so an address on this machine is meant
    result = import_source(source, format, name, base_url, allow_private=True, workdir=out)
    try:
        _write(out / "apis.jsonl", result.apis)
        _write(out / "rejects.jsonl", result.rejects)
    except OSError as error:
        typer.echo(f"cannot write into {out}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
    _show(result, out)
    if not result.apis:
        first = result.rejects[0] if result.rejects else None
        typer.echo(f"Nothing was imported: {first.reason}: {first.detail}" if first else "Nothing was found.", err=True)
        raise typer.Exit(1)


def _write(path: Path, records: Iterable[Record]) -> None:
    """One JSON object per line."""
    with whole_file(path) as file:
        file.writelines(dumps(record.model_dump(mode="json")) + "\n" for record in records)


def _show(result: ImportResult, out: Path) -> None:
    console = Console()
    table = Table(title=f"{result.name} ({result.format or 'unknown format'})")
    table.add_column("step")
    table.add_column("APIs", justify="right")
    for step, count in result.funnel.items():
        table.add_row(step, f"{count:,}")
    console.print(table)
    for warning in result.warnings[:5]:
        console.print(f"warning: {warning}", style="yellow", markup=False, highlight=False)
    if len(result.warnings) > 5:
        console.print(f"... and {len(result.warnings) - 5} more warnings", style="yellow")
    console.print(f"{out / 'apis.jsonl'}, {out / 'rejects.jsonl'}", markup=False, highlight=False, soft_wrap=True)
