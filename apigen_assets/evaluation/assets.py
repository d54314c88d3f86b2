"""Assets of the evaluation: BFCL scores by model and data set, and the leaderboard. Never automatic."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl

from apigen_assets.domain.chat import EndpointError
from apigen_assets.evaluation.analysis import ErrorKind, examples, kinds_by_category
from apigen_assets.evaluation.board import STAND_IN, board_figure, board_markdown, deltas, leaderboard
from apigen_assets.evaluation.categories import ALL_COUNTS, wilson
from apigen_assets.evaluation.endpoint import AnswersFailedError, Mode
from apigen_assets.evaluation.evaluate import Evaluation, evaluate_checkpoint, evaluate_endpoint
from apigen_assets.evaluation.local import CheckpointError, trained_on_stand_in
from apigen_assets.evaluation.output_entries import OutputsError
from apigen_assets.evaluation.published import FOOTNOTE
from apigen_assets.evaluation.scores import Scores
from apigen_assets.evaluation.store import RunningElsewhereError
from apigen_assets.files.markdown import grid
from apigen_assets.orchestration.config import RunConfig
from apigen_assets.orchestration.metadata import bar_plot, figure, samples
from apigen_assets.orchestration.retries import again_or_stop
from apigen_assets.orchestration.shaping import shaped_by
from apigen_assets.partitions import ALL_THAT_EXISTS, ModelPartition, model_by_dataset
from apigen_assets.settings import Settings
from resources.bfcl.environment import Environment
from resources.bfcl.process import BfclEnvironmentError
from resources.bfcl.resource import BfclResource
from resources.llm.resource import LlmResource


class BfclConfig(RunConfig):
    """How one model is asked."""

    per_category: int | None = None
    """At most so many questions per category, the same ones every time; null: APIGEN_BFCL_PER_CATEGORY, or all."""
    generator: str = ""
    """A generator of generators.yaml that serves this checkpoint; empty: the checkpoint is run here."""
    mode: Mode = Mode.NATIVE
    """For a served model: native tool calls, or the tools in the prompt."""
    multi_turn: bool = False
    """Hold the 800 conversations of multi-turn as well: about 12 requests and 36,000 prompt tokens each."""


@dg.asset(
    io_manager_key="lake",
    group_name="evaluation",
    kinds={"polars", "transformers"},
    code_version="1",
    partitions_def=model_by_dataset,
    metadata=shaped_by("bfcl_per_category"),
    deps=["xlam_checkpoints"],
    pool="gpu",
)
def bfcl_scores(
    context: dg.AssetExecutionContext,
    config: BfclConfig,
    llm: LlmResource,
    bfcl: BfclResource,
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult[pl.DataFrame]:
    """Every BFCL question asked (conversations too, if told) with the model's answer and the official verdict."""
    model, dataset = ModelPartition.of(context)
    checkpoint = settings.checkpoints_dir / model / dataset
    try:
        evaluation = _evaluated(context, config, settings, llm, bfcl.environment(), checkpoint)
    except (CheckpointError, OutputsError, BfclEnvironmentError) as error:
        raise again_or_stop(error, may_pass=False) from error
    except (AnswersFailedError, RunningElsewhereError, EndpointError) as error:
        raise again_or_stop(error, may_pass=True) from error
    stand_in = trained_on_stand_in(checkpoint)
    table = evaluation.table(model, dataset, stand_in)
    return dg.MaterializeResult(value=table, metadata=_metadata(evaluation, table, stand_in))


def _evaluated(
    context: dg.AssetExecutionContext,
    config: BfclConfig,
    settings: Settings,
    llm: LlmResource,
    env: Environment,
    checkpoint: Path,
) -> Evaluation:
    per_category = config.per_category or settings.bfcl_per_category

    categories = ["single_turn", "multi_turn"] if config.multi_turn else ["single_turn"]

    def progress(done: int, total: int) -> None:
        context.log.info(f"{done} of {total} questions answered")

    if config.generator:
        return evaluate_endpoint(
            llm,
            config.generator,
            env,
            mode=config.mode,
            categories=categories,
            per_category=per_category,
            on_progress=_seldom(progress),
        )
    folder = settings.home / "evaluation" / Path(*checkpoint.parts[-2:])
    return evaluate_checkpoint(
        checkpoint, folder, env, categories=categories, per_category=per_category, on_progress=_seldom(progress)
    )


