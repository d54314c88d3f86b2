"""`apigen score` and `apigen bfcl-install`: official scores for outputs that somebody already has."""

import difflib
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.evaluation.answers import Failures, read
from apigen_assets.evaluation.categories import ALL_COUNTS, official_id, wilson
from apigen_assets.evaluation.decoding import FORMS
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.scores import Scores, score_answers
from apigen_assets.files.atomic import write_text
from apigen_assets.files.json_types import JsonMapping
from apigen_assets.settings import settings
from resources.bfcl.environment import environment
from resources.bfcl.process import BfclEnvironmentError
from resources.bfcl.records import BfclAnswer, IncompleteAnswersError

AUTO = "auto"


class By(StrEnum):
    """What the printed table has a row for."""

    CATEGORY = "category"
    FIGURE = "figure"


def score(
    outputs: Annotated[
        Path, typer.Argument(help="Folder or file of model outputs: official result files, or JSON lines.")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help='How the answers are written, such as xlam {"tool_calls": [...]}, json [{"name", "arguments"}], '
            "openai tool calls, hermes <tool_call> tags, python [f(a=1)], llama (docs/bfcl.md has them all). auto: the "
            "leaderboard's own for a model that it knows, else the one in which most answers hold a call.",
        ),
    ] = AUTO,
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
    failures: Annotated[
        Failures,
        typer.Option("--failures", help="Entries that hold an endpoint's error: refuse the run, or count them wrong."),
    ] = Failures.REFUSE,
    allow_unreadable: Annotated[
        bool,
        typer.Option("--allow-unreadable", help="Score even where most answers cannot be read; without irrelevance."),
    ] = False,
) -> None:
    """Score model outputs with the official BFCL checker, single- and multi-turn categories.

    Every question of each category found needs exactly one answer. Exit status: 0 scored, 1 the outputs cannot be
    scored, 3 the checker's environment cannot be made or used.
    """
    _check_options(form, out)
    try:
        submission = read(outputs, failures)
        ids = _sample(sample) if sample else None
        answers, left_out = _of_sample(submission.answers, ids)
        scores = score_answers(
            answers,
            form=form,
            model_name=model_name or submission.model_folder,
            underscore_to_dot=underscore_to_dot,
            ids=ids,
            allow_unreadable=allow_unreadable,
        )
    except (OutputsError, IncompleteAnswersError) as error:
        typer.secho(f"Not scored: {error}", err=True, fg=typer.colors.RED)
        if isinstance(error, IncompleteAnswersError):
            typer.echo(
                "A file of another data version, or an unfinished run? A sample is scored with --ids FILE.", err=True
            )
        raise typer.Exit(1) from None
    except BfclEnvironmentError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(3) from None
    report = scores.report()
    if out is not None:
        write_report(out, report)
    show(scores, by, sampled=ids is not None)
    for line in [*submission.skipped, *left_out, *scores.warnings]:
        typer.secho(f"Note: {line}", err=True)
    if out is not None:
        typer.echo(f"Report: {out}")


def bfcl_install() -> None:
    """Make the small environment for the BFCL checker (51 MB from the package index), or say that it is there."""
    try:
        env = environment()
    except BfclEnvironmentError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(3) from None
    origin = "APIGEN_BFCL_PYTHON" if settings().bfcl_python else "made by this command"
    typer.echo(
        f"{env.python} ({origin}): bfcl-eval {env.versions['bfcl_eval']}, Python {env.versions['python']}, "
        f"{sum(env.counts.values()):,} single-turn questions, {sum(env.multi_turn.values()):,} multi-turn items"
    )


def _check_options(form: str, out: Path | None) -> None:
    """Say what is wrong with the options before anything is read or scored."""
    if form != AUTO and form not in FORMS:
        near = difflib.get_close_matches(form.lower(), [AUTO, *FORMS], 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise typer.BadParameter(f"--format {form!r} is not a known form{hint} There are {AUTO}, {', '.join(FORMS)}.")
    if out is not None and out.is_dir():
        raise typer.BadParameter(f"--out {out} is a folder; name a file, such as {out / 'scores.json'}")


def _sample(path: Path) -> dict[str, list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(f"cannot read the ids in {path}: {error}") from None
    ids: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        known = official_id(line)
        if known is None:
            raise OutputsError(f"{path}: {line!r} is not the id of a question on the board")
        ids.setdefault(known[0], []).append(known[1])
    if not ids:
        raise OutputsError(f"{path} holds no ids, one a line")
    return ids


def _of_sample(answers: list[BfclAnswer], ids: Mapping[str, list[str]] | None) -> tuple[list[BfclAnswer], list[str]]:
    """The answers to the questions of a sample, and a note on those left out; all where there is no sample."""
    if ids is None:
        return answers, []
    asked = {entry_id for these in ids.values() for entry_id in these}
    kept = [answer for answer in answers if answer.id in asked]
    if len(kept) == len(answers):
        return answers, []
    return kept, [f"{len(answers) - len(kept)} answers to questions outside the sample were left out"]


def write_report(path: Path, report: JsonMapping) -> None:
    """Write a report as JSON, whole or not at all."""
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def show(scores: Scores, by: By, sampled: bool) -> None:
    """Print the table of categories or figures, with counts, 95 % intervals and versions."""
    rows: list[tuple[str, str, str]] = []
    if by is By.CATEGORY:
        for name, tally in scores.tallies.items():
            counts = f"{tally.correct}/{tally.total}"
            if name in scores.withheld:
                rows.append((name, counts, f"says nothing: {scores.withheld[name]}"))
                continue
            low, high = wilson(tally.correct, tally.total)
            part = "" if tally.total == ALL_COUNTS[name] else f"sample of {ALL_COUNTS[name]}"
            rows.append((name, counts, _interval(tally.accuracy, low, high, part)))
    for figure in scores.figures:
        note = figure.formula if by is By.FIGURE else ""
        rows.append((figure.name, f"n={figure.items}", _interval(figure.accuracy, figure.low, figure.high, note)))
    width = max([len(row[0]) for row in rows], default=0)
    for name, counts, rest in rows:
        typer.echo(f"{name:<{width}}  {counts:>9}  {rest}".rstrip())
    if scores.refusals:
        vacuous = "" if scores.refusals["calls"] else "; it says nothing, since nothing was called in any other turn"
        typer.echo(
            f"Refusal turns of multi-turn, which the official checker does not judge: nothing called in "
            f"{scores.refusals['kept']} of {scores.refusals['turns']}{vacuous}"
        )
    if not scores.figures:
        typer.echo(f"No figures over several categories: {_why_none(scores, sampled)}.")
    settings_ = scores.settings
    thinking = ", after its thoughts" if settings_["thinking_cut"] else ""
    typer.echo(
        f"bfcl-eval {scores.versions['bfcl_eval']}, data {scores.versions['data']} "
        f"({scores.versions['data_sha256']}); answers read as {settings_['form']}{thinking}; function names with "
        f"{'_ for .' if settings_['underscore_to_dot'] else 'their dots'} ({settings_['underscore_reason']})"
    )


def _interval(accuracy: float, low: float, high: float, note: str) -> str:
    return f"{100 * accuracy:6.2f} %  [{100 * low:6.2f}, {100 * high:6.2f}]  {note}"


def _why_none(scores: Scores, sampled: bool) -> str:
    if sampled:
        return "a sample was scored"
    if not any(scores.settings["readable"].values()):
        return "no answer holds a call"
    return "they need categories that are not there or say nothing"
