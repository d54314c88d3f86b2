"""`apigen sql`: DuckDB over the lake, one view per asset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apigen_assets.files.mirror import segment_folders
from apigen_assets.settings import settings

if TYPE_CHECKING:
    import duckdb


def sql(
    query: Annotated[str | None, typer.Argument(help="A query to run; without it a prompt opens.")] = None,
) -> None:
    """Ask the lake with DuckDB: every asset is a view, its partitions are columns."""
    # Imported here: Dagster and DuckDB cost other commands a second
    from resources.lake.lake import LakeError
    from resources.lake.opening import open_lake

    try:
        lake = open_lake(settings())
        connection = lake.connect()
    except LakeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    _add_journal(connection, settings().journal_dir)
    if query is not None:
        if not _run(connection, query):
            raise typer.Exit(1)
        return
    typer.echo(f"DuckDB over {lake.root}. Views: {', '.join(lake.assets()) or 'none yet (make demo)'}")
    typer.echo("End a query with ; and leave with Ctrl-D.")
    lines: list[str] = []
    while True:
        try:
            lines.append(input("apigen> " if not lines else "   ...> "))
        except EOFError:
            typer.echo()
            return
        except KeyboardInterrupt:
            typer.echo()
            lines = []
            continue
        if lines[-1].rstrip().endswith(";"):
            _run(connection, "\n".join(lines))
            lines = []
        elif not "".join(lines).strip():
            lines = []


def _add_journal(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """A view `journal` over the completions, where there are any."""
    if not segment_folders(folder):
        return
    pattern = str(folder / "*" / "*.jsonl").replace("'", "''")
    connection.execute(
        f"""CREATE VIEW journal AS SELECT key, generator, purpose, outcome, error, status, "at", seconds,
            json_extract_string(answer, '$.choices[0].message.content') AS text,
            CAST(json_extract(answer, '$.usage.prompt_tokens') AS BIGINT) AS prompt_tokens,
            CAST(json_extract(answer, '$.usage.completion_tokens') AS BIGINT) AS completion_tokens, request, price
        FROM (SELECT *, TRY_CAST(body AS JSON) AS answer FROM read_json('{pattern}', format='newline_delimited',
            ignore_errors=true, columns={{key: 'VARCHAR', generator: 'VARCHAR', purpose: 'VARCHAR', outcome: 'VARCHAR',
            error: 'VARCHAR', status: 'BIGINT', "at": 'DOUBLE', seconds: 'DOUBLE', body: 'VARCHAR', request: 'JSON',
            price: 'JSON'}}))"""
    )


def _run(connection: "duckdb.DuckDBPyConnection", query: str) -> bool:
    import duckdb

    try:
        relation = connection.sql(query)
    except duckdb.Error as error:
        typer.echo(str(error), err=True)
        return False
    if relation is not None:
        relation.show(max_width=200)
    return True
