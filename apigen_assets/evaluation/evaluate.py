"""One model, asked and scored: what the asset and the command line do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from apigen_assets.domain.chat import ChatModel
from apigen_assets.evaluation.analysis import ScoreRow, score_rows
from apigen_assets.evaluation.endpoint import Mode, answer_by_endpoint, form_of
from apigen_assets.evaluation.local import answer_locally, options_of
from apigen_assets.evaluation.questions import Question, as_questions, sample
from apigen_assets.evaluation.scores import Scores, score_answers
from resources.bfcl.environment import Environment
from resources.bfcl.questions import questions
from resources.bfcl.records import BfclAnswer


@dataclass(frozen=True)
class Evaluation:
    """Answers and scores of one model."""

    answers: list[BfclAnswer]
    scores: Scores
    sampled: bool
    """Only some questions of each category were asked, the same ones for every model."""

    def table(self, model: str, dataset: str, stand_in: bool = False) -> pl.DataFrame:
        """The rows of `bfcl_scores`; `stand_in`: the model was trained on rows of a stand-in."""
        return ScoreRow.frame(score_rows(self.scores, self.answers, model, dataset, self.sampled, stand_in))


def asked(
    env: Environment, categories: Sequence[str] | None = None, per_category: int | None = None
) -> tuple[list[Question], bool]:
    """The questions to ask, and whether they are a sample."""
    every = as_questions(questions(categories, env))
    chosen = sample(every, per_category) if per_category else every
    return chosen, len(chosen) < len(every)


def evaluate_checkpoint(
    checkpoint: Path,
    folder: Path,
    env: Environment,
    *,
    categories: Sequence[str] | None = None,
    per_category: int | None = None,
    device: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask a local checkpoint, in the prompt style it was trained with, and score its answers.

    Args:
        checkpoint: a folder that transformers reads; with training.json, its prompt style and limits.
        folder: where answers are kept, so that an interrupted run goes on.
        env: the environment of the official checker.
        categories: official names; all 13 single-turn ones by default.
        per_category: at most so many questions per category; all by default.
        device: `cuda` or `cpu`; by default a GPU where there is one.
        on_progress: called with questions answered and questions in all.

    Raises:
        CheckpointError: the folder is no model that can answer.
        RunningElsewhereError: another process answers for the same checkpoint.
    """
    chosen, sampled = asked(env, categories, per_category)
    answers = answer_locally(checkpoint, chosen, folder, options_of(checkpoint, device=device), on_progress)
    # A model of this project is asked with the names as they are.
    return _scored(chosen, answers, "xlam", sampled, env, underscored=False, require_calls=False)


def evaluate_endpoint(
    model: ChatModel,
    generator: str,
    env: Environment,
    *,
    mode: Mode = Mode.NATIVE,
    categories: Sequence[str] | None = None,
    per_category: int | None = None,
    max_tokens: int = 512,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask a model behind an endpoint of generators.yaml, and score its answers.

    Raises:
        AnswersFailedError: questions without an answer; they are listed, and never scored.
        EndpointError: the endpoint cannot be reached or refuses the key.
        OutputsError: no answer holds a call; the endpoint's tool parser or chat template may not be set up.
    """
    chosen, sampled = asked(env, categories, per_category)
    answers = answer_by_endpoint(model, generator, chosen, mode, max_tokens, on_progress)
    return _scored(chosen, answers, form_of(mode), sampled, env, underscored=mode is Mode.NATIVE, require_calls=True)


def _scored(
    chosen: Sequence[Question],
    answers: list[BfclAnswer],
    form: str,
    sampled: bool,
    env: Environment,
    underscored: bool,
    require_calls: bool,
) -> Evaluation:
    ids: dict[str, list[str]] = {}
    for one in chosen:
        ids.setdefault(one.category, []).append(one.id)
    scores = score_answers(
        answers,
        form=form,
        underscore_to_dot=underscored,
        ids=ids,
        env=env,
        require_calls=require_calls,
        asked_here=True,
    )
    return Evaluation(answers, scores, sampled)
