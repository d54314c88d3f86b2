"""Answers of a model behind an OpenAI-compatible endpoint: journalled, so that nothing is asked or paid for twice."""

import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from apigen_assets.domain.chat import ChatModel, ChatRequest, Completion
from apigen_assets.evaluation.questions import Question, normalised, underscored
from apigen_assets.tool_formats.openai_tool import openai_tool
from apigen_assets.training.prompt_format import PromptStyle, render
from resources.bfcl.records import BfclAnswer

TEMPERATURE = 0.001
"""As the leaderboard's runs are made; close to greedy."""


class Mode(StrEnum):
    """How the tools reach the model."""

    NATIVE = "native"
    """As `tools` of the request, answered by tool calls; names with `_` for dots, which the API allows."""
    PROMPT = "prompt"
    """In the text of the prompt (xLAM's format), answered by text."""


class AnswersFailedError(RuntimeError):
    """The endpoint failed on questions; what it answered is journalled, and a new run asks only for the rest."""


_TOO_LONG = re.compile(
    r"context[_ ]length|maximum context|context window|too many tokens|max_model_len|maximum model length|"
    r"(prompt|input|request) (is )?too (long|large)|longer than the (model|maximum)|reduce the length",
    re.IGNORECASE,
)


def form_of(mode: Mode) -> str:
    """The form in which the answers of a mode are scored."""
    return "openai" if mode is Mode.NATIVE else "xlam"


def requests_for(questions: Sequence[Question], mode: Mode, max_tokens: int = 512) -> list[ChatRequest]:
    """One request per question."""
    requests = []
    for question in questions:
        if mode is Mode.NATIVE:
            tools = tuple(openai_tool(tool) for tool in underscored(question).tools)
            messages = question.messages
        else:
            tools = ()
            messages = ({"role": "user", "content": render(question.query, question.tools, PromptStyle.XLAM)},)
        requests.append(
            ChatRequest(
                messages=messages,
                tools=tools,
                temperature=TEMPERATURE,
                max_tokens=max_tokens,
                purpose="evaluate",
            )
        )
    return requests


def answer_by_endpoint(
    model: ChatModel,
    generator: str,
    questions: Sequence[Question],
    mode: Mode = Mode.NATIVE,
    max_tokens: int = 512,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[BfclAnswer]:
    """The model's answers to the questions, in their order.

    A question that the endpoint refuses as too long for the model's context is a failure of that question.

    Raises:
        AnswersFailedError: any other question without an answer; it lists them and never makes answers of errors.
        EndpointError, BudgetError, UnknownGeneratorError: as `ChatModel.complete`.
    """
    completions = model.complete(generator, requests_for(questions, mode, max_tokens), on_progress)
    answers, failed = [], []
    for question, completion in zip(questions, completions, strict=True):
        if completion.status == "error":
            if too_long(completion):
                answers.append(
                    BfclAnswer(question.id, question.category, None, "context_too_long", completion.text[:300])
                )
            else:
                failed.append(f"{question.id}: {completion.text[:200]}")
            continue
        answers.append(BfclAnswer(question.id, question.category, _result(completion, mode)))
    refuse_failed(generator, failed, len(questions))
    return answers


def too_long(completion: Completion) -> bool:
    """Whether the endpoint refused a prompt as too long for the model."""
    return completion.status == "error" and bool(_TOO_LONG.search(completion.text))


def refuse_failed(generator: str, failed: Sequence[str], total: int) -> None:
    """Raise where questions have no answer; `failed` are lines on them.

    Raises:
        AnswersFailedError: it lists them.
    """
    if failed:
        shown = "\n  ".join(failed[:10]) + (f"\n  and {len(failed) - 10} more" if len(failed) > 10 else "")
        raise AnswersFailedError(
            f"{generator} gave no answer to {len(failed)} of {total} questions:\n  {shown}\n"
            "Run again: only these are asked again."
        )


def _result(completion: Completion, mode: Mode) -> object:
    """What is scored: tool calls as a structure, what the model said as text."""
    if mode is Mode.PROMPT:
        return normalised(completion.text)
    if completion.text.startswith("{"):
        try:
            message = json.loads(completion.text)
        except ValueError:
            return completion.text
        if isinstance(message, dict) and isinstance(message.get("tool_calls"), list):
            return message["tool_calls"]
    return completion.text