@dg.asset(
    name="leaderboard",
    io_manager_key="lake",
    group_name="evaluation",
    kinds={"polars"},
    code_version="1",
    ins={"bfcl_scores": dg.AssetIn(metadata=ALL_THAT_EXISTS)},
)
def leaderboard_asset(bfcl_scores: pl.DataFrame) -> dg.MaterializeResult[pl.DataFrame]:
    """The models trained here beside the paper's and its boards', each figure with source, version and interval."""
    board = leaderboard(bfcl_scores)
    changes = deltas(board)
    sampled = bool(bfcl_scores["sampled"].any()) if bfcl_scores.height else False
    metadata = {
        "models": dg.MetadataValue.int(bfcl_scores.select("model", "dataset").n_unique()),
        "board": dg.MetadataValue.md(f"{board_markdown(board)}\n\n{FOOTNOTE}"),
        "plot": figure(board_figure(board), "leaderboard"),
        "ablation": dg.MetadataValue.md(_markdown(changes) if changes.height else "*no ablation data set scored yet*"),
    }
    if sampled:
        metadata["note"] = dg.MetadataValue.text(
            "some models were asked a sample of the questions: no figures for them"
        )
    return dg.MaterializeResult(value=board, metadata=metadata)


def _metadata(evaluation: Evaluation, table: pl.DataFrame, stand_in: bool) -> dict[str, dg.MetadataValue]:
    scores = evaluation.scores
    kinds = kinds_by_category(table)
    names = [str(kind.value) for kind in ErrorKind if kind.value in kinds.columns]
    stacks: dict[str, dict[str, float]] = {
        row["category"]: {name: row[name] for name in names} for row in kinds.iter_rows(named=True)
    }
    metadata = {
        "questions": dg.MetadataValue.int(table.height),
        "correct": dg.MetadataValue.int(int(table["valid"].sum())),
        "accuracy": dg.MetadataValue.float(round(int(table["valid"].sum()) / max(1, table.height), 4)),
        "sample": dg.MetadataValue.bool(evaluation.sampled),
        "scores": dg.MetadataValue.md(f"*{STAND_IN}*\n\n" * stand_in + scores_markdown(scores)),
        "errors": dg.MetadataValue.md(_markdown(kinds)),
        "examples": samples(examples(table), ["kind", "id", "error", "answer"], rows=12, width=300),
        "versions": dg.MetadataValue.json({**scores.versions, **scores.settings}),
    }
    if names:
        metadata["errors_plot"] = bar_plot({}, "wrong answers by kind", "questions", stacks)
    if scores.warnings:
        metadata["warnings"] = dg.MetadataValue.md("\n".join(f"* {warning}" for warning in scores.warnings))
    return metadata


def scores_markdown(scores: Scores) -> str:
    """A table in markdown: categories and figures with counts and 95 % intervals."""
    rows: list[tuple[str, str, str, str]] = []
    for name, tally in scores.tallies.items():
        if not scores.means_something(name):
            rows.append((name, "–", "–", f"says nothing: {scores.withheld[name]}"))
            continue
        low, high = wilson(tally.correct, tally.total)
        of = "" if tally.total == ALL_COUNTS[name] else f" (sample of {ALL_COUNTS[name]})"
        interval = f"{low:.1%} to {high:.1%}"
        rows.append((name, f"{tally.correct} / {tally.total}{of}", f"{tally.accuracy:.2%}", interval))
    rows += [
        (f"**{total.name}**", f"n = {total.items}", f"{total.accuracy:.2%}", f"{total.low:.1%} to {total.high:.1%}")
        for total in scores.figures
    ]
    return grid(("category", "correct", "accuracy", "95 % interval"), rows)


def _markdown(frame: pl.DataFrame) -> str:
    def cell(value: object) -> str:
        return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)

    return grid(frame.columns, (list(map(cell, row)) for row in frame.iter_rows()))


def _seldom(tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Tell at every tenth of the way only."""
    told = 0

    def maybe(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // max(1, total)
        if tenth > told:
            told = tenth
            tell(done, total)

    return maybe
