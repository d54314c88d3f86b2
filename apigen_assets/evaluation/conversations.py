"""The leaderboard's multi-turn items asked by its own protocol, many side by side, in waves.

Each wave asks the next step of every open conversation, runs the calls with the leaderboard's tools and hands the
results back. A turn ends with an answer that makes no call, an item after `STEP_LIMIT` steps in a turn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from apigen_assets.evaluation.decoding import UndecodableError, executable
from apigen_assets.evaluation.questions import Question, as_tool
from apigen_assets.files.json_types import JsonMapping, JsonObject, JsonValue
from resources.bfcl.records import BfclAnswer

STEP_LIMIT = 20
"""More steps with calls in one turn end the item, as on the board."""

TOOLS_ADDED = "I have updated some more functions you can choose from. What about now?"
"""What the user says in the turn from which on a withheld tool is offered; the leaderboard's own sentence."""

REQUESTS_PER_ITEM, PROMPT_TOKENS_PER_ITEM, ANSWER_TOKENS_PER_ITEM = 12, 36_000, 1_700
"""What one item takes on average, by the logs of public runs of gpt-oss models (10.8 to 12.5 requests, 33,000 to 39,000
prompt tokens in all, 1,300 to 2,000 answer tokens)."""


@dataclass(frozen=True)
class Conversation:
    """One item: what the user says in each turn, and the tools."""

    id: str
    category: str
    turns: tuple[tuple[JsonObject, ...], ...]
    tools: tuple[JsonObject, ...]
    """Offered from the first turn on; `{name, description, parameters}` with JSON Schema."""
    added: Mapping[int, tuple[JsonObject, ...]] = field(default_factory=dict)
    """Offered from that turn on."""


@dataclass(frozen=True)
class Happened:
    """One event of a conversation: what the user or the model said, or what the tools answered."""

    messages: tuple[JsonObject, ...] = ()
    """The user's."""
    added: tuple[JsonObject, ...] = ()
    """Tools that are new with the user's messages."""
    reply: "Reply | None" = None
    results: tuple[str, ...] = ()
    """Of the calls of the reply before."""


@dataclass(frozen=True)
class Reply:
    """What a model said in one step."""

    answer: JsonValue
    """As it is stored and scored."""
    message: JsonObject = field(default_factory=dict)
    """As it stands in the history of a chat."""
    call_ids: tuple[str, ...] = ()
    failure: str | None = None
    """There is no answer, with this reason; ends the item."""
    detail: str | None = None


class Speaker(Protocol):
    """Somebody who is asked."""

    form: str
    """How the answers are written; one of `decoding.FORMS`."""

    def say(self, dialogues: Sequence["Dialogue"]) -> list[Reply]:
        """The next step of each dialogue, in their order."""
        ...


class Dialogue:
    """The state of one conversation."""

    def __init__(self, item: Conversation) -> None:
        self.item = item
        self.history: list[Happened] = []
        self.tools = list(item.tools)
        self.steps: list[list[str]] = []
        """All calls so far, step by step."""
        self.said: list[list[JsonValue]] = []
        """The answers, by turn and step: what is scored."""
        self.failure: tuple[str, str | None] | None = None
        self.done = False
        self._steps_in_turn = 0
        self._next_turn()

    def hear(self, reply: Reply, form: str) -> list[str]:
        """Take a reply; returns its calls, which the tools are to run, or none where the turn ended."""
        if reply.failure:
            self.failure, self.done = (reply.failure, reply.detail), True
            return []
        self.said[-1].append(reply.answer)
        self.history.append(Happened(reply=reply))
        try:
            calls = executable(form, reply.answer, self.tools)
        except UndecodableError:
            calls = []
        if not calls or (len(calls) == 1 and not calls[0]):
            self._next_turn()
            return []
        self.steps.append(calls)
        return calls

    def receive(self, results: Sequence[str]) -> None:
        """Take what the tools answered to the calls heard last."""
        self.history.append(Happened(results=tuple(results)))
        self._steps_in_turn += 1
        if self._steps_in_turn > STEP_LIMIT:
            self.done = True

    def answer(self) -> BfclAnswer:
        """What is scored."""
        if self.failure:
            return BfclAnswer(self.item.id, self.item.category, None, *self.failure)
        return BfclAnswer(self.item.id, self.item.category, self.said)

    def _next_turn(self) -> None:
        number = len(self.said)
        if number == len(self.item.turns):
            self.done = True
            return
        added = self.item.added.get(number, ())
        self.tools += added
        messages = ({"role": "user", "content": TOOLS_ADDED},) if added else self.item.turns[number]
        self.history.append(Happened(messages=messages, added=added))
        self.said.append([])
        self._steps_in_turn = 0


def as_conversations(rows: Sequence[JsonMapping]) -> list[Conversation]:
    """The rows of `resources.bfcl.questions.conversations`, with parameters as JSON Schema."""
    return [
        Conversation(
            id=row["id"],
            category=row["category"],
            turns=tuple(tuple(turn) for turn in row["turns"]),
            tools=tuple(as_tool(function) for function in row["functions"]),
            added={int(turn): tuple(map(as_tool, functions)) for turn, functions in row["added"].items()},
        )
        for row in rows
    ]


def converse(
    speaker: Speaker,
    items: Sequence[Conversation],
    run_tools: Callable[[Sequence[JsonObject]], list[list[str]]],
    on_progress: Callable[[int, int], None] | None = None,
) -> list[BfclAnswer]:
    """Hold every conversation to its end.

    Args:
        speaker: who is asked.
        items: the conversations.
        run_tools: results of the last step of each `{id, category, steps}`; `evaluation.official.proceed`.
        on_progress: called with items done and items in all, after each wave.

    Returns:
        One answer per item, in their order: a list of turns, each a list of steps.
    """
    dialogues = [Dialogue(item) for item in items]
    while still := [dialogue for dialogue in dialogues if not dialogue.done]:
        replies = speaker.say(still)
        calling = [
            dialogue for dialogue, reply in zip(still, replies, strict=True) if dialogue.hear(reply, speaker.form)
        ]
        if calling:
            asked: list[JsonObject] = [
                {"id": conversation.item.id, "category": conversation.item.category, "steps": conversation.steps}
                for conversation in calling
            ]
            for dialogue, results in zip(calling, run_tools(asked), strict=True):
                dialogue.receive(results)
        if on_progress:
            on_progress(sum(dialogue.done for dialogue in dialogues), len(dialogues))
    return [dialogue.answer() for dialogue in dialogues]


def flattened(dialogue: Dialogue) -> Question:
    """The next step as one question, for models that know no chat: what was said so far, in its order.

    The id tells item, turn and step, so that stored answers are found again.
    """
    parts = []
    for event in dialogue.history:
        parts += [str(message["content"]) for message in event.messages]
        if event.reply is not None:
            parts.append(f"Assistant: {event.reply.answer}")
        if event.results:
            parts.append("Results: " + "; ".join(event.results))
    turn = len(dialogue.said) - 1
    return Question(
        id=f"{dialogue.item.id}/{turn}.{len(dialogue.said[-1])}",
        category=dialogue.item.category,
        messages=({"role": "user", "content": "\n\n".join(parts)},),
        tools=tuple(dialogue.tools),
    )
