"""`apigen evaluate`: ask a model the leaderboard's questions, keep its answers, score them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from apigen_assets.cli.score import By, show, write_report
from apigen_assets.evaluation.endpoint import AnswersFailedError, Mode
from apigen_assets.files.atomic import write_text
from apigen_assets.settings import settings
from resources.bfcl.environment import environment
from resources.bfcl.process import BfclEnvironmentError
from resources.bfcl.records import BfclAnswer


def evaluate(
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A folder that transformers reads; run on this machine.")
    ] = None,
    generator: Annotated[
        str, typer.Option("--generator", help="A model of generators.yaml: any OpenAI-compatible endpoint.")
    ] = "",
    mode: Annotated[
        Mode, typer.Option("--mode", help="For an endpoint: native tool calls, or the tools in the prompt.")
    ] = Mode.NATIVE,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for answers.jsonl and scores.json; an interrupted run goes on.")
    ] = Path("evaluation"),
    category: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            help="Official category, or single_turn (all 13, the default), multi_turn (all 4); repeat for several.",
        ),
    ] = None,
    per_category: Annotated[
        int | None, typer.Option("--per-category", min=1, help="Ask at most so many questions per category.")
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens",
            min=1,
            help="Tokens an answer may have; default 512, or what the checkpoint was trained with.",
        ),
    ] = None,
    device: Annotated[str | None, typer.Option("--device", help="For a checkpoint: cuda or cpu.")] = None,
) -> None:
    """Score a checkpoint or an endpoint on BFCL's single- and multi-turn categories, with the official checker.

    Exit status: 0 scored, 1 the model could not be asked or gave nothing to score, 3 the checker's environment
    cannot be made or used.
    """
    if (checkpoint is None) == (not generator):
        raise typer.BadParameter("name one model: either --checkpoint FOLDER or --generator NAME")
    from apigen_assets.domain.chat import BudgetError, EndpointError
    from apigen_assets.evaluation.evaluate import evaluate_checkpoint, evaluate_endpoint
    from apigen_assets.evaluation.local import CheckpointError
    from apigen_assets.evaluation.output_entries import OutputsError
    from apigen_assets.evaluation.store import RunningElsewhereError
    from resources.llm.client import ChatClient
    from resources.llm.generators import (
        GeneratorsFileError,
        MissingKeyError,
        UnknownGeneratorError,
        generators,
    )

    try:
        env = environment()
        _say_size(category, per_category)
        if checkpoint is not None:
            evaluation = evaluate_checkpoint(
                checkpoint,
                out,
                env,
                categories=category,
                per_category=per_category,
                device=device,
                max_tokens=max_tokens,
                on_progress=_progress(),
            )
        else:
            with ChatClient(generators(), settings().journal_dir) as client:
                evaluation = evaluate_endpoint(
                    client,
                    generator,
                    env,
                    mode=mode,
                    categories=category,
                    per_category=per_category,
                    max_tokens=max_tokens,
                    on_progress=_progress(),
                )
    except BfclEnvironmentError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(3) from None
    except (
        OutputsError, CheckpointError, RunningElsewhereError, AnswersFailedError, BudgetError, EndpointError,
        UnknownGeneratorError, GeneratorsFileError, MissingKeyError, ValueError,
    ) as error:  # fmt: skip
        typer.secho(f"Not scored: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from None
    write_report(out / "scores.json", evaluation.scores.report())
    _write_answers(out / "answers.jsonl", evaluation.answers)
    show(evaluation.scores, By.CATEGORY, sampled=evaluation.sampled)
    for line in evaluation.scores.warnings:
        typer.secho(f"Note: {line}", err=True)
    typer.echo(f"Report: {out / 'scores.json'}; answers: {out / 'answers.jsonl'}")


def _write_answers(path: Path, answers: list[BfclAnswer]) -> None:
    """The answers as scored, in the form that `apigen score` reads."""
    lines = []
    for answer in answers:
        what = {"failure": answer.failure, "detail": answer.detail} if answer.failure else {"result": answer.answer}
        lines.append(json.dumps({"id": answer.id, "category": answer.category, **what}) + "\n")
    write_text(path, "".join(lines))


def _say_size(category: list[str] | None, per_category: int | None) -> None:
    """Say what conversations will take, before anything is asked."""
    from apigen_assets.evaluation.categories import MULTI_TURN
    from apigen_assets.evaluation.conversations import (
        ANSWER_TOKENS_PER_ITEM,
        PROMPT_TOKENS_PER_ITEM,
        REQUESTS_PER_ITEM,
    )
    from apigen_assets.evaluation.evaluate import named_categories

    counts = [MULTI_TURN[name] for name in named_categories(category) if name in MULTI_TURN]
    items = sum(min(count, per_category or count) for count in counts)
    if items:
        typer.echo(
            f"{items} conversations: about {items * REQUESTS_PER_ITEM:,} requests, "
            f"{items * PROMPT_TOKENS_PER_ITEM / 1e6:.1f} million prompt tokens (mostly a prefix asked before) and "
            f"{items * ANSWER_TOKENS_PER_ITEM / 1e6:.2f} million answer tokens",
            err=True,
        )


def _progress() -> Callable[[int, int], None]:
    last_shown = -1

    def tell(done: int, total: int) -> None:
        nonlocal last_shown
        percent = 100 * done // max(1, total)
        if percent >= last_shown + 5:
            last_shown = percent
            typer.echo(f"{done} of {total} questions answered", err=True)

    return tell
