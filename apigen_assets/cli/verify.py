"""`apigen verify`: audit a data set of function calls that was made anywhere."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apigen_assets.domain.api import Api
from apigen_assets.domain.chat import ChatModel
from apigen_assets.files.atomic import whole_file
from apigen_assets.files.excerpt import counted
from apigen_assets.settings import settings
from apigen_assets.verification.audit.audit import Functions, Funnel, audit_rows
from apigen_assets.verification.audit.explain import explain, find_row
from apigen_assets.verification.audit.read_rows import UnusableInputError, read_rows
from apigen_assets.verification.audit.tool_findings import ToolReport
from apigen_assets.verification.grounding.strength import rejects
from apigen_assets.verification.stages.judge import JudgeOptions
from apigen_assets.verification.stages.options import judge_options

if TYPE_CHECKING:
    from resources.executors import Executors


def verify(
    rows: Annotated[
        Path, typer.Argument(help="Rows in xLAM or OpenAI format: JSON, JSON Lines or Parquet, gzipped or not.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where one verdict per row goes (JSON Lines).")
    ] = None,
    functions: Annotated[
        list[Path] | None,
        typer.Option("--functions", "-f", help="Python module or folder with the functions to call; may be repeated."),
    ] = None,
    catalog: Annotated[
        list[Path] | None,
        typer.Option("--catalog", "-c", help="API catalog: apis.jsonl of `apigen import`, or a Parquet table."),
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", "-j", help="Generator that also judges; may be repeated.")
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Keep rows whose answer is an empty list: no offered tool fits.")
    ] = False,
    explain_id: Annotated[
        str | None,
        typer.Option("--explain", help="Print one row with every argument's evidence; the row's id, else its number."),
    ] = None,
    undecided: Annotated[
        str | None,
        typer.Option("--undecided", help="Rows with open questions and no judge: keep or drop (APIGEN_UNDECIDED)."),
    ] = None,
) -> None:
    """Check every row's format, call its functions where they are given, trace its arguments to the query.

    Defects of the tool definitions themselves are counted too.

    A row with open questions is undecided, and counted apart; a judge settles it. Every verdict lists the findings.

    Nothing of ROWS is run but the functions you give, in the sandbox. Exit status: 0 all rows kept, 1 some
    rejected, 2 the input cannot be used.
    """
    if explain_id is not None:
        raise typer.Exit(_explain(rows, explain_id))
    if out is None:
        typer.echo(
            "apigen verify: say where the verdicts go (--out FILE), or explain one row (--explain ID)",
            err=True,
        )
        raise typer.Exit(2)
    if undecided not in (None, "keep", "drop"):
        typer.echo(f"apigen verify: --undecided is keep or drop, not {undecided!r}", err=True)
        raise typer.Exit(2)
    try:
        known = Functions([*_from_modules(functions or []), *_from_catalogs(catalog or [])])
        options = judge_options(settings(), undecided)
        funnel = _run(rows, out, known, judge or [], allow_empty, options)
    except UnusableInputError as error:
        typer.echo(f"apigen verify: {error}", err=True)
        raise typer.Exit(2) from None
    _report(funnel, out)
    raise typer.Exit(0 if funnel.kept == funnel.rows else 1)


def _run(
    rows: Path, out: Path, known: Functions, judges: list[str], allow_empty: bool, options: JudgeOptions
) -> Funnel:
    funnel = Funnel()
    with ExitStack() as stack:
        executor = stack.enter_context(_executors(known)) if known.bindings else None
        chat = _chat(stack, judges) if judges else None
        try:
            with whole_file(out) as file:
                verdicts = audit_rows(read_rows(rows), known, executor, chat, judges, funnel, allow_empty, options)
                for verdict in verdicts:
                    file.write(json.dumps(verdict, ensure_ascii=False) + "\n")
        except OSError as error:
            raise UnusableInputError(f"cannot write {out}: {error.strerror or error}") from None
    return funnel


def _executors(known: Functions) -> "AbstractContextManager[Executors]":
    from resources.executors import ExecutorsResource
    from resources.mcp.resource import McpResource
    from resources.python.resource import SandboxResource
    from resources.rest.resource import RestResource

    config = settings()
    kinds = {binding.kind for binding in known.bindings.values()}
    return ExecutorsResource(
        python=SandboxResource.from_settings(config),
        rest=RestResource.from_settings(config) if "rest" in kinds else None,
        mcp=McpResource.from_settings(config) if "mcp" in kinds else None,
    ).open()


def _chat(stack: ExitStack, judges: list[str]) -> ChatModel:
    from resources.llm.generators import UnknownGeneratorError, find_generator
    from resources.llm.resource import LlmResource

    try:
        for name in judges:
            find_generator(name)
    except (UnknownGeneratorError, ValueError) as error:
        raise UnusableInputError(str(error)) from None
    llm = LlmResource.from_settings(settings()).model_copy(update={"max_wait_s": settings().judge_wait_s})
    stack.callback(llm.close)
    return llm


def _from_modules(paths: list[Path]) -> Iterator[Api]:
    from apigen_assets.catalog.importers.imported import SourceError
    from apigen_assets.catalog.importers.python_modules import import_python_path

    for path in paths:
        if not path.exists():
            raise UnusableInputError(f"{path}: no such module or folder")
        try:
            imported = import_python_path(path, "verify")
        except SourceError as error:
            raise UnusableInputError(f"{path}: {error}") from None
        if not imported.apis:
            why = f" ({imported.rejects[0].reason}: {imported.rejects[0].detail})" if imported.rejects else ""
            raise UnusableInputError(f"{path}: no function found that can be called{why}")
        yield from imported.apis


def _from_catalogs(paths: list[Path]) -> Iterator[Api]:
    import polars as pl
    from pydantic import ValidationError

    for path in paths:
        try:
            if path.suffix == ".parquet":
                for row in pl.read_parquet(path).iter_rows(named=True):
                    yield Api.from_row(row)
            else:
                with path.open(encoding="utf-8") as file:
                    for line in file:
                        if line.strip():
                            yield Api.model_validate_json(line)
        except (OSError, ValidationError, pl.exceptions.PolarsError) as error:
            raise UnusableInputError(f"{path}: not an API catalog: {str(error)[:300]}") from None


def _report(funnel: Funnel, out: Path) -> None:
    console = Console()
    rejected = {
        stage: sum(count for (of, _), count in funnel.reasons.items() if of == stage)
        for stage in ("format", "execution", "semantic")
    }
    console.print(
        f"\n{counted(funnel.rows, 'row')}, {funnel.executed} executed, {funnel.kept} kept, "
        f"{funnel.undecided} undecided; verdicts in {out}"
    )
    steps = Table(title="Funnel")
    for name in ("stage", "in", "rejected", "passed"):
        steps.add_column(name, justify="left" if name == "stage" else "right")
    left = funnel.rows
    for stage, count in rejected.items():
        steps.add_row(stage, str(left), str(count), str(left - count))
        left -= count
    console.print(steps)
    _report_reasons(console, funnel)
    _report_questions(console, funnel)
    _report_tools(console, funnel.tools)


def _report_reasons(console: Console, funnel: Funnel) -> None:
    if not funnel.reasons:
        return
    defects = Table(title="Defects")
    for name in ("stage", "reason", "rows", "for example"):
        defects.add_column(name, justify="right" if name == "rows" else "left", overflow="fold")
    for (stage, reason), count in sorted(funnel.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        identity, detail = funnel.examples[stage, reason][0]
        defects.add_row(stage, reason, str(count), f"row {identity}: {detail}"[:160])
    console.print(defects)


def _report_questions(console: Console, funnel: Funnel) -> None:
    for control in funnel.controls:
        console.print(control.says, markup=False)
    if not funnel.questions:
        return
    table = Table(title="Open questions, which do not reject by themselves")
    table.add_column("rule")
    table.add_column("rows", justify="right")
    for rule, count in sorted(funnel.questions.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(rule, str(count))
    console.print(table)


def _explain(rows: Path, identity: str) -> int:
    """Print one row's evidence; the exit status."""
    console = Console()
    try:
        row = find_row(read_rows(rows), identity)
    except UnusableInputError as error:
        typer.echo(f"apigen verify: {error}", err=True)
        return 2
    if row is None:
        typer.echo(f"apigen verify: {rows} has no row {identity}; a row without an id goes by its number", err=True)
        return 2
    explanation = explain(row)
    console.print(f"Query: {row.query}", markup=False)
    if explanation.grounding is None:
        console.print(f"Not traced: {explanation.problem}", markup=False)
        return 1
    grounding = explanation.grounding
    if not grounding.english:
        console.print("The query is not English: only digits, quotations and codes are compared.")
    for place, value in explanation.values.items():
        console.print(f"{place} = {value}", markup=False)
    table = Table(title=f"Where the values come from: {grounding.status.value}")
    for name in ("place", "status", "why"):
        table.add_column(name, overflow="fold")
    for place, status, why in grounding.arguments:
        table.add_row(escape(place), status.value, escape(why))
    console.print(table)
    for finding in grounding.findings:
        effect = "rejects" if rejects(finding.rule) else "asks"
        console.print(f"{effect} ({finding.rule.value}): {finding.detail}", markup=False)
    return 1 if grounding.rejection else 0


def _report_tools(console: Console, report: ToolReport) -> None:
    if not report.rows_affected:
        return
    table = Table(title=f"Tool definitions: {report.rows_affected} rows with a defect")
    for name in ("defect", "rows", "places", "for example"):
        table.add_column(name, justify="right" if name in ("rows", "places") else "left", overflow="fold")
    for defect, rows in sorted(report.rows.items(), key=lambda pair: (-pair[1], pair[0])):
        identity, place = report.examples[defect]
        table.add_row(defect.value, str(rows), str(report.places[defect]), f"row {identity}: {place}"[:160])
    console.print(table)
