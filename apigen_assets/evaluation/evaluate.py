"""One model, asked and scored: what the asset and the command line do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from apigen_assets.domain.chat import ChatModel
from apigen_assets.evaluation import official
from apigen_assets.evaluation.analysis import ScoreRow, score_rows
from apigen_assets.evaluation.categories import COUNTS, MULTI_TURN
from apigen_assets.evaluation.conversations import Conversation, Speaker, as_conversations, converse
from apigen_assets.evaluation.endpoint import Mode, answer_by_endpoint, form_of
from apigen_assets.evaluation.local import answer_locally, options_of
from apigen_assets.evaluation.questions import Question, as_questions, sample
from apigen_assets.evaluation.scores import Scores, score_answers
from apigen_assets.evaluation.speakers import CheckpointSpeaker, EndpointSpeaker
from resources.bfcl.environment import Environment
from resources.bfcl.questions import conversations, questions
from resources.bfcl.records import BfclAnswer

OnProgress = Callable[[int, int], None]

MAX_TOKENS = 512
"""Of an answer, where nothing else is said; the paper's limit."""

GROUPS = {"single_turn": tuple(COUNTS), "multi_turn": tuple(MULTI_TURN)}
"""Names that stand for several categories."""


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


@dataclass(frozen=True)
class Exam:
    """What a model is asked."""

    questions: list[Question]
    conversations: list[Conversation]
    sampled: bool

    @property
    def ids(self) -> dict[str, list[str]]:
        """The ids by category."""
        ids: dict[str, list[str]] = {}
        asked = [(question.category, question.id) for question in self.questions]
        asked += [(item.category, item.id) for item in self.conversations]
        for category, item_id in asked:
            ids.setdefault(category, []).append(item_id)
        return ids


def named_categories(names: Sequence[str] | None) -> list[str]:
    """The categories that names stand for, groups (`single_turn`, `multi_turn`) among them; all single-turn by default.

    Raises:
        ValueError: a name of neither.
    """
    chosen: dict[str, None] = {}
    for name in names or ["single_turn"]:
        if name not in GROUPS and name not in COUNTS and name not in MULTI_TURN:
            known = ", ".join([*GROUPS, *COUNTS, *MULTI_TURN])
            raise ValueError(f"{name!r} is not a category; there are {known}")
        chosen |= dict.fromkeys(GROUPS.get(name, (name,)))
    return list(chosen)


def exam(env: Environment, categories: Sequence[str] | None = None, per_category: int | None = None) -> Exam:
    """The questions and conversations to ask.

    Raises:
        ValueError: an unknown category.
        BfclEnvironmentError: the environment cannot be used, or lacks a package that conversations need.
    """
    names = named_categories(categories)
    single = [name for name in names if name in COUNTS]
    several = [name for name in names if name in MULTI_TURN]
    every = as_questions(questions(single, env)) if single else []
    dialogues = as_conversations(conversations(several, env)) if several else []
    if not per_category:
        return Exam(every, dialogues, False)
    chosen, held = sample(every, per_category), sample(dialogues, per_category)
    return Exam(chosen, held, len(chosen) + len(held) < len(every) + len(dialogues))


def evaluate_checkpoint(
    checkpoint: Path,
    folder: Path,
    env: Environment,
    *,
    categories: Sequence[str] | None = None,
    per_category: int | None = None,
    device: str | None = None,
    max_tokens: int | None = None,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Ask a local checkpoint, in the prompt style it was trained with, and score its answers.

    Args:
        checkpoint: a folder that transformers reads; with training.json, its prompt style and limits.
        folder: where answers are kept, so that an interrupted run goes on.
        env: the environment of the official checker.
        categories: official names or `GROUPS`; all 13 single-turn ones by default.
        per_category: at most so many questions per category; all by default.
        device: `cuda` or `cpu`; by default a GPU where there is one.
        max_tokens: how long an answer may be; by default as long as the checkpoint's recipe says, or 512.
        on_progress: called with questions answered and questions in all.

    Raises:
        CheckpointError: the folder is not a model that can answer.
        RunningElsewhereError: another process answers for the same checkpoint.
    """
    asked = exam(env, categories, per_category)
    limit = {"max_new_tokens": max_tokens} if max_tokens else {}
    options = options_of(checkpoint, device=device, **limit)
    answers = answer_locally(checkpoint, asked.questions, folder, options, on_progress) if asked.questions else []
    speaker = CheckpointSpeaker(checkpoint, folder, options)
    answers += _conversed(speaker, asked, env, on_progress)
    # A model of this project is asked with the names as they are.
    return _scored(asked, answers, "xlam", env, underscored=False, require_calls=False)


def evaluate_endpoint(
    model: ChatModel,
    generator: str,
    env: Environment,
    *,
    mode: Mode = Mode.NATIVE,
    categories: Sequence[str] | None = None,
    per_category: int | None = None,
    max_tokens: int | None = None,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Ask a model behind an endpoint of generators.yaml, and score its answers.

    Raises:
        AnswersFailedError: questions without an answer; they are listed, and never scored.
        EndpointError: the endpoint cannot be reached or refuses the key.
        OutputsError: no answer holds a call; the endpoint's tool parser or chat template may not be set up.
    """
    asked = exam(env, categories, per_category)
    limit = max_tokens or MAX_TOKENS
    answers = answer_by_endpoint(model, generator, asked.questions, mode, limit, on_progress)
    answers += _conversed(EndpointSpeaker(model, generator, mode, limit), asked, env, on_progress)
    return _scored(asked, answers, form_of(mode), env, underscored=mode is Mode.NATIVE, require_calls=True)


def _conversed(speaker: Speaker, asked: Exam, env: Environment, on_progress: OnProgress | None) -> list[BfclAnswer]:
    if not asked.conversations:
        return []
    return converse(speaker, asked.conversations, partial(official.proceed, env=env), on_progress)


def _scored(
    asked: Exam, answers: list[BfclAnswer], form: str, env: Environment, underscored: bool, require_calls: bool
) -> Evaluation:
    scores = score_answers(
        answers,
        form=form,
        underscore_to_dot=underscored,
        ids=asked.ids,
        env=env,
        require_calls=require_calls,
        asked_here=True,
    )
    return Evaluation(answers, scores, asked.sampled)
