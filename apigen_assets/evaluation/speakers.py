"""Who is asked in a conversation: an endpoint by tool calls or by its prompt, a checkpoint on this machine."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from apigen_assets.domain.chat import ChatModel, ChatRequest, Completion
from apigen_assets.evaluation.conversations import Dialogue, Reply, flattened
from apigen_assets.evaluation.endpoint import TEMPERATURE, Mode, refuse_failed, too_long
from apigen_assets.evaluation.local import LocalOptions, answer_locally
from apigen_assets.evaluation.questions import normalised
from apigen_assets.files.json_types import JsonObject, JsonValue
from apigen_assets.tool_formats.openai_tool import openai_tool
from apigen_assets.training.prompt_format import PromptStyle, render


class EndpointSpeaker:
    """A model of generators.yaml. Every answer is journalled under its whole request: a killed run asks on.

    Args:
        model: the client.
        generator: the model's name.
        mode: native tool calls, or xLAM's prompt with the results of calls as the user's next message.
        max_tokens: of one step.
    """

    def __init__(self, model: ChatModel, generator: str, mode: Mode, max_tokens: int = 1024) -> None:
        self.form = "openai" if mode is Mode.NATIVE else "xlam"
        self._model = model
        self._generator = generator
        self._mode = mode
        self._max_tokens = max_tokens

    def say(self, dialogues: Sequence[Dialogue]) -> list[Reply]:
        """The next step of each dialogue.

        Raises:
            AnswersFailedError: an endpoint's failure other than a context too long.
            EndpointError, BudgetError: as `ChatModel.complete`.
        """
        completions = self._model.complete(self._generator, [self._request(dialogue) for dialogue in dialogues])
        failed = [
            f"{dialogue.item.id}: {completion.text[:200]}"
            for dialogue, completion in zip(dialogues, completions, strict=True)
            if completion.status == "error" and not too_long(completion)
        ]
        refuse_failed(self._generator, failed, len(dialogues))
        return [self._reply(completion) for completion in completions]

    def _request(self, dialogue: Dialogue) -> ChatRequest:
        native = self._mode is Mode.NATIVE
        return ChatRequest(
            messages=tuple(_native(dialogue) if native else _prompted(dialogue)),
            tools=tuple(openai_tool(tool) for tool in dialogue.tools) if native else (),
            temperature=TEMPERATURE,
            max_tokens=self._max_tokens,
            purpose="evaluate",
        )

    def _reply(self, completion: Completion) -> Reply:
        if completion.status == "error":
            return Reply(None, failure="context_too_long", detail=completion.text[:300])
        if self._mode is Mode.PROMPT:
            return Reply(normalised(completion.text), {"role": "assistant", "content": completion.text})
        message = _message(completion.text)
        calls = message.get("tool_calls") or []
        if not calls:
            return Reply(completion.text, {"role": "assistant", "content": completion.text})
        ids = tuple(str(call.get("id") or f"call{number:05d}") for number, call in enumerate(calls))
        sent = [{**call, "id": call_id} for call, call_id in zip(calls, ids, strict=True)]
        short: JsonValue = [{call["function"]["name"]: call["function"]["arguments"]} for call in calls]
        history = {"role": "assistant", "content": message.get("content") or None, "tool_calls": sent}
        return Reply(short, history, ids)


class CheckpointSpeaker:
    """A checkpoint on this machine, asked for each step in the style it was trained with; answers are kept.

    Args:
        checkpoint: a folder that transformers reads.
        folder: where answers are kept.
        options: how it is run.
        on_progress: as `answer_locally`.
    """

    form = "xlam"

    def __init__(
        self,
        checkpoint: Path,
        folder: Path,
        options: LocalOptions,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._checkpoint = checkpoint
        self._folder = folder
        self._options = options
        self._on_progress = on_progress

    def say(self, dialogues: Sequence[Dialogue]) -> list[Reply]:
        """The next step of each dialogue; errors as `answer_locally`."""
        questions = [flattened(dialogue) for dialogue in dialogues]
        answers = answer_locally(self._checkpoint, questions, self._folder, self._options, self._on_progress)
        return [Reply(answer.answer, failure=answer.failure, detail=answer.detail) for answer in answers]


def _native(dialogue: Dialogue) -> Iterator[JsonObject]:
    ids: tuple[str, ...] = ()
    for event in dialogue.history:
        yield from event.messages
        if event.reply is not None:
            ids = event.reply.call_ids
            yield event.reply.message
        for call_id, result in zip(ids, event.results, strict=False):
            yield {"role": "tool", "tool_call_id": call_id, "content": result}


def _prompted(dialogue: Dialogue) -> Iterator[JsonObject]:
    first = True
    for event in dialogue.history:
        text = "\n\n".join(str(message["content"]) for message in event.messages)
        if event.added:
            text = f"{json.dumps([dict(tool) for tool in event.added], ensure_ascii=False)}\n{text}"
        if event.messages:
            yield {"role": "user", "content": render(text, dialogue.item.tools, PromptStyle.XLAM) if first else text}
            first = False
        if event.reply is not None:
            yield event.reply.message
        if event.results:
            results = [{"role": "tool", "content": result} for result in event.results]
            yield {"role": "user", "content": json.dumps(results, ensure_ascii=False)}


def _message(text: str) -> JsonObject:
    if text.startswith("{"):
        try:
            message = json.loads(text)
        except ValueError:
            return {}
        if isinstance(message, dict) and isinstance(message.get("tool_calls"), list):
            usable = [call for call in message["tool_calls"] if isinstance(call, dict) and call.get("function")]
            return {**message, "tool_calls": usable}
    return {}
