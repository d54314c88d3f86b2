"""`apigen demo`: the whole graph on the embedded default."""

import atexit
import os
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from apigen_assets.orchestration.home import prepare
from apigen_assets.settings import settings


def demo(
    training: Annotated[bool, typer.Option(help="Also train and score the tiny model.")] = True,
) -> None:
    """Materialise every asset with the embedded stand-ins: no key, no network service, no GPU.

    A second run asks no model twice: completions are read from the journal.
    """
    # First registered, so last run: DuckDB's bindings report their own objects as leaked when Python is taken down,
    # which would bury the table of what was made
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))
    console = Console(width=None if sys.stdout.isatty() else 120)
    config = settings()
    home = prepare(config)
    import dagster as dg

    from resources.lake.lake import LakeError
    from resources.lake.opening import open_lake
    from resources.llm.generators import GeneratorsFileError, generators

    try:
        # what would make every step fail is better said once, before the first
        open_lake(config)
        paid = [name for name, generator in generators(config).items() if not generator.is_standin]
    except (LakeError, GeneratorsFileError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    if paid:
        console.print(
            f"{config.generators_file} names models that are not stand-ins ({', '.join(paid)}), and a demo should "
            "spend nothing. Run the demo apart: APIGEN_GENERATORS_FILE=none APIGEN_HOME=demo-data make demo. "
            "To use your models, materialise what you want in the UI: make ui.",
            style="red",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(2)

    from apigen_assets.cli import demo_steps as graph
    from apigen_assets.definitions import defs

    started = time.monotonic()
    failed: list[graph.Done] = []
    with dg.DagsterInstance.from_config(str(home)) as instance:
        sources = graph.register(instance, config)
        for phase in graph.phases(sources, training, config):
            steps = phase.steps(instance)
            if not steps:
                continue
            console.rule(f"[bold]{phase.title}", align="left")
            for number, done in enumerate(graph.run_steps(defs, instance, steps, config), 1):
                mark = "[red]failed[/red]" if done.error else "[green]ok[/green]"
                console.print(
                    f"  [{number}/{len(steps)}] {done.step.title:<44} {mark} {done.seconds:6.1f} s  ",
                    end="",
                    soft_wrap=True,
                )
                console.print(
                    done.error or done.text, style="red" if done.error else None, markup=False, soft_wrap=True
                )
                failed += [done] if done.error else []
    _report(console, time.monotonic() - started)
    if failed:
        console.print(f"[red]{len(failed)} steps failed[/red]; the Dagster UI shows their logs: make ui")
        raise typer.Exit(1)


def _report(console: Console, seconds: float) -> None:
    from apigen_assets.dataset.funnel import funnel
    from apigen_assets.orchestration.metadata import column_counts
    from resources.lake.lake import LakeError

    config = settings()
    from resources.lake.opening import open_lake

    lake = open_lake(config)
    table = Table(
        title="Candidates by generator (stand-ins: they show that the machine works, not how good a model is)"
    )
    for name in ("generator", "candidates", "failed format", "failed execution", "failed semantic", "verified", "pass"):
        table.add_column(name, justify="left" if name == "generator" else "right")
    for row in funnel(lake):
        counts = (row.candidates, row.failed_format, row.failed_execution, row.failed_semantic, row.verified)
        table.add_row(row.generator, *(f"{count:,}" for count in counts), f"{row.pass_rate:.1%}")
    console.print(table)
    try:
        rows = lake.scan("function_calling_dataset").collect()
    except LakeError as error:
        console.print(str(error))
        return
    import polars as pl

    composition = Table(title=f"The data set: {rows.height:,} rows")
    composition.add_column("style or kind")
    composition.add_column("rows", justify="right")
    for name, count in column_counts(rows.filter(pl.col("kind") == "call"), "style").items():
        composition.add_row(name, f"{count:,}")
    for name, count in column_counts(rows.filter(pl.col("kind") != "call"), "kind").items():
        composition.add_row(f"relevance: {name}", f"{count:,}")
    console.print(composition)
    console.print(f"Made in {seconds / 60:.1f} minutes.")
    console.print(f"  release   {(config.release_dir / 'function-calling-dataset').resolve()}", soft_wrap=True)
    console.print(f"  tables    {lake.root}   (make sql)", soft_wrap=True)
    console.print("  UI        make ui, then http://127.0.0.1:3000")
