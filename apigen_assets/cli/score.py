"""`apigen score` and `apigen bfcl-install`: official scores for outputs that somebody already has."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.evaluation.answers import OutputsError, read
from apigen_assets.evaluation.categories import COUNTS, official_id, wilson
from apigen_assets.evaluation.scores import Scores, score_answers
from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.settings import settings
from resources.bfcl import environment as bfcl


class Form(StrEnum):
    """How answers are written."""

    AUTO = "auto"
    XLAM = "xlam"
    JSON = "json"
    OPENAI = "openai"
    HERMES = "hermes"
    PYTHON = "python"


class By(StrEnum):
    """What the printed table has a row for."""

    CATEGORY = "category"
    FIGURE = "figure"


def score(
    outputs: Annotated[
        Path, typer.Argument(help="Folder or file of model outputs: official result files, or JSON lines.")
    ],
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help='How the answers are written: xlam {"tool_calls": [...]}, json [{"name", "arguments"}], openai tool '
            "calls, hermes <tool_call> tags, python [f(a=1)]. auto: the one in which most answers hold a call.",
        ),
    ] = Form.AUTO,
    by: Annotated[By, typer.Option("--by", help="Rows of the printed table.")] = By.CATEGORY,
    out: Annotated[Path | None, typer.Option("--out", help="Write the full report here (JSON).")] = None,
    model_name: Annotated[
        str, typer.Option("--model-name", help="The leaderboard's name of the model, for its naming rule.")
    ] = "",
    underscore_to_dot: Annotated[
        bool | None,
        typer.Option(
            "--underscore-to-dot/--keep-dots",
            help="Function names were shown to the model with _ for a dot, or as they are. "
            "Default: the leaderboard's setting for --model-name, else what the answers show.",
        ),
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option("--ids", help="A file with one id per line: only these questions were asked."),
    ] = None,
) -> None:
    """Score model outputs with the official BFCL checker, single-turn categories.

    Every question of each category found needs exactly one answer. Exit status: 0 scored, 1 the outputs cannot be
    scored, 3 the checker's environment cannot be made or used.
    """
    try:
        found = read(outputs)
        ids = _sample(sample) if sample else None
        name = model_name or found.model_folder
        scores = score_answers(
            found.answers, form=form.value, model_name=name, underscore_to_dot=underscore_to_dot, ids=ids
        )
    except (OutputsError, bfcl.IncompleteAnswersError) as error:
        typer.secho(f"Not scored: {error}", err=True, fg=typer.colors.RED)
        if isinstance(error, bfcl.IncompleteAnswersError):
            typer.echo(
                "A file of another data version, or an unfinished run? A sample is scored with --ids FILE.", err=True
            )
        raise typer.Exit(1) from None
    except bfcl.BfclEnvironmentError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(3) from None
    report = scores.report()
    if out is not None:
        write_report(out, report)
    show(scores, by, sampled=ids is not None)
    for line in [*found.skipped, *scores.warnings]:
        typer.secho(f"Note: {line}", err=True)
    if out is not None:
        typer.echo(f"Report: {out}")


def bfcl_install() -> None:
    """Make the small environment for the BFCL checker (46 MB from the package index), or say that it is there."""
    try:
        env = bfcl.environment()
    except bfcl.BfclEnvironmentError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(3) from None
    origin = "APIGEN_BFCL_PYTHON" if settings().bfcl_python else "made by this command"
    typer.echo(
        f"{env.python} ({origin}): bfcl-eval {env.versions['bfcl_eval']}, Python {env.versions['python']}, "
        f"{sum(env.counts.values()):,} single-turn questions"
    )


def _sample(path: Path) -> dict[str, list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(f"cannot read the ids in {path}: {error}") from None
    ids: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        known = official_id(line)
        if known is None:
            raise OutputsError(f"{path}: {line!r} is not the id of a single-turn question")
        ids.setdefault(known[0], []).append(known[1])
    if not ids:
        raise OutputsError(f"{path} holds no ids, one a line")
    return ids


def write_report(path: Path, report: JsonMapping) -> None:
    """Write a report as JSON, whole or not at all."""
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def show(scores: Scores, by: By, sampled: bool) -> None:
    """Print the table of categories or figures, with counts, 95 % intervals and versions."""
    rows: list[tuple[str, str, float, float | None, float | None, str]] = []
    if by is By.CATEGORY:
        for name, tally in scores.tallies.items():
            low: float | None
            high: float | None
            low, high = wilson(tally.correct, tally.total)
            if not scores.means_something(name):
                low = high = None
            part = "" if tally.total == COUNTS[name] else f"sample of {COUNTS[name]}"
            rows.append((name, f"{tally.correct}/{tally.total}", tally.accuracy, low, high, part))
        rows += [(one.name, f"n={one.items}", one.accuracy, one.low, one.high, "") for one in scores.figures]
    else:
        rows += [(one.name, f"n={one.items}", one.accuracy, one.low, one.high, one.formula) for one in scores.figures]
    width = max([len(row[0]) for row in rows], default=0)
    for name, counts, accuracy, low, high, note in rows:
        if low is None or high is None:
            typer.echo(f"{name:<{width}}  {counts:>9}  says nothing: no answer holds a call")
            continue
        interval = f"[{100 * low:6.2f}, {100 * high:6.2f}]"
        typer.echo(f"{name:<{width}}  {counts:>9}  {100 * accuracy:6.2f} %  {interval}  {note}".rstrip())
    if not scores.figures:
        why = "they need categories that are not there"
        if sampled:
            why = "a sample was scored"
        elif not any(scores.settings["readable"].values()):
            why = "no answer holds a call"
        typer.echo(f"No figures over several categories: {why}.")
    settings_ = scores.settings
    typer.echo(
        f"bfcl-eval {scores.versions['bfcl_eval']}, data {scores.versions['data']} "
        f"({scores.versions['data_sha256']}); answers read as {settings_['form']}; function names with "
        f"{'_ for .' if settings_['underscore_to_dot'] else 'their dots'} ({settings_['underscore_reason']})"
    )
