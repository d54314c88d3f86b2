"""What a chat model is asked and what it answers, whoever serves it."""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from apigen_assets.files.json_types import JsonObject


class ChatRequest(BaseModel):
    """One chat-completions request, without the model (the generator's settings name it)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[JsonObject, ...]
    """`{"role": ..., "content": ...}`, as in the OpenAI chat-completions API; an assistant's may hold `tool_calls`
    (its `content` may be null then), a tool's `tool_call_id`."""
    temperature: float = 0.7
    max_tokens: int = 2048
    seed: int | None = None
    sample: int = 0
    """Asks again for the same prompt: each sample index is a completion of its own in the journal."""
    response_format: JsonObject | None = None
    tools: tuple[JsonObject, ...] = ()
    """Tools in OpenAI's form, for endpoints that call tools natively. Where the model calls some, the completion's
    text is `{"content", "tool_calls"}` as JSON."""
    purpose: Literal["generate", "judge", "document", "classify", "reword", "evaluate"] = "generate"
    """For the budget and the journal's reports; not sent and not part of the key."""


class Completion(BaseModel):
    """One answer as the journal keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    status: Literal["ok", "length", "refused", "empty", "error", "waiting"]
    """`length`: cut at max_tokens; `error`: no answer after every retry, with the reason in `text`; `waiting`: it
    will come with a batch."""
    text: str
    reasoning: str = ""
    """What the endpoint sent apart from the answer (`reasoning_content` and its like)."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached: bool = False
    """Read from the journal, not asked for now."""


class BudgetError(RuntimeError):
    """The next request could exceed the token budget; everything answered is journalled."""


class EndpointError(RuntimeError):
    """The endpoint cannot be reached, refuses the key or keeps failing; the message says what to do."""


class ChatModel(Protocol):
    """Something that completes chats; `resources.llm.resource` is the real one."""

    def complete(
        self,
        generator: str,
        requests: Sequence[ChatRequest],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests; journalled before they are returned.

        Raises:
            UnknownGeneratorError: the name is not in generators.yaml.
            BudgetError: the next request could exceed the budget; everything answered is journalled.
            EndpointError: the endpoint cannot be reached or refuses the key.
        """
        ...


class ChatStream(Protocol):
    """A chat model that also gives its completions one by one, so that memory does not grow with their number."""

    def stream(self, generator: str, requests: Iterable[ChatRequest]) -> Generator[Completion, None, None]:
        """Completions in the order of the requests; answers before a failure are given before it is raised.

        Raises:
            as `ChatModel.complete`.
        """
        ...
